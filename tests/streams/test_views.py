from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from rxconvo.errors import ClosedError, DetachedError, ObserverError
from rxconvo.model import (
    ConversationAdded,
    ConversationJoined,
    ConversationLeft,
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
    Topic,
    TypingEnded,
    TypingStarted,
    User,
    UserSubscribed,
    UserUnsubscribed,
    UserUpdated,
)
from rxconvo.streams import (
    ConversationStream,
    Delivery,
    HotStream,
    Hub,
    MessageStream,
    ParticipantStream,
    TypingStream,
    UserStream,
)
from rxconvo.testing import advance


def fail(*_: object) -> None:
    raise ZeroDivisionError("on purpose")


class Finder:
    """A client that knows one conversation."""

    def find_conversation(self, sid: str) -> Any:
        return self if sid == "CH1" else None


finder = Finder()
home: Home[Any] = Home("CH1", lambda: finder)
message = Message("IM1", 1, home=home)
participant = Participant("MB1", "ada", home=home)
user = User("ada")
state = ConversationState("CH1")
messages: list[Any] = [
    MessageAdded(message),
    MessageUpdated(None, message),
    MessageRemoved(None, 1, home),
    Discontinuity(Topic.MESSAGES, "CH1", "gap"),
]
participants: list[Any] = [
    ParticipantJoined(participant),
    ParticipantUpdated(None, participant),
    ParticipantLeft(participant),
    Discontinuity(Topic.PARTICIPANTS, "CH1", "gap"),
]
typing: list[Any] = [TypingStarted(participant), TypingEnded(participant, "expired")]
conversations: list[Any] = [
    ConversationAdded(state, home),
    ConversationJoined(state, home),
    ConversationLeft(state, home),
    ConversationRemoved(state, home),
    ConversationUpdated(state, state, (), home),
]
users: list[Any] = [UserSubscribed(user), UserUnsubscribed(user), UserUpdated(user, user, ())]

VIEWS: list[tuple[type[HotStream[Any]], str, list[Any], Any]] = [
    (MessageStream, "added", messages, message),
    (MessageStream, "updated", messages, messages[1]),
    (MessageStream, "removed", messages, messages[2]),
    (ParticipantStream, "joined", participants, participant),
    (ParticipantStream, "updated", participants, participants[1]),
    (ParticipantStream, "left", participants, participant),
    (TypingStream, "started", typing, participant),
    (TypingStream, "ended", typing, typing[1]),
    (ConversationStream, "added", conversations, finder),
    (ConversationStream, "joined", conversations, finder),
    (ConversationStream, "left", conversations, conversations[2]),
    (ConversationStream, "removed", conversations, conversations[3]),
    (ConversationStream, "updated", conversations, conversations[4]),
    (UserStream, "subscribed", users, user),
    (UserStream, "unsubscribed", users, user),
    (UserStream, "updated", users, users[2]),
]


@pytest.mark.parametrize("kind,name,events,expected", VIEWS)
async def test_a_view_gives_what_its_events_are_about(
    delivery: Delivery, kind: type[HotStream[Any]], name: str, events: list[Event], expected: object
) -> None:
    stream = kind(delivery, "events")
    seen: list[object] = []
    view = getattr(stream, name)
    assert view is getattr(stream, name)
    with view.subscribe(seen.append):
        for event in events:
            stream.push(event)
    assert len(seen) == 1
    assert seen[0] is expected
    assert not stream.observers


@pytest.mark.parametrize("kind,name,events,expected", VIEWS)
async def test_its_repr_tells_of_what_it_is_a_view(
    delivery: Delivery, kind: type[HotStream[Any]], name: str, events: list[Event], expected: object
) -> None:
    assert repr(getattr(kind(delivery, "events of CH1"), name)) == f"<View events.{name} of CH1: 0 observers>"
    assert repr(getattr(kind(delivery, "events"), name)) == f"<View events.{name}: 0 observers>"


@pytest.fixture
async def stream(delivery: Delivery) -> MessageStream:
    return MessageStream(delivery, "messages")


async def test_a_view_observes_while_it_is_observed(stream: MessageStream) -> None:
    view = stream.added
    assert not stream.observers
    first = view.subscribe()
    second = view.map(lambda value: value.sid).subscribe()
    assert len(stream.observers) == 1
    first.dispose()
    assert len(stream.observers) == 1
    second.dispose()
    assert not stream.observers
    seen: list[Message] = []
    with view.subscribe(seen.append):
        stream.push(messages[0])
    assert seen == [message]
    assert not stream.observed


