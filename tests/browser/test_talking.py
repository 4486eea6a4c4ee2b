"""What is written in the page arrives at others, and what they do shows in the page."""

from __future__ import annotations

import asyncio
import re

import pytest

from rxconvo import Message
from tests.browser.conftest import Office, Opening, start_talk
from tests.browser.window import DEADLINE, Window

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.real_time]

AT_THE_END = """
() => {
  const { scrollHeight, scrollTop, clientHeight } = document.getElementById("timeline-scroll");
  return scrollHeight - scrollTop - clientHeight < 2;
}
"""

TURN = """
(hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}
"""
"""Turn to another tab, or back."""

COUNTS = "() => document.title === '(1) rxconvo'"


async def test_a_message_typed_in_the_page_arrives_in_a_client(office: Office, opening: Opening) -> None:
    ada = await office.enter("ada")
    lunch = await start_talk(ada, "lunch", "sue")
    heard: asyncio.Queue[Message] = asyncio.Queue()
    lunch.messages.added.subscribe(heard.put_nowait)
    await lunch.messages.opened

    window = await opening(office.link("sue"))
    await window.choose("lunch")
    await window.focuses("#body")
    await window.write("pizza?")
    await window.press("Enter")
    async with asyncio.timeout(DEADLINE):
        message = await heard.get()
    assert (message.author, message.body) == ("sue", "pizza?")
    await window.shows(".message[data-index='0'] .text", "pizza?")
    await window.counts(".message", 1)
    await window.shows(window.row("lunch").locator(".row-last"), "You: pizza?")
    assert await window.run("() => document.getElementById('body').value") == ""


async def test_what_others_write_and_change_shows(office: Office, opening: Opening) -> None:
    ada = await office.enter("ada")
    lunch = await start_talk(ada, "lunch", "sue")
    window = await opening(office.link("sue"))
    await window.choose("lunch")
    await lunch.send_message("pasta")
    await window.shows(".message .text", "pasta")
    await window.shows(".message .by b", "ada")
    await window.shows(window.row("lunch").locator(".row-last"), "ada: pasta")
    await ada.user.update_friendly_name("Ada King, Countess of Lovelace")
    await window.shows(".message .by b", "Ada King, Countess of Lovelace")
    await window.shows(window.row("lunch").locator(".row-last"), "Ada: pasta")
    await (await lunch.get_messages()).items[0].update_body("pizza")
    await window.shows(".message .text span >> nth=0", "pizza")
    await window.shows(".edited", "edited")
    await lunch.send_message("and soup")
    await window.counts(".message[data-first]", 1)
    await window.counts(".message", 2)
    await (await lunch.get_messages()).items[0].remove()
    await window.counts(".message", 1)
    await window.shows(".message .text", "and soup")


async def test_typing_shows_and_clears(office: Office, opening: Opening) -> None:
    ada = await office.enter("ada")
    lunch = await start_talk(ada, "lunch", "sue")
    window = await opening(office.link("sue"))
    await window.choose("lunch")
    await lunch.send_typing()
    await window.shows("#typing", "ada is typing")
    await window.shows(window.row("lunch").locator(".row-last"), re.compile("ada is typing"))
    await lunch.send_message("done")
    await window.hides("#typing")
    await window.shows(window.row("lunch").locator(".row-last"), "ada: done")


async def test_typing_in_the_page_is_told_to_others(office: Office, opening: Opening) -> None:
    ada = await office.enter("ada")
    lunch = await start_talk(ada, "lunch", "sue")
    window = await opening(office.link("sue"))
    await window.choose("lunch")
    started = asyncio.ensure_future(lunch.typing.started.next())
    await lunch.typing.opened
    await window.write("piz")
    async with asyncio.timeout(DEADLINE):
        assert (await started).identity == "sue"
    signals = [url for url in window.requests if url.endswith("/typing")]
    assert len(signals) == 1, "the signal is repeated now and then, not with each letter"


async def test_unread_messages_are_counted_until_they_are_seen(office: Office, opening: Opening) -> None:
    ada = await office.enter("ada")
    lunch, dinner = await start_talk(ada, "lunch", "sue"), await start_talk(ada, "dinner", "sue")
    for body in ("one", "two", "three"):
        await lunch.send_message(body)
    await dinner.send_message("late")
    window = await opening(office.link("sue"))
    await window.shows(window.row("lunch").locator(".badge"), "3")
    await window.shows("[data-figure=unread]", "4")
    await window.holds("() => document.title === '(4) rxconvo'")
    await window.choose("lunch")
    await window.counts(".timeline .new", 1)
    await window.hides(window.row("lunch").locator(".badge"))
    await window.shows("[data-figure=unread]", "1")
    sue = await lunch.get_participant_by_identity("sue")
    assert sue.last_read_message_index == 2


async def test_it_stays_where_one_reads_and_tells_of_what_is_new(office: Office, opening: Opening) -> None:
    ada = await office.enter("ada")
    lunch = await start_talk(ada, "lunch", "sue")
    for number in range(60):
        await lunch.send_message(f"line {number}")
    window = await opening(office.link("sue"))
    await window.choose("lunch")
    await window.shows(".message[data-index='59']")
    await window.holds(AT_THE_END)
    await lunch.send_message("line 60")
    await window.shows(".message[data-index='60']")
    await window.holds(AT_THE_END)
    await window.hides("#jump")
    await window.run("() => document.getElementById('timeline-scroll').scrollTo(0, 100)")
    await window.shows("#jump", "To the end")
    await lunch.send_message("line 61")
    await window.shows("#jump", "1 new message")
    assert await window.run("() => document.getElementById('timeline-scroll').scrollTop") == 100
    await window.shows(window.row("lunch").locator(".badge"), "1")
    await window.find("#jump").click()
    await window.holds(AT_THE_END)
    await window.hides(window.row("lunch").locator(".badge"))


