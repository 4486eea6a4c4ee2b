"""Downloads as Observables: what their observers see of work that succeeds, fails, or is broken off."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from reactivex.abc import DisposableBase

from rxconvo import Download, TransferProgress
from rxconvo.client.transfers import Emit
from rxconvo.errors import OutcomeUnknownError
from rxconvo.streams import current_scheduler
from rxconvo.streams.context import Context
from rxconvo.testing import settle

ONE, TWO = TransferProgress(1, 2), TransferProgress(2, 2)


async def work(emit: Emit) -> None:
    emit(ONE)
    await asyncio.sleep(1)
    emit(TWO)


def download(perform: Callable[[Emit], Awaitable[None]], faults: list[object] | None = None) -> Download:
    unseen: list[object] = []
    report = (unseen if faults is None else faults).append
    return Download(perform, context=Context(current_scheduler(), report), name="download")


def observe(source: Download, seen: list[object]) -> DisposableBase:
    return source.subscribe(seen.append, seen.append, lambda: seen.append("done"))


async def test_progress_then_completion() -> None:
    seen: list[object] = []
    observe(download(work), seen)
    await settle()
    assert seen == [ONE]
    await asyncio.sleep(1)
    assert seen == [ONE, TWO, "done"]
    assert await download(work) == TWO


async def test_what_the_work_raises_is_the_observers() -> None:
    async def fail(emit: Emit) -> None:
        emit(ONE)
        raise OSError("full")

    seen: list[object] = []
    observe(download(fail), seen)
    await settle()
    assert seen[0] == ONE
    assert isinstance(seen[1], OSError)
    with pytest.raises(OSError, match="full"):
        await download(fail)


async def test_an_error_that_nobody_takes_is_reported() -> None:
    async def fail(emit: Emit) -> None:
        raise OSError("full")

    faults: list[object] = []
    download(fail, faults).subscribe()
    await settle()
    assert len(faults) == 1


async def test_dispose_cancels_the_work_at_once() -> None:
    ended: list[bool] = []

    async def endless(emit: Emit) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    seen: list[object] = []
    subscription = observe(download(endless), seen)
    await settle()
    subscription.dispose()
    subscription.dispose()
    await settle()
    assert (ended, seen) == ([True], [])


async def test_an_observer_can_dispose_it_within_a_value() -> None:
    emitted: list[int] = []

    async def count(emit: Emit) -> None:
        for number in range(5):
            emitted.append(number)
            emit(TransferProgress(number, 5))
            await asyncio.sleep(0)

    seen: list[object] = []
    download(count).take(2).subscribe(seen.append, seen.append, lambda: seen.append("done"))
    await settle()
    assert seen == [TransferProgress(0, 5), TransferProgress(1, 5), "done"]
    assert emitted == [0, 1]


async def test_cancelled_from_elsewhere_its_observer_is_told() -> None:
    async def endless(emit: Emit) -> None:
        await asyncio.Event().wait()

    seen: list[object] = []
    observe(download(endless), seen)
    await settle()
    (task,) = (task for task in asyncio.all_tasks() if task.get_name() == "download")
    task.cancel()
    await settle()
    (error,) = seen
    assert isinstance(error, OutcomeUnknownError)
