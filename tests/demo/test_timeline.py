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


def test_never_were_more_than_33_people_online(corpus: Corpus) -> None:
    spans = Timeline(corpus, start=0.0, end=4e9).spans
    assert len(spans) == len(corpus.chats)
    comings = [(span.start, 1, uuid) for span in spans for uuid in span.chat.people]
    goings = [(span.end, -1, uuid) for span in spans for uuid in span.chat.people]
    running: Counter[str] = Counter()
    most = 0
    for _, change, uuid in sorted(comings + goings):
        running[uuid] += change
        if not running[uuid]:
            del running[uuid]
        most = max(most, len(running))
    assert most == 33


def test_windows_laid_over_each_other_fill_the_room(corpus: Corpus, start: float) -> None:
    _, *beside = corpus.stretches(HOUR)
    alone = Timeline(corpus, start=start, end=start + HOUR)
    timeline = Timeline(corpus, start=start, end=start + HOUR, beside=beside)
    assert (alone.windows, timeline.windows > 1) == (1, True)
    assert {span.chat.name for span in alone.spans} <= {span.chat.name for span in timeline.spans}
    online: set[str] = set()
    most = 0
    messages: dict[str, list[str]] = {}
    last = start
    for action in timeline:
        assert last <= action.at <= start + HOUR
        last = action.at
        if isinstance(action, Connect):
            assert action.identity not in online
            online.add(action.identity)
            most = max(most, len(online))
        elif isinstance(action, Disconnect):
            online.remove(action.identity)
        elif isinstance(action, Send):
            messages.setdefault(action.conversation, []).append(action.body)
    assert most == 200
    assert len(messages) == len(timeline.spans)
    written = {chat.name: [line.text for line in chat.lines] for chat in corpus.chats}
    spans = {span.chat.name: span for span in timeline.spans}
    assert all(written[name][spans[name].first : spans[name].last] == said for name, said in messages.items())


def test_a_conversation_takes_part_once(corpus: Corpus, start: float) -> None:
    again = Timeline(corpus, start=start, end=start + HOUR, beside=[start, start + HOUR / 2])
    names = [span.chat.name for span in again.spans]
    assert len(names) == len(set(names))
    assert again.windows == 3


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
