"""Whom the commands connect to, and what they say where that cannot be."""

from __future__ import annotations

import asyncio
import io
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from rxconvo import ArgumentError, Service
from rxconvo.cli.failure import CommandError
from rxconvo.cli.token import mint_token
from rxconvo.cli.upstream import DEFAULT_URL, Upstream, choose_upstream, endpoint, reach

STORE = "sqlite:chat.db"


def choose(
    url: str = DEFAULT_URL, token: str | None = None, identity: str | None = None, *, stdin: str = "", **environ: str
) -> Upstream:
    return choose_upstream(url, token, identity, STORE, environ=environ, stdin=io.StringIO(stdin))


def test_a_token_is_taken_where_it_is_given() -> None:
    assert choose(token="a.b.c").token == "a.b.c"
    assert choose(token="-", stdin="d.e.f\n").token == "d.e.f"
    assert choose(RXCONVO_TOKEN=" g.h.i\n").token == "g.h.i"
    assert choose(token="a.b.c", RXCONVO_TOKEN="g.h.i").token == "a.b.c", "what is said counts more"


def test_beside_the_store_one_may_be_anybody() -> None:
    mint_token("ada", 60.0, STORE, {})
    upstream = choose(identity="ada", RXCONVO_TOKEN="g.h.i")
    assert (upstream.identity, upstream.token, upstream.knows_everybody) == ("ada", None, True)
    assert upstream.mint is not None
    assert upstream.mint("bob").count(".") == 2


def test_no_keys_are_made_for_it(place: Path) -> None:
    with pytest.raises(CommandError, match=r"no keys are at hand .* Start `rxconvo serve` in this directory"):
        choose(identity="ada")
    assert list(place.iterdir()) == []


def test_the_keys_of_the_environment_will_do() -> None:
    keys = {"RXCONVO_API_KEY": "SK1", "RXCONVO_API_SECRET": "0" * 32, "RXCONVO_ACCOUNT_SID": "AC1"}
    assert choose(identity="ada", RXCONVO_SERVICE_SID="IS1", **keys).mint is not None


@pytest.mark.parametrize("url", ["sqlite:chat.db", "memory:", "memory:room"])
def test_a_service_in_this_process_needs_a_name_and_no_token(url: str) -> None:
    upstream = choose(url, identity="ada")
    assert (upstream.embedded, upstream.knows_everybody, upstream.token) == (True, True, None)
    with pytest.raises(ArgumentError, match="--as must be given"):
        choose(url)


def test_a_recording_needs_neither() -> None:
    assert choose("replay:lunch.rxrec") == Upstream(url="replay:lunch.rxrec")


@pytest.mark.parametrize(
    "arguments, told",
    [
        ({}, "--token must be given, or RXCONVO_TOKEN set"),
        ({"token": "-"}, "rxconvo token IDENTITY"),
        ({"url": "http://chat.example/x"}, "--url must be that of a websocket, ws://chat.example/x"),
        ({"url": "https://chat.example"}, "wss://chat.example"),
        ({"url": "ftp://chat.example"}, "--url must be ws://"),
        ({"url": "chat.example"}, "--url must be ws://"),
        ({"token": "a.b.c", "identity": "ada"}, "--token must be left out with --as"),
    ],
)
def test_what_makes_no_sense_is_told(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        choose(**arguments)
    assert told in str(caught.value)


def test_an_identity_that_is_none_is_told_at_once() -> None:
    mint_token("ada", 60.0, STORE, {})
    with pytest.raises(ArgumentError, match="identity"):
        choose(identity="a\nb")


@pytest.mark.parametrize(
    "url, found",
    [
        ("ws://chat.example", ("chat.example", 80)),
        ("wss://chat.example/v3/wsconnect", ("chat.example", 443)),
        ("ws://[::1]:8080", ("::1", 8080)),
        ("twilio:us1", None),
        ("memory:", None),
    ],
)
def test_where_an_address_is(url: str, found: tuple[str, int] | None) -> None:
    assert endpoint(url) == found


@pytest.mark.parametrize("url", ["ws://host:port", "ws://host:99999", "ws://[::1"])
def test_a_broken_address_is_an_argument_error(url: str) -> None:
    with pytest.raises(ArgumentError, match="--url"):
        endpoint(url)


@pytest.mark.e2e
@pytest.mark.real_time
async def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(CommandError, match=rf"nobody listens at 127\.0\.0\.1:{port}: start a service there with"):
        await reach(f"ws://127.0.0.1:{port}")


@pytest.mark.e2e
@pytest.mark.real_time
async def test_no_tls_there() -> None:
    async with Service() as service:
        where = f"127.0.0.1:{(await service.listen()).port}"
        with pytest.raises(CommandError, match=rf"^{where} speaks no TLS: try --url ws://{where}$"):
            await reach(f"wss://{where}")
        await reach(f"ws://{where}")


@pytest.mark.e2e
@pytest.mark.real_time
async def test_a_certificate_that_nobody_vouches_for() -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(Path(__file__).with_name("self-signed.pem"))
    async with await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=tls) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(CommandError, match=rf"certificate of 127\.0\.0\.1:{port} is not trusted: self.signed"):
            await reach(f"wss://127.0.0.1:{port}")


@pytest.mark.e2e
@pytest.mark.real_time
async def test_no_such_host() -> None:
    with pytest.raises(CommandError, match=r"there is no host no\.such\.host\.invalid"):
        await reach("ws://no.such.host.invalid:80")
