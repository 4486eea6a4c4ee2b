"""Who is let in, and that tokens go nowhere."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import Office, Opening, start_talk

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.real_time]


REFUSED = "This access token is refused, or its time is over. Another is needed."


async def test_it_asks_for_a_token(office: Office, opening: Opening) -> None:
    await start_talk(await office.enter("ada"), "lunch", "sue")
    window = await opening(office.page.url)
    window.tolerate("status of 401")
    await window.shows("#gate")
    await window.focuses("#gate-token")
    await window.press("Escape")
    await window.shows("#gate")
    await window.write("nonsense")
    await window.press("Enter")
    await window.shows("#gate-why", REFUSED)
    await window.find("#gate-token").fill(f"  {office.link('sue')}\n")
    await window.press("Enter")
    await window.shows(window.row("lunch"))
    await window.hides("#gate")
    await window.shows(".me-name", "sue")


async def test_the_token_of_a_link_is_kept_in_this_tab_alone(office: Office, opening: Opening) -> None:
    await start_talk(await office.enter("ada"), "lunch", "sue")
    link = office.link("sue")
    token = link.partition("#token=")[2]
    window = await opening(link)
    await window.shows(window.row("lunch"))
    assert window.page.url == office.page.url, "not in the address"
    assert not any(token in url for url in window.requests if url != link)
    assert await window.run("() => document.cookie + JSON.stringify(localStorage)") == "{}"
    await window.page.reload()
    await window.shows(window.row("lunch"))

    other = await window.page.context.new_page()
    await other.goto(office.page.url)
    await other.locator("#gate").wait_for(state="visible")

    # Another link in the same tab: somebody else looks, and nothing of the first is left.
    await window.run("(token) => { location.hash = 'token=' + token }", office.service.token("eve"))
    await window.shows(".me-name", "eve")
    await window.counts(".row", 0)
    await window.shows("#rows-empty", re.compile("No conversations yet"))


async def test_a_link_with_a_token_that_is_refused_says_so(office: Office, opening: Opening) -> None:
    window = await opening(f"{office.page.url}#token=wrong")
    window.tolerate("status of 401")
    await window.shows("#gate-why", REFUSED)


async def test_nothing_is_loaded_from_elsewhere(office: Office, opening: Opening) -> None:
    await start_talk(await office.enter("ada"), "lunch", "sue")
    window = await opening(office.link("sue"))
    await window.choose("lunch")
    assert len(window.requests) > 5
    assert [url for url in window.requests if not url.startswith(office.page.url)] == []
    answer = await window.page.request.get(office.page.url)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    # The policy is in force: what a hole in the page could do is not done.
    window.tolerate(r"CSP|Content Security Policy|Refused to|violates")
    await window.run(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.executed = true";
          document.body.append(script);
          const element = document.createElement("p");
          element.setAttribute("onclick", "window.executed = true");
          element.click();
        }"""
    )
    assert await window.run("() => window.executed") is None
