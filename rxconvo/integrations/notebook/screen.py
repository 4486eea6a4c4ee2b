"""What a live display shows: the newest values, a list, or a state, and how the stream is."""

from __future__ import annotations

from collections import deque
from typing import Any, Final, TypeGuard

from rxconvo.display import Line, card_of
from rxconvo.display.html import TONES, escape, line_html, panel, text_of, value_html
from rxconvo.integrations.web.encoding import is_happening
from rxconvo.model import DiffBatch
from rxconvo.model.diffs import apply

__all__ = ["Screen", "is_batch"]

_USUAL: Final = 10
"""Values that are shown, if nothing else is said."""


def is_batch(value: object) -> TypeGuard[DiffBatch[Any]]:
    """Tell whether a value is a batch of diffs."""
    return isinstance(value, DiffBatch)


class Screen:
    """What is shown of a stream. Its first value says what it is of: of lists, of events and texts, or of states.

    Args:
        name: What the stream is called.
        n: How many values are shown; None for what is usual: one of a state.

    Attributes:
        values: What is shown, the newest last.
        total: How many values came; of a list, how many it has.
        status: `live`, `complete`, `failed` or `stopped`.
    """

    __slots__ = ("_list", "_n", "_name", "error", "status", "total", "values")

    def __init__(self, name: str, n: int | None) -> None:
        self.values: deque[object] = deque(maxlen=n)
        self.total = 0
        self.status = "live"
        self.error: Exception | None = None
        self._name = name
        self._n = n
        self._list: tuple[Any, ...] | None = None

    def take(self, value: object) -> object:
        """Take a value in, and return what has to be drawn: a batch of diffs, or anything else."""
        if is_batch(value):
            return value
        if self.values.maxlen is None:
            each_counts = isinstance(value, str) or is_happening(value)
            self.values = deque(maxlen=_USUAL if each_counts else 1)
        self.values.append(value)
        self.total += 1
        return self

    def draw(self, drawn: object) -> None:
        """Take in what `take` has returned; of batches of diffs, all that have come since, as one."""
        if is_batch(drawn):
            self._list = apply(self._list or (), drawn)
            self.values = deque(self._list[-(self._n or _USUAL) :])
            self.total = len(self._list)

    def html(self) -> str:
        """Return it as HTML."""
        tone = {"live": "new", "failed": "alarm"}.get(self.status, "plain")
        heading = (
            '<div style="display:flex;gap:.6em;align-items:baseline;font-size:.85em;margin-bottom:.2em">'
            f'<span style="width:.6em;height:.6em;border-radius:50%;background:{TONES[tone]}"></span>'
            f"<b><bdi>{escape(self._name[:80])}</bdi></b> "
            f'<span style="flex:1;opacity:.68">{escape(self._told())}</span></div>'
        )
        if not self.values:
            nothing = "nothing yet" if self.status == "live" else "nothing"
            return panel(heading, f'<div style="opacity:.68">{nothing}</div>')
        if self._of_state:
            return panel(heading, f'<div style="font-size:1.25em">{value_html(self.values[-1])}</div>')
        return panel(heading, *(line_html(Line(value)) for value in self.values))

    def text(self) -> str:
        """Return it as text."""
        return "\n".join([f"{self._name}: {self._told()}", *(f"  {_line(value)}" for value in self.values)])

    @property
    def _of_state(self) -> bool:
        return self._list is None and self.values.maxlen == 1

    def _told(self) -> str:
        status = self.status if self.error is None else f"{self.status}: {text_of(self.error)[:200]}"
        if self._of_state:
            return status
        noun = "value" if self._list is None else "item"
        return f"{status} · {self.total:,} {noun}{'' if self.total == 1 else 's'}"


def _line(value: object) -> str:
    card = card_of(value)
    if card is None:
        return text_of(value)[:200]
    parts = [card.kind if card.tone else "", card.title, card.text or "", *map(text_of, card.note)]
    return " · ".join(part for part in parts if part and part != "None")[:200]
