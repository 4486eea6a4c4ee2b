"""Marble tests on a virtual loop, for any Observable: ours, stock ones, and those of a `World`.

Example:
    from reactivex import operators as ops
    from rxconvo.testing import Marbles

    marbles = Marbles()
    keys = marbles.hot("          ab---c-------|")
    shown = marbles.expect(keys.pipe(ops.debounce(2.0)))
    shown.to_be("                 ---b---c-----|")
    marbles.expect_spans(keys, "^------------!")
    await marbles.flush()
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar, cast, overload

from reactivex import Observable, abc
from reactivex.abc import DisposableBase
from reactivex.disposable import Disposable
from reactivex.subject import Subject

from rxconvo.errors import RxconvoError
from rxconvo.streams import current_scheduler
from rxconvo.testing.diagrams import Diagram, Mark, Span, aligned, parse, parse_span
from rxconvo.testing.loop import settle

__all__ = ["Expectation", "MarbleError", "Marbles", "Source"]

T = TypeVar("T")

_FIGURES = 6
_NAMES = "1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SUBSCRIBE, _DISPOSE, _EMIT, _ACT = range(4)  # in this order at the same moment


class MarbleError(RxconvoError, AssertionError):
    """What was seen is not what was expected."""


class Source(Observable[T]):
    """An Observable made from a diagram, which knows when it was subscribed to.

    Attributes:
        spans: When, in the order of subscription; seconds after the start.
    """

    def __init__(
        self, marbles: Marbles, subscribe: Callable[[abc.ObserverBase[T], abc.SchedulerBase | None], DisposableBase]
    ) -> None:
        self.spans: list[Span] = []

        def watched(observer: abc.ObserverBase[T], scheduler: abc.SchedulerBase | None = None) -> DisposableBase:
            position, began = len(self.spans), marbles.now
            self.spans.append(Span(began))
            inner = subscribe(observer, scheduler)

            def end() -> None:
                self.spans[position] = Span(began, marbles.now)
                inner.dispose()

            return Disposable(end)

        super().__init__(watched)


class Expectation:
    """What an Observable has to do. Made by `Marbles.expect`.

    Attributes:
        seen: What it has done: the moment, the kind (`next`, `error`, `completed`), the value.
    """

    def __init__(self, tick: float) -> None:
        self.seen: list[tuple[float, str, Any]] = []
        self._tick = tick
        self._expected: Diagram | None = None
        self._values: Mapping[str, Any] = {}
        self._error: BaseException | type[BaseException] | None = None

    def to_be(
        self,
        diagram: str,
        values: Mapping[str, Any] | None = None,
        *,
        error: BaseException | type[BaseException] | None = None,
    ) -> None:
        """Say what must be seen, which `flush` then compares.

        Args:
            diagram: When what has to happen; `flush` lasts as long as the longest of them.
            values: What the names stand for; a name that is not among them stands for itself.
            error: What `#` is: an exception of the same type and arguments, or any of a type. None is any at all.

        Raises:
            ArgumentError: The diagram is none.
        """
        self._expected = parse(diagram, tick=self._tick)
        self._values = values or {}
        self._error = error

    @property
    def end(self) -> float:
        """Seconds after the start at which all that is expected has happened."""
        return 0.0 if self._expected is None else self._expected.end

    def difference(self) -> str | None:
        """Return in what way it was not so, on two lines that are aligned and a legend; None where it was."""
        if self._expected is None:
            return None
        expected = self._expected.marks
        legend: dict[str, str] = {}
        seen = [self._named(each, legend) for each in self.seen]
        if tuple(seen) == expected:
            return None
        first, second = aligned(expected, seen, tick=self._tick)
        at = next((at for at, (one, other) in enumerate(zip(first, second, strict=True)) if one != other), len(first))
        legend |= {mark.name: repr(self._values[mark.name]) for mark in expected if mark.name in self._values}
        names = "".join(f"\n  {name} is {text}" for name, text in legend.items())
        return f"expected  {first}\nseen      {second}\n          {' ' * at}^{names}"

    def _named(self, seen: tuple[float, str, Any], legend: dict[str, str]) -> Mark:
        """Make a mark of what was seen: with the name of its value, or a new one that the legend explains."""
        at, kind, value = seen
        if kind == "completed":
            return Mark(at, "completed")
        if kind == "error":
            if not self._is_expected(value):
                legend["#"] = repr(value)
                return Mark(at, "next", "#")
            return Mark(at, "error")
        names = dict.fromkeys(mark.name for mark in (self._expected.marks if self._expected else ()) if mark.name)
        for name in [*names, *self._values]:
            if _same(self._values.get(name, name), value):
                return Mark(at, "next", name)
        known = next((name for name, text in legend.items() if text == repr(value)), None)
        name = known or next(name for name in _NAMES if name not in {*names, *legend, *self._values})
        legend[name] = repr(value)
        return Mark(at, "next", name)

    def _is_expected(self, error: BaseException) -> bool:
        if self._error is None:
            return True
        if isinstance(self._error, type):
            return isinstance(error, self._error)
        return (type(error), error.args) == (type(self._error), self._error.args)


class Marbles:
    """Plays diagrams on the running virtual loop, and compares what comes of them.

    First say what there is (`hot`, `cold`, `act`) and what must be seen (`expect`, `expect_spans`); then `flush` lets
    it happen. At the same moment subscribing comes first, then disposing, then what sources emit, then acts; timers
    of operators may come before or after.

    Args:
        tick: Seconds that a mark takes.
    """

    def __init__(self, *, tick: float = 1.0) -> None:
        self.tick = tick
        self._loop = asyncio.get_running_loop()
        self._start: float | None = None
        self._steps: list[tuple[float, int, Callable[[], object]]] = []
        self._expectations: list[Expectation] = []
        self._spans: list[tuple[Source[Any], list[Span]]] = []
        self._subscriptions: list[DisposableBase] = []
        self._doing: list[asyncio.Future[object]] = []

    @property
    def now(self) -> float:
        """Seconds since the start; 0.0 before it."""
        return 0.0 if self._start is None else round(self._loop.time() - self._start, _FIGURES)

    @property
    def pending(self) -> bool:
        """Whether something is expected that `flush` has not compared."""
        return bool(self._expectations or self._spans)

    @overload
    def hot(self, diagram: str, *, error: Exception | None = None) -> Source[str]: ...
    @overload
    def hot(self, diagram: str, values: Mapping[str, T], *, error: Exception | None = None) -> Source[T]: ...
    def hot(
        self, diagram: str, values: Mapping[str, Any] | None = None, *, error: Exception | None = None
    ) -> Source[Any]:
        """Make an Observable that emits whether or not somebody observes it.

        Args:
            diagram: When what.
            values: What the names stand for; without it each stands for itself.
            error: What `#` is.

        Raises:
            ArgumentError: The diagram is none.
        """
        subject: Subject[Any] = Subject()
        for mark in parse(diagram, tick=self.tick).marks:
            self._steps.append((mark.at, _EMIT, lambda mark=mark: _emit(subject, mark, values, error)))  # type: ignore[misc]
        return Source(self, lambda observer, scheduler: subject.subscribe(observer, scheduler=scheduler))

    @overload
    def cold(self, diagram: str, *, error: Exception | None = None) -> Source[str]: ...
    @overload
    def cold(self, diagram: str, values: Mapping[str, T], *, error: Exception | None = None) -> Source[T]: ...
    def cold(
        self, diagram: str, values: Mapping[str, Any] | None = None, *, error: Exception | None = None
    ) -> Source[Any]:
        """Make an Observable that begins anew for each observer.

        Args:
            diagram: When what, after the subscription.
            values: What the names stand for; without it each stands for itself.
            error: What `#` is.

        Raises:
            ArgumentError: The diagram is none.
        """
        marks = parse(diagram, tick=self.tick).marks

        def subscribe(observer: abc.ObserverBase[Any], _scheduler: abc.SchedulerBase | None) -> DisposableBase:
            timers = [self._loop.call_later(mark.at, _emit, observer, mark, values, error) for mark in marks if mark.at]
            for mark in marks:
                if not mark.at:
                    _emit(observer, mark, values, error)

            def end() -> None:
                for timer in timers:
                    timer.cancel()

            return Disposable(end)

        return Source(self, subscribe)

    def act(self, diagram: str, **acts: Callable[[], object]) -> None:
        """Have things done.

        Args:
            diagram: When what.
            acts: What the names stand for: callables. What can be awaited of what they return is awaited, by `flush`,
                which raises what comes of it.

        Raises:
            ArgumentError: The diagram is none.
            KeyError: A name stands for nothing.
        """
        for mark in parse(diagram, tick=self.tick).marks:
            self._steps.append((mark.at, _ACT, lambda act=acts[mark.name]: self._do(act)))  # type: ignore[misc]

    def expect(self, observable: abc.ObservableBase[Any], span: str | None = None) -> Expectation:
        """Observe something.

        Args:
            observable: What.
            span: From when to when: `--^---!`. Without it from this very moment to the end.

        Returns:
            What `to_be` is to be said to.

        Raises:
            ArgumentError: The span is none.
        """
        expectation = Expectation(self.tick)
        self._expectations.append(expectation)
        subscription: list[DisposableBase] = []

        def see(kind: str, value: object = None) -> None:
            expectation.seen.append((self.now, kind, value))

        def subscribe() -> None:
            subscribed = observable.subscribe(
                lambda value: see("next", value),
                lambda error: see("error", error),
                lambda: see("completed"),
                scheduler=current_scheduler(),
            )
            subscription.append(subscribed)
            self._subscriptions.append(subscribed)

        if span is None:
            subscribe()
            return expectation
        wanted = parse_span(span, tick=self.tick)
        self._steps.append((wanted.subscribed, _SUBSCRIBE, subscribe))

        def dispose() -> None:
            subscription.pop().dispose()

        if wanted.disposed is not None:
            self._steps.append((wanted.disposed, _DISPOSE, dispose))
        return expectation

    def expect_spans(self, source: Source[Any], *spans: str) -> None:
        """Say when a source must be subscribed to, which `flush` compares.

        Args:
            source: What `hot` or `cold` has made.
            spans: A diagram for each subscription, in order: `^--!`. None at all: nobody may.

        Raises:
            ArgumentError: One of the diagrams is none.
        """
        self._spans.append((source, [parse_span(span, tick=self.tick) for span in spans]))

    async def flush(self, until: float | None = None) -> None:
        """Let everything happen, from now on, and compare it with what was expected.

        Args:
            until: Seconds that it takes; as long as the longest diagram unless said otherwise.

        Raises:
            MarbleError: Something was seen that was not expected, or the other way round.
            VirtualTimeError: The running loop is no `VirtualLoop`.
        """
        self._start = self._loop.time()
        end = max((step[0] for step in self._steps), default=0.0)
        end = max([end, *(expectation.end for expectation in self._expectations)]) if until is None else until
        try:
            for at, _, step in sorted(self._steps, key=lambda step: step[:2]):
                if at > end:
                    break
                await self._reach(at)
                step()
            await self._reach(end)
            await settle()
            await asyncio.gather(*self._doing)
        finally:
            subscriptions, self._subscriptions = self._subscriptions, []
            differences = self._differences()
            for subscription in subscriptions:
                subscription.dispose()
            for doing in self._doing:
                doing.cancel()
            self._steps, self._expectations, self._spans, self._doing = [], [], [], []
        if differences:
            raise MarbleError("\n" + "\n\n".join(differences))

    async def _reach(self, at: float) -> None:
        """Let time pass until a moment."""
        assert self._start is not None  # noqa: S101 - said by `flush`
        if (left := self._start + at - self._loop.time()) > 0:
            await settle()
            await asyncio.sleep(left)

    def _do(self, act: Callable[[], object]) -> None:
        done = act()
        if inspect.isawaitable(done):
            self._doing.append(asyncio.ensure_future(_done(cast("Awaitable[object]", done))))

    def _differences(self) -> list[str]:
        found = [difference for each in self._expectations if (difference := each.difference()) is not None]
        for source, wanted in self._spans:
            if source.spans != wanted:
                rows = [(_marks(one), _marks(other)) for one, other in zip(wanted, source.spans, strict=False)]
                text = "".join("\nexpected  {}\nseen      {}".format(*aligned(*row, tick=self.tick)) for row in rows)
                found.append(f"subscribed {len(source.spans)} times, expected {len(wanted)}{text}")
        return found


async def _done(doing: Awaitable[object]) -> object:
    return await doing


def _marks(span: Span) -> Sequence[Mark]:
    end = [] if span.disposed is None else [Mark(span.disposed, "disposed")]
    return [Mark(span.subscribed, "subscribed"), *end]


def _same(expected: object, value: object) -> bool:
    """Tell whether a value is the one expected: True is not 1."""
    return type(expected) is type(value) and bool(expected == value)


def _emit(
    observer: abc.ObserverBase[Any], mark: Mark, values: Mapping[str, Any] | None, error: Exception | None
) -> None:
    """Do what a mark says."""
    if mark.kind == "completed":
        observer.on_completed()
    elif mark.kind == "error":
        observer.on_error(error or LookupError("broken"))
    else:
        observer.on_next(mark.name if values is None else values[mark.name])
