"""Which conversations there are, and how far each one is kept up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rxconvo.errors import PayloadError, SyncError
from rxconvo.model import (
    ConversationAdded,
    ConversationJoined,
    ConversationLeft,
    ConversationRemoved,
    ConversationUpdated,
    TypingEnded,
)
from rxconvo.sync import (
    Discontinued,
    Established,
    Item,
    ItemAdded,
    ItemRemoved,
    ItemsRead,
    ItemUpdated,
    Loaded,
    ObjectFailed,
)

if TYPE_CHECKING:
    from tests.model.conftest import Bench, Data


def names(events: object) -> list[str]:
    assert isinstance(events, list)
    return [type(event).__name__ for event in events]


class TestStart:
    def test_each_listed_conversation_is_announced_with_true_properties(self, bench: Bench) -> None:
        bench.serve_conversation("CH1", friendlyName="lunch", uniqueName="noon")
        bench.list_conversation("CH1", lastConsumedMessageIndex=3, notificationLevel="muted")
        added, joined = bench.start()
        assert isinstance(added, ConversationAdded)
        assert isinstance(joined, ConversationJoined)
        state = added.state
        assert (state.friendly_name, state.unique_name) == ("lunch", "noon")
        assert (state.status, state.last_read_message_index, state.notification_level) == ("joined", 3, "muted")
        assert bench.record("CH1").state == state
        assert bench.store.ready

    def test_it_is_not_ready_before_it_is_connected(self, bench: Bench) -> None:
        bench.store.configure("ada", channels="ada.channels", user_info="ada.info")
        assert not bench.store.ready

    def test_it_is_ready_without_any_conversation(self, bench: Bench) -> None:
        assert bench.start() == []
        assert bench.store.ready
        assert bench.store.user is not None

    def test_it_is_not_ready_before_each_document_is_read(self, bench: Bench) -> None:
        bench.serve_conversation("CH1")
        bench.objects["CH1.channel"].status = 503
        bench.store.configure("ada", channels="ada.channels", user_info="ada.info")
        bench.connect()
        while "CH1" not in bench.store.conversations or not bench.store.user:
            for request in bench.session.take_requests():
                bench._answer(request)
            deadline = bench.session.next_deadline()
            bench.now = max(bench.now, deadline or 0)
            bench.commit(*bench.session.advance(bench.now))
        assert not bench.store.ready
        bench.objects["CH1.channel"].status = 200
        bench.pump()
        assert bench.store.ready

    def test_a_broken_conversation_is_reported_and_skipped(self, bench: Bench) -> None:
        bench.serve_conversation("CH1")
        bench.serve_conversation("CH2")
        del bench.objects["CH1.channel"]
        assert {event.conversation_sid for event in bench.start() if isinstance(event, ConversationAdded)} == {"CH2"}
        assert bench.store.ready
        (fault,) = bench.store.take_faults()
        assert isinstance(fault, SyncError)
        assert fault.status == 404
        assert bench.record("CH1").document_error is not None
        assert not bench.record("CH1").announced

    def test_a_list_that_cannot_be_opened_is_an_error(self, bench: Bench) -> None:
        del bench.objects["ada.channels"]
        bench.start()
        assert not bench.store.ready
        assert bench.store.error is not None

    def test_a_list_without_a_name_is_an_error(self, bench: Bench) -> None:
        bench.store.configure("ada", channels="", user_info="ada.info")
        assert bench.store.error is not None
        assert bench.store.take_faults() == [bench.store.error]

    def test_configuring_again_changes_nothing(self, bench: Bench) -> None:
        bench.start()
        bench.store.configure("ada", channels="ada.channels", user_info="ada.info")
        assert bench.session.idle


class TestWatch:
    def test_none_opens_nothing_until_asked(self, make_bench: type[Bench]) -> None:
        bench = make_bench(watch="none")
        bench.serve_user()
        bench.serve_conversation("CH1", friendlyName="lunch")
        assert names(bench.start()) == ["ConversationAdded", "ConversationJoined"]
        assert bench.store.ready
        record = bench.record("CH1")
        assert record.document is None
        assert record.state.friendly_name is None
        bench.store.open_document(record)
        (updated,) = bench.pump()
        assert isinstance(updated, ConversationUpdated)
        assert "friendlyName" in updated.reasons
        assert updated.after.friendly_name == "lunch"

    def test_messages_and_roster_need_no_document_where_the_item_names_them(self, make_bench: type[Bench]) -> None:
        bench = make_bench(watch="none")
        bench.serve_user()
        bench.serve_conversation("CH1")
        bench.start()
        bench.open("CH1")
        record = bench.record("CH1")
        assert bench.store.messages_open(record)
        assert bench.store.roster_open(record)
        assert record.document is None

    def test_names_once_known_stay(self, talk: Bench) -> None:
        talk.list_conversation("CH1", messages="ES9", roster="MP9")
        record = talk.record("CH1")
        assert (record.messages_name, record.roster_name) == ("CH1.messages", "CH1.roster")

    def test_all_opens_messages_and_roster_at_once(self, make_bench: type[Bench]) -> None:
        bench = make_bench(watch="all")
        bench.serve_user()
        bench.serve_conversation("CH1")
        bench.start()
        record = bench.record("CH1")
        assert bench.store.messages_open(record)
        assert bench.store.roster_open(record)

    def test_an_unknown_watch_is_refused(self, make_bench: type[Bench]) -> None:
        with pytest.raises(ValueError, match="everything"):
            make_bench(watch="everything")


class TestChanges:
    def test_being_added_announces_and_joins(self, bench: Bench) -> None:
        bench.start()
        bench.serve_conversation("CH1")
        assert names(bench.pump()) == ["ConversationAdded", "ConversationJoined"]

    def test_horizon_and_level_are_taken_from_the_item(self, bench: Bench) -> None:
        bench.serve_conversation("CH1")
        bench.start()
        bench.take()
        bench.list_conversation("CH1", lastConsumedMessageIndex="7", notificationLevel="muted")
        (event,) = bench.take()
        assert isinstance(event, ConversationUpdated)
        assert event.reasons == ("lastReadMessageIndex", "notificationLevel")
        assert (event.before.last_read_message_index, event.after.last_read_message_index) == (None, 7)
        assert event.after is bench.record("CH1").state

    def test_the_same_again_says_nothing(self, bench: Bench) -> None:
        bench.serve_conversation("CH1")
        bench.start()
        bench.take()
        bench.list_conversation("CH1")
        assert bench.take() == []

    def test_leaving_removes_it_and_releases_its_objects(self, talk: Bench) -> None:
        record = talk.record("CH1")
        talk.type("CH1", "bob")
        talk.take()
        talk.remove("ada.channels", "CH1")
        events = talk.take()
        assert names(events) == ["TypingEnded", "ConversationLeft", "ConversationRemoved"]
        ended, left, removed = events
        assert isinstance(ended, TypingEnded)
        assert ended.reason == "left"
        assert isinstance(left, ConversationLeft)
        assert isinstance(removed, ConversationRemoved)
        assert left.state.status == removed.state.status == "notParticipating"
        assert record.removed
        assert "CH1" not in talk.store.conversations
        assert talk.store.conversation("CH1") is record  # observers may still ask
        talk.pump()
        assert talk.subscribed == {talk.objects[name].sid for name in ("ada.channels", "ada.info")}
        talk.store.told()
        assert talk.store.conversation("CH1") is None

    def test_a_rejoin_makes_another_record(self, talk: Bench) -> None:
        record = talk.record("CH1")
        talk.remove("ada.channels", "CH1")
        talk.list_conversation("CH1")
        talk.pump()
        assert names(talk.take())[-2:] == ["ConversationAdded", "ConversationJoined"]
        assert talk.record("CH1") is not record

    def test_not_participating_any_more_keeps_it(self, talk: Bench) -> None:
        talk.list_conversation("CH1", status="notParticipating")
        assert names(talk.take()) == ["ConversationLeft"]
        talk.list_conversation("CH1")
        assert names(talk.take()) == ["ConversationJoined"]

    def test_an_unknown_status_is_not_taken(self, talk: Bench) -> None:
        talk.list_conversation("CH1", status="unknown")
        talk.list_conversation("CH1", status="")
        assert talk.take() == []
        assert talk.record("CH1").joined

    def test_gone_before_it_was_announced_it_is_not_mentioned(self, bench: Bench) -> None:
        bench.start()
        bench.serve_conversation("CH1")
        bench.remove("ada.channels", "CH1")
        assert bench.pump() == []
        assert bench.store.conversations == {}

    def test_a_deletion_is_left_and_removed_once(self, talk: Bench) -> None:
        talk.remove("ada.channels", "CH1")
        for name in ("CH1.roster", "CH1.messages", "CH1.channel"):
            talk.drop(name)
        assert names(talk.take()) == ["ConversationLeft", "ConversationRemoved"]
        assert talk.store.take_faults() == []

    def test_a_document_removed_first_ends_the_conversation_as_it_was(self, talk: Bench) -> None:
        talk.drop("CH1.channel")
        (removed,) = talk.take()
        assert isinstance(removed, ConversationRemoved)
        assert removed.state.status == "joined"


class TestReadAnew:
    def test_what_is_gone_is_left_and_what_is_new_is_announced(self, talk: Bench) -> None:
        talk.disconnect()
        talk.serve_user()  # another store: all sids and ids are new
        talk.serve_conversation("CH2")
        talk.take()
        talk.connect(epoch_changed=True)
        events = talk.pump()
        assert [(type(event), getattr(event, "conversation_sid", None)) for event in events][:4] == [
            (ConversationLeft, "CH1"),
            (ConversationRemoved, "CH1"),
            (ConversationAdded, "CH2"),
            (ConversationJoined, "CH2"),
        ]

    def test_what_is_still_there_says_only_what_differs(self, talk: Bench) -> None:
        talk.disconnect()
        talk.serve_user()
        talk.serve_conversation("CH1", friendlyName="new name")
        talk.list_conversation("CH1", lastConsumedMessageIndex=2)
        talk.take()
        talk.connect(epoch_changed=True)
        talk.pump()
        updates = [event for event in talk.events if isinstance(event, ConversationUpdated)]
        assert {reason for event in updates for reason in event.reasons} == {"lastReadMessageIndex", "friendlyName"}
        assert not [event for event in talk.events if isinstance(event, ConversationAdded | ConversationRemoved)]

    def test_opened_again_after_a_failure_it_tells_what_was_missed(self, talk: Bench) -> None:
        replica = talk.store._channels.replica
        assert replica is not None
        talk.session.release(replica)  # as the session does with what fails
        assert talk.commit(ObjectFailed(replica, SyncError("ada.channels", 403, None, "forbidden"))) == []
        talk.pump()
        talk.remove("ada.channels", "CH1")
        talk.serve_conversation("CH2")
        talk.store.configure("ada", channels="ada.channels", user_info="ada.info")
        assert [(type(event), getattr(event, "conversation_sid", None)) for event in talk.pump()] == [
            (ConversationLeft, "CH1"),
            (ConversationRemoved, "CH1"),
            (ConversationAdded, "CH2"),
            (ConversationJoined, "CH2"),
        ]


class TestReads:
    def test_events_older_than_what_was_read_change_nothing(self, talk: Bench, data: Data) -> None:
        replica = talk.store._channels.replica
        assert replica is not None
        last = replica.last_event_id
        items = {number: data.raw(data.channel("CH1", lastConsumedMessageIndex=number)) for number in (3, 5, 6)}
        (event,) = talk.commit(ItemsRead(replica, [Item("CH1", items[5], last + 3)]))
        assert isinstance(event, ConversationUpdated)
        assert event.after.last_read_message_index == 5
        # The state does not go back: neither to an older horizon, nor to what was before a rejoin.
        assert talk.commit(ItemUpdated(replica, "CH1", items[3], last + 1)) == []
        assert talk.commit(ItemRemoved(replica, "CH1", last + 2)) == []
        assert talk.commit(ItemAdded(replica, "CH1", items[5], last + 3)) == []
        assert len(talk.commit(ItemUpdated(replica, "CH1", items[6], last + 4))) == 1
        assert talk.record("CH1").state.last_read_message_index == 6

    def test_what_was_read_overtakes_nothing_once_all_events_have_come(self, talk: Bench, data: Data) -> None:
        replica = talk.store._channels.replica
        assert replica is not None
        last = replica.last_event_id
        talk.commit(ItemsRead(replica, [Item("CH1", data.raw(data.channel("CH1")), last + 3)]), Established(replica))
        left, _ = talk.commit(ItemRemoved(replica, "CH1", last + 2))
        assert isinstance(left, ConversationLeft)


class TestUnreadable:
    def test_an_item_is_reported_and_the_map_read_anew_once(self, talk: Bench) -> None:
        talk.serve_conversation("CH2", joined=False)
        talk.say("ada.channels", "updated", "CH2", [1])
        talk.put("ada.channels", "CH2", [2])
        assert len(talk.store.take_faults()) == 1  # the map is being read anew: its events are not for us yet
        talk.pump()
        (fault,) = talk.store.take_faults()  # the read shows it again, which opens nothing again
        assert isinstance(fault, PayloadError)
        assert talk.take() == []
        assert "CH1" in talk.store.conversations

    def test_what_came_along_with_an_unreadable_item_is_left_to_the_read(self, talk: Bench, data: Data) -> None:
        replica = talk.store._channels.replica
        assert replica is not None
        muted = data.channel("CH1", notificationLevel="muted")
        late = talk.commit(
            ItemUpdated(replica, "CH1", data.raw([]), 97),
            ItemUpdated(replica, "CH1", data.raw(muted), 98),
            ItemsRead(replica, data.items([("CH1", muted)])),
            ItemRemoved(replica, "CH1", 99),
            Loaded(replica),
            Established(replica),
            Discontinued(replica, "late"),
            ObjectFailed(replica, SyncError("ada.channels", 403, None, "late")),
        )
        assert late == []
        assert len(talk.store.take_faults()) == 1
        assert talk.store.error is None
        talk.objects["ada.channels"].items["CH1"] = (muted, 1, 200)
        (event,) = talk.pump()
        assert isinstance(event, ConversationUpdated)
        assert event.reasons == ("notificationLevel",)

    def test_what_is_gone_when_the_map_is_read_anew_is_left(self, talk: Bench) -> None:
        talk.say("ada.channels", "updated", "CH2", [1])
        del talk.objects["ada.channels"].items["CH1"]
        assert names(talk.pump()) == ["ConversationLeft", "ConversationRemoved"]

    def test_an_item_that_names_no_document_is_reported(self, talk: Bench) -> None:
        talk.put("ada.channels", "CH2", {"status": "joined"})
        talk.pump()
        assert all("names no document" in str(fault) for fault in talk.store.take_faults())
        assert "CH2" not in talk.store.conversations

    def test_names_that_clash_break_that_conversation_only(self, talk: Bench) -> None:
        talk.serve_conversation("CH2", joined=False)
        talk.list_conversation("CH2", channel="CH1.messages")
        talk.serve_conversation("CH3", joined=False)
        talk.list_conversation("CH3", channel="CH1.channel")
        assert [str(fault).partition(":")[0] for fault in talk.store.take_faults()] == ["CH1.messages", "CH1.channel"]
        assert talk.pump() == []
        assert talk.store.ready


class TestIntroduce:
    def test_a_created_conversation_is_announced_then_joined(self, bench: Bench) -> None:
        bench.start()
        bench.serve_conversation("CH1", joined=False)
        record = bench.store.introduce("CH1", document="CH1.channel")
        assert not record.announced
        (added,) = bench.pump()
        assert isinstance(added, ConversationAdded)
        assert added.state.status == "notParticipating"
        bench.take()
        bench.list_conversation("CH1")
        (joined,) = bench.take()
        assert isinstance(joined, ConversationJoined)
        assert joined.state.friendly_name == "about CH1"
        assert bench.store.introduce("CH1", document="CH1.channel") is record


class TestJoiningLater:
    """Lists and rosters opened while observers hear of the joining are told from the joining on."""

    def joined(self, bench: Bench, **fields: object) -> list[str]:
        """Have ada join a conversation where she had missed a message, and open its messages; tell what is said."""
        bench.start()
        bench.serve_conversation("CH1", joined=False)
        reached = bench.objects["CH1.messages"].last_event_id
        bench.put("CH1.messages", 0, {"sid": "IM0", "text": "hello"})
        since = {"messages": reached, **fields}
        bench.list_conversation("CH1", since=since)
        (record,) = bench.store.moved
        bench.take()
        bench.store.open_messages(record)
        return names(bench.pump())

    def test_what_has_happened_since_is_told(self, bench: Bench) -> None:
        assert "MessageAdded" in self.joined(bench)

    @pytest.mark.parametrize("reached", [None, "soon", [1], True, 1.5, 2**60])
    def test_where_the_moment_is_not_known_something_may_be_missed(self, bench: Bench, reached: object) -> None:
        assert "Discontinuity" in self.joined(bench, messages=reached)

    def test_what_is_opened_after_they_have_heard_is_told_from_then_on(self, bench: Bench) -> None:
        bench.start()
        bench.serve_conversation("CH1")
        bench.put("CH1.messages", 0, {"sid": "IM0", "text": "hello"})
        bench.pump()
        bench.store.told()
        assert bench.store.moved == []
        assert bench.open("CH1", roster=False) == []

    def test_one_found_when_the_list_is_read_anew_was_joined_nobody_knows_when(self, bench: Bench) -> None:
        bench.start()
        bench.disconnect()
        bench.serve_conversation("CH1")
        bench.put("CH1.messages", 0, {"sid": "IM0", "text": "hello"})
        bench.connect(epoch_changed=True)
        bench.pump()
        assert names(bench.open("CH1", roster=False)) == ["Discontinuity"]

    def test_those_of_the_start_have_been_joined_for_long(self, bench: Bench) -> None:
        bench.serve_conversation("CH1")
        bench.put("CH1.messages", 0, {"sid": "IM0", "text": "hello"})
        bench.start()
        assert bench.open("CH1", roster=False) == []

    def test_who_comes_and_goes_is_known_before_it_is_announced(self, bench: Bench) -> None:
        bench.start()
        bench.store.told()
        bench.serve_conversation("CH1")
        record = bench.record("CH1")
        assert (bench.store.moved, record.announced) == ([record], False)
        bench.store.told()
        bench.remove("ada.channels", "CH1")
        assert record in bench.store.moved
        assert record.removed
