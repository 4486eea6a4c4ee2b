"""A window of the browser, in the words of somebody who sits before it.

Whatever waits, waits for what it names, with a deadline; and all that goes wrong in the window is written down.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.async_api import ConsoleMessage, Locator, Page

__all__ = ["DEADLINE", "Window"]

DEADLINE = 20.0  # seconds, for anything that is waited for

_WATCH = """
window.told = [];
addEventListener("securitypolicyviolation", (event) => console.error("CSP", event.violatedDirective, event.blockedURI));
for (const name of ["alert", "confirm", "prompt", "print", "open"]) {
  window[name] = (...given) => console.error("executed", name, ...given);
}
"""
"""Runs before the page's own scripts: what is told on the console is found again in the problems."""


class Window:
    """What one window shows, and what one can do in it.

    Args:
        page: The browser's page.

    Attributes:
        problems: Errors on the console and in scripts, violations of the content security policy, requests to others.
        requests: Addresses of all requests.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        self.requests: list[str] = []
        self._tolerated: list[str] = []
        page.set_default_timeout(DEADLINE * 1000)
        page.on("console", self._told)
        page.on("pageerror", lambda error: self._problem(f"exception: {error}"))
        page.on("request", lambda request: self._asked(request.url))
        page.on("crash", lambda _: self._problem("crashed"))

    async def open(self, link: str) -> None:
        """Go where a link leads."""
        await self.page.add_init_script(_WATCH)
        await self.page.goto(link)

    def tolerate(self, pattern: str) -> None:
        """Take it for no problem where the console tells something of the kind: browsers report answers such as 401."""
        self._tolerated.append(pattern)
        self.problems = [problem for problem in self.problems if not re.search(pattern, problem)]

    def find(self, selector: str, text: str | None = None) -> Locator:
        """Find an element: a CSS selector, and a text that it contains."""
        return self.page.locator(selector, has_text=text)

    def row(self, name: str) -> Locator:
        """Find a conversation in the list."""
        return self.page.locator(".row").filter(has=self.page.locator(".row-name").get_by_text(name, exact=True))

    async def shows(self, what: str | Locator, text: str | re.Pattern[str] | None = None) -> None:
        """Wait until something is visible, and reads *text* if one is given."""
        expected = self._expect(self.page.locator(what) if isinstance(what, str) else what)
        await expected.to_be_visible(timeout=DEADLINE * 1000)
        if text is not None:
            await expected.to_have_text(text, timeout=DEADLINE * 1000)

    async def hides(self, what: str | Locator) -> None:
        """Wait until something is not visible."""
        expected = self._expect(self.page.locator(what) if isinstance(what, str) else what)
        await expected.to_be_hidden(timeout=DEADLINE * 1000)

    async def has(self, what: str | Locator, name: str, value: str | re.Pattern[str]) -> None:
        """Wait until an attribute is so."""
        expected = self._expect(self.page.locator(what) if isinstance(what, str) else what)
        await expected.to_have_attribute(name, value, timeout=DEADLINE * 1000)

    async def counts(self, what: str | Locator, count: int) -> None:
        """Wait until there are so many of something."""
        expected = self._expect(self.page.locator(what) if isinstance(what, str) else what)
        await expected.to_have_count(count, timeout=DEADLINE * 1000)

    async def focuses(self, what: str | Locator) -> None:
        """Wait until the focus is there."""
        expected = self._expect(self.page.locator(what) if isinstance(what, str) else what)
        await expected.to_be_focused(timeout=DEADLINE * 1000)

    async def holds(self, script: str, given: object = None) -> None:
        """Wait until an expression is true in the window."""
        await self.page.wait_for_function(script, arg=given, timeout=DEADLINE * 1000)

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            await self.page.keyboard.press(key)

    async def write(self, text: str) -> None:
        """Write where the focus is, letter by letter."""
        await self.page.keyboard.type(text)

    async def choose(self, name: str) -> None:
        """Open a conversation with the mouse."""
        await self.row(name).click()
        await self.shows("#chat-name", name)

    async def say(self, text: str) -> None:
        """Send a message in the open conversation."""
        await self.page.locator("#body").fill(text)
        await self.page.locator("#body").press("Enter")

    async def run(self, script: str, given: object = None) -> Any:
        """Run a function in the window and return its result."""
        return await self.page.evaluate(script, given)

    def _told(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._problem(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def _asked(self, url: str) -> None:
        self.requests.append(url)
        if urlsplit(url).netloc != urlsplit(self.page.url).netloc and self.page.url != "about:blank":
            self._problem(f"a request to {url}")

    def _problem(self, told: str) -> None:
        if not any(re.search(pattern, told) for pattern in self._tolerated):
            self.problems.append(told)

    @staticmethod
    def _expect(locator: Locator) -> Any:
        from playwright.async_api import expect  # noqa: PLC0415 - where it is missing, the tests are skipped

        return expect(locator)
