"""What the first page shows, as named streams."""

from __future__ import annotations

from collections.abc import Mapping
from math import fsum
from typing import Any

import reactivex as rx
from msgspec import Struct
from reactivex import Observable
from reactivex import operators as ops

from rxconvo import Client, StreamReport, current_scheduler
from rxconvo.integrations.dashboard.desk import Desk
from rxconvo.integrations.dashboard.each import the_end_of
from rxconvo.integrations.dashboard.people import people
from rxconvo.integrations.dashboard.rows import rows
from rxconvo.integrations.dashboard.vitals import vitals

__all__ = ["StreamRow", "overview", "streams"]

_EACH = " of "
"""What stands between a stream's name and the conversation it is of."""


class StreamRow(Struct, frozen=True):
    """What a stream did; those of conversations are summed up by their name.

    Attributes:
        name: What it is called; behind it, of how many conversations it is.
        observers: How many observe it.
        items: How many values it has carried, or None.
        rate: Values a second, or None.
        lag: Seconds that the last value was late, or None.
        drops: How many values were dropped.
        last_error: The last error, as text, or None.
    """

    name: str
    observers: int
    items: int | None
    rate: float | None
    lag: float | None
    drops: int
    last_error: str | None


def overview(client: Client, desk: Desk) -> Mapping[str, Observable[Any]]:
    """Return what the first page shows, by topic.

    Args:
        client: Whose conversations.
        desk: Who asks, who answers, and what is promised.
    """
    return {
        "rows": rows(client, desk),
        "vitals": vitals(client, desk),
        "people": people(client, grace=desk.grace),
        "streams": streams(client),
    }


def streams(client: Client) -> Observable[tuple[StreamRow, ...]]:
    """Report what the client's streams do, once a second.

    Args:
        client: Whose streams.
    """
    ticks = rx.timer(0.0, 1.0, scheduler=current_scheduler()).pipe(ops.take_until(the_end_of(client)))
    return ticks.pipe(ops.map(lambda _: summed_up(client.inspect())))


def summed_up(reports: tuple[StreamReport, ...]) -> tuple[StreamRow, ...]:
    """Sum up the reports of conversations, of which there may be thousands, by the name of the stream.

    Args:
        reports: What `Client.inspect` gives.
    """
    groups: dict[str, list[StreamReport]] = {}
    for report in reports:
        name, _, sid = report.name.partition(_EACH)
        groups.setdefault(name + _EACH if sid else name, []).append(report)
    return tuple(_sum(name, group) for name, group in groups.items())


def _sum(name: str, reports: list[StreamReport]) -> StreamRow:
    items = [report.items for report in reports if report.items is not None]
    rates = [report.rate for report in reports if report.rate is not None]
    plural = "s" if len(reports) > 1 else ""
    return StreamRow(
        name=f"{name}{len(reports)} conversation{plural}" if name.endswith(_EACH) else name,
        observers=sum(report.subscribers for report in reports),
        items=sum(items) if items else None,
        rate=fsum(rates) if rates else None,
        lag=max((report.lag for report in reports if report.lag is not None), default=None),
        drops=sum(report.drops for report in reports),
        last_error=next((report.last_error for report in reports if report.last_error is not None), None),
    )
