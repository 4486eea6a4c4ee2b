"""An operator of ours and what comes nearest to it, on the same input, each in a turn of its own.

The input comes in bursts. Between two of them passes a second of a loop that does not wait: its clock jumps to the next
timer, so that what timers cost is counted, and nothing depends on how busy the machine is.
"""

from __future__ import annotations

import asyncio
import gc
import selectors
import tracemalloc
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from time import process_time
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase
from reactivex.disposable import Disposable

from benchmarks.harness import Contender

__all__ = ["PAUSE", "Duel", "Side", "Sink", "Source", "contender", "piped", "play", "weigh"]

R = TypeVar("R")

PAUSE: Final = 1.0
"""Seconds from one burst to the next, and four times as many before the first and after the last."""


class _Selector(selectors.DefaultSelector):
    """Lets time pass instead of waiting."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "nothing will ever happen"
        self.now += max(0.0, timeout)
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    """The stock loop without waiting. That of the testing kit writes down each timer, which would be counted."""

    def __init__(self) -> None:
        self._clock = _Selector()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now


class Source(Observable[Any]):
    """Hands values to whoever has subscribed, and does nothing else.

    Attributes:
        sent: How many there were.
    """

    def __init__(self) -> None:
        super().__init__()
        self.sent = 0
        self._observers: tuple[tuple[Callable[[Any], None], Callable[[], None] | None], ...] = ()

    def subscribe(
        self, on_next: Any = None, on_error: Any = None, on_completed: Any = None, **_options: Any
    ) -> DisposableBase:
        """Add an observer."""
        observer = (
            (on_next.on_next, on_next.on_completed) if isinstance(on_next, ObserverBase) else (on_next, on_completed)
        )
        self._observers += (observer,)
        return Disposable(partial(self._leave, observer))

    def send(self, values: Iterable[Any]) -> None:
        """Hand values to all."""
        for value in values:
            self.sent += 1
            for on_next, _ in self._observers:
                on_next(value)

    def complete(self) -> None:
        """Tell all that there are no more."""
        for _, on_completed in self._observers:
            if on_completed is not None:
                on_completed()

    def _leave(self, observer: Any) -> None:
        self._observers = tuple(each for each in self._observers if each is not observer)


class Sink:
    """Takes what an operator emits.

    Args:
        keep: How many values are kept, the last ones; None keeps all.

    Attributes:
        count: How many there were.
        kept: Those that are kept.
        ended: Done with the end.
    """

    def __init__(self, keep: int | None) -> None:
        self.count = 0
        self.kept: deque[Any] = deque(maxlen=keep)
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def take(self, value: Any) -> None:
        """Take one."""
        self.count += 1
        self.kept.append(value)

    def end(self) -> None:
        """Take that there are no more."""
        self.ended.set_result(None)

    def fail(self, error: Exception) -> None:
        """Take that it has failed."""
        self.ended.set_exception(error)


Start: TypeAlias = Callable[[Source, Sink], object]
"""Lets what a source sends come to a sink; what it returns is kept until the end."""


def piped(*make: Callable[[], Callable[[Observable[Any]], Observable[Any]]]) -> Start:
    """Return what pipes a source through operators, each made for the turn."""

    def start(source: Source, sink: Sink) -> DisposableBase:
        made: Observable[Any] = source
        for each in make:
            made = each()(made)
        return made.subscribe(sink.take, sink.fail, sink.end)

    return start


class Side(NamedTuple):
    """Ours, or the peer.

    Attributes:
        name: What it is called.
        start: Begins a turn.
        read: Makes of the sink what has to be as expected.
        keep: As for `Sink`.
    """

    name: str
    start: Start
    read: Callable[[Sink], Any]
    keep: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duel:
    """Both, and what they are given.

    Attributes:
        ours: Our operator.
        theirs: What one would compose instead.
        bursts: The input.
        expected: What both have to come to.
        flaw: Where the peer cannot come to that, tells of what it has come to what is wrong with it.
        amount: How many values the cost is divided by; by default those of the input.
        weighed: Values after which it is weighed what is kept; empty where it is not.
        keys: How many keys those have.
        rxjs: What it is called in RxJS, or None where there is nothing.
    """

    ours: Side
    theirs: Side
    bursts: Sequence[Sequence[Any]]
    expected: Any
    flaw: Callable[[Any], str] | None = None
    amount: int = 0
    weighed: Sequence[Any] = ()
    keys: int = 0
    rxjs: str | None = None

    @property
    def values(self) -> int:
        """How many values the cost is divided by."""
        return self.amount or sum(map(len, self.bursts))


def contender(duel: Duel, side: Side) -> Contender:
    """Return what takes a turn of one side and tells the seconds of a value."""

    async def take() -> float:
        seconds, result = await asyncio.to_thread(play, duel, side)
        if side is duel.ours or duel.flaw is None:
            assert result == duel.expected, f"{side.name}: {result} instead of {duel.expected}"
        return seconds / duel.values

    return take


def play(duel: Duel, side: Side) -> tuple[float, Any]:
    """Return the seconds of a turn, and what it has come to."""

    async def turn() -> tuple[float, Any]:
        sink, source = Sink(side.keep), Source()
        begin = process_time()
        held = side.start(source, sink)
        await asyncio.sleep(4 * PAUSE)
        for burst in duel.bursts:
            source.send(burst)
            await asyncio.sleep(PAUSE)
        await asyncio.sleep(4 * PAUSE)
        source.complete()
        await sink.ended
        seconds = process_time() - begin
        del held
        return seconds, side.read(sink)

    return _run(turn)


def weigh(duel: Duel, side: Side) -> float:
    """Return the bytes that one side keeps for each key."""

    async def turn() -> float:
        sink, source = Sink(0), Source()
        before = _allocated()
        held = side.start(source, sink)
        source.send(duel.weighed)
        weight = _allocated() - before
        source.complete()
        await sink.ended
        del held
        return weight / duel.keys

    tracemalloc.start()
    try:
        return _run(turn)
    finally:
        tracemalloc.stop()


def _allocated() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def _run(turn: Callable[[], Coroutine[None, None, R]]) -> R:
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(turn())
