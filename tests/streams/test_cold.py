from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import pytest
import reactivex
from reactivex import Observable
from reactivex import operators as ops

from rxconvo.errors import (
    ArgumentError,
    ClosedError,
    NotFoundError,
    ObserverError,
    OutcomeUnknownError,
    QueueFullError,
    RejectedError,
)
from rxconvo.streams import Cold, Context, HotStream, LoopObservable, current_scheduler
from rxconvo.testing import advance, held, settle


def fail(*_: object) -> None:
    raise ZeroDivisionError("on purpose")


class Service:
    """Performs, and remembers under which ids.

    Attributes:
        performed: The mutation ids, one for each attempt.
        applied: The mutation ids that were applied.
        outcomes: What the next attempts come to: a value, or what they raise; by default their number.
        takes: How long an attempt takes, seconds.
    """

    def __init__(self) -> None:
        self.performed: list[str] = []
        self.applied: set[str] = set()
        self.outcomes: list[Any] = []
        self.takes = 1.0
        self.running = 0

    async def perform(self, mutation_id: str) -> Any:
        self.performed.append(mutation_id)
        number = len(self.performed)
        self.running += 1
        try:
            await asyncio.sleep(self.takes)
        finally:
            self.running -= 1
        outcome = self.outcomes.pop(0) if self.outcomes else number
        if isinstance(outcome, BaseException):
            raise outcome
        self.applied.add(mutation_id)
        return outcome


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
async def context(faults: list[ObserverError]) -> Context:
    return Context(current_scheduler(), faults.append)


@pytest.fixture
def make(context: Context) -> Callable[[Callable[[str], Awaitable[Any]]], Cold[Any]]:
    ids = count(1)
    return lambda perform: Cold(perform, ids=lambda: f"id{next(ids)}", context=context, name="send_message")


@pytest.fixture
def cold(make: Callable[[Callable[[str], Awaitable[Any]]], Cold[Any]], service: Service) -> Cold[Any]:
    return make(service.perform)


UNKNOWN = [
    OutcomeUnknownError("lost"),
    QueueFullError(10),
    ConnectionResetError("cut"),
    ValueError("a bug"),
    asyncio.CancelledError(),
]
REJECTED = [RejectedError(400, 50000, "no"), NotFoundError(404, 50350, "not found")]


async def test_its_repr_tells_its_name(cold: Cold[Any]) -> None:
    assert repr(cold) == "<Cold send_message>"


class TestSubscribing:
    async def test_nothing_happens_before_subscription(self, cold: Cold[Any], service: Service) -> None:
        assert isinstance(cold, Observable)
        cold.map(str).retry(3)
        await advance(10.0)
        assert not service.performed

    async def test_it_gives_one_value_and_completes(self, cold: Cold[Any], service: Service) -> None:
        seen: list[Any] = []
        service.outcomes = [7]
        cold.subscribe(seen.append, seen.append, lambda: seen.append("|"))
        assert not seen
        await advance(0.5)
        assert not seen
        await advance(0.5)
        assert seen == [7, "|"]

    async def test_none_is_a_value(self, make: Any) -> None:
        async def perform(_: str) -> None:
            return None

        seen: list[Any] = []
        make(perform).subscribe(seen.append, seen.append, lambda: seen.append("|"))
        await settle()
        assert seen == [None, "|"]

    @pytest.mark.parametrize("error", [*REJECTED, *UNKNOWN[:-1]])
    async def test_errors_come_through_on_error_as_they_are(
        self, cold: Cold[Any], service: Service, faults: list[ObserverError], error: Exception
    ) -> None:
        seen: list[Any] = []
        service.outcomes = [error]
        cold.subscribe(seen.append, seen.append, lambda: seen.append("|"))
        await advance(1.0)
        assert seen == [error]
        assert not faults

    async def test_what_perform_raises_at_once_comes_through_on_error_too(self, make: Any) -> None:
        error = ArgumentError("body", "a string")

        def perform(_: str) -> Awaitable[None]:
            raise error

        seen: list[Any] = []
        make(perform).subscribe(on_error=seen.append)
        await settle()
        assert seen == [error]

    async def test_perform_may_return_any_awaitable(self, make: Any) -> None:
        future = asyncio.get_running_loop().create_future()
        cold = make(lambda _: future)
        seen: list[Any] = []
        cold.subscribe(seen.append)
        await settle()
        future.set_result(5)
        await settle()
        assert seen == [5]

    async def test_an_error_without_a_handler_is_reported(
        self, cold: Cold[Any], service: Service, faults: list[ObserverError]
    ) -> None:
        service.outcomes = [REJECTED[0]]
        cold.subscribe()
        await advance(1.0)
        assert [(fault.stream, fault.__cause__) for fault in faults] == [("send_message", REJECTED[0])]

    async def test_an_observer_that_raises_is_reported(self, cold: Cold[Any], faults: list[ObserverError]) -> None:
        ended: list[Any] = []
        cold.subscribe(fail, ended.append, lambda: ended.append("|"))
        cold.subscribe(on_completed=fail)
        cold.map(lambda v: v).subscribe(fail)
        await advance(1.0)
        assert [type(fault.__cause__) for fault in faults] == [ZeroDivisionError] * 3
        assert [type(error) for error in ended] == [ZeroDivisionError]

    async def test_nobody_has_to_hold_what_runs(self, make: Any, service: Service) -> None:
        seen: list[Any] = []
        make(service.perform).subscribe(seen.append)
        await advance(0.5)
        gc.collect()
        await advance(0.5)
        assert seen == [1]
        assert not held().tasks

    async def test_the_program_can_be_interrupted(self, make: Any) -> None:
        async def perform(_: str) -> None:
            raise KeyboardInterrupt

        cold = make(perform)
        with pytest.raises(KeyboardInterrupt):
            await cold


