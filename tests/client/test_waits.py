from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable

import pytest

from rxconvo.client.waits import Waits
from rxconvo.errors import ClosedError, SyncError


class Switch:
    """A condition that counts how often it was looked at."""

    def __init__(self) -> None:
        self.holds = False
        self.error: Exception | None = None
        self.looks = 0

    def __call__(self) -> bool:
        self.looks += 1
        if self.error is not None:
            raise self.error
        return self.holds


@pytest.fixture
async def waits() -> Waits:
    return Waits(asyncio.get_running_loop())


def closed() -> Exception:
    return ClosedError("over")


async def test_a_condition_that_holds_is_done_at_once(waits: Waits) -> None:
    assert waits.until("a", lambda: True).done()
    assert not waits


async def test_a_condition_is_looked_at_again_when_its_key_is_and_only_then(waits: Waits) -> None:
    switch, other = Switch(), Switch()
    future = waits.until("a", switch)
    waits.until("b", other)
    waits.recheck(["a"])
    assert (switch.looks, other.looks) == (2, 1)
    assert not future.done()
    switch.holds = True
    waits.recheck(["b"])
    assert not future.done()
    waits.recheck(["a"])
    assert future.done()
    assert waits.keys == ("b",)


async def test_a_condition_that_was_met_is_not_looked_at_again(waits: Waits) -> None:
    switch = Switch()
    waits.until("a", switch)
    switch.holds = True
    waits.recheck(["a"])
    looks = switch.looks
    waits.recheck(["a"])
    assert switch.looks == looks
    assert not waits


async def test_several_may_wait_for_the_same_key(waits: Waits) -> None:
    first, second = Switch(), Switch()
    futures = [waits.until("a", switch) for switch in (first, second)]
    second.holds = True
    waits.recheck(["a"])
    assert [future.done() for future in futures] == [False, True]
    first.holds = True
    waits.recheck(["a"])
    assert futures[0].done()


async def test_an_error_of_ours_ends_the_wait_with_it(waits: Waits) -> None:
    switch = Switch()
    future = waits.until("a", switch)
    switch.error = SyncError("a", 403, None, "refused")
    waits.recheck(["a"])
    assert future.exception() is switch.error
    assert not waits


async def test_an_error_at_once_ends_the_wait_with_it(waits: Waits) -> None:
    switch = Switch()
    switch.error = ClosedError("gone")
    assert waits.until("a", switch).exception() is switch.error


async def test_a_wait_that_is_cancelled_is_forgotten_and_leaves_the_others(waits: Waits) -> None:
    kept, dropped = Switch(), Switch()
    staying, leaving = waits.until("a", kept), waits.until("a", dropped)
    alone = waits.until("b", Switch())
    leaving.cancel()
    alone.cancel()
    await asyncio.sleep(0)
    assert waits.keys == ("a",)
    kept.holds = True
    waits.recheck(["a"])
    assert staying.done()
    assert dropped.looks == 1


@pytest.mark.parametrize("wait", [lambda waits: waits.until("a", Switch()), lambda waits: waits.until("", Switch())])
async def test_the_end_fails_whoever_waits_with_an_error_each(
    waits: Waits, wait: Callable[[Waits], asyncio.Future[None]]
) -> None:
    first, second = wait(waits), wait(waits)
    waits.fail(closed)
    errors = [first.exception(), second.exception()]
    assert all(isinstance(error, ClosedError) for error in errors)
    assert errors[0] is not errors[1]
    assert not waits


async def test_after_the_end_nobody_waits_any_more(waits: Waits) -> None:
    waits.fail(closed)
    assert isinstance(waits.until("a", Switch()).exception(), ClosedError)
    assert not waits


async def test_a_failure_that_nobody_awaits_is_no_news(waits: Waits) -> None:
    switch = Switch()
    switch.error = ClosedError("gone")
    waits.until("a", switch)
    waits.until("b", Switch())
    waits.fail(closed)
    gc.collect()  # the plugin fails this test if the loop was told of an exception
