"""Who is there, without the flicker of connections that come and go."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from math import inf
from types import MappingProxyType
from typing import TypeAlias

from reactivex import Observable
from reactivex.abc import ObserverBase, SchedulerBase

from rxconvo.model import UserEvent, UserUnsubscribed
from rxconvo.operators._arguments import check_number, check_scheduler, check_seconds
from rxconvo.operators._timed import Timed, timed
from rxconvo.types import Identity

__all__ = ["presence"]

_ONLINE, _AWAY, _OFFLINE = "online", "away", "offline"

_Times: TypeAlias = OrderedDict[Identity, float]
"""Each is put at the end, and waits as long as the others: so the first is the earliest."""


def presence(
    grace: float = 10.0,
    *,
    away_after: float | None = None,
    max_users: int = 1000,
    scheduler: SchedulerBase | None = None,
) -> Callable[[Observable[UserEvent]], Observable[Mapping[Identity, str]]]:
    """Emit who is `online`, `away` or `offline`, whenever that changes for good.

    Who comes shows at once; who goes shows when they have been gone for *grace* seconds, so that a lost connection that
    is back by then is no event. With one mark a second and `grace=3` (`a`, `b`: Ada, Bob are online; `A`, `B`: they are
    not):

        users:  -a-A-a-b-A-----B-|
        shown:  -x-----y----z----|      x {ada: online}, y both online, z {ada: offline, bob: online}
        users:  -aA#
        shown:  -x-#
        users:  -aA---
        shown:  -x--!      ! disposed

    Example:
        import reactivex
        from rxconvo import User, UserSubscribed, UserUpdated
        from rxconvo.operators import presence
        from reactivex.testing import TestScheduler

        clock = TestScheduler()
        users = reactivex.Subject()
        users.pipe(presence(10.0, scheduler=clock)).subscribe(lambda people: print(dict(people)))
        here, gone = User("ada", is_online=True), User("ada", is_online=False)
        users.on_next(UserSubscribed(here))  # -> {'ada': 'online'}
        users.on_next(UserUpdated(here, gone, ("reachabilityOnline",)))
        clock.advance_by(10.0)  # -> {'ada': 'offline'}

    Args:
        grace: Seconds for which somebody has to be gone before they show as `offline`; 0 shows it at once.
        away_after: Seconds after which somebody who is online, and of whom nothing was heard, shows as `away`; None is
            never. Any change of a user is heard of them.
        max_users: How many people are shown; who is more is not, until there is room.
        scheduler: Whose clock counts; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for the stream `users` of a client.

    Emits:
        Mappings from identity to `online`, `away` or `offline`, each different from the one before, each new and not
        to be changed; nothing before somebody is known. Who is offline when they become known shows as that at once.
        A user whose changes are followed no more is not in it, and neither is one of whom the service does not tell:
        a client follows only so many users at a time, and those it lets go for others are unknown then, not offline.
        It completes with its source.

    Errors:
        Those of the source, at once.

    Time:
        By arrival. All people and all subscriptions of a scheduler share one timer, which is gone when nobody is
        about to go or to be away. People whose time comes in the same moment are one change.

    Raises:
        ArgumentError: `grace` is negative, `away_after` is not positive, or `max_users` is below 1, or an argument is
            not of its type.
    """
    check_scheduler(scheduler)
    check_seconds("grace", grace, zero=True)
    if away_after is not None:
        check_seconds("away_after", away_after)
    check_number("max_users", max_users)
    return timed(
        scheduler,
        lambda observer, own: _Presence(observer, own, grace, inf if away_after is None else away_after, max_users),
    )


class _Presence(Timed[UserEvent, Mapping[Identity, str]]):
    """One subscription."""

    __slots__ = ("_away_after", "_grace", "_leaving", "_max_users", "_people", "_quiet")

    def __init__(
        self,
        observer: ObserverBase[Mapping[Identity, str]],
        scheduler: SchedulerBase,
        grace: float,
        away_after: float,
        max_users: int,
    ) -> None:
        super().__init__(observer, scheduler)
        self._grace = grace
        self._away_after = away_after
        self._max_users = max_users
        self._people: dict[Identity, str] = {}  # as shown
        self._leaving: _Times = OrderedDict()  # when each who is gone shows as that
        self._quiet: _Times = OrderedDict()  # when each of whom nothing is heard is away

    def on_next(self, value: UserEvent) -> None:
        identity = value.user.identity
        online = None if isinstance(value, UserUnsubscribed) else value.user.is_online
        shown = self._people.get(identity)
        if shown is None and (online is None or len(self._people) >= self._max_users):
            return
        status: str | None
        if online:
            self._leaving.pop(identity, None)
            self._put(self._quiet, identity, self._away_after)
            status = _ONLINE
        else:
            self._quiet.pop(identity, None)
            if online is None:
                self._leaving.pop(identity, None)
                status = None
            elif shown in (None, _OFFLINE) or not self._grace:
                status = _OFFLINE
            else:
                status = shown
                if identity not in self._leaving:
                    self._put(self._leaving, identity, self._grace)
        if status != shown:
            self._set(identity, status)
            self._show()

    def due(self, now: float) -> None:
        gone = [(identity, _OFFLINE) for identity in _pop_until(self._leaving, now)]
        away = [(identity, _AWAY) for identity in _pop_until(self._quiet, now)]
        for identity, status in gone + away:
            self._people[identity] = status
        following = min(next(iter(times.values()), inf) for times in (self._leaving, self._quiet))
        if following < inf:
            self.arm(following)
        if gone or away:
            self._show()

    def forget(self) -> None:
        self._people.clear()
        self._leaving.clear()
        self._quiet.clear()

    def _put(self, times: _Times, identity: Identity, seconds: float) -> None:
        if seconds < inf:
            when = times[identity] = self.clock() + seconds
            times.move_to_end(identity)
            self.arm(when)

    def _set(self, identity: Identity, status: str | None) -> None:
        if status is None:
            del self._people[identity]
        else:
            self._people[identity] = status

    def _show(self) -> None:
        if self.observer is not None:
            self.observer.on_next(MappingProxyType(self._people.copy()))


def _pop_until(times: _Times, now: float) -> list[Identity]:
    """Remove all whose time has come, and return them."""
    gone: list[Identity] = []
    while times and next(iter(times.values())) <= now:
        gone.append(times.popitem(last=False)[0])
    return gone
