"""Values in a page: readable, bounded, and inert whatever they say."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import Enum
from html.parser import HTMLParser
from types import MappingProxyType
from typing import Any

import pytest

import rxconvo.model.events
import rxconvo.streams
from rxconvo import (
    Append,
    Client,
    Conversation,
    DiffBatch,
    Insert,
    Message,
    Paginator,
    Remove,
    Reset,
    Service,
    Set,
    Truncate,
)
from rxconvo.display import Card, Displayed, Fact, Line, card_of, listed
from rxconvo.display.html import TONES, cut, escape, panel, text_of, to_html
from tests.browser.test_hostile import BODIES

ALLOWED = {"b", "bdi", "code", "del", "div", "ins", "span"}
HOSTILE = [*BODIES, "\" onmouseover=alert(1) '", "</bdi></div><script>x</script>", "\ud800 half", "&#60;b&#62;"]


class Reader(HTMLParser):
    """Reads HTML strictly: what stands in it, and whether each element is closed."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.update(name for name, _ in attrs)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(value: object) -> Reader:
    """Read what a value shows; it holds nothing but what we put there."""
    reader = Reader(to_html(value))
    assert set(reader.tags) <= ALLOWED
    assert reader.attributes <= {"style", "class"}
    return reader


def message(body: str | None = "pizza?", author: str = "ada", **fields: Any) -> Message[Any]:
    return Message("IM1", 3, author, body, date_created_iso="2026-01-31T12:00:00.000Z", **fields)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_stay_texts(text: str) -> None:
    shown = text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    for value in (message(text), message("x", text), DiffBatch((Reset((message(text), text)),)), text):
        reader = read(value)
        assert cut(shown, 60)[0][:60] in reader.text
    read(message(subject=text, attributes_json=text, last_updated_by=text, date_updated_iso=text))
    read(Card(text, text, text, (text,), (Fact(text, text),), lines=(Line(text, text), Line({text: [text]}))))


def test_escaping_holds_within_quotes_of_either_kind() -> None:
    assert escape("<&>\"'\0") == "&lt;&amp;&gt;&quot;&#x27;\ufffd"


@pytest.mark.parametrize("size", [10**3, 10**6])
def test_size_is_bounded(size: int) -> None:
    text = "<&>'\"" * size
    many = tuple(message(text, text) for _ in range(200))
    values: list[object] = [
        message(text, text, attributes_json=text, subject=text),
        Paginator(many),
        DiffBatch(tuple(Append(many) for _ in range(100))),
        list(range(size)),
        {text: list(range(size))},
        frozenset(map(str, range(2000))),
        [[[[[text] * 100] * 100]]],
    ]
    for value in values:
        assert len(to_html(value)) < 1_500_000
        read(value)
    assert len(to_html(values[0])) < 20_000
    assert f"{5 * size - 1200:,} more characters" in read(values[0]).text


def test_a_message() -> None:
    reader = read(message(attributes_json='{"a":1}', last_updated_by="bob", date_updated_iso="2026-02-01T12:00:00Z"))
    assert reader.text.startswith("Messageada #3 · 2026-01-31 12:00:00 UTC · editedpizza?")
    for fact in ("sid IM1", 'attributes {"a":1}', "last updated by bob", "date updated 2026-02-01 12:00:00 UTC"):
        assert fact in reader.text


def test_what_happened_says_whom_it_is_about_and_what_is_different() -> None:
    before, after = message("pizza?"), message("sushi?")
    updated = rxconvo.MessageUpdated(before, after, ("body",))
    card = card_of(updated)
    assert card is not None
    assert (card.kind, card.title, card.text, card.tone) == ("Message updated", "ada", "sushi?", "changed")
    assert card.changes == (("body", "pizza?", "sushi?"),)
    assert "body pizza? → sushi?" in read(updated).text
    assert card_of(rxconvo.MessageUpdated(None, after, ())) == card._replace(changes=(), facts=(Fact("sid", "IM1"),))


def test_what_was_nothing_before_is_told_as_it_is_now() -> None:
    before, after = message("pizza?"), message("sushi?", last_updated_by="bob")
    text = read(rxconvo.MessageUpdated(before, after, ("body", "lastUpdatedBy"))).text
    assert "last updated by bob" in text
    assert "None" not in text
    assert "sushi? → None" in read(rxconvo.MessageUpdated(after, message(None), ("body",))).text


