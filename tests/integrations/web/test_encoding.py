"""Values as JSON: all of ours, well-formed whatever is in them, and nothing of what they refer to."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxconvo import (
    Append,
    CaughtUp,
    DiffBatch,
    Discontinuity,
    Enriched,
    Failed,
    Insert,
    Message,
    MessageAdded,
    MessageRemoved,
    Remove,
    Reset,
    Service,
    Set,
    TokenExpired,
    Topic,
    Truncate,
)
from rxconvo.errors import ArgumentError
from rxconvo.integrations.web import jsonable
from rxconvo.integrations.web.encoding import is_happening, to_json
from rxconvo.model import Home
from tests.integrations.web.streams import batch_of

Json = dict[str, Any]


@dataclasses.dataclass
class Badge:
    """An application's own value."""

    count: int
    since: datetime
    _note: str = "kept"


class Point(NamedTuple):
    """Another."""

    x: int
    y: int


class Level(Enum):
    """Another."""

    LOW = "low"


class Row(msgspec.Struct):
    """Another, whose names are like ours."""

    home: str
    raw_json: str
    type: str = "row"


NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "value, encoded",
    [
        (None, None),
        ("pizza?", "pizza?"),
        (frozenset({"b", "a"}), ["a", "b"]),
        ({2, 10}, [2, 10]),
        (frozenset({"a", 1}), ["a", 1]),
        ((1, (2,)), [1, [2]]),
        (Point(1, 2), [1, 2]),
        (NOON, "2026-01-31T12:00:00Z"),
        (timedelta(minutes=1.5), 90.0),
        (Level.LOW, "low"),
        ({Level.LOW: 1, 3: 2}, {"low": 1, "3": 2}),
        (MappingProxyType({"a": frozenset({1})}), {"a": [1]}),
        (Badge(3, NOON), {"count": 3, "since": "2026-01-31T12:00:00Z", "_note": "kept"}),
        (Row("here", "{}"), {"home": "here", "raw_json": "{}", "type": "row"}),
        (ValueError("no"), {"type": "ValueError", "message": "no"}),
        (CaughtUp(7), {"type": "CaughtUp", "last": 7}),
        (Reset((1,)), {"type": "Reset", "values": [1]}),
        (
            Failed("local", OSError("no")),
            {"type": "Failed", "local": "local", "error": {"type": "OSError", "message": "no"}},
        ),
        (Enriched(1, Badge(1, NOON)), {"value": 1, "result": jsonable(Badge(1, NOON)), "error": None}),
        (TokenExpired(), {"type": "TokenExpired"}),
        (
            Discontinuity(Topic.MESSAGES, "CH1", "why"),
            {"type": "Discontinuity", "topic": "messages", "conversation_sid": "CH1", "reason": "why"},
        ),
    ],
)
def test_values(value: object, encoded: object) -> None:
    assert jsonable(value) == encoded


def test_a_message() -> None:
    message: Message[Any] = Message(
        "IM1",
        3,
        author="ada",
        body="pizza?",
        attributes_json='{"x":\r\n [1]}',
        date_created_iso="2026-01-31T12:00:00.250Z",
        date_updated_iso="whenever",
        home=Home("CH1"),
    )
    encoded: Any = jsonable(MessageAdded(message))
    assert encoded["type"] == "MessageAdded"
    assert encoded["conversation_sid"] == "CH1"
    assert encoded["message"] == jsonable(message)
    assert encoded["message"] == {
        "sid": "IM1",
        "index": 3,
        "author": "ada",
        "body": "pizza?",
        "subject": None,
        "content_sid": None,
        "attributes": {"x": [1]},
        "date_created": "2026-01-31T12:00:00.250000Z",
        "date_updated": None,
        "last_updated_by": None,
        "type": "text",
        "participant_sid": None,
        "medias": [],
        "aggregated_delivery_receipt": None,
        "has_channel_metadata": False,
        "conversation_sid": "CH1",
    }


