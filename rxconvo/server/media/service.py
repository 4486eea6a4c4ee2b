"""The media service: what answers plain HTTP requests for media."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from rxconvo.server.media.answers import refused
from rxconvo.server.refusals import not_found
from rxconvo.transport.http import PlainRequest, PlainResponse

if TYPE_CHECKING:
    from rxconvo.server.core import Core

__all__ = ["MediaService"]


class MediaService:
    """Answers requests for media, however they come. It is an `HttpExchange`.

    Args:
        core: What the service shares.
    """

    def __init__(self, core: Core) -> None:
        self._core = core

    @asynccontextmanager
    async def exchange(self, request: PlainRequest) -> AsyncGenerator[PlainResponse]:
        """Answer a request. See `HttpExchange.exchange`."""
        yield refused(not_found())
