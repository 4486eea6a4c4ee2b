"""Answers to plain HTTP requests: resources and refusals as JSON."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

import orjson

from rxconvo.server.core import phrase_of
from rxconvo.server.refusals import Refusal
from rxconvo.transport.http import PlainResponse

__all__ = ["answered", "refused", "without_body"]


def answered(status: int, resource: object) -> PlainResponse:
    """Answer with a resource.

    Args:
        status: HTTP status.
        resource: What becomes JSON.
    """
    return _json(status, orjson.dumps(resource), {})


def refused(refusal: Refusal) -> PlainResponse:
    """Answer that a request is refused."""
    return _json(refusal.status, refusal.body, refusal.headers)


def without_body(response: PlainResponse) -> PlainResponse:
    """Return the same answer, as to a `HEAD`."""
    return replace(response, body=_once(b""))


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
