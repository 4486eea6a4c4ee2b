"""Which attempts are made, when, under which id, and what comes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex import operators as ops
from reactivex.testing import TestScheduler

from rxconvo import Client
from rxconvo import Service as Embedded
from rxconvo.errors import ArgumentError, ClosedError, OutcomeUnknownError, QueueFullError, RejectedError
from rxconvo.model import RetryPolicy
from rxconvo.operators import retry_mutation
from rxconvo.operators._deadlines import deadlines_of
from rxconvo.testing import VirtualLoop, advance
from tests.operators.attempts import LOST, REFUSED, Manual, Service, mutation

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

STEADY = RetryPolicy(attempts=3, minimum=2.0, randomness=0.0)


def test_the_diagram_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    rows = diagrams(retry_mutation)
    for attempts, outcome in zip(rows[::2], rows[1::2], strict=True):
        marbles = make_marbles({"a": "a"})
        meanings = {"a": "a", "x": LOST, "r": REFUSED}
        source = mutation(attempts, marbles.scheduler, 100.0, meanings)
        until = float(outcome.index("!")) if "!" in outcome else 50.0
        played = marbles.play(lambda source=source: source.pipe(retry_mutation(STEADY)), until=until)
        expected = marbles.expect(outcome.partition("!")[0])
        assert [emitted[:2] for emitted in played] == [emitted[:2] for emitted in expected]


class TestWhatIsTriedAgain:
    """Only what was not answered."""

    @pytest.mark.parametrize("error", [LOST, QueueFullError(5), OutcomeUnknownError("429", retry_after=1.0)])
    async def test_what_was_not_answered(self, error: Exception) -> None:
        service = Service(outcomes=[(error, False)])
        assert await service.cold().pipe(retry_mutation()) == 0
        assert service.performed == ["id1", "id1"]

    @pytest.mark.parametrize("error", [REFUSED, ClosedError("shut down"), ArgumentError("body", "text")])
    async def test_nothing_else(self, error: Exception) -> None:
        service = Service(outcomes=[(error, False)])
        with pytest.raises(type(error)):
            await service.cold().pipe(retry_mutation())
        assert service.performed == ["id1"]

    async def test_whoever_gives_up_may_go_on_later(self) -> None:
        service = Service(outcomes=[(LOST, True)] * 3)
        retried = service.cold().pipe(retry_mutation(STEADY))
        with pytest.raises(OutcomeUnknownError):
            await retried
        assert await retried == 0
        assert service.performed == ["id1"] * 4
        assert len(service.applied) == 1

    async def test_what_was_refused_is_a_new_mutation_the_next_time(self) -> None:
        service = Service(outcomes=[(LOST, False), (REFUSED, False)])
        retried = service.cold().pipe(retry_mutation(STEADY))
        with pytest.raises(RejectedError):
            await retried
        assert await retried == 0
        assert service.performed == ["id1", "id1", "id2"]

    async def test_without_end(self) -> None:
        service = Service(outcomes=[(LOST, False)] * 200)
        assert await service.cold().pipe(retry_mutation(RetryPolicy(attempts=None))) == 0
        assert set(service.performed) == {"id1"}

    async def test_retry_of_reactivex_tries_again_what_was_refused(self) -> None:
        service = Service(outcomes=[(REFUSED, False)])
        await service.cold().pipe(ops.retry(2))
        assert service.performed == ["id1", "id2"]
        assert asyncio.get_running_loop().time() == 0.0


class TestWhen:
    """How long it waits."""

    @staticmethod
    def times(policy: RetryPolicy, outcomes: list[Any], chance: float = 0.5) -> list[float]:
        """Return when attempts are made."""
        scheduler = TestScheduler()
        manual = Manual()
        manual.observable().pipe(retry_mutation(policy, chance=lambda: chance, scheduler=scheduler)).subscribe(
            on_error=lambda _: None
        )
        made = [0.0]
        for outcome in outcomes:
            begun = manual.begun
            manual.answer(outcome)
            while manual.begun == begun:
                scheduler.advance_by(0.125)
            made.append(scheduler.to_seconds(scheduler.now))
        return made

    def test_pauses_double_to_the_longest(self) -> None:
        policy = RetryPolicy(attempts=None, minimum=1.0, maximum=4.0)
        assert self.times(policy, [LOST] * 5) == [0.0, 1.0, 3.0, 7.0, 11.0, 15.0]

    def test_they_are_varied(self) -> None:
        policy = RetryPolicy(minimum=1.0, randomness=0.5)
        assert self.times(policy, [LOST], chance=0.0) == [0.0, 0.5]
        assert self.times(policy, [LOST], chance=1.0) == [0.0, 1.5]

    def test_the_service_s_own_wish_is_honoured_where_it_is_longer(self) -> None:
        policy = RetryPolicy(minimum=2.0, randomness=0.25)
        wishes = [OutcomeUnknownError("429", retry_after=seconds) for seconds in (8.0, 1.0)]
        assert self.times(policy, wishes[:1], chance=0.0) == [0.0, 8.0]
        assert self.times(policy, wishes[:1], chance=1.0) == [0.0, 10.0]
        assert self.times(policy, wishes[1:], chance=0.5) == [0.0, 2.0]


class TestRelease:
    """What is left when nobody looks."""

    @given(st.floats(0.0, 12.0))
    def test_disposed_at_any_time_it_makes_no_attempt_any_more(self, at: float) -> None:
        loop = VirtualLoop()

        async def run() -> None:
            service = Service(outcomes=[(LOST, True)] * 20)
            subscription = service.cold().pipe(retry_mutation(RetryPolicy(attempts=None))).subscribe()
            await advance(at)
            subscription.dispose()
            made = len(service.performed)
            await advance(100.0)
            assert len(service.performed) == made
            assert len(service.applied) <= 1

        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(run())

    def test_disposed_in_a_pause_there_is_no_attempt_and_no_timer_any_more(self) -> None:
        scheduler = TestScheduler()
        manual = Manual()
        subscription = manual.observable().pipe(retry_mutation(STEADY, scheduler=scheduler)).subscribe()
        manual.answer(LOST)
        assert len(deadlines_of(scheduler)) == 1
        subscription.dispose()
        assert len(deadlines_of(scheduler)) == 0
        scheduler.advance_by(100.0)
        assert manual.begun == 1

    def test_disposed_by_its_own_observer(self) -> None:
        manual = Manual()
        seen: list[object] = []
        subscription = manual.observable().pipe(retry_mutation(scheduler=TestScheduler())).subscribe(seen.append)
        manual.waiting[0].on_next(1)
        subscription.dispose()
        assert (seen, manual.waiting) == ([1], [])

    def test_two_subscribers_try_for_themselves(self) -> None:
        scheduler = TestScheduler()
        manual = Manual()
        retried = manual.observable().pipe(retry_mutation(STEADY, scheduler=scheduler))
        seen: list[str] = []
        for name in "ab":
            retried.pipe(ops.map(partial("{}{}".format, name))).subscribe(seen.append)
        manual.answer(LOST)
        manual.answer(1)
        scheduler.advance_by(2.0)
        manual.answer(2)
        assert seen == ["b1", "a2"]


async def test_a_message_is_sent_once_although_the_connection_is_lost() -> None:
    async with Embedded() as service, service.client("ada") as ada:
        lunch = await (await ada.create_conversation()).join()
        sending = asyncio.ensure_future(lunch.send_message("pizza?").pipe(retry_mutation()))
        await asyncio.sleep(0)
        cut(ada)
        assert await sending == 0
        assert await lunch.get_messages_count() == 1


def cut(client: Client) -> None:
    transport = client._context.driver._transport
    assert transport is not None
    transport.abort()


def test_it_keeps_the_time_of_the_scheduler_given_to_subscribe() -> None:
    scheduler = TestScheduler()
    manual = Manual()
    manual.observable().pipe(retry_mutation(STEADY)).subscribe(scheduler=scheduler)
    manual.answer(LOST)
    scheduler.advance_by(2.0)
    assert manual.begun == 2
