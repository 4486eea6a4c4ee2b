"""The corpus is what we say it is."""

from __future__ import annotations

import sys
from bisect import bisect_left
from datetime import UTC, datetime, timedelta

import pytest

from rxconvo.demo.corpus import Corpus, Line, clean, load_corpus
from rxconvo.errors import MissingExtraError

NOON = datetime(2018, 5, 1, 12, tzinfo=UTC)


def lines(*spoken: tuple[str, float]) -> list[Line]:
    return [Line(sender, f"{sender} says", NOON + timedelta(seconds=at)) for sender, at in spoken]


def test_figures(corpus: Corpus) -> None:
    assert (len(corpus.chats), corpus.messages, len(corpus.people)) == (4008, 242_020, 1196)
    assert len(corpus.chats) + corpus.left_out == 7168
    first, last = corpus.chats[0].lines[0].date, max(chat.lines[-1].date for chat in corpus.chats)
    assert (first.date().isoformat(), round((last - first).total_seconds() / 86400)) == ("2018-04-10", 219)
    assert first.tzinfo is not None


def test_order(corpus: Corpus) -> None:
    starts = [chat.lines[0].date for chat in corpus.chats]
    assert starts == sorted(starts)
    assert all(a.date <= b.date for chat in corpus.chats for a, b in zip(chat.lines, chat.lines[1:], strict=False))
    assert all(chat.people[0] == chat.lines[0].sender for chat in corpus.chats)


def test_the_busiest_minute_and_second(corpus: Corpus) -> None:
    start, most = corpus.busiest(60.0)
    assert most == 90
    assert sum(start <= line.at < start + 60.0 for chat in corpus.chats for line in chat.lines) == 90
    assert corpus.busiest(1.0)[1] == 10


@pytest.mark.parametrize(
    "spoken, kept",
    [
        ((("a", 0), ("b", 2)), True),
        ((("a", 0), ("b", 1)), False),  # two messages in one second
        ((("a", 0), ("a", 60)), False),  # nobody answers
        ((("a", 0), ("b", 30), ("c", 60)), False),  # three are a crowd
        ((("b", 0), ("a", 1), ("b", 2), ("a", 4)), True),
    ],
)
def test_cleaning(spoken: tuple[tuple[str, float], ...], kept: bool) -> None:
    corpus = clean({"x": ("topic", lines(*spoken))})
    assert (len(corpus.chats), corpus.left_out) == (int(kept), int(not kept))
    for chat in corpus.chats:
        assert (chat.name, chat.topic, len(chat.lines)) == ("x", "topic", len(spoken))


def test_stretches_cover_everything_once(corpus: Corpus) -> None:
    day = 86_400.0
    starts = corpus.stretches(day)
    assert starts[0] == corpus.busiest(day)[0]
    assert len({start % day for start in starts}) == 1, "side by side"
    times = sorted(line.at for chat in corpus.chats for line in chat.lines)
    counts = [bisect_left(times, start + day) - bisect_left(times, start) for start in starts]
    assert sum(counts) == corpus.messages
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == corpus.busiest(day)[1]


def test_stretches_start_at_whole_seconds(corpus: Corpus) -> None:
    assert all(start.is_integer() for start in corpus.stretches(1234.567))


def test_an_empty_corpus() -> None:
    assert clean({}).busiest(60.0) == (0.0, 0)
    assert clean({}).stretches(60.0) == []


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "chitchat_dataset", None)
    with pytest.raises(MissingExtraError, match=r"rxconvo\[demo\]"):
        load_corpus()
