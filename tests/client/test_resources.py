from __future__ import annotations

from typing import Any

import orjson
import pytest

from rxconvo.client.resources import (
    Conflict,
    ConversationResource,
    Counts,
    ParticipantResource,
    Refusal,
    SentMessage,
    TypingAnswer,
    read_resource,
)
from rxconvo.errors import PayloadError


@pytest.mark.parametrize(
    "body, kind, expected",
    [
        ({"index": 7}, SentMessage, SentMessage(7)),
        ({"index": "7", "sid": "IM1"}, SentMessage, SentMessage(7)),
        ({"messages_count": "12"}, Counts, Counts(messages_count=12)),
        ({"unread_messages_count": None}, Counts, Counts()),
        ({"typing_timeout": 5}, TypingAnswer, TypingAnswer(5.0)),
        ({}, TypingAnswer, TypingAnswer()),
        ({"resource_url": "https://x"}, Conflict, Conflict("https://x")),
        ({"status": 403, "code": 50430, "message": "no"}, Refusal, Refusal(50430, "no")),
        ({"sid": "MB1", "identity": "ada", "unknown": 1}, ParticipantResource, ParticipantResource("MB1", "ada")),
    ],
)
def test_an_answer_is_read_in_every_form_that_is_known(body: Any, kind: type[Any], expected: object) -> None:
    assert read_resource(orjson.dumps(body), kind) == expected


@pytest.mark.parametrize("body", [b"", b" \r\n", b"{}"])
def test_an_empty_answer_has_no_members(body: bytes) -> None:
    assert read_resource(body, Counts) == Counts()


def test_a_conversation_is_named_by_either_field() -> None:
    objects = {"sync_objects": {"conversation": "CH1.channel"}}
    by_sid = read_resource(orjson.dumps({"sid": "CH1", **objects}), ConversationResource)
    by_conversation = read_resource(orjson.dumps({"conversation_sid": "CH1", **objects}), ConversationResource)
    assert (by_sid.sid, by_conversation.conversation_sid) == ("CH1", "CH1")
    assert by_sid.sync_objects.conversation == "CH1.channel"


@pytest.mark.parametrize(
    "body", [b"null", b"[]", b"5", b"{", b"{}", b'{"index": null}', b'{"index": "x"}', b"\xff", b"[" * 100_000]
)
def test_an_answer_that_lacks_what_is_read_of_it_is_a_payload_error(body: bytes) -> None:
    with pytest.raises(PayloadError):
        read_resource(body, SentMessage)


def test_deep_nesting_in_what_is_not_read_is_no_crash() -> None:
    body = b'{"index": 1, "more": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    with pytest.raises(PayloadError):
        read_resource(body, SentMessage)
