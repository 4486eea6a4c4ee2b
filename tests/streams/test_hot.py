from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable, Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase, ObserverBase

from rxconvo.errors import ClosedError, ObserverError, SlowConsumerError
from rxconvo.streams import Delivery, HotStream, LoopScheduler
from rxconvo.testing import advance, settle, virtual_loop_factory


def fail(*_: object) -> None:
    raise ZeroDivisionError("on purpose")


@pytest.fixture
async def stream(delivery: Delivery) -> HotStream[int]:
    return HotStream(delivery, "numbers")


class Recorder(ObserverBase[int]):
    """An observer as an object."""

    def __init__(self) -> None:
        self.seen: list[object] = []

    def on_next(self, value: int) -> None:
        self.seen.append(value)

    def on_error(self, error: Exception) -> None:
        self.seen.append(error)

    def on_completed(self) -> None:
        self.seen.append("|")


class TestSubscribing:
    async def test_an_observer_sees_what_comes_after_it(self, stream: HotStream[int]) -> None:
        seen: list[int] = []
        stream.push(1)
        stream.subscribe(seen.append)
        stream.push(2)
        stream.push(3)
        assert seen == [2, 3]

    async def test_it_is_an_observable(self, stream: HotStream[int]) -> None:
        assert isinstance(stream, Observable)
        subscription = stream.subscribe()
        assert isinstance(subscription, DisposableBase)
        with subscription:
            assert stream.observed
        assert not stream.observed

    async def test_an_observer_may_be_an_object(self, stream: HotStream[int]) -> None:
        recorder = Recorder()
        duck = SimpleNamespace(on_next=recorder.on_next, on_error=recorder.on_error, on_completed=recorder.on_completed)
        stream.subscribe(recorder)
        stream.subscribe(duck)  # type: ignore[arg-type]
        stream.push(1)
        stream.complete()
        assert recorder.seen == [1, 1, "|", "|"]

    async def test_a_scheduler_is_accepted(self, stream: HotStream[int], delivery: Delivery) -> None:
        seen: list[int] = []
        stream.subscribe(seen.append, scheduler=delivery.scheduler)
        stream.push(1)
        assert seen == [1]

    async def test_equal_callables_are_different_observers(self, stream: HotStream[int]) -> None:
        seen: list[int] = []
        first = stream.subscribe(seen.append)
        stream.subscribe(seen.append)
        first.dispose()
        stream.push(1)
        assert seen == [1]

    async def test_disposing_twice_does_it_once(self, stream: HotStream[int]) -> None:
        seen: list[int] = []
        subscription = stream.subscribe(seen.append)
        stream.subscribe(seen.append)
        subscription.dispose()
        subscription.dispose()
        stream.push(1)
        assert seen == [1]

    async def test_a_disposed_subscription_holds_on_to_no_callback(self, stream: HotStream[int]) -> None:
        recorder = Recorder()
        subscription = stream.subscribe(recorder)
        before = sys.getrefcount(recorder)
        subscription.dispose()
        assert sys.getrefcount(recorder) == before - 3
        assert not stream.observers

    async def test_repr_tells_its_name_and_state(self, stream: HotStream[int]) -> None:
        subscription = stream.subscribe()
        assert repr(stream) == "<HotStream numbers: 1 observer>"
        assert repr(subscription) == "<Subscription to numbers>"
        subscription.dispose()
        assert repr(subscription) == "<Subscription to numbers, ended>"
        assert repr(stream) == "<HotStream numbers: 0 observers>"
        stream.complete()
        assert repr(stream) == "<HotStream numbers: complete>"


