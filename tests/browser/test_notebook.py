"""What notebooks show, in a page: hostile texts stay texts, and the widget's script does what it shall."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import reactivex as rx

from rxconvo import DiffBatch, Message, MessageUpdated, Paginator, Reset
from rxconvo.display.html import to_html
from rxconvo.integrations.notebook import live, marbles, show
from tests.browser.conftest import Opening
from tests.browser.test_hostile import BODIES

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.real_time]

FOREIGN = """
() => [...document.querySelectorAll("#shown *")]
  .filter((element) => !element.matches("div, span, b, bdi, code, del, ins, svg, svg *")
    || element.matches("script, style, svg a, svg image, svg use, svg foreignObject, svg animate, svg set"))
  .map((element) => element.outerHTML)
"""

MODEL = """
window.sent = [];
window.handlers = {};
window.html = JSON.parse(document.getElementById("html").textContent);
const model = {
  get: () => window.html,
  on: (name, handler) => { window.handlers[name] = handler; },
  off: (name) => { delete window.handlers[name]; },
  send: (message) => window.sent.push(message),
};
window.leave = page.render({ model, el: document.getElementById("shown") });
"""


def write(path: Path, shown: str, script: str = "") -> str:
    """Write a page, and return its address."""
    path.write_text(f'<!doctype html><meta charset="utf-8"><div id="shown">{shown}</div>{script}', encoding="utf-8")
    return path.as_uri()


async def test_values_and_diagrams(opening: Opening, tmp_path: Path) -> None:
    messages = [Message(body, 0, body, body, body, attributes_json=body) for body in BODIES]
    diagram = await marbles(rx.of(*messages, *BODIES), rx.throw(ValueError(BODIES[0])), seconds=0.1, labels=BODIES[:2])
    values = [*messages, *(MessageUpdated(messages[0], message, ()) for message in messages), Paginator(messages)]
    shown = "".join(map(to_html, [*values, DiffBatch((Reset((*messages, *BODIES)),))]))
    window = await opening(write(tmp_path / "values.html", shown + diagram._repr_html_()))
    assert await window.run(FOREIGN) == []
    bodies = await window.run(
        "() => [...document.querySelectorAll('#shown > div > div > span > bdi')].map((e) => e.textContent)"
    )
    assert {body.replace("\0", "\ufffd") for body in BODIES if len(body) < 100} <= set(bodies)
    assert await window.run("() => document.querySelectorAll('svg .error').length") == 1


async def test_the_widget(opening: Opening, tmp_path: Path) -> None:
    subject: rx.Subject[object] = rx.Subject()
    display = show(subject, n=50, hz=1000.0)
    for body in BODIES:
        subject.on_next(Message("IM1", 0, body, body))
    html = json.dumps(display._repr_html_()).replace("<", "\\u003c")
    display.close()
    script = live._PAGE.replace("export default", "const page =")
    data = f'<script type="application/json" id="html">{html}</script><script type="module">{script}{MODEL}</script>'
    window = await opening(write(tmp_path / "widget.html", "", data))
    await window.shows("#shown .rxconvo")
    assert await window.run(FOREIGN) == []
    assert await window.run("() => [window.sent, Object.keys(window.handlers)]") == [[{"views": 1}], ["change:html"]]
    await window.run("() => { window.html = '<div>changed</div>'; window.handlers['change:html'](); }")
    await window.shows("#shown", "changed")
    await window.run("() => window.leave()")
    assert await window.run("() => [window.sent, window.handlers]") == [[{"views": 1}, {"views": 0}], {}]
