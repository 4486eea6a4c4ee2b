"""Whatever people write stays text: nothing runs, nothing is loaded, nothing is lost."""

from __future__ import annotations

import pytest

from rxconvo import SendMediaOptions
from tests.browser.conftest import Office, Opening, start_talk

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.real_time]

BODIES = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "<svg/onload=alert(3)>",
    "\"><iframe srcdoc='<script>parent.alert(4)</script>'></iframe>",
    "<style>@import 'https://evil.example/x.css'; body { display: none }</style>",
    '<a href="javascript:alert(5)" autofocus onfocus=alert(6)>here</a>',
    "javascript:alert(7)",
    "{{constructor.constructor('alert(8)')()}} ${alert(9)} `${alert(10)}`",
    '<math><mtext></mtext><mglyph><svg><mtext><style><img title="</style><img src onerror=alert(11)>">',
    "<base href=https://evil.example/><link rel=prefetch href=https://evil.example/>",
    "<form action=https://evil.example/><button>go</button></form>",
    "</textarea></title></script><script>alert(12)</script>",
    "&lt;b&gt;not bold&lt;/b&gt; &amp;",
    'data: forged\n\nevent: rows\ndata: {"diffs": []}\n\n',
    "\u202egnitseretni\u202c \u2066<b>\u2069",
    "a\u0000b\u0007c\u2028d\ufeff",
    "http://evil.example/<script>",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 e\u0301 \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d" * 40,
    "wide" * 400,
]

AUTHOR = "<img src=x onerror=alert(20)>"
NAME = "<script>alert(21)</script>\u202e<b>name"
FRIENDLY = "<svg onload=alert(22)>Mallory"
FILENAME = "<img src=x onerror=alert(23)>.png"

TEXTS = "(selector) => [...document.querySelectorAll(selector)].map((element) => element.textContent)"
FOREIGN = """
() => [...document.querySelectorAll(".timeline *, .rows *, .people *, .heading *, #me *")]
  .filter((element) => /^(script|style|img|iframe|a|base|link|form|math|object|b)$/.test(element.localName))
  .filter((element) => !element.matches("a.row, .by b")).map((element) => element.outerHTML)
"""


async def test_bodies_names_and_files_stay_text(office: Office, opening: Opening) -> None:
    mallory = await office.enter(AUTHOR)
    await mallory.user.update_friendly_name(FRIENDLY)
    talk = await start_talk(mallory, NAME, "sue")
    for body in BODIES:
        await talk.send_message(body)
    await talk.send_message(SendMediaOptions(media=b"png", content_type="image/png", filename=FILENAME))

    window = await opening(office.link("sue"))
    await window.choose(NAME)
    await window.shows(f".message[data-index='{len(BODIES)}'] .file-name", FILENAME)
    assert await window.run(TEXTS, ".message .text > span:first-child") == BODIES
    assert await window.run(TEXTS, "#chat-name") == [NAME]
    await window.shows(".people[data-group=members] .person >> nth=0", FRIENDLY)
    await window.shows(".message .by b >> nth=0", FRIENDLY)
    assert await window.run(FOREIGN) == []
    await talk.send_typing()
    await window.shows("#typing", f"{FRIENDLY} is typing")
    assert await window.run("() => document.title") in ("rxconvo", f"({len(BODIES) + 1}) rxconvo")
    await window.holds("() => document.documentElement.scrollWidth <= innerWidth")


async def test_addresses_of_conversations_stay_text(office: Office, opening: Opening) -> None:
    link = office.link("sue")
    window = await opening(link)
    window.tolerate("status of 404")
    await window.shows("#rows-empty")
    for sid in ("<img src=x onerror=alert(1)>", "../../../etc/passwd", "a/typing?x#y", "%"):
        await window.run("(sid) => { location.hash = 'c=' + encodeURIComponent(sid) }", sid)
        await window.shows("#chat-empty", "This conversation cannot be shownThere is no such conversation (any more).")
    await window.run("() => { location.hash = 'c=%' }")
    await window.shows("#chat-empty h2", "No conversation chosen")
