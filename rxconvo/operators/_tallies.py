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
"""No badge shows more, and no more messages are read for one."""

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
        """Return what tells, or brings nearer, what `count` does not know. Only one at a time."""

    @abstractmethod
    def answered(self, answer: A, horizon: int | None) -> None:
        """Take the answer to the query."""

    @abstractmethod
    def failed(self) -> None:
        """Take that there will be no answer to the query."""

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
    """Indices in order, eight bytes each. Of too many the lowest are dropped."""

    __slots__ = ("_indices",)

    def __init__(self) -> None:
        self._indices = array("q")

    def put(self, index: int) -> int | None:
        """Add an index, if it is not in. Return the highest that was dropped for it, if any was."""
        indices = self._indices
        at = len(indices)
        if at and index <= indices[-1]:
            at = bisect_left(indices, index)
            if indices[at] == index:
                return None
        indices.insert(at, index)
        surplus = len(indices) - MOST
        if surplus <= MOST // 4:  # rarely, since dropping moves all others
            return None
        dropped = indices[surplus - 1]
        del indices[:surplus]
        return dropped

    def drop(self, index: int) -> None:
        """Remove an index, if it is in."""
        at = bisect_left(self._indices, index)
        if at < len(self._indices) and self._indices[at] == index:
            del self._indices[at]

    def above(self, index: int) -> int:
        """Count those above *index*."""
        return len(self._indices) - bisect_right(self._indices, index)

    def clear(self) -> None:
        """Remove all."""
        del self._indices[:]


class Paged(Tally[MessagePage]):
    """Knows the messages by others themselves, down to a floor. Exact.

    A page tells what was there at some moment between query and answer; events may overtake it or come after it. An
    index is never used twice, so it is enough to know which were ever seen present and which were ever seen to go: the
    messages are those of the pages and of the events, without the removed. Each removal is seen, as the stream was
    open before the first page was asked for; what is not seen is told by a discontinuity, and then all is read anew.

    Args:
        identity: The own user.
        get_messages: Reads the newest messages, a page of a given size.
    """

    __slots__ = ("_deep", "_floor", "_get_messages", "_gone", "_identity", "_indices", "_page", "_read")

    def __init__(self, identity: Identity, get_messages: Callable[[int], Observable[MessagePage]]) -> None:
        self._identity = identity
        self._get_messages = get_messages
        self._indices = _Indices()
        self._floor: int | None = None  # all that is present above it is known
        self._deep = False  # whether the floor is as low as it may be, and what is below it does not count
        self._page: MessagePage | None = None  # the last one read, if older ones have to be
        self._gone: set[int] | None = None  # what was removed since the first query, while reading
        self._read = 0

    def count(self, horizon: int | None) -> int | None:
        """Return how many are above the horizon, at most 10,000; None where pages are missing."""
        above = -1 if horizon is None else horizon
        number = self._indices.above(above)
        if number >= MOST:
            return MOST
        if self._floor is None or (above < self._floor and not self._deep):
            return None
        self._deep = self._deep and above < self._floor
        return number

    def query(self, horizon: int | None) -> Observable[MessagePage]:
        """Return the query for the newest page, or for the one before the last that was read."""
        if self._page is not None:
            return self._page.prev_page()
        self._gone = set()
        self._read = 0
        return self._get_messages(_PAGE)

    def answered(self, answer: MessagePage, horizon: int | None) -> None:
        """Take a page, and go on with the one before it unless all above the horizon is known."""
        gone = self._gone
        if gone is None or len(gone) > MOST:
            self.failed()  # more was removed than can be kept in mind: read anew
            return
        for message in answer.items:
            if message.author != self._identity and message.index not in gone:
                self._put(message.index)
        self._read += len(answer.items)
        self._page = answer
        if not answer.has_prev_page:
            self._reached(-1)
        elif answer.items:
            below = min(message.index for message in answer.items) - 1
            if below <= (-1 if horizon is None else horizon):
                self._reached(below)
            elif self._read >= MOST:
                self._deep = True
                self._reached(below)

    def failed(self) -> None:
        """Begin with the newest page again. What was seen so far stays true."""
        self._page = None
        self._gone = None

    def present(self, index: int, *, mine: bool, new: bool) -> None:
        """Take that a message is there."""
        if mine:
            self._indices.drop(index)
        elif self._gone is None or index not in self._gone:
            self._put(index)

    def removed(self, index: int, *, mine: bool | None) -> None:
        """Take that a message is gone."""
        self._indices.drop(index)
        if self._gone is not None and len(self._gone) <= MOST:
            self._gone.add(index)

    def forget(self) -> None:
        """Know nothing any more."""
        self.failed()
        self._indices.clear()
        self._floor = None
        self._deep = False

    def _put(self, index: int) -> None:
        dropped = self._indices.put(index)
        if dropped is not None and self._floor is not None:
            self._floor = max(self._floor, dropped)

    def _reached(self, floor: int) -> None:
        self._floor = floor
        self.failed()  # that is, done


