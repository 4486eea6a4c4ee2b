"""A real Chromium before a real dashboard of a real service.

Needs Chromium, and the package playwright to drive it (extra `browser`); nothing is downloaded.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

import rxconvo
from rxconvo import Client, Conversation, Service
from rxconvo.integrations.dashboard import DashboardListener, dashboard, listen_dashboard
from tests.browser.window import Window

if TYPE_CHECKING:
    from playwright.async_api import Browser

Opening = Callable[..., Awaitable[Window]]

_FLAGS = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


def chromium() -> str | None:
    """Find Chromium: RXCONVO_CHROMIUM names one that is not on the path."""
    names = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
    return os.environ.get("RXCONVO_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def why_not() -> str | None:
    """Tell what is missing for these tests, if anything is."""
    if chromium() is None:
        return "Chromium is not installed"
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed (extra: browser)"
    return None


@asynccontextmanager
async def started_browser() -> AsyncGenerator[Browser]:
    """Start a browser with a profile of its own."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=_FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


@pytest.fixture
async def browser() -> AsyncGenerator[Browser]:
    """A running browser."""
    if (reason := why_not()) is not None:
        pytest.skip(reason)
    async with started_browser() as browser:
        yield browser


@pytest.fixture
async def opening(browser: Browser) -> AsyncGenerator[Opening]:
    """Opens links in windows; in the end nothing may have gone wrong in any of them."""
    windows: list[Window] = []

    async def opens(link: str, *, width: int = 1440, height: int = 900, **options: Any) -> Window:
        size: Any = {"width": width, "height": height}
        context = await browser.new_context(viewport=size, locale="en-GB", timezone_id="UTC", **options)
        windows.append(window := Window(await context.new_page()))
        await window.open(link)
        return window

    yield opens
    for window in windows:
        await window.page.context.close()
    assert [window.problems for window in windows] == [[] for _ in windows]


@dataclass(frozen=True)
class Office:
    """A service with a dashboard.

    Attributes:
        service: The service.
        url: Where clients connect to it.
        page: Where its dashboard is.
        enter: Connects somebody for as long as the test runs.
    """

    service: Service
    url: str
    page: DashboardListener
    enter: Callable[[str], Awaitable[Client]]

    def link(self, identity: str) -> str:
        """Return the link to somebody's dashboard."""
        return self.page.link(self.service.token(identity))


@pytest.fixture
async def office() -> AsyncGenerator[Office]:
    """A service with a dashboard, and nobody there yet."""
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(Service())
        listener = await service.listen()
        page = await listen_dashboard(dashboard(lambda token: rxconvo.connect(listener.url, token=token)))
        stack.push_async_callback(page.close)

        async def enter(identity: str) -> Client:
            return await stack.enter_async_context(service.client(identity))

        yield Office(service, listener.url, page, enter)


async def start_talk(host: Client, name: str, *others: str) -> Conversation:
    """Make a conversation with others in it."""
    talk = await host.create_conversation(friendly_name=name)
    await talk.join()
    for other in others:
        await talk.add(other)
    return talk
