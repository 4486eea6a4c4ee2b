"""The page's own modules, one by one."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Office, Opening

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.real_time]

CUT_ANYWHERE = """
async () => {
  const { EventParser } = await import("/assets/sse.js");
  const text = ": beat\\r\\n\\r\\nid: 1\\n\\nid: 2\\r\\nevent: rows\\r\\ndata: a\\r\\ndata:  b\\r\\n\\r\\n"
    + "data\\n\\nevent: lost\\n\\rdata: c\\r\\rdata: never finished";
  const parse = (pieces) => {
    const parser = new EventParser();
    return JSON.stringify([pieces.flatMap((piece) => parser.push(piece)), parser.lastId]);
  };
  const found = new Set();
  for (let first = 0; first <= text.length; first++)
    for (let second = first; second <= text.length; second++)
      found.add(parse([text.slice(0, first), text.slice(first, second), text.slice(second)]));
  found.add(parse([...text]));
  return [...found].map((result) => JSON.parse(result));
}
"""

APPLIED = """
async () => {
  const { apply } = await import("/assets/lists.js");
  const list = [];
  const seen = [];
  for (const diff of [
    { op: "reset", values: [1, 2, 3] },
    { op: "append", values: [4, 5] },
    { op: "insert", index: 0, value: 0 },
    { op: "set", index: 1, value: 10 },
    { op: "remove", index: 2 },
    { op: "truncate", length: 2 },
    { op: "reset", values: [] },
  ]) seen.push([...apply(list, { diffs: [diff] })]);
  try {
    apply(list, { diffs: [{ op: "shuffle" }] });
  } catch (error) {
    seen.push(error.message);
  }
  return seen;
}
"""

ARRANGED = """
async () => {
  const { arrange, h } = await import("/assets/dom.js");
  const parent = document.body.appendChild(h("div"));
  const nodes = Array.from({ length: 6 }, (_, number) => h("button", {}, String(number)));
  const wrong = [];
  let seed = 7;
  const random = (below) => (seed = (seed * 16807) % 2147483647) % below;
  arrange(parent, nodes);
  nodes[3].focus();
  for (let round = 0; round < 500; round++) {
    const wanted = nodes.filter((node) => node === nodes[3] || random(3)).toSorted(() => random(3) - 1);
    arrange(parent, wanted);
    if (wanted.some((node, at) => node !== parent.childNodes[at]) || parent.childNodes.length !== wanted.length)
      wrong.push(round);
    if (document.activeElement !== nodes[3]) wrong.push(`focus lost in ${round}`);
  }
  parent.remove();
  return wrong;
}
"""

GROUPED = """
async () => {
  const { itemsOf } = await import("/assets/timeline.js");
  const message = (index, author, at, more) => ({ index, author, at, mine: author === "sue", ...more });
  const timeline = [
    message(0, "ada", "2026-03-01T12:00:00Z"),
    message(1, "ada", "2026-03-01T12:01:00Z"),
    message(2, "ada", "2026-03-01T12:07:00Z"),
    message(3, "bob", "2026-03-01T12:07:01Z"),
    message(4, "bob", null),
    message(5, "bob", "2026-03-02T12:00:00Z"),
    message(6, "bob", "2026-03-02T12:00:01Z"),
    message(7, "sue", "2026-03-02T12:00:02Z"),
  ];
  const pending = [{ key: "w0", at: "2026-03-02T12:00:03Z", mine: true, body: "hi" }];
  const items = itemsOf({ timeline, newAfter: 5 }, pending, Date.parse("2026-03-02T13:00:00Z"));
  return items.map((item) => item.kind === "message" ? `${item.key}${item.first ? " first" : ""}` : item.text);
}
"""

SAID = """
async () => {
  const { ago, brief, countdown, listing, size, span } = await import("/assets/format.js");
  const now = Date.parse("2026-03-01T12:00:00Z");
  const before = (seconds) => ago(new Date(now - seconds * 1000).toISOString(), now);
  return [
    [0.04, 9.96, 12, 99.6, 3599, 7800, 180000].map(span),
    [-1, 0, 59.1, 245, 3725].map(countdown),
    [-5, 30, 90, 3600, 90000].map(before),
    [0, 999, 1000, 182000, 24e5, 5e12].map(size),
    [[], ["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d"]].map((names) => listing(names)),
    [" Ada King, Countess of Lovelace", "sixteen.letters_", "seventeen@letters", "👩‍👧 Kim", ""].map(brief),
  ];
}
"""


async def test_the_modules_do_as_they_say(office: Office, opening: Opening) -> None:
    window = await opening(office.page.url)

    events = [{"event": "rows", "data": "a\n b"}, {"event": "message", "data": ""}, {"event": "message", "data": "c"}]
    assert await window.run(CUT_ANYWHERE) == [[events, "2"]], "wherever the text is cut, and 1 was no event"

    assert await window.run(APPLIED) == [
        [1, 2, 3],
        [1, 2, 3, 4, 5],
        [0, 1, 2, 3, 4, 5],
        [0, 10, 2, 3, 4, 5],
        [0, 10, 3, 4, 5],
        [0, 10],
        [],
        "unknown diff: shuffle",
    ]

    await window.run("() => document.getElementById('gate').close()")
    assert await window.run(ARRANGED) == []

    assert await window.run(GROUPED) == [
        "Yesterday",
        *("m0 first", "m1", "m2 first", "m3 first", "m4"),
        "Today",
        "m5 first",
        "New messages",
        *("m6 first", "m7 first", "w0"),
    ]

    assert await window.run(SAID) == [
        ["0 s", "10 s", "12 s", "100 s", "59 min 59 s", "2 h 10 min", "2 d 2 h"],
        ["0:00", "0:00", "1:00", "4:05", "1:02:05"],
        ["now", "now", "2m", "1h", "Sat"],
        ["0 B", "999 B", "1.0 kB", "182 kB", "2.4 MB", "5000 GB"],
        ["", "a", "a and b", "a, b and 1 other", "a, b and 2 others"],
        ["Ada", "sixteen.letters_", "seventeen@lette…", "👩‍👧", ""],
    ]
