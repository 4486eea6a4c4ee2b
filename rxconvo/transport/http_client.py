"""Plain HTTP over sockets, by aiohttp."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from rxconvo.errors import ConnectionError
from rxconvo.transport.http import PlainRequest, PlainResponse

__all__ = ["HttpClient"]

_PIECE: Final = 64 * 1024


class HttpClient:
    """Makes HTTP requests, each on a connection of its own.

    So there is nothing to close: when a request is over, so is its connection. Keeping connections for the next
    request would leave descriptors behind where there is none.

    Args:
        silence: Seconds that may pass between one piece of a body and the next, and before the first.
        head_timeout: Seconds from the end of the request to the head of the answer.
    """

    def __init__(self, *, silence: float = 30.0, head_timeout: float = 60.0) -> None:
        self._silence = silence
        self._head_timeout = head_timeout

    def __repr__(self) -> str:
        return "HttpClient()"

    @asynccontextmanager
    async def exchange(self, request: PlainRequest) -> AsyncGenerator[PlainResponse]:
        """Make a request. See `HttpExchange.exchange`."""
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True, resolver=aiohttp.ThreadedResolver()),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            skip_auto_headers=("Content-Type",),
        ) as session:
            response = await self._begin(session, request)
            body = self._pieces(response)
            try:
                yield PlainResponse(
                    status=response.status,
                    reason=response.reason or "",
                    headers={name.lower(): value for name, value in response.headers.items()},
                    body=body,
                )
            finally:
                await body.aclose()
                response.close()

    async def _begin(self, session: aiohttp.ClientSession, request: PlainRequest) -> aiohttp.ClientResponse:
        """Send a request and read the head of the answer."""
        loop = asyncio.get_running_loop()
        # As it is: the sizes that are told are then those of the content.
        headers = {"accept-encoding": "identity", **request.headers}
        if request.length is not None:
            headers["content-length"] = str(request.length)
        try:
            async with asyncio.timeout(self._silence) as patience:
                sending = True

                def moved(*, done: bool) -> None:
                    if sending:
                        patience.reschedule(loop.time() + (self._head_timeout if done else self._silence))

                body = None if request.body is None else _Body(request.body, moved)
                try:
                    if body is None:
                        moved(done=True)
                    return await session.request(
                        request.method,
                        URL(request.url, encoded=True),
                        headers=headers,
                        data=body,
                        allow_redirects=False,
                    )
                finally:
                    sending = False  # the answer may come before all was sent
        except TimeoutError as error:
            raise ConnectionError(f"{_host(request)} came to a halt") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise ConnectionError(f"no answer from {_host(request)}: {error!r}") from error

    async def _pieces(self, response: aiohttp.ClientResponse) -> AsyncGenerator[bytes]:
        """Read the body of an answer, as fast as it is wanted."""
        while True:
            try:
                async with asyncio.timeout(self._silence):
                    piece = await response.content.read(_PIECE)
            except TimeoutError as error:
                raise ConnectionError(f"{response.url.host} came to a halt") from error
            except (aiohttp.ClientError, OSError) as error:
                raise ConnectionError(f"the answer of {response.url.host} ended too early: {error!r}") from error
            if not piece:
                return
            yield piece


class _Body:
    """The body of a request, which tells when it goes on: the connection takes a piece when it has room for it."""

    def __init__(self, pieces: AsyncIterable[bytes], moved: Callable[..., None]) -> None:
        self._pieces = aiter(pieces)
        self._moved = moved

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        self._moved(done=False)
        try:
            return await anext(self._pieces)
        except StopAsyncIteration:
            self._moved(done=True)
            raise


def _host(request: PlainRequest) -> str:
    """Name the other side, without what is secret in an address."""
    try:
        return urlsplit(request.url).netloc or "the address given"
    except ValueError:
        return "the address given"
