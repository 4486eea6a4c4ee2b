from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from rxconvo.errors import ClosedError, SyncError
from rxconvo.streams import Delivery, HotStream
from rxconvo.streams.source import Lease
from rxconvo.testing import advance, held, settle


class FakeSource:
    """Opens when it is told to, and counts."""

    def __init__(self) -> None:
        self.acquired = 0
        self.released = 0
        self.reopened = 0
        self.opening: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def is_held(self) -> bool:
        return self.acquired > self.released

    def acquire(self) -> asyncio.Future[None]:
        self.acquired += 1
        self.opening = asyncio.get_running_loop().create_future()
        return self.opening

    def cancel(self) -> None:
        self.opening.cancel()

    def reopen(self) -> asyncio.Future[None]:
        self.reopened += 1
        if self.opening.done():
            self.opening = asyncio.get_running_loop().create_future()
        return self.opening

    def release(self) -> None:
        self.released += 1
        assert self.released <= self.acquired


@pytest.fixture
async def source() -> FakeSource:
    return FakeSource()


@pytest.fixture
async def stream(delivery: Delivery, source: FakeSource) -> HotStream[int]:
    return HotStream(delivery, "numbers", source=source)


async def test_nothing_is_opened_before_somebody_observes(stream: HotStream[int], source: FakeSource) -> None:
    stream.push(1)
    await advance(60.0)
    assert source.acquired == 0


async def test_the_first_observer_opens_and_the_last_one_closes_a_second_later(
    stream: HotStream[int], source: FakeSource
) -> None:
    first = stream.subscribe()
    second = stream.subscribe()
    assert source.acquired == 1
    first.dispose()
    await advance(60.0)
    assert source.is_held()
    second.dispose()
    await advance(0.999)
    assert source.is_held()
    await advance(0.002)
    assert not source.is_held()
    assert not held().timers


async def test_an_observer_in_time_keeps_it_open(stream: HotStream[int], source: FakeSource) -> None:
    stream.subscribe().dispose()
    await advance(0.5)
    with stream.subscribe():
        await advance(60.0)
        assert (source.acquired, source.released) == (1, 0)
    await advance(1.0)
    assert (source.acquired, source.released) == (1, 1)


async def test_it_lingers_from_the_last_observer_however_often_they_come_and_go(
    stream: HotStream[int], source: FakeSource
) -> None:
    for _ in range(10):
        stream.subscribe().dispose()
        await advance(0.9)
    assert len(held().timers) == 1
    await advance(0.05)
    assert source.is_held()
    await advance(0.1)
    assert (source.acquired, source.released) == (1, 1)


async def test_it_opens_again_after_it_closed(stream: HotStream[int], source: FakeSource) -> None:
    for count in (1, 2, 3):
        stream.subscribe().dispose()
        await advance(2.0)
        assert (source.acquired, source.released) == (count, count)


async def test_how_long_it_lingers_can_be_chosen(delivery: Delivery, source: FakeSource) -> None:
    stream: HotStream[int] = HotStream(delivery, "numbers", source=source, linger=0.0)
    stream.subscribe().dispose()
    await settle()
    assert not source.is_held()


@pytest.mark.parametrize("observed", [False, True], ids=["nobody observes", "others observe"])
async def test_one_that_failed_to_open_is_tried_again_by_the_next_observer_and_then_left_alone(
    stream: HotStream[int], source: FakeSource, observed: bool
) -> None:
    first = stream.subscribe()
    if not observed:
        first.dispose()
    source.opening.set_exception(SyncError("numbers", 500, None, "broken"))
    with stream.subscribe(), stream.subscribe():
        assert source.reopened == 1
        source.opening.set_result(None)
        await stream.opened
        assert source.reopened == 1
    first.dispose()
    await advance(1.0)
    assert (source.acquired, source.released) == (1, 1)


async def test_one_that_failed_to_open_is_tried_again_by_whoever_waits_for_it(
    stream: HotStream[int], source: FakeSource
) -> None:
    with stream.subscribe():
        source.opening.set_exception(SyncError("numbers", 500, None, "broken"))
        waiting = asyncio.ensure_future(stream.opened)
        await settle()
        source.opening.set_result(None)
        await waiting
    await advance(1.0)


