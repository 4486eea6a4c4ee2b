"""Marble diagrams as SVG: one line for each stream, its values as marbles at their times, and the times below.

Everything that streams have carried is escaped, and stands in texts and tooltips only. Lines and letters have the
colour of the page; marbles are of a middle brightness, with light letters on them, which shows on any. A picture by
itself cannot know its page (a dark one may be on a light system), so its lines and letters are of that kind as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import floor, log10
from typing import Final, NamedTuple
from unicodedata import category, east_asian_width

from rxconvo.display.html import TONES, escape
from rxconvo.integrations.notebook.tracks import Mark, Track

__all__ = ["draw"]

_WIDTH: Final = 760.0
_EDGE: Final = 22.0
_MARBLE: Final = 22.0  # its height
_LANE: Final = 26.0
_LANES: Final = 6  # marbles above each other; where there are more, they have no letters
_GAP: Final = 3.0
_CHARACTER: Final = 6.5  # about how wide one is, at the size of a marble's letters
_LABEL: Final = 20  # characters of a stream's name that stand before its line
_TICKS: Final = 8.0

_COLOURS: Final = ("#3b78bd", "#26857c", "#7a63b8", "#a06a1f", "#b2517a")
"""Of plain values, one for each stream, in turn."""

_FONT: Final = "font-family:ui-sans-serif,system-ui,-apple-system,'Segoe UI',sans-serif;font-size:12px"

_ALONE: Final = ' color="#767d85"'
"""Of lines and letters in a picture by itself: a contrast of 4 to 1 or better, on white as on what is nearly black."""


class _Placed(NamedTuple):
    """Where a marble is.

    Attributes:
        mark: Which one.
        x: Where its time is.
        left: Where it begins.
        width: How wide it is.
        lane: How many lie below it; None where there was no room for it.
    """

    mark: Mark
    x: float
    left: float
    width: float
    lane: int | None


class _Row(NamedTuple):
    """Where a stream is.

    Attributes:
        name: What stands before its line.
        track: What it did.
        line: Where its line is.
        colour: Of its plain values.
    """

    name: str
    track: Track
    line: float
    colour: str


class _Scale(NamedTuple):
    """Where times are.

    Attributes:
        left: Where the first one is.
        seconds: The last one.
    """

    left: float
    seconds: float

    def __call__(self, at: float) -> float:
        share = min(1.0, at / self.seconds) if self.seconds else 0.0
        return self.left + share * (_WIDTH - _EDGE - self.left)


def draw(tracks: Sequence[Track], seconds: float, *, alone: bool = False) -> str:
    """Return a marble diagram as SVG.

    Args:
        tracks: What the streams did, from top to bottom.
        seconds: How long they were watched.
        alone: Whether it is to be a picture by itself rather than a part of a page.
    """
    names = [_clean(track.label, _LABEL) for track in tracks]
    scale = _Scale(34.0 + max(map(_wide, names), default=0.0), seconds)
    rows: list[str] = []
    top = 8.0
    for number, (name, track) in enumerate(zip(names, tracks, strict=True)):
        placed = list(_place(track, scale))
        lanes = max((each.lane or 0 for each in placed), default=0)
        line = top + lanes * _LANE + _LANE / 2 + 4
        rows += _row(_Row(name, track, line, _COLOURS[number % len(_COLOURS)]), placed, scale)
        top = line + _LANE / 2 + 12
    height = top + 30
    told = f"Marble diagram of {', '.join(track.label for track in tracks)}, {_seconds(seconds)}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:.0f} {height:.0f}" width="{_WIDTH:.0f}" '
        f'height="{height:.0f}" role="img" aria-label="{_escape(told)}" '
        f'style="max-width:100%;height:auto;{_FONT}"{_ALONE if alone else ""} fill="currentColor" '
        f'stroke-linecap="round">{"".join(_axis(scale, top))}{"".join(rows)}</svg>'
    )


def _place(track: Track, scale: _Scale) -> Iterator[_Placed]:
    """Find room for marbles: each at its time, or above those which are in its way."""
    end = None if track.ended is None else scale(track.ended)
    edges = [float("-inf")] * _LANES
    for mark in track.marks:
        x = scale(mark.at)
        width = max(_MARBLE, _wide(mark.label) + 14)
        left = max(scale.left - _MARBLE / 2, min(x - width / 2, _WIDTH - 4 - width))
        blocked = end is not None and left - 6 < end < left + width + 6
        lane = next((lane for lane in range(int(blocked), _LANES) if edges[lane] + _GAP <= left), None)
        if lane is not None:
            edges[lane] = left + width
        yield _Placed(mark, x, left, width, lane)


def _row(row: _Row, placed: Sequence[_Placed], scale: _Scale) -> Iterator[str]:
    """Yield one stream: its name, its line, its marbles, its end."""
    name, track, line, colour = row
    last = _WIDTH - 8 if track.ended is None else scale(track.ended)
    yield f'<g class="track"><text x="8" y="{line + 4:.1f}">{_escape(name)}{_title(track.label)}</text>'
    yield f'<path class="line" d="M{scale.left:.1f} {line:.1f}H{last:.1f}" {_stroke(0.6)}/>'
    if track.ended is None:
        yield f'<path d="M{last - 5:.1f} {line - 4:.1f}l5 4l-5 4" {_stroke(0.6)}/>'
    for each in placed:  # behind all marbles
        if each.lane:
            y = line - each.lane * _LANE
            yield f'<path class="stem" d="M{each.x:.1f} {line:.1f}V{y:.1f}" {_stroke(0.5)}/>'
            yield f'<circle cx="{each.x:.1f}" cy="{line:.1f}" r="2.5"/>'
    for each in placed:
        yield _marble(each, line, TONES[each.mark.tone] if each.mark.tone else colour)
    if track.ended is not None:
        yield _end(track, last, line)
    if track.hidden:
        yield (
            f'<text class="hidden" x="{_WIDTH - 8:.0f}" y="{line + 20:.1f}" text-anchor="end" font-size="10.5">'
            f"and {track.hidden:,} more values</text>"
        )
    yield "</g>"


def _marble(placed: _Placed, line: float, colour: str) -> str:
    mark = placed.mark
    told = _title(f"{_seconds(mark.at)}: {mark.told}")
    if placed.lane is None:
        return f'<circle class="marble" cx="{placed.x:.1f}" cy="{line:.1f}" r="4" fill="{colour}">{told}</circle>'
    y = line - placed.lane * _LANE
    middle = placed.left + placed.width / 2
    return (
        f'<g class="marble">{told}<rect x="{placed.left:.1f}" y="{y - _MARBLE / 2:.1f}" width="{placed.width:.1f}" '
        f'height="{_MARBLE:.0f}" rx="{_MARBLE / 2:.0f}" fill="{colour}"/><text x="{middle:.1f}" y="{y + 4:.1f}" '
        f'text-anchor="middle" font-size="11.5" fill="#fafafa">{_escape(mark.label)}</text></g>'
    )


def _end(track: Track, x: float, line: float) -> str:
    at = _seconds(track.ended or 0.0)
    if track.error is None:
        told = _title(f"{at}: complete")
        return f'<path class="complete" d="M{x:.1f} {line - 13:.1f}v26" {_stroke(0.9, 2.5)}>{told}</path>'
    told = _title(f"{at}: {track.error}")
    return (
        f'<path class="error" d="M{x - 7:.1f} {line - 7:.1f}l14 14m0 -14l-14 14" fill="none" '
        f'stroke="{TONES["alarm"]}" stroke-width="3">{told}</path>'
    )


def _axis(scale: _Scale, y: float) -> Iterator[str]:
    """Yield the times, below all streams."""
    yield f'<path class="axis" d="M{scale.left:.1f} {y:.1f}H{_WIDTH - _EDGE:.1f}" {_stroke(0.5)}/>'
    for at in _ticks(scale.seconds):
        x = scale(at)
        yield f'<path d="M{x:.1f} 6V{y:.1f}" {_stroke(0.2)}/><path d="M{x:.1f} {y:.1f}v4" {_stroke(0.6)}/>'
        yield (
            f'<text class="tick" x="{x:.1f}" y="{y + 17:.1f}" text-anchor="middle" font-size="10.5">'
            f"{_seconds(at, scale.seconds)}</text>"
        )


def _ticks(seconds: float) -> list[float]:
    """Return round times, some from 0 to *seconds*."""
    if seconds <= 0:
        return [0.0]
    unit = 60.0 if seconds > 120 else 1.0
    rough = seconds / unit / _TICKS
    power = 10.0 ** floor(log10(rough))
    step = next((size * power for size in (1, 2, 5) if size * power >= rough), 10 * power) * unit
    return [number * step for number in range(floor(seconds / step + 1e-9) + 1)]


def _seconds(seconds: float, within: float | None = None) -> str:
    """Return a time in its usual unit, or in that of a longer one which it is *within*."""
    if 0 < seconds < 1:
        return f"{seconds * 1000:.4g} ms"
    in_minutes = (seconds if within is None else within) > 120
    return f"{seconds / 60:.4g} min" if in_minutes else f"{seconds:.4g} s"


def _stroke(opacity: float, width: float = 1.2) -> str:
    return f'fill="none" stroke="currentColor" stroke-opacity="{opacity}" stroke-width="{width}"'


def _title(text: str) -> str:
    return f"<title>{_escape(text)}</title>"


def _escape(text: str) -> str:
    """Return a text as XML, without the characters that XML cannot hold."""
    return escape("".join("\ufffd" if _foreign(character) else character for character in text))


def _foreign(character: str) -> bool:
    return (category(character) == "Cc" and character not in "\t\n\r") or character in "\ufffe\uffff"


def _clean(text: str, longest: int) -> str:
    """Return the beginning of a text in one line."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def _wide(text: str) -> float:
    """Return about how wide a text is."""
    return _CHARACTER * sum(
        0 if category(character) in ("Mn", "Me", "Cf") else 2 if east_asian_width(character) in "WF" else 1
        for character in text
    )
