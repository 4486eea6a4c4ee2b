"""Marble diagrams of what streams really did."""

from __future__ import annotations

import asyncio
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import reactivex as rx
from reactivex import operators as ops
from reactivex.testing import TestScheduler

from rxconvo import Service
from rxconvo import operators as chat
from rxconvo.errors import ArgumentError
from rxconvo.integrations.notebook import Marbles, marbles


async def test_values_are_at_their_times() -> None:
    loop = asyncio.get_running_loop()
    before = loop.time()
    diagram = await marbles(rx.timer(1.0, 2.0), rx.timer(0.5), rx.never(), seconds=6.5, labels=["a", "b", "c"])
    assert loop.time() - before == 6.5
    assert diagram.seconds == pytest.approx(6.5)
    ticks, once, never = diagram.tracks
    assert [(mark.at, mark.label) for mark in ticks.marks] == [(1.0, "0"), (3.0, "1"), (5.0, "2")]
    assert (ticks.label, ticks.ended) == ("a", None)
    assert (once.ended, once.error) == (0.5, None)
    assert never == ("c", (), 0, None, None)
    assert repr(diagram) == "<Marbles of 3 streams: 4 values in 6.5 s>"


async def test_its_repr_is_round() -> None:
    assert repr(Marbles((), 2.01074)) == "<Marbles of 0 streams: 0 values in 2.01 s>"


async def test_it_is_over_when_all_streams_are() -> None:
    loop = asyncio.get_running_loop()
    before = loop.time()
    diagram = await marbles(rx.timer(2.0), rx.throw(ValueError("no <b>luck</b>")), seconds=3600)
    assert loop.time() - before == 2.0
    assert diagram.seconds == 2.0
    assert diagram.tracks[1].error == "ValueError: no <b>luck</b>"


async def test_a_virtual_scheduler_is_advanced() -> None:
    loop = asyncio.get_running_loop()
    before = loop.time()
    clock = TestScheduler()
    diagram = await marbles(rx.interval(1.0).pipe(ops.take(3)), rx.never(), seconds=10, scheduler=clock)
    assert [mark.at for mark in diagram.tracks[0].marks] == [1.0, 2.0, 3.0]
    assert diagram.seconds == 10.0
    assert loop.time() == before


async def test_what_really_happened() -> None:
    async with Service() as service, service.client("ada") as ada, service.client("bob") as bob:
        lunch = await ada.create_conversation()
        await lunch.join()
        await lunch.add("bob")
        bobs = await bob.get_conversation_by_sid(lunch.sid)

        async def talk() -> None:
            await bobs.typing.opened
            await asyncio.sleep(1)
            await lunch.send_typing()
            await asyncio.sleep(1)
            await lunch.send_message("pizza?")

        talking = asyncio.create_task(talk())
        diagram = await marbles(
            bobs.messages, bobs.typing, bobs.typing.pipe(chat.typing_indicator(settle=0.2)), seconds=4
        )
        await talking
        messages, typing, indicator = diagram.tracks
        assert (messages.label, typing.label) == ("messages", "typing")
        assert [(round(mark.at, 1), mark.label, mark.tone) for mark in messages.marks] == [(2.0, "pizza?", "new")]
        assert messages.marks[0].told.startswith("Message added · ada · pizza? · #0 · ")
        assert [(round(mark.at, 1), mark.label, mark.tone) for mark in typing.marks] == [
            (1.0, "ada", "new"),
            (2.0, "ada", "gone"),
        ]
        assert [(round(mark.at, 1), mark.label) for mark in indicator.marks] == [(1.2, "ada"), (2.2, "\N{EMPTY SET}")]


async def test_nothing_is_left_when_it_is_over_or_cancelled() -> None:
    subject: rx.Subject[int] = rx.Subject()
    await marbles(subject, seconds=1)
    assert not subject.observers
    watching = asyncio.create_task(marbles(subject, seconds=1))
    await asyncio.sleep(0.5)
    assert subject.observers
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching
    assert not subject.observers


async def test_values_are_counted_where_there_are_very_many() -> None:
    diagram = await marbles(rx.range(2000), seconds=1)
    (track,) = diagram.tracks
    assert (len(track.marks), track.hidden) == (500, 1500)
    assert "and 1,500 more values" in diagram.svg
    assert repr(diagram) == "<Marbles of 1 streams: 2000 values in 0 s>"


async def test_it_is_drawn_in_a_page_and_alone() -> None:
    diagram: Any = Marbles((), 1.0)
    page, alone = diagram._repr_html_(), diagram._repr_svg_()
    assert "<style>" not in page + alone  # which would be the whole page's
    assert alone == diagram.svg
    assert [ET.fromstring(svg).tag for svg in (page, alone)] == ["{http://www.w3.org/2000/svg}svg"] * 2  # noqa: S314 - ours


@pytest.mark.parametrize(
    "streams, options, field",
    [
        ([], {}, "streams"),
        ([3], {}, "streams"),
        ([rx.never()], {"seconds": 0}, "seconds"),
        ([rx.never()], {"seconds": float("nan")}, "seconds"),
        ([rx.never()], {"labels": ["a", "b"]}, "labels"),
        ([rx.never()], {"scheduler": 3}, "scheduler"),
    ],
)
async def test_bad_arguments(streams: list[Any], options: dict[str, Any], field: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        await marbles(*streams, **{"seconds": 1, **options})
    assert raised.value.field == field
