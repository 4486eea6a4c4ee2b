"""Observables whose chains stay on the client's loop, whatever is piped onto them.

A scheduler travels from `subscribe` upstream, and operators that are given none start threads. So what `pipe` and the
fluent methods return here is wrapped: subscribing it supplies the client's scheduler, and guards its observer.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeAlias, TypeVar, cast, overload

from reactivex import ConnectableObservable, Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.internal.exceptions import SequenceContainsNoElementsError
from reactivex.scheduler import CurrentThreadScheduler
from reactivex.subject import ReplaySubject
from reactivex.typing import (
    AbsoluteOrRelativeTime,
    Accumulator,
    Comparer,
    Mapper,
    OnCompleted,
    OnError,
    OnNext,
    Predicate,
    RelativeTime,
)

from rxconvo.streams.aiter import Iteration, iterate
from rxconvo.streams.context import Context
from rxconvo.streams.guard import Guard, callbacks

__all__ = ["Connectable", "LoopObservable", "Piped"]

T = TypeVar("T")
R = TypeVar("R")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")

Stage: TypeAlias = Callable[[A], B]
"""An operator as `pipe` takes it."""

_NO_PIPE = (  # the fluent methods that reactivex does not build on `pipe`
    "__add__",
    "__getitem__",
    "__iadd__",
    "dematerialize",
    "exclusive",
    "partition_indexed",
    "pluck",
    "ref_count",
    "switch_latest",
)


class LoopObservable(Observable[T]):
    """An Observable of a client.

    What `pipe` and the fluent methods make of it is one, too. Subscribing without a scheduler supplies the client's; an
    observer that raises is reported and ended, and the producer never hears of it; so is one that has no `on_error`
    where it would need one. Awaiting it gives the last value.

    Args:
        context: The client's scheduler, and where faults go.
        name: What reports call it.
    """

    __slots__ = ("_context", "_subscribe", "lock", "name")

    def __init__(self, context: Context, name: str) -> None:
        super().__init__()
        self._context = context
        self.name = name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    def subscribe(
        self,
        on_next: ObserverBase[T] | OnNext[T] | None = None,
        on_error: OnError | None = None,
        on_completed: OnCompleted | None = None,
        *,
        scheduler: SchedulerBase | None = None,
    ) -> DisposableBase:
        """Subscribe an observer, or callables.

        Args:
            on_next: An observer, or what gets the values.
            on_error: Gets the error that ends it; without it, the error is reported.
            on_completed: Called when it completes.
            scheduler: For operators that were given none; the client's, if this is none either.

        Returns:
            The subscription; `dispose` ends it at once and releases all that belongs to it.
        """
        guard: Guard[T] = Guard(self._context, self.name, *callbacks(on_next, on_error, on_completed))
        guard.attach(self._subscribe_guard(guard, scheduler or self._context.scheduler.guarded(guard.fail)))
        return guard

    def _subscribe_guard(self, guard: Guard[T], scheduler: SchedulerBase) -> DisposableBase:
        return super().subscribe(guard.on_next, guard.on_error, guard.on_completed, scheduler=scheduler)

    @overload  # type: ignore[override]  # neither checker sees that a narrower result fits
    def pipe(self) -> Self: ...
    @overload
    def pipe(self, a: Stage[Observable[T], ConnectableObservable[R]], /) -> Connectable[R]: ...
    @overload
    def pipe(self, a: Stage[Observable[T], Observable[R]], /) -> LoopObservable[R]: ...
    @overload
    def pipe(self, a: Stage[Observable[T], R], /) -> R: ...
    @overload
    def pipe(self, a: Stage[Observable[T], A], b: Stage[A, ConnectableObservable[R]], /) -> Connectable[R]: ...
    @overload
    def pipe(self, a: Stage[Observable[T], A], b: Stage[A, Observable[R]], /) -> LoopObservable[R]: ...
    @overload
    def pipe(self, a: Stage[Observable[T], A], b: Stage[A, R], /) -> R: ...
    @overload
    def pipe(
        self, a: Stage[Observable[T], A], b: Stage[A, B], c: Stage[B, ConnectableObservable[R]], /
    ) -> Connectable[R]: ...
    @overload
    def pipe(self, a: Stage[Observable[T], A], b: Stage[A, B], c: Stage[B, Observable[R]], /) -> LoopObservable[R]: ...
    @overload
    def pipe(self, a: Stage[Observable[T], A], b: Stage[A, B], c: Stage[B, R], /) -> R: ...
    @overload
    def pipe(
        self, a: Stage[Observable[T], A], b: Stage[A, B], c: Stage[B, C], d: Stage[C, ConnectableObservable[R]], /
    ) -> Connectable[R]: ...
    @overload
    def pipe(
        self, a: Stage[Observable[T], A], b: Stage[A, B], c: Stage[B, C], d: Stage[C, Observable[R]], /
    ) -> LoopObservable[R]: ...
    @overload
    def pipe(self, a: Stage[Observable[T], A], b: Stage[A, B], c: Stage[B, C], d: Stage[C, R], /) -> R: ...
    @overload
    def pipe(
        self,
        a: Stage[Observable[T], A],
        b: Stage[A, B],
        c: Stage[B, C],
        d: Stage[C, D],
        e: Stage[D, ConnectableObservable[R]],
        /,
    ) -> Connectable[R]: ...
    @overload
    def pipe(
        self, a: Stage[Observable[T], A], b: Stage[A, B], c: Stage[B, C], d: Stage[C, D], e: Stage[D, Observable[R]], /
    ) -> LoopObservable[R]: ...
    @overload
    def pipe(
        self, a: Stage[Observable[T], A], b: Stage[A, B], c: Stage[B, C], d: Stage[C, D], e: Stage[D, R], /
    ) -> R: ...
    @overload
    def pipe(
        self,
        a: Stage[Observable[T], A],
        b: Stage[A, B],
        c: Stage[B, C],
        d: Stage[C, D],
        e: Stage[D, E],
        f: Stage[E, ConnectableObservable[R]],
        /,
    ) -> Connectable[R]: ...
    @overload
    def pipe(
        self,
        a: Stage[Observable[T], A],
        b: Stage[A, B],
        c: Stage[B, C],
        d: Stage[C, D],
        e: Stage[D, E],
        f: Stage[E, Observable[R]],
        /,
    ) -> LoopObservable[R]: ...
    @overload
    def pipe(
        self,
        a: Stage[Observable[T], A],
        b: Stage[A, B],
        c: Stage[B, C],
        d: Stage[C, D],
        e: Stage[D, E],
        f: Stage[E, R],
        /,
    ) -> R: ...
    @overload
    def pipe(
        self,
        a: Stage[Observable[T], A],
        b: Stage[A, B],
        c: Stage[B, C],
        d: Stage[C, D],
        e: Stage[D, E],
        f: Stage[E, F],
        g: Stage[F, ConnectableObservable[R]],
        /,
    ) -> Connectable[R]: ...
    @overload
    def pipe(
        self,
        a: Stage[Observable[T], A],
        b: Stage[A, B],
        c: Stage[B, C],
        d: Stage[C, D],
        e: Stage[D, E],
        f: Stage[E, F],
        g: Stage[F, Observable[R]],
        /,
    ) -> LoopObservable[R]: ...
    @overload
    def pipe(
        self,
        a: Stage[Observable[T], A],
        b: Stage[A, B],
        c: Stage[B, C],
        d: Stage[C, D],
        e: Stage[D, E],
        f: Stage[E, F],
        g: Stage[F, R],
        /,
    ) -> R: ...
    def pipe(self, *operators: Stage[Any, Any]) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Compose operators left to right; see `reactivex.Observable.pipe`. The result stays on this loop."""
        made: Any
        made = source = self._pipe_source()
        for operator in operators:
            made = operator(made)
            self._keep_time(made)
        return self if made is source else self._supplied(made)

    def _pipe_source(self) -> Observable[T]:
        """Return what operators are to be applied to."""
        return self

    def _keep_time(self, made: object) -> None:
        """Let a `replay` that was given no scheduler, and so has the wall clock, keep time by the loop's."""
        subject: object = getattr(made, "subject", None)
        if isinstance(subject, ReplaySubject) and isinstance(subject.scheduler, CurrentThreadScheduler):
            subject.scheduler = self._context.scheduler

    def _supplied(self, made: object) -> object:
        """Return what operators made, its Observables wrapped."""
        if isinstance(made, list):  # `partition` makes two
            return [self._supplied(one) for one in cast("list[object]", made)]
        kind: object = type(made)
        if kind is ConnectableObservable:
            return Connectable(cast("ConnectableObservable[Any]", made), self._context, self.name)
        if kind is Observable:
            return Piped(cast("Observable[Any]", made), self._context, self.name)
        return made  # a future, or a class of its own, which knows what it does

    # The fluent methods of every day, for checkers: that they give one of these, and, of some, what its values are.
    if TYPE_CHECKING:

        def map(self, mapper: Mapper[T, R]) -> LoopObservable[R]:
            """Make another value of each."""
            ...

        @overload
        def flat_map(self, mapper: Mapper[T, Observable[R]]) -> LoopObservable[R]: ...
        @overload
        def flat_map(self, mapper: None = None) -> LoopObservable[object]: ...
        def flat_map(self, mapper: Mapper[T, Observable[Any]] | None = None) -> LoopObservable[Any]:
            """Merge what is made of each value."""
            ...

        def switch_map(self, project: Mapper[T, Observable[R]]) -> LoopObservable[R]:
            """Follow what is made of the newest value."""
            ...

        @overload
        def scan(self, accumulator: Accumulator[T, T]) -> LoopObservable[T]: ...
        @overload
        def scan(self, accumulator: Accumulator[R, T], seed: R) -> LoopObservable[R]: ...
        def scan(self, accumulator: Accumulator[Any, T], seed: Any = None) -> LoopObservable[Any]:
            """Emit what has been accumulated, value by value."""
            ...

        def filter(self, predicate: Predicate[T]) -> LoopObservable[T]:
            """Let through what fulfils a condition."""
            ...

        def distinct_until_changed(
            self, key_mapper: Mapper[T, Any] | None = None, comparer: Comparer[Any] | None = None
        ) -> LoopObservable[T]:
            """Let through what differs from the value before."""
            ...

        def take(self, count: int) -> LoopObservable[T]:
            """Complete after some values."""
            ...

        def take_until(self, other: Observable[Any]) -> LoopObservable[T]:
            """Complete when another Observable emits."""
            ...

        def skip(self, count: int) -> LoopObservable[T]:
            """Leave out the first values."""
            ...

        def merge(self, *sources: Observable[T], max_concurrent: int | None = None) -> LoopObservable[T]:
            """Emit the values of other Observables as well."""
            ...

        def do_action(
            self,
            on_next: OnNext[T] | None = None,
            on_error: OnError | None = None,
            on_completed: OnCompleted | None = None,
        ) -> LoopObservable[T]:
            """Look on."""
            ...

        def debounce(self, duetime: RelativeTime, scheduler: SchedulerBase | None = None) -> LoopObservable[T]:
            """Emit the newest value after silence."""
            ...

        def delay(self, duetime: RelativeTime, scheduler: SchedulerBase | None = None) -> LoopObservable[T]:
            """Emit everything later."""
            ...

        def timeout(
            self,
            duetime: AbsoluteOrRelativeTime,
            other: Observable[T] | None = None,
            scheduler: SchedulerBase | None = None,
        ) -> LoopObservable[T]:
            """Fail, or go on with another Observable, after silence."""
            ...

        def retry(self, retry_count: int | None = None) -> LoopObservable[T]:
            """Subscribe again after an error."""
            ...

        def share(self) -> LoopObservable[T]:
            """Subscribe once for all observers."""
            ...

    def __await__(self) -> Generator[Any, None, T]:
        """Subscribe, and return the last value.

        Raises:
            Exception: What it fails with; `SequenceContainsNoElementsError` if it completes without a value.
        """
        ended = self._context.scheduler.loop.create_future()
        values: list[T] = []
        errors: list[Exception] = []

        def on_next(value: T) -> None:
            values[:] = (value,)

        def on_error(error: Exception) -> None:
            errors.append(error)
            on_completed()

        def on_completed() -> None:
            if not ended.done():
                ended.set_result(None)

        with self.subscribe(on_next, on_error, on_completed):
            yield from ended
        if errors:
            raise errors[0]
        if not values:
            raise SequenceContainsNoElementsError
        return values[0]

    def __aiter__(self) -> Iteration[T]:
        """Subscribe, and give the values by `async for`, of which at most 1,000 may wait."""
        return iterate(self)

    def __iter__(self) -> NoReturn:
        raise TypeError(f"{self.name} cannot be iterated over at once: use `async for`, or `subscribe`")

    def run(self, scheduler: SchedulerBase | None = None) -> NoReturn:
        """Refuse: to wait here would stop the loop that everything runs on.

        Raises:
            TypeError: Always.
        """
        raise TypeError(f"{self.name} cannot be run to its end at once: await it, or use `async for`")


