"""What holds of every mutation and query of a conversation and its values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from rxconvo import Participant
from rxconvo.errors import ClosedError, OutcomeUnknownError
from rxconvo.streams import Cold
from rxconvo.testing import advance, settle

MUTATION_ID = "X-Twilio-Mutation-Id"


@dataclass(frozen=True)
class Operation:
    """A mutation or query.

    Attributes:
        make: Returns it, given the room, and bob as a participant.
        asks: What the service is asked for, sync left out.
        gives: Tells whether a value is what it is to emit.
        tells: What ada's client tells of it.
    """

    make: Callable[[Any, Participant], Cold[Any]]
    asks: tuple[str, ...]
    gives: Callable[[Any, Any], bool]
    tells: tuple[str, ...] = ()


def none(_: Any, value: Any) -> bool:
    return value is None


def this(room: Any, value: Any) -> bool:
    return value is room.mine


def is_bob(_: Any, value: Any) -> bool:
    return isinstance(value, Participant) and value.identity == "bob"


def exactly(expected: int | None) -> Callable[[Any, Any], bool]:
    return lambda _, value: value == expected and type(value) is type(expected)


CHANGED = ("ConversationUpdated",)
MOVED = ("ConversationUpdated", "ParticipantUpdated")
ENDED = ("ConversationLeft", "ConversationRemoved")
LEFT = ("ParticipantLeft",)

MUTATIONS = {
    "join": Operation(
        lambda room, _: room.lobby.join(),
        ("POST Participants",),
        lambda room, value: value is room.lobby,
        ("ConversationJoined",),
    ),
    "leave": Operation(lambda room, _: room.mine.leave(), ("DELETE ada",), this, (*LEFT, *ENDED)),
    "delete": Operation(lambda room, _: room.mine.delete(), ("DELETE CH",), this, ENDED),
    "add": Operation(
        lambda room, _: room.mine.add("carol", {"a": 1}),
        ("POST Participants",),
        lambda _, value: (value.identity, value.attributes) == ("carol", {"a": 1}),
        ("ParticipantJoined",),
    ),
    "remove a participant": Operation(lambda room, bob: room.mine.remove_participant(bob), ("DELETE MB",), none, LEFT),
    "remove by sid": Operation(lambda room, bob: room.mine.remove_participant(bob.sid), ("DELETE MB",), none, LEFT),
    "remove by identity": Operation(lambda room, _: room.mine.remove_participant("bob"), ("DELETE bob",), none, LEFT),
    "participant.remove": Operation(lambda _, bob: bob.remove(), ("DELETE MB",), none, LEFT),  # type: ignore[arg-type, return-value]
    "participant.update_attributes": Operation(
        lambda _, bob: bob.update_attributes([1]),  # type: ignore[arg-type, return-value]
        ("POST MB",),
        lambda _, value: value.attributes == [1],
        ("ParticipantUpdated",),
    ),
    "send_message": Operation(
        lambda room, _: room.mine.send_message("again"), ("POST Messages",), exactly(1), ("MessageAdded", *CHANGED)
    ),
    "message.update_body": Operation(
        lambda room, _: room.message.update_body("better"),
        ("POST IM",),
        lambda _, value: value.body == "better",
        ("MessageUpdated",),
    ),
    "message.update_attributes": Operation(
        lambda room, _: room.message.update_attributes({"a": 1}),
        ("POST IM",),
        lambda _, value: value.attributes == {"a": 1},
        ("MessageUpdated",),
    ),
    "message.remove": Operation(
        lambda room, _: room.message.remove(),
        ("DELETE IM",),
        lambda room, value: value is room.message,
        ("MessageRemoved", *CHANGED),
    ),
    "update_friendly_name": Operation(lambda room, _: room.mine.update_friendly_name("x"), ("POST CH",), this, CHANGED),
    "update_unique_name": Operation(lambda room, _: room.mine.update_unique_name("x"), ("POST CH",), this, CHANGED),
    "update_attributes": Operation(lambda room, _: room.mine.update_attributes([1]), ("POST CH",), this, CHANGED),
    "update_last_read_message_index": Operation(
        lambda room, _: room.mine.update_last_read_message_index(0), ("POST CH",), exactly(0), MOVED
    ),
    "advance_last_read_message_index": Operation(
        lambda room, _: room.mine.advance_last_read_message_index(0), ("POST CH",), exactly(0), MOVED
    ),
    "set_all_messages_read": Operation(
        lambda room, _: room.mine.set_all_messages_read(), ("POST CH",), exactly(0), MOVED
    ),
    "set_user_notification_level": Operation(
        lambda room, _: room.mine.set_user_notification_level("muted"), ("POST CH",), none, CHANGED
    ),
    "user.update_friendly_name": Operation(
        lambda room, _: room.ada.user.update_friendly_name("Ada"),
        ("POST ada",),
        lambda _, value: value.friendly_name == "Ada",
        ("UserUpdated",),
    ),
    "user.update_attributes": Operation(
        lambda room, _: room.ada.user.update_attributes([1]),
        ("POST ada",),
        lambda _, value: value.attributes == [1],
        ("UserUpdated",),
    ),
}

QUERIES = {
    "get_participants": Operation(
        lambda room, _: room.mine.get_participants(),
        (),
        lambda _, value: sorted(one.identity for one in value) == ["ada", "bob"],
    ),
    "get_participant_by_sid": Operation(lambda room, bob: room.mine.get_participant_by_sid(bob.sid), (), is_bob),
    "get_participant_by_identity": Operation(lambda room, _: room.mine.get_participant_by_identity("bob"), (), is_bob),
    "get_messages": Operation(
        lambda room, _: room.mine.get_messages(), (), lambda room, value: value.items == (room.message,)
    ),
    "message.get_participant": Operation(
        lambda room, _: room.message.get_participant(), (), lambda _, value: value.identity == "ada"
    ),
    "get_unread_messages_count": Operation(lambda room, _: room.mine.get_unread_messages_count(), ("GET CH",), none),
    "get_messages_count": Operation(lambda room, _: room.mine.get_messages_count(), ("GET CH",), exactly(1)),
    "get_participants_count": Operation(lambda room, _: room.mine.get_participants_count(), ("GET CH",), exactly(2)),
}

SIGNALS = {"send_typing": Operation(lambda room, _: room.mine.send_typing(), ("POST Typing",), none)}

OPERATIONS = MUTATIONS | QUERIES | SIGNALS
REQUESTS = {name: operation for name, operation in OPERATIONS.items() if operation.asks}
WAITING = {name: operation for name, operation in REQUESTS.items() if name not in SIGNALS and "user." not in name}

WAITING_THERE = {name: operation for name, operation in WAITING.items() if name != "join"}
OF_THE_HANDLE = {name: one for name, one in OPERATIONS.items() if "." not in name and name != "join"}

every = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
every_mutation = pytest.mark.parametrize("operation", MUTATIONS.values(), ids=MUTATIONS)
every_query = pytest.mark.parametrize("operation", QUERIES.values(), ids=QUERIES)
every_request = pytest.mark.parametrize("operation", REQUESTS.values(), ids=REQUESTS)


@pytest.fixture
async def bob_there(room: Any) -> Participant:
    """Return bob as a participant, after the roster has been closed again."""
    there: Participant = await room.mine.get_participant_by_identity("bob")
    await room.rest()
    return there


def asked(room: Any, operation: Operation) -> bool:
    """Tell whether the service was asked for what it should be, once."""
    said = room.said()
    return len(said) == len(operation.asks) and all(map(str.startswith, said, operation.asks))


@every
async def test_it_does_nothing_before_it_is_subscribed_and_then_emits_one_value(
    room: Any, bob_there: Participant, operation: Operation
) -> None:
    sent = len(room.line.sent)
    cold = operation.make(room, bob_there)
    cold.retry(3)
    await settle()
    assert len(room.line.sent) == sent
    seen: list[Any] = []
    cold.subscribe(seen.append, seen.append, lambda: seen.append("|"))
    assert not seen
    await advance(1)
    value, end = seen
    assert operation.gives(room, value), value
    assert end == "|"
    assert asked(room, operation)


@every
async def test_awaited_its_value_comes_as_soon_as_everything_was_told_once(
    room: Any, bob_there: Participant, operation: Operation
) -> None:
    await room.watch()
    asked_at = room.now
    assert operation.gives(room, await operation.make(room, bob_there))
    assert room.now == asked_at
    assert room.told == list(operation.tells)
    await advance(1)
    assert room.told == list(operation.tells)


async def test_reports_call_each_by_the_name_of_its_method(room: Any, bob_there: Participant) -> None:
    names = {operation.make(room, bob_there).name for operation in OPERATIONS.values()}
    assert {name for name in names if not hasattr(room.mine, name) and not hasattr(room.ada, name)} == set()


@every_request
async def test_each_subscription_is_one_attempt(room: Any, bob_there: Participant, operation: Operation) -> None:
    cold = operation.make(room, bob_there)
    for _ in range(2):
        cold.subscribe(on_error=lambda _: None)
        await settle()
        await advance(10)  # typing signals are swallowed for a while
    requests = room.requests()
    if requests[0].http_request.headers.get(MUTATION_ID):
        assert len({request.http_request.headers[MUTATION_ID] for request in requests}) == len(requests)
    assert [request.http_request.path for request in requests[1:]] in ([], [requests[0].http_request.path])


@pytest.mark.parametrize("operation", WAITING.values(), ids=WAITING)
async def test_it_waits_for_what_was_asked_to_open_before(
    room: Any, bob_there: Participant, operation: Operation
) -> None:
    release = room.hold()  # that it is open, too
    for conversation in (room.mine, room.lobby):
        conversation.messages.subscribe()
        conversation.participants.subscribe()
    operation.make(room, bob_there).subscribe()
    await advance(1)
    assert room.said() == []
    release()
    await advance(1)
    assert asked(room, operation)


@pytest.mark.parametrize("name", ["messages", "participants", "typing"])
async def test_each_of_its_streams_is_waited_for(room: Any, name: str) -> None:
    release = room.hold()
    getattr(room.mine, name).subscribe()
    room.mine.send_message("x").subscribe()
    await advance(1)
    assert room.said() == []
    release()
    await advance(1)
    assert room.said() == ["POST Messages"]


@every_request
async def test_disposed_before_it_is_sent_it_is_withdrawn(
    room: Any, bob_there: Participant, operation: Operation
) -> None:
    await room.watch()
    room.line.down()
    await settle()
    subscription = operation.make(room, bob_there).subscribe(on_error=lambda _: None)
    await settle()
    subscription.dispose()
    room.line.up = True
    await advance(60)
    assert room.said() == []
    assert room.told == []


@every_mutation
@pytest.mark.parametrize("seen", [False, True], ids=["request lost", "answer lost"])
async def test_retried_after_a_lost_connection_it_applies_once(
    room: Any, bob_there: Participant, lose: Any, operation: Operation, seen: bool
) -> None:
    await room.watch()
    lose(room.line, seen=seen)
    value = await operation.make(room, bob_there).retry(3)
    assert operation.gives(room, value), value
    assert room.told == list(operation.tells)
    ids = [request.http_request.headers[MUTATION_ID] for request in room.requests()]
    assert len(set(ids)) == 1
    await advance(60)
    assert room.told == list(operation.tells)


async def test_without_retry_a_lost_connection_is_an_unknown_outcome(room: Any, lose: Any) -> None:
    lose(room.line, seen=True)
    with pytest.raises(OutcomeUnknownError):
        await room.mine.send_message("again")


@every_query
async def test_a_query_survives_a_lost_connection(room: Any, bob_there: Participant, operation: Operation) -> None:
    room.line.replying = lambda _: room.cut_once()
    assert operation.gives(room, await operation.make(room, bob_there).retry(3))


@every_mutation
async def test_made_while_the_line_is_down_its_value_comes_when_everything_was_told_once(
    room: Any, bob_there: Participant, operation: Operation
) -> None:
    await room.watch()
    room.line.down()
    await settle()
    seen: list[Any] = []
    operation.make(room, bob_there).subscribe(lambda value: seen.append((value, room.told)), seen.append)
    await advance(1)
    assert not seen
    room.line.up = True
    await advance(20)
    ((value, told_before),) = seen
    assert operation.gives(room, value)
    assert told_before == room.told == list(operation.tells)


@every_mutation
async def test_answered_before_the_change_is_told_it_waits_for_that(
    room: Any, bob_there: Participant, operation: Operation
) -> None:
    await room.watch()
    seen: list[Any] = []
    release = room.hold()
    operation.make(room, bob_there).subscribe(lambda _: seen.append(room.told), seen.append)
    await settle()
    assert asked(room, operation)
    assert not seen
    release()
    await settle()
    assert seen == [list(operation.tells)]


@every_mutation
async def test_answered_and_never_told_it_waits_for_the_echo_timeout(
    room: Any, bob_there: Participant, operation: Operation
) -> None:
    await room.watch()
    release = room.hold()
    asked_at = room.now
    assert operation.gives(room, await operation.make(room, bob_there))
    assert room.now == asked_at + room.ada._context.options.echo_timeout
    await settle()
    assert not room.ada._context.driver.waits
    release()


@pytest.mark.parametrize("operation", OF_THE_HANDLE.values(), ids=OF_THE_HANDLE)
async def test_where_the_conversation_is_gone_it_fails_before_anything_is_sent(
    room: Any, bob_there: Participant, operation: Operation
) -> None:
    await room.mine.leave()
    await room.rest()
    sent, asked_at = len(room.line.sent), room.now
    cold = operation.make(room, bob_there)
    for _ in range(2):
        with pytest.raises(ClosedError, match="is gone"):
            await cold
    assert len(room.line.sent) == sent
    assert room.now == asked_at


@pytest.mark.parametrize("operation", WAITING_THERE.values(), ids=WAITING_THERE)
async def test_where_the_conversation_goes_while_it_waits_it_is_not_sent(
    room: Any, bob_there: Participant, operation: Operation
) -> None:
    release = room.hold()
    room.mine.messages.subscribe()
    seen: list[Any] = []
    operation.make(room, bob_there).subscribe(on_error=seen.append)
    await settle()
    await room.theirs.remove_participant("ada")
    assert not seen
    release()
    await advance(1)
    assert [type(error) for error in seen] == [ClosedError]
    assert room.said() == []


@every
async def test_after_the_end_of_the_client_it_fails_before_anything_is_sent(
    room: Any, bob_there: Participant, operation: Operation
) -> None:
    cold = operation.make(room, bob_there)
    await room.ada.shutdown()
    sent, asked_at = len(room.line.sent), room.now
    for _ in range(2):
        with pytest.raises(ClosedError, match="shut down"):
            await cold
    assert len(room.line.sent) == sent
    assert room.now == asked_at


async def test_disposed_after_it_was_sent_it_is_resumed_by_the_next_subscription(room: Any) -> None:
    cold = room.mine.send_message("again")
    room.line.passing = lambda _: False
    subscription = cold.subscribe()
    await settle()
    subscription.dispose()
    room.line.passing = lambda _: True
    index = await cold
    first, second = room.requests()
    assert first.http_request.headers[MUTATION_ID] == second.http_request.headers[MUTATION_ID]
    assert await room.mine.get_messages_count() == index + 1


async def test_answered_it_is_a_new_mutation_the_next_time(room: Any) -> None:
    cold = room.mine.send_message("again")
    first = await cold
    assert await cold == first + 1
