"""Renders docs/parity.md from the table of members and from what mixed company allows to differ."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

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
- Events are constants of the same classes (`Conversation.MESSAGE_ADDED`), and events of the streams as well.

{count}
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
    parts = [_HEAD.format(count=f"{len(table)} rows: {count}."), _EVENTS]
    parts += (f"| {one.name.lower().replace('_', ' ')} | {one.value} | `{MIXED}` |\n" for one in Allowed)
    for name, members in groupby(table, key=lambda row: row.sdk.partition(".")[0]):
        parts.append(f"\n## {name}\n\n| SDK | rxconvo | verdict | what is to be said of it | shown by |\n")
        parts.append("| --- | --- | --- | --- | --- |\n")
        parts += (_line(row) for row in members)
    return "".join(parts)


def _line(row: Row) -> str:
    cells = (f"`{row.sdk}`", _code(row.ours), row.verdict, row.note.replace("|", "\\|"), _code(row.test))
    return f"| {' | '.join(cells)} |\n"


def _code(text: str) -> str:
    return text if text == NONE else f"`{text}`"