async def test_a_tab_in_the_background_lets_go_of_its_conversation(office: Office, opening: Opening) -> None:
    ada = await office.enter("ada")
    lunch = await start_talk(ada, "lunch", "sue")
    await lunch.send_message("before")
    window = await opening(office.link("sue"))
    await window.choose("lunch")
    await window.hides(window.row("lunch").locator(".badge"))
    await window.counts(".timeline .new", 1)
    await window.say("see you")
    await window.counts(".timeline .new", 0)
    await window.page.clock.install()
    async with window.page.expect_event("requestfailed", lambda request: lunch.sid in request.url):
        await window.run(TURN, True)
        await window.page.clock.fast_forward(11_000)
    await lunch.send_message("while away")
    await window.shows(window.row("lunch").locator(".badge"), "1")
    await window.shows("[data-figure=unread]", "1")
    await window.run(TURN, False)
    await window.shows(".message[data-index='2'] .text", "while away")
    await window.counts(".timeline .new + .message[data-index='2']", 1)
    await window.hides(window.row("lunch").locator(".badge"))
    await lunch.send_message("and now")
    await window.shows(".message[data-index='3'] .text", "and now")
    await window.counts(".timeline .new", 1)


async def test_many_tabs_leave_room_for_the_one_that_is_looked_at(office: Office, opening: Opening) -> None:
    """Browsers have six connections for all tabs of a dashboard."""
    ada = await office.enter("ada")
    lunch = await start_talk(ada, "lunch", "sue")
    supper = await start_talk(ada, "supper", "sue")
    link = office.link("sue")
    looked_at = await opening(office.page.url)
    behind: list[Window] = []
    for _ in range(7):
        behind.append(window := Window(await looked_at.page.context.new_page()))
        await window.open(link)
        await window.shows(window.row("lunch"))
        await window.page.clock.install()
        async with window.page.expect_event("requestfailed") as ended:
            await window.run(TURN, True)
            await window.page.clock.fast_forward(11_000)
        assert "/api/overview" in (await ended.value).url
    await looked_at.open(link)
    await looked_at.choose("supper")
    await supper.send_message("hello")
    await looked_at.shows(".message .text", "hello")
    await looked_at.say("hello, too")
    await looked_at.shows(".message[data-index='1'] .text", "hello, too")
    await lunch.send_message("one")

    # One goes on to count; when it is closed, or looked at, it is the turn of the next.
    first, second, third, *others = behind
    await first.holds(COUNTS)
    await first.page.close()
    await second.holds(COUNTS)
    await second.run(TURN, False)
    await third.holds(COUNTS)
    assert [await window.run("() => document.title") for window in others] == ["rxconvo"] * 4
    await others[0].run(TURN, False)
    await others[0].shows(others[0].row("lunch").locator(".badge"), "1")
    await others[0].hides("#banner")
    assert [window.problems for window in behind] == [[]] * 7


async def test_a_message_that_is_refused_stays_with_the_reason(office: Office, opening: Opening) -> None:
    ada = await office.enter("ada")
    await start_talk(ada, "lunch", "sue")
    window = await opening(office.link("sue"))
    window.tolerate(r"status of 400")
    await window.choose("lunch")
    long = "x" * 33_000
    await window.say(long)
    await window.shows(".fate", re.compile(r"Not sent\. .+ \d"))
    await window.shows(".message[data-state=refused] .text", long)
    await window.find(".fate button", "Edit").click()
    await window.counts(".message", 0)
    await window.holds("(long) => document.getElementById('body').value === long", long)


async def test_a_conversation_made_in_the_page_is_there_for_others(office: Office, opening: Opening) -> None:
    ada = await office.enter("ada")
    window = await opening(office.link("sue"))
    window.tolerate(r"status of 400")
    await window.shows("#rows-empty", re.compile("No conversations yet"))
    await window.find("#rows-empty button").click()
    await window.find("#create-dialog button[type=submit]").click()
    await window.shows("#create-problem", re.compile("Name"))
    added = asyncio.ensure_future(ada.conversations.next())
    await ada.conversations.opened
    await window.find("#create-name").fill("lunch")
    await window.find("#create-people").fill("ada, ada ,sue")
    await window.find("#create-dialog button[type=submit]").click()
    await window.shows("#chat-name", "lunch")
    await window.shows("#chat-under", re.compile("^2 members"))
    async with asyncio.timeout(DEADLINE):
        await added


async def test_it_tells_who_waits_and_who_is_there(office: Office, opening: Opening) -> None:
    ada = await office.enter("ada")
    help_ = await start_talk(ada, "help", "sue")
    window = await opening(office.link("sue"))
    await window.choose("help")
    await window.shows("#chat-under", "2 members, 2 online")
    await window.shows("[data-group=members] li[data-identity]:has([title=ada]) .note", "up to date")
    chip = window.row("help").locator(".chip")
    await window.hides(chip)
    await help_.send_message("my printer is on fire")
    await window.has(chip, "data-state", "ok")
    await window.shows(chip, re.compile(r"^4:\d\d$|^5:00$"))
    await window.has(chip, "title", re.compile("^ada waits for an answer, due in "))
    await window.shows("[data-figure=ok]", "1")
    await window.say("have you tried water?")
    await window.hides(chip)
    await window.shows("[data-figure=ok]", "0")
    await window.shows("[data-figure=response]", re.compile(r"^[\d.]+ s9 of 10 within [\d.]+ s$"))
    await ada.shutdown()
    await window.shows("#chat-under", "2 members, 1 online")
    await window.counts("[data-group=members] li[data-online]", 1)
