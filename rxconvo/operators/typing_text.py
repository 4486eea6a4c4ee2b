"""Who is typing, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from string import Formatter
from typing import Final

from reactivex import Observable

from rxconvo.errors import ArgumentError
from rxconvo.operators._arguments import check_callable, check_kind
from rxconvo.operators._stage import folding
from rxconvo.types import Identity

__all__ = ["typing_text"]

_LANGUAGES: Final[Mapping[str, Sequence[str]]] = {
    "de": (
        "",
        "{0} schreibt",
        "{0} und {1} schreiben",
        "{0}, {1} und noch jemand schreiben",
        "{0}, {1} und {others} andere schreiben",
    ),
    "en": (
        "",
        "{0} is typing",
        "{0} and {1} are typing",
        "{0}, {1} and one other are typing",
        "{0}, {1} and {others} others are typing",
    ),
    "es": (
        "",
        "{0} está escribiendo",
        "{0} y {1} están escribiendo",
        "{0}, {1} y otra persona están escribiendo",
        "{0}, {1} y {others} personas más están escribiendo",
    ),
    "fr": (
        "",
        "{0} écrit",
        "{0} et {1} écrivent",
        "{0}, {1} et une autre personne écrivent",
        "{0}, {1} et {others} autres personnes écrivent",
    ),
}


def typing_text(
    name: Callable[[Identity], str] = str, *, language: str | Sequence[str] = "en"
) -> Callable[[Observable[frozenset[Identity]]], Observable[str]]:
    """Say who is typing: "Ada and Bob are typing", in the order in which they began.

    With `x`: Ada types, `y`: Bob, too, `z`: Bob alone, `0`: nobody:

        typing:  -x-y-z-y-0-|
        text:    -a-c-b-d-e-|      a Ada is typing, c Ada and Bob are typing, d Bob and Ada are typing, e nothing
        typing:  -x-x-#
        text:    -a---#            what is said already is not said again
        typing:  -x-y-0-
        text:    -a!               disposed

    Example:
        import reactivex
        from rxconvo.operators import typing_text

        typing = reactivex.Subject()
        typing.pipe(typing_text(str.title)).subscribe(print)
        typing.on_next(frozenset({"bob"}))  # -> Bob is typing
        typing.on_next(frozenset({"bob", "ada"}))  # -> Bob and Ada are typing
        typing.on_next(frozenset("abcde"))  # -> A, B and 3 others are typing

    Args:
        name: Returns the name to show of an identity, for example a friendly name that is kept somewhere. It is asked
            anew for each set, and only for those who are named.
        language: `"de"`, `"en"`, `"es"`, `"fr"`, or phrases of your own: what is said of nobody, one person, two, and
            so on; the last phrase is for all larger numbers. `{0}` is the name of who began first, `{1}` of the next;
            `{others}` is how many of them the phrase does not name.

    Returns:
        An operator for what `typing_indicator` emits, or other sets of identities.

    Emits:
        Texts, each other than the one before; for the empty set an empty one, or the phrase for nobody. Those whom the
        same set brings are taken in the order of their identities; who stops and types again comes last. It completes
        with the source, and keeps no more than the last set.

    Errors:
        Those of the source, and what *name* raises.

    Time:
        None; what comes from within *name* or the observer comes after.

    Raises:
        ArgumentError: There is no such language, or a phrase names what it cannot: it is malformed, or has a number
            that is not below its own, or an argument is not of its type.
    """
    check_callable("name", name)
    phrases = [_Phrase(text, number) for number, text in enumerate(_phrases(language))]

    def make() -> Callable[[frozenset[Identity]], Iterable[str]]:
        typing: list[Identity] = []
        said: str | None = None

        def take(who: frozenset[Identity]) -> Iterable[str]:
            nonlocal said
            known = [identity for identity in typing if identity in who]
            typing[:] = [*known, *sorted(who.difference(known))]
            text = phrases[min(len(typing), len(phrases) - 1)].say(typing, name)
            if text == said:
                return ()
            said = text
            return (text,)

        return take

    return folding(make)


def _phrases(language: str | Sequence[str]) -> Sequence[str]:
    if not isinstance(language, str):
        check_kind("language", language, Sequence, f"one of {', '.join(_LANGUAGES)}, or phrases of your own")
        if len(language) < 2:
            raise ArgumentError("language", "phrases for nobody, for one person, and perhaps for more", language)
        return language
    if language not in _LANGUAGES:
        raise ArgumentError("language", f"one of {', '.join(_LANGUAGES)}, or phrases of your own", language)
    return _LANGUAGES[language]


class _Phrase:
    """What is said of a number of people.

    Args:
        text: With places for names.
        number: How many there are, at least.

    Raises:
        ArgumentError: The text has places for what is not there.
    """

    def __init__(self, text: str, number: int) -> None:
        self._text = text
        try:
            places = {field for _, field, _, _ in Formatter().parse(text) if field is not None} - {"others"}
            self._named = 1 + max((int(place) for place in places), default=-1)
            text.format(*("" for _ in range(min(self._named, number))), others=0)
        except (ValueError, LookupError, AttributeError, TypeError):
            expected = f"a phrase whose places are {{others}} and numbers below {number}"
            raise ArgumentError(f"language[{number}]", expected, text) from None

    def say(self, typing: Sequence[Identity], name: Callable[[Identity], str]) -> str:
        """Return the phrase, filled in.

        Args:
            typing: Who is typing, in order.
            name: Returns the name of an identity.
        """
        named = typing[: self._named]
        return self._text.format(*map(name, named), others=len(typing) - len(named))
