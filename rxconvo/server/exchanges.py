"""What all exchanges over plain HTTP share: answers and refusals as JSON, and the bodies of requests."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Mapping
from contextlib import aclosing
from dataclasses import replace

import orjson

from rxconvo.server.core import phrase_of, refusal_of
from rxconvo.server.refusals import Refusal, bad_request
from rxconvo.transport.http import PlainRequest, PlainResponse
from rxconvo.types import Ids

__all__ = ["answer_or_refuse", "answered", "read_small", "whole", "without_body"]


class _BodyError(Exception):
    """The body of a request could not be read, which is the affair of who makes the request.

    Attributes:
        reason: What reading it has raised.
    """

    def __init__(self, reason: Exception) -> None:
        self.reason = reason
        super().__init__(str(reason))


async def answer_or_refuse(answer: Awaitable[PlainResponse], ids: Ids) -> PlainResponse:
    """Wait for an answer; whatever goes wrong in the service becomes one, too.

    What the request's own body raises goes through: who makes the request knows of it, and hears no answer.

    Args:
        answer: What makes it; what it reads of the body it reads by `whole` or `read_small`.
        ids: Name what is logged.
    """
    try:
        return await answer
    except _BodyError as error:
        raise error.reason from None
    except Exception as error:  # noqa: BLE001 - whatever it is, the client must hear of it
        refusal = refusal_of(error, f"RQ{ids()}")
        return _json(refusal.status, refusal.body, refusal.headers)


def answered(status: int, resource: object) -> PlainResponse:
    """Answer with a resource.

    Args:
        status: HTTP status.
        resource: What becomes JSON.
    """
    return _json(status, orjson.dumps(resource), {})


def without_body(response: PlainResponse) -> PlainResponse:
    """Return the same answer, as to a `HEAD`."""
    return replace(response, body=_once(b""))


async def whole(request: PlainRequest) -> AsyncGenerator[bytes]:
    """Read a body, and insist that it is as long as was said.

    Raises:
        Refusal: 400: it is not.
    """
    size = 0
    try:
        if request.body is not None:
            async for piece in request.body:
                size += len(piece)
                yield piece
    except Exception as error:
        raise _BodyError(error) from error
    if request.length is not None and size != request.length:
        raise bad_request("the body", "as long as Content-Length says")


async def read_small(request: PlainRequest, most: int) -> bytes:
    """Read a body into memory.

    Args:
        request: The request, its body unread.
        most: So many bytes it may have.

    Raises:
        Refusal: 413: it has more; 400: it is not as long as was said.
    """
    too_large = Refusal(413, 20413, f"The body must have at most {most} bytes")
    if (request.length or 0) > most:
        raise too_large
    body = bytearray()
    async with aclosing(whole(request)) as pieces:
        async for piece in pieces:
            body += piece
            if len(body) > most:
                raise too_large
    return bytes(body)


def _json(status: int, body: bytes, headers: Mapping[str, str]) -> PlainResponse:
    headers = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        **headers,
    }
    return PlainResponse(status=status, reason=phrase_of(status), headers=headers, body=_once(body))


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body
