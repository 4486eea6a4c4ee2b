"""The clock of a recording: it moves by hand, and what is due rings then, or at once where it is due at once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from rxconvo.recordings.loop import RecordedLoop
from rxconvo.streams import LoopScheduler
from rxconvo.testing import settle


def made(start: float = 10.0) -> RecordedLoop:
    return RecordedLoop(asyncio.get_running_loop(), start)  # type: ignore[abstract]  # as the player does


async def test_what_is_due_rings_in_order_when_the_clock_is_moved() -> None:
    loop, rung = made(), list[tuple[str, float]]()

    def ring(name: str) -> None:
        rung.append((name, loop.time()))

    loop.call_at(13.0, ring, "c")
    loop.call_later(2.0, ring, "a")
    loop.call_at(12.0, ring, "b")
    loop.call_at(12.5, ring, "cancelled").cancel()
    assert loop.next_due() == 12.0
    assert not loop.move(20.0)
    assert loop.time() == 20.0
    assert loop.move(20.0, due=12.0)
    assert rung == [("a", 20.0), ("b", 20.0)]
    assert loop.next_due() == 13.0
    assert loop.move(20.0, due=20.0)
    assert rung[2:] == [("c", 20.0)]
    assert (loop.next_due(), loop.move(5.0, due=99.0), loop.time()) == (None, False, 20.0)


async def test_what_is_due_shows_on_the_clock_even_if_sums_of_floats_say_otherwise() -> None:
    loop, rung = made(0.0), list[float]()
    due = 0.1 + 0.2
    loop.call_at(due, lambda: rung.append(loop.time()))
    loop.move(0.3, due=0.3 + 1e-6)
    assert rung == [due]


async def test_while_it_stands_it_creeps_on_to_what_is_due_in_a_moment() -> None:
    loop, rung = made(), list[float]()
    loop.call_later(0.0, lambda: rung.append(loop.time()))
    loop.call_later(0.02, lambda: rung.append(loop.time()))
    loop.call_later(5.0, lambda: rung.append(loop.time()))
    await settle()
    assert rung == [10.0, 10.02]
    loop.standing = False
    loop.call_later(0.02, lambda: rung.append(loop.time()))
    await settle()
    assert len(rung) == 2


async def test_what_raises_is_told_to_the_real_loop() -> None:
    loop, told = made(), list[Any]()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
    loop.call_later(1.0, lambda: 1 / 0)
    loop.move(11.0, due=11.0)
    asyncio.get_running_loop().set_exception_handler(None)
    assert [type(error) for error in told] == [ZeroDivisionError]


async def test_everything_else_is_done_by_the_real_loop() -> None:
    loop, real = made(), asyncio.get_running_loop()

    async def answer() -> int:
        return 7

    assert await loop.create_task(answer(), name="x") == 7
    assert loop.create_future().get_loop() is real
    assert (loop.get_debug(), loop.is_running(), loop.is_closed()) == (real.get_debug(), True, False)
    called = loop.create_future()
    loop.call_soon(called.set_result, 1)
    assert await called == 1


async def test_a_scheduler_of_it_tells_the_time_of_the_recording() -> None:
    loop, began = made(60.0), datetime(2026, 1, 31, tzinfo=UTC)
    scheduler, rung = LoopScheduler(loop, epoch=began), list[datetime]()
    assert scheduler.now == began + timedelta(seconds=60)
    scheduler.schedule_relative(30.0, lambda *_: rung.append(scheduler.now))
    loop.move(90.0, due=90.0)
    assert rung == [began + timedelta(seconds=90)]