class TestDisposing:
    async def test_before_it_starts_nothing_is_performed(self, cold: Cold[Any], service: Service) -> None:
        cold.subscribe().dispose()
        await advance(10.0)
        assert not service.performed

    async def test_it_cancels(self, cold: Cold[Any], service: Service, faults: list[ObserverError]) -> None:
        seen: list[Any] = []
        subscription = cold.subscribe(seen.append, seen.append, lambda: seen.append("|"))
        await advance(0.5)
        assert service.running == 1
        subscription.dispose()
        subscription.dispose()
        await settle()
        assert service.running == 0
        assert not seen
        assert not faults

    async def test_disposing_while_the_value_is_delivered_is_fine(self, cold: Cold[Any]) -> None:
        seen: list[Any] = []

        def on_next(value: object) -> None:
            seen.append(value)
            subscription.dispose()

        cold.take(1).subscribe(seen.append, seen.append, lambda: seen.append("|"))
        subscription = cold.subscribe(on_next)
        await advance(1.0)
        assert seen == [1, "|", 2]

    async def test_when_the_loop_ends_it_is_told(self, cold: Cold[Any], service: Service) -> None:
        seen: list[Any] = []
        cold.subscribe(seen.append, seen.append)
        await advance(0.5)
        (task,) = held().tasks
        task.cancel()
        await settle()
        assert [type(error) for error in seen] == [OutcomeUnknownError]
        assert service.running == 0


class TestAwaiting:
    async def test_it_runs_in_the_awaiting_task(self, make: Any) -> None:
        async def perform(_: str) -> asyncio.Task[Any] | None:
            return asyncio.current_task()

        assert await make(perform) is asyncio.current_task()

    async def test_it_can_be_a_task(self, cold: Cold[Any]) -> None:
        results = await asyncio.gather(cold, asyncio.ensure_future(cold), asyncio.wait_for(cold, 5.0))
        assert sorted(results) == [1, 2, 3]

    @pytest.mark.parametrize("error", [*REJECTED, *UNKNOWN[:-1]])
    async def test_it_raises(self, cold: Cold[Any], service: Service, error: Exception) -> None:
        service.outcomes = [error]
        with pytest.raises(type(error)) as caught:
            await cold
        assert caught.value is error

    async def test_cancelling_cancels(self, cold: Cold[Any], service: Service) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await cold
        assert service.running == 0
        assert await cold == 2
        assert service.performed == ["id1", "id1"]

    async def test_a_chain_can_be_awaited(self, cold: Cold[Any], service: Service) -> None:
        chain = cold.map(str)
        assert isinstance(chain, LoopObservable)
        assert await chain == "1"
        assert await cold.delay(2.0) == 2
        assert asyncio.get_running_loop().time() == 4.0
        service.outcomes = [REJECTED[0]]
        with pytest.raises(RejectedError):
            await cold.map(str)

    async def test_cancelling_a_chain_cancels(self, cold: Cold[Any], service: Service) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await cold.map(str).retry(3)
        await settle()
        assert service.running == 0


Attempt = Callable[[Cold[Any]], Awaitable[Any]]


async def by_await(cold: Cold[Any]) -> Any:
    return await cold


async def by_subscribe(cold: Cold[Any]) -> Any:
    done = asyncio.get_running_loop().create_future()
    cold.subscribe(done.set_result, done.set_exception)
    return await done


