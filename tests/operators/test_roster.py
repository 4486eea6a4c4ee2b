"""A roster and what happens meanwhile: bounded."""

from __future__ import annotations

from reactivex.subject import Subject

from rxconvo.model import Participant, ParticipantEvent, ParticipantJoined
from rxconvo.operators._roster import MOST, People, of_people


class Sids(People[str, tuple[str, ...]]):
    """Knows sids alone, and holds as many as there are."""

    def __init__(self) -> None:
        super().__init__()
        self.sids: set[str] = set()

    def key(self, participant: Participant) -> str | None:
        return participant.sid or None

    def put(self, key: str, participant: Participant | None) -> None:
        (self.sids.discard if participant is None else self.sids.add)(key)

    def clear(self) -> None:
        self.sids.clear()

    def seen(self) -> tuple[str, ...]:
        return tuple(sorted(self.sids))


def test_while_nobody_answers_no_more_is_remembered_than_a_conversation_may_have() -> None:
    roster: Subject[list[Participant]] = Subject()
    source: Subject[ParticipantEvent] = Subject()
    shown: list[tuple[str, ...]] = []
    with source.pipe(of_people(Sids, roster, None)).subscribe(shown.append):
        for number in range(2 * MOST):
            source.on_next(ParticipantJoined(Participant(f"MB{number}")))
        assert shown == []
        roster.on_next([])
        assert [len(sids) for sids in shown] == [MOST]


def test_who_does_not_matter_is_passed_over() -> None:
    source: Subject[ParticipantEvent] = Subject()
    shown: list[tuple[str, ...]] = []
    with source.pipe(of_people(Sids, [Participant(""), Participant("MB1")], None)).subscribe(shown.append):
        source.on_next(ParticipantJoined(Participant("")))
        source.on_next(ParticipantJoined(Participant("MB2")))
    assert shown == [("MB1",), ("MB1", "MB2")]