class TestDuringAHandOver:
    async def test_a_new_observer_sees_later_values_only(self, stream: HotStream[int]) -> None:
        late: list[int] = []

        def on_next(value: int) -> None:
            if value == 1:
                stream.push(2)
                stream.subscribe(late.append)

        stream.subscribe(on_next)
        stream.push(1)
        assert late == [2]

    async def test_disposing_oneself_takes_effect_at_once(self, stream: HotStream[int]) -> None:
        seen: list[int] = []

        def on_next(value: int) -> None:
            seen.append(value)
            stream.push(value + 1)
            subscription.dispose()

        subscription = stream.subscribe(on_next)
        stream.push(1)
        assert seen == [1]
        assert not stream.observers

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    async def test_disposing_another_takes_effect_at_once(self, stream: HotStream[int], order: tuple[int, int]) -> None:
        seen: list[int] = []
        victims: dict[int, DisposableBase] = {}

        def killer(_: int) -> None:
            seen.append(0)
            victims[1].dispose()

        for which in order:
            victims[which] = stream.subscribe(killer if which == 0 else lambda _: seen.append(1))
        stream.push(1)
        stream.push(2)
        assert seen == ([0, 0] if order == (0, 1) else [1, 0, 0])
        assert len(stream.observers) == 1

    async def test_one_that_comes_and_goes_meanwhile_sees_nothing(self, stream: HotStream[int]) -> None:
        seen: list[int] = []

        def on_next(_: int) -> None:
            stream.subscribe(seen.append).dispose()

        stream.subscribe(on_next)
        stream.push(1)
        stream.push(2)
        assert seen == []
        assert len(stream.observers) == 1

    async def test_the_others_are_served_when_all_go(self, stream: HotStream[int]) -> None:
        seen: list[int] = []
        subscriptions: list[DisposableBase] = []

        def on_next(value: int) -> None:
            seen.append(value)
            for subscription in subscriptions:
                subscription.dispose()

        subscriptions += [stream.subscribe(on_next) for _ in range(3)]
        stream.push(1)
        stream.push(2)
        assert seen == [1]
        assert not stream.observed

    @given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["come", "go", "push"]))))
    def test_any_mixture_keeps_everybodys_order(self, script: list[tuple[int, str]]) -> None:
        async def main() -> None:
            delivery = Delivery(LoopScheduler(asyncio.get_running_loop()), lambda _: None)
            play = Play(HotStream(delivery, "numbers"), script)
            while play.step():
                pass
            for log in play.logs:
                assert not log or log == list(range(log[0], log[-1] + 1))  # each once, in order, and no hole
            for subscription in play.live.values():
                subscription.dispose()
            assert not play.stream.observers
            assert not delivery.waiting

        with asyncio.Runner(loop_factory=virtual_loop_factory) as runner:
            runner.run(main())


class Play:
    """Actors come to a stream, go, and push, as a script says; each value that one gets leads to a step, too."""

    def __init__(self, stream: HotStream[int], script: list[tuple[int, str]]) -> None:
        self.stream = stream
        self.live: dict[int, DisposableBase] = {}
        self.logs: list[list[int]] = []
        self._script = iter(script)
        self._pushed = 0

    def step(self) -> bool:
        """Make the next step; tell whether there was one."""
        actor, action = next(self._script, (-1, ""))
        if action == "come" and actor not in self.live:
            log: list[int] = []
            self.logs.append(log)
            self.live[actor] = self.stream.subscribe(partial(self._on_next, log))
        elif action == "go" and actor in self.live:
            self.live.pop(actor).dispose()
        elif action == "push":
            self._pushed += 1
            self.stream.push(self._pushed)
        return actor >= 0

    def _on_next(self, log: list[int], value: int) -> None:
        log.append(value)
        self.step()


