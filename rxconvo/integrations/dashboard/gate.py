"""What holds for every request and every answer: whose page may ask, and what a browser may do with what it gets."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Collection
from typing import Final, TypeAlias

import orjson
from aiohttp import web

from rxconvo.errors import (
    ArgumentError,
    ClosedError,
    DetachedError,
    NotFoundError,
    RejectedError,
    RxconvoError,
)
from rxconvo.integrations.dashboard.access import FullError, RefusedError

__all__ = ["HEADERS", "Handler", "answer", "gate", "secure"]

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

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

_BEGUN: Final = "rxconvo.begun"

_SIGN_IN: Final = {"WWW-Authenticate": "Bearer"}

_PLAIN: Final = {
    400: "This request cannot be read.",
    404: "There is nothing here.",
    405: "That cannot be done here.",
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
    request[_BEGUN] = True


def answer(value: object, status: int = 200, *, headers: dict[str, str] | None = None) -> web.Response:
    """Answer with JSON.

    Args:
        value: What.
        status: HTTP status.
        headers: More headers.
    """
    return web.Response(body=orjson.dumps(value), status=status, headers=headers, content_type="application/json")


def gate(hosts: Collection[str]) -> Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]:
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
        except RefusedError:
            if _BEGUN in request:
                raise _cut(request) from None
            return answer({"error": "A valid access token is needed."}, 401, headers=_SIGN_IN)
        except FullError:
            return answer({"error": "The dashboard has too many visitors just now."}, 503, headers={"Retry-After": "5"})
        except ArgumentError as error:
            return answer({"error": _sentence(error), "field": error.field}, 400)
        except (NotFoundError, ClosedError, DetachedError):
            return answer({"error": NOT_THERE}, 404)
        except RejectedError as error:
            return answer({"error": _sentence(error)}, error.status)
        except RxconvoError:
            return answer({"error": "The service does not answer."}, 503)
        except web.HTTPException as error:
            return answer({"error": _PLAIN.get(error.status, error.reason)}, error.status, headers=_allowed(error))

    return check


def _cut(request: web.Request) -> ConnectionResetError:
    """Break off a stream; whoever comes back hears why."""
    if request.transport is not None:
        request.transport.abort()
    return ConnectionResetError("the token is used up")


def _allowed(error: web.HTTPException) -> dict[str, str]:
    return {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}


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
