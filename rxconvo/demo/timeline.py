"""All that happens in a window of the corpus, in order of time."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain

from rxconvo.demo.actions import Action, Connect, Disconnect, Join, Leave
from rxconvo.demo.corpus import Corpus
from rxconvo.demo.derive import Span, act_out, span_of
from rxconvo.demo.people import Person, make_up_people
from rxconvo.errors import ArgumentError

__all__ = ["Timeline"]


class Timeline:
    """What happens in a window: iterate over it for timestamped actions, oldest first, as often as you like.

    Both people join when their conversation starts, or when the window does, and leave a few seconds after its last
    message, or when the window ends; they are connected while one of their conversations runs. Message indices count
    from 0 within the window. The same arguments always give the same actions.

    Never were more than 33 people of the corpus online at once. For more, further windows of the same length are laid
    over the first one: what was written then is played at the same time, everybody still being one person, and each
    conversation taking part once.

    Args:
        corpus: The conversations.
        start: Unix time in seconds.
        end: Unix time in seconds; everybody has left by then.
        beside: Starts of further windows, Unix time in seconds. They are laid over the first one after the other, for
            as long as there is room for everybody.
        max_people: How many may be connected at once. A conversation whose people would be too many is left out.
        seed: Another one gives other names, edits and removals.

    Raises:
        ArgumentError: `end` is not after `start`, or `max_people` is below 2.

    Attributes:
        spans: The conversations that take part, in order of their start.
        left_out: How many conversations were left out for `max_people`.
        windows: How many windows are played.
        people: Everybody of the corpus by UUID, with the names made up for them.
    """

    def __init__(
        self,
        corpus: Corpus,
        *,
        start: float,
        end: float,
        beside: Iterable[float] = (),
        max_people: int = 200,
        seed: int = 0,
    ) -> None:
        if not end > start:
            raise ArgumentError("end", f"after start ({start})", end)
        if max_people < 2:
            raise ArgumentError("max_people", "at least 2", max_people)
        self._seed = seed
        self.people: dict[str, Person] = make_up_people(corpus.people, seed=seed)
        self.spans: tuple[Span, ...] = ()
        self.windows = 0
        found: dict[str, Span] = {}
        for window in chain((start,), beside):
            _find(corpus, window, window + end - start, found, shift=start - window)
            self.spans = tuple(_admit(sorted(found.values(), key=_by_start), max_people))
            self.windows += 1
            if len(self.spans) < len(found):
                break
        self.left_out: int = len(found) - len(self.spans)

    def __iter__(self) -> Iterator[Action]:
        running: Counter[str] = Counter()  # conversations by identity
        for action in self._merged():
            if isinstance(action, Join):
                if not running[action.identity]:
                    yield Connect(action.at, action.identity)
                running[action.identity] += 1
            yield action
            if isinstance(action, Leave):
                running[action.identity] -= 1
                if not running[action.identity]:
                    yield Disconnect(action.at, action.identity)

    def _merged(self) -> Iterator[Action]:
        """Merge the conversations, each opened no earlier than it starts: only those that run are held."""
        waiting = iter(self.spans)
        span = next(waiting, None)
        # Whoever starts in the very moment in which another leaves comes first, as in `_admit`.
        ahead: list[tuple[float, bool, int, Action, Iterator[Action]]] = []
        opened = 0
        while ahead or span is not None:
            if span is not None and (not ahead or span.start <= ahead[0][0]):
                actions = act_out(span, self.people, seed=self._seed)
                opened += 1
                heapq.heappush(ahead, _entry(next(actions), opened, actions))
                span = next(waiting, None)
                continue
            _, _, number, action, actions = ahead[0]
            yield action
            following = next(actions, None)
            if following is None:
                heapq.heappop(ahead)
            else:
                heapq.heapreplace(ahead, _entry(following, number, actions))


def _entry(action: Action, number: int, actions: Iterator[Action]) -> tuple[float, bool, int, Action, Iterator[Action]]:
    return (action.at, isinstance(action, Leave), number, action, actions)


def _find(corpus: Corpus, start: float, end: float, found: dict[str, Span], *, shift: float) -> None:
    """Add what falls in a window, except conversations of which a part was found before."""
    for chat in corpus.chats:
        if chat.name not in found and (span := span_of(chat, start, end, shift=shift)) is not None:
            found[chat.name] = span


def _by_start(span: Span) -> tuple[float, str]:
    return (span.start, span.chat.name)


def _admit(spans: list[Span], max_people: int) -> Iterator[Span]:
    """Yield the conversations, in order of their start, for which there is room."""
    running: Counter[str] = Counter()  # conversations by UUID
    ends: list[tuple[float, int, tuple[str, str]]] = []
    for number, span in enumerate(spans):
        while ends and ends[0][0] < span.start:
            for uuid in heapq.heappop(ends)[2]:
                running[uuid] -= 1
                if not running[uuid]:
                    del running[uuid]
        newcomers = sum(uuid not in running for uuid in span.chat.people)
        if len(running) + newcomers <= max_people:
            running.update(span.chat.people)
            heapq.heappush(ends, (span.end, number, span.chat.people))
            yield span
