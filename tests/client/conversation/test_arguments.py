"""What is wrong is told at once, with the field and the limit, and nothing is sent."""

from __future__ import annotations

import math
from typing import Any

import pytest

from rxconvo.errors import ArgumentError
from rxconvo.model import limits
from rxconvo.testing import settle

LONG_NAME = "x" * (limits.MAX_NAME + 1)
NOT_TEXT: list[Any] = [None, 1, b"x", ["x"]]
NOT_JSON: list[Any] = [{1}, object(), math.nan, math.inf, [math.nan], {"a": b"x"}, {1: 2}, "\ud800"]
NOT_INDEX: list[Any] = [-1, 1.0, "1", True, limits.MAX_INDEX + 1]


def deep() -> Any:
    value: Any = []
    for _ in range(100_000):
        value = [value]
    return value


def cases() -> dict[str, tuple[Any, str]]:
    """Return what is called wrongly, and the field that is wrong, by a name for each."""
    wrong: dict[str, list[tuple[Any, str]]] = {
        "add": [(lambda r, v=v: r.mine.add(v), "identity") for v in [*NOT_TEXT, "", "x" * 257, "a\n", "\ud800"]],
        "add attributes": [
            (lambda r, v=v: r.mine.add("x", v), "attributes") for v in [*NOT_JSON, "x" * limits.MAX_ATTRIBUTES, deep()]
        ],
        "remove": [(lambda r, v=v: r.mine.remove_participant(v), "participant") for v in [*NOT_TEXT, ""]],
        "by sid": [(lambda r, v=v: r.mine.get_participant_by_sid(v), "sid") for v in [*NOT_TEXT, ""]],
        "by identity": [(lambda r, v=v: r.mine.get_participant_by_identity(v), "identity") for v in [*NOT_TEXT, ""]],
        "body": [
            (lambda r, v=v: r.mine.send_message(v), "message")
            for v in [*NOT_TEXT[1:], "x" * (limits.MAX_BODY + 1), "ü" * (limits.MAX_BODY // 2 + 1), "\ud800"]
        ],
        "message attributes": [
            (lambda r, v=v: r.mine.send_message("x", v), "attributes") for v in [*NOT_JSON, "x" * limits.MAX_ATTRIBUTES]
        ],
        "subject": [(lambda r, v=v: r.mine.send_message("x", subject=v), "subject") for v in ["", 1, "x" * 257, b"x"]],
        "page size": [(lambda r, v=v: r.mine.get_messages(v), "page_size") for v in [0, 101, *NOT_INDEX, None]],
        "anchor": [(lambda r, v=v: r.mine.get_messages(10, v), "anchor") for v in NOT_INDEX],
        "direction": [
            (lambda r, v=v: r.mine.get_messages(10, 0, v), "direction") for v in ["backward", "", None, 1, ["forward"]]
        ],
        "update body": [
            (lambda r, v=v: r.message.update_body(v), "body") for v in [*NOT_TEXT, "x" * (limits.MAX_BODY + 1)]
        ],
        "update message attributes": [
            (lambda r, v=v: r.message.update_attributes(v), "attributes")
            for v in [*NOT_JSON, "x" * limits.MAX_ATTRIBUTES]
        ],
        "update participant attributes": [
            (lambda r, v=v: r.bob_there.update_attributes(v), "attributes")
            for v in [*NOT_JSON, "x" * limits.MAX_ATTRIBUTES]
        ],
        "update user attributes": [
            (lambda r, v=v: r.ada.user.update_attributes(v), "attributes")
            for v in [*NOT_JSON, "x" * limits.MAX_ATTRIBUTES]
        ],
        "user name": [
            (lambda r, v=v: r.ada.user.update_friendly_name(v), "friendly_name") for v in [*NOT_TEXT, LONG_NAME]
        ],
        "update attributes": [
            (lambda r, v=v: r.mine.update_attributes(v), "attributes")
            for v in [*NOT_JSON, "x" * limits.MAX_CONVERSATION_ATTRIBUTES]
        ],
        "friendly name": [
            (lambda r, v=v: r.mine.update_friendly_name(v), "friendly_name") for v in [*NOT_TEXT, LONG_NAME, "\ud800"]
        ],
        "unique name": [
            (lambda r, v=v: r.mine.update_unique_name(v), "unique_name") for v in [*NOT_TEXT[1:], LONG_NAME]
        ],
        "horizon": [(lambda r, v=v: r.mine.update_last_read_message_index(v), "index") for v in NOT_INDEX],
        "advance": [(lambda r, v=v: r.mine.advance_last_read_message_index(v), "index") for v in [*NOT_INDEX, None]],
        "level": [(lambda r, v=v: r.mine.set_user_notification_level(v), "level") for v in ["loud", "", None, 1]],
    }
    return {f"{name} {number}": case for name, group in wrong.items() for number, case in enumerate(group)}


CASES = cases()


async def test_each_wrong_argument_is_refused_and_nothing_is_sent(room: Any) -> None:
    room.bob_there = await room.mine.get_participant_by_identity("bob")
    await room.rest()
    sent = len(room.line.sent)
    missed: list[str] = []
    for name, (call, field) in CASES.items():
        try:
            call(room)
        except ArgumentError as error:
            if error.field != field or not error.expected:
                missed.append(f"{name}: {error}")
        else:
            missed.append(f"{name}: accepted")
    await settle()
    assert not missed
    assert len(room.line.sent) == sent


@pytest.mark.parametrize(
    "call, limit",
    [
        (lambda room: room.mine.send_message("x" * (limits.MAX_BODY + 1)), limits.MAX_BODY),
        (lambda room: room.mine.send_message("x", "x" * limits.MAX_ATTRIBUTES), limits.MAX_ATTRIBUTES),
        (lambda room: room.mine.update_attributes(["x"] * 9999), limits.MAX_CONVERSATION_ATTRIBUTES),
        (lambda room: room.mine.update_friendly_name(LONG_NAME), limits.MAX_NAME),
        (lambda room: room.mine.get_messages(101), limits.MAX_PAGE_SIZE),
    ],
)
async def test_the_limit_is_named(room: Any, call: Any, limit: int) -> None:
    with pytest.raises(ArgumentError, match=str(limit)):
        call(room)


async def test_what_just_fits_is_taken_by_the_service_as_well(room: Any) -> None:
    quotes = 2
    assert await room.mine.send_message("ü" * (limits.MAX_BODY // 2), subject="x" * limits.MAX_SUBJECT) == 1
    assert await room.mine.send_message("x", "x" * (limits.MAX_ATTRIBUTES - quotes)) == 2
    await room.mine.update_attributes("x" * (limits.MAX_CONVERSATION_ATTRIBUTES - quotes))
    await room.mine.update_friendly_name("ü" * limits.MAX_NAME)
    await room.mine.update_unique_name("ü" * limits.MAX_NAME)
    await room.mine.add("x" * limits.MAX_IDENTITY, "x" * (limits.MAX_ATTRIBUTES - quotes))
    await room.ada.user.update_friendly_name("x" * limits.MAX_NAME)
    assert len((await room.mine.get_messages(limits.MAX_PAGE_SIZE, limits.MAX_INDEX)).items) == 3
    assert await room.mine.update_last_read_message_index(limits.MAX_INDEX) == 0
