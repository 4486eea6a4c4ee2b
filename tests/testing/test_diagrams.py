"""Diagrams are read, and written below each other where they differ."""

from __future__ import annotations

import pytest

from rxconvo.errors import ArgumentError
from rxconvo.testing.diagrams import Mark, Span, aligned, duration, parse, parse_span


def said(diagram: str, tick: float = 1.0) -> list[tuple[float, str]]:
    return [(mark.at, str(mark)) for mark in parse(diagram, tick=tick).marks]


@pytest.mark.parametrize(
    "diagram,marks,end",
    [
        ("", [], 0.0),
        ("---", [], 3.0),
        ("-a-b|", [(1.0, "a"), (3.0, "b"), (4.0, "|")], 5.0),
        ("a#", [(0.0, "a"), (1.0, "#")], 2.0),
        (" a b ", [(0.0, "a"), (1.0, "b")], 2.0),
        ("--a--(bc)|", [(2.0, "a"), (5.0, "b"), (5.0, "c"), (9.0, "|")], 10.0),
        ("(a|)", [(0.0, "a"), (0.0, "|")], 4.0),
        ("a 5s b", [(0.0, "a"), (6.0, "b")], 7.0),
        ("20ms a 1.5m b 2h |", [(0.02, "a"), (91.02, "b"), (7292.02, "|")], 7293.02),
        ("1d a", [(86400.0, "a")], 86401.0),
        ("5 s", [(0.0, "5"), (1.0, "s")], 2.0),
        ("a5t", [(0.0, "a"), (1.0, "5"), (2.0, "t")], 3.0),
        ("(5s)", [(0.0, "5"), (0.0, "s")], 4.0),
    ],
)
def test_a_diagram_is_read(diagram: str, marks: list[tuple[float, str]], end: float) -> None:
    assert said(diagram) == marks
    assert parse(diagram).end == end


def test_a_tick_is_as_long_as_wanted() -> None:
    assert said("-a 1s b", 0.1) == [(0.1, "a"), (1.2, "b")]


@pytest.mark.parametrize("diagram", ["1h300ms", "1.5s-a", "-a5s", "1hour", "a 5s|", "01-2-0s"])
def test_a_duration_without_blanks_is_refused(diagram: str) -> None:
    with pytest.raises(ArgumentError, match="with a blank on either side of a duration such as"):
        parse(diagram)


@pytest.mark.parametrize("diagram", ["(a", "a)", "((a))", "a|b", "#-a"])
def test_what_is_no_diagram_is_refused(diagram: str) -> None:
    with pytest.raises(ArgumentError, match="diagram"):
        parse(diagram)


def test_a_span_is_read() -> None:
    assert parse_span("^--!") == Span(0.0, 3.0)
    assert parse_span("-- 1h ^") == Span(3602.0)


@pytest.mark.parametrize("diagram", ["", "--!", "^a", "!^", "^!!"])
def test_what_is_no_span_is_refused(diagram: str) -> None:
    with pytest.raises(ArgumentError, match="diagram"):
        parse_span(diagram)


@pytest.mark.parametrize(
    "first,second,lines",
    [
        ("-a-b|", "-a-b|", ["-a-b|", "-a-b|"]),
        ("-a--|", "--a-|", ["-a--|", "--a-|"]),
        ("(ab)-c", "a----c", ["(ab)-c", "a----c"]),
        ("a 1h b", "a", ["a 1h b", "a 1h -"]),
        ("a", "a 20ms b", ["a 20ms -", "a 20ms b"]),
        ("", "", ["-", "-"]),
    ],
)
def test_two_are_written_below_each_other(first: str, second: str, lines: list[str]) -> None:
    assert aligned(parse(first).marks, parse(second).marks) == lines


def test_what_is_between_the_ticks_shows() -> None:
    assert aligned([Mark(0.3, "next", "a")], [Mark(0.0, "next", "a")]) == ["- +300ms a", "a +300ms -"]


@pytest.mark.parametrize("seconds,text", [(0.02, "20ms"), (1.5, "1.5s"), (90.0, "90s"), (120.0, "2m"), (7200.0, "2h")])
def test_a_duration_is_written_as_it_is_read(seconds: float, text: str) -> None:
    assert duration(seconds) == text
    assert parse(f"{text} a").marks[0].at == seconds