class TestCompleting:
    async def test_everybody_is_told_once(self, stream: HotStream[int]) -> None:
        recorders = [Recorder(), Recorder()]
        for recorder in recorders:
            stream.subscribe(recorder)
        stream.push(1)
        stream.complete()
        stream.complete()
        stream.push(2)
        assert [recorder.seen for recorder in recorders] == [[1, "|"], [1, "|"]]
        assert not stream.observed

    async def test_who_comes_late_is_told_at_once(self, stream: HotStream[int]) -> None:
        stream.complete()
        recorder = Recorder()
        stream.subscribe(recorder).dispose()
        assert recorder.seen == ["|"]

    async def test_who_goes_meanwhile_is_not_told(self, stream: HotStream[int]) -> None:
        told: list[int] = []
        others: list[DisposableBase] = []

        def on_completed() -> None:
            told.append(1)
            others[0].dispose()

        stream.subscribe(on_completed=on_completed)
        others.append(stream.subscribe(on_completed=lambda: told.append(2)))
        stream.complete()
        assert told == [1]

    async def test_who_comes_meanwhile_is_told(self, stream: HotStream[int]) -> None:
        told: list[int] = []

        def on_completed() -> None:
            stream.subscribe(on_completed=lambda: told.append(1))

        stream.subscribe(on_completed=on_completed)
        stream.complete()
        assert told == [1]

    async def test_who_came_while_a_value_was_handed_over_is_told(self, stream: HotStream[int]) -> None:
        told: list[int] = []

        def on_next(_: int) -> None:
            stream.complete()
            stream.subscribe(on_completed=lambda: told.append(1))

        stream.subscribe(on_next)
        stream.push(1)
        assert told == [1]

    async def test_its_observers_are_released(self, stream: HotStream[int]) -> None:
        recorder = Recorder()
        before = sys.getrefcount(recorder)
        subscription = stream.subscribe(recorder)
        stream.complete()
        assert sys.getrefcount(recorder) == before
        subscription.dispose()


class TestInCompositions:
    async def test_merge(self, delivery: Delivery) -> None:
        a, b = HotStream[int](delivery, "a"), HotStream[int](delivery, "b")
        seen: list[object] = []
        subscription = reactivex.merge(a, b).subscribe(seen.append, on_completed=lambda: seen.append("|"))
        a.push(1)
        b.push(2)
        a.complete()
        b.push(3)
        b.complete()
        assert seen == [1, 2, 3, "|"]
        subscription.dispose()

    async def test_combine_latest_and_with_latest_from(self, delivery: Delivery) -> None:
        a, b = HotStream[int](delivery, "a"), HotStream[int](delivery, "b")
        seen: list[object] = []
        first = reactivex.combine_latest(a, b).subscribe(seen.append)
        second = a.with_latest_from(b).subscribe(seen.append)
        b.push(1)
        a.push(2)
        b.push(3)
        assert seen == [(2, 1), (2, 1), (2, 3)]
        first.dispose()
        second.dispose()
        assert not a.observers
        assert not b.observers

    async def test_share_and_replay(self, stream: HotStream[int]) -> None:
        shared = stream.share()
        seen: list[int] = []
        first = shared.subscribe(seen.append)
        second = shared.subscribe(seen.append)
        assert len(stream.observers) == 1
        stream.push(1)
        assert seen == [1, 1]
        first.dispose()
        second.dispose()
        assert not stream.observers

    @pytest.mark.parametrize(
        "compose",
        [
            lambda s: s.take(1),
            lambda s: s.map(str).filter(bool).scan(lambda a, b: a + b),
            lambda s: s.flat_map(reactivex.timer),
            lambda s: s.group_by(lambda v: v % 2).flat_map(lambda g: g.debounce(1.0)),
            lambda s: s.pipe(ops.window_with_time(1.0), ops.merge_all()),
            lambda s: s.debounce(1.0).merge(s.sample(0.5)),
            lambda s: s.zip(s.skip(1)),
            lambda s: s.timeout(5.0).retry(3),
            lambda s: s.publish().ref_count(),
        ],
    )
    @pytest.mark.parametrize("ticks", [0, 1, 2, 5])
    async def test_disposing_a_chain_at_any_time_leaves_nothing(
        self, stream: HotStream[int], compose: Callable[[Observable[int]], Observable[Any]], ticks: int
    ) -> None:
        subscription = compose(stream).subscribe()
        for tick in range(ticks):
            stream.push(tick)
            await advance(0.3)
        subscription.dispose()
        assert not stream.observers  # and the plugin fails the test if a timer is left


