"""What holds for every request and every answer: whose page may ask, and what a browser may do with what it gets."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from typing import Final

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from rxconvo.errors import (
    ArgumentError,
    ClosedError,
    DetachedError,
    NotFoundError,
    RejectedError,
    RxconvoError,
)
from rxconvo.integrations.dashboard.access import FullError, NoTokenError, OverError, RefusedError

__all__ = ["HEADERS", "NOT_THERE", "answer", "gate", "secure"]

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""What every answer carries, whatever it is."""

NOT_THERE: Final = "There is no such conversation (any more)."
"""Said of what is not there and of what one may not see alike."""

_BEGUN: Final = web.RequestKey("begun", web.StreamResponse)
"""The answer that has begun to be sent."""

_REFUSED: Final = "This access token is refused, or its time is over. Another is needed."
_SIGN_IN: Final = {"WWW-Authenticate": "Bearer"}
_LATER: Final = {"Retry-After": "5"}

_PLAIN: Final = {
    400: "This request cannot be read.",
    404: "There is nothing here.",
    405: "That cannot be done here.",
    408: "This has not come to its end.",
    413: "This is too long.",
}


async def secure(request: web.Request, response: web.StreamResponse) -> None:
    """Put the headers on an answer; for `on_response_prepare`.

    Args:
        request: What is answered.
        response: Any answer, of a stream as of an error.
    """
    response.headers.update(HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.pop("Server", None)
    request[_BEGUN] = response


def answer(value: object, status: int = 200, *, headers: dict[str, str] | None = None) -> web.Response:
    """Answer with JSON.

    Args:
        value: What.
        status: HTTP status.
        headers: More headers.
    """
    return web.Response(body=orjson.dumps(value), status=status, headers=headers, content_type="application/json")


def gate(hosts: Collection[str]) -> Middleware:
    """Make the middleware that checks whom a browser thinks it is talking to, and turns errors into answers.

    A page elsewhere can point its own name at this machine (DNS rebinding), but cannot change what the browser sends as
    `Host`. So names that are not known are refused.

    Args:
        hosts: Names and addresses by which the dashboard may be reached, besides those of this machine alone.
    """
    known = frozenset({"localhost", *(host.lower().strip("[]") for host in hosts)})

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not _is_known(request.headers.get("Host", ""), known):
            return answer({"error": "The dashboard is not reached by this name."}, 421)
        try:
            return await handler(request)
        except (RefusedError, OverError, FullError, RxconvoError, web.HTTPException) as error:
            begun = request.get(_BEGUN)
            return _answer_to(error) if begun is None else _cut(request, begun)

    return check


def _answer_to(error: Exception) -> web.Response:
    """Return what is told of an error. Of what one may not see the same is told as of what is not there."""
    told: dict[str, str] = {}
    headers: dict[str, str] | None = None
    match error:
        case NoTokenError():
            status, said, headers = 401, "An access token is needed.", _SIGN_IN
        case RefusedError():
            status, said, headers = 401, _REFUSED, _SIGN_IN
        case FullError():
            status, said, headers = 503, "The dashboard has too many visitors just now.", _LATER
        case OverError():
            status, said, headers = 503, "The connection to the service has just ended. Try again.", _LATER
        case ArgumentError():
            status, said, told = 400, _sentence(error), {"field": error.field}
        case NotFoundError() | ClosedError() | DetachedError():
            status, said = 404, NOT_THERE
        case RejectedError():
            status, said = error.status, _sentence(error)
        case web.HTTPException():
            status, said = error.status, _PLAIN.get(error.status, f"{error.reason}.")
            headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
        case _:
            status, said, headers = 503, "The service does not answer.", _LATER
    return answer({"error": said, **told}, status, headers=headers)


def _cut(request: web.Request, begun: web.StreamResponse) -> web.StreamResponse:
    """Break off a stream, where nothing else can be told any more; whoever comes back hears why."""
    if request.transport is not None:
        request.transport.abort()
    return begun


def _sentence(error: Exception) -> str:
    said = str(error)
    return f"{said[:1].upper()}{said[1:]}."


def _is_known(host: str, known: frozenset[str]) -> bool:
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    name = name.removeprefix("[").removesuffix("]").lower()
    if name in known:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