async def test_a_view_keeps_its_source_open(delivery: Delivery) -> None:
    class Source:
        acquired = released = 0

        def acquire(self) -> asyncio.Future[None]:
            self.acquired += 1
            opening = asyncio.get_running_loop().create_future()
            opening.set_result(None)
            return opening

        def reopen(self) -> asyncio.Future[None]:
            raise AssertionError("it is open")

        def release(self) -> None:
            self.released += 1

    source = Source()
    stream = MessageStream(delivery, "messages", source=source)
    await stream.added.opened
    with stream.added.subscribe(), stream.updated.subscribe():
        await advance(10.0)
        assert (source.acquired, source.released) == (1, 0)
    await advance(1.0)
    assert (source.acquired, source.released) == (1, 1)


async def test_next_of_a_view_skips_other_events(stream: MessageStream) -> None:
    waiting = stream.added.next()
    stream.push(messages[1])
    stream.push(messages[0])
    assert await waiting is message
    assert not stream.observers


async def test_who_comes_to_a_view_during_an_event_sees_later_ones_only(stream: MessageStream) -> None:
    seen: list[Message] = []

    def on_next(_: object) -> None:
        stream.added.subscribe(seen.append)

    first = stream.subscribe(on_next)
    with stream.added.subscribe():
        stream.push(messages[0])
        first.dispose()
        assert not seen
        stream.push(messages[0])
        assert seen == [message]


async def test_coming_and_going_during_an_event(stream: MessageStream) -> None:
    seen: list[object] = []

    def on_next(_: object) -> None:
        stream.added.subscribe(seen.append).dispose()
        stream.added.subscribe(seen.append)

    first = stream.subscribe(on_next)
    stream.push(messages[0])
    first.dispose()
    stream.push(messages[0])
    assert seen == [message]


@pytest.mark.parametrize("asked", ["before", "after"])
async def test_a_view_completes_with_its_stream(stream: MessageStream, asked: str) -> None:
    told: list[str] = []
    if asked == "before":
        stream.added.subscribe(on_completed=lambda: told.append("early"))
    stream.complete()
    stream.added.subscribe(on_completed=lambda: told.append("late"))
    assert told == (["early", "late"] if asked == "before" else ["late"])
    with pytest.raises(ClosedError):
        await stream.added.next()
    with pytest.raises(ClosedError):
        await stream.added.opened


@pytest.mark.parametrize("first", ["added", "updated"])
async def test_who_comes_to_another_view_while_the_stream_completes_is_told(stream: MessageStream, first: str) -> None:
    told: list[str] = []
    views: dict[str, HotStream[Any]] = {"added": stream.added, "updated": stream.updated}
    other = views["updated" if first == "added" else "added"]

    def on_completed() -> None:
        other.subscribe(on_completed=lambda: told.append("late"))

    views[first].subscribe(on_completed=on_completed)
    stream.complete()
    assert told == ["late"]


async def test_an_observer_of_a_view_that_raises_harms_nobody(
    stream: MessageStream, faults: list[ObserverError]
) -> None:
    seen: list[object] = []
    stream.added.subscribe(fail)
    stream.added.subscribe(seen.append)
    stream.push(messages[0])
    stream.push(messages[0])
    assert seen == [message, message]
    assert [(fault.stream, type(fault.__cause__)) for fault in faults] == [("messages.added", ZeroDivisionError)]


async def test_a_handle_that_is_gone_ends_no_view(delivery: Delivery, faults: list[ObserverError]) -> None:
    stream = ConversationStream(delivery, "conversations")
    seen: list[object] = []
    stream.added.subscribe(seen.append)
    gone: Home[Any] = Home("CH2", lambda: finder)
    stream.push(ConversationAdded(state, gone))
    stream.push(ConversationAdded(state, home))
    assert seen == [finder]
    assert [type(fault.__cause__) for fault in faults] == [DetachedError]


OWN: list[tuple[Event, str | None, tuple[str, ...]]] = [
    *((event, "messages", ("messages",)) for event in messages),
    *((event, "participants", ("participants",)) for event in participants),
    *((event, "typing", ("typing",)) for event in typing),
    *((event, None, ("conversations",)) for event in conversations[:3]),
    (conversations[3], "removed", ("removed", "conversations")),
    (conversations[4], "updated", ("updated", "conversations")),
    *((event, None, ("users",)) for event in users),
]
TOPICS = [topic.value for topic in Topic]


@pytest.mark.parametrize("event,own,merged", OWN)
async def test_the_hub_takes_each_event_to_the_streams_that_carry_it(
    hub: Hub, event: Event, own: str | None, merged: tuple[str, ...]
) -> None:
    seen: list[str] = []

    def note(name: str) -> Callable[[object], None]:
        return lambda value: seen.append(name) if value is event else seen.append("other")

    for sid in ("CH1", "CH2"):
        for name in TOPICS[:5]:
            getattr(hub.conversation(sid), name).subscribe(note(f"{name} of {sid}"))
    for name in TOPICS:
        getattr(hub.client, name).subscribe(note(name))
    hub.publish([event])
    assert sorted(seen) == sorted([*merged, *([f"{own} of CH1"] if own else [])])
    hub.complete_all()
