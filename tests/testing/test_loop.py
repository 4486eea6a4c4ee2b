from __future__ import annotations

import asyncio
import math
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta

import pytest

from rxconvo.errors import ArgumentError
from rxconvo.testing import EPOCH, DeadlockError, VirtualLoop, VirtualTimeError, advance, settle, virtual_loop_factory


def run(main: Callable[[], Awaitable[None]]) -> VirtualLoop:
    """Run *main* on a virtual loop of its own, for what ends the loop or outlasts it."""

    async def awaited() -> None:
        await main()

    with asyncio.Runner(loop_factory=virtual_loop_factory) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, VirtualLoop)
        runner.run(awaited())
    return loop


def running_loop() -> VirtualLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop


async def test_tests_run_on_virtual_time() -> None:
    assert running_loop().time() == 0.0


async def test_an_hour_passes_at_once() -> None:
    before = time.monotonic()
    await asyncio.sleep(3600)
    assert running_loop().time() == 3600.0
    assert time.monotonic() - before < 60


async def test_twenty_thousand_jumps_are_cheap() -> None:
    before = time.process_time()
    for _ in range(20_000):
        await asyncio.sleep(1)
    assert running_loop().time() == 20_000.0
    assert time.process_time() - before < 5  # about 0.3; an order of magnitude for slow machines


async def test_no_time_passes_while_something_is_ready() -> None:
    for _ in range(1000):
        await asyncio.sleep(0)
    assert running_loop().time() == 0.0
    assert running_loop().waits == []


async def test_waits_are_recorded() -> None:
    await asyncio.sleep(25)
    await asyncio.sleep(0.5)
    assert running_loop().waits == [25.0, 0.5]


@pytest.mark.parametrize("start", [0.0, 0.1, 1e6 / 3, 3e7, 1e9 / 3])
async def test_a_timer_fires_exactly_at_its_time(start: float) -> None:
    loop = running_loop()
    await asyncio.sleep(start)
    fired: list[tuple[float, float]] = []
    for delay in (0.0, 1e-12, 5e-10, 0.1, 0.1 + 1e-10, 0.2, 0.30000000000000004, 1 / 3, 86_400 * 365.0):
        when = loop.time() + delay

        def fire(when: float = when) -> None:
            fired.append((when, loop.time()))

        loop.call_at(when, fire)
    await asyncio.sleep(86_400 * 366)
    assert [when for when, _ in fired] == sorted(when for when, _ in fired)
    assert len(fired) == 9
    for when, now in fired:
        assert when <= now <= when + max(2e-9, 2 * math.ulp(when))  # asyncio fires what is due within 1 ns together


async def test_a_deadline_that_is_armed_again_until_it_is_reached_ends() -> None:
    loop = running_loop()
    deadline = loop.time() + 0.1 + 0.2
    checks = 0

    def check() -> None:
        nonlocal checks
        checks += 1
        if loop.time() < deadline:
            loop.call_at(deadline, check)

    check()
    await asyncio.sleep(1)
    assert checks == 2


async def test_decades_pass() -> None:
    for _ in range(40):
        await asyncio.sleep(86_400 * 365)
    await asyncio.sleep(1e-9)  # less than the clock can tell by now
    assert running_loop().time() == pytest.approx(40 * 86_400 * 365)


async def test_a_cancelled_timer_moves_no_time() -> None:
    loop = running_loop()
    loop.call_later(5, lambda: None).cancel()
    await asyncio.sleep(10)
    assert loop.waits == [10.0]


async def test_cancelled_timers_are_swept() -> None:
    loop = running_loop()
    for _ in range(10_000):
        loop.call_later(30, lambda: None).cancel()
    kept = loop.call_later(20, lambda: None)
    assert loop.timers() == [kept]
    await asyncio.sleep(20)
    assert loop.timers() == []


async def test_pending_timers_come_earliest_first() -> None:
    loop = running_loop()
    late, early, _past = (loop.call_later(delay, lambda: None) for delay in (2, 1, 0))
    assert loop.timers() == [early, late]
    await asyncio.sleep(2)


async def test_timeouts_use_virtual_time() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(30):
            await asyncio.Event().wait()
    assert running_loop().time() == 30.0


async def test_wall_clock_follows() -> None:
    loop = running_loop()
    assert loop.wall() == EPOCH
    await asyncio.sleep(90.5)
    assert loop.wall() == EPOCH + timedelta(seconds=90.5)
    assert loop.wall().utcoffset() == timedelta(0)


async def test_settle_waits_for_all_that_follows_but_passes_no_time() -> None:
    steps: list[int] = []

    async def work() -> None:
        for step in range(100):
            await asyncio.sleep(0)
            steps.append(step)
        await asyncio.sleep(1)
        steps.append(-1)

    task = asyncio.create_task(work())
    await settle()
    assert len(steps) == 100
    assert running_loop().time() == 0.0
    await task


