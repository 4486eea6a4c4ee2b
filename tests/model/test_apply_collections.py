"""What holds of messages and participants alike: opening, reads ahead of events, data that cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from rxconvo.errors import PayloadError, SyncError
from rxconvo.model import (
    Discontinuity,
    Event,
    MessageAdded,
    MessageUpdated,
    ParticipantJoined,
    ParticipantUpdated,
    Topic,
)
from rxconvo.sync import Discontinued, Established, Item, ItemAdded, ItemRemoved, ItemsRead, ItemUpdated, ObjectFailed
from tests.model.conftest import message, participant, raw

if TYPE_CHECKING:
    from msgspec import Raw

    from rxconvo.model import Message, MessageList, Owner, Participant, Roster
    from rxconvo.sync import Change, Replica
    from tests.model.conftest import Bench


class Sort(NamedTuple):
    """One of the two, and the items that the tests are about."""

    name: str
    topic: Topic
    noun: str
    keys: tuple[int | str, int | str]
    make: Callable[..., dict[str, Any]]
    added: Callable[[Any], Event]
    updated: Callable[[Any, Any, tuple[str, ...]], Event]

    def data(self, version: int) -> Raw:
        """Return the data of an item; versions differ in the attributes alone."""
        return raw(self.make("cy", attributes=str(version)))


MESSAGES = Sort("CH1.messages", Topic.MESSAGES, "message", (0, 1), message, MessageAdded, MessageUpdated)
ROSTER = Sort(
    "CH1.roster",
    Topic.PARTICIPANTS,
    "participant",
    ("MBcy", "MBdi"),
    participant,
    ParticipantJoined,
    ParticipantUpdated,
)


@pytest.fixture(params=[MESSAGES, ROSTER], ids=["messages", "roster"])
def sort(request: pytest.FixtureRequest) -> Sort:
    param: Sort = request.param
    return param


def collection(talk: Bench, sort: Sort) -> MessageList | Roster:
    record = talk.record("CH1")
    held = record.message_list if sort is MESSAGES else record.roster
    assert held is not None
    return held


def replica_of(talk: Bench, sort: Sort) -> Replica[Owner]:
    replica = collection(talk, sort).replica
    assert replica is not None
    return replica


def value_of(talk: Bench, sort: Sort) -> Message | Participant | None:
    """Return the item under the first key, if it is held."""
    index, sid = MESSAGES.keys[0], ROSTER.keys[0]
    record = talk.record("CH1")
    return record.message(int(index)) if sort is MESSAGES else record.participant(str(sid))


def version_of(talk: Bench, sort: Sort) -> object:
    """Return which version of the item under the first key is held."""
    value = value_of(talk, sort)
    return None if value is None else value.attributes


class TestOpening:
    def test_opening_twice_costs_nothing(self, talk: Bench, sort: Sort) -> None:
        replica = replica_of(talk, sort)
        assert talk.open("CH1") == []
        assert replica_of(talk, sort) is replica
        assert talk.store.take_faults() == []

    def test_of_one_that_fails_before_it_is_open_nothing_is_missed(self, bench: Bench, sort: Sort) -> None:
        bench.serve_conversation("CH1")
        bench.start()
        bench.take()
        record = bench.record("CH1")
        bench.store.open_messages(record)
        bench.store.open_roster(record)
        error = SyncError(sort.name, 403, None, "forbidden")
        assert bench.commit(ObjectFailed(replica_of(bench, sort), error)) == []
        assert collection(bench, sort).error is error
        assert bench.store.take_faults() == [error]


class TestReadsAheadOfEvents:
    def test_an_item_read_before_its_event_is_added_once_as_the_newest(self, talk: Bench, sort: Sort) -> None:
        replica, key = replica_of(talk, sort), sort.keys[0]
        last = replica.last_event_id
        assert talk.commit(ItemsRead(replica, [Item(key, sort.data(2), last + 2)])) == []
        events = talk.commit(ItemAdded(replica, key, sort.data(1), last + 1))
        assert events == [sort.added(value_of(talk, sort))]
        assert version_of(talk, sort) == 2  # the state does not go back
        assert talk.commit(ItemUpdated(replica, key, sort.data(2), last + 2)) == []

    def test_a_change_read_before_its_event_is_said_once(self, talk: Bench, sort: Sort) -> None:
        replica, key = replica_of(talk, sort), sort.keys[0]
        last = replica.last_event_id
        talk.commit(ItemsRead(replica, [Item(key, sort.data(3), last + 2)]))
        assert talk.commit(ItemUpdated(replica, key, sort.data(2), last + 1)) == []
        assert version_of(talk, sort) == 3
        events = talk.commit(ItemUpdated(replica, key, sort.data(3), last + 2))
        assert events == [sort.updated(None, value_of(talk, sort), ())]

    def test_an_item_read_twice_before_its_event_is_added_before_it_is_anything_else(
        self, talk: Bench, sort: Sort
    ) -> None:
        replica, key = replica_of(talk, sort), sort.keys[0]
        last = replica.last_event_id
        assert talk.commit(ItemsRead(replica, [Item(key, sort.data(1), last + 1)])) == []
        assert talk.commit(ItemsRead(replica, [Item(key, sort.data(2), last + 2)])) == []
        events = talk.commit(ItemAdded(replica, key, sort.data(1), last + 1))
        assert events == [sort.added(value_of(talk, sort))]
        assert version_of(talk, sort) == 2
        assert talk.commit(ItemUpdated(replica, key, sort.data(2), last + 2)) == []

    def test_a_change_read_twice_before_its_event_is_still_said(self, talk: Bench, sort: Sort) -> None:
        replica, key = replica_of(talk, sort), sort.keys[0]
        last = replica.last_event_id
        talk.commit(ItemsRead(replica, [Item(key, sort.data(1), last + 1)]))
        talk.commit(ItemsRead(replica, [Item(key, sort.data(2), last + 2)]))
        events = talk.commit(ItemUpdated(replica, key, sort.data(2), last + 2))
        assert events == [sort.updated(None, value_of(talk, sort), ())]

    def test_a_read_that_shows_a_change_of_what_is_known_says_so_once(self, talk: Bench, sort: Sort) -> None:
        replica, key = replica_of(talk, sort), sort.keys[0]
        last = replica.last_event_id
        talk.commit(ItemAdded(replica, key, sort.data(1), last + 1))
        before = value_of(talk, sort)
        events = talk.commit(ItemsRead(replica, [Item(key, sort.data(2), last + 2)]))
        assert events == [sort.updated(before, value_of(talk, sort), ("attributes",))]
        assert talk.commit(ItemUpdated(replica, key, sort.data(2), last + 2)) == []
        assert version_of(talk, sort) == 2

    @pytest.mark.parametrize("end", ["added", "removed", "established"])
    def test_once_the_event_has_come_what_was_read_is_forgotten(self, talk: Bench, sort: Sort, end: str) -> None:
        replica, key = replica_of(talk, sort), sort.keys[0]
        last = replica.last_event_id
        talk.commit(ItemsRead(replica, [Item(key, sort.data(1), last + 1)]))
        assert collection(talk, sort).ahead
        ends: dict[str, Change[Owner]] = {
            "added": ItemAdded(replica, key, sort.data(1), last + 1),
            "removed": ItemRemoved(replica, key, last + 2),
            "established": Established(replica),
        }
        assert len(talk.commit(ends[end])) == (end != "established")
        assert not collection(talk, sort).ahead
        assert (value_of(talk, sort) is None) is (end == "removed")

    def test_after_a_discontinuity_nothing_is_ahead(self, talk: Bench, sort: Sort) -> None:
        replica, key = replica_of(talk, sort), sort.keys[0]
        last = replica.last_event_id
        talk.commit(ItemsRead(replica, [Item(key, sort.data(1), last + 2)]))
        assert talk.commit(Discontinued(replica, "why")) == [Discontinuity(sort.topic, "CH1", "why")]
        talk.commit(ItemUpdated(replica, key, sort.data(2), last + 1))  # of a history that begins anew
        assert version_of(talk, sort) == 2


class TestDoubt:
    def test_an_unreadable_item_of_a_read_is_reported_and_left_out(self, talk: Bench, sort: Sort) -> None:
        replica, (bad, good) = replica_of(talk, sort), sort.keys
        assert talk.commit(ItemsRead(replica, [Item(bad, raw([]), 1), Item(good, sort.data(1), 1)])) == []
        assert value_of(talk, sort) is None
        assert replica_of(talk, sort) is replica  # reading it anew would give the same
        (fault,) = talk.store.take_faults()
        assert isinstance(fault, PayloadError)
        assert f"{sort.noun} {bad} of CH1" in str(fault)

    @pytest.mark.parametrize("change", [ItemAdded, ItemUpdated])
    def test_an_unreadable_event_opens_the_object_anew_until_good_data_come_only_once(
        self, talk: Bench, sort: Sort, change: type[ItemAdded[Owner] | ItemUpdated[Owner]]
    ) -> None:
        key = sort.keys[0]
        anew: list[Event] = [Discontinuity(sort.topic, "CH1", f"{sort.noun} {key} could not be read")]
        first = replica_of(talk, sort)
        assert talk.commit(change(first, key, raw([]), 98)) == anew
        second = replica_of(talk, sort)
        assert second is not first
        assert talk.commit(change(second, key, raw([]), 98)) == []
        assert replica_of(talk, sort) is second
        assert len(talk.store.take_faults()) == 2
        talk.commit(change(second, key, sort.data(1), 99))
        assert talk.commit(change(second, key, raw([]), 100)) == anew

    def test_changes_of_an_object_that_was_opened_anew_since_are_of_no_interest(self, talk: Bench, sort: Sort) -> None:
        first, (bad, good) = replica_of(talk, sort), sort.keys
        changes = ItemUpdated(first, good, raw([]), 98), ItemAdded(first, bad, sort.data(1), 99)
        assert [type(event) for event in talk.commit(*changes)] == [Discontinuity]
        assert value_of(talk, sort) is None

    def test_what_could_not_be_read_again_is_news_to_the_next_read(self, talk: Bench, sort: Sort) -> None:
        first, second = sort.keys
        talk.put(sort.name, first, [])
        talk.pump()
        talk.put(sort.name, second, [])
        assert not replica_of(talk, sort).knows(second)
