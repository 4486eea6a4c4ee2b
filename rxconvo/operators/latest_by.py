"""The newest of each kind."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

from reactivex import Observable
from reactivex.abc import SchedulerBase

from rxconvo.operators._arguments import check_callable, check_number, check_scheduler, check_seconds
from rxconvo.operators._stage import Stage, staged
from rxconvo.operators._timed import Timer
from rxconvo.streams.scheduler import current_scheduler

__all__ = ["latest_by"]

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

_NOTHING: Final = object()


def latest_by(
    key: Callable[[Any], K],
    *,
    ttl: float | None = None,
    max_keys: int = 10_000,
    scheduler: SchedulerBase | None = None,
) -> Callable[[Observable[T]], Observable[Mapping[K, T]]]:
    """Emit the newest value of each key, whenever one of them changes.

    With one mark a second and `ttl=5` (`a`, `A`: two values of one key, `b`: one of another):

        values:  -a-b-A-----|
        latest:  -1-2-3--4-5|      1 {a}, 2 {a, b}, 3 {b, A}, 4 {A}, 5 {}
        values:  -a-b#
        latest:  -1-2#
        values:  -a-b-
        latest:  -1!      ! disposed

    Example:
        import reactivex
        from rxconvo.operators import latest_by

        words = reactivex.of("apple", "bean", "avocado")
        words.pipe(latest_by(lambda word: word[0])).subscribe(lambda latest: print(dict(latest)))
        # -> {'a': 'apple'}
        # -> {'a': 'apple', 'b': 'bean'}
        # -> {'b': 'bean', 'a': 'avocado'}

    Args:
        key: Tells what a value is the newest of.
        ttl: Seconds after which a value is forgotten, if no other of its key has come; None is never.
        max_keys: Keys at most; where there are more, the one goes that has not changed for longest.
        scheduler: Whose clock counts for *ttl*; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for any Observable.

    Emits:
        Mappings that never change, the key whose value is oldest first. Each is a copy of all that is kept, and comes
        when a value is new, other than the one before, or forgotten. It completes with the source.

    Raises:
        ArgumentError: `ttl` is not positive, or `max_keys` is not, or an argument is not of its type.

    Errors:
        Those of the source, at once, and what *key* raises.

    Time:
        By arrival. All subscriptions of a scheduler share one timer, which is gone when nothing is kept.
    """
    check_callable("key", key)
    check_scheduler(scheduler)
    if ttl is not None:
        check_seconds("ttl", ttl)
    check_number("max_keys", max_keys)

    def start(stage: Stage[Mapping[K, T]], source: Observable[T], scheduler_: SchedulerBase | None) -> None:
        latest: _Latest[K, T] = _Latest(key, ttl, max_keys)
        if ttl is not None:
            timer = Timer(
                scheduler or scheduler_ or current_scheduler(), lambda now: stage.run(partial(latest.expire, now))
            )
            latest.timer = timer
            stage.own(timer)
        stage.follow(source, latest.take, scheduler_, completed=stage.finish)

    return staged(start)


class _Latest(Generic[K, T]):
    """What is kept of one subscription."""

    def __init__(self, key: Callable[[T], K], ttl: float | None, max_keys: int) -> None:
        self.timer: Timer | None = None
        self._key = key
        self._ttl = ttl
        self._max_keys = max_keys
        self._kept: dict[K, T] = {}  # oldest first
        self._until: OrderedDict[K, float] = OrderedDict()  # in the same order; empty where nothing is forgotten

    def take(self, value: T) -> Iterable[Mapping[K, T]]:
        """Take a value."""
        kept = self._kept
        key = self._key(value)
        before = kept.pop(key, _NOTHING)
        kept[key] = value
        if self.timer is not None and self._ttl is not None:
            self._until[key] = self.timer.clock() + self._ttl
            self._until.move_to_end(key)
        if len(kept) > self._max_keys:
            self._forget(next(iter(kept)))
        self._wait()
        return self._seen() if before is _NOTHING or before != value else ()

    def expire(self, now: float) -> Iterable[Mapping[K, T]]:
        """Forget what has not changed for too long."""
        gone = False
        while self._until and self._first() <= now:
            self._forget(next(iter(self._until)))
            gone = True
        self._wait()
        return self._seen() if gone else ()

    def _first(self) -> float:
        return next(iter(self._until.values()))

    def _forget(self, key: K) -> None:
        del self._kept[key]
        self._until.pop(key, None)

    def _wait(self) -> None:
        if self.timer is not None and self._until:
            self.timer.arm(self._first())

    def _seen(self) -> Iterable[Mapping[K, T]]:
        seen, self._kept = self._kept, self._kept.copy()  # the copy has no gaps, which make the next one slow
        return (MappingProxyType(seen),)