async def test_each_that_settles_sees_what_the_one_before_caused() -> None:
    seen: list[str] = []

    async def follow(name: str) -> None:
        await settle()
        seen.append(name)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        seen.append(f"{name}, later")

    await asyncio.gather(follow("a"), follow("b"))
    assert seen == ["a", "a, later", "b", "b, later"]


async def test_whoever_stops_settling_holds_up_nobody() -> None:
    impatient = asyncio.create_task(settle())
    await asyncio.sleep(0)
    impatient.cancel()
    await settle()
    assert impatient.cancelled()


async def test_advance_includes_all_that_is_due_by_then() -> None:
    happened: list[float] = []

    async def tick() -> None:
        while True:
            await asyncio.sleep(1)
            await asyncio.sleep(0)
            happened.append(running_loop().time())

    task = asyncio.create_task(tick())
    await settle()
    await advance(3)
    assert happened == [1.0, 2.0, 3.0]
    await advance(0)
    assert running_loop().time() == 3.0
    task.cancel()


@pytest.mark.parametrize("seconds", [-1, math.inf, math.nan])
async def test_advance_checks_its_argument(seconds: float) -> None:
    with pytest.raises(ArgumentError, match="seconds must be"):
        await advance(seconds)


def test_a_deadlock_is_reported_with_who_waits_where() -> None:
    async def stuck() -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        helper = asyncio.create_task(stuck(), name="helper")
        await asyncio.sleep(2)
        await helper

    with pytest.raises(DeadlockError) as caught:
        run(main)
    assert str(caught.value).startswith("at 2.0 s no timer is pending and nothing is ready; waiting:\n")
    assert "task 'helper': " in str(caught.value)
    assert "main (test_loop.py:" in str(caught.value)
    assert "stuck (test_loop.py:" in str(caught.value)


def test_waiting_for_the_end_of_time_is_a_deadlock() -> None:
    async def main() -> None:
        await asyncio.sleep(math.inf)

    with pytest.raises(DeadlockError):
        run(main)


def test_what_goes_on_for_ever_is_a_deadlock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rxconvo.testing.loop._PATIENCE", 1_000)

    async def wait_for_ever() -> None:
        loop = asyncio.get_running_loop()

        def beat() -> None:
            loop.call_later(1, beat)

        beat()
        await asyncio.Event().wait()

    with pytest.raises(DeadlockError, match=r"after 1000 jumps, at 1000\.0 s") as caught:
        run(wait_for_ever)
    assert "wait_for_ever" in str(caught.value)


def test_a_loop_without_tasks_can_deadlock_too() -> None:
    with closing(VirtualLoop()) as loop, pytest.raises(DeadlockError, match="waiting: no task"):
        loop.run_forever()


async def test_threads_are_refused() -> None:
    with pytest.raises(VirtualTimeError, match="real_time"):
        await asyncio.to_thread(print)
    with pytest.raises(VirtualTimeError, match="print"):
        running_loop().run_in_executor(None, print)
    with pytest.raises(VirtualTimeError):
        await running_loop().getaddrinfo("localhost", 80)


async def test_sockets_within_the_process_work() -> None:
    loop = running_loop()
    left, right = socket.socketpair()
    with left, right:
        left.setblocking(False)
        right.setblocking(False)
        reading = asyncio.create_task(loop.sock_recv(right, 5))
        await asyncio.sleep(1)
        await loop.sock_sendall(left, b"hello")
        assert await reading == b"hello"
    assert loop.time() == 1.0


async def test_streams_over_a_socket_pair_take_no_time() -> None:
    left, right = socket.socketpair()
    reader, near = await asyncio.open_connection(sock=left)
    _, far = await asyncio.open_connection(sock=right)
    far.write(b"x" * 1_000_000)
    await asyncio.gather(far.drain(), reader.readexactly(1_000_000))
    for end in (near, far):
        end.close()
        await end.wait_closed()
    assert running_loop().time() == 0.0


async def test_calls_from_outside_wake_the_loop() -> None:
    woken = asyncio.Event()
    running_loop().call_soon_threadsafe(woken.set)
    await woken.wait()
    assert running_loop().time() == 0.0


@pytest.mark.real_time
async def test_real_time_cannot_be_moved() -> None:
    with pytest.raises(VirtualTimeError, match="RealLoop"):
        await advance(1)
    with pytest.raises(VirtualTimeError, match="RealLoop"):
        await settle()


def test_time_can_be_read_after_the_end() -> None:
    async def main() -> None:
        await asyncio.sleep(7)

    assert run(main).time() == 7.0


def test_two_runs_are_alike() -> None:
    def story() -> list[tuple[float, int]]:
        events: list[tuple[float, int]] = []

        async def worker(number: int) -> None:
            for step in range(5):
                await asyncio.sleep(0.1 * (number + step))
                events.append((running_loop().time(), number))

        async def main() -> None:
            await asyncio.gather(*(worker(number) for number in range(10)))

        run(main)
        return events

    first = story()
    assert len(first) == 50
    assert story() == first
