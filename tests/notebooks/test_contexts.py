"""What an observer prints belongs to no earlier cell of a notebook: kernels tell by the context that it runs in."""

from __future__ import annotations

from contextvars import ContextVar

import rxconvo

CELL: ContextVar[str] = ContextVar("CELL", default="whichever runs")


async def test_observers_are_not_called_in_the_context_of_whoever_connected() -> None:
    CELL.set("the first")
    cells: list[str] = []
    async with rxconvo.connect("memory:", identity="ada") as client:
        lunch = await client.create_conversation()
        await lunch.join()
        lunch.messages.added.subscribe(lambda _: cells.append(CELL.get()))
        await lunch.send_message("pizza?")
    assert cells == ["whichever runs"]
