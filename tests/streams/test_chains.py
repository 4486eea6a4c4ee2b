from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import reactivex
from reactivex import ConnectableObservable, Observable
from reactivex import operators as ops
from reactivex.internal.exceptions import SequenceContainsNoElementsError
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo.errors import ObserverError
from rxconvo.streams import Delivery, HotStream, LoopObservable, LoopScheduler, iterate
from rxconvo.testing import advance, settle


def fail(*_: object) -> None:
    raise ZeroDivisionError("on purpose")


@pytest.fixture
async def stream(delivery: Delivery) -> HotStream[int]:
    return HotStream(delivery, "numbers")


@pytest.fixture(autouse=True)
async def no_threads() -> Any:
    before = threading.active_count()
    yield
    assert threading.active_count() == before


def number(value: int) -> Observable[int]:
    return reactivex.just(value)


def never(*_: object) -> Observable[Any]:
    return reactivex.never()


# Every fluent method of reactivex, with arguments that suit it.
FLUENT: dict[str, tuple[Any, ...]] = {
    "__add__": (never(),),
    "__getitem__": (slice(1, 2),),
    "__iadd__": (never(),),
    "all": (bool,),
    "amb": (never(),),
    "as_observable": (),
    "average": (),
    "buffer": (never(),),
    "buffer_toggle": (never(), never),
    "buffer_when": (never,),
    "buffer_with_count": (2,),
    "buffer_with_time": (1.0,),
    "buffer_with_time_or_count": (1.0, 2),
    "catch": (never(),),
    "combine_latest": (never(),),
    "concat": (never(),),
    "concat_all": (),
    "concat_map": (number,),
    "contains": (1,),
    "count": (),
    "debounce": (1.0,),
    "default_if_empty": (),
    "delay": (1.0,),
    "delay_subscription": (1.0,),
    "delay_with_mapper": (never,),
    "dematerialize": (),
    "distinct": (),
    "distinct_until_changed": (),
    "do": (),
    "do_action": (),
    "do_while": (bool,),
    "element_at": (1,),
    "element_at_or_default": (1,),
    "exclusive": (),
    "expand": (number,),
    "filter": (bool,),
    "filter_indexed": (lambda *_: True,),
    "finally_action": (lambda: None,),
    "find": (lambda *_: True,),
    "find_index": (lambda *_: True,),
    "first": (),
    "first_or_default": (),
    "flat_map": (number,),
    "flat_map_indexed": (lambda value, _: number(value),),
    "flat_map_latest": (number,),
    "fork_join": (never(),),
    "group_by": (bool,),
    "group_by_until": (bool, None, never),
    "group_join": (never(), never, never),
    "ignore_elements": (),
    "is_empty": (),
    "join": (never(), never, never),
    "last": (),
    "last_or_default": (),
    "map": (str,),
    "map_indexed": (lambda value, _: value,),
    "materialize": (),
    "max": (),
    "max_by": (abs,),
    "merge": (never(),),
    "merge_all": (),
    "min": (),
    "min_by": (abs,),
    "multicast": (Subject(),),
    "observe_on": (TestScheduler(),),
    "on_error_resume_next": (never(),),
    "pairwise": (),
    "partition": (bool,),
    "partition_indexed": (lambda *_: True,),
    "pluck": ("key",),
    "pluck_attr": ("attribute",),
    "publish": (),
    "publish_value": (1,),
    "reduce": (max,),
    "ref_count": (),
    "repeat": (2,),
    "replay": (),
    "retry": (2,),
    "sample": (1.0,),
    "scan": (max,),
    "sequence_equal": (never(),),
    "share": (),
    "single": (),
    "single_or_default": (),
    "single_or_default_async": (),
    "skip": (1,),
    "skip_last": (1,),
    "skip_last_with_time": (1.0,),
    "skip_until": (never(),),
    "skip_until_with_time": (1.0,),
    "skip_while": (bool,),
    "skip_while_indexed": (lambda *_: True,),
    "skip_with_time": (1.0,),
    "slice": (1, 2),
    "some": (),
    "starmap": (max,),
    "starmap_indexed": (max,),
    "start_with": (1,),
    "subscribe_on": (TestScheduler(),),
    "sum": (),
    "switch_latest": (),
    "switch_map": (number,),
    "switch_map_indexed": (lambda value, _: number(value),),
    "take": (1,),
    "take_last": (1,),
    "take_last_buffer": (1,),
    "take_last_with_time": (1.0,),
    "take_until": (never(),),
    "take_until_with_time": (1.0,),
    "take_while": (bool,),
    "take_while_indexed": (lambda *_: True,),
    "take_with_time": (1.0,),
    "throttle_first": (1.0,),
    "throttle_with_mapper": (never,),
    "throttle_with_timeout": (1.0,),
    "time_interval": (),
    "timeout": (1.0,),
    "timeout_with_mapper": (never(),),
    "timestamp": (),
    "to_dict": (str,),
    "to_iterable": (),
    "to_list": (),
    "to_marbles": (1.0,),
    "to_set": (),
    "while_do": (bool,),
    "window": (never(),),
    "window_toggle": (never(), never),
    "window_when": (never,),
    "window_with_count": (2,),
    "window_with_time": (1.0,),
    "window_with_time_or_count": (1.0, 2),
    "with_latest_from": (never(),),
    "zip": (never(),),
    "zip_latest": (never(),),
    "zip_with_iterable": ([1, 2],),
}
NO_OBSERVABLE = {"connect", "pipe", "run", "subscribe", "to_future"}