class TestNext:
    async def test_it_is_the_next_value(self, stream: HotStream[int]) -> None:
        stream.push(1)
        waiting = stream.next()
        stream.push(2)
        stream.push(3)
        assert await waiting == 2
        assert not stream.observed

    async def test_it_can_be_a_task(self, stream: HotStream[int]) -> None:
        tasks = [asyncio.create_task(stream.next()), asyncio.ensure_future(stream.next())]
        waiting = asyncio.gather(*tasks, asyncio.wait_for(stream.next(), 5.0))
        await settle()
        stream.push(7)
        assert await waiting == [7, 7, 7]

    async def test_during_a_hand_over_it_is_a_later_value(self, stream: HotStream[int]) -> None:
        waiting: list[Any] = []

        def on_next(value: int) -> None:
            if value == 1:
                waiting.append(stream.next())

        with stream.subscribe(on_next):
            stream.push(1)
            stream.push(2)
            assert await waiting[0] == 2

    async def test_a_timeout_stops_observing_at_once(self, stream: HotStream[int]) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await stream.next()
        assert not stream.observed

    async def test_cancelling_its_task_stops_observing(self, stream: HotStream[int]) -> None:
        task = asyncio.create_task(stream.next())
        await settle()
        assert stream.observed
        task.cancel()
        await settle()
        assert task.cancelled()
        assert not stream.observed

    async def test_it_fails_when_the_stream_completes(self, stream: HotStream[int]) -> None:
        waiting = stream.next()
        stream.complete()
        with pytest.raises(ClosedError, match="numbers"):
            await waiting
        with pytest.raises(ClosedError):
            await stream.next()

    async def test_asked_for_while_the_last_value_is_handed_over_it_fails(self, stream: HotStream[int]) -> None:
        waiting: list[Any] = []

        def on_next(_: int) -> None:
            waiting.append(stream.next())
            stream.complete()

        stream.subscribe(on_next)
        stream.push(1)
        with pytest.raises(ClosedError):
            await waiting[0]

    async def test_a_failure_that_nobody_awaits_is_not_complained_about(self, stream: HotStream[int]) -> None:
        task = asyncio.create_task(stream.next())
        await settle()
        stream.complete()
        with pytest.raises(ClosedError):
            await task
        stream.next().close()
        gc.collect()


class TestAsyncFor:
    async def test_it_gives_the_values_and_ends_with_the_stream(self, stream: HotStream[int]) -> None:
        async def consume() -> list[int]:
            return [value async for value in stream]

        task = asyncio.create_task(consume())
        await settle()
        for value in range(3):
            stream.push(value)
        await settle()
        stream.push(3)
        stream.complete()
        assert await task == [0, 1, 2, 3]

    async def test_leaving_it_stops_observing(self, stream: HotStream[int]) -> None:
        values = aiter(stream)
        stream.push(1)
        async for value in values:
            assert value == 1
            break
        assert stream.observed
        del values
        assert not stream.observed

    async def test_a_slow_consumer_is_told(self, stream: HotStream[int]) -> None:
        values = aiter(stream)
        for value in range(1001):
            stream.push(value)
        assert not stream.observed
        seen: list[int] = []
        with pytest.raises(SlowConsumerError, match="1000"):
            async for value in values:
                seen.append(value)  # noqa: PERF401 - what came before the error counts
        assert seen == list(range(1000))


class TestMisuse:
    async def test_it_cannot_be_awaited(self, stream: HotStream[int]) -> None:
        async def wait() -> None:
            await stream

        with pytest.raises(TypeError, match=r"`next\(\)`.*`opened`.*`async for`"):
            await wait()
        assert not stream.observed

    @pytest.mark.parametrize("use", [iter, list, lambda s: [*s]])
    async def test_it_cannot_be_iterated_over(self, stream: HotStream[int], use: Callable[[Any], Any]) -> None:
        with pytest.raises(TypeError, match=r"`async for`.*`next\(\)`"):
            use(stream)


