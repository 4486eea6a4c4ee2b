"""Hands on the keyboard alone, a thumb on a phone, eyes in the dark: all of it can be used."""

from __future__ import annotations

import asyncio
import re

import pytest

from rxconvo import Message
from tests.browser.conftest import Office, Opening, start_talk
from tests.browser.window import DEADLINE, Window

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.real_time]

NAMES = ("alpha", "beta", "gamma")

UNNAMED = """
() => [...document.querySelectorAll("button, a, input, textarea, [role=tab], [role=img], dialog")]
  .filter((element) => !(element.ariaLabel || element.textContent.trim() || element.labels?.length
    || element.getAttribute("aria-labelledby")))
  .map((element) => element.outerHTML)
"""

SMALL = """
() => [...document.querySelectorAll("button, a")].filter((element) => element.checkVisibility())
  .map((element) => [element.id || element.className, element.getBoundingClientRect()])
  .filter(([, box]) => Math.min(box.width, box.height) < 32).map(([name, box]) => `${name} ${box.width}x${box.height}`)
"""

PALE = """
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const paint = (colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) (canvas.fillStyle = colour), canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) => value / 255);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const ancestors = (element) => (element ? [...ancestors(element.parentElement), element] : []);
  const found = new Set();
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility({ opacityProperty: true })) continue;
    const chain = ancestors(element);
    if (chain.some((one) => getComputedStyle(one).opacity < 1)) continue;
    const behind = chain.map((one) => getComputedStyle(one).backgroundColor);
    const [ground, text] = [light(paint(behind)), light(paint([...behind, getComputedStyle(element).color]))];
    const ratio = Math.max(ground, text) / Math.min(ground, text);
    if (ratio < 4.5) found.add(`${element.className || element.localName}: ${ratio.toFixed(2)}`);
  }
  return [...found];
}
"""
"""Texts that differ too little from what is behind them (WCAG 2.2, 1.4.3)."""


async def furnished(office: Office, opening: Opening, **options: object) -> Window:
    """Open a window of somebody with three conversations."""
    ada = await office.enter("ada")
    for name in NAMES:
        talk = await start_talk(ada, name, "sue")
        await talk.send_message(f"hello from {name}")
    window = await opening(office.link("sue"), **options)
    await window.shows(window.row("gamma"))
    await window.counts(".row .badge:visible", 3)
    return window


async def test_conversations_are_opened_and_answered_by_keyboard(office: Office, opening: Opening) -> None:
    window = await furnished(office, opening)
    ada = await office.enter("ada")
    heard: asyncio.Queue[Message] = asyncio.Queue()
    ada.messages.added.subscribe(heard.put_nowait)
    await ada.messages.opened

    await window.press("j")
    await window.focuses(window.row("gamma"))
    await window.press("j", "ArrowDown", "k")
    await window.focuses(window.row("beta"))
    await window.press("Enter")
    await window.shows("#chat-name", "beta")
    await window.focuses("#body")
    await window.write("hi there")
    await window.press("Shift+Enter")
    await window.write("jk/?")
    await window.press("Enter")
    async with asyncio.timeout(DEADLINE):
        assert (await heard.get()).body == "hi there\njk/?"
    await window.write("a draft")
    await window.press("Escape")
    await window.focuses(window.row("beta"))

    await window.press("/")
    await window.focuses("#filter")
    await window.write("gam")
    await window.press("Enter")
    await window.shows("#chat-name", "gamma")
    await window.counts(".row", 1)
    await window.holds("() => document.getElementById('body').value === ''")
    await window.press("Escape", "/", "Escape")
    await window.counts(".row", 3)
    await window.write("nothing like that")
    await window.shows("#rows-empty", re.compile("No conversation matches"))
    await window.press("Escape", "Escape")
    await window.focuses(window.row("gamma"))

    await window.press("k", "Enter")
    await window.shows("#chat-name", "beta")
    await window.holds("() => document.getElementById('body').value === 'a draft'")


async def test_the_filter_lets_go_also_where_there_is_nothing_to_go_to(office: Office, opening: Opening) -> None:
    window = await opening(office.link("sue"))
    await window.shows("#rows-empty h2", "No conversations yet")
    await window.press("/")
    await window.write("gam")
    await window.press("Escape", "Escape", "j", "n")
    await window.focuses("#create-name")
    await window.holds("() => document.getElementById('filter').value === ''")