def observables(made: Any) -> Iterator[Any]:
    yield from made if isinstance(made, list) else [made]


class TestStayingOnTheLoop:
    def test_every_fluent_method_is_in_the_table(self) -> None:
        fluent = {name for name in dir(Observable) if not name.startswith("_") and callable(getattr(Observable, name))}
        assert fluent - NO_OBSERVABLE == {name for name in FLUENT if not name.startswith("__")}

    @pytest.mark.parametrize("name", FLUENT)
    async def test_what_a_fluent_method_makes_stays(self, stream: HotStream[int], name: str) -> None:
        for made in observables(getattr(stream, name)(*FLUENT[name])):
            assert isinstance(made, LoopObservable)
            for further in observables(getattr(made, name)(*FLUENT[name])):
                assert isinstance(further, LoopObservable)

    @pytest.mark.parametrize("name", FLUENT)
    async def test_the_stage_after_a_fluent_method_gets_the_scheduler(self, stream: HotStream[int], name: str) -> None:
        got: list[Any] = []

        def spy(source: Observable[Any]) -> Observable[Any]:
            def subscribe(observer: Any, scheduler: Any = None) -> Any:
                got.append(scheduler)
                return source.subscribe(observer, scheduler=scheduler)

            return Observable(subscribe)

        for made in observables(getattr(stream, name)(*FLUENT[name])):
            made.pipe(spy).subscribe(on_error=lambda _: None).dispose()
        assert got
        for scheduler in got:
            assert isinstance(scheduler, LoopScheduler)
            assert scheduler.loop is asyncio.get_running_loop()

    async def test_pipe_stays_through_more_stages(self, stream: HotStream[int]) -> None:
        piped = stream.pipe(ops.map(str), ops.filter(bool)).pipe(ops.debounce(1.0)).pipe(ops.map(str))
        assert isinstance(piped, LoopObservable)
        assert piped.name == "numbers"

    async def test_repr_tells_what_it_begins_with(self, stream: HotStream[int]) -> None:
        assert repr(stream.pipe(ops.map(str))) == "<Piped numbers>"
        assert repr(stream.publish()) == "<Connectable numbers>"

    async def test_what_is_no_plain_observable_is_left_alone(self, stream: HotStream[int]) -> None:
        subject: Subject[int] = Subject()
        assert stream.pipe(lambda _: subject) is subject
        assert stream.pipe(lambda _: 1) == 1
        assert stream.pipe(lambda source: source) is stream
        assert stream.pipe() is stream
        piped = stream.map(str)
        assert piped.pipe(lambda source: source) is piped
        future = stream.first().pipe(ops.to_future())
        stream.push(1)
        assert await future == 1

    async def test_a_scheduler_given_to_subscribe_wins(self, stream: HotStream[int]) -> None:
        scheduler = TestScheduler()
        seen: list[int] = []
        with stream.debounce(1.0).subscribe(seen.append, scheduler=scheduler):
            stream.push(1)
            await advance(60.0)
            assert not seen
            scheduler.advance_by(2.0)
            assert seen == [1]

    async def test_a_scheduler_given_to_the_operator_wins(self, stream: HotStream[int]) -> None:
        scheduler = TestScheduler()
        seen: list[int] = []
        with stream.debounce(1.0, scheduler=scheduler).subscribe(seen.append):
            stream.push(1)
            await advance(60.0)
            assert not seen
            scheduler.advance_by(2.0)
            assert seen == [1]