class TestCost:
    async def test_an_idle_stream_has_no_dict(self, stream: HotStream[int]) -> None:
        referents = [thing for thing in gc.get_referents(stream) if isinstance(thing, dict)]
        assert all(not thing for thing in referents)  # no `__dict__` was made for it
        assert sys.getsizeof(stream) <= 160

    async def test_many_observers_do_not_slow_down_disposing(self, stream: HotStream[int]) -> None:
        subscriptions = [stream.subscribe() for _ in range(10_000)]
        compared = 0

        class Counting(type(subscriptions[0])):  # type: ignore[misc]
            __slots__ = ()
            __hash__ = object.__hash__

            def __eq__(self, other: object) -> bool:
                nonlocal compared
                compared += 1
                return self is other

        one = Counting(stream, lambda _: None, None, None)
        stream.enter(one)
        one.dispose()
        assert compared == 0  # found by its place, not by a search
        assert len(stream.observers) == 10_000

    def test_no_attribute_hides_one_of_reactivex(self) -> None:
        ours = {
            "pipe",
            "subscribe",
            "dematerialize",
            "exclusive",
            "partition_indexed",
            "pluck",
            "ref_count",
            "run",
            "switch_latest",
        }

        def hidden() -> Iterator[str]:
            for name in dir(HotStream):
                stock = getattr(Observable, name, None)
                if not name.startswith("_") and stock not in (None, getattr(HotStream, name)):
                    yield name

        assert set(hidden()) == ours


class TestIsolation:
    async def test_one_that_raises_is_reported_and_ended_and_the_others_never_notice(
        self, stream: HotStream[int], faults: list[ObserverError]
    ) -> None:
        error = ValueError("boom")
        ended: list[Exception] = []
        seen: list[int] = []

        def bad(_: int) -> None:
            raise error

        stream.subscribe(seen.append)
        stream.subscribe(bad, ended.append)
        stream.subscribe(seen.append)
        stream.push(1)
        stream.push(2)
        assert seen == [1, 1, 2, 2]
        assert ended == [error]
        assert [(fault.stream, fault.__cause__) for fault in faults] == [("numbers", error)]
        assert len(stream.observers) == 2

    async def test_without_on_error_it_is_just_ended(self, stream: HotStream[int], faults: list[ObserverError]) -> None:
        stream.subscribe(fail)
        stream.push(1)
        stream.push(2)
        assert [type(fault.__cause__) for fault in faults] == [ZeroDivisionError]
        assert not stream.observed

    async def test_on_error_may_raise_too(self, stream: HotStream[int], faults: list[ObserverError]) -> None:
        def worse(_: Exception) -> None:
            raise KeyError("worse")

        stream.subscribe(fail, worse)
        stream.push(1)
        assert [type(fault.__cause__) for fault in faults] == [ZeroDivisionError, KeyError]

    async def test_on_completed_may_raise(self, stream: HotStream[int], faults: list[ObserverError]) -> None:
        told: list[int] = []
        stream.subscribe(on_completed=fail)
        stream.subscribe(on_completed=lambda: told.append(1))
        stream.complete()
        assert told == [1]
        assert [type(fault.__cause__) for fault in faults] == [ZeroDivisionError]

    async def test_a_cancelled_error_is_an_error_like_any_other(
        self, stream: HotStream[int], faults: list[ObserverError]
    ) -> None:
        def cancelled(_: int) -> None:
            raise asyncio.CancelledError

        ended: list[Exception] = []
        seen: list[int] = []
        stream.map(cancelled).subscribe(on_error=ended.append)
        stream.subscribe(cancelled, ended.append)
        stream.subscribe(seen.append)
        stream.push(1)
        assert seen == [1]
        assert [type(fault.__cause__) for fault in faults] == [asyncio.CancelledError] * 2
        assert ended == faults
        assert len(stream.observers) == 1

    @pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
    async def test_what_is_meant_for_the_program_passes(
        self, stream: HotStream[int], faults: list[ObserverError], error: type[BaseException]
    ) -> None:
        def interrupted(_: int) -> None:
            raise error

        stream.subscribe(interrupted)
        with pytest.raises(error):
            stream.push(1)
        assert not faults

    async def test_the_report_may_be_pushed_to_a_stream(self, delivery: Delivery) -> None:
        errors: HotStream[ObserverError] = HotStream(delivery, "errors")
        numbers: HotStream[int] = HotStream(Delivery(delivery.scheduler, errors.push), "numbers")
        seen: list[object] = []
        errors.subscribe(lambda error: seen.append(str(error)))
        numbers.subscribe(fail)
        numbers.subscribe(seen.append)
        numbers.push(1)
        assert seen == ["an observer of numbers raised ZeroDivisionError('on purpose')", 1]


