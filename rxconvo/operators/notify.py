"""What the own user should hear of."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from itertools import takewhile
from typing import Final, Generic, TypeVar

from reactivex import Observable
from reactivex.abc import SchedulerBase

from rxconvo.errors import ArgumentError, DetachedError
from rxconvo.model import Message, Notification
from rxconvo.operators._arguments import check_flag, check_observable, check_scheduler, check_seconds, check_text
from rxconvo.operators._stage import Stage, staged
from rxconvo.operators._timed import Timer
from rxconvo.streams.scheduler import current_scheduler
from rxconvo.types import Identity, Sid

__all__ = ["notify"]

C = TypeVar("C")

_KEPT: Final = 100
"""Messages of one burst that are kept; the others are counted."""

_BURSTS: Final = 1000
"""Bursts that wait at the same time; where there are more, the first one is told early."""


def _own_level(message: Message) -> str:
    with suppress(DetachedError):
        level: str = message.conversation.notification_level
        return level
    return "default"


def notify(
    me: Identity,
    level: str | Callable[[Message[C]], str] = _own_level,
    *,
    focus: Observable[Sid | None] | None = None,
    own: bool = False,
    coalesce: float = 1.0,
    scheduler: SchedulerBase | None = None,
) -> Callable[[Observable[Message[C]]], Observable[Notification[C]]]:
    """Emit notifications: of messages by others, in conversations that are neither muted nor looked at.

    The messages of a conversation within *coalesce* seconds are one notification. With one mark a second and
    `coalesce=2` (`a`, `b`: Bob writes in Lunch, `s`: in Supper, `o`: the own user does; `F`: Lunch is looked at, `N`:
    nothing is):

        messages:  -ab-so--a-b--|
        focus:     -------F-N----
        told:      ---x--y-----z|      x 2 in Lunch, y 1 in Supper, z 1 in Lunch
        messages:  -a#
        focus:     ---
        told:      --#
        messages:  -ab-s---
        focus:     --------
        told:      ---x-!              disposed

    Example:
        import asyncio
        from rxconvo import Service
        from rxconvo.operators import notify

        async with Service() as service, service.client("ada") as ada, service.client("bob") as bob:
            lunch = await ada.create_conversation(friendly_name="lunch")
            await lunch.join()
            await lunch.add("bob")
            told = ada.messages.added.pipe(notify("ada"))
            told.subscribe(lambda notification: print(notification.count, notification.message.body))
            theirs = await bob.get_conversation_by_sid(lunch.sid)
            await theirs.send_message("pizza?")
            await theirs.send_message("or sushi?")
            await asyncio.sleep(2)  # -> 2 or sushi?

    Args:
        me: The own user.
        level: `"default"`; `"muted"` for nothing at all; or what returns one of these for a message. By default it is
            the notification level of its conversation. It is asked when a message arrives, and again when it is told.
        focus: The sid of the conversation that is looked at, whenever that changes; None while none is. What waits to
            be told of it is dropped when it is looked at, as it has been seen then.
        own: Whether own messages are told as well.
        coalesce: Seconds for which messages of a conversation are gathered, from the first one on; 0 tells each.
        scheduler: Whose clock counts; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for messages of any number of conversations, such as the client's view `messages.added`.

    Emits:
        One `Notification` for each burst, at its end, with its newest 100 messages and the number of all; of several
        bursts that end together in the order in which they began. When the source completes, what waits is told, then
        it completes. At most 1,000 bursts wait; with more, the first ones are told early.

    Errors:
        Those of the source and of *focus*, and what *level* raises, at once; what waits is dropped.

    Time:
        All subscriptions of a scheduler share one timer, which is gone when nothing waits.

    Raises:
        ArgumentError: `level` is another text, or `coalesce` negative or no finite number, or an argument is not of its
            type.
    """
    check_text("me", me, "an identity, which is not empty")
    check_observable("focus", focus, optional=True)
    check_flag("own", own)
    check_scheduler(scheduler)
    if not (callable(level) or level in ("default", "muted")):
        raise ArgumentError("level", "default, muted, or what tells for a message", level)
    check_seconds("coalesce", coalesce, zero=True)

    def heard(message: Message[C]) -> bool:
        if message.author == me and not own:
            return False
        return (level if isinstance(level, str) else level(message)) != "muted"

    def start(stage: Stage[Notification[C]], source: Observable[Message[C]], given: SchedulerBase | None) -> None:
        bursts = _Bursts[C](stage, heard, coalesce, scheduler or given or current_scheduler())
        if focus is not None:
            stage.follow(focus, bursts.look, given)
        stage.follow(source, bursts.take, given, completed=partial(stage.finish, bursts.all))

    return staged(start)


class _Burst(Generic[C]):
    """Messages of one conversation that wait to be told."""

    __slots__ = ("count", "messages", "until")

    def __init__(self, until: float) -> None:
        self.messages: deque[Message[C]] = deque(maxlen=_KEPT)
        self.count = 0
        self.until = until


class _Bursts(Generic[C]):
    """What waits to be told, of one subscription, in the order in which it is due."""

    def __init__(
        self,
        stage: Stage[Notification[C]],
        heard: Callable[[Message[C]], bool],
        coalesce: float,
        scheduler: SchedulerBase,
    ) -> None:
        self._stage = stage
        self._heard = heard
        self._coalesce = coalesce
        self._focus: Sid | None = None
        self._bursts: dict[Sid, _Burst[C]] = {}
        self._timer = Timer(scheduler, self._time)
        stage.own(self._timer)

    def look(self, sid: Sid | None) -> Iterable[Notification[C]]:
        """Take that a conversation is looked at, or none."""
        self._focus = sid
        if sid is not None:
            self._bursts.pop(sid, None)
            if not self._bursts:
                self._timer.disarm()
        return ()

    def take(self, message: Message[C]) -> Iterable[Notification[C]]:
        """Take a message."""
        sid = message.home.sid
        if sid == self._focus or not self._heard(message):
            return ()
        if not self._coalesce:
            return (Notification((message,), 1),)
        burst = self._bursts.get(sid)
        if burst is None:
            burst = self._bursts[sid] = _Burst[C](self._timer.clock() + self._coalesce)
            self._timer.arm(burst.until)
        burst.messages.append(message)
        burst.count += 1
        return self._first(len(self._bursts) - _BURSTS)

    def all(self) -> Iterable[Notification[C]]:
        """Tell everything."""
        return self._first(len(self._bursts))

    def _time(self, now: float) -> None:
        self._stage.run(partial(self._due, now))

    def _due(self, now: float) -> Iterable[Notification[C]]:
        due = takewhile(lambda burst: burst.until <= now, self._bursts.values())
        told = self._first(sum(1 for _ in due))
        if self._bursts:
            self._timer.arm(next(iter(self._bursts.values())).until)
        return told

    def _first(self, number: int) -> list[Notification[C]]:
        """Tell the first bursts, but for those that have been muted meanwhile."""
        bursts = [self._bursts.pop(next(iter(self._bursts))) for _ in range(number)]
        return [Notification(tuple(burst.messages), burst.count) for burst in bursts if self._heard(burst.messages[-1])]
