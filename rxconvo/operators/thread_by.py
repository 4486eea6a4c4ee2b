"""Threads of a conversation, each as a stream of its own that ends."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from math import inf
from threading import RLock
from typing import Any, Generic, TypeVar

from reactivex import GroupedObservable, Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import Disposable, RefCountDisposable

from rxconvo.operators._arguments import check_callable, check_number, check_scheduler, check_seconds
from rxconvo.operators._timed import Timed
from rxconvo.streams.scheduler import current_scheduler

__all__ = ["thread_by"]

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


def thread_by(
    parent: Callable[[T], K | None],
    *,
    idle: float | None = None,
    max_groups: int = 1000,
    scheduler: SchedulerBase | None = None,
) -> Callable[[Observable[T]], Observable[GroupedObservable[K, T]]]:
    """Emit an Observable for each thread, with the thread as its `key`; it completes when nobody writes there any more.

    What `ops.group_by` makes stays for good: with a key for each thread that there ever was, it grows without end. Here
    a group is forgotten when it is idle, or the one that has been idle for longest when there are too many; a later
    value of that thread begins another group. With one mark a second and `idle=3` (each group told by how many values
    it had in the end):

        values:   -abaa-----b---|
        groups:   -xy-------y---|      as they begin: x of a, y of b
        counts:   -----1-3-----1|      as they end
        values:   -ab-#
        groups:   -xy-#
        counts:   ----#
        values:   -ab---
        groups:   -xy-!
        counts:   ----!      ! disposed

    Example:
        import reactivex
        from reactivex import operators as ops
        from reactivex.testing import TestScheduler
        from rxconvo.operators import thread_by

        clock = TestScheduler()
        words = reactivex.Subject()
        threads = words.pipe(thread_by(lambda word: word[0], idle=60.0, scheduler=clock))
        threads.pipe(ops.flat_map(lambda thread: thread.pipe(ops.to_list()))).subscribe(print)
        for word in ("ape", "bee", "ant"):
            words.on_next(word)
        clock.advance_by(60.0)
        # -> ['bee']
        # -> ['ape', 'ant']

    Args:
        parent: Returns the thread that a value belongs to; a value for which it is None is in no thread.
        idle: Seconds without a value after which a group completes; None is no limit.
        max_groups: How many groups there are at a time; when there would be more, the one that has been idle for
            longest completes.
        scheduler: Whose clock counts; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for any Observable.

    Emits:
        A hot Observable for each group, before its first value: who subscribes at once gets all. When the source
        completes, all groups complete, then the whole. As with `ops.group_by`, a group that is subscribed goes on when
        the whole is disposed; with the last of them, the source is left.

    Errors:
        Those of the source, and what *parent* raises, at once: first all groups, then the whole.

    Time:
        By arrival. All groups share one timer, which is gone when there is none.

    Raises:
        ArgumentError: `idle` is not positive, or `max_groups` is below 1, or an argument is not of its type.
    """
    check_callable("parent", parent)
    check_scheduler(scheduler)
    if idle is not None:
        check_seconds("idle", idle)
    check_number("max_groups", max_groups)

    def _thread_by(source: Observable[T]) -> Observable[GroupedObservable[K, T]]:
        def subscribe(
            observer: ObserverBase[GroupedObservable[K, T]], scheduler_: SchedulerBase | None = None
        ) -> DisposableBase:
            own = scheduler or scheduler_ or current_scheduler()
            threads = _Threads(observer, own, parent, inf if idle is None else idle, max_groups)
            threads.attach(
                source.subscribe(threads.on_next, threads.on_error, threads.on_completed, scheduler=scheduler_)
            )
            return threads.subscriptions

        return Observable(subscribe)

    return _thread_by


class _Group(GroupedObservable[K, T]):
    """One group: what it is told goes to whoever subscribed it, as with a `Subject`, but on one thread.

    There may be very many: so it is the Observable itself, not one around another, and has no lock of its own.
    """

    __slots__ = ("_end", "_observers", "_subscriptions", "key", "until")

    lock = RLock()

    def __init__(self, key: K, subscriptions: RefCountDisposable) -> None:
        self.key = key
        self.until = inf  # when it is idle
        self._subscriptions = subscriptions
        self._observers: tuple[ObserverBase[T], ...] = ()
        self._end: Callable[[ObserverBase[T]], None] | None = None

    @property
    def underlying_observable(self) -> Observable[T]:  # type: ignore[override]
        """Itself."""
        return self

    def tell(self, value: T) -> None:
        for observer in self._observers:
            observer.on_next(value)

    def end(self, how: Callable[[ObserverBase[T]], None]) -> None:
        """End: *how* tells it to an observer, also to those to come."""
        self._end = how
        observers, self._observers = self._observers, ()
        for observer in observers:
            how(observer)

    def _subscribe_core(self, observer: ObserverBase[T], scheduler: SchedulerBase | None = None) -> DisposableBase:
        if self._end is not None:
            self._end(observer)
            return Disposable()
        self._observers += (observer,)
        held = self._subscriptions.disposable

        def leave() -> None:
            self._observers = tuple(each for each in self._observers if each is not observer)
            held.dispose()

        return Disposable(leave)


def _complete(observer: ObserverBase[Any]) -> None:
    observer.on_completed()


class _Threads(Timed[T, GroupedObservable[K, T]], Generic[T, K]):
    """One subscription.

    Attributes:
        subscriptions: Disposes this when the whole and each group are disposed.
    """

    __slots__ = ("_groups", "_idle", "_max_groups", "_parent", "subscriptions")

    def __init__(
        self,
        observer: ObserverBase[GroupedObservable[K, T]],
        scheduler: SchedulerBase,
        parent: Callable[[T], K | None],
        idle: float,
        max_groups: int,
    ) -> None:
        super().__init__(observer, scheduler)
        self._parent = parent
        self._idle = idle
        self._max_groups = max_groups
        self._groups: OrderedDict[K, _Group[K, T]] = OrderedDict()  # first the one that has been idle for longest
        self.subscriptions = RefCountDisposable(self)

    def on_next(self, value: T) -> None:
        try:
            key = self._parent(value)
            group = None if key is None else self._groups.get(key)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the observer's
            self.on_error(error)
            return
        if key is None:
            return
        surplus: _Group[K, T] | None = None
        if group is None:
            if self.observer is None or self.subscriptions.is_primary_disposed:
                return  # nobody is there any more to be told of a new one
            if len(self._groups) >= self._max_groups:
                surplus = self._groups.popitem(last=False)[1]
            group = self._groups[key] = _Group(key, self.subscriptions)
            self.observer.on_next(group)
        else:
            self._groups.move_to_end(key)
        if self._idle < inf:
            group.until = self.clock() + self._idle
            if self.when == inf:
                self.arm(group.until)
        group.tell(value)
        if surplus is not None:
            surplus.end(_complete)

    def on_error(self, error: Exception) -> None:
        def fail(observer: ObserverBase[T]) -> None:
            observer.on_error(error)

        for group in self._leave():
            group.end(fail)
        super().on_error(error)

    def on_completed(self) -> None:
        for group in self._leave():
            group.end(_complete)
        super().on_completed()

    def due(self, now: float) -> None:
        first = next(iter(self._groups.values()), None)
        if first is None:
            return
        if first.until <= now:
            self._groups.popitem(last=False)
            following = next(iter(self._groups.values()), None)
            if following is not None:  # one at a time: what an observer raises must not keep the others
                self.arm(following.until)
            first.end(_complete)
        else:
            self.arm(first.until)

    def forget(self) -> None:
        self._groups.clear()

    def _leave(self) -> list[_Group[K, T]]:
        groups = list(self._groups.values())
        self._groups.clear()
        return groups