@pytest.mark.parametrize("attempt", [by_await, by_subscribe])
class TestIds:
    """Law 3: answered is a new mutation, not answered is the same one."""

    async def test_each_answered_subscription_is_another_mutation(
        self, cold: Cold[Any], service: Service, attempt: Attempt
    ) -> None:
        for _ in range(3):
            await attempt(cold)
        assert service.performed == ["id1", "id2", "id3"]

    @pytest.mark.parametrize("error", REJECTED)
    async def test_a_rejection_is_an_answer(
        self, cold: Cold[Any], service: Service, attempt: Attempt, error: Exception
    ) -> None:
        service.outcomes = [error]
        with pytest.raises(RejectedError):
            await attempt(cold)
        await attempt(cold)
        assert service.performed == ["id1", "id2"]

    @pytest.mark.parametrize("error", UNKNOWN)
    async def test_anything_else_is_none_and_the_next_subscription_resumes(
        self, cold: Cold[Any], service: Service, attempt: Attempt, error: BaseException
    ) -> None:
        service.outcomes = [error, error]
        expected = OutcomeUnknownError if isinstance(error, asyncio.CancelledError) else type(error)
        for _ in range(2):
            with pytest.raises(expected):
                await attempt(cold)
        await attempt(cold)
        assert service.performed == ["id1", "id1", "id1"]
        await attempt(cold)
        assert service.performed[-1] == "id2"

    async def test_dispose_after_it_started_is_none(self, cold: Cold[Any], service: Service, attempt: Attempt) -> None:
        subscription = cold.subscribe()
        await advance(0.5)
        subscription.dispose()
        await settle()
        await attempt(cold)
        assert service.performed == ["id1", "id1"]

    async def test_one_made_in_the_moment_of_the_dispose_resumes_it(
        self, cold: Cold[Any], service: Service, attempt: Attempt
    ) -> None:
        subscription = cold.subscribe()
        await advance(0.5)
        subscription.dispose()
        subscription.dispose()
        await asyncio.gather(attempt(cold), attempt(cold))
        assert service.performed == ["id1", "id1", "id2"]

    async def test_disposed_before_it_started_it_leaves_its_id_to_the_next(
        self, cold: Cold[Any], service: Service, attempt: Attempt
    ) -> None:
        cold.subscribe().dispose()
        await attempt(cold)
        assert service.performed == ["id1"]

    async def test_disposed_after_the_answer_it_is_not_resumed(
        self, cold: Cold[Any], service: Service, attempt: Attempt
    ) -> None:
        subscription = cold.subscribe()
        await advance(2.0)
        subscription.dispose()
        await attempt(cold)
        assert service.performed == ["id1", "id2"]

    async def test_one_made_while_another_runs_is_another_mutation(
        self, cold: Cold[Any], service: Service, attempt: Attempt
    ) -> None:
        await asyncio.gather(attempt(cold), attempt(cold))
        assert service.performed == ["id1", "id2"]

    async def test_each_that_was_not_answered_is_resumed_once(
        self, cold: Cold[Any], service: Service, attempt: Attempt
    ) -> None:
        service.outcomes = [UNKNOWN[0], UNKNOWN[0]]
        for result in await asyncio.gather(attempt(cold), attempt(cold), return_exceptions=True):
            assert result is UNKNOWN[0]
        await asyncio.gather(attempt(cold), attempt(cold), attempt(cold))
        assert service.performed == ["id1", "id2", "id1", "id2", "id3"]


class TestAdmitting:
    @pytest.fixture
    def gate(self) -> list[Exception | None]:
        """What `admit` comes to after a second, and an entry for each time that it was asked."""
        return []

    @pytest.fixture
    def cold(self, context: Context, service: Service, gate: list[Exception | None]) -> Cold[Any]:
        ids = count(1)

        async def admit() -> None:
            gate.append(None)
            await asyncio.sleep(1.0)
            if gate[0] is not None:
                raise gate[0]

        return Cold(service.perform, admit=admit, ids=lambda: f"id{next(ids)}", context=context, name="send_message")

    async def test_who_is_not_admitted_performs_nothing(
        self, cold: Cold[Any], service: Service, gate: list[Exception | None]
    ) -> None:
        gate.append(ClosedError("gone"))
        for _ in range(2):
            with pytest.raises(ClosedError):
                await cold
        assert not service.performed
        gate[0] = None
        await cold
        assert len(gate) == 4  # nobody was resumed: each was asked

    async def test_who_resumes_is_admitted_already(
        self, cold: Cold[Any], service: Service, gate: list[Exception | None]
    ) -> None:
        gate.append(None)
        service.outcomes = [OutcomeUnknownError("lost")]
        with pytest.raises(OutcomeUnknownError):
            await cold
        gate[0] = ClosedError("gone")
        await cold
        assert service.performed == ["id1", "id1"]
        with pytest.raises(ClosedError):
            await cold

    async def test_disposed_before_it_was_admitted_it_is_not_resumed(
        self, cold: Cold[Any], service: Service, gate: list[Exception | None]
    ) -> None:
        gate.append(None)
        subscription = cold.subscribe()
        await advance(0.5)
        subscription.dispose()
        await advance(2.0)
        gate[0] = ClosedError("gone")
        with pytest.raises(ClosedError):
            await cold
        assert not service.performed


