from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any

import pytest

from rxconvo import AbortController, AbortError, AbortSignal, ArgumentError
from rxconvo.abort import AbortEvent
from rxconvo.testing import advance, settle


@pytest.fixture
def controller() -> AbortController:
    return AbortController()


class TestAborting:
    def test_once_and_for_all(self, controller: AbortController) -> None:
        signal = controller.signal
        assert (signal.aborted, signal.reason) == (False, None)
        controller.abort("why")
        controller.abort("again")
        assert (signal.aborted, signal.reason) == (True, "why")

    def test_without_a_reason(self, controller: AbortController) -> None:
        controller.abort()
        assert isinstance(controller.signal.reason, AbortError)

    @pytest.mark.parametrize("reason,error", [(None, AbortError), ("why", AbortError), (KeyError("why"), KeyError)])
    def test_throw_if_aborted(self, controller: AbortController, reason: Any, error: type[Exception]) -> None:
        controller.signal.throw_if_aborted()
        controller.abort(reason)
        with pytest.raises(error) as raised:
            controller.signal.throw_if_aborted()
        assert raised.value is controller.signal.reason or getattr(raised.value, "reason", None) == reason

    def test_a_signal_that_has_aborted(self) -> None:
        assert AbortSignal.abort("why").reason == "why"
        assert isinstance(AbortSignal.abort().reason, AbortError)


class TestListeners:
    def test_they_are_called_in_order_with_the_event(self, controller: AbortController) -> None:
        heard: list[Any] = []
        controller.signal.add_event_listener("abort", heard.append)
        controller.signal.add_event_listener("abort", lambda event: heard.append(event.target.aborted), once=True)
        controller.signal.add_event_listener("abort", heard.append)
        controller.abort()
        controller.abort()
        assert heard == [AbortEvent("abort", controller.signal), True]
        assert controller.signal.listeners("abort") == []

    def test_they_can_be_removed(self, controller: AbortController) -> None:
        heard: list[Any] = []
        controller.signal.add_event_listener("abort", heard.append)
        controller.signal.remove_event_listener("abort", heard.append)
        controller.signal.remove_event_listener("abort", heard.append)
        controller.abort()
        assert heard == []

    def test_one_may_remove_the_next(self, controller: AbortController) -> None:
        heard: list[Any] = []
        signal = controller.signal
        signal.add_event_listener("abort", lambda _: signal.remove_event_listener("abort", heard.append))
        signal.add_event_listener("abort", heard.append)
        controller.abort()
        assert heard == []

    def test_after_aborting_they_are_not_kept(self, controller: AbortController) -> None:
        heard: list[Any] = []
        controller.abort()
        controller.signal.add_event_listener("abort", heard.append)
        assert (heard, controller.signal.listeners("abort")) == ([], [])

    def test_all_are_called_whatever_one_raises(self, controller: AbortController) -> None:
        heard: list[Any] = []

        def raising(_: AbortEvent) -> None:
            raise ZeroDivisionError

        controller.signal.add_event_listener("abort", raising)
        controller.signal.add_event_listener("abort", heard.append)
        with pytest.raises(ZeroDivisionError):
            controller.abort()
        assert len(heard) == 1

    def test_several_raise(self, controller: AbortController) -> None:
        def first(_: AbortEvent) -> None:
            raise ZeroDivisionError

        def second(_: AbortEvent) -> None:
            raise LookupError

        controller.signal.add_event_listener("abort", first)
        AbortSignal.any([controller.signal]).add_event_listener("abort", second)
        with pytest.raises(ExceptionGroup) as raised:
            controller.abort()
        assert [type(error) for error in raised.value.exceptions] == [ZeroDivisionError, LookupError]

    @pytest.mark.parametrize("method", ["add_event_listener", "remove_event_listener"])
    def test_bad_arguments_are_refused(self, controller: AbortController, method: str) -> None:
        with pytest.raises(ArgumentError, match=r'type must be "abort", not'):
            getattr(controller.signal, method)("aborted", print)
        with pytest.raises(ArgumentError, match="listener must be callable"):
            getattr(controller.signal, method)("abort", None)


