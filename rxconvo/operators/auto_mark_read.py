"""Marking as read what was seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf

import reactivex
from reactivex import Observable
from reactivex.abc import SchedulerBase

from rxconvo.model import MarkedRead, ReadMarker
from rxconvo.operators._arguments import check_members, check_scheduler, check_seconds
from rxconvo.operators._asking import Asking
from rxconvo.operators._stage import Stage, staged
from rxconvo.operators._timed import Timer
from rxconvo.streams.scheduler import current_scheduler

__all__ = ["auto_mark_read"]


def auto_mark_read(
    conversation: ReadMarker, *, delay: float = 1.0, scheduler: SchedulerBase | None = None
) -> Callable[[Observable[int]], Observable[MarkedRead]]:
    """Move the own read horizon to the newest message that was seen, now and then.

    Indices are gathered for *delay* seconds, and only the highest is sent; never two at a time, never one that is not
    higher than all before it. With one mark a second and `delay=2` (digits: the newest message in view):

        seen:    -13-2---5-4-|
        marked:  ---a------b-|      a up to 3, b up to 5
        seen:    -1--2#
        marked:  ---c-#             c up to 1
        seen:    -1--2---
        marked:  ---c-!             disposed

    Example:
        import asyncio
        import reactivex
        from rxconvo import Service
        from rxconvo.operators import auto_mark_read

        async with Service() as service, service.client("ada") as ada:
            lunch = await ada.create_conversation()
            await lunch.join()
            for body in ("pizza?", "sushi?", "soup?"):
                await lunch.send_message(body)
            view = reactivex.Subject()
            view.pipe(auto_mark_read(lunch)).subscribe(lambda marked: print(marked.index, marked.unread))
            view.on_next(0)
            view.on_next(1)
            await asyncio.sleep(2)  # -> 1 1

    Args:
        conversation: The conversation.
        delay: Seconds for which indices are gathered, from the first one on; 0 sends at once.
        scheduler: Whose clock counts; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for the index of the newest message in view, whenever that changes; -1 where none is.

    Emits:
        One `MarkedRead` for each time that it is answered, with its error where it is refused; that index is not sent
        again, and the next one may do better. Where the outcome is unknown, as the connection may be lost, the same
        mutation is resumed after 1 second, then 2, up to 30, until it is answered; then comes the highest index that
        was seen meanwhile. What another device has read further already is not sent. Where the horizon was moved back
        on purpose it stays there, until a message is seen that is newer than all before. It completes with the source,
        but not before what was seen is marked. Nothing is kept but the highest index.

    Errors:
        Those of the source, at once; what waits is dropped, and what is under way is given up, as it is by dispose.

    Time:
        All subscriptions of a scheduler share one timer, which is gone when nothing waits.

    Raises:
        ArgumentError: `delay` is negative, or no finite number, or an argument is not of its type.
    """
    check_members(
        "conversation", conversation, "a conversation", "last_read_message_index", "advance_last_read_message_index"
    )
    check_scheduler(scheduler)
    check_seconds("delay", delay, zero=True)

    def start(stage: Stage[MarkedRead], source: Observable[int], given: SchedulerBase | None) -> None:
        marks = _Marks(stage, conversation, delay, scheduler or given or current_scheduler())
        stage.follow(source, marks.see, given, completed=marks.end)

    return staged(start)


class _Marks:
    """The horizon as one subscription moves it."""

    def __init__(self, stage: Stage[MarkedRead], conversation: ReadMarker, delay: float, own: SchedulerBase) -> None:
        self._stage = stage
        self._conversation = conversation
        self._delay = delay
        self._seen = -1
        self._sent = -1
        self._due = inf  # when what was seen may be sent
        self._ending = False
        self._timer = Timer(own, self._time)
        self._asking = Asking[int | None](own, self._answered, self._failed)
        stage.own(self._timer)
        stage.own(self._asking)

    def see(self, index: int) -> Iterable[MarkedRead]:
        """Take that a message was seen."""
        if index > self._seen:
            self._seen = index
            if self._due == inf:
                self._due = self._timer.clock() + self._delay
                if self._delay:
                    self._timer.arm(self._due)
            if not self._delay:
                self._send()
        return ()

    def end(self) -> None:
        """Take that nothing will be seen any more."""
        self._stage.run(self._end)

    def _end(self) -> Iterable[MarkedRead]:
        self._ending = True
        self._send()
        return ()

    def _time(self, _now: float) -> None:
        self._stage.run(self._timed)

    def _timed(self) -> Iterable[MarkedRead]:
        self._send()
        return ()

    def _send(self) -> None:
        """Send what was seen, if it is news and nothing else is under way."""
        if self._asking.busy:
            return
        self._due = inf
        index = self._seen
        read = self._conversation.last_read_message_index
        if index > self._sent and (read is None or index > read):
            self._sent = index
            self._asking.ask(_once(lambda: self._conversation.advance_last_read_message_index(index)))
        elif self._ending:
            self._stage.finish()

    def _answered(self, unread: int | None) -> None:
        self._done(MarkedRead(self._sent, unread))

    def _failed(self, error: Exception) -> None:
        self._done(MarkedRead(self._sent, None, error))

    def _done(self, marked: MarkedRead) -> None:
        self._stage.run(lambda: (marked,))
        self._stage.run(self._next)

    def _next(self) -> Iterable[MarkedRead]:
        if self._ending or self._due <= self._timer.clock():
            self._send()
        return ()


def _once(make: Callable[[], Observable[int | None]]) -> Observable[int | None]:
    """Return an Observable that is made when it is subscribed first: again, it is the same mutation."""
    made: list[Observable[int | None]] = []

    def get(_: SchedulerBase) -> Observable[int | None]:
        if not made:
            made.append(make())
        return made[0]

    return reactivex.defer(get)
