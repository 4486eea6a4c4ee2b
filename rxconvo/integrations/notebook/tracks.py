"""What streams did while they were watched: values, ends and when, as little of each as is drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from reactivex import Observable
from reactivex.abc import DisposableBase, SchedulerBase

from rxconvo.display import card_of
from rxconvo.display.html import TONES, cut, text_of
from rxconvo.streams.chains import Connectable, Piped

__all__ = ["Mark", "Track", "Witness", "name_of"]

_KEPT: Final = 500
"""Values of a stream that are kept; those after them are counted."""

_TOOLTIP: Final = 2000
"""Characters of a value that a tooltip shows."""

_LABEL: Final = 14
"""Characters of a value that a marble shows."""


class Mark(NamedTuple):
    """A value of a stream.

    Attributes:
        at: Seconds since the beginning.
        label: The value in a few characters.
        told: The value, in words.
        tone: Of what happened, what it did, as in `Card`.
    """

    at: float
    label: str
    told: str
    tone: str = ""


class Track(NamedTuple):
    """What one stream did.

    Attributes:
        label: What it is called.
        marks: Its values, in order: the first ones, if there were very many.
        hidden: How many there were that are not among them.
        ended: When it ended, in seconds since the beginning; None where it did not.
        error: Why, if that was an error.
    """

    label: str
    marks: tuple[Mark, ...] = ()
    hidden: int = 0
    ended: float | None = None
    error: str | None = None


def name_of(stream: Observable[Any], otherwise: str) -> str:
    """Return what a stream calls itself, without the sid of its conversation, or *otherwise* where it has no name.

    A chain has the name of the stream that it begins with, which it is not any more, and says so.
    """
    name = getattr(stream, "name", None)
    if not isinstance(name, str) or not name:
        return otherwise
    return name.partition(" of ")[0] + (", piped" if type(stream) in (Piped, Connectable) else "")


class Witness:
    """Watches a stream.

    Args:
        label: What it is called.
        scheduler: Whose clock counts.
        over: Called when it has ended.

    Attributes:
        ended: When it ended, or None.
    """

    def __init__(self, label: str, scheduler: SchedulerBase, over: Callable[[], None]) -> None:
        self.ended: float | None = None
        self._label = label
        self._scheduler = scheduler
        self._start = scheduler.now
        self._over = over
        self._marks: list[Mark] = []
        self._hidden = 0
        self._error: str | None = None

    def watch(self, source: Observable[Any]) -> DisposableBase:
        """Subscribe to the stream."""
        return source.subscribe(self._next, self._failed, self._completed, scheduler=self._scheduler)

    def track(self) -> Track:
        """Return what it did so far."""
        return Track(self._label, tuple(self._marks), self._hidden, self.ended, self._error)

    def _next(self, value: object) -> None:
        if len(self._marks) < _KEPT:
            self._marks.append(_mark(self._now(), value))
        else:
            self._hidden += 1

    def _failed(self, error: Exception) -> None:
        self.ended = self._now()
        self._error = cut(text_of(error), _TOOLTIP)[0]
        self._over()

    def _completed(self) -> None:
        self.ended = self._now()
        self._over()

    def _now(self) -> float:
        return (self._scheduler.now - self._start).total_seconds()


def _mark(at: float, value: object) -> Mark:
    """Return a value as it is drawn."""
    card = card_of(value)
    if card is None:
        text = text_of(value)
        return Mark(at, _short(text), cut(text, _TOOLTIP)[0])
    names = [change.name for change in card.changes]
    parts = [card.kind, card.title, card.text, ", ".join(names), *map(text_of, card.note)]
    told = " · ".join(part for part in parts if part and part != "None")
    label = card.text or card.title or (text_of(card.lines[-1].value) if card.lines else "") or card.kind
    return Mark(at, _short(label), cut(told, _TOOLTIP)[0], card.tone if card.tone in TONES else "")


def _short(text: str) -> str:
    line = " ".join(text[:200].split()) or "…"
    return line if len(line) <= _LABEL else f"{line[: _LABEL - 1].rstrip()}…"
