"""Turns our docstrings, Google's sections around plain Markdown, into what Sphinx reads.

Napoleon, Sphinx's own extension for Google's sections, knows neither those that a reactive library has (*Emits*,
*Errors*, *Time*) nor diagrams that stand indented below a colon.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from textwrap import dedent
from typing import Any

_HEADING = re.compile(r"^(Args|Attributes|Emits|Errors|Example|Examples|Raises|Returns|Source|Time):$")
_ENTRY = re.compile(r"^\*{0,2}(?P<name>[\w.]+): +(?P<text>.*)$")

_FIELDS = {"Args": "param", "Raises": "raises"}
"""What Sphinx calls an entry of those sections that list names, where it knows them."""

_LISTS = {"Attributes", "Errors"}
"""Sections that may list names, of which it knows nothing."""


def translate(lines: list[str]) -> list[str]:
    """Translate a docstring, line by line."""
    return list(_translated(lines))


def _translated(lines: list[str]) -> Iterator[str]:
    position = 0
    while position < len(lines):
        heading = _HEADING.match(lines[position])
        body = _indented(lines, position + 1)
        position += 1
        if heading is None:
            line = lines[position - 1]
            diagram = line.endswith(":") and body and not body[0]
            yield f"{line}:" if diagram and any(body) else line
            continue
        position += len(body)
        yield ""
        yield from _section(heading[1], dedent("\n".join(body)).strip("\n").splitlines())
        yield ""


def _indented(lines: list[str], start: int) -> list[str]:
    """Return the lines from *start* on that are blank or indented."""
    taken: list[str] = []
    for line in lines[start:]:
        if line and not line.startswith(" "):
            break
        taken.append(line)
    return taken


def _section(name: str, body: list[str]) -> Iterator[str]:
    if name.startswith("Example"):
        yield from (".. code-block:: python", "", *(f"    {line}" if line else "" for line in body))
    elif name in _FIELDS:
        yield from _entries(_FIELDS[name], body)
    elif name in _LISTS and _ENTRY.match(body[0]):
        yield f":{name}:"
        yield from (f"    {line}" for line in _entries("", body))
    else:
        yield f":{name}: {body[0]}"
        yield from (f"    {line}" if line else "" for line in body[1:])


def _entries(field: str, body: list[str]) -> Iterator[str]:
    """Yield an item for each name, with the indented lines that follow it; a field of Sphinx where there is one."""
    number = 0
    starts: list[int] = []
    for line in body:
        number += bool(_ENTRY.match(line))
        starts.append(number)
    for _, group in groupby(zip(starts, body, strict=True), key=lambda pair: pair[0]):
        first, *more = (line for _, line in group)
        entry = _ENTRY.match(first)
        if entry is None:
            raise ValueError(f"no name of a section of names: {first!r}")
        yield f":{field} {entry['name']}: {entry['text']}" if field else f"- **{entry['name']}**: {entry['text']}"
        yield from (f"{'    ' if field else '  '}{line.strip()}" if line.strip() else "" for line in more)


def _process(*arguments: Any) -> None:
    """Handle Sphinx's event, whose last argument are the lines, to be changed in place."""
    _, _, name, _, _, lines = arguments
    try:
        lines[:] = translate(lines)
    except ValueError as error:
        raise ValueError(f"the docstring of {name}: {error}") from error


def setup(app: Any) -> dict[str, bool]:
    """Register the extension."""
    app.connect("autodoc-process-docstring", _process)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
