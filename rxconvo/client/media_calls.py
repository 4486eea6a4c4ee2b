"""Requests for media: plain HTTP beside the socket, with the access token, and never repeated by themselves.

Source: Media.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import msgspec
import orjson

from rxconvo.client.attachments import Content, open_contents
from rxconvo.client.calls import Answer, check_answer
from rxconvo.client.resources import read_resource
from rxconvo.errors import ArgumentError, ClosedError, ConnectionError, OutcomeUnknownError, PayloadError
from rxconvo.transport.http import PlainRequest, PlainResponse
from rxconvo.types import Sid

if TYPE_CHECKING:
    from rxconvo.client.attachments import SendMediaOptions
    from rxconvo.client.tokens import Tokens
    from rxconvo.transport.http import HttpExchange

__all__ = ["MediaCalls", "MediaResource", "read_bounded"]

_MAX_ANSWER: Final = 4 * 2**20  # bytes of a resource, or of a set of them

Moved = Callable[[int, int | None], None]
"""Gets how many bytes were taken so far, and how many there are, or None."""


class _Links(msgspec.Struct, frozen=True):
    content_direct_temporary: str | None = None


class MediaResource(msgspec.Struct, frozen=True):
    """A media as the media service tells it."""

    sid: Sid
    links: _Links = _Links()
    size: int = 0
    content_type: str = "application/octet-stream"
    filename: str | None = None
    category: str | None = None


class _SetEntry(msgspec.Struct, frozen=True):
    """One of several media, or why it cannot be had."""

    code: int
    media_record: msgspec.Raw


class _Named(msgspec.Struct, frozen=True):
    sid: Sid


class MediaCalls:
    """Requests to the media service, over an `HttpExchange`.

    Args:
        http: What carries them.
        tokens: Where the access token comes from; each request has the newest.
        region: Whose media service it is where the service gives but a path.

    Attributes:
        region: The same.
    """

    __slots__ = ("_closed", "_http", "_running", "_tokens", "region")

    def __init__(self, http: HttpExchange, tokens: Tokens, region: str) -> None:
        self.region = region
        self._http = http
        self._tokens = tokens
        self._running: dict[asyncio.Timeout, asyncio.Future[None]] = {}  # done when the exchange is over
        self._closed = False

    async def upload(
        self, url: str, category: str, options: SendMediaOptions, content_type: str, moved: Moved
    ) -> MediaResource:
        """Upload a media, once.

        Args:
            url: The media service.
            category: `media`, `body` or `history`.
            options: What.
            content_type: Its MIME type.
            moved: Gets how far it has come.

        Raises:
            RejectedError: It was refused.
            OutcomeUnknownError: The connection was lost, or the service failed.
            ArgumentError: What was to be read is no file, or gives something else than bytes.
            OSError: A file cannot be read.
        """
        query = {"Category": category} if options.name is None else {"Category": category, "Filename": options.name}
        async with open_contents(options.media) as content:
            body = _Upload(content, moved)
            try:
                answer = await self._ask(
                    "POST",
                    f"{url}{'&' if '?' in url else '?'}{urlencode(query)}",
                    {"content-type": content_type},
                    body,
                    content.length,
                )
            except Exception:
                if body.failure is not None:  # whatever the connection makes of it
                    raise body.failure from None
                raise
        return read_resource(answer, MediaResource)

    async def get(self, url: str) -> MediaResource:
        """Read a media's resource.

        Raises:
            RejectedError: It was refused; there is none: `NotFoundError`.
            OutcomeUnknownError: The connection was lost, or the service failed.
            PayloadError: The answer cannot be read.
        """
        return read_resource(await self._ask("GET", url, {}), MediaResource)

    async def get_several(self, url: str, sids: Sequence[Sid]) -> list[MediaResource]:
        """Read the resources of several media.

        Args:
            url: The service for sets of media.
            sids: Which.

        Raises:
            RejectedError: It was refused, or one of them was; there is none: `NotFoundError`.
            OutcomeUnknownError: The connection was lost, or the service failed.
            PayloadError: The answer cannot be read.
        """
        body = orjson.dumps({"command": "get", "list": [{"media_sid": sid} for sid in sids]})
        answer = await self._ask("POST", url, {"content-type": "application/json"}, _once(body), len(body))
        entries = read_resource(answer, list[_SetEntry])
        for entry in entries:
            if entry.code != 200:
                sid = read_resource(bytes(entry.media_record), _Named).sid
                check_answer(Answer(entry.code, f"media {sid} cannot be had", b""))
        return [read_resource(bytes(entry.media_record), MediaResource) for entry in entries]

    @asynccontextmanager
    async def download(self, url: str) -> AsyncGenerator[PlainResponse]:
        """Fetch content. Its address is all that is shown: no token.

        Raises:
            RejectedError: It was refused, for example since the address has expired.
            OutcomeUnknownError: The connection was lost, or the service failed.
        """
        async with self._exchange(PlainRequest(method="GET", url=url)) as response:
            if not 200 <= response.status < 300:
                check_answer(await _answer(response))
            yield response

    async def close(self) -> None:
        """Break off what is under way, and wait until it is."""
        self._closed = True
        running = dict(self._running)
        for scope in running:
            scope.reschedule(asyncio.get_running_loop().time())
        if running:
            await asyncio.wait(running.values())

    async def _ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: AsyncIterator[bytes] | None = None,
        length: int | None = None,
    ) -> bytes:
        """Make a request with the token, and return the body of its answer."""
        try:
            token = await self._tokens.current()
        except ConnectionError as error:
            raise OutcomeUnknownError(f"not sent: {error}") from error
        request = PlainRequest(
            method=method, url=url, headers={"x-twilio-token": token, **headers}, body=body, length=length
        )
        async with self._exchange(request) as response:
            answer = await _answer(response)
        check_answer(answer)
        return answer.body

    @asynccontextmanager
    async def _exchange(self, request: PlainRequest) -> AsyncGenerator[PlainResponse]:
        if self._closed:
            raise _shut_down()
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        scope = asyncio.timeout(None)
        try:
            async with scope:
                self._running[scope] = over
                async with self._http.exchange(request) as response:
                    yield response
        except ConnectionError as error:
            raise OutcomeUnknownError(str(error)) from error
        except TimeoutError as error:
            if scope.expired():
                raise _shut_down() from error
            raise
        finally:
            self._running.pop(scope, None)
            over.set_result(None)


class _Upload:
    """The body of an upload: tells how far it has come, and keeps what has gone wrong with what is read."""

    def __init__(self, content: Content, moved: Moved) -> None:
        self._content = content
        self._moved = moved
        self._taken = 0
        self.failure: Exception | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        self._moved(self._taken, self._content.length)  # what it gave last was taken, or it would not be asked again
        try:
            piece = await self._next()
        except StopAsyncIteration:
            raise
        except Exception as error:
            self.failure = error
            raise
        self._taken += len(piece)
        return piece

    async def _next(self) -> bytes:
        """Return the next piece that is not empty: an empty one would end some bodies."""
        while True:
            piece: object = await anext(self._content.pieces)
            if type(piece) is not bytes:
                raise ArgumentError("media", "an async iterable of bytes", type(piece).__name__)
            if piece:
                return piece


async def read_bounded(response: PlainResponse, limit: int) -> bytes:
    """Read the body of an answer into memory.

    Raises:
        PayloadError: It is longer than *limit* bytes.
        ConnectionError: It ended too early.
    """
    pieces: list[bytes] = []
    size = 0
    async for piece in response.body:
        size += len(piece)
        if size > limit:
            raise PayloadError(f"more than {limit} bytes came")
        pieces.append(piece)
    return b"".join(pieces)


async def _answer(response: PlainResponse) -> Answer:
    """Read an answer. Of a refusal the status says enough, where the rest of it does not come."""
    try:
        body = await read_bounded(response, _MAX_ANSWER)
    except (ConnectionError, PayloadError):
        if 200 <= response.status < 300:
            raise
        body = b""
    return Answer(response.status, response.reason, body, dict(response.headers))


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body


def _shut_down() -> OutcomeUnknownError:
    error = OutcomeUnknownError("the client was shut down")
    error.__cause__ = ClosedError("the client was shut down")
    return error
