"""Typing signals, for keystrokes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from math import inf
from typing import Final

import reactivex
from reactivex import Observable
from reactivex.abc import SchedulerBase
from reactivex.disposable import SerialDisposable, SingleAssignmentDisposable

from rxconvo.model import TypingSender, TypingSent
from rxconvo.operators._arguments import check_members, check_scheduler, check_seconds
from rxconvo.operators._deadlines import deadlines_of
from rxconvo.operators._stage import Stage, staged
from rxconvo.streams.scheduler import current_scheduler

__all__ = ["send_typing"]

_PAUSE: Final = 5.0
"""Seconds from a signal that failed to the next, where nothing else is said: as long as the service's own silence."""


def send_typing(
    conversation: TypingSender, *, every: float | None = None, scheduler: SchedulerBase | None = None
) -> Callable[[Observable[object]], Observable[TypingSent]]:
    """Tell the others of a conversation that the own user is typing, now and then while keys are pressed.

    A keystroke sends a signal, unless one is under way or the service wants none yet; it is dropped then, as whoever
    goes on typing will press another. Hand in every keystroke: the service wants a signal each 5 seconds and shows it
    for 6, so where keys come a second apart or less, others see no gap. With one mark a second, `every=3`, and a second
    signal that fails:

        keys:  -kkkkk---k-|
        sent:  -s--f----s-|      s sent, f could not be
        keys:  -kkkk-k#
        sent:  -s--f--#
        keys:  -kk-k-k
        sent:  -s-!              disposed

    Example:
        import asyncio
        import reactivex
        from rxconvo import Service
        from rxconvo.operators import send_typing

        async with Service() as service, service.client("ada") as ada, service.client("bob") as bob:
            lunch = await ada.create_conversation()
            await lunch.join()
            await lunch.add("bob")
            theirs = await bob.get_conversation_by_sid(lunch.sid)
            theirs.typing.started.subscribe(lambda participant: print(participant.identity))
            await theirs.typing.opened
            keys = reactivex.Subject()
            keys.pipe(send_typing(lunch)).subscribe()
            for key in "pizza":
                keys.on_next(key)
            await asyncio.sleep(1)  # -> ada

    Args:
        conversation: The conversation. A `Conversation` knows for how long the service wants no further signal.
        every: Seconds from one signal to the next, at least; by default what the service wants.
        scheduler: Whose clock counts; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for anything that emits whenever a key is pressed.

    Emits:
        One `TypingSent` for each signal, when it is answered. One that fails is told like this, too, and ends nothing;
        the next one follows after *every* or 5 seconds, counted from when the one that failed was begun. It completes
        with the source, but not before a signal that is under way. Nothing is kept of keystrokes.

    Errors:
        Those of the source, at once; a signal under way is given up, as it is by dispose.

    Time:
        No timer.

    Raises:
        ArgumentError: `every` is not positive, or not finite, or an argument is not of its type.
    """
    check_members("conversation", conversation, "a conversation", "typing_silence", "send_typing")
    check_scheduler(scheduler)
    if every is not None:
        check_seconds("every", every)

    def start(stage: Stage[TypingSent], source: Observable[object], scheduler_: SchedulerBase | None) -> None:
        signals = _Signals(stage, conversation, every, scheduler or scheduler_ or current_scheduler())
        stage.follow(source, signals.press, scheduler_, completed=signals.end)

    return staged(start)


class _Signals:
    """The signals of one subscription."""

    def __init__(
        self, stage: Stage[TypingSent], conversation: TypingSender, every: float | None, scheduler: SchedulerBase
    ) -> None:
        self._stage = stage
        self._conversation = conversation
        self._every = every
        self._scheduler = scheduler
        self._deadlines = deadlines_of(scheduler)
        self._not_before = -inf
        self._under_way: SingleAssignmentDisposable | None = None
        self._ending = False
        self._subscription = SerialDisposable()
        stage.own(self._subscription)

    def press(self, _: object) -> Iterable[TypingSent]:
        """Take a keystroke."""
        now = self._deadlines.clock()
        if self._under_way is None and now >= self._not_before and self._conversation.typing_silence <= 0:
            self._not_before = now + (self._every or 0.0)
            self._subscription.disposable = self._under_way = signal = SingleAssignmentDisposable()
            answered = partial(self._answered, signal, now)
            signal.disposable = reactivex.defer(lambda _: self._conversation.send_typing()).subscribe(
                lambda _: answered(None), answered, lambda: answered(None), scheduler=self._scheduler
            )
        return ()

    def end(self) -> None:
        """Take that no key will be pressed any more."""
        self._stage.run(self._end)

    def _answered(self, signal: SingleAssignmentDisposable, begun: float, error: Exception | None) -> None:
        if signal is self._under_way:
            self._under_way = None
            if error is not None:
                self._not_before = begun + (self._every or _PAUSE)
            self._stage.run(lambda: (TypingSent(error),))
            if self._ending:
                self._stage.finish()

    def _end(self) -> Iterable[TypingSent]:
        self._ending = True
        if self._under_way is None:
            self._stage.finish()
        return ()
