"""The service as a command: when it is ready, who is let in, how it ends."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import stat
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

import rxconvo
from rxconvo.cli.serve import serve_until_stopped
from rxconvo.cli.token import mint_token
from rxconvo.server import Limits, ServerOptions

pytestmark = [pytest.mark.e2e, pytest.mark.real_time]

DEADLINE = 10.0
STORE = "sqlite:chat.db"
PLAIN = ServerOptions()


@asynccontextmanager
async def serving(
    store: str = STORE,
    *,
    options: ServerOptions = PLAIN,
    control: bool = False,
    origins: Collection[str] = (),
    stop: signal.Signals = signal.SIGTERM,
) -> AsyncGenerator[str]:
    """Serve on a free port; give the line that tells it is ready, and stop it in the end."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    announce: Callable[[str], None] = ready.set_result
    service = asyncio.create_task(
        serve_until_stopped("127.0.0.1", 0, store, options=options, control=control, origins=origins, announce=announce)
    )
    try:
        async with asyncio.timeout(DEADLINE):
            yield await ready
    finally:
        os.kill(os.getpid(), stop)
        async with asyncio.timeout(DEADLINE):
            await service


def url_in(line: str) -> str:
    found = re.findall(r"ws://127\.0\.0\.1:\d+/v3/wsconnect", line)
    assert len(found) == 1
    return str(found[0])


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
async def test_it_serves_until_it_is_told_to_stop(place: Path, stop: signal.Signals) -> None:
    async with serving(stop=stop) as line:
        token = mint_token("ada", 600.0, STORE, {})
        async with rxconvo.connect(url_in(line), token=token) as ada:
            assert ada.identity == "ada"
    assert stat.S_IMODE((place / "chat.db.keys").stat().st_mode) == 0o600


async def test_what_it_keeps_is_there_again(place: Path) -> None:
    async with (
        serving() as line,
        rxconvo.connect(url_in(line), token=mint_token("ada", 600.0, STORE, {})) as ada,
    ):
        sid = (await ada.create_conversation(friendly_name="standup")).sid
    async with (
        serving() as line,
        rxconvo.connect(url_in(line), token=mint_token("ada", 600.0, STORE, {})) as ada,
    ):
        assert (await ada.get_conversation_by_sid(sid)).friendly_name == "standup"


async def test_it_offers_a_dashboard_of_one_user(place: Path) -> None:
    told: asyncio.Queue[str] = asyncio.Queue()
    serving = asyncio.create_task(
        serve_until_stopped(
            "127.0.0.1", 0, STORE, options=PLAIN, dashboard_of="ada", dashboard_port=0, announce=told.put_nowait
        )
    )
    async with asyncio.timeout(DEADLINE), aiohttp.ClientSession() as http:
        ready, second = await told.get(), await told.get()
        assert url_in(ready)
        found = re.fullmatch(r"dashboard of ada, for 12 hours: (http://127\.0\.0\.1:\d+/)#token=([\w.-]+)", second)
        assert found is not None
        async with http.get(found[1]) as page:
            assert page.status == 200
        async with http.get(found[1] + "api/overview", headers={"Authorization": f"Bearer {found[2]}"}) as stream:
            assert stream.status == 200
            async for line in stream.content:
                if b'"identity":"ada"' in line:
                    break
        async with http.get(found[1] + "api/overview", headers={"Authorization": "Bearer x.y.z"}) as stream:
            assert stream.status == 401
        os.kill(os.getpid(), signal.SIGTERM)
        await serving


async def test_the_port_of_a_dashboard_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(
            OSError, match=rf"^cannot listen on 127\.0\.0\.1:{port}: Address already in use; --dashboard-port 0 "
        ):
            await serve_until_stopped(
                "127.0.0.1", 0, "memory:", options=PLAIN, dashboard_of="ada", dashboard_port=port, announce=print
            )