async def test_everything_else_is_done_by_keyboard_too(office: Office, opening: Opening) -> None:
    window = await furnished(office, opening)
    await window.press("j", "Enter")
    await window.shows("#chat-name", "gamma")
    await window.focuses("#body")
    await window.press("Escape", "s")
    await window.shows("#streams td[title='removed of 1 conversation']", "removed \u00d71")
    await window.press("s", "?")
    await window.shows("#keys")
    await window.press("Escape")
    await window.hides("#keys")
    await window.press("Escape")
    await window.shows("#chat-empty h2", "No conversation chosen")
    await window.press("s")
    await window.shows("#streams table")
    await window.press("n")
    await window.focuses("#create-name")
    await window.write("delta")
    await window.press("Enter")
    await window.shows("#chat-name", "delta")
    await window.counts(".row", 4)
    await window.page.go_back()
    await window.shows("#chat-empty h2", "No conversation chosen")
    assert await window.run(UNNAMED) == []


async def test_on_a_phone(office: Office, opening: Opening) -> None:
    window = await furnished(office, opening, width=390, height=844, has_touch=True, is_mobile=True)
    wide = "() => document.documentElement.scrollWidth <= innerWidth && document.body.scrollWidth <= innerWidth"
    await window.hides("#chat-pane")
    await window.hides("#panel-pane")
    await window.holds(wide)
    assert await window.run(SMALL) == []
    await window.row("beta").tap()
    await window.shows("#chat-name", "beta")
    await window.hides("#list-pane")
    await window.holds(wide)
    await window.say("word " * 200 + "l" + "o" * 500 + "ng")
    await window.shows(".message[data-index='1']")
    await window.holds(wide)
    await window.holds("() => document.getElementById('timeline-scroll').scrollWidth <= innerWidth")
    assert await window.run(SMALL) == []
    long = await start_talk(await office.enter("ada"), "A name that is too long to fit on any telephone " * 3, "sue")
    heights = "() => [...document.querySelectorAll('#body, .composer .primary')].map((part) => part.offsetHeight)"
    usual = await window.run(heights)
    await window.find("#back").tap()
    await window.hides("#chat-pane")
    await window.find(f".row[data-sid='{long.sid}']").tap()
    await window.has("#body", "placeholder", re.compile("Message to A name"))
    assert await window.run(heights) == usual
    await window.holds(wide)
    await window.find("#back").tap()
    await window.find("#show-panel").tap()
    await window.shows("[data-figure=conversations]", "4")
    await window.holds(wide)
    await window.find("#tab-streams").tap()
    await window.shows("#streams table")
    await window.shows("#streams td[title='typing of 4 conversations']", "typing \u00d74")
    await window.holds(wide)
    await window.find("#panel-back").tap()
    await window.shows(window.row("beta"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_everything_can_be_read(office: Office, opening: Opening, scheme: str) -> None:
    window = await furnished(office, opening, color_scheme=scheme, reduced_motion="reduce")
    await window.choose("beta")
    await window.say("hello")
    await window.shows(".message[data-index='1']")
    assert await window.run(PALE) == []
    await window.press("Escape", "?")
    await window.shows("#keys")
    assert await window.run(PALE) == []
    await window.press("Escape", "s")
    await window.shows("#streams table")
    assert await window.run(PALE) == []


async def test_the_theme_is_kept(office: Office, opening: Opening) -> None:
    window = await furnished(office, opening, color_scheme="light")
    ground = "() => getComputedStyle(document.body).backgroundColor"
    bright = await window.run(ground)
    await window.has("#theme", "aria-label", "Theme: as the system")
    await window.hides("#notice")
    await window.press("t")
    await window.shows("#notice", "Theme: light")
    assert await window.run(ground) == bright
    await window.press("t")
    await window.has("#theme", "aria-label", "Theme: dark")
    dark = await window.run(ground)
    assert dark != bright
    await window.page.reload()
    await window.shows(window.row("beta"))
    assert await window.run(ground) == dark
    await window.press("t")
    await window.has("#theme", "aria-label", "Theme: as the system")
    assert await window.run(ground) == bright
