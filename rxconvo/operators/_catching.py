"""History and live joined: what is read of a list of messages, what is told meanwhile, and what is to be said of both.

Pure: no observer, no clock, no query. Pages are read newest first, so nothing can be said before the last one is there.
Until then the newest event of each message is kept. Events come in their order; a page tells what was there at some
moment between query and answer. Hence what an event has told since the reading began goes before what a page tells;
and of a message that a page would have, but has not, the events still to come are those that led to its removal.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from math import inf
from typing import Any, TypeAlias

from rxconvo.model import (
    CaughtUp,
    Discontinuity,
    HistoryPage,
    Message,
    MessageAdded,
    MessageRemoved,
    MessageUpdated,
    Reset,
    Topic,
)

__all__ = ["Catching", "Saying"]

_Change: TypeAlias = MessageAdded[Any] | MessageUpdated[Any] | MessageRemoved[Any]
Saying: TypeAlias = _Change | Discontinuity | Reset[Message[Any]] | CaughtUp
"""What is to be emitted."""


class _Reading:
    """One reading of the history, newest first.

    Attributes:
        cause: What made it necessary; None for the first one.
        told: The newest event of each message since it began.
        found: What its pages had, by index.
        lowest: Everything from this index on was read.
        newest: The highest index of all pages, -1 if they were empty.
        page: The last page.
    """

    __slots__ = ("cause", "found", "lowest", "newest", "page", "told")

    def __init__(self, cause: Discontinuity | None) -> None:
        self.cause = cause
        self.told: dict[int, _Change] = {}
        self.found: dict[int, Message[Any]] = {}
        self.lowest = inf
        self.newest = -1
        self.page: HistoryPage[Message[Any]] | None = None

    def there(self) -> dict[int, Message[Any]]:
        """Return, ascending, what its pages had and is there, as it is now."""
        there: dict[int, Message[Any]] = {}
        for index, message in sorted(self.found.items()):
            event = self.told.get(index)
            if event is None:
                there[index] = message
            elif not isinstance(event, MessageRemoved):
                there[index] = event.message
        return there


class Catching:
    """What is known of one list of messages, and what was said of it.

    Args:
        key: What `since` is compared with; None: the index.
        since: Messages up to this key are known to the observer; None if none are.
        limit: How many messages are read at first, the newest, and kept in mind; and how many may be told of meanwhile.
    """

    __slots__ = ("_began", "_evicted", "_floor", "_held", "_key", "_last", "_limit", "_read_to", "_reading", "_since")

    def __init__(self, key: Callable[[Message[Any]], Any] | None, since: Any, limit: int) -> None:
        self._key = key
        self._since = since
        self._limit = limit
        self._reading: _Reading | None = _Reading(None)
        self._began = False  # whether anything was said
        self._held: OrderedDict[int, Message[Any]] = OrderedDict()  # the newest of what was said to be there
        self._evicted = -1  # up to this index, what was said is not kept in mind any more
        self._floor = -1  # what is below this was left out, being too much
        self._read_to = -1  # the highest index that was there by the last reading
        self._last = -1  # the highest index that was there by the last reading, or said since

    @property
    def reading(self) -> object:
        """The reading under way, or None. An answer to a query of another one is void."""
        return self._reading

    @property
    def page(self) -> HistoryPage[Message[Any]] | None:
        """The page before which the next one to be read is; None where that is the newest one."""
        return None if self._reading is None else self._reading.page

    def told(self, event: _Change | Discontinuity) -> Iterator[Saying]:
        """Take an event."""
        if isinstance(event, Discontinuity):
            self._reading = _Reading(event)
        elif self._reading is None:
            yield from self._follow(event)
        else:
            told = self._reading.told
            told[_index(event)] = event
            if len(told) > self._limit:  # more than can be kept in mind; the pages of another reading will have it
                self._reading = _Reading(self._reading.cause)

    def answered(self, page: HistoryPage[Message[Any]]) -> Iterator[Saying]:
        """Take the next page of the reading under way."""
        reading = self._reading
        if reading is None or not self._is_last(reading, page):
            return
        self._reading = None
        there = reading.there()
        settled = {*reading.found, *self._held}
        top = self._top(there)
        new = {index: message for index, message in there.items() if index > top}
        yield from self._again(reading, there, new) if self._began else self._first(reading, new)
        self._began = True
        self._read_to = self._last = reading.newest
        for index, message in list(new.items())[-self._limit :]:
            self._hold(index, message)
            yield MessageAdded(message)
        newest = next(reversed(self._held.values()), None)
        yield CaughtUp(self._since if newest is None else self._key_of(newest))
        for index, event in sorted(reading.told.items()):
            if index not in settled:
                yield from self._follow(event)

    def _is_last(self, reading: _Reading, page: HistoryPage[Message[Any]]) -> bool:
        """Put a page to a reading. Return whether nothing more has to be read."""
        known = False
        for message in page.items:
            if self._is_known(message):
                known = True
            else:
                reading.found[message.index] = message
            reading.newest = max(reading.newest, message.index)
        reading.page = page
        reading.lowest = -1 if known or not page.has_prev_page else min(reading.found, default=inf)
        if not self._began:
            return reading.lowest < 0 or len(reading.found) >= self._limit
        oldest = next(iter(self._held), self._last)
        return reading.lowest <= oldest or len(reading.found) >= 2 * self._limit

    def _top(self, there: dict[int, Message[Any]]) -> int:
        """Return the index above which what is there was not said. Where a backup was restored, it may go back."""
        same = [index for index, held in self._held.items() if index in there and there[index].sid == held.sid]
        return max(same) if same else next(iter(self._held), self._last + 1) - 1

    def _first(self, reading: _Reading, new: dict[int, Message[Any]]) -> Iterator[Saying]:
        """Begin: nothing was said yet."""
        if self._since is not None and reading.cause is not None:
            yield from self._anew(reading.cause, {}, new)
        elif reading.lowest >= 0 or len(new) > self._limit:
            self._floor = list(new)[-self._limit :][0] if new else int(reading.lowest)
            if self._since is not None:
                yield _too_many(self._limit, self._since, new)

    def _again(
        self, reading: _Reading, there: dict[int, Message[Any]], new: dict[int, Message[Any]]
    ) -> Iterator[Saying]:
        """Say what has become of what was said, as far as that is kept in mind; and if it is not, say that."""
        missed = len(new) > self._limit or reading.lowest > self._last + 1
        forgotten = self._since is not None or self._evicted >= 0 or reading.lowest > next(iter(self._held), inf)
        if reading.cause is not None and (missed or forgotten):
            kept = {} if missed else {index: there[index] for index in self._held if index in there}
            yield from self._anew(reading.cause, kept, new)
            return
        for index, before in list(self._held.items()):
            after = there.get(index)
            if after is None or index in new:
                del self._held[index]
                yield MessageRemoved(before, index, before.home)
            elif after != before:
                self._held[index] = after
                yield MessageUpdated(before, after)

    def _anew(
        self, cause: Discontinuity, kept: dict[int, Message[Any]], new: dict[int, Message[Any]]
    ) -> Iterator[Saying]:
        """Say that of what the observer knows, no more is sure than is kept."""
        self._held = OrderedDict(kept)
        self._floor = next(iter([*kept, *list(new)[-self._limit :]]), self._last + 1)
        self._since, self._evicted = None, -1
        yield cause
        yield Reset(tuple(kept.values()))

    def _follow(self, event: _Change) -> Iterator[Saying]:
        """Take an event while nothing is read. What a page has shown already is not said again."""
        index = _index(event)
        held = self._held.get(index)
        if isinstance(event, MessageRemoved):
            if held is not None:
                del self._held[index]
                yield MessageRemoved(held, index, event.home)
            elif self._is_elsewhere(index, event.message):
                yield event
        elif held is not None:
            if isinstance(event, MessageUpdated) and event.after != held:
                self._held[index] = event.after
                yield event if event.before == held else MessageUpdated(held, event.after, event.reasons)
        elif index > max(self._read_to, self._evicted):
            if not self._is_known(event.message):
                self._last = max(self._last, index)
                self._hold(index, event.message)
                yield MessageAdded(event.message)
        elif isinstance(event, MessageUpdated) and self._is_elsewhere(index, event.after):
            yield event

    def _hold(self, index: int, message: Message[Any]) -> None:
        self._held[index] = message
        if len(self._held) > self._limit:
            self._evicted, _ = self._held.popitem(last=False)

    def _key_of(self, message: Message[Any]) -> Any:
        return message.index if self._key is None else self._key(message)

    def _is_known(self, message: Message[Any]) -> bool:
        """Tell whether the observer knew a message before."""
        return self._since is not None and bool(self._key_of(message) <= self._since)

    def _is_elsewhere(self, index: int, message: Message[Any] | None) -> bool:
        """Tell whether a message that is not held is one that the observer knows of; else it is gone, or left out."""
        if self._floor <= index <= self._evicted:
            return True
        if message is not None:
            return self._is_known(message)
        return self._since is not None and (self._key is not None or index <= self._since)


def _index(event: _Change) -> int:
    return event.index if isinstance(event, MessageRemoved) else event.message.index


def _too_many(limit: int, since: object, new: dict[int, Message[Any]]) -> Discontinuity:
    sid = next((message.conversation_sid for message in new.values()), None)
    return Discontinuity(Topic.MESSAGES, sid, f"there are more than {limit} messages since {since}")