@pytest.mark.parametrize("held", [False, True])
async def test_what_is_held_can_be_tried_again_from_outside(
    stream: HotStream[int], source: FakeSource, held: bool
) -> None:
    if held:
        stream.subscribe()
        source.cancel()
    stream.reopen()
    assert (source.acquired, source.reopened, source.opening.done()) == (held, held, False)


@pytest.mark.parametrize("end", [HotStream.complete, HotStream.finish])
@pytest.mark.parametrize("observed", [True, False])
async def test_completing_releases_at_once_and_leaves_no_timer(
    stream: HotStream[int], source: FakeSource, end: Callable[[HotStream[int]], None], observed: bool
) -> None:
    subscription = stream.subscribe()
    if not observed:
        subscription.dispose()
    end(stream)
    assert (source.acquired, source.released) == (1, 1)
    assert not held().timers
    subscription.dispose()
    stream.subscribe().dispose()
    await advance(5.0)
    assert (source.acquired, source.released) == (1, 1)


async def test_a_lease_that_was_never_taken_closes_nothing(source: FakeSource) -> None:
    Lease(source, asyncio.get_running_loop(), 1.0).close()
    assert source.released == 0


class TestOpened:
    async def test_it_waits_for_the_source(self, stream: HotStream[int], source: FakeSource) -> None:
        async def wait() -> None:
            await stream.opened

        waiting = asyncio.create_task(wait())
        await advance(5.0)
        assert source.acquired == 1
        assert not waiting.done()
        source.opening.set_result(None)
        await waiting
        assert source.is_held()
        await advance(1.0)
        assert not source.is_held()

    async def test_an_observer_after_it_finds_it_open(self, stream: HotStream[int], source: FakeSource) -> None:
        asyncio.get_running_loop().call_later(1.0, lambda: source.opening.set_result(None))
        await stream.opened
        with stream.subscribe():
            await advance(10.0)
            await stream.opened
            assert source.acquired == 1
        await advance(1.0)
        assert source.released == 1

    async def test_only_looking_at_it_opens_nothing(self, stream: HotStream[int], source: FakeSource) -> None:
        _ = stream.opened
        assert source.acquired == 0

    async def test_it_is_at_once_where_nothing_has_to_be_open(self, delivery: Delivery) -> None:
        stream: HotStream[int] = HotStream(delivery, "numbers")
        await stream.opened

    async def test_it_raises_why_the_source_cannot_be_opened(self, stream: HotStream[int], source: FakeSource) -> None:
        error = SyncError("numbers", 404, 54100, "gone")
        asyncio.get_running_loop().call_later(1.0, lambda: source.opening.set_exception(error))
        with pytest.raises(SyncError) as caught:
            await stream.opened
        assert caught.value is error
        await advance(1.0)
        assert not source.is_held()

    async def test_cancelling_it_cancels_nobody_else(self, stream: HotStream[int], source: FakeSource) -> None:
        subscription = stream.subscribe()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2.0):
                await stream.opened
        assert not source.opening.done()
        assert source.is_held()
        subscription.dispose()
        await advance(1.0)
        assert not source.is_held()

    @pytest.mark.parametrize("cancel", [True, False])
    async def test_it_ends_when_the_stream_completes(
        self, stream: HotStream[int], source: FakeSource, cancel: bool
    ) -> None:
        if cancel:
            asyncio.get_running_loop().call_later(1.0, source.cancel)
        asyncio.get_running_loop().call_later(1.0, stream.complete)
        with pytest.raises(ClosedError):
            await stream.opened
        with pytest.raises(ClosedError):
            await stream.opened
        assert (source.acquired, source.released) == (1, 1)

    async def test_a_stream_without_a_source_that_is_complete_is_not_open(self, delivery: Delivery) -> None:
        stream: HotStream[int] = HotStream(delivery, "numbers")
        stream.complete()
        with pytest.raises(ClosedError):
            await stream.opened
