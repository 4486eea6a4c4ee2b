"""Messages: what is held, what is announced, and what cannot be known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rxconvo.errors import PayloadError, SyncError
from rxconvo.model import Discontinuity, Event, MessageAdded, MessageRemoved, MessageUpdated, Topic
from rxconvo.sync import (
    Discontinued,
    Established,
    ItemAdded,
    ItemRemoved,
    ItemsRead,
    ItemUpdated,
    ObjectFailed,
    ObjectRemoved,
)

if TYPE_CHECKING:
    from rxconvo.model import MessageList, Owner
    from rxconvo.sync import Replica
    from tests.model.conftest import Bench, Data


def held(bench: Bench) -> MessageList:
    messages = bench.record("CH1").message_list
    assert messages is not None
    return messages


def replica_of(bench: Bench) -> Replica[Owner]:
    replica = held(bench).replica
    assert replica is not None
    return replica


class TestEvents:
    def test_an_added_message_is_held_and_announced(self, talk: Bench, data: Data) -> None:
        talk.put("CH1.messages", 0, data.message("hi"))
        (event,) = talk.take()
        assert isinstance(event, MessageAdded)
        assert (event.message.body, event.message.index, event.conversation_sid) == ("hi", 0, "CH1")
        assert talk.record("CH1").message(0) is event.message

    def test_an_update_tells_before_after_and_reasons(self, talk: Bench, data: Data) -> None:
        talk.put("CH1.messages", 0, data.message("hi"))
        talk.take()
        talk.put("CH1.messages", 0, data.message("ho", lastUpdatedBy="bob"))
        (event,) = talk.take()
        assert isinstance(event, MessageUpdated)
        assert event.before is not None
        assert (event.before.body, event.after.body, event.reasons) == ("hi", "ho", ("body", "lastUpdatedBy"))
        assert event.message is talk.record("CH1").message(0)

    def test_an_update_without_a_difference_says_nothing(self, talk: Bench, data: Data) -> None:
        talk.put("CH1.messages", 0, data.message("hi"))
        talk.take()
        talk.put("CH1.messages", 0, data.message("hi"))
        assert talk.take() == []

    def test_an_update_of_a_message_not_held_has_no_before(self, bench: Bench, data: Data) -> None:
        bench.serve_conversation("CH1")
        bench.put("CH1.messages", 0, data.message("hi"))
        bench.start()
        bench.open("CH1", roster=False)
        bench.take()
        bench.put("CH1.messages", 0, data.message("ho"))
        (event,) = bench.take()
        assert isinstance(event, MessageUpdated)
        assert (event.before, event.after.body, event.reasons) == (None, "ho", ())

    def test_a_removal_gives_the_message_as_it_was(self, talk: Bench, data: Data) -> None:
        talk.put("CH1.messages", 0, data.message("hi"))
        talk.remove("CH1.messages", 0)
        added, removed = talk.take()
        assert isinstance(added, MessageAdded)
        assert isinstance(removed, MessageRemoved)
        assert (removed.message, removed.index, removed.conversation_sid) == (added.message, 0, "CH1")
        assert talk.record("CH1").message(0) is None

    def test_a_removal_of_a_message_not_held_gives_its_index(self, bench: Bench, data: Data) -> None:
        bench.serve_conversation("CH1")
        bench.put("CH1.messages", 4, data.message("hi"))
        bench.start()
        bench.open("CH1", roster=False)
        bench.take()
        bench.remove("CH1.messages", 4)
        (event,) = bench.take()
        assert isinstance(event, MessageRemoved)
        assert (event.message, event.index, event.conversation_sid) == (None, 4, "CH1")

    def test_state_shows_all_of_a_packet_before_its_first_event(self, talk: Bench, data: Data) -> None:
        replica = replica_of(talk)
        first, second = talk.commit(
            ItemAdded(replica, 0, data.raw(data.message("a")), 50),
            ItemUpdated(replica, 0, data.raw(data.message("b")), 51),
        )
        assert isinstance(first, MessageAdded)
        assert isinstance(second, MessageUpdated)
        assert (first.message.body, second.after.body) == ("a", "b")
        assert talk.record("CH1").message(0) is second.after

    def test_what_was_missed_comes_once_with_the_next_connection(self, talk: Bench, data: Data) -> None:
        for index in (0, 1):
            talk.put("CH1.messages", index, data.message("old"))
        talk.take()
        talk.disconnect()
        talk.put("CH1.messages", 0, data.message("edited"))
        talk.remove("CH1.messages", 1)
        talk.put("CH1.messages", 2, data.message("new"))
        talk.connect()
        assert [type(event) for event in talk.pump()] == [MessageUpdated, MessageRemoved, MessageAdded]


class TestReads:
    def test_a_page_announces_nothing_that_was_not_known(self, talk: Bench, data: Data) -> None:
        talk.objects["CH1.messages"].items = {index: (data.message(str(index)), 1, 1) for index in range(3)}
        assert talk.read_page("CH1") == []
        assert held(talk).indices() == [0, 1, 2]

    def test_an_unreadable_item_of_a_page_is_reported_and_left_out(self, talk: Bench, data: Data) -> None:
        items = data.items([(0, {"no": "sid"}), (1, data.message("b"))])
        assert talk.commit(ItemsRead(replica_of(talk), items)) == []
        assert held(talk).indices() == [1]
        (fault,) = talk.store.take_faults()
        assert isinstance(fault, PayloadError)


class TestBounds:
    def test_the_least_recently_used_are_forgotten_and_read_again(self, make_bench: type[Bench], data: Data) -> None:
        bench = make_bench(kept_messages=3)
        bench.serve_user()
        bench.serve_conversation("CH1")
        bench.start()
        bench.open("CH1", roster=False)
        for index in range(3):
            bench.put("CH1.messages", index, data.message(str(index)))
        assert bench.record("CH1").message(0) is not None  # used
        bench.put("CH1.messages", 3, data.message("3"))
        assert held(bench).indices() == [0, 2, 3]
        assert not replica_of(bench).knows(1)
        assert bench.read_page("CH1", start=1, size=1) == []
        assert bench.record("CH1").message(1) is not None
        assert len(held(bench)) == 3


class TestDiscontinuity:
    def test_kept_messages_are_forgotten(self, talk: Bench, data: Data) -> None:
        talk.put("CH1.messages", 0, data.message("a"))
        talk.take()
        (event,) = talk.commit(Discontinued(replica_of(talk), "the service knows fewer events than we do"))
        assert event == Discontinuity(Topic.MESSAGES, "CH1", "the service knows fewer events than we do")
        assert len(held(talk)) == 0

    def test_an_unreadable_event_reads_the_list_anew_once(self, talk: Bench, data: Data) -> None:
        first = replica_of(talk)
        talk.put("CH1.messages", 0, data.message("a"))
        talk.take()
        talk.put("CH1.messages", 1, {"sid": 7})
        (event,) = talk.take()
        assert isinstance(event, Discontinuity)
        assert "message 1" in event.reason
        assert replica_of(talk) is not first
        assert not talk.store.messages_open(talk.record("CH1"))
        talk.pump()
        assert talk.store.messages_open(talk.record("CH1"))
        talk.put("CH1.messages", 2, "no object")
        assert talk.take() == []
        assert len(talk.store.take_faults()) == 2
        talk.put("CH1.messages", 3, data.message("fine"))
        talk.put("CH1.messages", 4, [])
        assert [type(event) for event in talk.take()] == [MessageAdded, Discontinuity]

    def test_an_unreadable_update_reads_the_list_anew_too(self, talk: Bench, data: Data) -> None:
        talk.put("CH1.messages", 0, data.message("a"))
        talk.take()
        talk.put("CH1.messages", 0, {"sid": 7})
        (event,) = talk.take()
        assert isinstance(event, Discontinuity)
        assert len(held(talk)) == 0

    def test_what_could_not_be_read_again_is_news_to_the_next_page(self, talk: Bench, data: Data) -> None:
        talk.put("CH1.messages", 0, [])
        talk.pump()
        talk.put("CH1.messages", 1, [])
        served = talk.objects["CH1.messages"]
        served.items[1] = (data.message("fine"), *served.items[1][1:])
        talk.read_page("CH1", start=1, size=1)
        assert held(talk).indices() == [1]

    def test_what_came_along_with_an_unreadable_event_is_left_to_the_read(self, talk: Bench, data: Data) -> None:
        replica = replica_of(talk)
        (event,) = talk.commit(
            ItemAdded(replica, 0, data.raw([]), 98), ItemAdded(replica, 1, data.raw(data.message("b")), 99)
        )
        assert isinstance(event, Discontinuity)
        assert len(held(talk)) == 0

    def test_deep_nesting_is_an_error_like_any_other(self, talk: Bench, data: Data) -> None:
        deep = b'{"sid":"IM1","attributes":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
        (event,) = talk.commit(ItemAdded(replica_of(talk), 0, data.raw(deep), 99))
        assert isinstance(event, Discontinuity)


class TestOpening:
    def test_opening_twice_costs_nothing(self, talk: Bench) -> None:
        replica = replica_of(talk)
        talk.store.open_messages(talk.record("CH1"))
        assert replica_of(talk) is replica
        assert talk.store.messages_watched(talk.record("CH1"))
        assert talk.session.idle

    def test_closing_forgets_and_releases(self, talk: Bench, data: Data) -> None:
        talk.put("CH1.messages", 0, data.message("a"))
        replica = replica_of(talk)
        record = talk.record("CH1")
        talk.store.close_messages(record)
        talk.store.close_messages(record)
        talk.pump()
        assert record.message(0) is None
        assert not talk.store.messages_open(record)
        assert replica.sid not in talk.subscribed
        talk.take()
        late: list[Event] = talk.commit(
            ItemAdded(replica, 1, data.raw(data.message("late")), 99),
            ItemUpdated(replica, 1, data.raw(data.message("late")), 99),
            ItemRemoved(replica, 1, 99),
            ItemsRead(replica, data.items([(1, data.message("late"))])),
            Discontinued(replica, "late"),
            Established(replica),
            ObjectRemoved(replica),
            ObjectFailed(replica, SyncError("CH1.messages", 403, None, "late")),
        )
        assert late == []
        assert talk.store.take_faults() == []
        assert not talk.store.messages_watched(record)

    def test_a_list_that_cannot_be_opened_is_an_error_until_opened_again(self, bench: Bench) -> None:
        bench.serve_conversation("CH1")
        del bench.objects["CH1.messages"]
        bench.start()
        bench.open("CH1", roster=False)
        record = bench.record("CH1")
        error = bench.store.messages_error(record)
        assert error is not None
        assert bench.store.take_faults() == [error]
        bench.serve("list", "CH1.messages")
        bench.open("CH1", roster=False)
        assert bench.store.messages_error(record) is None
        assert bench.store.messages_open(record)

    def test_a_refused_subscription_is_an_error(self, talk: Bench) -> None:
        error = SyncError("CH1.messages", 403, None, "forbidden")
        (event,) = talk.commit(ObjectFailed(replica_of(talk), error))
        assert talk.store.messages_error(talk.record("CH1")) is error
        assert talk.store.take_faults() == [error]
        # What is sent before the list is opened again is missed.
        assert event == Discontinuity(Topic.MESSAGES, "CH1", "CH1.messages: forbidden (status 403, code None)")

    def test_removed_with_its_conversation_it_is_no_fault(self, talk: Bench) -> None:
        talk.drop("CH1.messages")
        assert talk.take() == []
        assert talk.store.take_faults() == []
        assert talk.store.messages_error(talk.record("CH1")) is not None
