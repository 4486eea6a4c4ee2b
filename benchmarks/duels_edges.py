"""Operators where values come in from elsewhere, or go wrong, and what comes nearest to each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any, Final

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase, ObserverBase
from reactivex.disposable import CompositeDisposable, Disposable

from benchmarks.duel import PAUSE, Duel, Side, Sink, Source
from benchmarks.duels_input import Event, Size, events
from rxconvo import operators as chat
from rxconvo.emitter import EventEmitter

__all__ = ["duels"]

_NAME: Final = "told"
_GOOD: Final = 9
"""Values between two that fail."""


def duels(size: Size) -> Iterable[Duel]:
    """Return them."""
    bursts = events(size)
    numbers = list(range(size.values))
    yield Duel(
        ours=Side("from_emitter", lambda source, sink: _listened(source, sink, chat.from_emitter), _numbers),
        theirs=Side("reactivex.create", lambda source, sink: _listened(source, sink, _from_events), _numbers),
        bursts=bursts,
        expected=numbers,
        rxjs="fromEvent",
    )
    yield Duel(
        ours=Side("from_async_iter", _iterating(bursts, chat.from_async_iter), _numbers),
        theirs=Side("reactivex.create, a burst holds up the loop", _iterating(bursts, _from_iterator), _numbers),
        bursts=bursts,
        expected=numbers,
        rxjs="from",
    )
    bad = sum(map(_is_bad, numbers))
    yield Duel(
        ours=Side("isolate_errors", _isolated, _good_and_bad),
        theirs=Side("ops.do_action, ops.retry", _retried, _good_and_bad),
        bursts=bursts,
        expected=[size.values - bad, bad],
        rxjs="tap, retry",
    )


def _numbers(sink: Sink) -> list[int]:
    return [event.number for event in sink.kept]


def _listened(source: Source, sink: Sink, listen: Any) -> object:
    """Let an emitter emit what the source sends. It has no end, so that of the source is taken."""
    emitter = EventEmitter()
    return CompositeDisposable(
        listen(emitter, _NAME).subscribe(sink.take, sink.fail),
        source.subscribe(lambda value: emitter.emit(_NAME, value), None, sink.end),
    )


def _from_events(emitter: EventEmitter, name: str) -> Observable[Any]:
    def subscribe(observer: ObserverBase[Any], _scheduler: object = None) -> DisposableBase:
        emitter.on(name, observer.on_next)

        def leave() -> None:
            emitter.remove_listener(name, observer.on_next)

        return Disposable(leave)

    return reactivex.create(subscribe)


def _iterating(bursts: list[list[Event]], convert: Any) -> Any:
    """Return what iterates over the values itself, burst by burst, and so does without the source."""

    async def values() -> AsyncIterator[Event]:
        for burst in bursts:
            for event in burst:
                yield event
            await asyncio.sleep(PAUSE)

    return lambda _source, sink: convert(values).subscribe(sink.take, sink.fail, sink.end)


def _from_iterator(make: Any) -> Observable[Any]:
    def subscribe(observer: ObserverBase[Any], _scheduler: object = None) -> DisposableBase:
        async def iterate() -> None:
            try:
                async for value in make():
                    observer.on_next(value)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is the observer's
                observer.on_error(error)
            else:
                observer.on_completed()

        iterating = asyncio.ensure_future(iterate())

        def leave() -> None:
            iterating.cancel()

        return Disposable(leave)

    return reactivex.create(subscribe)


def _is_bad(number: int) -> bool:
    return number % (_GOOD + 1) == _GOOD


def _checked(event: Event) -> Event:
    if _is_bad(event.number):
        raise ValueError(event.number)
    return event


def _isolated(source: Source, sink: Sink) -> object:
    values = source.pipe(ops.map(_checked), chat.isolate_errors(sink.take))
    return values.subscribe(sink.take, sink.fail, sink.end)


def _retried(source: Source, sink: Sink) -> object:
    checked: Observable[Any] = source.pipe(ops.map(_checked))
    return checked.pipe(ops.do_action(on_error=sink.take), ops.retry()).subscribe(sink.take, sink.fail, sink.end)


def _good_and_bad(sink: Sink) -> list[int]:
    bad = sum(isinstance(value, ValueError) for value in sink.kept)
    return [sink.count - bad, bad]