@pytest.mark.parametrize("option", ["port", "dashboard_port"])
async def test_nothing_is_made_where_a_port_is_taken(place: Path, option: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number: int = taken.getsockname()[1]
        port, dashboard_port = (number, 0) if option == "port" else (0, number)
        with pytest.raises(OSError, match="Address already in use"):
            await serve_until_stopped(
                "127.0.0.1",
                port,
                STORE,
                options=PLAIN,
                dashboard_of="ada",
                dashboard_port=dashboard_port,
                announce=print,
            )
    assert [(place / name).exists() for name in ("chat.db", "chat.db.keys")] == [False, False]


def two_free_ports() -> tuple[socket.socket, socket.socket]:
    """Take a port and the one after it."""
    for _ in range(100):
        first, second = socket.socket(), socket.socket()
        first.bind(("127.0.0.1", 0))
        try:
            second.bind(("127.0.0.1", first.getsockname()[1] + 1))
        except (OSError, OverflowError):
            first.close()
            second.close()
        else:
            return first, second
    raise AssertionError("no two ports in a row are free")


async def test_a_dashboard_has_the_port_after_the_services_unless_it_is_taken() -> None:
    first, second = two_free_ports()
    port = first.getsockname()[1]
    first.close()
    second.listen()
    for taken in (True, False):
        told: asyncio.Queue[str] = asyncio.Queue()
        serving = asyncio.create_task(
            serve_until_stopped(
                "127.0.0.1", port, "memory:", options=PLAIN, dashboard_of="ada", announce=told.put_nowait
            )
        )
        async with asyncio.timeout(DEADLINE):
            lines = [await told.get() for _ in range(3 if taken else 2)]
            assert (f"http://127.0.0.1:{port + 1}/#token=" in lines[1]) is not taken
            assert [line for line in lines[2:] if f" {port + 1} is taken" in line] == lines[2:]
            os.kill(os.getpid(), signal.SIGTERM)
            await serving
        assert told.empty()
        second.close()


async def test_a_dashboard_is_of_somebody() -> None:
    with pytest.raises(rxconvo.ArgumentError, match="identity"):
        await serve_until_stopped("127.0.0.1", 0, "memory:", options=PLAIN, dashboard_of="", announce=print)


async def test_it_keeps_to_the_limits_it_is_given(place: Path) -> None:
    async with (
        serving(options=ServerOptions(limits=Limits(identity_rate=1.0))) as line,
        rxconvo.connect(url_in(line), token=mint_token("ada", 600.0, STORE, {})) as ada,
    ):
        await ada.create_conversation()
        with pytest.raises(rxconvo.OutcomeUnknownError, match="429"):
            for _ in range(3):
                await ada.create_conversation()


async def test_it_takes_the_keys_of_the_environment(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    keys = {
        "RXCONVO_ACCOUNT_SID": "AC1",
        "RXCONVO_API_KEY": "SK1",
        "RXCONVO_API_SECRET": "0123456789abcdef0123456789abcdef",
        "RXCONVO_SERVICE_SID": "IS1",
    }
    for name, value in keys.items():
        monkeypatch.setenv(name, value)
    async with serving("memory:") as line:
        async with rxconvo.connect(url_in(line), token=mint_token("ada", 600.0, "memory:", keys)) as ada:
            assert ada.identity == "ada"
        with pytest.raises(rxconvo.DeniedError):
            await rxconvo.connect(url_in(line), token=mint_token("ada", 600.0, STORE, {}))
    assert not (place / "rxconvo.db").exists()


async def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=rf"^cannot listen on 127\.0\.0\.1:{port}: Address already in use; --port 0 "):
            await serve_until_stopped("127.0.0.1", port, "memory:", options=PLAIN, announce=print)


@pytest.mark.parametrize("origins, status", [((), 403), (("http://localhost:3000",), 101), (("*",), 101)])
async def test_pages_of_other_origins_connect_where_they_are_named(origins: Collection[str], status: int) -> None:
    async with serving("memory:", origins=origins) as line, aiohttp.ClientSession() as http:
        asked = {"Origin": "http://localhost:3000", "Connection": "Upgrade", "Upgrade": "websocket"}
        asked |= {"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
        async with http.get(url_in(line).replace("ws:", "http:"), headers=asked) as response:
            assert response.status == status


async def test_control_is_off_unless_it_is_asked_for(place: Path) -> None:
    for control, status in ((False, 404), (True, 200)):
        async with serving("memory:", control=control) as line, aiohttp.ClientSession() as http:
            url = url_in(line).replace("ws://", "http://").replace("/v3/wsconnect", "/control")
            async with http.post(url, data=b'{"op": "conflict"}') as response:
                assert response.status == status
                if control:
                    assert await response.json() == {"conflicts": 1}
            async with http.post(url, data=b'{"op": "conflict"}', headers={"Host": "evil.example"}) as response:
                assert response.status == (403 if control else 404)
            async with http.post(url, data=b"{}", headers={"Origin": url.removesuffix("/control")}) as response:
                assert response.status == (403 if control else 404)
    assert not (place / "rxconvo.db").exists()


async def test_control_is_not_offered_to_other_machines() -> None:
    with pytest.raises(rxconvo.ArgumentError, match="host must be a loopback address"):
        await serve_until_stopped("0.0.0.0", 0, "memory:", options=PLAIN, control=True, announce=print)  # noqa: S104


async def test_a_token_for_a_second_makes_a_session(place: Path) -> None:
    async with serving() as line, rxconvo.connect(url_in(line), token=mint_token("ada", 1.0, STORE, {})) as ada:
        assert ada.identity == "ada"
    assert (place / "chat.db").exists()
