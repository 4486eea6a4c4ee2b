"""Messages in the form of each protocol, read as a browser reads them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxconvo.integrations.web import WebMessage
from rxconvo.integrations.web.encoding import to_json
from tests.integrations.web.streams import Event, EventSource

HOSTILE = [
    "a\nb",
    "a\r\nb",
    "a\rb",
    "\n\nevent: end\ndata: {}\n\n",
    "\0",
    "\u2028\u2029\u0085",
    "</script>",
    "\ufeff",
    "data: x",
    " ",
    "",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_stay_within_their_message(text: str) -> None:
    parser = EventSource()
    parser.feed(WebMessage("e-1", "rows", to_json(text)).sse)
    parser.feed(WebMessage("e-2", "rows", to_json("next")).sse)
    assert [(event.type, json.loads(event.data), event.last_event_id) for event in parser.events] == [
        ("rows", text, "e-1"),
        ("rows", "next", "e-2"),
    ]


@given(st.lists(st.text(st.characters(codec="utf-8")), max_size=5), st.integers(1, 7))
def test_it_can_be_cut_anywhere(texts: list[str], step: int) -> None:
    stream = b":\n\n".join(WebMessage("", "said", to_json(text)).sse for text in texts)
    parser = EventSource()
    for start in range(0, len(stream), step):
        parser.feed(stream[start : start + step])
    assert [json.loads(event.data) for event in parser.events] == texts


def test_a_position_sets_the_id_and_is_no_event() -> None:
    parser = EventSource()
    parser.feed(WebMessage("e-7").sse)
    assert (parser.last_event_id, parser.events) == ("e-7", [])
    parser.feed(WebMessage("", "rows", b"1").sse)
    assert parser.events == [Event("rows", "1", "e-7")]


@pytest.mark.parametrize(
    "message, said",
    [
        (WebMessage("e-1", "rows", b"[1]"), {"id": "e-1", "event": "rows", "data": [1]}),
        (WebMessage("", "rows", b"[1]"), {"event": "rows", "data": [1]}),
        (WebMessage("e-1"), {"id": "e-1"}),
    ],
)
def test_over_a_websocket(message: WebMessage, said: object) -> None:
    assert json.loads(message.text) == said


def test_forms_are_made_once() -> None:
    message = WebMessage("e-1", "rows", b"1")
    assert message.sse is message.sse
    assert message.text is message.text
    assert repr(message) == "<WebMessage e-1 rows>"


class TestTheParser:
    """It follows the standard also where we do not go."""

    @pytest.mark.parametrize(
        "stream, events",
        [
            (b"data\n\n", []),  # an empty data line; the standard's example has it as a message, see below
            (b"data:\n\n", []),
            (b"data: a\ndata: b\n\n", [Event("message", "a\nb", "")]),
            (b"data: a\r\rdata: b\r\n\r\n", [Event("message", "a", ""), Event("message", "b", "")]),
            (b"\xef\xbb\xbfdata: a\n\n", [Event("message", "a", "")]),
            (b"id: 1\0\ndata: a\n\n", [Event("message", "a", "")]),
            (b"id: 1\ndata: a\n\nid\ndata: b\n\n", [Event("message", "a", "1"), Event("message", "b", "")]),
            (b": a comment\nother: x\nretry: 1\ndata:  a\n\n", [Event("message", " a", "")]),
            (b"event: x\n\ndata: a\n\n", [Event("message", "a", "")]),
            (b"data: unfinished\n", []),
        ],
    )
    def test_examples(self, stream: bytes, events: list[Event]) -> None:
        parser = EventSource()
        for byte in stream:
            parser.feed(bytes((byte,)))
        assert [event for event in parser.events if event.data] == events
