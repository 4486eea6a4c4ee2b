"""Live displays: what they show, and that nothing is left of them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import reactivex as rx
from ipywidgets.widgets import widget as widget_module  # type: ignore[import-untyped]
from reactivex.scheduler import VirtualTimeScheduler

from rxconvo import Append, DiffBatch, Message, Reset, Service
from rxconvo import operators as chat
from rxconvo.errors import ArgumentError, MissingExtraError
from rxconvo.integrations.notebook import Live, live, show
from tests.browser.test_hostile import BODIES


def instances() -> set[str]:
    """Return the widgets that there are."""
    return set(widget_module._instances)


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    before = instances()
    yield
    for key in instances() - before:
        if key in instances():  # a widget takes its layout along
            widget_module._instances[key].close()
    assert all(not displays for _, displays in live._SHOWN.values())
    live._SHOWN.clear()


async def test_a_conversation() -> None:
    async with Service() as service, service.client("ada") as ada:
        lunch = await ada.create_conversation()
        await lunch.join()
        events = show(lunch.messages)
        items = show(lunch.timeline(5), n=2)
        badge = show(lunch.messages.pipe(chat.unread_badge(lunch)))
        await lunch.messages.opened
        for body in ("pizza?", "<b>sushi", "ramen"):
            await lunch.send_message(body)
        await asyncio.sleep(1)
        assert repr(events).splitlines()[0] == "messages: live · 3 values"
        assert repr(events).splitlines()[1].startswith("  Message added · ada · pizza? · #0 · ")
        assert repr(items).splitlines()[0] == "timeline: live · 3 items"
        assert [line.split(" · ")[1] for line in repr(items).splitlines()[1:]] == ["<b>sushi", "ramen"]
        assert repr(badge) == "messages, piped: live\n  0"
        for display in (events, items, badge):
            assert display.widget.html == display._repr_html_()
        assert "&lt;b&gt;sushi" in items.widget.html
        assert "<b>sushi" not in items.widget.html
    assert repr(events).startswith("messages: complete")
    assert [display.live for display in (events, items, badge)] == [False] * 3


async def test_the_page_changes_no_more_often_than_it_shall() -> None:
    subject: rx.Subject[str] = rx.Subject()
    display = show(subject, hz=2, n=3)
    seen: list[str] = []
    display.widget.observe(lambda change: seen.append(change["new"]), "html")
    for number in range(100):
        subject.on_next(f"number {number}")
        await asyncio.sleep(0.01)
    await asyncio.sleep(1)
    assert 2 <= len(seen) <= 4
    assert repr(display) == "stream: live · 100 values\n  number 97\n  number 98\n  number 99"
    display.close()


async def test_nothing_is_lost_of_lists() -> None:
    subject: rx.Subject[DiffBatch[int]] = rx.Subject()
    display = show(subject, n=3)
    subject.on_next(DiffBatch((Reset((0,)),)))
    for number in range(1, 50):
        subject.on_next(DiffBatch((Append((number,)),)))
    await asyncio.sleep(1)
    assert repr(display) == "stream: live · 50 items\n  47\n  48\n  49"
    display.close()


@pytest.mark.parametrize("body", BODIES)
async def test_hostile_texts_stay_texts(body: str) -> None:
    subject: rx.Subject[object] = rx.Subject()
    display = show(subject)
    subject.on_next(Message("IM1", 0, body, body))
    for tag in ("<script", "<img", "<svg", "<iframe", "<style", "<a ", "<math", "<base", "<form", "<b>name"):
        assert tag not in display.widget.html.lower()
    display.close()


async def test_states_are_shown_alone_unless_several_are_asked_for() -> None:
    one, several = rx.Subject[int](), rx.Subject[int]()
    displays = [show(one), show(several, n=2)]
    for number in range(3):
        one.on_next(number)
        several.on_next(number)
    await asyncio.sleep(1)
    assert [repr(display) for display in displays] == ["stream: live\n  2", "stream: live · 3 values\n  1\n  2"]
    for display in displays:
        display.close()


async def test_it_is_called_as_one_says() -> None:
    subject: rx.Subject[int] = rx.Subject()
    display = show(subject, label="<unread>")
    assert repr(display) == "<unread>: live · 0 values"
    assert "&lt;unread&gt;" in display.widget.html
    display.close()
    with pytest.raises(ArgumentError, match="label must be a text"):
        show(subject, label="")


async def test_nothing_has_come() -> None:
    subject: rx.Subject[int] = rx.Subject()
    display = show(subject)
    assert "nothing yet" in display.widget.html
    subject.on_completed()
    assert not display.live
    assert "nothing yet" not in display.widget.html
    assert "nothing" in display.widget.html


async def test_errors_are_told() -> None:
    display = show(rx.throw(ValueError("no <b>luck")))
    assert repr(display) == "stream: failed: ValueError: no <b>luck · 0 values"
    assert "no &lt;b&gt;luck" in display.widget.html
    assert not display.live


async def test_another_clock() -> None:
    clock = VirtualTimeScheduler()
    display = show(rx.interval(1.0), scheduler=clock)
    clock.advance_by(3.5)
    assert repr(display) == "stream: live\n  2"
    display.close()


class TestDisposal:
    """It ends, and nothing is left."""

    async def test_closing(self) -> None:
        before = instances()
        subject: rx.Subject[str] = rx.Subject()
        display = show(subject)
        subject.on_next("pizza?")
        assert subject.observers
        display.close()
        display.close()
        assert not subject.observers
        assert instances() == before
        assert repr(display) == "stream: stopped · 1 value\n  pizza?"
        assert "pizza?" in display._repr_mimebundle_()[0]["text/html"]

    async def test_closing_the_widget(self) -> None:
        subject: rx.Subject[str] = rx.Subject()
        display = show(subject)
        display.widget.close()
        assert not subject.observers
        assert not display.live

    async def test_a_page_that_shows_it_no_more(self) -> None:
        subject: rx.Subject[str] = rx.Subject()
        display = show(subject)
        heard: Any = display.widget._handle_custom_msg
        heard({"views": 1}, [])
        heard({"views": 0}, [])
        await asyncio.sleep(29)
        heard({"views": 1}, [])
        await asyncio.sleep(31)
        assert subject.observers
        heard({"views": 0}, [])
        await asyncio.sleep(31)
        assert not subject.observers
        heard({"views": 1}, [])
        assert not display.live

    async def test_running_a_cell_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def run(cell: str, number: int) -> Live:
            parent = {"header": {"msg_id": str(number)}, "metadata": {"cellId": cell}}
            shell = SimpleNamespace(get_parent=lambda: parent)
            monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
            return show(subject)

        subject: rx.Subject[str] = rx.Subject()
        first, second, other = run("a", 1), run("a", 1), run("b", 2)
        assert first.live
        again = run("a", 3)
        assert [display.live for display in (first, second, other, again)] == [False, False, True, True]
        for display in (other, again):
            display.close()
        assert not subject.observers
        run("c", 4).close()
        assert set(live._SHOWN) == {"c"}  # what shows nothing is forgotten

    async def test_cells_are_told_by_kernels_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for parent in ({}, {"header": {}, "metadata": {"cellId": 3}}):
            shell = SimpleNamespace(get_parent=lambda parent=parent: parent)
            monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda shell=shell: shell))
            show(rx.never()).close()
        monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
        show(rx.never()).close()
        assert not live._SHOWN


async def test_where_there_are_no_widgets_there_is_what_is_newest() -> None:
    subject: rx.Subject[str] = rx.Subject()
    display = show(subject)
    subject.on_next("pizza?")
    data, _ = display._repr_mimebundle_()
    assert set(data) == {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    assert "pizza?" in data["text/html"]
    assert data["text/plain"] == "stream: live · 1 value\n  pizza?"
    subject.on_completed()
    data, _ = display._repr_mimebundle_()
    assert set(data) == {"text/html", "text/plain"}
    assert "complete · 1 value" in data["text/html"]


@pytest.mark.parametrize(
    "stream, options, field",
    [
        (3, {}, "stream"),
        (rx.never(), {"n": 0}, "n"),
        (rx.never(), {"hz": 0}, "max_hz"),
        (rx.never(), {"scheduler": 3}, "scheduler"),
    ],
)
async def test_bad_arguments(stream: Any, options: dict[str, Any], field: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        show(stream, **options)
    assert raised.value.field == field


async def test_without_anywidget(monkeypatch: pytest.MonkeyPatch) -> None:
    live._widget_class.cache_clear()
    monkeypatch.setitem(sys.modules, "anywidget", None)
    subject: rx.Subject[str] = rx.Subject()
    with pytest.raises(MissingExtraError, match=r"rxconvo\[notebook\]") as raised:
        show(subject)
    assert "\n" not in str(raised.value)
    assert not subject.observers
