"""Whom the commands connect to, and as whom."""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, Literal, TextIO
from urllib.parse import urlsplit

import msgspec

import rxconvo
from rxconvo.cli.failure import CommandError
from rxconvo.cli.terminal import warn
from rxconvo.cli.token import keys_at_hand, mint_token
from rxconvo.errors import ArgumentError, ConnectionError, DeniedError, RxconvoError
from rxconvo.server.auth import check_grant

if TYPE_CHECKING:
    from rxconvo import Client, Connecting
    from rxconvo.types import Identity

__all__ = ["DEFAULT_URL", "Upstream", "choose_upstream", "endpoint", "reach"]

DEFAULT_URL: Final = "ws://127.0.0.1:8080"
"""Where `rxconvo serve` is, where it is not told otherwise."""

_PORTS: Final = {"ws": 80, "wss": 443}
_EMBEDDED: Final = {"memory", "sqlite"}
_SOCKETS: Final = (*_PORTS, "twilio")
_WEB: Final = {"http": "ws", "https": "wss"}
_PATIENCE: Final = 10.0  # seconds in which a client is ready
_REACHED: Final = 5.0  # seconds in which somebody answers at an address
_TTL: Final = 3600.0  # seconds that tokens made here hold; they are made anew in time


class Upstream(msgspec.Struct, frozen=True, kw_only=True):
    """A service, and who one is to it.

    Attributes:
        url: Where it is, as `connect` takes it.
        token: An access token, if one was given.
        identity: Who one is, where tokens are made here; a service in this process makes its own.
        mint: Makes a token for somebody, where the keys are at hand.
    """

    url: str
    token: str | None = None
    identity: Identity | None = None
    mint: Callable[[Identity], str] | None = None

    @property
    def embedded(self) -> bool:
        """Whether the service runs in this process."""
        return _scheme(self.url) in _EMBEDDED

    @property
    def knows_everybody(self) -> bool:
        """Whether one may be anybody."""
        return self.embedded or self.mint is not None

    def connecting(
        self, identity: Identity | None = None, *, watch: Literal["documents", "all", "none"] = "documents"
    ) -> Connecting:
        """Return a connection about to be made.

        Args:
            identity: Somebody else, where one may be anybody.
            watch: As for `connect`.

        Raises:
            ArgumentError: The URL or the identity is none.
        """
        who = identity or self.identity
        if self.embedded:
            return rxconvo.connect(self.url, identity=who, watch=watch)
        if _scheme(self.url) == "replay":
            return rxconvo.connect(self.url, watch=watch)
        mint = self.mint
        if who is None or mint is None:
            return rxconvo.connect(self.url, token=self.token, watch=watch, connect_timeout=_PATIENCE)

        async def token() -> str:
            return mint(who)

        return rxconvo.connect(self.url, token=token, watch=watch, connect_timeout=_PATIENCE)

    @asynccontextmanager
    async def connected(
        self, identity: Identity | None = None, *, watch: Literal["documents", "all", "none"] = "documents"
    ) -> AsyncGenerator[Client]:
        """Connect, and shut down in the end.

        Args:
            identity: As for `connecting`.
            watch: As for `connect`.

        Raises:
            ConnectionError: Nobody is there, or the token is refused (`DeniedError`); it says what helps.
        """
        connecting = self.connecting(identity, watch=watch)
        await reach(self.url)
        try:
            client = await connecting
        except DeniedError as error:
            raise DeniedError(f"{error}; `rxconvo doctor` with the same options explains") from error
        except ConnectionError as error:
            raise ConnectionError(f"{error}; `rxconvo doctor --url {self.url}` looks closer") from error
        async with client:
            client.errors.subscribe(_tell)
            yield client