class Counted(Tally["int | None"]):
    """Knows a number that was asked for, and the messages by others that came after. As exact as that number.

    Args:
        get_count: Asks how many are unread.
    """

    __slots__ = ("_asked", "_floor", "_get_count", "_horizon", "_indices", "_older", "_spoilt")

    def __init__(self, get_count: Callable[[], Observable[int | None]]) -> None:
        self._get_count = get_count
        self._indices = _Indices()  # by others, of those that came since the number was asked for
        self._floor: int | None = None  # below the first of those, whoever wrote it
        self._older: int | None = None  # the number: what is unread up to the floor
        self._horizon: int | None = None  # that it holds for
        self._asked: int | None = None  # that it was asked for
        self._spoilt = False  # whether something went meanwhile, of which it is not known if the number has it

    def count(self, horizon: int | None) -> int | None:
        """Return the number and what came after it; None where the horizon has moved into what is only a number."""
        if self._older is None:
            return None
        if horizon != self._horizon:
            if horizon is None or self._floor is None or horizon < self._floor:
                self._older = None
                return None
            self._older, self._horizon = 0, horizon
        return self._older + self._indices.above(-1 if horizon is None else horizon)

    def query(self, horizon: int | None) -> Observable[int | None]:
        """Return the query for the number."""
        self.forget()
        self._asked = horizon
        return self._get_count()

    def answered(self, answer: int | None, horizon: int | None) -> None:
        """Take the number, less what it must hold of the messages that came while it was asked for."""
        if horizon != self._asked or self._spoilt:
            return
        self._older, self._horizon = answer or 0, horizon
        if self._floor is not None and horizon is not None:
            # Before the first of them there was room for so many, so what is above that are they themselves.
            self._older = min(self._older, max(self._floor - horizon, 0))

    def failed(self) -> None:
        """Forget what came meanwhile; the number will have it."""
        self.forget()

    def present(self, index: int, *, mine: bool, new: bool) -> None:
        """Take that a message came; changes tell nothing."""
        if new:
            if self._floor is None:
                self._floor = index - 1
            if not mine:
                self._indices.put(index)

    def removed(self, index: int, *, mine: bool | None) -> None:
        """Take that a message is gone."""
        if self._floor is not None and index > self._floor:
            self._indices.drop(index)
        elif self._older is None:
            self._spoilt = True
        elif self._horizon is None or index > self._horizon:
            self._older = self._older - 1 if mine is False and self._older else None

    def forget(self) -> None:
        """Know nothing any more."""
        self._indices.clear()
        self._floor = self._older = None
        self._spoilt = False


def tally_of(state: UnreadState | UnreadHistory) -> Tally[MessagePage] | Tally[int | None]:
    """Return the best tally for a state: the exact one, if its messages can be read."""
    get_messages: Callable[[int], Observable[MessagePage]] | None = getattr(state, "get_messages", None)
    if get_messages is None:
        return Counted(state.get_unread_messages_count)
    return Paged(state.identity, get_messages)
