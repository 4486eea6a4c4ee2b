"""Diagrams in the virtual time of a loop, for what needs one; a mark is a second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

from reactivex import Observable
from reactivex.abc import DisposableBase
from reactivex.subject import Subject

from rxconvo.testing import advance

BROKEN = LookupError("broken")


class Row:
    """What happens, drawn as it happens; the first mark is the moment it is made."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._start = self._loop.time()
        self._marks: list[str] = []

    @property
    def seconds(self) -> int:
        return round(self._loop.time() - self._start)

    def mark(self, mark: object) -> None:
        at = self.seconds
        self._marks += ["-"] * (at + 1 - len(self._marks))
        self._marks[at] = str(mark)

    def watch(self, source: Observable[Any]) -> DisposableBase:
        return source.subscribe(self.mark, lambda _: self.mark("#"), lambda: self.mark("|"))

    def __str__(self) -> str:
        return "".join(self._marks)


def feed(row: str, subject: Subject[str]) -> None:
    """Have a subject emit what a row says."""
    loop = asyncio.get_running_loop()
    acts: dict[str, Callable[[], None]] = {"|": subject.on_completed, "#": partial(subject.on_error, BROKEN)}
    for second, mark in enumerate(row):
        if mark != "-":
            loop.call_later(second, acts.get(mark) or partial(subject.on_next, mark))


async def returning(row: str) -> AsyncIterator[str]:
    """Return what a row says, if it is asked for all the time."""
    for mark in row:
        if mark == "|":
            return
        if mark == "#":
            raise BROKEN
        if mark != "-":
            yield mark
        await advance(1.0)
    await asyncio.get_running_loop().create_future()


def length_of(row: str) -> float:
    """Return when a row ends: seconds until its `!`, or long enough."""
    return float(row.index("!")) if "!" in row else 50.0
