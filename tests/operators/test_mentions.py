"""Which messages mention somebody, and where."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex.subject import Subject

from rxconvo.errors import ArgumentError
from rxconvo.model import Home, Mention, Message
from rxconvo.operators import mentions
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

BOB = "bob"


def said(body: str | None, attributes: Any = None, author: str = BOB) -> Message:
    text = attributes if isinstance(attributes, str) else json.dumps(attributes or {})
    return Message(sid="IM1", index=1, author=author, body=body, attributes_json=text, home=Home("CH1"))


def found(*messages: Message, me: str = "ada", matcher: Any = None, **options: Any) -> list[Mention]:
    source: Subject[Message] = Subject()
    seen: list[Mention] = []
    with source.pipe(mentions(me, matcher, **options)).subscribe(seen.append):
        for message in messages:
            source.on_next(message)
    assert source.observers == []
    return seen


def spans(body: str, **options: Any) -> list[str]:
    """Return what is found in a body."""
    return [body[slice(*span)] for mention in found(said(body), **options) for span in mention.spans]


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    a, c = said("pizza, @ada?"), said("you", {"mentions": ["ada"]})
    values = {
        "a": a,
        "b": said("sushi"),
        "o": said("pizza, @ada?", author="ada"),
        "c": c,
        "x": Mention(a, ((7, 11),)),
        "y": Mention(c, (), listed=True),
    }
    play_cases(lambda: make_marbles(values), mentions("ada"), diagrams(mentions))


@pytest.mark.parametrize(
    "body, places",
    [
        ("@ada", ["@ada"]),
        ("@ADA, @Ada; (@ada) @ada's @ada. @ada... @ada-", ["@ADA", "@Ada", "@ada", "@ada", "@ada", "@ada", "@ada"]),
        ("ada @ ada @", []),
        ("@adam @ada_ @ada1 @adä", []),
        ("@ada.lovelace @ada-marie @ada@example.com", []),
        ("bob@ada.example bob@ada", []),
        ("@@ada", []),
        ("@ada\u0301 @ada\u200dx", []),
        ("grüße 👋 @ada 👋", ["@ada"]),
        ("\n@ada\n", ["@ada"]),
        ("", []),
    ],
)
def test_names_stand_by_themselves(body: str, places: list[str]) -> None:
    assert spans(body) == places


def test_naively_others_are_taken_for_oneself() -> None:
    bodies = ["bob@ada.example", "@adam", "@ada.lovelace"]
    assert ["@ada" in body for body in bodies] == [True, True, True]
    assert [spans(body) for body in bodies] == [[], [], []]


def test_of_several_names_the_longest_counts() -> None:
    names = ["Ada Lovelace", "a.l.", "ada l"]
    assert spans("@Ada Lovelace @ada lo @a.l. @a.l.x @axl.", names=names) == ["@Ada Lovelace", "@ada", "@a.l."]


@pytest.mark.parametrize("me", ["a.*", "(", "a+b@example.com", "Ω", "ß", "İ"])
def test_names_are_no_patterns(me: str) -> None:
    assert spans(f"@{me} @xyz", me=me) == [f"@{me}"]


def first_word(body: str) -> list[tuple[int, int]]:
    return [(0, body.index(" "))]


@pytest.mark.parametrize(
    "matcher, places", [(re.compile("piz+a"), ["pizza"]), (re.compile("@nobody"), []), (first_word, ["@ada,"])]
)
def test_a_matcher_of_one_s_own(matcher: Any, places: list[str]) -> None:
    assert spans("@ada, pizza", matcher=matcher) == places


def test_what_a_matcher_raises_is_an_error() -> None:
    source: Subject[Message] = Subject()
    errors: list[Exception] = []
    source.pipe(mentions("ada", first_word)).subscribe(on_error=errors.append)
    source.on_next(said(None))
    source.on_next(said("@ada"))
    assert [type(error) for error in errors] == [ValueError]
    assert source.observers == []


@pytest.mark.parametrize(
    "attributes, listed",
    [
        ({"mentions": ["bob", "ada"]}, True),
        ({"mentions": [{"identity": "ada", "at": 3}]}, True),
        ({"mentions": ["Ada", "ada lovelace", {"identity": "bob"}, {"name": "ada"}, ["ada"], None, 1]}, False),
        ({"mentions": "ada"}, False),
        ({"mentions": {"ada": 1}}, False),
        ({"mentions": None}, False),
        ({"who": ["ada"]}, False),
        (["ada"], False),
        ("ada", False),
        ('{"mentions": ["ada"', False),
        ('{"mentions":' + "[" * 100_000, False),
    ],
)
def test_attributes(attributes: Any, listed: bool) -> None:
    assert [mention.listed for mention in found(said("you", attributes))] == [True] * listed
    assert found(said("you", attributes), attribute=None) == []


def test_another_attribute() -> None:
    (mention,) = found(said("@ada", {"who": ["ada"]}), attribute="who")
    assert (mention.spans, mention.listed) == (((0, 4),), True)


def test_own_messages_and_those_without_text_are_none() -> None:
    assert found(said("@ada", {"mentions": ["ada"]}, author="ada"), said(None), said("")) == []


def test_no_more_places_than_a_hundred() -> None:
    (mention,) = found(said("@ada " * 5000))
    assert len(mention.spans) == 100


@pytest.mark.parametrize("me, names, field", [("", (), "me"), ("ada", ["", "x"], "names")])
def test_bad_arguments(me: str, names: list[str], field: str) -> None:
    with pytest.raises(ArgumentError, match=field):
        mentions(me, names=names)


@pytest.mark.parametrize("unit", ["@", "@a", "@ad", "@ada.", "@adada", "a@", " @", "@ada@", "\u0301@", "@aaaaaaaa"])
def test_hostile_bodies_take_no_longer_than_others(unit: str) -> None:
    names = ["aaaaaaaaab", "ada.ada.ada", "aaaaaaaaaaaa", "ad ad ad"]

    def seconds(length: int) -> float:
        body = said((unit * length)[:length])
        times: list[float] = []
        for _ in range(3):
            begun = time.thread_time()  # the CPU that it took, whatever else the machine does
            found(body, names=names)
            times.append(time.thread_time() - begun)
        return min(times)

    assert seconds(320_000) < 40 * seconds(20_000) + 0.01  # 16 times as long; a square would be 256 times


@given(st.lists(st.tuples(st.text("xyé,. \n(👋", max_size=5), st.sampled_from(["ada", "ADA", "Ada Lovelace"]))))
def test_places_are_exact(parts: list[tuple[str, str]]) -> None:
    body, expected = "", []
    for filler, name in parts:
        body += f"{filler} "
        expected.append((len(body), len(body) + 1 + len(name)))
        body += f"@{name} "
    got = [mention.spans for mention in found(said(body), names=["Ada Lovelace"])]
    assert got == ([tuple(expected)] if expected else [])


@given(st.text("@ada. -\u0301x\n"))
def test_what_is_found_is_the_name(body: str) -> None:
    assert {place.lower() for place in spans(body)} <= {"@ada"}


def test_from_within_and_for_two() -> None:
    source: Subject[Message] = Subject()
    seen: list[int] = []
    both: list[Mention] = []

    def answer(mention: Mention) -> None:
        if not seen:
            source.on_next(said("@ada @ada"))
        else:
            source.on_next(said("@ada"))
            subscription.dispose()
        seen.append(len(mention.spans))

    operator = source.pipe(mentions("ada"))
    subscription = operator.subscribe(answer)
    with operator.subscribe(both.append):
        source.on_next(said("@ada"))
    assert (seen, len(both), source.observers) == ([1, 2], 3, [])