class TestRetry:
    @pytest.mark.parametrize("lost", [0, 1, 2])
    async def test_retry_applies_it_once(self, cold: Cold[Any], service: Service, lost: int) -> None:
        service.outcomes = [UNKNOWN[0]] * lost
        assert await cold.retry(3) == lost + 1
        assert service.performed == ["id1"] * (lost + 1)
        assert service.applied == {"id1"}

    async def test_it_gives_up(self, cold: Cold[Any], service: Service) -> None:
        service.outcomes = [UNKNOWN[0]] * 3
        with pytest.raises(OutcomeUnknownError):
            await cold.retry(3)
        assert service.performed == ["id1"] * 3
        assert await cold == 4
        assert service.applied == {"id1"}

    async def test_it_can_be_subscribed_too(self, cold: Cold[Any], service: Service) -> None:
        service.outcomes = [UNKNOWN[0], 7]
        seen: list[Any] = []
        cold.pipe(ops.retry(3), ops.map(str)).subscribe(seen.append, on_completed=lambda: seen.append("|"))
        await advance(2.0)
        assert seen == ["7", "|"]

    async def test_disposing_it_cancels_the_attempt(self, cold: Cold[Any], service: Service) -> None:
        service.outcomes = [UNKNOWN[0]]
        subscription = cold.retry(3).subscribe()
        await advance(1.5)
        assert service.running == 1
        subscription.dispose()
        await settle()
        assert service.running == 0
        assert service.performed == ["id1", "id1"]

    async def test_a_timeout_resumes_the_same_mutation(self, cold: Cold[Any], service: Service) -> None:
        service.takes = 10.0
        asyncio.get_running_loop().call_later(8.0, setattr, service, "takes", 1.0)
        assert await cold.timeout(3.0).retry() == 4
        assert service.performed == ["id1"] * 4


async def test_it_composes_with_hot_streams(cold: Cold[Any], hub_stream: HotStream[int]) -> None:
    seen: list[Any] = []
    with hub_stream.flat_map(lambda _: cold).merge(reactivex.never()).subscribe(seen.append):
        hub_stream.push(1)
        hub_stream.push(2)
        await advance(1.0)
    assert seen == [1, 2]


@pytest.fixture
async def hub_stream(delivery: Any) -> HotStream[int]:
    return HotStream(delivery, "numbers")


async def test_a_mutation_begun_elsewhere_is_resumed(cold: Cold[Any], service: Service) -> None:
    assert cold.resume("before") is cold
    service.outcomes = [OutcomeUnknownError("lost")]
    with pytest.raises(OutcomeUnknownError):
        await cold
    await cold
    await cold
    assert service.performed == ["before", "before", "id1"]


@pytest.mark.parametrize("mutation_id", [None, 5, "", "a b", "a\n", "é", "x" * 129])
async def test_what_is_no_id_is_not_resumed(cold: Cold[Any], service: Service, mutation_id: Any) -> None:
    with pytest.raises(ArgumentError, match="mutation_id must be a string of 1 to 128 printable ASCII characters"):
        cold.resume(mutation_id)
    await cold
    assert service.performed == ["id1"]


@pytest.mark.parametrize("retry_count", [0, -1, "3", 1.5, True])
async def test_it_is_tried_at_least_once(cold: Cold[Any], retry_count: Any) -> None:
    with pytest.raises(ArgumentError, match="retry_count must be an integer, 1 or more, or None"):
        cold.retry(retry_count)


async def test_it_is_tried_as_often_as_said_and_help_tells_how(cold: Cold[Any], service: Service) -> None:
    service.outcomes = [OutcomeUnknownError("lost")] * 3
    with pytest.raises(OutcomeUnknownError):
        await cold.retry(2)
    assert service.performed == ["id1", "id1"]
    assert "resumed under the same id" in (Cold.retry.__doc__ or "")
