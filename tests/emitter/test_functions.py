from __future__ import annotations

import asyncio
import gc
from collections.abc import Generator
from typing import Any

import pytest

from rxconvo import AbortController, AbortError, AbortSignal, ArgumentError, EventEmitter, SlowConsumerError
from rxconvo.emitter import (
    add_abort_listener,
    get_event_listeners,
    get_max_listeners,
    listener_count,
    on,
    once,
    set_max_listeners,
)
from rxconvo.errors import UnhandledEventError
from rxconvo.testing import settle


@pytest.fixture
def emitter() -> EventEmitter:
    return EventEmitter()


@pytest.fixture
def controller() -> AbortController:
    return AbortController()


def listener(*_: object) -> None: ...


class TestOnce:
    async def test_the_next_emission(self, emitter: EventEmitter) -> None:
        waiting = once(emitter, "a")
        emitter.emit("a", 1, 2)
        emitter.emit("a", 3)
        assert await waiting == (1, 2)
        assert emitter.event_names() == []

    async def test_an_error_comes_first(self, emitter: EventEmitter) -> None:
        waiting = once(emitter, "a")
        emitter.emit("error", ZeroDivisionError())
        assert emitter.event_names() == []
        with pytest.raises(ZeroDivisionError):
            await waiting

    async def test_an_error_may_be_what_is_waited_for(self, emitter: EventEmitter) -> None:
        waiting = once(emitter, "error")
        emitter.emit("error", "boom")
        assert await waiting == ("boom",)

    @pytest.mark.parametrize("error", ["boom", StopIteration(1), KeyboardInterrupt()])
    async def test_an_error_that_a_future_cannot_raise(self, emitter: EventEmitter, error: object) -> None:
        waiting = once(emitter, "a")
        emitter.emit("error", error)
        with pytest.raises(UnhandledEventError) as raised:
            await waiting
        assert raised.value.context is error

    async def test_aborting(self, emitter: EventEmitter, controller: AbortController) -> None:
        waiting = once(emitter, "a", signal=controller.signal)
        controller.abort("why")
        assert emitter.event_names() == []
        with pytest.raises(AbortError, match="why") as raised:
            await waiting
        assert raised.value.reason == "why"

    async def test_a_signal_that_has_aborted(self, emitter: EventEmitter) -> None:
        reason = ZeroDivisionError()
        waiting = once(emitter, "a", signal=AbortSignal.abort(reason))
        assert emitter.event_names() == []
        with pytest.raises(AbortError) as raised:
            await waiting
        assert raised.value.__cause__ is reason

    @pytest.mark.parametrize("end", ["emit", "error", "cancel"])
    async def test_a_signal_is_let_go(self, emitter: EventEmitter, controller: AbortController, end: str) -> None:
        waiting = once(emitter, "a", signal=controller.signal)
        assert len(get_event_listeners(controller.signal, "abort")) == 1
        if end == "cancel":
            waiting.cancel()
            await settle()
        else:
            emitter.emit("a" if end == "emit" else "error", 1)
        assert get_event_listeners(controller.signal, "abort") == []
        await asyncio.wait([waiting])
        assert waiting.cancelled() or waiting.exception() or waiting.result()

    async def test_cancelling_lets_the_emitter_go(self, emitter: EventEmitter) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(once(emitter, "a"), 1)
        await settle()
        assert emitter.event_names() == []

    async def test_what_comes_right_after_cancelling_is_ignored(self, emitter: EventEmitter) -> None:
        waiting = [once(emitter, "a"), once(emitter, "a")]
        for each in waiting:
            each.cancel()
        emitter.emit("a", 1)
        assert emitter.event_names() == []
        another = once(emitter, "a")
        another.cancel()
        emitter.emit("error", 1)

    async def test_what_is_no_signal_is_refused(self, emitter: EventEmitter) -> None:
        nothing: Any = "signal"
        for function in (once, on):
            with pytest.raises(ArgumentError, match="signal must be an AbortSignal"):
                function(emitter, "a", signal=nothing)
        assert emitter.event_names() == []