class TestTimeouts:
    async def test_they_abort_by_the_clock_of_the_loop(self) -> None:
        signal = AbortSignal.timeout(5)
        await advance(4.9)
        assert not signal.aborted
        await advance(0.1)
        assert isinstance(signal.reason, TimeoutError)

    async def test_nobody_holds_it_and_its_timer_is_gone(self) -> None:
        AbortSignal.timeout(5)
        await settle()  # a timer that is left fails the test

    async def test_who_listens_is_told_though_nobody_holds_it(self) -> None:
        heard: list[Any] = []
        AbortSignal.timeout(5).add_event_listener("abort", heard.append)
        gc.collect()
        await advance(5)
        assert len(heard) == 1

    async def test_who_listens_no_more_does_not_keep_it(self) -> None:
        def listener(_: AbortEvent) -> None: ...

        signal = AbortSignal.timeout(5)
        signal.add_event_listener("abort", listener)
        signal.remove_event_listener("abort", listener)
        alive = weakref.ref(signal)
        del signal
        assert alive() is None

    @pytest.mark.parametrize("seconds", [-1, float("nan"), "5", None, True])
    async def test_bad_arguments_are_refused(self, seconds: Any) -> None:
        with pytest.raises(ArgumentError, match="seconds must be a number of at least 0"):
            AbortSignal.timeout(seconds)


class TestAny:
    @pytest.mark.parametrize("first", [0, 1])
    def test_the_first_one_counts(self, first: int) -> None:
        controllers = [AbortController(), AbortController()]
        signal = AbortSignal.any(each.signal for each in controllers)
        assert not signal.aborted
        controllers[first].abort("first")
        controllers[1 - first].abort("second")
        assert signal.reason == "first"

    def test_one_has_aborted_already(self, controller: AbortController) -> None:
        signal = AbortSignal.any([controller.signal, AbortSignal.abort("b"), AbortSignal.abort("c")])
        assert signal.reason == "b"

    def test_of_none(self) -> None:
        assert not AbortSignal.any([]).aborted

    def test_all_have_aborted_before_any_listener_is_called(self, controller: AbortController) -> None:
        seen: list[Any] = []
        signal = AbortSignal.any([controller.signal])
        another = AbortSignal.any([signal])
        another.add_event_listener("abort", lambda _: seen.append("another"))
        signal.add_event_listener("abort", lambda _: seen.append("signal"))
        controller.signal.add_event_listener("abort", lambda _: seen.append((signal.reason, another.reason)))
        controller.abort("why")
        assert seen == [("why", "why"), "signal", "another"]

    def test_nothing_is_left_of_one_that_nobody_holds(self, controller: AbortController) -> None:
        alive = [weakref.ref(AbortSignal.any([controller.signal])) for _ in range(3)]
        assert [each() for each in alive] == [None] * 3
        assert len(controller.signal._dependents) == 0

    def test_who_listens_is_told_though_nobody_holds_it(self, controller: AbortController) -> None:
        heard: list[Any] = []
        AbortSignal.any([AbortSignal.any([controller.signal])]).add_event_listener("abort", heard.append)
        gc.collect()
        controller.abort("why")
        assert [event.target.reason for event in heard] == ["why"]

    async def test_who_listens_keeps_the_timers_as_well(self) -> None:
        heard: list[Any] = []
        AbortSignal.any([AbortSignal.timeout(5), AbortController().signal]).add_event_listener("abort", heard.append)
        gc.collect()
        await advance(5)
        assert len(heard) == 1

    async def test_it_goes_when_it_has_aborted(self, controller: AbortController) -> None:
        signal = AbortSignal.any([AbortSignal.timeout(5), controller.signal])
        signal.add_event_listener("abort", lambda _: None)
        alive = weakref.ref(signal)
        controller.abort()
        del signal
        gc.collect()
        assert alive() is None
        await settle()  # a timer that is left fails the test

    def test_bad_arguments_are_refused(self, controller: AbortController) -> None:
        signals: Any = [controller.signal, controller]
        with pytest.raises(ArgumentError, match="signals must be an AbortSignal"):
            AbortSignal.any(signals)


async def test_a_task_may_be_aborted(controller: AbortController) -> None:
    task = asyncio.ensure_future(asyncio.sleep(10))
    controller.signal.add_event_listener("abort", lambda _: task.cancel())
    controller.abort()
    with pytest.raises(asyncio.CancelledError):
        await task
