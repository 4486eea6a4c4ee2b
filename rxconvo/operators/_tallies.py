"""How many messages by others are unread: what is known of it, what has to be asked, and what an answer tells.

Pure: no observer, no clock. A tally hears of every event, says what it does not know by returning None, and names the
query that would tell. Two kinds exist, for two kinds of state: one reads the messages and is exact, the other is given
a bare number.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from reactivex import Observable

from rxconvo.model import MessagePage, UnreadHistory, UnreadState
from rxconvo.types import Identity

__all__ = ["MOST", "Counted", "Paged", "Tally", "tally_of"]

A = TypeVar("A")

MOST: Final = 10_000
"""No badge shows more, and none looks further back."""

_PAGE: Final = 100
"""Messages of a page: as many as a page may have."""


class Tally(ABC, Generic[A]):
    """What is known of the unread messages of one conversation."""

    __slots__ = ()

    @abstractmethod
    def count(self, horizon: int | None) -> int | None:
        """Return how many messages by others are above the horizon, or None where that has to be asked."""

    @abstractmethod
    def query(self, horizon: int | None) -> Observable[A]:
        """Return what tells, or brings nearer, what `count` does not know. Only one at a time, repeated if it fails."""

    @abstractmethod
    def answered(self, answer: A) -> None:
        """Take the answer to the query."""

    @abstractmethod
    def present(self, index: int, *, mine: bool, new: bool) -> None:
        """Take that a message is there: *new*, or changed."""

    @abstractmethod
    def removed(self, index: int, *, mine: bool | None) -> None:
        """Take that a message is gone; *mine* is None where its author is not known."""

    @abstractmethod
    def forget(self) -> None:
        """Know nothing any more. A query under way is given up."""


class _Indices:
    """Indices in order, eight bytes each."""

    __slots__ = ("_indices",)

    def __init__(self) -> None:
        self._indices = array("q")

    def __len__(self) -> int:
        return len(self._indices)

    def put(self, index: int) -> None:
        """Add an index, if it is not in."""
        at = bisect_left(self._indices, index)
        if at == len(self._indices) or self._indices[at] != index:
            self._indices.insert(at, index)

    def drop(self, index: int) -> None:
        """Remove an index, if it is in."""
        at = bisect_left(self._indices, index)
        if at < len(self._indices) and self._indices[at] == index:
            del self._indices[at]

    def drop_to(self, index: int) -> None:
        """Remove all up to *index*."""
        del self._indices[: bisect_right(self._indices, index)]

    def drop_lowest(self) -> int:
        """Remove the lowest index and return it."""
        return self._indices.pop(0)


class Paged(Tally[MessagePage]):
    """Knows the messages by others themselves, down to a floor. Exact.

    A page tells what was there at some moment between query and answer, an event what became of a message for good,
    until the next one: so what events have told since the reading began goes before what its pages tell. No event is
    missed, as the stream was open before; where one may have been, a discontinuity says so, and all is read anew.

    Args:
        identity: The own user.
        get_messages: Reads the newest messages, a page of a given size.
    """

    __slots__ = ("_floor", "_get_messages", "_identity", "_newest", "_others", "_page", "_told")

    _others: _Indices  # of messages by others, complete above the floor
    _floor: int | None
    _newest: int
    _page: MessagePage | None  # the last one read
    _told: set[int] | None  # what events have told of since the reading began; None while there is none

    def __init__(self, identity: Identity, get_messages: Callable[[int], Observable[MessagePage]]) -> None:
        self._identity = identity
        self._get_messages = get_messages
        self.forget()

    def count(self, horizon: int | None) -> int | None:
        """Return how many are above the horizon; None where pages are missing. Those up to it are forgotten."""
        read = max(_place(horizon), self._newest - MOST)
        if self._floor is None or read < self._floor:
            return None
        self._floor = read
        self._others.drop_to(read)
        self._end_reading()
        return len(self._others)

    def query(self, horizon: int | None) -> Observable[MessagePage]:
        """Return the query for the newest page, or for the one before the last that was read."""
        if self._told is None:
            self._told = set()
        return self._get_messages(_PAGE) if self._page is None else self._page.prev_page()

    def answered(self, answer: MessagePage) -> None:
        """Take a page, unless the reading that it belongs to has ended meanwhile."""
        if self._told is None:
            return
        for message in answer.items:
            self._newest = max(self._newest, message.index)
            if message.author != self._identity and message.index not in self._told:
                self._others.put(message.index)
        self._page = answer
        if not answer.has_prev_page:
            self._floor = -1
        elif answer.items:
            self._floor = answer.items[0].index - 1

    def present(self, index: int, *, mine: bool, new: bool) -> None:
        """Take that a message is there."""
        self._newest = max(self._newest, index)
        self._others.drop_to(self._newest - MOST)
        if mine:
            self._others.drop(index)
        else:
            self._others.put(index)
        self._tell(index)

    def removed(self, index: int, *, mine: bool | None) -> None:
        """Take that a message is gone."""
        self._others.drop(index)
        self._tell(index)

    def forget(self) -> None:
        """Know nothing any more."""
        self._others = _Indices()
        self._floor = None
        self._newest = -1
        self._end_reading()

    def _end_reading(self) -> None:
        self._page = None
        self._told = None

    def _tell(self, index: int) -> None:
        if self._told is not None:
            self._told.add(index)
            if len(self._told) > MOST:
                self._end_reading()  # more than can be kept in mind: begin anew


class Counted(Tally["int | None"]):
    """Knows a number that was asked for, and the messages by others that came after. As exact as that number.

    Args:
        get_count: Asks how many are unread.
    """

    __slots__ = ("_answered", "_doubtful", "_floor", "_get_count", "_older", "_others", "_read")

    _others: _Indices  # of messages by others, of those that came since the number was asked for
    _floor: int | None  # below the first of those, whoever wrote it
    _read: int  # the horizon that the number was asked for
    _older: int  # what is unread up to the floor; until the answer is there, what has changed of it
    _answered: bool
    _doubtful: bool  # whether something went of which it is not known if the number has it

    def __init__(self, get_count: Callable[[], Observable[int | None]]) -> None:
        self._get_count = get_count
        self.forget()

    def count(self, horizon: int | None) -> int | None:
        """Return the number and what came after it; None where the horizon has moved into what is only a number."""
        read = _place(horizon)
        if not self._answered or self._doubtful:
            return None
        if read != self._read:
            if self._floor is None or read < self._floor:
                return None
            self._read = self._floor = read
            self._older = 0
            self._others.drop_to(read)
        return min(max(self._older, 0) + len(self._others), MOST)

    def query(self, horizon: int | None) -> Observable[int | None]:
        """Return the query for the number."""
        self.forget()
        self._read = _place(horizon)
        return self._get_count()

    def answered(self, answer: int | None) -> None:
        """Take the number as of when it was asked for. If there was no room for so many, it has what came since."""
        self._answered = True
        number = answer or 0
        self._older += number if self._floor is None else min(number, self._floor - self._read)

    def present(self, index: int, *, mine: bool, new: bool) -> None:
        """Take that a message came, or that one of those was changed."""
        if new and self._floor is None:
            self._floor = max(index - 1, self._read)
        if self._floor is None or index <= self._floor:
            return
        if mine:
            self._others.drop(index)
        else:
            self._others.put(index)
        if len(self._others) > MOST:
            self._floor = self._others.drop_lowest()
            self._older += 1

    def removed(self, index: int, *, mine: bool | None) -> None:
        """Take that a message is gone: one that came, or one of the number."""
        if self._floor is not None and index > self._floor:
            self._others.drop(index)
        elif index > self._read and not mine:
            self._older -= 1
            self._doubtful = self._doubtful or mine is None

    def forget(self) -> None:
        """Know nothing any more."""
        self._others = _Indices()
        self._floor = None
        self._read = -1
        self._older = 0
        self._answered = False
        self._doubtful = False


def tally_of(state: UnreadState | UnreadHistory) -> Tally[MessagePage] | Tally[int | None]:
    """Return the best tally for a state: the exact one, if its messages can be read."""
    get_messages: Callable[[int], Observable[MessagePage]] | None = getattr(state, "get_messages", None)
    if get_messages is None:
        return Counted(state.get_unread_messages_count)
    return Paged(state.identity, get_messages)


def _place(horizon: int | None) -> int:
    """Return the index up to which all is read."""
    return -1 if horizon is None else horizon
