"""HTML of what is worth showing: for any page, light or dark, and inert whatever the texts say.

Everything that comes from outside is escaped, and stands in an element that keeps its direction of writing to itself.
There are no style sheets and no scripts; where a page takes the styles away, what is left can still be read. Colours
are the page's own, or of a middle brightness that shows on any.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from datetime import datetime
from enum import Enum
from heapq import nsmallest
from html import escape as _escape
from itertools import islice
from typing import Any, Final, cast

from rxconvo.display.cards import Card, Line, card_of, listed

__all__ = ["TONES", "cut", "escape", "line_html", "lines_html", "panel", "text_of", "to_html", "value_html"]

TONES: Final = {
    "": "#6b7a8c",
    "plain": "#6b7a8c",
    "new": "#2f8a5b",
    "changed": "#3b78bd",
    "gone": "#9a6a4f",
    "alarm": "#c0504a",
}
"""Colours of what happened: of a brightness that shows on light and dark, and under white letters."""

_LONGEST: Final = 1200
"""Characters of a text that are shown."""

_LONGEST_IN_LINE: Final = 160
"""Likewise of one that stands in a line."""

_MOST_FACTS: Final = 16

_FAINT: Final = "border-color:rgba(128,128,128,.32);border-color:color-mix(in srgb,currentColor 18%,transparent)"
_FAINTER: Final = "border-color:rgba(128,128,128,.18);border-color:color-mix(in srgb,currentColor 10%,transparent)"
_QUIET: Final = "opacity:.68"
_SMALL: Final = "font-size:.85em;opacity:.68"
_FLOWS: Final = "white-space:pre-wrap;overflow-wrap:anywhere"
_CODE: Final = (
    "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.9em;background:none;color:inherit;"
    f"padding:0;{_FLOWS}"
)

_SHORT: Final = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _LONGEST_IN_LINE
_SHORT.maxlevel = 4
_SHORT.maxtuple = _SHORT.maxlist = _SHORT.maxset = _SHORT.maxfrozenset = _SHORT.maxdict = 12


def escape(text: str) -> str:
    """Return a text as HTML that shows it, also within quotes of either kind.

    Half of a surrogate pair, which could not be written, and a null, which HTML has not, are replaced.
    """
    return _escape(text.encode("utf-8", "replace").decode().replace("\0", "\ufffd"), quote=True)


def cut(text: str, longest: int) -> tuple[str, int]:
    """Return the beginning of a text, and how many characters are left out."""
    hidden = len(text) - longest
    return (text, 0) if hidden <= 20 else (text[:longest], hidden)


def text_of(value: object) -> str:
    """Return a value that has nothing to show by itself as a text of bounded length."""
    for kind, write in _WRITERS:
        if isinstance(value, kind):
            with suppress(Exception):  # those of somebody else may raise whatever they like
                return write(value)
    return _SHORT.repr(value)


def to_html(value: object) -> str:
    """Return what is worth showing of a value as HTML of bounded size.

    Args:
        value: Anything; a list or tuple is shown line by line.
    """
    card = card_of(value)
    if card is not None:
        return panel(_heading(card), _body(card), tone=card.tone)
    if isinstance(value, list | tuple):
        values = cast("Sequence[object]", value)
        return panel(_kind(_counted(len(values), "value")), lines_html(listed(values)))
    return panel(f"<div>{value_html(value, _LONGEST)}</div>")


def panel(*parts: str, tone: str = "") -> str:
    """Return HTML with a border around it.

    Args:
        parts: HTML, one below the other.
        tone: The colour of its edge.
    """
    edge = TONES[tone] if tone else ""
    return (
        '<div class="rxconvo" style="box-sizing:border-box;max-width:46em;margin:.2em 0;padding:.6em .9em;'
        "border:1px solid;border-radius:8px;background:transparent;color:inherit;line-height:1.5;text-align:start;"
        f'{_FAINT}{f";border-inline-start:3px solid {edge}" if edge else ""}">{"".join(parts)}</div>'
    )


def lines_html(lines: Iterable[Line]) -> str:
    """Return lines as HTML, one below the other."""
    return "".join(map(line_html, lines))


def line_html(line: Line) -> str:
    """Return one line as HTML."""
    mark = f'<span style="flex:none;min-width:1.6em;{_CODE};{_QUIET}">{escape(line.mark)}</span> ' if line.mark else ""
    if line.more:
        told = f'<span style="{_SMALL}">… {line.more:,} more …</span>'
    elif (card := card_of(line.value)) is not None:
        told = _in_line(card)
    else:
        told = f'<span style="min-width:0">{value_html(line.value, _LONGEST_IN_LINE)}</span>'
    return (
        f'<div style="display:flex;gap:.6em;align-items:baseline;padding:.14em 0;border-top:1px solid;{_FAINTER}">'
        f"{mark}{told}</div>"
    )


def _heading(card: Card) -> str:
    title = f"<b>{_own(card.title, 120)}</b> " if card.title else ""
    notes = _notes(card.note)
    heading = f'<div style="overflow-wrap:anywhere">{title}{notes}</div>' if title or notes else ""
    return _kind(card.kind, card.tone) + heading


def _kind(kind: str, tone: str = "") -> str:
    dot = (
        f'<span style="display:inline-block;width:.55em;height:.55em;margin-inline-end:.5em;border-radius:50%;'
        f'background:{TONES[tone]}"></span>'
        if tone
        else ""
    )
    return f'<div style="font-size:.8em;letter-spacing:.03em">{dot}<span style="{_QUIET}">{escape(kind)}</span></div>'


def _body(card: Card) -> str:
    text = "" if card.text is None else f'<div style="margin:.15em 0">{value_html(card.text, _LONGEST)}</div>'
    lines = f'<div style="margin-top:.3em">{lines_html(card.lines)}</div>' if card.lines else ""
    return text + "".join(_changes(card)) + _facts(card) + lines


def _in_line(card: Card) -> str:
    """Return a card as part of a line."""
    kind = f'<span style="flex:none;font-size:.85em;color:{TONES[card.tone]}">{escape(card.kind)}</span> '
    title = f'<b style="flex:none;max-width:40%;overflow-wrap:anywhere">{_own(card.title, 60)}</b> '
    text = "" if card.text is None else value_html(card.text, _LONGEST_IN_LINE)
    changes = ", ".join(escape(change.name) for change in card.changes)
    told = text + (f' <span style="{_SMALL}">{changes}</span>' if changes else "")
    parts = (
        kind if card.tone or not (card.title or card.text) else "",
        title if card.title else "",
        f'<span style="flex:1;min-width:0">{told}</span> ' if told else '<span style="flex:1"></span> ',
        _notes(card.note, style="flex:none;"),
    )
    return "".join(parts)


def _notes(notes: tuple[object, ...], *, style: str = "") -> str:
    told = " · ".join(_own(text_of(note), 80) for note in notes if note is not None)
    return f'<span style="{style}{_SMALL};font-variant-numeric:tabular-nums">{told}</span>' if told else ""


def _changes(card: Card) -> Iterator[str]:
    for change in card.changes:
        before = f'<del style="opacity:.6">{value_html(change.before, _LONGEST_IN_LINE)}</del> → '
        yield (
            f'<div style="margin:.15em 0;{_FLOWS}"><span style="{_SMALL}">{escape(change.name)}</span> '
            f"{'' if change.before is None else before}"
            f'<ins style="text-decoration:none">{value_html(change.after, _LONGEST_IN_LINE)}</ins></div>'
        )


def _facts(card: Card) -> str:
    if not card.facts:
        return ""
    told = "".join(
        f'<div style="min-width:0"><span style="opacity:.68">{escape(name)}</span> {value_html(value, 300)}</div>'
        for name, value in card.facts[:_MOST_FACTS]
    )
    hidden = len(card.facts) - _MOST_FACTS
    more = f'<div style="opacity:.68">… {hidden:,} more</div>' if hidden > 0 else ""
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:.1em 1.2em;margin-top:.35em;font-size:.85em;opacity:.9">'
        f"{told}{more}</div>"
    )


def value_html(value: object, longest: int = _LONGEST) -> str:
    """Return a value as HTML, whatever it is."""
    card = card_of(value)
    if card is not None:
        return f"<b>{_own(card.title or card.kind, 60)}</b> {'' if card.text is None else _own(card.text, longest)}"
    own = _own(text_of(value), longest)
    if value is None or isinstance(value, str | datetime | bool | Enum | int | float | AbstractSet | Exception):
        return f'<span style="{_FLOWS}">{own}</span>'
    return f'<code style="{_CODE}">{own}</code>'


def _own(text: str, longest: int) -> str:
    """Return a text from outside as HTML that shows at most its beginning, and how much is missing."""
    shown, hidden = cut(text, longest)
    more = f' <span style="{_SMALL}">… {hidden:,} more characters</span>' if hidden else ""
    return f"<bdi>{escape(shown)}</bdi>{more}"


def _several(values: Collection[object]) -> str:
    """Return texts one after the other; what is none of them as Python writes it."""
    if isinstance(values, AbstractSet) and not values:
        return "\N{EMPTY SET}"
    if not values or not all(isinstance(value, str) for value in values):
        return _SHORT.repr(values)
    texts, most = cast("Collection[str]", values), _SHORT.maxset
    first = nsmallest(most, texts) if isinstance(values, AbstractSet) else islice(texts, most)
    shown = ", ".join(text[:_LONGEST_IN_LINE] for text in first)
    return shown if len(texts) <= most else f"{shown} … {len(texts) - most:,} more"


def _date(date: datetime) -> str:
    return date.isoformat(" ", "seconds").replace("+00:00", " UTC")


_WRITERS: Final[tuple[tuple[type, Callable[[Any], str]], ...]] = (
    (str, str),
    (bool, lambda value: "yes" if value else "no"),
    (datetime, _date),
    (Enum, lambda value: str(value.value)),
    (Exception, lambda value: f"{type(value).__name__}: {value}"),
    (AbstractSet, _several),
    (tuple, _several),
    (Mapping, lambda value: _SHORT.repr(dict(value))),
)
"""How kinds of values are written for people."""


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