def choose_upstream(
    url: str,
    token: str | None,
    identity: Identity | None,
    store: str,
    *,
    environ: Mapping[str, str],
    stdin: TextIO | None = None,
) -> Upstream:
    """Find out from options and environment whom to connect to, and as whom.

    Args:
        url: Where the service is.
        token: An access token; `-` is read from stdin. `RXCONVO_TOKEN` is taken where there is neither this nor an
            identity.
        identity: Whom to be, with a token that is made here.
        store: The store whose keys sign it.
        environ: May name the keys, or a token.
        stdin: Where - reads a token from; None is the stdin of the process.

    Raises:
        ArgumentError: The URL is none, or something is missing, or too much.
        CommandError: There are no keys to make a token with.
        StoreError: The keys cannot be read.
    """
    scheme = _scheme(url)
    if scheme in _WEB:
        raise ArgumentError("--url", f"that of a websocket, {_WEB[scheme]}{url[len(scheme) :]}", url)
    if token is not None and identity is not None:
        raise ArgumentError("--token", "left out with --as, which makes one itself")
    if scheme == "replay":
        return Upstream(url=url)
    if scheme in _EMBEDDED:
        if identity is None:
            raise ArgumentError("--as", f"given with {scheme}:, a service in this process, which needs no token")
        return Upstream(url=url, identity=identity)
    if scheme not in _SOCKETS:
        raise ArgumentError("--url", "ws://…, wss://…, twilio:REGION, sqlite:PATH, memory:NAME or replay:PATH", url)
    if identity is not None:
        return _as_anybody(url, identity, store, environ)
    if token == "-":  # noqa: S105 - that is stdin
        token = (stdin or sys.stdin).readline().strip()
    token = token or environ.get("RXCONVO_TOKEN", "").strip()
    if not token:
        raise ArgumentError(
            "--token",
            "given, or RXCONVO_TOKEN set (`rxconvo token IDENTITY` prints one); "
            "beside the store of a local `rxconvo serve`, --as IDENTITY makes one",
        )
    return Upstream(url=url, token=token)


def _as_anybody(url: str, identity: Identity, store: str, environ: Mapping[str, str]) -> Upstream:
    """Return an upstream for which tokens are made here."""
    if not keys_at_hand(store, environ):
        raise CommandError(
            f"no keys are at hand that could sign a token of --as {identity}: {store} has none beside it. Start "
            "`rxconvo serve` in this directory, change to the one where it runs, or name its store by --store; "
            "a service elsewhere takes a --token"
        )
    check_grant(identity, _TTL)
    return Upstream(url=url, identity=identity, mint=lambda who: mint_token(who, _TTL, store, environ))


def endpoint(url: str) -> tuple[str, int] | None:
    """Return host and port of a websocket's URL; None where it has none.

    Raises:
        ArgumentError: It is malformed.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError as error:
        raise ArgumentError("--url", f"a URL: {error}", url) from None
    return None if port is None or not parts.hostname else (parts.hostname, port)


async def reach(url: str) -> None:
    """Find out whether anybody is at an address, before a client tries for long.

    Args:
        url: As for `connect`; what is no address is taken to be reachable.

    Raises:
        CommandError: Nobody is, and what helps.
    """
    found = endpoint(url)
    if found is None:
        return
    host, port = found
    tls = True if _scheme(url) == "wss" else None
    try:
        async with asyncio.timeout(_REACHED):
            _, writer = await asyncio.open_connection(host, port, ssl=tls)
    except ssl.SSLCertVerificationError as error:
        raise CommandError(
            f"the certificate of {host}:{port} is not trusted: {error.verify_message}; mend it, or have this machine "
            "trust its authority (SSL_CERT_FILE)"
        ) from None
    except (ssl.SSLError, ConnectionResetError, ConnectionAbortedError):
        raise CommandError(f"{host}:{port} speaks no TLS: try --url ws{url[len('wss') :]}") from None
    except socket.gaierror:
        raise CommandError(f"there is no host {host}: is --url right?") from None
    except TimeoutError:
        raise CommandError(
            f"{host}:{port} does not answer within {_REACHED:g} s: is --url right, or a firewall shut?"
        ) from None
    except OSError:
        raise CommandError(
            f"nobody listens at {host}:{port}: start a service there with `rxconvo serve --port {port}`, "
            "or name another by --url"
        ) from None
    writer.close()


def _tell(error: RxconvoError) -> None:
    """Tell a fault. That the connection comes and goes is told by its state."""
    if not isinstance(error, ConnectionError):
        warn(str(error))


def _scheme(url: str) -> str:
    scheme, colon, _ = url.partition(":")
    return scheme.lower() if colon else ""
