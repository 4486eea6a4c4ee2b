from __future__ import annotations

import asyncio

from rxconvo.testing.describe import describe_task, describe_timer


async def test_a_task_is_described_from_the_outside_in() -> None:
    async def inner() -> None:
        await asyncio.Event().wait()

    async def outer() -> None:
        await inner()

    task = asyncio.create_task(outer(), name="worker")
    await asyncio.sleep(0)
    description = describe_task(task)
    assert description.startswith("task 'worker': ")
    assert description.index("outer (test_describe.py:") < description.index("inner (test_describe.py:")
    assert "Event.wait (locks.py:" in description
    task.cancel()


async def test_a_finished_task_is_described_too() -> None:
    async def nothing() -> None:
        pass

    task = asyncio.create_task(nothing(), name="worker")
    await task
    assert describe_task(task) == "task 'worker': at its end"


async def test_a_timer_is_described_by_what_it_calls() -> None:
    loop = asyncio.get_running_loop()
    timer = loop.call_later(30, print)
    await asyncio.sleep(10)
    assert describe_timer(timer, loop.time()) == f"timer in 20.0 s: {timer!r}"
    assert "print" in describe_timer(timer, loop.time())
    timer.cancel()
