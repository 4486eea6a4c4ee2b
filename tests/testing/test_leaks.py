from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from rxconvo.testing import LeakError, held, leaks_since, no_leaks

has_descriptors = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open descriptors cannot be listed")


async def test_a_tidy_block_passes() -> None:
    async with no_leaks():
        task = asyncio.create_task(asyncio.sleep(5))
        timer = asyncio.get_running_loop().call_later(5, print)
        await asyncio.sleep(1)
        task.cancel()
        timer.cancel()


async def test_a_task_is_found() -> None:
    async def forgotten() -> None:
        await asyncio.Event().wait()

    with pytest.raises(LeakError, match=r"task 'lost'.*forgotten \(test_leaks.py:") as caught:
        async with no_leaks(grace=0):
            task = asyncio.create_task(forgotten(), name="lost")
    assert len(caught.value.leaks) == 1
    task.cancel()


async def test_a_timer_is_found() -> None:
    with pytest.raises(LeakError, match=r"timer in 30\.0 s: .*print"):
        async with no_leaks(grace=0):
            timer = asyncio.get_running_loop().call_later(30, print)
    timer.cancel()


@pytest.mark.real_time
async def test_a_timer_is_found_on_real_time_too() -> None:
    with pytest.raises(LeakError, match=r"timer in 29\..*print"):
        async with no_leaks(grace=0.02):
            timer = asyncio.get_running_loop().call_later(30, print)
    timer.cancel()


@has_descriptors
async def test_a_descriptor_is_found() -> None:
    with pytest.raises(LeakError, match=r"descriptor \d+ of pipe:") as caught:
        async with no_leaks(grace=0):
            ends = os.pipe()
    assert len(caught.value.leaks) == 2
    for end in ends:
        os.close(end)


@has_descriptors
async def test_a_descriptor_that_took_the_number_of_another_is_found() -> None:
    null, zero = os.open("/dev/null", os.O_RDONLY), os.open("/dev/zero", os.O_RDONLY)
    with pytest.raises(LeakError, match=f"descriptor {null} of /dev/zero"):
        async with no_leaks(grace=0):
            os.dup2(zero, null)
    os.close(null)
    os.close(zero)


async def test_a_thread_is_found() -> None:
    end = threading.Event()
    thread = threading.Thread(target=end.wait, name="writer")
    with pytest.raises(LeakError, match="thread 'writer'"):
        async with no_leaks(grace=0):
            thread.start()
    end.set()
    thread.join()


async def test_a_thread_that_is_about_to_end_is_no_leak() -> None:
    async with no_leaks():
        thread = threading.Thread(target=threading.Event().wait, args=(0.02,))
        thread.start()
    thread.join()


@pytest.mark.real_time
async def test_threads_of_the_default_executor_are_no_leak() -> None:
    async with no_leaks(grace=0):
        await asyncio.to_thread(int)


async def test_what_was_there_before_is_no_leak() -> None:
    task = asyncio.create_task(asyncio.sleep(5))
    await asyncio.sleep(0)
    async with no_leaks(grace=0):
        pass
    await task


async def test_what_is_about_to_end_is_no_leak_and_takes_no_virtual_time() -> None:
    async def slow_to_go() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(50):
                await asyncio.sleep(0)

    async with no_leaks(grace=0):
        task = asyncio.create_task(slow_to_go())
        await asyncio.sleep(0)
        task.cancel()
    assert task.cancelled()
    assert asyncio.get_running_loop().time() == 0.0


@pytest.mark.real_time
async def test_what_ends_within_the_grace_is_no_leak() -> None:
    async with no_leaks():
        task = asyncio.create_task(asyncio.sleep(0.02))
    assert task.done()


async def test_an_error_of_the_block_goes_before_its_leaks() -> None:
    with pytest.raises(ZeroDivisionError):
        async with no_leaks(grace=0):
            timer = asyncio.get_running_loop().call_later(30, print)
            raise ZeroDivisionError
    timer.cancel()


async def test_leaks_can_be_asked_for_without_failing() -> None:
    before = held()
    assert await leaks_since(before) == []
    timer = asyncio.get_running_loop().call_later(30, print)
    assert len(await leaks_since(before, grace=0)) == 1
    timer.cancel()