async def play(stream: HotStream[int], compose: Callable[[Any], Observable[Any]]) -> list[Any]:
    """Push 0 at 1.0 s, 1 at 1.2 s, 2 at 3.0 s, 3 at 3.1 s; return what comes until 6.0 s, with the virtual time."""
    loop = asyncio.get_running_loop()
    seen: list[Any] = []
    subscription = compose(stream).subscribe(
        lambda value: seen.append((round(loop.time(), 6), value)),
        lambda error: seen.append((round(loop.time(), 6), str(error))),
    )
    for number_, at in enumerate((1.0, 1.2, 3.0, 3.1)):
        await advance(at - loop.time())
        stream.push(number_)
    await advance(6.0 - loop.time())
    subscription.dispose()
    assert not stream.observers
    return seen


class TestStockOperatorsInVirtualTime:
    @pytest.mark.parametrize(
        "compose,expected",
        [
            (ops.debounce(0.3), [(1.5, 1), (3.4, 3)]),
            (ops.throttle_with_timeout(timedelta(seconds=0.3)), [(1.5, 1), (3.4, 3)]),
            (ops.throttle_first(0.5), [(1.0, 0), (3.0, 2)]),
            (ops.sample(1.0), [(2.0, 1), (4.0, 3)]),
            (ops.delay(0.5), [(1.5, 0), (1.7, 1), (3.5, 2), (3.6, 3)]),
            (ops.timeout(1.5), [(1.0, 0), (1.2, 1), (2.7, "Timeout")]),
            (ops.take_with_time(1.1), [(1.0, 0)]),
            (ops.skip_with_time(2.0), [(3.0, 2), (3.1, 3)]),
            (ops.take_until_with_time(1.1), [(1.0, 0)]),
            (ops.skip_until_with_time(3.05), [(3.1, 3)]),
            (ops.delay_subscription(1.1), [(1.2, 1), (3.0, 2), (3.1, 3)]),
            (ops.buffer_with_time(2.0), [(2.0, [0, 1]), (4.0, [2, 3]), (6.0, [])]),
            (ops.buffer_with_time_or_count(2.0, 3), [(2.0, [0, 1]), (4.0, [2, 3]), (6.0, [])]),
        ],
    )
    async def test_operators(self, stream: HotStream[int], compose: Any, expected: list[Any]) -> None:
        threads = threading.active_count()
        assert await play(stream, lambda source: source.pipe(compose)) == expected
        assert threading.active_count() == threads

    @pytest.mark.parametrize(
        "compose",
        [
            lambda s: s.map(str).debounce(0.3).map(int),
            lambda s: s.merge(never()).debounce(0.3),
            lambda s: (s + never()).debounce(0.3),
            lambda s: s.start_with(7).filter(bool).skip(1).merge(s.filter(lambda v: not v)).debounce(0.3),
            lambda s: s.share().debounce(0.3),
            lambda s: s.publish().ref_count().debounce(0.3),
            lambda s: s.debounce(0.3).share(),
            lambda s: s.group_by(lambda _: 0).flat_map(lambda group: group.debounce(0.3)),
            lambda s: s.pipe(ops.publish(lambda shared: shared.pipe(ops.debounce(0.3)))),
        ],
    )
    async def test_it_reaches_every_stage(self, stream: HotStream[int], compose: Any) -> None:
        assert await play(stream, compose) == [(1.5, 1), (3.4, 3)]

    async def test_timestamps_are_of_the_loops_clock(self, stream: HotStream[int], delivery: Delivery) -> None:
        start = delivery.scheduler.now
        seen = await play(stream, lambda source: source.timestamp())
        assert [(stamp.timestamp - start).total_seconds() for _, stamp in seen] == [1.0, 1.2, 3.0, 3.1]

    async def test_many_intervals_start_no_thread(self, stream: HotStream[int]) -> None:
        threads = threading.active_count()
        ticks: list[int] = []
        subscriptions = [stream.merge(reactivex.interval(1.0)).subscribe(ticks.append) for _ in range(100)]
        await advance(3.0)
        assert threading.active_count() == threads
        assert ticks == [0] * 100 + [1] * 100 + [2] * 100
        for subscription in subscriptions:
            subscription.dispose()


