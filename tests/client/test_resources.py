from __future__ import annotations

from typing import Any

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

READ = {
    "index": (b'{"index": 5, "body": "more"}', SentMessage(5)),
    "numeric string": (b'{"index": "5"}', SentMessage(5)),
    "counts": (b'{"messages_count": "3", "participants_count": null}', Counts(messages_count=3)),
    "no counts": (b"{}", Counts()),
    "nothing": (b"", Counts()),
    "blank": (b" \n", Conflict()),
    "timeout": (b'{"typing_timeout": "4.5"}', TypingAnswer(4.5)),
    "conflict": (b'{"resource_url": "https://x/y"}', Conflict("https://x/y")),
    "refusal": (b'{"status": 404, "code": "50350", "message": "no"}', Refusal(50350, "no")),
    "participant": (b'{"sid": "MB1", "identity": null, "messaging_binding": null}', ParticipantResource("MB1")),
}

UNREADABLE = {
    "no index": (b"{}", SentMessage),
    "null index": (b'{"index": null}', SentMessage),
    "fraction": (b'{"index": 1.5}', SentMessage),
    "no object": (b"[]", Counts),
    "null": (b"null", Counts),
    "no JSON": (b"<html>", Refusal),
    "no UTF-8": (b'{"message": "\xff"}', Refusal),
    "cut off": (b'{"message": "', Refusal),
    "deep": (b'{"x": ' + b"[" * 100_000, Refusal),
    "no name": (b'{"sid": "CH1", "sync_objects": {"conversation": 5}}', ConversationResource),
}


@pytest.mark.parametrize("body, expected", READ.values(), ids=READ)
def test_an_answer_is_read_in_every_form_it_comes_in(body: bytes, expected: Any) -> None:
    assert read_resource(body, type(expected)) == expected


@pytest.mark.parametrize("body, kind", UNREADABLE.values(), ids=UNREADABLE)
def test_an_answer_that_lacks_what_is_needed_is_told_from_one_that_does_not(body: bytes, kind: type[Any]) -> None:
    with pytest.raises(PayloadError, match="unreadable answer"):
        read_resource(body, kind)


@pytest.mark.parametrize("name", ["sid", "conversation_sid"])
def test_a_conversation_goes_by_either_name(name: str) -> None:
    body = b'{"%s": "CH1", "sync_objects": {"conversation": "CH1.channel", "messages": "x"}}' % name.encode()
    resource = read_resource(body, ConversationResource)
    assert getattr(resource, name) == "CH1"
    assert resource.sync_objects.conversation == "CH1.channel"
