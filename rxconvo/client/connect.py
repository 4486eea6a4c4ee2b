"""`connect`: one function for every upstream."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlsplit

from rxconvo.client.client import Client
from rxconvo.client.connecting import Connecting
from rxconvo.client.environment import Environment
from rxconvo.client.options import BackoffPolicy, ClientOptions
from rxconvo.client.replay import Replay
from rxconvo.client.service import Service
from rxconvo.client.tokens import Tokens
from rxconvo.errors import ArgumentError, RxconvoError
from rxconvo.model import limits
from rxconvo.transport.websocket import WebSocketConnector

if TYPE_CHECKING:
    from rxconvo.client.options import Watch
    from rxconvo.client.tokens import TokenProvider
    from rxconvo.types import Identity

__all__ = ["connect"]

_UPSTREAMS: Final = "memory:, memory:NAME, sqlite:PATH, ws://…, wss://…, twilio:REGION or replay:PATH"
_SCHEMES: Final = ("memory", "sqlite", "ws", "wss", "twilio", "replay")
_OVERTURE: Final = 1.0  # seconds before a recording plays by itself, in which its streams can be observed
_PATH: Final = "/v3/wsconnect"
_REGION: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def connect(
    url: str,
    *,
    identity: Identity | None = None,
    token: str | TokenProvider | None = None,
    watch: Watch = "documents",
    linger: float = 1.0,
    echo_timeout: float = 1.0,
    connect_timeout: float = 30.0,
    request_timeout: float = 30.0,
    queue_timeout: float = 20.0,
    max_queued: int = 1_000,
    kept_messages: int = 1_000,
    backoff: BackoffPolicy | None = None,
    environment: Environment | None = None,
) -> Connecting:
    """Connect to a Conversations service.

    The client is ready when the own user and the list of conversations are known, and unless `watch="none"` each
    conversation's properties, too.

    Example:
        import rxconvo

        async with rxconvo.connect("memory:", identity="ada") as client:
            print(client.user.identity)  # -> ada

        client = await rxconvo.connect("memory:", identity="bob")
        await client.shutdown()

    Args:
        url: `memory:` (an embedded service of this client's own), `memory:NAME` (one that all clients of the event loop
            share, while one of them is connected), `sqlite:PATH` (likewise, durable), `ws://…` or `wss://…` (a service
            elsewhere; without a path, `/v3/wsconnect`), `twilio:REGION` (Twilio, for example `twilio:us1`),
            `replay:PATH` (a recording, which plays by itself from a second after the client is ready; `?speed=60` plays
            it faster. See `Replay`).
        identity: The user, for an embedded service, which mints the token itself.
        token: The access token, for a service elsewhere: a string, or an async callable that is asked again before each
            expiry.
        watch: What is kept subscribed of each joined conversation: its document, `"all"`, or `"none"` until asked.
        linger: Seconds that a stream's source stays open after its last observer.
        echo_timeout: Seconds that a result waits for its own change to arrive, at most.
        connect_timeout: Seconds after which connecting is given up.
        request_timeout: Seconds that a request waits for its reply.
        queue_timeout: Seconds that a request waits for the connection.
        max_queued: How many requests may wait for the connection.
        kept_messages: How many messages of each conversation are kept.
        backoff: Delays between connections.
        environment: Where ids and chance come from.

    Returns:
        What can be awaited, or entered as an async context manager, for the `Client`.

    Raises:
        ArgumentError: An argument is missing, superfluous or out of range. When awaited: see `Connecting`.
    """
    options = ClientOptions(
        watch=watch,
        linger=linger,
        echo_timeout=echo_timeout,
        connect_timeout=connect_timeout,
        request_timeout=request_timeout,
        queue_timeout=queue_timeout,
        max_queued=max_queued,
        kept_messages=kept_messages,
        backoff=BackoffPolicy() if backoff is None else backoff,
    )
    environment = environment or Environment()
    scheme, rest = _cut(url)
    if scheme in {"memory", "sqlite"}:
        if token is not None:
            raise ArgumentError("token", f"left out for {scheme}:, which mints its own")
        if identity is None:
            raise ArgumentError("identity", f"given for {scheme}:")
        limits.check_identity(identity)
        if scheme == "sqlite" and not rest:
            raise ArgumentError("url", "sqlite: followed by a path", url)
        return _embedded(url, identity, options, environment)
    if scheme == "replay":
        for field, given in (("identity", identity), ("token", token)):
            if given is not None:
                raise ArgumentError(field, "left out for replay:, where the recording says whose it is")
        return _replayed(rest, options, environment)
    if token is None:
        raise ArgumentError("token", f"given for {scheme}:")
    if identity is not None:
        raise ArgumentError("identity", f"left out for {scheme}:, where the token names it")
    connector = WebSocketConnector(_twilio(rest) if scheme == "twilio" else _with_path(url))
    tokens = Tokens(token)
    region = rest if scheme == "twilio" else "us1"
    return Connecting(
        lambda: Client(connector, tokens, options, environment, region=region, upstream=_told(url)).start()
    )


def _cut(url: object) -> tuple[str, str]:
    """Return the scheme of a URL, one of those known, and the rest."""
    scheme, colon, rest = url.partition(":") if isinstance(url, str) else ("", "", "")
    if not colon or scheme not in _SCHEMES:
        raise ArgumentError("url", _UPSTREAMS, url)
    return scheme, rest


def _embedded(url: str, identity: Identity, options: ClientOptions, environment: Environment) -> Connecting:
    """Connect to a service in this process, which ends with the client unless others use it."""

    async def start() -> Client:
        service = await Service(url, environment=environment).start()
        try:
            client = await service.client(identity, options=options)
        except BaseException:
            await service.close()
            raise
        client.on_shutdown(service.close)
        return client

    return Connecting(start)


def _told(url: str) -> str:
    """Return an address without what may be secret in it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _replayed(rest: str, options: ClientOptions, environment: Environment) -> Connecting:
    """Connect to a recording that plays by itself, and ends with the client."""
    path, _, query = rest.partition("?")
    speed = _speed(query)
    if not path:
        raise ArgumentError("url", "replay: followed by a path", f"replay:{rest}")

    async def start() -> Client:
        replay = await Replay(path, environment=environment).start()
        try:
            client = await replay.client(options=options)
        except BaseException:
            await replay.close()
            raise

        async def play() -> None:
            await asyncio.sleep(_OVERTURE)
            try:
                await replay.play(speed=speed)
            except RxconvoError as error:  # a line of the file is none
                client.report(error)

        playing = asyncio.get_running_loop().create_task(play(), name="rxconvo replay")

        async def stop() -> None:
            playing.cancel()
            await asyncio.wait((playing,))
            await replay.close()

        client.on_shutdown(stop)
        return client

    return Connecting(start)


def _speed(query: str) -> float:
    """Read how fast a recording is to be played."""
    params = dict(parse_qsl(query, keep_blank_values=True))
    text = params.pop("speed", "1")
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not speed > 0 or params:
        raise ArgumentError("url", "replay:PATH or replay:PATH?speed=N, with N above 0", f"…?{query}")
    return speed


def _twilio(region: str) -> str:
    if not _REGION.fullmatch(region):  # it becomes part of a host's name, and that host gets the token
        raise ArgumentError("url", "twilio: followed by a region, for example twilio:us1", f"twilio:{region}")
    return f"wss://tsock.{region}.twilio.com{_PATH}"


def _with_path(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url  # the connector tells what is wrong with it
    return url if parts.path not in {"", "/"} else parts._replace(path=_PATH).geturl()