def inverse(value: Any) -> Any:
    return 1 // (value[0] if isinstance(value, tuple) else value)


CHAINS: list[Callable[[HotStream[int], HotStream[int]], Observable[Any]]] = [
    lambda a, _: a.map(inverse),
    lambda a, _: a.pipe(ops.map(inverse), ops.filter(bool), ops.scan(max)),
    lambda a, b: a.map(inverse).merge(b),
    lambda a, b: reactivex.merge(a.map(inverse), b),
    lambda a, b: reactivex.merge(a, b).pipe(ops.map(inverse)),
    lambda a, b: reactivex.combine_latest(a.map(inverse), b),
    lambda a, b: reactivex.combine_latest(a.start_with(1), b.start_with(1)).pipe(ops.map(inverse)),
    lambda a, b: b.start_with(1).combine_latest(a.map(inverse)),
    lambda a, b: a.with_latest_from(b.start_with(1)).map(inverse),
    lambda a, b: a.flat_map(lambda value: reactivex.just(inverse(value))).merge(b),
    lambda a, b: a.do_action(inverse).merge(b),
    lambda a, b: a.group_by(inverse).merge(b),
    lambda a, b: a.publish(lambda shared: shared.map(inverse).merge(b)),
]


class TestChains:
    """Errors within operators, and of the observer at the end of a chain, by real reactivex chains."""

    @pytest.mark.parametrize("compose", CHAINS)
    async def test_an_operator_that_fails_without_a_handler_is_reported_once_and_releases_everything(
        self, delivery: Delivery, faults: list[ObserverError], compose: Callable[..., Observable[Any]]
    ) -> None:
        a, b = HotStream[int](delivery, "a"), HotStream[int](delivery, "b")
        others: list[int] = []
        a.subscribe(others.append)
        compose(a, b).subscribe(lambda _: None)
        a.subscribe(others.append)
        a.push(0)
        assert others == [0, 0]
        assert [type(fault.__cause__) for fault in faults] == [ZeroDivisionError]
        assert len(a.observers) == 2
        assert not b.observers

    @pytest.mark.parametrize("compose", CHAINS)
    async def test_an_operator_that_fails_with_a_handler_is_handled(
        self, delivery: Delivery, faults: list[ObserverError], compose: Callable[..., Observable[Any]]
    ) -> None:
        a, b = HotStream[int](delivery, "a"), HotStream[int](delivery, "b")
        handled: list[Exception] = []
        compose(a, b).subscribe(lambda _: None, handled.append)
        a.push(0)
        assert [type(error) for error in handled] == [ZeroDivisionError]
        assert not faults
        assert not a.observers
        assert not b.observers

    @pytest.mark.parametrize("with_handler", [True, False])
    @pytest.mark.parametrize("compose", CHAINS)
    async def test_the_observer_at_the_end_raises(
        self,
        delivery: Delivery,
        faults: list[ObserverError],
        compose: Callable[..., Observable[Any]],
        with_handler: bool,
    ) -> None:
        a, b = HotStream[int](delivery, "a"), HotStream[int](delivery, "b")
        error = KeyError("boom")
        handled: list[Exception] = []
        others: list[int] = []
        armed = False

        def bad(_: object) -> None:
            if armed:
                raise error

        a.subscribe(others.append)
        compose(a, b).subscribe(bad, handled.append if with_handler else None)
        a.subscribe(others.append)
        armed = True
        b.push(1)
        a.push(1)
        assert others == [1, 1]
        assert [fault.__cause__ for fault in faults] == [error]
        assert handled == ([error] if with_handler else [])
        assert len(a.observers) == 2
        assert not b.observers
