"""Changes of a conversation's map of participants.

Source: Conversations, participants.
"""

from __future__ import annotations

from typing import Final

from rxconvo.model.apply_collections import Collections, Sort
from rxconvo.model.apply_typing import Typists
from rxconvo.model.events import ParticipantJoined, ParticipantLeft, ParticipantUpdated, Topic
from rxconvo.model.journal import Journal
from rxconvo.model.participant import Participant
from rxconvo.model.participant_data import ParticipantItem, merge_participant, new_participant, read_participant
from rxconvo.model.record import ConversationRecord, Owner, Replicas, Role, Roster
from rxconvo.sync import Key, Kind, Loaded, Replica

__all__ = ["Rosters"]

_PARTICIPANT: Final = Sort[Participant, ParticipantItem](
    noun="participant",
    role=Role.ROSTER,
    kind=Kind.MAP,
    topic=Topic.PARTICIPANTS,
    read=read_participant,
    new=new_participant,
    merge=merge_participant,
    added=ParticipantJoined,
    updated=ParticipantUpdated,
)


class Rosters(Collections[Participant, ParticipantItem]):
    """Opens rosters and applies their changes.

    Args:
        replicas: Where maps come from.
        journal: Takes events and faults.
        typists: Hear who left, and when it is known who is there.
    """

    def __init__(self, replicas: Replicas, journal: Journal, typists: Typists) -> None:
        super().__init__(_PARTICIPANT, replicas, journal, typists)

    def open(self, record: ConversationRecord) -> None:
        """Want the participants of a conversation, as soon as their map's name is known."""
        roster = record.roster
        if roster is None or roster.error is not None:
            roster = self._renew(record)
        self._want(record, roster, record.roster_name)

    def close(self, record: ConversationRecord) -> None:
        """Release the participants of a conversation; those held would not be kept up to date any more."""
        roster, record.roster = record.roster, None
        if roster is None:
            return
        self._typists.forget(roster)
        if roster.replica is not None:
            self._replicas.release(roster.replica)

    def _find(self, replica: Replica[Owner]) -> tuple[ConversationRecord, Roster] | None:
        record = replica.owner.record
        roster = record.roster if record is not None else None
        if record is None or roster is None or roster.replica is not replica:
            return None
        return record, roster

    def _renew(self, record: ConversationRecord) -> Roster:
        if record.roster is not None:
            self._typists.end_roster(record.roster, "left")
        roster = record.roster = Roster()
        return roster

    def _gone(self, record: ConversationRecord, key: Key, value: Participant | None) -> None:
        if value is not None:
            self._journal.events.append(ParticipantLeft(value))
            self._typists.end(value, "left")

    def _loaded(self, change: Loaded[Owner]) -> None:
        found = self._find(change.replica)
        if found is None:
            return
        _, roster = found
        seen, roster.seen = roster.seen, None
        if seen is not None:
            for participant in [held for held in roster.participants if held.sid not in seen]:
                roster.pop(participant.sid)
                self._typists.end(participant, "left")
        self._typists.roster_loaded(roster)
