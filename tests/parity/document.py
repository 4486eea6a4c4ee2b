"""Renders docs/parity.md from the table of members and from what mixed company allows to differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from textwrap import fill

from tests.mixed.compare import Allowed
from tests.parity.table import NONE, ROOT, VERDICTS, Row, rows

PLACE = ROOT / "docs" / "parity.md"

MIXED = "tests/mixed/test_mixed.py::test_all_see_the_same_after_any_script"

_HEAD = """\
# Parity with the official SDK

Every public member of `@twilio/conversations` 3.0.1, what it is called in rxconvo, and how the two compare. This page
is generated from a table that tests check: it names just the members that the SDK has, each name of ours can be found,
each test exists and speaks of it. `python -m tests.parity` writes it anew.

Read it like this:

- *same*: the same meaning under the same name, in snake_case. A Promise is a cold Observable, which can be awaited; a
  Map is a `dict`, a `Date` an aware `datetime` in UTC, `null` and `undefined` are `None`.
- *superset*: the same, and more.
- *deliberately different*: something else, for the reason given.
- Numbers in the last column stand for [the tests](#tests) that show it.
- Events are constants of the same classes (`Conversation.MESSAGE_ADDED`), and events of the streams as well.

{count}

{different}
"""

_EVENTS = """
## What histories may differ in

Clients of the SDK and of rxconvo in the same conversations end with the same view, and are told the same events in the
same order for the same reasons, whatever is done and whichever lines are cut, but for this:

| | what may differ | shown by |
| --- | --- | --- |
"""


def render() -> str:
    """Return the document."""
    table = rows()
    verdicts = Counter(row.verdict for row in table)
    count = ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in VERDICTS)
    differing = Counter(_section(row) for row in table if row.verdict == VERDICTS[-1])
    links = ", ".join(f"[{name}](#{name.lower()}) ({number})" for name, number in differing.items())
    different = fill(f"Where to look for what is deliberately different: {links}.", 120, break_on_hyphens=False)
    tests = {test: number for number, test in enumerate(dict.fromkeys((MIXED, *_tests(table))), 1)}
    parts = [_HEAD.format(count=f"{len(table)} rows: {count}.", different=different), _EVENTS]
    parts += (f"| {one.name.lower().replace('_', ' ')} | {one.value} | {tests[MIXED]} |\n" for one in Allowed)
    for name, members in groupby(table, key=_section):
        parts.append(f"\n## {name}\n\n| SDK | rxconvo | verdict | what is to be said of it | shown by |\n")
        parts.append("| --- | --- | --- | --- | --- |\n")
        parts += (_line(row, tests) for row in members)
    parts.append("\n## Tests\n\n| | |\n| --- | --- |\n")
    parts += (f"| {number} | `{test}` |\n" for test, number in tests.items())
    return "".join(parts)


def _section(row: Row) -> str:
    return row.sdk.partition(".")[0]


def _tests(table: list[Row]) -> Iterator[str]:
    return (row.test for row in table if row.test != NONE)


def _line(row: Row, tests: dict[str, int]) -> str:
    shown_by = NONE if row.test == NONE else str(tests[row.test])
    cells = (f"`{row.sdk}`", _code(row.ours), row.verdict, row.note.replace("|", "\\|"), shown_by)
    return f"| {' | '.join(cells)} |\n"


def _code(text: str) -> str:
    return text if text == NONE else f"`{text}`"
