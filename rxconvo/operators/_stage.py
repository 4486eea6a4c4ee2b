"""What most operators are made of: a subscription that does one thing at a time.

The work itself is a function that returns what is to be emitted. So the state is complete before anybody hears of it,
what observers cause from within comes after, and what such a function raises is told apart from what an observer does.
What waits owns a `Timer`, or deadlines of its own; what is piped onto thousands of conversations is `Timed` instead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Generic, NoReturn, TypeVar, TypeVarTuple

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable, SingleAssignmentDisposable

from rxconvo.streams.guard import ignore

__all__ = ["Stage", "folding", "nothing", "staged"]

A = TypeVar("A")
B = TypeVar("B")
Ts = TypeVarTuple("Ts")


def nothing(_: object = None) -> tuple[()]:
    """Do nothing, emit nothing."""
    return ()


class Stage(DisposableBase, Generic[B]):
    """One subscription of an operator.

    Args:
        observer: Gets what is emitted.
    """

    __slots__ = ("_busy", "_observer", "_subscriptions", "_waiting")

    def __init__(self, observer: ObserverBase[B]) -> None:
        self._observer: ObserverBase[B] | None = observer
        self._subscriptions = CompositeDisposable()
        self._waiting: deque[tuple[Callable[..., Iterable[B]], tuple[Any, ...], bool]] = deque()
        self._busy = False

    @property
    def ended(self) -> bool:
        """Whether nobody listens any more."""
        return self._observer is None

    def own(self, disposable: DisposableBase) -> None:
        """Release something with this subscription."""
        self._subscriptions.add(disposable)

    def follow(
        self,
        source: Observable[A],
        take: Callable[[A], Iterable[B]],
        scheduler: SchedulerBase | None,
        *,
        completed: Callable[[], None] = ignore,
    ) -> None:
        """Subscribe an Observable, unless this has ended. Its error ends this subscription.

        Args:
            source: The Observable.
            take: Gets its values; returns what to emit.
            scheduler: That given to `subscribe`.
            completed: Called when it completes.
        """
        if self.ended:
            return
        subscription = SingleAssignmentDisposable()
        self.own(subscription)

        def on_next(value: A) -> None:
            self._put(take, (value,), last=False)

        subscription.disposable = source.subscribe(on_next, self.fail, completed, scheduler=scheduler)

    def run(self, work: Callable[[*Ts], Iterable[B]], *arguments: *Ts) -> None:
        """Emit what *work* returns for the arguments; if something runs already, after that."""
        self._put(work, arguments, last=False)

    def finish(self, work: Callable[[], Iterable[B]] = nothing) -> None:
        """Emit what *work* returns, then complete; if something runs already, after that."""
        self._put(work, (), last=True)

    def fail(self, error: Exception) -> None:
        """End with an error; if something runs already, after that."""
        self._put(_raise, (error,), last=False)

    def dispose(self) -> None:
        """Release everything; nothing is emitted any more, at once."""
        self._observer = None
        self._waiting.clear()
        self._subscriptions.dispose()

    def _put(self, work: Callable[..., Iterable[B]], arguments: tuple[Any, ...], *, last: bool) -> None:
        waiting = self._waiting
        if self._busy:
            waiting.append((work, arguments, last))
            return
        self._busy = True
        try:
            if waiting:  # left over, as an observer has raised
                waiting.append((work, arguments, last))
            else:
                self._do(work, arguments, last)
            while waiting:
                self._do(*waiting.popleft())
        finally:
            self._busy = False

    def _do(self, work: Callable[..., Iterable[B]], arguments: tuple[Any, ...], last: bool) -> None:  # noqa: FBT001 - as it was put
        observer = self._observer
        if observer is None:
            return
        try:
            values = tuple(work(*arguments))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the observer's
            self.dispose()
            observer.on_error(error)
            return
        for value in values:
            if self._observer is None:  # by what it did
                return
            observer.on_next(value)
        if last and not self.ended:
            self.dispose()
            observer.on_completed()


def _raise(error: Exception) -> NoReturn:
    raise error


def staged(
    start: Callable[[Stage[B], Observable[A], SchedulerBase | None], None],
) -> Callable[[Observable[A]], Observable[B]]:
    """Return an operator.

    Args:
        start: Begins a subscription: gets its stage, the source and the scheduler given to `subscribe`.
    """

    def operator(source: Observable[A]) -> Observable[B]:
        def subscribe(observer: ObserverBase[B], scheduler: SchedulerBase | None = None) -> DisposableBase:
            stage = Stage(observer)
            start(stage, source, scheduler)
            return stage

        return Observable(subscribe)

    return operator


def folding(make: Callable[[], Callable[[A], Iterable[B]]]) -> Callable[[Observable[A]], Observable[B]]:
    """Return an operator that takes one value after the other and completes with its source.

    Args:
        make: Makes for each subscription what gets the values and returns what to emit.
    """

    def start(stage: Stage[B], source: Observable[A], scheduler: SchedulerBase | None) -> None:
        stage.follow(source, make(), scheduler, completed=stage.finish)

    return staged(start)
