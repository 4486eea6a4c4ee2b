"""Who may do what to a conversation, as the handles' results tell it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rxconvo.errors import NotFoundError, RejectedError, SyncError
from rxconvo.testing import advance, settle
from rxconvo.wire.packets import Notification, Reply

ANSWERS: dict[str, tuple[int, int | None]] = {
    "OK": (200, None),
    "NO_RIGHT": (403, 50107),
    "NOT_A_MEMBER": (403, 50430),
    "NO_SUCH_CONVERSATION": (404, 50350),
    "TWICE": (409, 50433),
    "UNREADABLE": (404, None),  # a replicated object that is as good as not there
}

ACTS: dict[str, Callable[[Any], Any]] = {
    "join": lambda one: one.join(),
    "add": lambda one: one.add("carol"),
    "remove_participant": lambda one: one.remove_participant("dan"),
    "get_participants": lambda one: one.get_participants(),
    "send_message": lambda one: one.send_message("x"),
    "get_messages": lambda one: one.get_messages(),
    "send_typing": lambda one: one.send_typing(),
    "update_friendly_name": lambda one: one.update_friendly_name("x"),
    "update_unique_name": lambda one: one.update_unique_name("x"),
    "update_attributes": lambda one: one.update_attributes({"a": 1}),
    "update_last_read_message_index": lambda one: one.update_last_read_message_index(0),
    "set_user_notification_level": lambda one: one.set_user_notification_level("muted"),
    "get_unread_messages_count": lambda one: one.get_unread_messages_count(),
    "get_messages_count": lambda one: one.get_messages_count(),
    "get_participants_count": lambda one: one.get_participants_count(),
    "delete": lambda one: one.delete(),
}

UNDO: dict[str, Callable[[Any], Any]] = {
    "add": lambda one: one.remove_participant("carol"),
    "remove_participant": lambda one: one.add("dan"),
}

# What each is answered with: of a visitor of a public conversation, of a member, of the creator who takes no part.
RIGHTS = """
join                            OK            TWICE     OK
add                             NOT_A_MEMBER  OK        OK
remove_participant              NOT_A_MEMBER  OK        OK
get_participants                UNREADABLE    OK        OK
send_message                    NOT_A_MEMBER  OK        NOT_A_MEMBER
get_messages                    UNREADABLE    OK        OK
send_typing                     NOT_A_MEMBER  OK        NOT_A_MEMBER
update_friendly_name            NOT_A_MEMBER  OK        OK
update_unique_name              NOT_A_MEMBER  OK        OK
update_attributes               NOT_A_MEMBER  OK        OK
update_last_read_message_index  NOT_A_MEMBER  OK        NOT_A_MEMBER
set_user_notification_level     NOT_A_MEMBER  OK        NOT_A_MEMBER
get_unread_messages_count       OK            OK        OK
get_messages_count              OK            OK        OK
get_participants_count          OK            OK        OK
delete                          NOT_A_MEMBER  NO_RIGHT  OK
"""
TABLE = [line.split() for line in RIGHTS.strip().splitlines()]


@pytest.fixture
async def public(room: Any) -> Any:
    """Return a handle of ada's, who takes no part, of a conversation that everybody may look up."""
    created = await room.ada.create_conversation(access="public")
    await created.add("bob")
    await created.add("dan")
    await advance(1)
    return created


async def outcome(cold: Any) -> tuple[int, int | None]:
    """Return status and code of what comes of it."""
    try:
        await cold
    except (RejectedError, SyncError) as error:
        return error.status, error.code
    return ANSWERS["OK"]


def test_every_act_has_its_row() -> None:
    assert [row[0] for row in TABLE] == list(ACTS)


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
async def test_members_creators_and_visitors_have_their_rights(room: Any, public: Any, row: list[str]) -> None:
    name, *expected = row
    eve = await room.stranger()
    handles = {
        "member": room.bob.find_conversation(public.sid),
        "creator": public,
        "visitor": await eve.get_conversation_by_sid(public.sid),
    }
    for role, answer in zip(("visitor", "member", "creator"), expected, strict=True):
        assert await outcome(ACTS[name](handles[role])) == ANSWERS[answer], role
        if answer == "OK" and name in UNDO:
            await UNDO[name](public)


@pytest.mark.parametrize("name", [name for name in ACTS if not name.startswith("get_p") and name != "get_messages"])
async def test_who_was_removed_and_has_not_heard_of_it_finds_nothing_any_more(room: Any, name: str) -> None:
    room.world.line("bob").passing = lambda packet: not isinstance(packet, Notification)
    await room.mine.remove_participant("bob")
    await settle()
    before = room.mine.snapshot
    with pytest.raises(NotFoundError) as error:
        await ACTS[name](room.theirs)
    assert (error.value.status, error.value.code) == ANSWERS["NO_SUCH_CONVERSATION"]
    assert room.mine.snapshot == before


async def test_to_a_stranger_a_secret_conversation_is_as_one_that_does_not_exist(room: Any) -> None:
    eve = await room.stranger()
    line = room.world.line("eve")
    replies: list[Any] = []
    for sid in (room.mine.sid, "CH" + "0" * 32):
        with pytest.raises(NotFoundError) as error:
            await eve.get_conversation_by_sid(sid)
        assert (error.value.status, error.value.code) == ANSWERS["NO_SUCH_CONVERSATION"]
        replies.append(next(packet for packet in reversed(line.received) if isinstance(packet, Reply)))
    secret, unknown = replies
    assert (secret.payload, secret.http_status) == (unknown.payload, unknown.http_status)
    assert eve.find_conversation(room.mine.sid) is None


async def test_a_stranger_hears_nothing(room: Any) -> None:
    eve = await room.stranger()
    heard: list[Any] = []
    for stream in (eve.messages, eve.participants, eve.typing, eve.updated, eve.conversations, eve.errors):
        stream.subscribe(heard.append)
    await advance(1)
    received = len(room.world.line("eve").received)
    await room.mine.send_message("x")
    await room.mine.send_typing()
    await room.mine.update_friendly_name("x")
    await room.mine.remove_participant("bob")
    await room.mine.delete()
    await advance(1)
    assert not heard
    assert len(room.world.line("eve").received) == received
