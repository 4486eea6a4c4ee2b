"""Every upstream that a URL can name, and every argument that cannot be right."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

import rxconvo
from rxconvo.client import connect as connecting
from rxconvo.errors import ArgumentError, ConnectionError, DeniedError, StoreLockedError
from rxconvo.server.storage import open_store
from rxconvo.testing import advance, seeded_ids, settle

_HOLD = """
import asyncio, sys
import rxconvo

async def hold():
    async with rxconvo.Service(sys.argv[1]):
        print("held", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

asyncio.run(hold())
"""

DEADLINE = 20.0  # seconds


async def sids(client: rxconvo.Client) -> list[str]:
    """Return the conversations that a client has joined."""
    return [conversation.sid for conversation in (await client.get_subscribed_conversations()).items]


async def settled_in(client: rxconvo.Client) -> str:
    """Join a new conversation and return its sid."""
    conversation = await client.create_conversation()
    await conversation.join()
    return conversation.sid


# -- in this process


async def test_memory_is_private_to_its_client() -> None:
    async with (
        rxconvo.connect("memory:", identity="ada") as one,
        rxconvo.connect("memory:", identity="ada") as other,
    ):
        await settled_in(one)
        await settle()
        assert await sids(other) == []


async def test_named_memory_is_shared_while_somebody_uses_it() -> None:
    async with rxconvo.connect("memory:team", identity="ada") as one:
        sid = await settled_in(one)
        async with rxconvo.connect("memory:team", identity="ada") as other:
            assert await sids(other) == [sid]
        async with rxconvo.connect("memory:other", identity="ada") as stranger:
            assert await sids(stranger) == []
        async with rxconvo.connect("memory:team", identity="ada") as third:
            assert await sids(third) == [sid]
    async with rxconvo.connect("memory:team", identity="ada") as late:
        assert await sids(late) == []


async def test_a_client_can_be_awaited_and_shut_down_by_hand() -> None:
    client = await rxconvo.connect("memory:", identity="ada")
    assert (client.identity, client.connection_state.value) == ("ada", "connected")
    await client.shutdown()
    assert client.connection_state.value == "disconnected"


async def test_nothing_happens_before_it_is_awaited() -> None:
    rxconvo.connect("memory:lazy", identity="ada")
    async with rxconvo.Service("memory:lazy") as service:
        await settle()
        assert service.server.connections == 0


@pytest.mark.real_time
async def test_a_file_is_shared_in_the_process_and_kept(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'chat.db'}"
    async with asyncio.timeout(DEADLINE):
        async with rxconvo.connect(url, identity="ada") as one:
            sid = await settled_in(one)
            async with rxconvo.connect(f"sqlite:{tmp_path}/./chat.db", identity="ada") as other:
                assert await sids(other) == [sid]
        async with rxconvo.connect(url, identity="ada") as later:
            assert await sids(later) == [sid]


@pytest.mark.real_time
async def test_a_file_that_another_process_holds_is_told_by_name(tmp_path: Path) -> None:
    path = tmp_path / "chat.db"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _HOLD, f"sqlite:{path}", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(DEADLINE):
        assert await process.stdout.readline() == b"held\n"
        with pytest.raises(StoreLockedError) as caught:
            await rxconvo.connect(f"sqlite:{path}", identity="ada")
        assert caught.value.path == str(path)
        await process.communicate(b"")
        async with rxconvo.connect(f"sqlite:{path}", identity="ada") as client:
            assert client.connection_state.value == "connected"


@pytest.mark.real_time
async def test_a_file_is_let_go_where_connecting_fails(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'chat.db'}"
    with pytest.raises(ConnectionError, match="not ready within 1e-06 s"):
        await rxconvo.connect(url, identity="ada", connect_timeout=1e-6)
    store = await open_store(url, ids=seeded_ids(), at="2026-01-31T12:00:00.000Z")
    await store.close()


# -- elsewhere


@pytest.mark.real_time
async def test_a_websocket_without_a_path_is_taken_to_the_services_path(service: rxconvo.Service) -> None:
    async with asyncio.timeout(DEADLINE):
        listener = await service.listen()
        address = listener.url.removesuffix("/v3/wsconnect")
        assert address != listener.url
        for url in (address, f"{address}/", listener.url):
            async with rxconvo.connect(url, token=service.token("ada")) as client:
                assert client.identity == "ada"


@pytest.mark.real_time
async def test_an_async_callable_hands_out_the_token(service: rxconvo.Service) -> None:
    async def provide() -> str:
        return service.token("bob")

    async with asyncio.timeout(DEADLINE):
        listener = await service.listen()
        async with rxconvo.connect(listener.url, token=provide) as client:
            assert client.identity == "bob"


@pytest.mark.real_time
async def test_a_token_that_is_refused_ends_connecting_at_once(service: rxconvo.Service) -> None:
    async with asyncio.timeout(DEADLINE):
        listener = await service.listen()
        with pytest.raises(DeniedError) as caught:
            await rxconvo.connect(listener.url, token="not.a.token")
    assert caught.value.terminal
    assert caught.value.http_status_code == 401


@pytest.mark.parametrize(
    "url, address",
    [
        ("ws://127.0.0.1:8080", "ws://127.0.0.1:8080/v3/wsconnect"),
        ("ws://127.0.0.1:8080/", "ws://127.0.0.1:8080/v3/wsconnect"),
        ("ws://[::1]:8080", "ws://[::1]:8080/v3/wsconnect"),
        ("wss://chat.example.org/proxy/ws", "wss://chat.example.org/proxy/ws"),
        ("wss://chat.example.org?a=b", "wss://chat.example.org/v3/wsconnect?a=b"),
        ("twilio:us1", "wss://tsock.us1.twilio.com/v3/wsconnect"),
        ("twilio:ie1", "wss://tsock.ie1.twilio.com/v3/wsconnect"),
    ],
)
async def test_a_url_leads_to_an_address(url: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Unreachable:
        def __init__(self, url: str) -> None:
            asked.append(url)

        async def connect(self) -> Any:
            raise ConnectionError("unreachable")

    monkeypatch.setattr(sys.modules[connecting.__module__], "WebSocketConnector", Unreachable)
    with pytest.raises(ConnectionError, match="unreachable"):
        await rxconvo.connect(url, token="t", connect_timeout=0.1)
    assert asked == [address]


@pytest.mark.parametrize(
    "url,region",
    [
        ("twilio:ie1", "ie1"),
        ("twilio:us1", "us1"),
        ("ws://127.0.0.1:8080", "us1"),
        ("ws://who:secret@127.0.0.1:8080/path?token=secret", "us1"),
    ],
)
async def test_media_are_those_of_the_same_region(url: str, region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[tuple[str, str]] = []

    class Unready:
        def __init__(self, *parts: object, region: str, upstream: str) -> None:
            chosen.append((region, upstream))

        async def start(self) -> Any:
            raise ConnectionError("not ready")

    monkeypatch.setattr(sys.modules[connecting.__module__], "Client", Unready)
    with pytest.raises(ConnectionError, match="not ready"):
        await rxconvo.connect(url, token="t")
    assert chosen == [(region, url.replace("who:secret@", "").partition("?")[0])]


# -- what cannot be right


@pytest.mark.parametrize(
    "url, arguments, field",
    [
        ("memory:", {}, "identity"),
        ("memory:", {"identity": ""}, "identity"),
        ("memory:", {"identity": 5}, "identity"),
        ("memory:", {"identity": "a\nb"}, "identity"),
        ("memory:", {"identity": "a" * 257}, "identity"),
        ("memory:", {"identity": "ada", "token": "t"}, "token"),
        ("sqlite:", {"identity": "ada"}, "url"),
        ("sqlite:chat.db", {"token": "t"}, "token"),
        ("ws://127.0.0.1", {}, "token"),
        ("ws://127.0.0.1", {"token": ""}, "token"),
        ("ws://127.0.0.1", {"token": 5}, "token"),
        ("ws://127.0.0.1", {"token": "t", "identity": "ada"}, "identity"),
        ("ws://", {"token": "t"}, "url"),
        ("ws:", {"token": "t"}, "url"),
        ("ws://[::1", {"token": "t"}, "url"),
        ("ws://host:port", {"token": "t"}, "url"),
        ("twilio:", {"token": "t"}, "url"),
        ("twilio:us1.evil.example/", {"token": "t"}, "url"),
        ("twilio:us1@evil.example", {"token": "t"}, "url"),
        ("twilio:us1", {}, "token"),
        ("http://127.0.0.1", {"token": "t"}, "url"),
        ("memory", {"identity": "ada"}, "url"),
        ("", {"identity": "ada"}, "url"),
        (None, {"identity": "ada"}, "url"),
        (Path("chat.db"), {"identity": "ada"}, "url"),
        ("memory:", {"identity": "ada", "watch": "everything"}, "watch"),
        ("memory:", {"identity": "ada", "linger": -1}, "linger"),
        ("memory:", {"identity": "ada", "max_queued": 0}, "max_queued"),
        ("memory:", {"identity": "ada", "backoff": 0}, "backoff"),
    ],
)
def test_a_bad_argument_is_named_before_anything_is_done(url: Any, arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        rxconvo.connect(url, **arguments)
    assert caught.value.field == field


@pytest.mark.parametrize("url", ["memory:", "sqlite:chat.db", "ws://127.0.0.1", "twilio:us1"])
def test_who_connects_as_nobody_is_told_what_to_give(url: str) -> None:
    with pytest.raises(ArgumentError, match=f"given for {url.partition(':')[0]}:"):
        rxconvo.connect(url)


@pytest.mark.real_time
async def test_a_file_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    with pytest.raises(rxconvo.StoreError):
        await rxconvo.connect(f"sqlite:{tmp_path}/missing/chat.db", identity="ada")


async def test_options_reach_the_client() -> None:
    async with rxconvo.connect("memory:", identity="ada", linger=7.0, watch="none") as client:
        conversation = await client.create_conversation()
        subscription = conversation.messages.subscribe()
        await conversation.messages.opened
        subscription.dispose()
        await advance(6.9)
        assert client._context.store.messages_open(conversation._record)
        await advance(0.2)
        assert not client._context.store.messages_open(conversation._record)