def test_each_event_has_a_tone() -> None:
    events = [getattr(rxconvo.model.events, name) for name in rxconvo.model.events.__all__]
    kinds = {kind for kind in events if isinstance(kind, type) and issubclass(kind, Displayed)}
    assert len(kinds) == 17
    for kind in kinds:
        home = rxconvo.model.Home[Any]("CH1")
        values = {
            "message": message(),
            "participant": rxconvo.Participant("MB1", "ada"),
            "user": rxconvo.User("ada"),
            "state": rxconvo.ConversationState("CH1"),
            "home": home,
            "index": 3,
            "topic": rxconvo.model.Topic.MESSAGES,
            "conversation_sid": "CH1",
            "reason": "left",
            "reasons": (),
            "before": rxconvo.User("ada"),
            "after": rxconvo.User("ada"),
        }
        fields = kind.__struct_fields__  # type: ignore[attr-defined]
        value = kind(**{name: values[name] for name in fields})
        card = card_of(value)
        assert card is not None
        assert card.tone in TONES
        assert card.tone
        read(value)


def test_everything_public_that_is_a_value_shows_itself() -> None:
    public = [getattr(rxconvo.model, name) for name in rxconvo.model.__all__]
    kinds = {kind for kind in public if isinstance(kind, type) and hasattr(kind, "__struct_fields__")}
    silent = {kind.__name__ for kind in kinds if not issubclass(kind, Displayed)}
    assert silent == set()
    assert all(issubclass(kind, Displayed) for kind in (Client, Conversation, Paginator, rxconvo.StreamReport))


def test_a_batch_of_diffs() -> None:
    batch = DiffBatch((Reset(("a",)), Append(("b", "c")), Insert(0, "d"), Set(1, "e"), Remove(2), Truncate(1)))
    assert read(batch).text == (
        "Diff batchdiffs: 6\N{IDENTICAL TO} the list is now, of 1:a+ b+ c+ 0 d= 1 e\N{MINUS SIGN} 2 removed"
        "\N{MINUS SIGN} 1 all from here on are removed: 1 are left"
    )
    assert "30 more" in read(DiffBatch(tuple(Remove(0) for _ in range(50)))).text


def test_long_lists_show_both_ends() -> None:
    lines = listed(range(1000))
    assert [line.value for line in lines] == [*range(10), None, *range(990, 1000)]
    assert lines[10].more == 980
    assert "… 980 more …" in read(list(range(1000))).text
    assert len(listed(range(21))) == 21


@pytest.mark.parametrize(
    "value, text",
    [
        (True, "yes"),
        (3, "3"),
        (None, "None"),
        (frozenset({"cleo", "bob"}), "bob, cleo"),
        (frozenset(), "\N{EMPTY SET}"),
        ((), "()"),
        (frozenset({1}), "frozenset({1})"),
        (("b", "a"), "b, a"),
        (frozenset("abcdefghijklmnop"), "a, b, c, d, e, f, g, h, i, j, k, l … 4 more"),
        (MappingProxyType({"a": 1}), "{'a': 1}"),
        (datetime(2026, 1, 31, 12, tzinfo=UTC), "2026-01-31 12:00:00 UTC"),
        (ValueError("no"), "ValueError: no"),
        (Enum("Colour", {"RED": "red"}).RED, "red"),  # type: ignore[attr-defined]
        (tuple("abcdefghijklmnop"), "a, b, c, d, e, f, g, h, i, j, k, l … 4 more"),
    ],
)
def test_values_as_text(value: object, text: str) -> None:
    assert text_of(value) == text
    read(value)


def test_what_cannot_be_written_is_shown_all_the_same() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError

    class BrokenError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    for value in (Broken(), BrokenError()):
        assert "Broken" in read([value]).text


class Odd:
    """Has whatever one asks for, and does not say whether it equals something, as arrays do not."""

    def __getattr__(self, name: str) -> object:
        return lambda: self

    def __eq__(self, other: object) -> bool:
        raise ValueError(other)

    __hash__ = None  # type: ignore[assignment]


def test_odd_values_are_shown_all_the_same() -> None:
    for value in (Odd(), rxconvo.Enriched(Odd(), Odd()), DiffBatch((Append((Odd(),)),)), [Odd()], Odd):
        assert "Odd" in read(value).text


async def test_handles() -> None:
    async with Service() as service, service.client("ada") as ada:
        lunch = await ada.create_conversation(friendly_name="<b>lunch")
        await lunch.join()
        assert "<b>lunch joined" in read(lunch).text
        assert read(ada).text.startswith("Clientada connected")
        assert "<b>lunch" in read(ada).text
    read(ada)
    read(lunch)


def test_colours_are_the_pages_own_or_of_a_middle_brightness() -> None:
    html = to_html(DiffBatch((Reset((message(), "x")),))) + panel("", tone="alarm")
    for colour in set(re.findall(r"#[0-9a-f]{3,8}", html)):
        red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
        assert 0.2 < 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.6, colour
    assert "black" not in html
    assert "white;" not in html
