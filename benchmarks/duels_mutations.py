"""Operators around what is asked of the service, and what comes nearest to each.

The service stands next door: it answers at once, or in the next round of the loop.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from itertools import accumulate
from typing import Any, Final

import reactivex
from reactivex import Observable, Subject
from reactivex import operators as ops
from reactivex.abc import DisposableBase, ObserverBase
from reactivex.disposable import Disposable
from reactivex.subject import ReplaySubject

from benchmarks.duel import Duel, Side, Sink, Source, piped
from benchmarks.duels_input import SHORT, TICK, Event, Size, clock_scheduler, events, loop_scheduler, message, thread
from rxconvo import operators as chat
from rxconvo.errors import OutcomeUnknownError
from rxconvo.model import Echoed, Home, Outgoing, Pending, RetryPolicy, Sent

__all__ = ["duels"]

_HOME: Final = Home[Any]("CH1")
_POLICY: Final = RetryPolicy(attempts=5, minimum=0.05, randomness=0.0)
_HELD: Final = 1000


def duels(size: Size) -> Iterable[Duel]:
    """Return them."""
    bursts = events(size)
    yield _retry_mutation(bursts, size)
    yield _optimistic(bursts, size)
    yield _outbox(bursts, size)
    yield _send_typing(bursts)
    yield _auto_mark_read(bursts)


def _retry_mutation(bursts: list[list[Event]], size: Size) -> Duel:
    """Of three mutations, one is answered at the second attempt, and one at the third."""
    return Duel(
        ours=Side(
            "retry_mutation",
            piped(lambda: ops.map(_mutation), lambda: ops.flat_map(chat.retry_mutation(_POLICY))),
            _sorted,
        ),
        theirs=Side(
            "ops.catch, reactivex.timer", piped(lambda: ops.map(_mutation), lambda: ops.flat_map(_attempt)), _sorted
        ),
        bursts=bursts,
        expected=list(range(size.values)),
        rxjs="retry",
    )


def _mutation(event: Event) -> Observable[int]:
    """Return what fails a few times before it is answered."""
    failures = iter(range(event.number % 3))

    def subscribe(observer: ObserverBase[int], _scheduler: object = None) -> DisposableBase:
        if next(failures, None) is None:
            observer.on_next(event.number)
            observer.on_completed()
        else:
            observer.on_error(OutcomeUnknownError())
        return Disposable()

    return Observable(subscribe)


def _attempt(mutation: Observable[int], failures: int = 1) -> Observable[int]:
    def again(error: Exception, _source: object) -> Observable[int]:
        if not isinstance(error, OutcomeUnknownError) or failures == _POLICY.attempts:
            return reactivex.throw(error)
        pause = reactivex.timer(_POLICY.delay(failures, 0.5), scheduler=loop_scheduler())
        return pause.pipe(ops.flat_map(lambda _: _attempt(mutation, failures + 1)))

    return mutation.pipe(ops.catch(again))


def _sorted(sink: Sink) -> list[int]:
    return sorted(sink.kept)


def _optimistic(bursts: list[list[Event]], size: Size) -> Duel:
    """Messages come back before they are answered, or after that."""
    expected = {"Pending": size.values, "Sent": size.values, "Echoed": size.values}

    def ours(source: Source, sink: Sink) -> object:
        messages: Subject[Any] = Subject()

        def send(event: Event) -> Observable[Any]:
            return _sending(event, messages).pipe(chat.optimistic(event, messages))

        return source.pipe(ops.flat_map(send)).subscribe(sink.take, sink.fail, sink.end)

    def theirs(source: Source, sink: Sink) -> object:
        messages: Subject[Any] = Subject()

        def send(event: Event) -> Observable[Any]:
            return _remembering(event, _sending(event, messages), messages)

        return source.pipe(ops.flat_map(send)).subscribe(sink.take, sink.fail, sink.end)

    return Duel(
        ours=Side("optimistic", ours, _kinds),
        theirs=Side("ReplaySubject, ops.concat", theirs, _kinds),
        bursts=bursts,
        expected=expected,
        rxjs="ReplaySubject, concat",
    )


def _sending(event: Event, messages: Subject[Any]) -> Observable[int]:
    """Return what sends a message."""
    echo = message(event.number, _HOME)

    def subscribe(observer: ObserverBase[int], _scheduler: object = None) -> DisposableBase:
        echoed_first = event.number % 2 == 0
        if echoed_first:
            messages.on_next(echo)
        observer.on_next(event.number)
        if not echoed_first:
            messages.on_next(echo)
        observer.on_completed()
        return Disposable()

    return Observable(subscribe)


def _remembering(event: Event, mutation: Observable[int], messages: Observable[Any]) -> Observable[Any]:
    """As one would write it who knows that the echo may come first. There is no timeout."""

    def begin(_scheduler: object) -> Observable[Any]:
        seen: ReplaySubject[Any] = ReplaySubject(_HELD)
        subscription = messages.subscribe(seen)

        def echo(index: int) -> Observable[Any]:
            def is_it(added: Any) -> bool:
                return bool(added.message.index == index)

            def echoed(added: Any) -> Any:
                return Echoed(event, added.message)

            return seen.pipe(ops.first(is_it), ops.map(echoed), ops.start_with(Sent(event, index)))

        states = reactivex.concat(reactivex.of(Pending(event)), mutation.pipe(ops.flat_map(echo)))
        return states.pipe(ops.finally_action(subscription.dispose))

    return reactivex.defer(begin)


def _kinds(sink: Sink) -> dict[str, int]:
    return dict(Counter(type(state).__name__ for state in sink.kept))


class _Store:
    """Keeps what is to be sent, in memory."""

    def __init__(self) -> None:
        self._items: dict[str, Outgoing] = {}

    def load(self) -> list[Outgoing]:
        """Return what is kept."""
        return list(self._items.values())

    def add(self, item: Outgoing) -> None:
        """Keep something."""
        self._items[item.id] = item

    def remove(self, id: str) -> None:
        """Keep something no more."""
        del self._items[id]


def _outbox(bursts: list[list[Event]], size: Size) -> Duel:
    """Several are sent in each of some conversations, one after the other."""
    return Duel(
        ours=Side(
            "outbox",
            piped(lambda: chat.outbox(_Store(), _answered_soon)),
            lambda sink: sorted(state.index for state in sink.kept if isinstance(state, Sent)),
        ),
        theirs=Side(
            "ops.group_by, ops.merge, nothing kept",
            piped(lambda: ops.group_by(_conversation), lambda: ops.flat_map(_one_by_one)),
            lambda sink: sorted(state.index for state in sink.kept if isinstance(state, Sent)),
        ),
        bursts=[
            [Outgoing(f"{event.number:032x}", f"CH{thread(event)}", event.number) for event in burst]
            for burst in bursts
        ],
        expected=list(range(size.values)),
        rxjs="groupBy, concatMap",
    )


def _answered_soon(item: Outgoing) -> Observable[int]:
    """Return what sends an item; it is answered in the next round of the loop."""

    def subscribe(observer: ObserverBase[int], _scheduler: object = None) -> DisposableBase:
        def answer() -> None:
            observer.on_next(item.payload)
            observer.on_completed()

        return Disposable(asyncio.get_running_loop().call_soon(answer).cancel)

    return Observable(subscribe)


def _conversation(item: Outgoing) -> str:
    return item.conversation_sid


def _one_by_one(group: Observable[Outgoing]) -> Observable[Any]:
    def states(item: Outgoing) -> Observable[Any]:
        def sent(index: int) -> Any:
            return Sent(item, index)

        return _answered_soon(item).pipe(ops.map(sent), ops.start_with(Pending(item)))

    return group.pipe(ops.map(states), ops.merge(max_concurrent=1))


class _Conversation:
    """Takes signals and horizons, and answers at once.

    Attributes:
        last_read_message_index: The horizon.
    """

    typing_silence = 0.0

    def __init__(self) -> None:
        self.last_read_message_index: int | None = None

    def send_typing(self) -> Observable[None]:
        """Take a signal."""
        return reactivex.of(None)

    def advance_last_read_message_index(self, index: int) -> Observable[int | None]:
        """Take a horizon; return it, in place of what is unread."""

        def advance(_scheduler: object) -> Observable[int]:
            self.last_read_message_index = index
            return reactivex.of(index)

        return reactivex.defer(advance)


def _send_typing(bursts: list[list[Event]]) -> Duel:
    """Keys are pressed quickly; of each burst the first sends a signal."""
    conversation = _Conversation()
    return Duel(
        ours=Side("send_typing", piped(lambda: chat.send_typing(conversation, every=SHORT)), lambda sink: sink.count),
        theirs=Side(
            "ops.throttle_first, ops.flat_map",
            piped(
                lambda: ops.throttle_first(SHORT, clock_scheduler()),
                lambda: ops.flat_map(lambda _: conversation.send_typing()),
            ),
            lambda sink: sink.count,
        ),
        bursts=bursts,
        expected=len(bursts),
        rxjs="throttleTime, mergeMap",
    )


def _auto_mark_read(bursts: list[list[Event]]) -> Duel:
    """Somebody scrolls up and down; it is marked how far they have come."""
    furthest = accumulate((max(event.key for event in burst) for burst in bursts), max)
    return Duel(
        ours=Side(
            "auto_mark_read",
            piped(lambda: ops.map(_key), lambda: chat.auto_mark_read(_Conversation(), delay=SHORT)),
            lambda sink: [marked.unread for marked in sink.kept],
        ),
        theirs=Side("ops.scan, ops.sample", piped(lambda: ops.map(_key), _marking), lambda sink: list(sink.kept)),
        bursts=bursts,
        expected=list(dict.fromkeys(furthest)),
        rxjs="scan, auditTime",
    )


def _key(event: Event) -> int:
    return event.key


def _marking() -> Any:
    conversation = _Conversation()
    return lambda seen: seen.pipe(
        ops.scan(max),
        ops.distinct_until_changed(),
        ops.sample(TICK, loop_scheduler()),
        ops.map(conversation.advance_last_read_message_index),
        ops.merge(max_concurrent=1),
    )