def _through_pipe(name: str) -> Callable[..., Any]:
    """Return the fluent method *name* of reactivex, built on `pipe` like all the others."""
    stock = getattr(Observable, name)

    def method(self: LoopObservable[Any], *args: Any, **kwargs: Any) -> Any:
        return self.pipe(lambda source: stock(source, *args, **kwargs))

    method.__name__ = name
    method.__doc__ = stock.__doc__
    return method


for _name in _NO_PIPE:
    setattr(LoopObservable, _name, _through_pipe(_name))


class _Supplied(Observable[T]):
    """A piped chain for further operators: supplies the scheduler, but needs no guard, since its observer has one."""

    def __init__(self, inner: Observable[T], context: Context) -> None:
        super().__init__()
        self._inner = inner
        self._context = context

    def subscribe(
        self,
        on_next: ObserverBase[T] | OnNext[T] | None = None,
        on_error: OnError | None = None,
        on_completed: OnCompleted | None = None,
        *,
        scheduler: SchedulerBase | None = None,
    ) -> DisposableBase:
        """Subscribe the chain."""
        return self._inner.subscribe(on_next, on_error, on_completed, scheduler=scheduler or self._context.scheduler)


class Piped(LoopObservable[T]):
    """A chain on an Observable of a client.

    Args:
        inner: The chain as the operators made it.
        context: The client's scheduler, and where faults go.
        name: Name of what the chain begins with.
    """

    __slots__ = ("_inner",)

    def __init__(self, inner: Observable[T], context: Context, name: str) -> None:
        super().__init__(context, name)
        self._inner = inner

    def _subscribe_guard(self, guard: Guard[T], scheduler: SchedulerBase) -> DisposableBase:
        return self._inner.subscribe(guard.on_next, guard.on_error, guard.on_completed, scheduler=scheduler)

    def _pipe_source(self) -> Observable[T]:
        return _Supplied(self._inner, self._context)


class Connectable(ConnectableObservable[T], LoopObservable[T]):
    """A connectable chain on an Observable of a client, as `publish`, `replay` and `multicast` make it.

    Args:
        inner: The chain as the operators made it.
        context: The client's scheduler, and where faults go.
        name: Name of what the chain begins with.
    """

    def __init__(self, inner: ConnectableObservable[T], context: Context, name: str) -> None:
        super(ConnectableObservable, self).__init__(context, name)
        self.source = inner.source
        self.subject = inner.subject
        self.has_subscription = False
        self.subscription = None

    def connect(self, scheduler: SchedulerBase | None = None) -> DisposableBase | None:
        """Subscribe the source; see `reactivex.ConnectableObservable.connect`."""
        return super().connect(scheduler or self._context.scheduler)

    def auto_connect(self, subscriber_count: int = 1) -> Observable[T]:
        """Connect with an observer; see `reactivex.ConnectableObservable.auto_connect`."""
        return cast("Observable[T]", self._supplied(super().auto_connect(subscriber_count)))
