"""The store as a whole: whatever happens, it ends as the service is, and its events tell the way there."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxconvo.errors import DetachedError
from rxconvo.model import (
    ConversationAdded,
    ConversationRecord,
    ConversationRemoved,
    ConversationUpdated,
    Discontinuity,
    Event,
    Home,
    MessageAdded,
    MessageRemoved,
    MessageUpdated,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantUpdated,
    Store,
)

if TYPE_CHECKING:
    from tests.model.conftest import Bench, Data

PARTICIPANT_EVENTS = (ParticipantJoined, ParticipantUpdated, ParticipantLeft)
SIDS = ("CH1", "CH2")
KEPT = 3


class Client:
    """A landlord that can find handles; its values reach it weakly."""

    def __init__(self) -> None:
        self.gone: set[str] = set()

    def find_conversation(self, sid: str) -> Any:
        return None if sid in self.gone else f"handle of {sid}"

    def update_user_friendly_name(self, user: Any, friendly_name: str) -> Any:
        return (user.identity, friendly_name)

    def update_user_attributes(self, user: Any, attributes: Any) -> Any:
        return (user.identity, attributes)


class TestHomes:
    def test_values_find_their_handles_until_the_client_is_gone(self, make_bench: type[Bench], data: Data) -> None:
        client = Client()
        bench = make_bench(landlord=client)
        bench.serve_user()
        bench.serve_conversation("CH1")
        bench.start()
        bench.open("CH1")
        bench.take()
        bench.put("CH1.messages", 0, data.message("hi"))
        (event,) = bench.take()
        assert isinstance(event, MessageAdded)
        user = bench.store.user
        assert user is not None
        assert str(event.message.conversation) == "handle of CH1"
        assert user.update_friendly_name("Ada") == ("ada", "Ada")  # type: ignore[comparison-overlap]
        client.gone.add("CH1")
        with pytest.raises(DetachedError, match="CH1"):
            _ = event.message.conversation
        del client
        gc.collect()
        with pytest.raises(DetachedError):
            _ = event.message.conversation
        with pytest.raises(DetachedError):
            user.update_friendly_name("Ada")

    def test_nothing_is_left_of_a_store_but_what_is_held(self, make_bench: type[Bench], data: Data) -> None:
        def live() -> int:
            gc.collect()
            return sum(isinstance(each, Store | ConversationRecord | Home) for each in gc.get_objects())

        before = live()
        client = Client()
        bench = make_bench(landlord=client, watch="all")
        bench.serve_user()
        bench.serve_conversation("CH1")
        bench.start()
        bench.put("CH1.messages", 0, data.message("hi"))
        bench.put("CH1.roster", "MBbob", data.participant())
        bench.type("CH1", "bob")
        message = bench.record("CH1").message(0)
        assert message is not None
        del bench, client
        assert live() == before + 1  # the message's home
        del message
        assert live() == before


class Shadow:
    """What somebody knows who has only the events, from the moment that messages and roster stand."""

    def __init__(self) -> None:
        self.conversations: dict[str, Any] = {}
        self.messages: dict[tuple[str, int], Any] = {}
        self.participants: dict[tuple[str, str], Any] = {}
        self.stale: set[str] = set()  # conversations to look at anew

    def take(self, event: Event) -> None:
        if isinstance(event, ConversationAdded):
            assert event.conversation_sid not in self.conversations
            self.conversations[event.conversation_sid] = event.state
        elif isinstance(event, ConversationUpdated):
            assert event.reasons
            assert self.conversations[event.conversation_sid] == event.before
            self.conversations[event.conversation_sid] = event.after
        elif isinstance(event, ConversationRemoved):
            del self.conversations[event.conversation_sid]
            self.forget(event.conversation_sid)
        elif isinstance(event, MessageAdded):
            assert (event.conversation_sid, event.message.index) not in self.messages
            self.messages[event.conversation_sid, event.message.index] = event.message
        elif isinstance(event, MessageUpdated):
            held = self.messages.get((event.conversation_sid, event.after.index))
            assert event.before is None or held is None or held == event.before
            assert (event.before is None) is not bool(event.reasons)
            self.messages[event.conversation_sid, event.after.index] = event.after
        elif isinstance(event, MessageRemoved):
            self.messages.pop((event.conversation_sid, event.index), None)
        elif isinstance(event, Discontinuity):
            self.forget(event.conversation_sid or "")
        elif event.conversation_sid in self.stale if isinstance(event, PARTICIPANT_EVENTS) else False:
            pass
        elif isinstance(event, ParticipantJoined):
            key = (event.conversation_sid, event.participant.sid)
            assert key not in self.participants
            self.participants[key] = event.participant
        elif isinstance(event, ParticipantUpdated):
            key = (event.conversation_sid, event.after.sid)
            assert self.participants[key] == event.before
            self.participants[key] = event.after
        elif isinstance(event, ParticipantLeft):
            assert self.participants.pop((event.conversation_sid, event.participant.sid)) == event.participant

    def forget(self, sid: str) -> None:
        self.stale.add(sid)
        self.messages = {key: value for key, value in self.messages.items() if key[0] != sid}
        self.participants = {key: value for key, value in self.participants.items() if key[0] != sid}

    def snapshot(self, record: ConversationRecord) -> None:
        """Take the roster as it stands, as somebody does who has just opened it."""
        self.stale.discard(record.sid)
        self.participants = {key: value for key, value in self.participants.items() if key[0] != record.sid}
        self.participants |= {(record.sid, participant.sid): participant for participant in record.participants}


class Story:
    """A service where things happen, and a store that follows."""

    def __init__(self, bench: Bench, data: Data) -> None:
        self.bench = bench
        self.data = data
        self.shadow = Shadow()
        self.next_index = dict.fromkeys(SIDS, 0)
        bench.serve_user()
        for sid in SIDS:
            bench.serve_conversation(sid, joined=sid == "CH1")
        bench.start()
        self.settle()

    def settle(self) -> None:
        """Let everything be read; what is not open by then is opened."""
        if not self.bench.connected:
            return
        self.bench.pump()
        for event in self.bench.take():
            self.shadow.take(event)
        for record in list(self.bench.store.conversations.values()):
            if not (self.bench.store.messages_open(record) and self.bench.store.roster_open(record)):
                self.bench.open(record.sid)
                for event in self.bench.take():
                    self.shadow.take(event)
                self.shadow.snapshot(record)
            elif record.sid in self.shadow.stale:
                self.shadow.snapshot(record)

    def step(self, action: str, sid: str, number: int) -> None:
        bench, data = self.bench, self.data
        messages, roster = bench.objects[f"{sid}.messages"], bench.objects[f"{sid}.roster"]
        index = max(0, self.next_index[sid] - 1 - number)
        member = f"MB{number}"
        if action == "send":
            bench.put(messages.name, self.next_index[sid], data.message(f"text {number}"))
            self.next_index[sid] += 1
        elif action == "edit" and index in messages.items:
            bench.put(messages.name, index, data.message(f"edited {number}", dateUpdated=f"2026-02-0{number + 1}"))
        elif action == "unsend" and index in messages.items:
            bench.remove(messages.name, index)
        elif action == "add" and member not in roster.items:
            bench.put(roster.name, member, data.participant(f"user{number}"))
        elif action == "read" and member in roster.items:
            bench.put(
                roster.name, member, data.participant(f"user{number}", lastConsumedMessageIndex=self.next_index[sid])
            )
        elif action == "kick" and member in roster.items:
            bench.remove(roster.name, member)
        elif action == "rename":
            bench.change(f"{sid}.channel", friendlyName=f"name {number}")
        elif action == "join":
            bench.list_conversation(sid, lastConsumedMessageIndex=number)
        elif action == "leave" and sid in bench.objects["ada.channels"].items:
            bench.remove("ada.channels", sid)
        elif action == "page" and bench.connected and self.listens(sid):
            bench.read_page(sid, start=index, size=3)
        elif action == "lose" and bench.connected:
            bench.disconnect()
        elif action == "connect" and not bench.connected:
            bench.connect()
        elif action == "restore":
            self.restore()
        elif action == "type":
            bench.type(sid, f"user{number}") if bench.connected else None

    def restore(self) -> None:
        """Put the service back to a copy of its store: all is as it was, and nothing has the sid or ids that it had."""
        bench = self.bench
        if bench.connected:
            bench.disconnect()
        for name, served in list(bench.objects.items()):
            copy = bench.serve(served.kind, name, served.data)
            for key, (item, _, _) in served.items.items():
                bench.put(copy.name, key, item)
        bench.connect(epoch_changed=True)

    def listens(self, sid: str) -> bool:
        record = self.bench.store.conversation(sid)
        return record is not None and not record.removed and self.bench.store.messages_open(record)

    def check(self) -> None:
        """Compare the store with itself."""
        for record in self.bench.store.conversations.values():
            if record.message_list is not None:
                assert len(record.message_list) <= KEPT
                replica = record.message_list.replica
                assert replica is None or all(replica.knows(index) for index in record.message_list.indices())
            for participant in record.participants:
                assert participant.identity is not None
                assert record.participant_of(participant.identity) is participant
                assert record.participant(participant.sid) is participant

    def compare(self) -> None:
        """Compare the store with the service, and the shadow with the store."""
        if not self.bench.connected:
            self.bench.connect()
        self.settle()
        self.settle()
        bench = self.bench
        store = bench.store
        assert set(store.conversations) == set(bench.objects["ada.channels"].items) == set(self.shadow.conversations)
        for sid, record in store.conversations.items():
            document, channel = bench.objects[f"{sid}.channel"].data, bench.objects["ada.channels"].items[sid][0]
            assert record.state.friendly_name == document["friendlyName"]
            assert record.state.last_read_message_index == channel["lastConsumedMessageIndex"]
            assert self.shadow.conversations[sid] == record.state
            people = {key: each[0] for key, each in bench.objects[f"{sid}.roster"].items.items()}
            assert {each.sid: each.last_read_message_index for each in record.participants} == {
                key: each["lastConsumedMessageIndex"] for key, each in people.items()
            }
            assert {key[1] for key in self.shadow.participants if key[0] == sid} == set(people)
            texts = {index: each[0]["text"] for index, each in bench.objects[f"{sid}.messages"].items.items()}
            assert record.message_list is not None
            for index in record.message_list.indices():
                message = record.message(index)
                assert message is not None
                assert message.body == texts[index]
            for (where, index), message in self.shadow.messages.items():
                assert where != sid or message.body == texts[index]
        assert store.ready
        assert store.take_faults() == []


ACTIONS = [
    *("send", "edit", "unsend", "add", "read", "kick", "rename", "join", "leave", "page", "lose", "connect", "type"),
    "restore",
    *("settle", "settle", "send"),
]


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(ACTIONS), st.sampled_from(SIDS), st.integers(0, 1)), min_size=20, max_size=60
    )
)
def test_any_story_ends_as_the_service_is(
    make_bench: type[Bench], data: Data, steps: list[tuple[str, str, int]]
) -> None:
    story = Story(make_bench(kept_messages=KEPT), data)
    for action, sid, number in steps:
        if action == "settle":
            story.settle()
        else:
            story.step(action, sid, number)
        story.check()
    story.compare()