@pytest.mark.parametrize(
    "text, encoded",
    [
        ("[" * 900 + "]" * 900, None),  # far deeper than what encoders write
        ("123456789012345678901234567890", None),
        ('"\\ud83c\\udf55 \u2028 \\u0000"', "🍕 \u2028 \0"),
        ("{", {}),
        ("", {}),
        ("NaN", {}),
    ],
)
def test_the_applications_own_data_is_taken_as_it_is(text: str, encoded: object) -> None:
    written = to_json(Message("IM1", 0, attributes_json=text))
    if encoded is None:
        assert text.encode() in written
    else:
        assert json.loads(written)["attributes"] == encoded


@given(
    st.text(st.characters(codec="utf-8")),
    st.dictionaries(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8"))),
)
def test_whatever_is_in_it_it_is_one_line(body: str, attributes: Mapping[str, str]) -> None:
    text = json.dumps(attributes, indent=2)
    written = to_json(Message("IM1", 0, body=body, attributes_json=text))
    assert b"\n" not in written
    assert b"\r" not in written
    assert json.loads(written)["body"] == body
    assert json.loads(written)["attributes"] == attributes


def test_batches_of_diffs() -> None:
    batch = DiffBatch((Append((1, 2)), Insert(0, 3), Set(1, 4), Remove(2), Truncate(1), Reset((5,))))
    encoded: Any = jsonable({"list": batch})
    assert encoded["list"] == {
        "diffs": [
            {"op": "append", "values": [1, 2]},
            {"op": "insert", "index": 0, "value": 3},
            {"op": "set", "index": 1, "value": 4},
            {"op": "remove", "index": 2},
            {"op": "truncate", "length": 1},
            {"op": "reset", "values": [5]},
        ]
    }
    assert batch_of(encoded["list"]) == batch


async def test_everything_that_streams_of_a_client_carry() -> None:
    """And a conversation itself, by its properties."""
    seen: list[Any] = []
    async with Service() as service, service.client("ada") as ada, service.client("bob") as bob:
        for stream in (ada.conversations, ada.messages, ada.participants, ada.typing, ada.users, ada.connection_state):
            stream.subscribe(seen.append)
        lunch = await ada.create_conversation(friendly_name="lunch", attributes={"floor": 2})
        await lunch.join()
        await lunch.add("bob")
        await ada.typing.opened
        bobs = await bob.get_conversation_by_sid(lunch.sid)
        await bobs.send_typing()
        await bobs.send_message("pizza?")
        await lunch.update_friendly_name("sushi")
        await (await bobs.get_messages(page_size=1)).items[0].remove()
        await bobs.leave()
        encoded: list[Any] = [jsonable(value) for value in seen]
        types = {value["type"] for value in encoded if isinstance(value, dict)}
        assert types >= {"MessageAdded", "MessageRemoved", "ParticipantJoined", "TypingStarted", "ConversationUpdated"}
        assert {value["conversation_sid"] for value in encoded if "conversation_sid" in value} == {lunch.sid}
        assert not any("home" in value for value in encoded)
        conversation: Any = jsonable(lunch)
        assert (conversation["sid"], conversation["friendly_name"]) == (lunch.sid, "sushi")
        assert conversation["attributes"] == {"floor": 2}
        assert [is_happening(value) for value in (*seen[1:], lunch.snapshot, lunch, 3, "connected", DiffBatch(()))] == [
            *(isinstance(value, dict) for value in encoded[1:]),
            *[False] * 5,
        ]


def test_a_removed_message_that_was_not_held() -> None:
    encoded: Any = jsonable(MessageRemoved(None, 3, Home("CH1")))
    assert encoded == {"type": "MessageRemoved", "message": None, "index": 3, "conversation_sid": "CH1"}


@pytest.mark.parametrize("value", [object(), b"bytes", {"a": [object()]}, 10**30, "\ud800", {frozenset(): 1}])
def test_what_json_cannot_say(value: object) -> None:
    with pytest.raises(ArgumentError, match="value must be"):
        to_json(value)


def test_what_contains_itself() -> None:
    value: list[object] = []
    value.append(value)
    with pytest.raises(ArgumentError):
        to_json(value)
