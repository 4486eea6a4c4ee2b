"""Bodies of requests: whole, and in pieces of a handy size."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from typing import TYPE_CHECKING, Final

from rxconvo.server.refusals import bad_request

if TYPE_CHECKING:
    from rxconvo.transport.http import PlainRequest

__all__ = ["PIECE", "BodyError", "cut", "whole"]

PIECE: Final = 256 * 1024
"""Size of the pieces in which media are written and read: large enough that each is worth a turn of a thread."""


class BodyError(Exception):
    """The body of a request could not be read, which is the affair of who makes the request.

    Attributes:
        reason: What reading it has raised.
    """

    def __init__(self, reason: Exception) -> None:
        self.reason = reason
        super().__init__(str(reason))


async def whole(request: PlainRequest) -> AsyncGenerator[bytes]:
    """Read a body, and insist that it is as long as was said.

    Raises:
        Refusal: 400: it is not.
        BodyError: It could not be read.
    """
    size = 0
    try:
        if request.body is not None:
            async for piece in request.body:
                size += len(piece)
                yield piece
    except Exception as error:
        raise BodyError(error) from error
    if request.length is not None and size != request.length:
        raise bad_request("the body", "as long as Content-Length says")


async def cut(body: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
    """Make pieces of one size, and the rest."""
    pending = bytearray()
    async for piece in body:
        for start in range(0, len(piece), PIECE):
            pending += piece[start : start + PIECE]
            if len(pending) >= PIECE:
                yield bytes(memoryview(pending)[:PIECE])
                del pending[:PIECE]
    if pending:
        yield bytes(pending)
