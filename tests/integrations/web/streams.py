"""What reads as a browser does, and what the tests watch."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rxconvo import Append, DiffBatch, Insert, Remove, Reset, Set, Truncate
from rxconvo.integrations.web import Feed, Viewer, WebMessage
from rxconvo.model.diffs import apply


@dataclass(frozen=True)
class Event:
    """What an `EventSource` dispatches."""

    type: str
    data: str
    last_event_id: str


class EventSource:
    """Parses an event stream as the HTML standard says: byte by byte if need be, whatever the line ends."""

    def __init__(self) -> None:
        self.last_event_id = ""
        self.events: list[Event] = []
        self.comments = 0
        self._bytes = b""
        self._begun = False
        self._data = ""
        self._type = ""
        self._id = ""

    def feed(self, piece: bytes) -> None:
        """Take what was received."""
        self._bytes += piece
        while (line := self._line()) is not None:
            self._interpret(line)

    def _line(self) -> str | None:
        """Return the next whole line: it ends with CR LF, LF or CR; a CR at the end may be half of CR LF."""
        ends = [place for place in (self._bytes.find(b"\n"), self._bytes.find(b"\r")) if place >= 0]
        if not ends or (self._bytes[min(ends) :] == b"\r"):
            return None
        end = min(ends)
        width = 2 if self._bytes[end : end + 2] == b"\r\n" else 1
        line, self._bytes = self._bytes[:end], self._bytes[end + width :]
        text = line.decode("utf-8", "replace")
        if not self._begun:
            self._begun = True
            text = text.removeprefix("\ufeff")
        return text

    def _interpret(self, line: str) -> None:
        if not line:
            self._dispatch()
        elif line.startswith(":"):
            self.comments += 1
        else:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "event":
                self._type = value
            elif name == "data":
                self._data += value + "\n"
            elif name == "id" and "\0" not in value:
                self._id = value

    def _dispatch(self) -> None:
        self.last_event_id = self._id
        data, type_ = self._data, self._type
        self._data = self._type = ""
        if data:
            self.events.append(Event(type_ or "message", data.removesuffix("\n"), self.last_event_id))


@dataclass
class Page:
    """What a page knows that watches lists, states and events.

    Attributes:
        lists: By topic.
        states: The newest value, by topic.
        happened: All values, by topic.
        missed: How many were told to be missed, by topic.
        end: The last event, `end` or `error`.
        last_event_id: What it comes back with.
    """

    lists: dict[str, tuple[Any, ...]] = field(default_factory=dict[str, tuple[Any, ...]])
    happened: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    missed: dict[str, list[int | None]] = field(default_factory=dict[str, list[int | None]])
    end: str | None = None
    last_event_id: str | None = None

    def take(self, event: str, data: Any, id: str | None = None) -> None:
        """Take a message."""
        if id:
            self.last_event_id = id
        if event in ("end", "error"):
            self.end = event
        elif event == "gap":
            self.missed.setdefault(data["topic"], []).append(data["missed"])
        elif isinstance(data, dict) and "diffs" in data:
            self.lists[event] = apply(self.lists.get(event, ()), batch_of(data))
        elif event:
            self.happened.setdefault(event, []).append(data)

    def take_all(self, messages: Iterable[WebMessage]) -> None:
        """Take messages as they come over a websocket."""
        for message in messages:
            said = json.loads(message.text)
            self.take(said.get("event", ""), said.get("data"), said.get("id"))


def batch_of(data: dict[str, Any]) -> DiffBatch[Any]:
    """Read a batch of diffs from JSON, as a page has to."""
    kinds = {"append": Append, "insert": Insert, "set": Set, "remove": Remove, "truncate": Truncate, "reset": Reset}
    diffs: list[Any] = []
    for diff in data["diffs"]:
        members = {name: tuple(value) if name == "values" else value for name, value in diff.items() if name != "op"}
        diffs.append(kinds[diff["op"]](**members))
    return DiffBatch(tuple(diffs))


async def take_now(viewer: Viewer) -> list[WebMessage]:
    """Return all that a viewer can have without waiting."""
    taken: list[WebMessage] = []
    while True:
        task = asyncio.ensure_future(anext(viewer))
        for _ in range(3):
            await asyncio.sleep(0)
        if not task.done():
            task.cancel()
            await asyncio.wait((task,))
            return taken
        try:
            taken += task.result()
        except StopAsyncIteration:
            return taken


async def look(feed: Feed, page: Page, viewer: Viewer | None = None) -> Viewer:
    """Let a page watch, from where it was, and take all that it can have now."""
    if viewer is None:
        viewer = feed.view(page.last_event_id)
    page.take_all(await take_now(viewer))
    return viewer