class TestNothingIsLostWhileSubscribing:
    @pytest.mark.parametrize(
        "compose",
        [
            lambda s: s.merge(never()),
            lambda s: s.start_with(-1).skip(1),
            lambda s: s.concat(never()),
            lambda s: s.catch(never()),
            lambda s: s.retry(3),
            lambda s: s.repeat(2),
            lambda s: s.on_error_resume_next(never()),
            lambda s: s.combine_latest(number(0)).map(lambda pair: pair[0]),
            lambda s: s.map(str).merge(never()).map(int).start_with(-1).skip(1),
        ],
    )
    async def test_after_subscribe_everything_is_seen(self, stream: HotStream[int], compose: Any) -> None:
        seen: list[int] = []
        with compose(stream).subscribe(seen.append):
            stream.push(1)
            stream.push(2)
        assert seen == [1, 2]


class TestFaults:
    async def test_an_observer_that_raises_in_a_timer_is_reported_and_its_chain_released(
        self, stream: HotStream[int], faults: list[ObserverError]
    ) -> None:
        handled: list[Exception] = []
        stream.debounce(0.3).map(lambda v: v).subscribe(fail, handled.append)
        stream.push(1)
        await advance(1.0)
        assert [type(fault.__cause__) for fault in faults] == [ZeroDivisionError]
        assert [type(error) for error in handled] == [ZeroDivisionError]
        assert not stream.observers

    async def test_an_operator_that_raises_in_a_timer_likewise(
        self, stream: HotStream[int], faults: list[ObserverError]
    ) -> None:
        def careless(source: Observable[int]) -> Observable[int]:
            """An operator that does not care for what its function raises."""

            def subscribe(observer: Any, scheduler: Any = None) -> Any:
                return source.subscribe(lambda v: observer.on_next(1 // v), scheduler=scheduler)

            return Observable(subscribe)

        stream.pipe(ops.debounce(0.3), careless).subscribe()
        stream.push(0)
        await advance(1.0)
        stream.pipe(careless, ops.debounce(0.3)).subscribe()
        stream.push(0)
        assert [type(fault.__cause__) for fault in faults] == [ZeroDivisionError] * 2
        assert not stream.observers

    async def test_the_one_who_subscribes_is_told_what_is_wrong_with_the_chain(
        self, stream: HotStream[int], faults: list[ObserverError]
    ) -> None:
        with pytest.raises(ValueError, match="window_duration"):
            stream.throttle_first(0.0).subscribe()
        handled: list[Exception] = []
        stream.throttle_first(0.0).subscribe(on_error=handled.append)
        assert [type(error) for error in handled] == [ValueError]
        assert not faults
        assert not stream.observers

    async def test_an_observer_that_raises_while_it_subscribes_is_reported(
        self, stream: HotStream[int], faults: list[ObserverError]
    ) -> None:
        stream.start_with(1).subscribe(fail)
        assert [type(fault.__cause__) for fault in faults] == [ZeroDivisionError]
        assert not stream.observers

    async def test_on_completed_that_raises_is_reported(
        self, stream: HotStream[int], faults: list[ObserverError]
    ) -> None:
        stream.map(str).subscribe(on_completed=fail)
        stream.complete()
        assert [type(fault.__cause__) for fault in faults] == [ZeroDivisionError]

    async def test_on_error_that_raises_is_reported(self, stream: HotStream[int], faults: list[ObserverError]) -> None:
        def worse(_: Exception) -> None:
            raise KeyError("worse")

        stream.map(lambda v: 1 // v).subscribe(on_error=worse)
        stream.push(0)
        assert [type(fault.__cause__) for fault in faults] == [KeyError]
        assert not stream.observers

    async def test_an_error_that_nobody_handles_later_is_reported(
        self, stream: HotStream[int], faults: list[ObserverError]
    ) -> None:
        stream.timeout(1.0).subscribe()
        await advance(2.0)
        assert [str(fault.__cause__) for fault in faults] == ["Timeout"]
        assert not stream.observers

    async def test_nothing_comes_after_dispose(self, stream: HotStream[int]) -> None:
        seen: list[int] = []
        subscription = stream.map(lambda v: v).subscribe(seen.append)

        def dispose(_: int) -> None:
            subscription.dispose()
            subscription.dispose()

        with stream.subscribe(dispose):
            stream.push(1)
            stream.push(2)
        assert seen == [1]


def push_all(stream: HotStream[int], how_many: int, complete: bool = False) -> None:
    for value in range(how_many):
        stream.push(value)
    if complete:
        stream.complete()


class TestAwaiting:
    async def test_it_gives_the_last_value(self, stream: HotStream[int]) -> None:
        asyncio.get_running_loop().call_later(1.0, push_all, stream, 5)
        assert await stream.take(3) == 2
        assert not stream.observers

    async def test_time_passes_as_on_the_loop(self, stream: HotStream[int]) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(1.0, stream.push, 1)
        assert await stream.delay(7.0).first() == 1
        assert loop.time() == 8.0

    async def test_it_raises_the_error(self, stream: HotStream[int]) -> None:
        asyncio.get_running_loop().call_soon(stream.push, 0)
        with pytest.raises(ZeroDivisionError):
            await stream.map(lambda v: 1 // v)
        with pytest.raises(Exception, match="Timeout"):
            await stream.timeout(1.0)

    async def test_it_raises_where_there_was_no_value(self, stream: HotStream[int]) -> None:
        asyncio.get_running_loop().call_soon(stream.complete)
        with pytest.raises(SequenceContainsNoElementsError):
            await stream.map(str)

    async def test_cancelling_unsubscribes_at_once(self, stream: HotStream[int]) -> None:
        async def wait() -> None:
            await stream.map(str).debounce(5.0)

        task = asyncio.create_task(wait())
        await settle()
        stream.push(1)
        assert stream.observers
        task.cancel()
        await settle()
        assert not stream.observers

    async def test_errors_that_a_future_does_not_take_are_raised_too(self, stream: HotStream[int]) -> None:
        asyncio.get_running_loop().call_soon(stream.push, 0)
        with pytest.raises(RuntimeError, match="StopIteration"):
            await stream.map(lambda _: next(iter(())))

    async def test_async_for(self, stream: HotStream[int]) -> None:
        asyncio.get_running_loop().call_later(1.0, push_all, stream, 3, True)
        assert [value async for value in iterate(stream.map(str))] == ["0", "1", "2"]

    async def test_a_chain_cannot_be_iterated_over_nor_run(self, stream: HotStream[int]) -> None:
        with pytest.raises(TypeError, match="async for"):
            iter(stream.map(str))
        with pytest.raises(TypeError, match="await"):
            stream.map(str).run()


class TestConnectables:
    async def test_it_is_connectable(self, stream: HotStream[int]) -> None:
        connectable = stream.debounce(0.3).publish()
        assert isinstance(connectable, ConnectableObservable)
        seen: list[int] = []
        connectable.subscribe(seen.append)
        stream.push(1)
        await advance(1.0)
        assert not seen
        connection = connectable.connect()
        assert connection is not None
        stream.push(2)
        await advance(1.0)
        assert seen == [2]
        connection.dispose()
        assert not stream.observers

    async def test_it_connects_with_its_observers(self, stream: HotStream[int]) -> None:
        published = stream.debounce(0.3).publish()
        connectable = published.auto_connect(2)
        seen: list[int] = []
        connectable.subscribe(seen.append)
        assert not stream.observers
        connectable.subscribe(seen.append)
        assert len(stream.observers) == 1
        stream.push(1)
        await advance(1.0)
        assert seen == [1, 1]
        connection = published.connect()  # the one that is there already
        assert connection is not None
        connection.dispose()
        assert not stream.observers

    @pytest.mark.parametrize(
        "compose",
        [
            lambda s: s.replay(window=5.0).ref_count(),
            lambda s: s.pipe(ops.replay(window=5.0), ops.ref_count(), ops.map(int)),
            lambda s: s.replay(window=5.0, mapper=lambda replayed: s.skip(2).flat_map(lambda _: replayed)),
        ],
    )
    async def test_replay_keeps_time_by_the_loop(self, stream: HotStream[int], compose: Any) -> None:
        replayed = compose(stream)
        first: list[int] = []
        late: list[int] = []
        subscription = replayed.subscribe(first.append)
        stream.push(1)
        await advance(4.0)
        stream.push(2)
        await advance(2.0)
        with replayed.subscribe(late.append):
            stream.push(3)
        assert [first, late] in ([[1, 2, 3], [2, 3]], [[2, 3], []])
        subscription.dispose()
        assert not stream.observers


async def test_any_observable_can_be_iterated_over() -> None:
    assert [value async for value in iterate(reactivex.of(1, 2, 3))] == [1, 2, 3]