class TestOn:
    async def test_each_emission(self, emitter: EventEmitter) -> None:
        iteration = on(emitter, "a")
        emitter.emit("a", 1)
        emitter.emit("a", 2, 3)
        assert [await anext(iteration), await anext(iteration)] == [(1,), (2, 3)]
        waiting = asyncio.ensure_future(anext(iteration))
        await settle()
        emitter.emit("a")
        assert await waiting == ()
        await iteration.aclose()
        assert emitter.event_names() == []

    async def test_break_lets_the_emitter_go(self, emitter: EventEmitter) -> None:
        asyncio.get_running_loop().call_soon(emitter.emit, "a", 1)
        async for _ in on(emitter, "a"):
            break
        gc.collect()
        assert emitter.event_names() == []

    async def test_an_error_comes_after_what_waits(self, emitter: EventEmitter) -> None:
        iteration = on(emitter, "a")
        emitter.emit("a", 1)
        emitter.emit("error", ZeroDivisionError())
        assert emitter.event_names() == []
        assert await anext(iteration) == (1,)
        with pytest.raises(ZeroDivisionError):
            await anext(iteration)
        with pytest.raises(StopAsyncIteration):
            await anext(iteration)

    async def test_errors_may_be_what_is_iterated_over(self, emitter: EventEmitter) -> None:
        iteration = on(emitter, "error")
        emitter.emit("error", 1)
        assert await anext(iteration) == (1,)

    async def test_an_error_that_would_end_it_silently(self, emitter: EventEmitter) -> None:
        iteration = on(emitter, "a")
        emitter.emit("error", StopAsyncIteration())
        with pytest.raises(UnhandledEventError):
            await anext(iteration)

    async def test_closing_events(self, emitter: EventEmitter) -> None:
        iteration = on(emitter, "a", close=["b", "c"])
        emitter.emit("a", 1)
        emitter.emit("c", 2)
        emitter.emit("a", 3)
        assert emitter.event_names() == []
        assert [args async for args in iteration] == [(1,)]

    async def test_aborting(self, emitter: EventEmitter, controller: AbortController) -> None:
        iteration = on(emitter, "a", signal=controller.signal)
        emitter.emit("a", 1)
        controller.abort("why")
        assert emitter.event_names() == []
        assert await anext(iteration) == (1,)
        with pytest.raises(AbortError, match="why"):
            await anext(iteration)

    async def test_a_signal_that_has_aborted(self, emitter: EventEmitter) -> None:
        with pytest.raises(AbortError):
            on(emitter, "a", signal=AbortSignal.abort())
        assert emitter.event_names() == []

    async def test_a_signal_is_let_go(self, emitter: EventEmitter, controller: AbortController) -> None:
        iteration = on(emitter, "a", signal=controller.signal)
        assert len(get_event_listeners(controller.signal, "abort")) == 1
        await iteration.aclose()
        assert get_event_listeners(controller.signal, "abort") == []

    async def test_a_slow_consumer(self, emitter: EventEmitter) -> None:
        iteration = on(emitter, "a", limit=2)
        for value in range(4):
            emitter.emit("a", value)
        assert emitter.event_names() == []
        assert [await anext(iteration), await anext(iteration)] == [(0,), (1,)]
        with pytest.raises(SlowConsumerError):
            await anext(iteration)


class TestAddAbortListener:
    async def test_it_is_called_when_the_signal_aborts(self, controller: AbortController) -> None:
        reasons: list[object] = []
        add_abort_listener(controller.signal, lambda event: reasons.append(event.target.reason))
        controller.abort("why")
        assert reasons == ["why"]

    async def test_it_is_called_soon_if_the_signal_has_aborted(self) -> None:
        reasons: list[object] = []
        add_abort_listener(AbortSignal.abort("why"), lambda event: reasons.append(event.target.reason))
        assert reasons == []
        await settle()
        assert reasons == ["why"]

    async def test_it_can_be_forgotten(self, controller: AbortController) -> None:
        reasons: list[object] = []
        with add_abort_listener(controller.signal, reasons.append):
            pass
        controller.abort()
        with add_abort_listener(controller.signal, reasons.append):
            pass
        await settle()
        assert reasons == []

    async def test_bad_arguments_are_refused(self, controller: AbortController) -> None:
        nothing: Any = None
        with pytest.raises(ArgumentError, match="signal"):
            add_abort_listener(nothing, listener)
        for signal in (controller.signal, AbortSignal.abort()):
            with pytest.raises(ArgumentError, match="listener"):
                add_abort_listener(signal, nothing)


class TestLooking:
    @pytest.fixture(autouse=True)
    def restored(self) -> Generator[None]:
        before = EventEmitter.default_max_listeners
        yield
        EventEmitter.default_max_listeners = before

    def test_listeners(self, emitter: EventEmitter, controller: AbortController) -> None:
        emitter.once("a", listener)
        controller.signal.add_event_listener("abort", listener)
        assert get_event_listeners(emitter, "a") == get_event_listeners(controller.signal, "abort") == [listener]
        assert get_event_listeners(emitter, "b") == get_event_listeners(controller.signal, "b") == []

    def test_their_number(self, emitter: EventEmitter) -> None:
        emitter.on("a", listener)
        assert [listener_count(emitter, "a"), listener_count(emitter, "b")] == [1, 0]

    def test_limits_of_some(self, emitter: EventEmitter) -> None:
        another, third = EventEmitter(), EventEmitter()
        set_max_listeners(5, emitter, another)
        assert [get_max_listeners(each) for each in (emitter, another, third)] == [5, 5, 10]

    def test_the_limit_of_all_others(self, emitter: EventEmitter) -> None:
        emitter.set_max_listeners(1)
        set_max_listeners(5)
        assert [get_max_listeners(emitter), get_max_listeners(EventEmitter())] == [1, 5]

    def test_what_is_no_limit_is_refused(self, emitter: EventEmitter) -> None:
        for targets in [(), (emitter,)]:
            with pytest.raises(ArgumentError, match="n must be"):
                set_max_listeners(-1, *targets)
        assert emitter.get_max_listeners() == 10
