"""What is said of those who type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.subject import Subject

from rxconvo import Service
from rxconvo.errors import ArgumentError
from rxconvo.operators import typing_indicator, typing_text
from rxconvo.testing import advance
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

SETS = {"0": frozenset[str](), "x": frozenset({"ada"}), "y": frozenset({"ada", "bob"}), "z": frozenset({"bob"})}
TEXTS = {
    "a": "Ada is typing",
    "b": "Bob is typing",
    "c": "Ada and Bob are typing",
    "d": "Bob and Ada are typing",
    "e": "",
}


def said(sets: Iterable[Iterable[str]], **options: Any) -> list[str]:
    """Return what is said of one set after the other."""
    source: Subject[frozenset[str]] = Subject()
    texts: list[str] = []
    with source.pipe(typing_text(**options)).subscribe(texts.append):
        for who in sets:
            source.on_next(frozenset(who))
    assert source.observers == []
    return texts


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    play_cases(lambda: make_marbles({**SETS, **TEXTS}), typing_text(str.title), diagrams(typing_text))


@pytest.mark.parametrize(
    "language, texts",
    [
        ("de", ["a schreibt", "a und b schreiben", "a, b und noch jemand schreiben", "a, b und 2 andere schreiben"]),
        (
            "en",
            [
                "a is typing",
                "a and b are typing",
                "a, b and one other are typing",
                "a, b and 2 others are typing",
            ],
        ),
        (
            "es",
            [
                "a está escribiendo",
                "a y b están escribiendo",
                "a, b y otra persona están escribiendo",
                "a, b y 2 personas más están escribiendo",
            ],
        ),
        (
            "fr",
            [
                "a écrit",
                "a et b écrivent",
                "a, b et une autre personne écrivent",
                "a, b et 2 autres personnes écrivent",
            ],
        ),
        (("nobody", "{0}", "{0}+{others}"), ["a", "a+1", "a+2", "a+3"]),
        (("", "somebody types"), ["somebody types"]),
        (("", "{others} people"), ["1 people", "2 people", "3 people", "4 people"]),
    ],
)
def test_languages(language: str | Sequence[str], texts: list[str]) -> None:
    assert said(["a", "ab", "abc", "abcd"], language=language) == texts


def test_nobody_may_have_a_phrase() -> None:
    assert said([(), "a", ()], language=("nobody", "{0}")) == ["nobody", "a", "nobody"]


def test_only_those_who_are_named_are_asked_for() -> None:
    asked: list[str] = []

    def name(identity: str) -> str:
        asked.append(identity)
        return identity

    assert said([map(str, range(1000))], name=name) == ["0, 1 and 998 others are typing"]
    assert asked == ["0", "1"]


def test_names_are_no_phrases() -> None:
    assert said([["{others}"], ["{", "}"]]) == ["{others} is typing", "{ and } are typing"]


def test_a_name_that_cannot_be_had_is_an_error() -> None:
    source: Subject[frozenset[str]] = Subject()
    errors: list[Exception] = []
    source.pipe(typing_text({"ada": "Ada"}.__getitem__)).subscribe(on_error=errors.append)
    source.on_next(frozenset({"ada"}))
    source.on_next(frozenset({"bob"}))
    assert [type(error) for error in errors] == [KeyError]
    assert source.observers == []


@pytest.mark.parametrize(
    "language",
    [
        "tlh",
        (),
        ("",),
        ("{0}", "{0}"),
        ("", "{1}"),
        ("", "{0"),
        ("", "{}"),
        ("", "{names}"),
        ("", "{0.real}"),
        ("", "{0:d}"),
        ("", "{-1}"),
    ],
)
def test_bad_languages(language: str | Sequence[str]) -> None:
    with pytest.raises(ArgumentError, match="language"):
        typing_text(language=language)


def test_two_observers_have_their_own_order() -> None:
    source: Subject[frozenset[str]] = Subject()
    one: list[str] = []
    two: list[str] = []
    text = source.pipe(typing_text())
    with text.subscribe(one.append):
        source.on_next(frozenset("b"))
        with text.subscribe(two.append):
            source.on_next(frozenset("ab"))
    assert (one[-1], two) == ("b and a are typing", ["a and b are typing"])


def test_from_within() -> None:
    source: Subject[frozenset[str]] = Subject()
    texts: list[str] = []

    def answer(text: str) -> None:
        if text == "a is typing":
            source.on_next(frozenset("ab"))
        texts.append(text)
        if len(texts) == 2:
            subscription.dispose()

    subscription = source.pipe(typing_text()).subscribe(answer)
    source.on_next(frozenset("a"))
    source.on_next(frozenset())
    assert texts == ["a is typing", "a and b are typing"]
    assert source.observers == []


@given(st.lists(st.frozensets(st.sampled_from("abcde"))))
def test_it_names_who_has_been_typing_longest(sets: list[frozenset[str]]) -> None:
    since: dict[str, int] = {}
    expected: list[str] = []
    for at, who in enumerate(sets):
        since = {identity: since.get(identity, at) for identity in who}
        expected.append(">".join(identity for _, identity in sorted((at, identity) for identity, at in since.items())))
    phrases = [">".join(f"{{{place}}}" for place in range(number)) for number in range(6)]
    distinct = [text for place, text in enumerate(expected) if [text] != expected[:place][-1:]]
    assert said(sets, language=phrases) == distinct


def test_who_sorts_says_the_same_of_both_orders(make_marbles: type[Marbles]) -> None:
    def sorts(who: frozenset[str]) -> str:
        return f"{' and '.join(identity.title() for identity in sorted(who))} are typing"

    def last(operator: Callable[[Observable[frozenset[str]]], Observable[str]]) -> object:
        return make_marbles(SETS).play(operator, "-z-y")[-1][2]

    assert last(ops.map(sorts)) == TEXTS["c"]
    assert last(typing_text(str.title)) == TEXTS["d"]


async def test_with_clients() -> None:
    async with Service() as service, service.client("ada") as ada, service.client("bob") as bob:
        lunch = await ada.create_conversation()
        await lunch.join()
        await lunch.add("bob")
        texts: list[str] = []
        lunch.typing.pipe(typing_indicator(), typing_text(str.title)).subscribe(texts.append)
        await (await bob.get_conversation_by_sid(lunch.sid)).send_typing()
        await advance(10.0)
    assert texts == ["Bob is typing", ""]
