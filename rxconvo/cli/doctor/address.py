"""The address of a service: whether anybody is there, who it is, and what time it has."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from rxconvo.cli.doctor.finding import Finding
from rxconvo.cli.text import one_line
from rxconvo.cli.upstream import endpoint
from rxconvo.server.auth import LEEWAY
from rxconvo.server.control import is_loopback

__all__ = ["Clock", "check_address"]

_PATIENCE: Final = 5.0
_PATH: Final = "/v3/wsconnect"
_HTTP: Final = {"ws": "http", "wss": "https"}
_OTHER: Final = {"ws": "wss", "wss": "ws"}


class Clock:
    """What a service's clock shows, as far as it was found out.

    Attributes:
        ahead: Seconds by which it is ahead of ours; None where that is not known.
    """

    def __init__(self) -> None:
        self.ahead: float | None = None


async def check_address(url: str, clock: Clock, *, wall: Callable[[], datetime]) -> AsyncIterator[Finding]:
    """Check an address step by step, up to the first step that fails.

    Args:
        url: A websocket's.
        clock: Gets what the service's clock shows.
        wall: The time of day here.

    Raises:
        ArgumentError: The URL is malformed.
    """
    found = endpoint(url)
    if found is None:
        yield Finding("fail", "address", f"{url} names no host", "say ws://HOST:PORT or wss://HOST")
        return
    reached = await _reach(*found)
    yield reached
    if reached.status == "fail":
        return
    parts = urlsplit(url)
    path = parts.path if parts.path.strip("/") else _PATH
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_PATIENCE)) as http:
        spoken, server, date = await _speak(http, f"{_HTTP[parts.scheme]}://{parts.netloc}{path}", url)
        if spoken is not None:
            yield spoken
            return
        yield await _shake_hands(http, f"{parts.scheme}://{parts.netloc}{path}", server, found[1])
    if date is not None:
        yield _compare(date, wall(), clock)


async def _reach(host: str, port: int) -> Finding:
    where = f"{host}:{port}"
    try:
        async with asyncio.timeout(_PATIENCE):
            _, writer = await asyncio.open_connection(host, port)
    except socket.gaierror as error:
        return Finding("fail", "address", f"there is no host {host} ({error.strerror})", "check --url, and the network")
    except TimeoutError:
        told = f"{where} does not answer within {_PATIENCE:g} s"
        return Finding("fail", "address", told, "check --url; a firewall may be shut")
    except OSError:
        advice = f"start a service with `rxconvo serve --port {port}`" if is_loopback(host) else "is it running?"
        return Finding("fail", "address", f"nobody listens at {where}", f"{advice}, or name another by --url")
    writer.close()
    return Finding("ok", "address", f"{where} answers")


async def _speak(http: aiohttp.ClientSession, address: str, url: str) -> tuple[Finding | None, str, str | None]:
    """Ask by HTTP; return what is wrong with that, who has answered, and the date it has."""
    scheme = url.partition(":")[0]
    other = f"try --url {_OTHER[scheme]}{url[len(scheme) :]}"
    try:
        async with http.get(address, allow_redirects=False) as answer:
            return None, answer.headers.get("Server", ""), answer.headers.get("Date")
    except aiohttp.ClientConnectorCertificateError as error:
        told = f"its certificate is not trusted: {one_line(str(error.certificate_error))}"
        advice = "mend the certificate, or have this machine trust its authority (SSL_CERT_FILE)"
        return Finding("fail", "tls", told, advice), "", None
    except (aiohttp.ClientConnectorSSLError, ssl.SSLError):
        return Finding("fail", "tls", "it speaks no TLS there", other), "", None
    except TimeoutError:
        return _hangs(url), "", None
    except (aiohttp.ClientError, OSError) as error:
        told = f"it speaks no HTTP there ({type(error).__name__})"
        advice = f"{other}, if it expects TLS; or it is another program" if scheme == "ws" else "it is another program"
        return Finding("fail", "protocol", told, advice), "", None


async def _shake_hands(http: aiohttp.ClientSession, address: str, server: str, port: int) -> Finding:
    try:
        async with http.ws_connect(address):
            return Finding("ok", "protocol", f"websockets at {address}")
    except aiohttp.WSServerHandshakeError as error:
        who = f", which calls itself {one_line(server)}," if server else ""
        told = f"port {port} is in use by another program{who} or --url has the wrong path (status {error.status})"
        return Finding(
            "fail", "protocol", told, f"`rxconvo serve --port {port + 1}` takes another port; name it by --url"
        )
    except TimeoutError:
        return _hangs(address)
    except (aiohttp.ClientError, OSError) as error:
        return Finding("fail", "protocol", f"no websocket at {address} ({type(error).__name__})", "check --url")


def _hangs(url: str) -> Finding:
    told = f"somebody accepts connections at {url}, and does not answer within {_PATIENCE:g} s"
    return Finding("fail", "protocol", told, "the service may hang, or be stopped: look at its process, or restart it")


def _compare(date: str, now: datetime, clock: Clock) -> Finding:
    try:
        clock.ahead = (parsedate_to_datetime(date) - now).total_seconds()
    except (TypeError, ValueError):
        return Finding("warn", "clock", f"the service tells no time ({one_line(date)})")
    # A date has whole seconds: it may be up to one behind.
    off = max(0.0, abs(clock.ahead + 0.5) - 0.5)
    if off <= LEEWAY:
        return Finding("ok", "clock", "as the service's")
    which = "behind" if clock.ahead > 0 else "ahead of"
    told = f"{off:,.0f} s {which} the service's: tokens made here may count as expired or not yet valid"
    return Finding("fail" if off > 60 else "warn", "clock", told, "set the clock by NTP, here or there")
