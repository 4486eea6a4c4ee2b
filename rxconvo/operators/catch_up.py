"""What there was, then what happens: history and live in one stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, TypeVar

import reactivex
from reactivex import Observable
from reactivex.abc import SchedulerBase

from rxconvo.errors import ClosedError
from rxconvo.model import HistoryPage, ListEvent, Message, MessageEvent, MessageHistory
from rxconvo.operators._arguments import check_callable, check_members, check_number, check_scheduler
from rxconvo.operators._asking import Asking
from rxconvo.operators._catching import Catching, Saying
from rxconvo.operators._stage import Stage, staged

__all__ = ["catch_up"]

C = TypeVar("C")

_PAGE = 100
"""Messages of a page: as many as a page may have."""


def catch_up(
    history: MessageHistory[Message[C]] | Callable[[], Observable[HistoryPage[Message[C]]]],
    *,
    key: Callable[[Message[Any]], Any] | None = None,
    since: Any = None,
    limit: int = 1000,
    scheduler: SchedulerBase | None = None,
) -> Callable[[Observable[MessageEvent[C]]], Observable[MessageEvent[C] | ListEvent[Message[C]]]]:
    """Emit the messages that there are, then `CaughtUp`, then what happens: each message once, in order, none missing.

    The stream is subscribed first, and what it tells while the history is read waits. To `concat` history and stream
    loses what comes meanwhile; to `merge` them brings it twice, and in the wrong order. In a conversation with the
    messages `a` and `b`, where `c` comes while they are read (`D`: a `Discontinuity`, during which `a` is removed and
    `e` comes):

        messages:  --c--d--D--f-|
        pages:     ---p------q---
        emitted:   ---1-d----2f-|      1 (Added a, Added b, CaughtUp, Added c), 2 (Removed a, Added e, CaughtUp)
        messages:  --c#
        pages:     ----
        emitted:   ---#
        messages:  --c-
        pages:     ---#
        emitted:   ---#
        messages:  --c--d
        pages:     ---p--
        emitted:   ---1!      ! disposed

    Example:
        from rxconvo import Service
        from rxconvo.operators import catch_up

        async with Service() as service, service.client("ada") as ada:
            lunch = await ada.create_conversation()
            await lunch.join()
            await lunch.send_message("pizza?")
            seen = lunch.messages.pipe(catch_up(lunch))
            seen.subscribe(lambda event: print(type(event).__name__))
            await lunch.send_message("sushi!")
            # -> MessageAdded
            # -> CaughtUp
            # -> MessageAdded

    Args:
        history: The conversation, or what makes the query for the newest page, from which `prev_page` leads to older
            ones. It is asked anew whenever the history has to be read.
        key: What *since* is compared with, by default the index; or what else ascends with it, such as the date.
        since: The key of the last message that is known already, which the observer need not get. What became of older
            ones before the subscription is not told; what becomes of them later is.
        limit: How many messages are read at first, the newest; how many are kept in mind, so as to tell after a
            `Discontinuity` what has become of them; and how many may be told of while the history is read, before it
            has to be read once more.
        scheduler: For repeating queries; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for the stream `messages` of that conversation.

    Emits:
        `MessageAdded` for what is there, by ascending index and with all changes that are known by then; `CaughtUp`;
        then the events of the stream, without those that a page has shown already. Messages that *limit* left out are
        left out for good; if they are newer than *since*, there is a `Discontinuity` first.

        After a `Discontinuity` the history is read anew, down to the oldest message that is kept in mind, and what
        differs is told: each message that is gone as removed, each that has changed as updated, each new one as added,
        then `CaughtUp`. Where the observer has got, or has since before, more messages than are kept in mind, or more
        than `limit` were missed, the `Discontinuity` is passed on, then a `Reset` with those of its messages that are
        still there and known, then the new ones. It completes with the source, if need be after what is being read.

    Raises:
        ArgumentError: `limit` is not positive, or an argument is not of its type.

    Errors:
        Those of the source, and of a query that is refused. One whose outcome is unknown is repeated, as the connection
        may be lost, after 1 second, then 2, up to 30. So is one with a `SyncError`, as the list may just have been
        opened anew; if it is refused again, that is an error.
    """
    if not callable(history):
        check_members("history", history, "a conversation, or a callable", "get_messages")
    check_callable("key", key, optional=True)
    check_scheduler(scheduler)
    check_number("limit", limit)

    def newest() -> Observable[HistoryPage[Message[C]]]:
        return history() if callable(history) else history.get_messages(min(limit, _PAGE))

    def start(stage: Stage[Any], source: Observable[MessageEvent[C]], scheduler_: SchedulerBase | None) -> None:
        core = Catching(key, since, limit)
        joining = _Joining(stage, core, newest, scheduler or scheduler_)
        stage.follow(source, joining.told, scheduler_, completed=joining.completed)
        stage.run(joining.begin)

    return staged(start)


class _Joining:
    """One subscription: asks for the pages that are wanted."""

    def __init__(
        self,
        stage: Stage[Saying],
        core: Catching,
        newest: Callable[[], Observable[HistoryPage[Message[Any]]]],
        scheduler: SchedulerBase | None,
    ) -> None:
        self._stage = stage
        self._core = core
        self._newest = newest
        self._asking = Asking[HistoryPage[Message[Any]]](scheduler, self._answered, self._failed)
        self._asked: object = None  # the reading that a query is for
        self._closed = False  # whether nothing can be read any more, as the conversation is gone
        self._completed = False
        stage.own(self._asking)

    def begin(self) -> Iterable[Saying]:
        """Ask for the first page of a new reading, if there is one."""
        return self._ask() if self._core.reading is not self._asked else ()

    def told(self, event: MessageEvent[Any]) -> Iterator[Saying]:
        """Take an event."""
        yield from self._core.told(event)
        yield from self.begin()

    def completed(self) -> None:
        """Take that there are no more events."""
        self._stage.run(self._complete)

    def _ask(self) -> Iterable[Saying]:
        """Ask for the page that is wanted, if one is."""
        self._asked = self._core.reading
        if self._asked is not None:
            page = self._core.page
            self._asking.ask(reactivex.defer(lambda _: self._newest() if page is None else page.prev_page()))
        return ()

    def _answered(self, page: HistoryPage[Message[Any]]) -> None:
        self._stage.run(partial(self._read, self._asked, page))

    def _read(self, reading: object, page: HistoryPage[Message[Any]]) -> Iterator[Saying]:
        if reading is not self._core.reading:
            return
        yield from self._core.answered(page)
        yield from self._ask()
        if self._completed:
            self._complete()

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, ClosedError):
            self._stage.fail(error)
        else:
            self._closed = True
            if self._completed:
                self._stage.finish()

    def _complete(self) -> Iterable[Saying]:
        self._completed = True
        if self._core.reading is None or self._closed:
            self._stage.finish()
        return ()
