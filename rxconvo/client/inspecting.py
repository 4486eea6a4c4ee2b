"""What the streams of a client do, at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rxconvo.client.core import ClientCore
from rxconvo.streams import StreamReport
from rxconvo.streams.hot import View

if TYPE_CHECKING:
    from rxconvo.streams import HotStream

__all__ = ["InspectingConcern"]


class InspectingConcern(ClientCore):
    """Reports of streams."""

    def inspect(self) -> tuple[StreamReport, ...]:
        """Report what the streams of this client do, and what goes through the probes of its loop.

        What streams carry is counted from the first report on, which says 0 of each; of their views, and how late it
        is, only by a `probe`. The last error is what an observer of the stream raised.

        Returns:
            A report for each stream that was asked for and is not complete, its views such as `messages.added`
            included; then one for each other Observable of this client that had an observer which raised; then one for
            each name of a probe or a `bounded_buffer`.
        """
        self._hub.count()
        now = self._context.loop.time()
        failures = {report.name: report for report in self._failures.reports()}
        before, self._inspected = self._inspected, {}
        reports: list[StreamReport] = []
        for stream in self._hub.streams():
            if stream in self._inner:
                continue
            name = stream.name
            error = failures.pop(name, None)
            self._inspected[name] = (now, stream.items)
            reports.append(
                StreamReport(
                    name,
                    len(stream.observers),
                    None if isinstance(stream, View) else stream.items,
                    None if isinstance(stream, View) else _rate(stream, now, before.get(name)),
                    last_error=None if error is None else error.last_error,
                )
            )
        return (*reports, *failures.values(), *self._meters.reports())


def _rate(stream: HotStream[object], now: float, before: tuple[float, int] | None) -> float | None:
    """Return values a second since the report before."""
    if before is None or before[0] >= now:
        return None
    return (stream.items - before[1]) / (now - before[0])
