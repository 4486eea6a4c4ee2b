"""Clients in Prometheus' format, and whether they are well.

What is told is what `client.inspect()` and `client.connection_state` tell. Labels are bounded: conversations are told
together unless each is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Final, TypeAlias

from aiohttp import web

from rxconvo.client import Client
from rxconvo.errors import MissingExtraError
from rxconvo.operators._arguments import check_flag, check_kind
from rxconvo.streams import StreamReport
from rxconvo.wire import ClientState

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Metric

__all__ = ["ClientCollector", "Clients", "health", "metrics"]

Clients: TypeAlias = Client | Mapping[str, Client]
"""A client, or several by the names that they are told by. Who changes the mapping changes what is told."""

_CONNECTED: Final = "connected"
_STATES: Final = tuple(dict.fromkeys(state.reported for state in ClientState))
_OF_CONVERSATION: Final = re.compile(r"(?P<stream>.+) of (?P<sid>CH[0-9a-f]{32})")
_NO_STORE: Final = {"Cache-Control": "no-store"}

_Labels: TypeAlias = tuple[str, ...]

_FAMILIES: Final = (
    ("streams", "Streams that there are.", False),
    ("stream_observers", "Observers of streams.", False),
    ("stream_items", "Values that streams have carried.", True),
    ("stream_drops", "Values that were dropped for want of room.", True),
    ("stream_failed", "Streams of which an observer has raised.", False),
    ("stream_lag_seconds", "Seconds that the last value was late.", False),
)
"""What is told of streams: names, what they mean, and whether they are counters."""


class ClientCollector:
    """Tells Prometheus of clients: register it in a `CollectorRegistry`, or leave that to `metrics`.

    It is to be made and asked on the clients' event loop, as `metrics` does. Of a client that is added to a mapping
    later it counts from when it is asked next.

    - `rxconvo_connection_state` (gauge): 1 for the `state` that the connection is in, 0 for all others.
    - `rxconvo_streams` (gauge): how many streams there are.
    - `rxconvo_stream_observers` (gauge): how many observe them.
    - `rxconvo_stream_items_total` (counter): values that they have carried since this was made. What a view such as
      `messages.added` carries is counted with its stream alone.
    - `rxconvo_stream_drops_total` (counter): values that were dropped for want of room.
    - `rxconvo_stream_failed` (gauge): of how many an observer has raised.
    - `rxconvo_stream_lag_seconds` (gauge): how late the last value was, where a `probe` knows; the most of several.

    All have the label `client` if there are several; those of streams have `stream`, the name without that of a
    conversation, and `scope`, which is `conversation` for streams of one and `client` for all others.

    Args:
        clients: A client, or several by name.
        per_conversation: Whether each conversation is told alone, by the label `conversation`: as many series as there
            are conversations.

    Raises:
        MissingExtraError: `prometheus-client` is not installed.
        ArgumentError: *clients* are none.
    """

    def __init__(self, clients: Clients, *, per_conversation: bool = False) -> None:
        check_flag("per_conversation", per_conversation)
        _core()
        self._clients = clients
        self._names = () if isinstance(clients, Client) else ("client",)
        for client in _by_name(clients).values():
            client.inspect()  # which begins to count
        self._per_conversation = per_conversation
        self._items = _Totals()
        self._drops = _Totals()

    def collect(self) -> Iterator[Metric]:
        """Yield what there is to tell now."""
        core = _core()
        clients = _by_name(self._clients)
        states = core.GaugeMetricFamily(
            "rxconvo_connection_state", "Whether the connection is in a state.", labels=[*self._names, "state"]
        )
        for name, client in clients.items():
            for state in _STATES:
                states.add_metric([*self._labels(name), state], float(state == client.connection_state.value))
        yield states
        tallies = self._tally({name: client.inspect() for name, client in clients.items()})
        labels = [*self._names, "scope", "stream", *(["conversation"] if self._per_conversation else [])]
        for name, what, is_counter in _FAMILIES:
            kind = core.CounterMetricFamily if is_counter else core.GaugeMetricFamily
            family = kind(f"rxconvo_{name}", what, labels=labels)
            for key, tally in tallies.items():
                if name in tally:
                    family.add_metric(key, tally[name])
            yield family

    def _labels(self, client: str) -> _Labels:
        return (client,) if self._names else ()

    def _tally(self, reports: Mapping[str, Iterable[StreamReport]]) -> dict[_Labels, dict[str, float]]:
        """Return what is told, by labels and names of families."""
        tallies: dict[_Labels, dict[str, float]] = {}
        for client, of_client in reports.items():
            for report in of_client:
                of_one = _OF_CONVERSATION.fullmatch(report.name)
                scope, stream = ("client", report.name) if of_one is None else ("conversation", of_one["stream"])
                sid = ("" if of_one is None else of_one["sid"],) if self._per_conversation else ()
                key = (*self._labels(client), scope, stream, *sid)
                tally = tallies.setdefault(
                    key, {"streams": 0, "stream_observers": 0, "stream_drops": 0, "stream_failed": 0}
                )
                tally["streams"] += 1
                tally["stream_observers"] += report.subscribers
                tally["stream_failed"] += report.last_error is not None
                tally["stream_drops"] = self._drops.count(key, (client, report.name), report.drops)
                if report.items is not None:
                    tally["stream_items"] = self._items.count(key, (client, report.name), report.items)
                if report.lag is not None:
                    tally["stream_lag_seconds"] = max(report.lag, tally.get("stream_lag_seconds", 0.0))
        self._items.asked(None if not self._per_conversation else tallies)
        self._drops.asked(None if not self._per_conversation else tallies)
        return tallies


class _Totals:
    """Counts that never fall, of counts of streams that come and go."""

    def __init__(self) -> None:
        self._totals: dict[_Labels, int] = {}
        self._before: dict[tuple[str, str], int] = {}
        self._now: dict[tuple[str, str], int] = {}

    def count(self, key: _Labels, stream: tuple[str, str], number: int) -> int:
        """Take the count of a stream, and return the total of its labels."""
        before = self._before.get(stream, 0)
        self._now[stream] = number
        more = number - before if number >= before else number  # it is another one of the same name
        total = self._totals[key] = self._totals.get(key, 0) + more
        return total

    def asked(self, kept: Collection[_Labels] | None) -> None:
        """Forget the counts of streams that are gone, and the totals of all labels but those *kept*."""
        self._before, self._now = self._now, {}
        if kept is not None:
            self._totals = {key: total for key, total in self._totals.items() if key in kept}


def metrics(
    clients: Clients, *, registry: CollectorRegistry | None = None, per_conversation: bool = False
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Make a handler that tells Prometheus of clients.

    Example:
        from aiohttp import web
        from rxconvo import Service
        from rxconvo.integrations.metrics import health, metrics

        async with Service() as service, service.client("ada") as ada:
            app = web.Application()
            app.router.add_get("/metrics", metrics(ada))
            app.router.add_get("/health", health(ada))

    Args:
        clients: A client, or several by name.
        registry: Where the application has its own metrics, which are told as well; by default none are.
        per_conversation: As for `ClientCollector`.

    Returns:
        The handler, for `GET`.

    Raises:
        MissingExtraError: `prometheus-client` is not installed.
        ArgumentError: *clients* are none.
    """
    collector = ClientCollector(clients, per_conversation=per_conversation)
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import choose_encoder

    registry = CollectorRegistry() if registry is None else registry
    registry.register(collector)

    async def handle(request: web.Request) -> web.StreamResponse:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(registry), headers={"Content-Type": content_type, **_NO_STORE})

    return handle


