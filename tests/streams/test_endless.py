"""What has no end of its own is not waited for; what is made of it may be."""

from __future__ import annotations

import asyncio

import pytest
from reactivex import operators as ops
from reactivex.subject import Subject

from rxconvo.streams import Context, Endless, current_scheduler


async def test_only_what_is_made_of_it_can_be_awaited() -> None:
    context = Context(current_scheduler(), lambda _: None)
    values: Subject[int] = Subject()
    endless = Endless(values, context, "numbers")
    with pytest.raises(TypeError, match="numbers has no last value to wait for: `subscribe` it"):
        await endless
    assert values.observers == []
    asyncio.get_running_loop().call_later(1.0, values.on_next, 7)
    assert await endless.pipe(ops.first()) == 7
    assert values.observers == []
