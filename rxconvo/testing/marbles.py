"""Marble tests on a virtual loop, for any Observable: ours, stock ones, and those of a `World`.

What diagrams say is explained in `rxconvo.testing.diagrams`: `-a--(bc)| 5s`.

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
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar, cast, overload

from reactivex import Observable, abc
from reactivex.abc import DisposableBase
from reactivex.disposable import Disposable
from reactivex.subject import Subject

from rxconvo.errors import ArgumentError
from rxconvo.operators._arguments import check_seconds
from rxconvo.streams import current_scheduler
from rxconvo.testing.diagrams import Mark, Span, aligned, parse, parse_span
from rxconvo.testing.expectations import Expectation, MarbleError
from rxconvo.testing.loop import settle

__all__ = ["Marbles", "Source", "no_unplayed"]

T = TypeVar("T")

_FIGURES = 6
_SUBSCRIBE, _DISPOSE, _EMIT, _ACT = range(4)  # in this order at the same moment


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


_BOOKS: list[_Book] = []
"""Those of the blocks of `no_unplayed` that run, the innermost last."""


class _Book:
    """What was begun within a block, and is to be brought to its end.

    Attributes:
        marbles: Those with diagrams that have not been played.
        expectations: What was played, and has to be compared or looked at.
    """

    def __init__(self) -> None:
        self.marbles: dict[Marbles, None] = {}
        self.expectations: list[Expectation] = []


@contextmanager
def no_unplayed() -> Generator[None]:
    """Fail if diagrams of `Marbles` made within the block are never played, or if nothing comes of an expectation.

    Raises:
        MarbleError: On leaving the block. Not if it raised: then that counts.
    """
    __tracebackhide__ = True  # where it was noticed is of no interest
    book = _Book()
    _BOOKS.append(book)
    try:
        yield
    finally:
        _BOOKS.remove(book)
    if unplayed := [diagram for each in book.marbles for diagram in each.unplayed]:
        raise MarbleError(f"never played, as `flush` was not awaited: {', '.join(unplayed)}")
    if any(expectation.vain for expectation in book.expectations):
        raise MarbleError("an `expect` to which nothing was said: say `to_be` before `flush`, or look at its `seen`")


class Marbles:
    """Plays diagrams on the running virtual loop, and compares what comes of them.

    First say what there is (`hot`, `cold`, `act`) and what must be seen (`expect`, `expect_spans`); then `flush` lets
    it happen. At the same moment subscribing comes first, then disposing, then what sources emit, then acts; timers
    of operators may come before or after.

    In a diagram each mark takes a tick: `-` is nothing, `a` a value by its name, `(bc)` several at the same moment,
    `|` completion, `#` an error, and `5s` between blanks time that passes. `rxconvo.testing.diagrams` tells the rest.

    The plugin and `run` fail where diagrams were never played, and where nothing came of an expectation.

    Args:
        tick: Seconds that a mark takes.

    Raises:
        ArgumentError: `tick` is no finite number above 0.
        RuntimeError: No loop is running.
    """

    def __init__(self, *, tick: float = 1.0) -> None:
        self.tick = check_seconds("tick", tick)
        self._loop = asyncio.get_running_loop()
        self._start: float | None = None
        self._steps: list[tuple[float, int, Callable[[], object]]] = []
        self._expectations: list[Expectation] = []
        self._spans: list[tuple[Source[Any], list[Span]]] = []
        self._subscriptions: list[DisposableBase] = []
        self._doing: list[asyncio.Future[object]] = []
        self._said: list[str] = []
        self._book = _BOOKS[-1] if _BOOKS else None

    @property
    def now(self) -> float:
        """Seconds since the start; 0.0 before it."""
        return 0.0 if self._start is None else round(self._loop.time() - self._start, _FIGURES)

    @property
    def pending(self) -> bool:
        """Whether there are diagrams that `flush` has not played."""
        return bool(self._said)

    @property
    def unplayed(self) -> Sequence[str]:
        """The diagrams that `flush` has not played, each as it was said."""
        return tuple(self._said)

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
        marks = parse(diagram, tick=self.tick).marks
        self._say("hot", diagram)
        for mark in marks:
            self._steps.append((mark.at, _EMIT, partial(_emit, subject, mark, values, error)))
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
            ArgumentError: The diagram is none, an act is no callable, or its name is not in the diagram.
            KeyError: A name stands for nothing.
        """
        marks = parse(diagram, tick=self.tick).marks
        names = {mark.name for mark in marks}
        for name, act in acts.items():
            if name not in names:
                raise ArgumentError("acts", f"those of the diagram {diagram!r}", name)
            if not callable(act):
                raise ArgumentError(name, "a callable, as `ada.send_typing` or `lambda: ada.send_message(…)`", act)
        self._steps += [(mark.at, _ACT, partial(self._do, acts[mark.name])) for mark in marks]
        self._say("act", diagram)

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
        wanted = None if span is None else parse_span(span, tick=self.tick)
        expectation = Expectation(self.tick)
        subscription: list[DisposableBase] = []

        def see(kind: str, value: object = None) -> None:
            expectation.note(self.now, kind, value)

        def subscribe() -> None:
            subscribed = observable.subscribe(
                lambda value: see("next", value),
                lambda error: see("error", error),
                lambda: see("completed"),
                scheduler=current_scheduler(),
            )
            subscription.append(subscribed)
            self._subscriptions.append(subscribed)

        self._say("expect", span)
        self._expectations.append(expectation)
        if wanted is None:
            subscribe()
            return expectation
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
        self._say("expect_spans", *spans)

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
            differences = self._differences()
            wrong = [each.unexpected for each in self._expectations if each.unexpected and each.difference()]
            if self._book is not None:
                self._book.expectations += self._expectations
            self.drop()
        if differences:
            raise MarbleError("\n" + "\n\n".join(differences)) from next(iter(wrong), None)

    def drop(self) -> None:
        """Let go of all that was said, as after a failure: it is neither played nor compared."""
        subscriptions, self._subscriptions = self._subscriptions, []
        for subscription in subscriptions:
            subscription.dispose()
        for doing in self._doing:
            doing.cancel()
        for expectation in self._expectations:
            expectation.close()
        self._steps, self._expectations, self._spans, self._doing, self._said = [], [], [], [], []
        if self._book is not None:
            self._book.marbles.pop(self, None)

    def _say(self, what: str, *diagrams: str | None) -> None:
        """Note that a diagram is to be played."""
        self._said.append(f"{what}({', '.join(repr(each) for each in diagrams if each is not None)})")
        if self._book is not None:
            self._book.marbles[self] = None

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
