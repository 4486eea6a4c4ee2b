"""`rxconvo inspect`: what the streams of a client do, and how its connection is."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Final

import msgspec
from rich import box
from rich.console import Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rxconvo import operators as chat
from rxconvo.cli.finding import joined_conversations
from rxconvo.cli.terminal import stdout
from rxconvo.cli.text import json_line, one_line
from rxconvo.integrations.dashboard.overview import StreamRow, summed_up
from rxconvo.integrations.web.encoding import to_json

if TYPE_CHECKING:
    from rxconvo import Client
    from rxconvo.cli.upstream import Upstream

__all__ = ["Inspection", "inspect", "picture"]

_STATES: Final = {"connected": "green", "connecting": "yellow", "disconnected": "yellow", "denied": "bold red"}


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    """A client at a glance.

    Attributes:
        identity: Whose.
        upstream: Where.
        connection: The state of its connection.
        conversations: How many it has joined.
        unread: How many messages it has not read, muted conversations left out.
        streams: What its streams do.
    """

    identity: str
    upstream: str
    connection: str
    conversations: int
    unread: int
    streams: tuple[StreamRow, ...]


async def inspect(upstream: Upstream, *, every: float, once: bool, as_json: bool) -> None:
    """Show what the streams of a client do that observes all of its conversations.

    Args:
        upstream: The service, and who one is.
        every: Seconds between two looks.
        once: Whether one look is enough.
        as_json: Whether a program reads it.

    Raises:
        RxconvoError: There is no connection to be had.
    """
    async with upstream.connected(watch="all") as client:
        looker = _Looker(client, upstream.url)
        await looker.begin()
        console = stdout()
        if as_json or once or not console.is_terminal or console.is_dumb_terminal:
            while True:
                await asyncio.sleep(0 if once else every)
                inspection = await looker.look()
                if as_json:
                    print(json_line(to_json(inspection)), flush=True)
                else:
                    console.print(picture(inspection))
                    sys.stdout.flush()
                if once:
                    return
        with Live(console=console, auto_refresh=False, screen=True) as live:
            while True:
                live.update(picture(await looker.look(), hint="Ctrl-C ends"), refresh=True)
                await asyncio.sleep(every)


class _Looker:
    """Looks at a client again and again.

    Args:
        client: Which.
        url: Where it is connected to.
    """

    def __init__(self, client: Client, url: str) -> None:
        self._client = client
        self._url = url
        self._unread = 0
        self._known = asyncio.Event()

    async def begin(self) -> None:
        """Observe what there is."""
        client = self._client
        joined = await joined_conversations(client)
        client.messages.pipe(chat.unread_total(joined, client.conversations)).subscribe(self._take)
        for stream in (client.messages, client.participants, client.typing, client.conversations, client.users):
            stream.subscribe()
            await stream.opened
        client.inspect()  # rates are counted from here on
        await self._known.wait()

    async def look(self) -> Inspection:
        """Look once."""
        client = self._client
        return Inspection(
            identity=client.user.identity,
            upstream=self._url,
            connection=client.connection_state.value,
            conversations=len(await joined_conversations(client)),
            unread=self._unread,
            streams=summed_up(client.inspect()),
        )

    def _take(self, unread: int) -> None:
        self._unread = unread
        self._known.set()


def picture(inspection: Inspection, *, hint: str = "") -> RenderableType:
    """Draw a client at a glance.

    Args:
        inspection: What is to be seen.
        hint: Is said below.
    """
    state = inspection.connection
    many = "" if inspection.conversations == 1 else "s"
    head = Text.assemble(
        (one_line(inspection.identity), "bold cyan"),
        (f" at {one_line(inspection.upstream)}  ", "dim"),
        (f"● {state}", _STATES.get(state, "red")),
        f"  {inspection.conversations:,} conversation{many} · {inspection.unread:,} unread",
    )
    table = Table(expand=True, box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", border_style="dim")
    table.add_column("stream", no_wrap=True, overflow="ellipsis", ratio=1)
    for title, width in (("observers", 9), ("items", 7), ("per s", 6), ("lag ms", 6), ("drops", 5)):
        table.add_column(title, justify="right", width=width, no_wrap=True)
    for report in inspection.streams:
        table.add_row(*_cells(report))
        if report.last_error is not None:
            table.add_row(Text(f"  {one_line(report.last_error)}", style="red"))
    below = [Text(hint, style="dim")] if hint else []
    return Padding(Group(head, table, *below), (0, 1))


def _cells(report: StreamRow) -> tuple[Text, ...]:
    quiet = not report.observers
    return (
        Text(report.name, style="dim" if quiet else ""),
        _number(report.observers, "{:,}"),
        _number(report.items, "{:,}"),
        _number(report.rate, "{:.1f}"),
        _number(None if report.lag is None else report.lag * 1000, "{:.0f}"),
        _number(report.drops, "{:,}", bad=True),
    )


def _number(value: float | None, form: str, *, bad: bool = False) -> Text:
    if value is None:
        return Text("-", style="dim")
    return Text(form.format(value), style="dim" if not value else "red" if bad else "")
