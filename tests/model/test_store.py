"""The store as a whole: whatever happens, it ends as the service is, and its events tell the way there."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import singledispatchmethod
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rxconvo.errors import DetachedError
from rxconvo.model import (
    ConversationAdded,
    ConversationJoined,
    ConversationLeft,
    ConversationRecord,
    ConversationRemoved,
    ConversationState,
    ConversationUpdated,
    Discontinuity,
    Event,
    Home,
    Message,
    MessageAdded,
    MessageRemoved,
    MessageUpdated,
    Participant,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantUpdated,
    Store,
    Topic,
    TypingEnded,
    TypingStarted,
    User,
    UserUpdated,
)

if TYPE_CHECKING:
    from tests.model.conftest import Bench, Data

SIDS: tuple[str, ...] = ("CH1", "CH2")
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

    def unsubscribe_user(self, user: Any) -> Any:
        return user.identity

    def is_subscribed(self, user: Any) -> bool:
        return bool(user.identity == "ada")

    def user_emitter(self, identity: str) -> Any:
        return identity


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
        assert user.unsubscribe() == "ada"  # type: ignore[comparison-overlap]
        assert user.is_subscribed
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
        self.conversations: dict[str, ConversationState] = {}
        self.messages: dict[tuple[str, int], Message] = {}
        self.participants: dict[tuple[str, str], Participant] = {}
        self.typing: set[tuple[str, str]] = set()
        self.user: User | None = None
        self.stale: set[str] = set()  # conversations whose roster is to be looked at anew

    @singledispatchmethod
    def take(self, event: Event) -> None:
        """Check that an event begins where the one before it has ended, and take it."""
        raise AssertionError(event)

    @take.register
    def _(self, event: ConversationAdded) -> None:
        assert event.conversation_sid not in self.conversations
        self.conversations[event.conversation_sid] = event.state

    @take.register
    def _(self, event: ConversationJoined) -> None:
        assert event.state.status == "joined"
        assert self.conversations[event.conversation_sid] == event.state

    @take.register
    def _(self, event: ConversationLeft) -> None:
        assert event.state == replace(self.conversations[event.conversation_sid], status="notParticipating")
        self.conversations[event.conversation_sid] = event.state

    @take.register
    def _(self, event: ConversationUpdated) -> None:
        assert event.reasons
        assert self.conversations[event.conversation_sid] == event.before
        self.conversations[event.conversation_sid] = event.after

    @take.register
    def _(self, event: ConversationRemoved) -> None:
        assert self.conversations.pop(event.conversation_sid) == event.state
        self.forget_messages(event.conversation_sid)
        self.participants = {key: value for key, value in self.participants.items() if key[0] != event.conversation_sid}

    @take.register
    def _(self, event: MessageAdded) -> None:
        assert (event.conversation_sid, event.message.index) not in self.messages
        self.messages[event.conversation_sid, event.message.index] = event.message

    @take.register
    def _(self, event: MessageUpdated) -> None:
        assert (event.before is None) is not bool(event.reasons)
        if event.before is not None:  # what it was before a page showed it is all that nobody may have said
            assert self.messages.get((event.conversation_sid, event.after.index), event.before) == event.before
        self.messages[event.conversation_sid, event.after.index] = event.after

    @take.register
    def _(self, event: MessageRemoved) -> None:
        known = self.messages.pop((event.conversation_sid, event.index), None)
        assert known is None or event.message is None or event.message == known

    @take.register
    def _(self, event: ParticipantJoined) -> None:
        if event.conversation_sid not in self.stale:
            assert (event.conversation_sid, event.participant.sid) not in self.participants
            self.participants[event.conversation_sid, event.participant.sid] = event.participant

    @take.register
    def _(self, event: ParticipantUpdated) -> None:
        if event.conversation_sid not in self.stale:
            assert self.participants[event.conversation_sid, event.after.sid] == event.before
            self.participants[event.conversation_sid, event.after.sid] = event.after

    @take.register
    def _(self, event: ParticipantLeft) -> None:
        if event.conversation_sid not in self.stale:
            assert self.participants.pop((event.conversation_sid, event.participant.sid)) == event.participant

    @take.register
    def _(self, event: TypingStarted) -> None:
        self.typing.add((event.conversation_sid, event.participant.sid))

    @take.register
    def _(self, event: TypingEnded) -> None:
        self.typing.remove((event.conversation_sid, event.participant.sid))

    @take.register
    def _(self, event: UserUpdated) -> None:
        assert event.reasons
        assert self.user == event.before
        self.user = event.after

    @take.register
    def _(self, event: Discontinuity) -> None:
        sid = event.conversation_sid
        assert sid is not None
        if event.topic is Topic.MESSAGES:
            self.forget_messages(sid)
        else:
            self.stale.add(sid)

    def forget_messages(self, sid: str) -> None:
        self.messages = {key: value for key, value in self.messages.items() if key[0] != sid}

    def snapshot(self, record: ConversationRecord) -> None:
        """Take the roster as it stands, as somebody does who has just opened it."""
        self.stale.discard(record.sid)
        self.participants = {key: value for key, value in self.participants.items() if key[0] != record.sid}
        self.participants |= {(record.sid, participant.sid): participant for participant in record.participants}


class Story:
    """A service where things happen, and a store that follows.

    What can happen are the methods that take a conversation and a number; what is not possible does not happen.
    """

    def __init__(self, bench: Bench, data: Data) -> None:
        self.bench = bench
        self.data = data
        self.shadow = Shadow()
        self.next_index: dict[str, int] = dict.fromkeys(SIDS, 0)
        bench.serve_user()
        for sid in SIDS:
            bench.serve_conversation(sid, joined=sid == SIDS[0])
        bench.start()
        self.settle()
        self.shadow.user = bench.store.user

    def settle(self, *_: object) -> None:
        """Let everything be read; what is not open by then is opened."""
        if not self.bench.connected:
            return
        self.bench.pump()
        self.listen()
        for record in list(self.bench.store.conversations.values()):
            if not (self.bench.store.messages_open(record) and self.bench.store.roster_open(record)):
                self.bench.open(record.sid)
                self.listen()
                self.shadow.snapshot(record)
            elif record.sid in self.shadow.stale:
                self.shadow.snapshot(record)

    def listen(self) -> None:
        for event in self.bench.take():
            self.shadow.take(event)

    def recent(self, sid: str, number: int) -> int | None:
        """Return the index of one of the last messages, or None where it is gone."""
        index = self.next_index[sid] - 1 - number
        return index if index in self.bench.objects[f"{sid}.messages"].items else None

    def send(self, sid: str, number: int) -> None:
        self.bench.put(f"{sid}.messages", self.next_index[sid], self.data.message(f"text {number}", author="user0"))
        self.next_index[sid] += 1

    def edit(self, sid: str, number: int) -> None:
        if (index := self.recent(sid, number)) is not None:
            item = self.data.message(f"edited {number}", author="user0", dateUpdated=f"2026-02-0{number + 1}")
            self.bench.put(f"{sid}.messages", index, item)

    def unsend(self, sid: str, number: int) -> None:
        if (index := self.recent(sid, number)) is not None:
            self.bench.remove(f"{sid}.messages", index)

    def page(self, sid: str, number: int) -> None:
        record = self.bench.store.conversation(sid)
        if self.bench.connected and record is not None and self.bench.store.messages_open(record):
            self.bench.read_page(sid, start=max(0, self.next_index[sid] - 1 - number), size=3)

    def add(self, sid: str, number: int) -> None:
        if f"MB{number}" not in self.bench.objects[f"{sid}.roster"].items:
            self.bench.put(f"{sid}.roster", f"MB{number}", self.data.participant(f"user{number}"))

    def read(self, sid: str, number: int) -> None:
        if f"MB{number}" in self.bench.objects[f"{sid}.roster"].items:
            item = self.data.participant(f"user{number}", lastConsumedMessageIndex=self.next_index[sid])
            self.bench.put(f"{sid}.roster", f"MB{number}", item)

    def kick(self, sid: str, number: int) -> None:
        if f"MB{number}" in self.bench.objects[f"{sid}.roster"].items:
            self.bench.remove(f"{sid}.roster", f"MB{number}")

    def type(self, sid: str, number: int) -> None:
        if self.bench.connected:
            self.bench.type(sid, f"user{number}")

    def wait(self, _: str, number: int) -> None:
        self.bench.wait(5 * (number + 1))

    def rename(self, sid: str, number: int) -> None:
        self.bench.change(f"{sid}.channel", friendlyName=f"name {number}")

    def rename_self(self, _: str, number: int) -> None:
        self.bench.put("ada.info", "friendlyName", {"value": f"name {number}"})

    def join(self, sid: str, number: int) -> None:
        self.bench.list_conversation(sid, lastConsumedMessageIndex=number)

    def leave(self, sid: str, _: int) -> None:
        if sid in self.bench.objects["ada.channels"].items:
            self.bench.remove("ada.channels", sid)

    def stall(self, *_: object) -> None:
        self.bench.stall()

    def lose(self, *_: object) -> None:
        if self.bench.connected:
            self.bench.disconnect()

    def connect(self, *_: object) -> None:
        if not self.bench.connected:
            self.bench.connect()

    def restore(self, *_: object) -> None:
        """Put the service back to a copy of its store: all is as it was, and nothing has the sid or ids that it had."""
        bench = self.bench
        if bench.connected:
            bench.disconnect()
        for name, served in list(bench.objects.items()):
            copy = bench.serve(served.kind, name, served.data)
            for key, item in served.items.items():
                bench.put(copy.name, key, item[0])
        bench.connect(epoch_changed=True)

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
            typing = {who for where, who in self.shadow.typing if where == sid}
            assert {each.sid for each in record.participants if store.is_typing(each)} == typing
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
        assert {where for where, _ in self.shadow.typing} <= set(store.conversations)
        assert store.user is not None
        assert store.user.friendly_name == bench.objects["ada.info"].items["friendlyName"][0]["value"]
        assert self.shadow.user == store.user
        assert store.ready
        assert store.take_faults() == []


Action: TypeAlias = Callable[[Story, str, int], None]
LINE: tuple[Action, ...] = (Story.settle, Story.stall, Story.lose, Story.connect)
MESSAGES: tuple[Action, ...] = (Story.send, Story.edit, Story.unsend, Story.page)
PEOPLE: tuple[Action, ...] = (Story.add, Story.read, Story.kick, Story.type, Story.wait)
PLACES: tuple[Action, ...] = (Story.rename, Story.rename_self, Story.join, Story.leave)
THEMES = (  # a story of few actions, and so of many of each, gets into corners that one of all hardly ever sees
    (*MESSAGES, Story.stall, Story.settle),
    (*MESSAGES, *LINE),
    (*PEOPLE, *LINE),
    (*PLACES, *LINE, Story.page),
    (*MESSAGES, *PEOPLE, *PLACES, *LINE, Story.restore),
)


def stories(actions: tuple[Action, ...]) -> st.SearchStrategy[list[tuple[Action, str, int]]]:
    steps = st.tuples(st.sampled_from(actions), st.sampled_from(SIDS), st.integers(0, 1))
    return st.lists(steps, min_size=20, max_size=60)


@given(steps=st.one_of([stories(theme) for theme in THEMES]))
def test_any_story_ends_as_the_service_is_and_events_tell_the_way_there(
    make_bench: type[Bench], data: Data, steps: list[tuple[Action, str, int]]
) -> None:
    story = Story(make_bench(kept_messages=KEPT), data)
    for action, sid, number in steps:
        action(story, sid, number)
        story.check()
    story.compare()
