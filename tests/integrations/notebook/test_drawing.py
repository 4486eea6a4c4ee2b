"""Marble diagrams as SVG: where things are, and that texts stay texts."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from rxconvo.integrations.notebook.drawing import draw
from rxconvo.integrations.notebook.tracks import Mark, Track
from tests.browser.test_hostile import BODIES

SVG = "{http://www.w3.org/2000/svg}"
ALLOWED = {f"{SVG}{name}" for name in ("svg", "g", "path", "rect", "circle", "text", "title")}


def parse(*tracks: Track, seconds: float = 10.0) -> ET.Element:
    """Parse a drawing as XML; it holds nothing but what we put there."""
    root = ET.fromstring(draw(tracks, seconds))  # noqa: S314 - ours
    assert {element.tag for element in root.iter()} <= ALLOWED
    return root


def found(root: ET.Element, kind: str) -> list[ET.Element]:
    return [element for element in root.iter() if element.get("class") == kind]


def middles(root: ET.Element) -> list[tuple[float, float]]:
    """Return where the middles of marbles are."""
    places: list[tuple[float, float]] = []
    for marble in found(root, "marble"):
        rect = marble.find(f"{SVG}rect")
        assert rect is not None
        left, top, width, height = (float(rect.get(name, "")) for name in ("x", "y", "width", "height"))
        places.append((left + width / 2, top + height / 2))
    return places


def title(element: ET.Element) -> str | None:
    return element.findtext(f"{SVG}title")


def brightness(colour: str) -> float:
    """Return the relative luminance of a colour, by which WCAG compares them."""
    shares = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def mark(at: float, label: str = "a", told: str = "") -> Mark:
    return Mark(at, label, told or label)


def test_the_structure() -> None:
    track = Track("letters", (mark(0), mark(5, "b", "the whole b"), mark(10, "c")))
    root = parse(track, Track("done", (), ended=5.0), Track("failed", (), ended=2.5, error="ValueError: no"))
    assert [title(element) for element in found(root, "marble")] == ["0 s: a", "5 s: the whole b", "10 s: c"]
    assert [title(element) for element in found(root, "complete")] == ["5 s: complete"]
    assert [title(element) for element in found(root, "error")] == ["2.5 s: ValueError: no"]
    assert [element.text for element in found(root, "tick")] == ["0 s", "2 s", "4 s", "6 s", "8 s", "10 s"]
    assert len(found(root, "line")) == len(found(root, "track")) == 3
    assert root.get("aria-label") == "Marble diagram of letters, done, failed, 10 s"


def test_marbles_are_at_their_times() -> None:
    root = parse(Track("a", tuple(map(mark, (2.5, 5, 7.5)))))
    (first, line), (second, _), (third, _) = middles(root)
    ticks = {element.text: float(element.get("x", "")) for element in found(root, "tick")}
    assert second - first == pytest.approx(third - second, abs=0.2)
    assert first == pytest.approx((ticks["2 s"] * 3 + ticks["4 s"]) / 4, abs=0.2)
    assert {y for _, y in middles(root)} == {line}
    assert not found(root, "stem")


def test_those_that_collide_are_above_each_other() -> None:
    root = parse(Track("a", tuple(mark(5, str(number)) for number in range(4))))
    places = middles(root)
    assert len({x for x, _ in places}) == 1
    assert [places[0][1] - y for _, y in places] == [0, 26, 52, 78]
    assert len(found(root, "stem")) == 3


def test_what_has_no_room_has_no_letters() -> None:
    root = parse(Track("a", tuple(mark(5, str(number)) for number in range(20))))
    marbles = found(root, "marble")
    assert len(marbles) == 20
    assert sum(marble.tag == f"{SVG}circle" for marble in marbles) == 14
    assert title(marbles[-1]) == "5 s: 19"


def test_an_end_is_not_covered() -> None:
    root = parse(Track("a", (mark(5),), ended=5.0))
    ((x, y),) = middles(root)
    (end,) = found(root, "complete")
    assert end.get("d", "").startswith(f"M{x:.1f} {y + 26 - 13:.1f}")


def test_streams_are_below_each_other_whatever_their_marbles_need() -> None:
    many = tuple(mark(5) for _ in range(6))
    root = parse(Track("a", many), Track("b", many))
    lowest_of_first = max(y for _, y in middles(root)[:6])
    assert min(y for _, y in middles(root)[6:]) > lowest_of_first + 22


@pytest.mark.parametrize("text", [*BODIES, "\ud800", "\x00\x1b[31m", "]]>", "\uffff"])
def test_hostile_texts_stay_texts(text: str) -> None:
    track = Track(text, (Mark(1, text, text), Mark(2, text[:14], text)), ended=3.0, error=text)
    root = parse(track)
    told = title(found(root, "marble")[0])
    assert told is not None
    assert told.startswith("1 s: ")
    shown = "".join(" " if character in "\r\n\t" else character for character in text)
    assert len(told.split(": ", 1)[1]) == len(shown)


@pytest.mark.parametrize(
    "seconds, ticks",
    [
        (0.0, ["0 s"]),
        (0.05, ["0 s", "10 ms", "20 ms", "30 ms", "40 ms", "50 ms"]),
        (1.0, ["0 s", "200 ms", "400 ms", "600 ms", "800 ms", "1 s"]),
        (7.3, ["0 s", "1 s", "2 s", "3 s", "4 s", "5 s", "6 s", "7 s"]),
        (600, ["0 min", "2 min", "4 min", "6 min", "8 min", "10 min"]),
    ],
)
def test_times_are_round(seconds: float, ticks: list[str]) -> None:
    assert [element.text for element in found(parse(Track("a"), seconds=seconds), "tick")] == ticks


def test_its_size_is_bounded() -> None:
    marks = tuple(mark(number / 50, "wide" * 3, "<&>'\"" * 400) for number in range(500))
    assert len(draw([Track("a" * 10_000, marks)] * 3, 10.0)) < 20_000_000


def test_nothing_is_drawn_beyond_its_edges() -> None:
    root = parse(Track("a very long name of a stream", (mark(0, "wide" * 3), mark(10, "wide" * 3))))
    for marble in found(root, "marble"):
        rect = marble.find(f"{SVG}rect")
        assert rect is not None
        assert 0 < float(rect.get("x", "")) < 760 - float(rect.get("width", ""))


@pytest.mark.parametrize("paper", ["#ffffff", "#0d1117", "#111111", "#1e1e1e"])
def test_alone_it_can_be_read_on_any_page(paper: str) -> None:
    root = ET.fromstring(draw([Track("a", (mark(5),))], 10.0, alone=True))  # noqa: S314 - ours
    assert {element.tag for element in root.iter()} <= ALLOWED, "a style would be that of the page that it is put in"
    assert not [element for element in root.iter(f"{SVG}text") if element.get("opacity")]
    light, dark = sorted((brightness(root.get("color", "")), brightness(paper)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4
