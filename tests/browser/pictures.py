"""Take the pictures of the dashboard that the documentation shows, of the demo as it runs.

    python -m tests.browser.pictures docs

writes `dashboard.png` and `dashboard-dark.png` there. Needs the extras `demo`, `browser` and `docs`, and Chromium.
Letters are drawn in the font Inter where it is installed (Debian: fonts-inter).
"""

from __future__ import annotations

import asyncio
import io
import re
import sys
import tempfile
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

from tests.browser.conftest import running_chromium

SECONDS = 100  # of the demo
SPEED = 4
PEOPLE = 36
LOOK: Any = {
    "viewport": {"width": 1360, "height": 850},
    "device_scale_factor": 2,
    "locale": "en-GB",
    "reduced_motion": "reduce",  # nothing is caught in the middle of a movement
}
BUSY = 70_000  # milliseconds until the chart is full, at most
LUCK = 20_000  # milliseconds until somebody types, at most

FULL = """
() => document.querySelector(".chart")?.dataset.counts?.split(" ").slice(0, -1).filter(Number).length > 40
"""
"""The chart has something to show."""

WORDY = """
() => {
  const rows = [...document.querySelectorAll(".row:not([data-typing])")];
  const words = (row) => row.querySelector(".row-last").textContent.length;
  const messages = (row) => row.querySelector(".badge").dataset.count;
  const worth = (row) => words(row) + 9 * messages(row);
  return rows.toSorted((one, other) => worth(other) - worth(one))[0].dataset.sid;
}
"""
"""A conversation in which more is said than `lol`."""


def small(png: bytes) -> bytes:
    """Make do with 256 colours: a page of one accent does not need more."""
    from PIL import Image  # noqa: PLC0415 - only who takes pictures needs it

    picture = io.BytesIO()
    few = Image.open(io.BytesIO(png)).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    few.save(picture, "PNG", optimize=True)
    return picture.getvalue()


async def take(link: str, devtools: str, folder: Path) -> None:
    """Take both pictures of the dashboard behind *link*."""
    from playwright.async_api import async_playwright  # noqa: PLC0415 - only who takes pictures needs it

    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(devtools)
        context = await browser.new_context(**LOOK)
        page = await context.new_page()
        await page.goto(link)
        await page.wait_for_function(FULL, timeout=BUSY)
        sid = await page.evaluate(WORDY)
        await page.locator(f".row[data-sid='{sid}']").dispatch_event("click")
        pictures: Any = {"dashboard.png": "light", "dashboard-dark.png": "dark"}
        for name, scheme in pictures.items():
            await page.emulate_media(color_scheme=scheme)
            await page.locator("#typing").wait_for(state="visible", timeout=LUCK)
            (folder / name).write_bytes(small(await page.screenshot(animations="disabled")))
        await browser.close()


async def main(folder: Path) -> None:
    """Run the demo, and take the pictures meanwhile."""
    demo = ("-m", "rxconvo", "demo", "--headless")
    options = ("--seconds", str(SECONDS), "--speed", str(SPEED), "--people", str(PEOPLE))
    process = await asyncio.create_subprocess_exec(sys.executable, *demo, *options, stdout=PIPE)
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", (await process.stdout.readline()).decode())
        assert found, "the demo tells no link"
        with tempfile.TemporaryDirectory() as profile, running_chromium(Path(profile)) as devtools:
            await take(found[0], devtools, folder)
    finally:
        process.terminate()
        await process.communicate()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