def health(clients: Clients) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Make a handler that tells whether clients are connected.

    Args:
        clients: A client, or several by name.

    Returns:
        The handler, for `GET`: 200 where all are connected, else 503, with `{"state": …}`, that of the client or of the
        first which is not connected; of several also with `"clients"`, their states by name.

    Raises:
        ArgumentError: *clients* are none.
    """
    _by_name(clients)

    async def handle(_: web.Request) -> web.StreamResponse:
        states = {name: client.connection_state.value for name, client in _by_name(clients).items()}
        state = next((state for state in states.values() if state != _CONNECTED), _CONNECTED)
        told = {"state": state} if isinstance(clients, Client) else {"state": state, "clients": states}
        return web.json_response(told, status=200 if state == _CONNECTED else 503, headers=_NO_STORE)

    return handle


def _by_name(clients: Clients) -> dict[str, Client]:
    """Return clients by name.

    Raises:
        ArgumentError: They are none.
    """
    if isinstance(clients, Client):
        return {"": clients}
    check_kind("clients", clients, Mapping, "a client, or several by name")
    by_name = dict(clients)
    for name, client in by_name.items():
        check_kind("clients", name, str, "named by texts")
        check_kind("clients", client, Client, "a client, or several by name")
    return by_name


def _core() -> ModuleType:
    """Return what metrics are made of.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        from prometheus_client import core
    except ImportError as error:
        raise MissingExtraError("metrics", "telling Prometheus") from error
    return core
