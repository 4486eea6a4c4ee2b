"""A real Chromium before a real dashboard of a real service.

Needs Chromium, and the package playwright to drive it (extra `browser`); nothing is downloaded.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import rxconvo
from rxconvo import Client, Conversation, Service
from rxconvo.integrations.dashboard import DashboardListener, Desk, dashboard, listen_dashboard
from tests.browser.window import Window

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from rxconvo.server.web import Listener

Opening = Callable[..., Awaitable[Window]]

_FLAGS = (
    "--headless=new",
    # There is a mouse, wherever this runs.
    "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-sync",
    "--log-level=3",
    "--no-first-run",
    "--remote-debugging-port=0",
)

_SANDBOX = () if os.name != "posix" or os.geteuid() else ("--no-sandbox",)
"""Root has no sandbox to be had."""


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


@contextmanager
def running_chromium(profile: Path) -> Iterator[str]:
    """Run Chromium with a profile of its own, and give the address at which it is driven."""
    command = [chromium() or "", *_FLAGS, *_SANDBOX, f"--user-data-dir={profile}", "about:blank"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - the browser
        try:
            assert process.stderr is not None
            found = (re.search(r"DevTools listening on (\S+)", line) for line in process.stderr)
            address = next(filter(None, found), None)
            assert address, "Chromium does not start"
            yield address[1]
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def devtools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a browser, one for all tests."""
    if (reason := why_not()) is not None:
        pytest.skip(reason)
    with running_chromium(tmp_path_factory.mktemp("chromium")) as address:
        yield address


@pytest.fixture
async def browser(devtools: str) -> AsyncGenerator[Browser]:
    """A running browser; each window has a profile of its own."""
    from playwright.async_api import async_playwright  # noqa: PLC0415 - where it is missing, the tests are skipped

    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(devtools)
        yield browser
        await browser.close()


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
        listener: Where clients connect to it.
        page: Where its dashboard is.
        enter: Connects somebody for as long as the test runs.
    """

    service: Service
    listener: Listener
    page: DashboardListener
    enter: Callable[[str], Awaitable[Client]]

    @property
    def url(self) -> str:
        """The service's address."""
        return self.listener.url

    def link(self, identity: str) -> str:
        """Return the link to somebody's dashboard."""
        return self.page.link(self.service.token(identity))


@pytest.fixture
async def office() -> AsyncGenerator[Office]:
    """A service with a dashboard, and nobody there yet."""
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(Service())
        listener = await service.listen()
        url = listener.url
        app = dashboard(lambda token: rxconvo.connect(url, token=token), desk=Desk(grace=0.0))
        page = await listen_dashboard(app)
        stack.push_async_callback(page.close)

        async def enter(identity: str) -> Client:
            return await stack.enter_async_context(service.client(identity))

        yield Office(service, listener, page, enter)


async def start_talk(host: Client, name: str, *others: str) -> Conversation:
    """Make a conversation with others in it."""
    talk = await host.create_conversation(friendly_name=name)
    await talk.join()
    for other in others:
        await talk.add(other)
    return talk
