"""Participants: who is there, who comes and goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rxconvo.errors import PayloadError, SyncError
from rxconvo.model import (
    Discontinuity,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantUpdated,
    Roster,
    Topic,
    TypingEnded,
)
from rxconvo.sync import (
    Discontinued,
    Established,
    ItemAdded,
    ItemRemoved,
    ItemsRead,
    ItemUpdated,
    Loaded,
    ObjectFailed,
    ObjectRemoved,
)

if TYPE_CHECKING:
    from rxconvo.model import Owner
    from rxconvo.sync import Replica
    from tests.model.conftest import Bench, Data


def roster_of(bench: Bench) -> Roster:
    roster = bench.record("CH1").roster
    assert roster is not None
    return roster


def replica_of(bench: Bench) -> Replica[Owner]:
    replica = roster_of(bench).replica
    assert replica is not None
    return replica


def identities(bench: Bench) -> list[str | None]:
    return [participant.identity for participant in bench.record("CH1").participants]


class TestOpening:
    def test_who_is_there_is_read_without_a_word(self, bench: Bench, data: Data) -> None:
        bench.serve_conversation("CH1")
        for number in range(120):  # more than a page
            bench.put("CH1.roster", f"MB{number:03}", data.participant(f"user{number}"))
        bench.start()
        bench.take()
        record = bench.record("CH1")
        assert record.participants == ()
        assert record.participant("MB000") is None
        assert record.participant_of("user0") is None
        assert not bench.store.roster_open(record)
        assert bench.open("CH1", messages=False) == []
        assert bench.store.roster_open(record)
        assert len(record.participants) == len(roster_of(bench)) == 120
        assert record.participant("MB007") is record.participant_of("user7")

    def test_closing_forgets_and_releases(self, talk: Bench, data: Data) -> None:
        replica = replica_of(talk)
        record = talk.record("CH1")
        talk.store.close_roster(record)
        talk.store.close_roster(record)
        talk.pump()
        assert record.participants == ()
        assert replica.sid not in talk.subscribed
        item = data.raw(data.participant())
        late = talk.commit(
            ItemAdded(replica, "MB1", item, 99),
            ItemUpdated(replica, "MB1", item, 99),
            ItemRemoved(replica, "MB1", 99),
            ItemsRead(replica, data.items([("MB1", data.participant())])),
            Loaded(replica),
            Discontinued(replica, "late"),
            Established(replica),
            ObjectRemoved(replica),
            ObjectFailed(replica, SyncError("CH1.roster", 403, None, "late")),
        )
        assert late == []
        assert talk.store.take_faults() == []

    def test_a_map_that_cannot_be_opened_is_an_error_until_opened_again(self, bench: Bench) -> None:
        bench.serve_conversation("CH1")
        del bench.objects["CH1.roster"]
        bench.start()
        bench.open("CH1", messages=False)
        record = bench.record("CH1")
        error = bench.store.roster_error(record)
        assert error is not None
        assert bench.store.take_faults() == [error]
        bench.serve("map", "CH1.roster")
        bench.open("CH1", messages=False)
        assert bench.store.roster_error(record) is None
        assert bench.store.roster_open(record)

    def test_a_refused_subscription_is_an_error(self, talk: Bench) -> None:
        error = SyncError("CH1.roster", 403, None, "forbidden")
        (event,) = talk.commit(ObjectFailed(replica_of(talk), error))
        assert talk.store.roster_error(talk.record("CH1")) is error
        assert talk.store.take_faults() == [error]
        assert talk.record("CH1").participants == ()
        # Who comes and goes before the map is opened again is missed.
        assert event == Discontinuity(Topic.PARTICIPANTS, "CH1", "CH1.roster: forbidden (status 403, code None)")

    def test_nobody_types_in_a_roster_that_failed(self, talk: Bench) -> None:
        talk.type("CH1", "bob")
        talk.take()
        ended, missed = talk.commit(ObjectFailed(replica_of(talk), SyncError("CH1.roster", 403, None, "forbidden")))
        assert isinstance(ended, TypingEnded)
        assert (ended.identity, ended.reason) == ("bob", "left")
        assert isinstance(missed, Discontinuity)

    def test_removed_with_its_conversation_it_is_no_fault(self, talk: Bench) -> None:
        talk.drop("CH1.roster")
        assert talk.take() == []
        assert talk.store.take_faults() == []


class TestEvents:
    def test_joining(self, talk: Bench, data: Data) -> None:
        talk.put("CH1.roster", "MBcy", data.participant("cy"))
        (event,) = talk.take()
        assert isinstance(event, ParticipantJoined)
        assert (event.participant.sid, event.participant.identity, event.conversation_sid) == ("MBcy", "cy", "CH1")
        assert talk.record("CH1").participant_of("cy") is event.participant

    def test_a_change_tells_before_after_and_reasons(self, talk: Bench, data: Data) -> None:
        before = talk.record("CH1").participant_of("bob")
        talk.put(
            "CH1.roster", "MBbob", data.participant(lastConsumedMessageIndex=3, lastConsumptionTimestamp="2026-02-01")
        )
        (event,) = talk.take()
        assert isinstance(event, ParticipantUpdated)
        assert event.before is before
        assert event.reasons == ("lastReadMessageIndex", "lastReadTimestamp")
        assert event.participant is talk.record("CH1").participant("MBbob")

    def test_a_change_without_a_difference_says_nothing(self, talk: Bench, data: Data) -> None:
        talk.put("CH1.roster", "MBbob", data.participant())
        assert talk.take() == []

    def test_a_change_of_somebody_not_known_has_no_before(self, talk: Bench, data: Data) -> None:
        (event,) = talk.commit(ItemUpdated(replica_of(talk), "MBcy", data.raw(data.participant("cy")), 99))
        assert isinstance(event, ParticipantUpdated)
        assert (event.before, event.after.identity, event.reasons) == (None, "cy", ())

    def test_leaving_gives_the_participant_as_it_was(self, talk: Bench) -> None:
        bob = talk.record("CH1").participant_of("bob")
        talk.remove("CH1.roster", "MBbob")
        assert talk.take() == [ParticipantLeft(bob)] if bob else False
        assert identities(talk) == ["ada"]
        assert talk.record("CH1").participant_of("bob") is None

    def test_leaving_of_somebody_not_known_says_nothing(self, talk: Bench) -> None:
        assert talk.commit(ItemRemoved(replica_of(talk), "MBnobody", 99)) == []

    def test_who_came_back_is_found_though_the_old_removal_comes_late(self, talk: Bench, data: Data) -> None:
        talk.put("CH1.roster", "MBbob2", data.participant("bob"))
        talk.remove("CH1.roster", "MBbob")
        participant = talk.record("CH1").participant_of("bob")
        assert participant is not None
        assert participant.sid == "MBbob2"

    def test_others_have_no_identity(self, talk: Bench, data: Data) -> None:
        talk.put("CH1.roster", "MBsms", data.participant(None, type="sms", bindings={"sms": {"address": "+1500"}}))
        talk.remove("CH1.roster", "MBsms")
        joined, left = talk.take()
        assert isinstance(joined, ParticipantJoined)
        assert joined.participant.type == "sms"
        assert joined.participant.bindings == {"sms": {"address": "+1500"}}
        assert isinstance(left, ParticipantLeft)


class TestReadAnew:
    def test_who_is_gone_is_dropped_and_typing_ends(self, talk: Bench, data: Data) -> None:
        talk.type("CH1", "bob")
        talk.take()
        replica = replica_of(talk)
        (event,) = talk.commit(Discontinued(replica, "why"))
        assert event == Discontinuity(Topic.PARTICIPANTS, "CH1", "why")
        assert identities(talk) == ["ada", "bob"]  # until it is known who is there now
        cy = data.items([("MBada", data.participant("ada")), ("MBcy", data.participant("cy"))])
        assert talk.commit(ItemsRead(replica, cy)) == []
        joined, ended = talk.commit(ItemAdded(replica, "MBdi", data.raw(data.participant("di")), 99), Loaded(replica))
        assert isinstance(joined, ParticipantJoined)
        assert isinstance(ended, TypingEnded)
        assert (ended.identity, ended.reason) == ("bob", "left")
        assert identities(talk) == ["ada", "cy", "di"]

    def test_an_unreadable_event_reads_the_map_anew_once(self, talk: Bench, data: Data) -> None:
        talk.put("CH1.roster", "MBcy", {"identity": None})  # neither who nor of which channel
        (event,) = talk.take()
        assert isinstance(event, Discontinuity)
        assert event.topic is Topic.PARTICIPANTS
        assert talk.pump() == []
        assert talk.store.roster_open(talk.record("CH1"))
        assert identities(talk) == ["ada", "bob"]
        faults = talk.store.take_faults()
        assert [type(fault) for fault in faults] == [
            PayloadError,
            PayloadError,
        ]  # the event, and the read that shows it
        talk.put("CH1.roster", "MBdi", [])
        assert talk.take() == []
        talk.put("CH1.roster", "MBcy", data.participant("cy"))
        assert [type(event) for event in talk.take()] == [ParticipantUpdated]
        talk.put("CH1.roster", "MBdi", [])
        assert [type(event) for event in talk.take()] == [Discontinuity]

    def test_who_cannot_be_read_stays_as_it_was(self, talk: Bench, data: Data) -> None:
        replica = replica_of(talk)
        last = replica.last_event_id
        talk.commit(
            Discontinued(replica, "why"),
            ItemsRead(replica, data.items([("MBada", [])])),
            ItemUpdated(replica, "MBbob", data.raw(data.participant()), last + 1),
            Loaded(replica),
        )
        assert identities(talk) == ["ada", "bob"]
