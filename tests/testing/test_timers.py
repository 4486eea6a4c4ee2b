from __future__ import annotations

import asyncio
import gc
import weakref

import pytest

from rxconvo.testing import RealLoop

pytestmark = pytest.mark.real_time


def running_loop() -> RealLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, RealLoop)
    return loop


async def test_a_real_loop_tells_its_pending_timers() -> None:
    loop = running_loop()
    late = loop.call_later(200, print)
    early = loop.call_at(loop.time() + 100, print)
    assert loop.timers() == [early, late]
    early.cancel()
    assert loop.timers() == [late]
    late.cancel()
    assert loop.timers() == []


async def test_a_timer_that_fired_is_pending_no_more() -> None:
    loop = running_loop()
    fired = asyncio.Event()
    timer = loop.call_later(0.001, fired.set)
    assert loop.timers() == [timer]
    await fired.wait()
    assert loop.timers() == []


async def test_what_a_fired_timer_held_is_let_go() -> None:
    class Payload:
        def __init__(self, fired: asyncio.Event) -> None:
            self.fired = fired

        def fire(self) -> None:
            self.fired.set()

    fired = asyncio.Event()
    payload = Payload(fired)
    running_loop().call_later(0.001, payload.fire)
    gone = weakref.ref(payload)
    del payload
    await fired.wait()
    await asyncio.sleep(0)
    gc.collect()
    assert gone() is None
