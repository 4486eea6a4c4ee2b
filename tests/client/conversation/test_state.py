from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from rxconvo import ConversationJoined, ConversationUpdated, LastMessage
from rxconvo.testing import EPOCH, advance, settle

PROPERTIES = (
    "attributes",
    "bindings",
    "created_by",
    "date_created",
    "date_updated",
    "friendly_name",
    "last_message",
    "last_read_message_index",
    "notification_level",
    "sid",
    "state",
    "status",
    "unique_name",
)


def properties(of: Any) -> dict[str, Any]:
    """Read the properties of a conversation, or of a snapshot of one."""
    return {name: getattr(of, name) for name in PROPERTIES}


async def test_a_new_conversation_shows_what_it_was_created_with(room: Any) -> None:
    created = await room.ada.create_conversation(friendly_name="lunch", unique_name="lunch-1", attributes={"a": [1]})
    assert created.friendly_name == "lunch"
    assert created.unique_name == "lunch-1"
    assert created.attributes == {"a": [1]}
    assert created.created_by == "ada"
    assert created.date_created == created.date_updated
    assert EPOCH <= created.date_created <= EPOCH + timedelta(seconds=room.now)
    assert created.state is not None
    assert created.state.current == "active"
    assert created.state.date_updated == created.date_created
    assert created.status == "notParticipating"
    assert created.bindings == {}
    assert created.last_message is None
    assert created.last_read_message_index is None
    assert created.notification_level == "default"


async def test_without_any_argument_it_has_no_names_and_no_data(room: Any) -> None:
    created = await room.ada.create_conversation()
    assert (created.friendly_name, created.unique_name, created.attributes) == (None, None, {})


async def test_the_snapshot_is_all_properties_at_once_and_never_changes(room: Any) -> None:
    snapshot = room.mine.snapshot
    before = properties(room.mine)
    assert properties(snapshot) == before
    await room.theirs.update_friendly_name("other")
    await settle()
    assert properties(snapshot) == before != properties(room.mine)


async def test_attributes_are_each_readers_own(room: Any) -> None:
    await room.mine.update_attributes({"a": []})
    room.mine.attributes["a"].append(1)
    assert room.mine.attributes == {"a": []}


async def test_both_members_see_the_same_but_for_what_is_their_own(room: Any) -> None:
    await room.mine.set_all_messages_read()
    await settle()
    mine, theirs = properties(room.mine), properties(room.theirs)
    assert [name for name in PROPERTIES if mine[name] != theirs[name]] == ["last_read_message_index"]


CHANGES: dict[str, tuple[Any, str, Any, set[str]]] = {
    "friendly name": (lambda room: room.theirs.update_friendly_name("x"), "friendly_name", "x", {"friendlyName"}),
    "unique name": (lambda room: room.theirs.update_unique_name("x"), "unique_name", "x", {"uniqueName"}),
    "no unique name": (lambda room: room.theirs.update_unique_name(None), "unique_name", None, {"uniqueName"}),
    "attributes": (lambda room: room.theirs.update_attributes([1]), "attributes", [1], {"attributes"}),
    "message": (lambda room: room.theirs.send_message("hi"), "last_message.index", 1, {"lastMessage"}),
    "no message": (lambda room: room.message.remove(), "last_message", None, {"lastMessage"}),
    "horizon": (
        lambda room: room.mine.update_last_read_message_index(0),
        "last_read_message_index",
        0,
        {"lastReadMessageIndex"},
    ),
    "notification level": (
        lambda room: room.mine.set_user_notification_level("muted"),
        "notification_level",
        "muted",
        {"notificationLevel"},
    ),
}


@pytest.mark.parametrize("act, name, expected, reasons", CHANGES.values(), ids=CHANGES)
async def test_when_its_event_arrives_every_property_is_true(
    room: Any, act: Any, name: str, expected: object, reasons: set[str]
) -> None:
    before = room.mine.snapshot
    seen: list[tuple[ConversationUpdated, dict[str, Any]]] = []
    room.mine.updated.subscribe(lambda event: seen.append((event, properties(room.mine))))
    await act(room)
    await settle()
    ((event, shown),) = seen
    assert event.before == before
    assert properties(event.after) == shown == properties(room.mine)
    assert event.conversation is room.mine
    assert set(event.reasons) - {"dateUpdated"} == reasons
    value: Any = room.mine
    for part in name.split("."):
        value = getattr(value, part)
    assert value == expected


async def test_a_change_shows_when_it_was_made(room: Any) -> None:
    created = room.mine.date_created
    await room.theirs.update_friendly_name("x")
    await settle()
    assert room.mine.date_created == created
    assert room.mine.date_updated > created


async def test_joining_shows_in_the_status_when_its_event_arrives(room: Any) -> None:
    seen: list[str] = []
    room.ada.conversations.joined.subscribe(lambda _: seen.append(room.lobby.status))
    await room.lobby.join()
    assert seen == ["joined"] == [room.lobby.status]


async def test_leaving_shows_in_the_status_when_its_event_arrives(room: Any) -> None:
    seen: list[str] = []
    room.mine.removed.subscribe(lambda _: seen.append(room.mine.status))
    await room.mine.leave()
    assert seen == ["notParticipating"] == [room.mine.status]


async def test_the_newest_message_is_known_with_its_date(room: Any) -> None:
    last = room.mine.last_message
    assert isinstance(last, LastMessage)
    assert (last.index, last.date_created) == (room.message.index, room.message.date_created)


async def test_limits_are_what_the_service_told(room: Any) -> None:
    limits = room.mine.limits
    assert limits.media_attachments_count_limit > 0
    assert "text/plain" in limits.email_bodies_allowed_content_types


async def test_links_lead_to_the_conversation_its_participants_and_its_messages(room: Any) -> None:
    links = room.mine.links
    assert links == {
        "self": links["self"],
        "participants": f"{links['self']}/Participants",
        "messages": f"{links['self']}/Messages",
    }
    await room.mine.send_message("x")
    (request,) = room.requests()
    assert links["messages"].endswith(request.http_request.path)
    assert request.http_request.path.rpartition("/")[0].endswith(room.mine.sid)


async def test_it_shows_itself_by_its_sid(room: Any) -> None:
    assert repr(room.mine) == f"<Conversation {room.mine.sid}>"
    assert room.mine.identity == "ada"


async def test_with_nothing_watched_the_lists_properties_are_true_and_the_documents_come_on_demand(room: Any) -> None:
    client = await room.world.client("ada", watch="none")
    handle = client.find_conversation(room.mine.sid)
    assert (handle.status, handle.friendly_name) == ("joined", None)
    await handle.wait_until_known()
    assert handle.friendly_name == "standup"
    await room.theirs.update_friendly_name("x")
    await advance(1)
    assert handle.friendly_name == "x"


async def test_joined_is_told_with_the_handle_and_its_state(room: Any) -> None:
    told: list[Any] = []
    room.ada.conversations.subscribe(told.append)
    await room.lobby.join()
    (event,) = told
    assert isinstance(event, ConversationJoined)
    handle: Any = event.conversation
    assert handle is room.lobby
    assert event.state == handle.snapshot
