"""Many conversations at once: order, bound, determinism."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest

from rxconvo.demo.actions import Action, Connect, Disconnect, Join, Leave, Read, Remove, Send, Typing
from rxconvo.demo.corpus import Corpus
from rxconvo.demo.timeline import Timeline
from rxconvo.errors import ArgumentError

HOUR = 3600.0


@pytest.fixture(scope="module")
def start(corpus: Corpus) -> float:
    return corpus.busiest(HOUR)[0]


def test_a_busy_hour_makes_sense(corpus: Corpus, start: float) -> None:
    timeline = Timeline(corpus, start=start, end=start + HOUR)
    online: set[str] = set()
    members: dict[str, set[str]] = {}
    sent: Counter[str] = Counter()
    removed: set[tuple[str, int]] = set()
    last = start
    for action in timeline:
        assert last <= action.at <= start + HOUR
        last = action.at
        if isinstance(action, Connect):
            assert action.identity not in online
            online.add(action.identity)
            continue
        assert action.identity in online
        if isinstance(action, Disconnect):
            online.remove(action.identity)
            assert not any(action.identity in both for both in members.values())
            continue
        room = members.setdefault(action.conversation, set())
        if isinstance(action, Join):
            assert action.identity not in room
            room.add(action.identity)
            continue
        assert action.identity in room
        if isinstance(action, Leave):
            room.remove(action.identity)
        elif isinstance(action, Send):
            assert action.index == sent[action.conversation]
            sent[action.conversation] += 1
        elif isinstance(action, Remove):
            removed.add((action.conversation, action.index))
        elif not isinstance(action, Typing):
            assert action.index < sent[action.conversation]
            assert isinstance(action, Read) or (action.conversation, action.index) not in removed
    assert not online
    assert not any(members.values())
    assert sent.total() == corpus.busiest(HOUR)[1]
    assert timeline.left_out == 0
    assert len(timeline.spans) == len(members)


@pytest.mark.parametrize("most", [2, 5, 200])
def test_the_bound_holds_and_what_it_leaves_out_is_counted(corpus: Corpus, start: float, most: int) -> None:
    timeline = Timeline(corpus, start=start, end=start + HOUR, max_people=most)
    online = peak = 0
    conversations: set[str] = set()
    for action in timeline:
        online += isinstance(action, Connect) - isinstance(action, Disconnect)
        peak = max(peak, online)
        if isinstance(action, Join):
            conversations.add(action.conversation)
    assert peak <= most
    assert conversations == {span.chat.name for span in timeline.spans}
    everything = Timeline(corpus, start=start, end=start + HOUR)
    assert len(timeline.spans) + timeline.left_out == len(everything.spans)
    assert (timeline.left_out > 0) == (most < 200)


def test_the_same_arguments_give_the_same_actions(corpus: Corpus, start: float) -> None:
    def first(seed: int = 0) -> list[Action]:
        return list(islice(Timeline(corpus, start=start, end=start + HOUR, seed=seed), 3000))

    once = first()
    timeline = Timeline(corpus, start=start, end=start + HOUR)
    assert once == first() == list(islice(timeline, 3000)) == list(islice(timeline, 3000))
    assert once != first(seed=1)


def test_an_empty_window(corpus: Corpus) -> None:
    assert list(Timeline(corpus, start=0.0, end=1.0)) == []


def test_bad_arguments(corpus: Corpus) -> None:
    with pytest.raises(ArgumentError, match="end"):
        Timeline(corpus, start=1.0, end=1.0)
    with pytest.raises(ArgumentError, match="max_people"):
        Timeline(corpus, start=0.0, end=1.0, max_people=1)
