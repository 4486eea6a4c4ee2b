"""Requests for media over any exchange: which token they have, and what becomes of answers and of those under way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from rxconvo import SendMediaOptions
from rxconvo.client.media_calls import MediaCalls, read_bounded
from rxconvo.client.tokens import Tokens
from rxconvo.errors import ConnectionError, OutcomeUnknownError, PayloadError, RejectedError
from rxconvo.testing import settle
from rxconvo.transport.http import PlainRequest, PlainResponse

URL = "https://media.invalid/Media"
NOTE = SendMediaOptions("text/plain", "note", "note.txt")
RESOURCE = {"sid": "ME1", "size": 4, "content_type": "text/plain", "links": {"content_direct_temporary": "https://x"}}


class Desk:
    """An exchange that a test answers for."""

    def __init__(self) -> None:
        self.asked: list[PlainRequest] = []
        self.begun = 0
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body: list[bytes] = [orjson.dumps(RESOURCE)]
        self.cut = False
        self.entering: Callable[[], Any] | None = None

    @asynccontextmanager
    async def exchange(self, request: PlainRequest) -> AsyncIterator[PlainResponse]:
        self.asked.append(request)
        self.begun += 1
        try:
            if self.entering is not None:
                await self.entering()
            if request.body is not None:
                async for _ in request.body:
                    pass
            yield PlainResponse(status=self.status, reason="as it is", headers=self.headers, body=self._pieces())
        finally:
            self.begun -= 1

    async def _pieces(self) -> AsyncIterator[bytes]:
        for piece in self.body:
            yield piece
        if self.cut:
            raise ConnectionError("cut")


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def calls(desk: Desk) -> MediaCalls:
    return MediaCalls(desk, Tokens("token"), "us1")


def nothing(*_: object) -> None:
    pass


async def test_a_resource_is_read(desk: Desk, calls: MediaCalls) -> None:
    resource = await calls.get(f"{URL}/ME1")
    assert (resource.sid, resource.size, resource.links.content_direct_temporary) == ("ME1", 4, "https://x")
    assert [(request.method, request.url, request.headers) for request in desk.asked] == [
        ("GET", f"{URL}/ME1", {"x-twilio-token": "token"})
    ]


async def test_an_address_may_have_a_query_already(desk: Desk, calls: MediaCalls) -> None:
    await calls.upload(f"{URL}?a=1", "media", NOTE, "text/plain", nothing)
    assert desk.asked[0].url == f"{URL}?a=1&Category=media&Filename=note.txt"


async def test_a_token_that_was_replaced_is_not_used_again(desk: Desk) -> None:
    tokens = Tokens("first")
    calls = MediaCalls(desk, tokens, "us1")
    await calls.get(URL)
    tokens.replace("second")
    await calls.get(URL)
    assert [request.headers["x-twilio-token"] for request in desk.asked] == ["first", "second"]


async def test_without_a_token_nothing_is_sent(desk: Desk) -> None:
    async def broken() -> str:
        raise ValueError("no token today")

    spent = Tokens("token")
    spent.spend()
    for tokens in (spent, Tokens(broken)):
        with pytest.raises(OutcomeUnknownError, match="not sent"):
            await MediaCalls(desk, tokens, "us1").get(URL)
    assert desk.asked == []


async def test_contents_are_asked_for_without_a_token(desk: Desk, calls: MediaCalls) -> None:
    async with calls.download("https://x?signed") as response:
        assert await read_bounded(response, 1000) == desk.body[0]
    assert desk.asked[0].headers == {}


@pytest.mark.parametrize("body,cut", [([b"<html>"], False), ([], False), ([b"{"], True), ([bytes(2**20)] * 8, False)])
async def test_a_refusal_counts_whatever_comes_with_it(
    desk: Desk, calls: MediaCalls, body: list[bytes], cut: bool
) -> None:
    desk.status, desk.body, desk.cut = 403, body, cut
    with pytest.raises(RejectedError, match="as it is") as raised:
        await calls.get(URL)
    assert (raised.value.status, raised.value.code) == (403, None)


async def test_a_service_that_is_busy_says_when_to_ask_again(desk: Desk, calls: MediaCalls) -> None:
    desk.status, desk.headers = 429, {"retry-after": "3"}
    with pytest.raises(OutcomeUnknownError) as raised:
        await calls.get(URL)
    assert raised.value.retry_after == 3.0


async def test_an_answer_that_is_cut_is_an_unknown_outcome(desk: Desk, calls: MediaCalls) -> None:
    desk.body, desk.cut = [b"{"], True
    with pytest.raises(OutcomeUnknownError, match="cut"):
        await calls.get(URL)


async def test_an_answer_without_end_is_not_taken(desk: Desk, calls: MediaCalls) -> None:
    desk.body = [bytes(2**20)] * 8
    with pytest.raises(PayloadError, match="more than"):
        await calls.get(URL)
    assert desk.begun == 0


async def test_the_end_breaks_off_what_is_under_way(desk: Desk, calls: MediaCalls) -> None:
    desk.entering = asyncio.Event().wait
    tasks = [asyncio.create_task(calls.get(URL)) for _ in range(3)]
    await settle()
    assert desk.begun == 3
    await calls.close()
    assert desk.begun == 0
    for task in tasks:
        with pytest.raises(OutcomeUnknownError, match="shut down"):
            await task
    with pytest.raises(OutcomeUnknownError, match="shut down"):
        await calls.get(URL)
    await calls.close()


async def test_a_time_limit_of_somebody_else_is_not_taken_for_the_end(desk: Desk, calls: MediaCalls) -> None:
    desk.entering = asyncio.Event().wait
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(5):
            await calls.get(URL)
    desk.entering = None
    with pytest.raises(TimeoutError, match="mine"):
        async with calls.download(URL):
            raise TimeoutError("mine")
    assert desk.begun == 0


async def test_what_cannot_be_read_is_told_whatever_the_connection_makes_of_it(calls: MediaCalls, desk: Desk) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x"
        raise ValueError("mine")

    @asynccontextmanager
    async def wrapping(request: PlainRequest) -> AsyncIterator[PlainResponse]:
        assert request.body is not None
        try:
            async for _ in request.body:
                pass
        except ValueError as error:
            raise ConnectionError("the body broke") from error
        yield PlainResponse(status=200, body=desk._pieces())

    http: Any = SimpleNamespace(exchange=wrapping)
    calls._http = http
    with pytest.raises(ValueError, match="mine"):
        await calls.upload(URL, "media", SendMediaOptions("a/b", broken), "a/b", nothing)


async def test_progress_is_told_from_nothing_to_all(desk: Desk, calls: MediaCalls) -> None:
    told: list[tuple[int, int | None]] = []
    await calls.upload(URL, "media", NOTE, "text/plain", lambda *moved: told.append(moved))
    assert told == [(0, 4), (4, 4)]
