"""Why it does not work: each cause is found, and something told that helps."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from aiohttp import web

from rxconvo import Environment, Service
from rxconvo.cli.doctor import Finding, Patient, address, examine, show, verdict
from rxconvo.cli.doctor.address import Clock, check_address
from rxconvo.cli.doctor.machine import check_machine
from rxconvo.cli.doctor.store import check_keys, check_store
from rxconvo.cli.doctor.tokens import check_against_keys, check_token, refusal
from rxconvo.cli.token import mint_token
from rxconvo.server import load_keys

if TYPE_CHECKING:
    from tests.cli.conftest import Run


NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
STORE = "sqlite:chat.db"


def signed(**claims: Any) -> str:
    good = {
        "iss": "SK1",
        "sub": "AC1",
        "nbf": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 3600,
        "grants": {"identity": "ada", "chat": {"service_sid": "IS1"}},
    }
    merged = {name: value for name, value in (good | claims).items() if value is not None}
    return jwt.encode(merged, "0" * 32, "HS256", {"cty": "twilio-fpa;v=1"})


def told(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(each.status, each.subject) for each in findings]


# -- the machine -------------------------------------------------------------------------------------------------------


def test_this_machine_is_well() -> None:
    findings = list(check_machine(installed=lambda _: True))
    assert told(findings) == [("ok", "python"), ("ok", "rxconvo"), ("ok", "extras")]
    assert not any(each.advice for each in findings)


def test_extras_that_are_missing_are_named() -> None:
    extras = list(check_machine(installed=lambda module: module != "uvloop"))[-1]
    assert "not installed: speed" in extras.told
    assert "rxconvo[speed]" in extras.advice


# -- the store ---------------------------------------------------------------------------------------------------------


def test_a_store_that_is_not_there_yet(place: Path) -> None:
    (finding,) = check_store(STORE, wanted=False)
    assert (finding.status, "not there yet" in finding.told) == ("ok", True)
    assert list(place.iterdir()) == [], "and is not made"


def test_a_directory_that_is_not_there() -> None:
    (finding,) = check_store("sqlite:no/such/chat.db", wanted=False)
    assert (finding.status, "there is no directory" in finding.told) == ("fail", True)


def test_a_file_that_is_no_database(place: Path) -> None:
    (place / "chat.db").write_bytes(b"something else entirely" * 50)
    (finding,) = check_store(STORE, wanted=False)
    assert (finding.status, "is no database" in finding.told) == ("fail", True)


@pytest.mark.real_time
@pytest.mark.parametrize("wanted, status", [(False, "ok"), (True, "fail")])
async def test_a_store_that_somebody_holds(wanted: bool, status: str) -> None:
    async with Service(STORE):
        (finding,) = check_store(STORE, wanted=wanted)
        assert (finding.status, "held by a running service" in finding.told) == (status, True)
    (finding,) = check_store(STORE, wanted=wanted)
    assert (finding.status, "no service holds now" in finding.told) == ("ok", True)


@pytest.mark.parametrize("needed, status", [(True, "fail"), (False, "ok")])
def test_keys_that_are_not_there(place: Path, needed: bool, status: str) -> None:
    for store in (STORE, "memory:"):
        (finding,) = check_keys(store, {}, needed=needed)
        assert finding.status == status
    assert list(place.iterdir()) == []


def test_keys_that_others_can_read(place: Path) -> None:
    mint_token("ada", 60.0, STORE, {})
    assert told(list(check_keys(STORE, {}, needed=True))) == [("ok", "keys")]
    (place / "chat.db.keys").chmod(0o644)
    findings = list(check_keys(STORE, {}, needed=True))
    assert told(findings) == [("ok", "keys"), ("warn", "keys")]
    assert findings[1].advice.startswith("chmod 600 ")


def test_keys_that_are_none(place: Path) -> None:
    (place / "chat.db.keys").write_text("{}")
    assert told(list(check_keys(STORE, {}, needed=True))) == [("fail", "keys")]
    assert told(list(check_keys("memory:", {"RXCONVO_API_KEY": "SK1"}, needed=True))) == [("fail", "keys")]


# -- the token ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "token, status, part",
    [
        (signed(), "ok", "for ada, for another 60 minutes"),
        (signed(exp=int(NOW.timestamp()) - 7200), "fail", "expired 2 hours ago"),
        (signed(nbf=int(NOW.timestamp()) + 300), "fail", "not yet valid for 5 minutes"),
        (signed(exp=None), "fail", "without a time at which it expires"),
        (signed(exp=10**30), "fail", "without a time at which it expires"),
        (signed(grants=None), "fail", "for nobody"),
        (signed(grants=[1]), "fail", "for nobody"),
        ("abc", "fail", "it has 1 part instead of 3"),
        ("a.b.c.d", "fail", "4 parts"),
        ("a.b.c", "fail", "what it holds cannot be read"),
        ("x" * 20_000, "fail", "garbled"),
        ("", "fail", "garbled"),
    ],
)
def test_what_a_token_says(token: str, status: str, part: str) -> None:
    (finding,) = check_token(token, NOW)
    assert finding.status == status
    assert part in finding.told
    assert bool(finding.advice) is (status == "fail")


@pytest.mark.parametrize(
    "environ, part",
    [
        ({}, None),
        ({"RXCONVO_ACCOUNT_SID": "AC2"}, "of account AC1; the keys of --store are of AC2"),
        ({"RXCONVO_API_KEY": "SK2"}, "signed with key SK1; the key of --store is SK2"),
        ({"RXCONVO_API_SECRET": "f" * 32}, "its signature is wrong"),
        ({"RXCONVO_SERVICE_SID": "IS2"}, "it is for another service sid"),
    ],
)
def test_a_token_beside_other_keys(environ: dict[str, str], part: str | None) -> None:
    here = {
        "RXCONVO_ACCOUNT_SID": "AC1",
        "RXCONVO_API_KEY": "SK1",
        "RXCONVO_API_SECRET": "0" * 32,
        "RXCONVO_SERVICE_SID": "IS1",
    } | environ
    keys = load_keys(here, ids=Environment().ids, secrets=Environment().secrets)
    now = int(datetime.now(UTC).timestamp())
    findings = list(check_against_keys(signed(nbf=now, exp=now + 60), keys))
    assert [part for each in findings if part is None or part in each.told] == [each for each in (part,) if each]


@pytest.mark.parametrize("code", [20101, 20102, 20103, 20104, 20105, 20106, 20107])
def test_every_refusal_is_explained(code: int) -> None:
    finding = refusal(code, "Something")
    assert finding.status == "fail"
    assert "Something" not in finding.told
    assert finding.advice


def test_an_unknown_refusal_is_passed_on() -> None:
    assert refusal(None, "go away").told == "refused: go away"


# -- the address -------------------------------------------------------------------------------------------------------


async def checked(url: str, wall: Callable[[], datetime] | None = None) -> list[Finding]:
    async with asyncio.timeout(30):
        return [each async for each in check_address(url, Clock(), wall=wall or Environment().wall)]


@asynccontextmanager
async def answering(
    answer: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], tls: ssl.SSLContext | None = None
) -> AsyncGenerator[int]:
    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@pytest.mark.e2e
@pytest.mark.real_time
class TestAddresses:
    """Real sockets, on this machine."""

    async def test_a_service(self) -> None:
        async with Service() as service:
            findings = await checked((await service.listen()).url)
            assert told(findings) == [("ok", "address"), ("ok", "protocol"), ("ok", "clock")]

    @pytest.mark.parametrize(
        "seconds, status", [(-30, "warn"), (30, "warn"), (7200, "fail"), (-7200, "fail"), (1, "ok")]
    )
    async def test_a_clock_that_is_wrong(self, seconds: int, status: str) -> None:
        async with Service() as service:
            url = (await service.listen()).url
            findings = await checked(url, lambda: datetime.now(UTC) + timedelta(seconds=seconds))
            assert told(findings)[-1] == (status, "clock")
            if status != "ok":
                assert ("ahead of" if seconds > 0 else "behind") in findings[-1].told

    async def test_nobody(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        (finding,) = await checked(f"ws://127.0.0.1:{port}")
        assert (finding.status, finding.subject) == ("fail", "address")
        assert finding.advice.startswith(f"start a service with `rxconvo serve --port {port}`")

    async def test_no_host(self) -> None:
        (finding,) = await checked("ws://no.such.host.invalid")
        assert finding.told.startswith("there is no host no.such.host.invalid")

    async def test_another_program_has_the_port(self) -> None:
        async def answer(_request: web.BaseRequest) -> web.StreamResponse:
            return web.Response(status=404, headers={"Server": "teapot"})

        async with answering(answer) as port:
            findings = await checked(f"ws://127.0.0.1:{port}")
            assert told(findings)[:2] == [("ok", "address"), ("fail", "protocol")]
            assert "in use by another program, which calls itself teapot" in findings[1].told
            assert f"--port {port + 1}" in findings[1].advice

    async def test_no_http(self) -> None:
        async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 mail.example ESMTP\r\n")
            writer.close()

        async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            findings = await checked(f"ws://127.0.0.1:{port}")
        assert told(findings) == [("ok", "address"), ("fail", "protocol")]
        assert f"try --url wss://127.0.0.1:{port}" in findings[1].advice

    async def test_a_service_that_hangs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(address, "_PATIENCE", 0.2)
        with socket.socket() as hung:
            hung.bind(("127.0.0.1", 0))
            hung.listen()
            for scheme in ("ws", "wss"):
                findings = await checked(f"{scheme}://127.0.0.1:{hung.getsockname()[1]}")
                assert told(findings) == [("ok", "address"), ("fail", "protocol")]
                assert "does not answer within 0.2 s" in findings[1].told
                assert "wss" not in findings[1].advice

    async def test_tls_where_there_is_none(self) -> None:
        async with Service() as service:
            port = (await service.listen()).port
            findings = await checked(f"wss://127.0.0.1:{port}")
        assert told(findings) == [("ok", "address"), ("fail", "tls")]
        assert findings[1].advice == f"try --url ws://127.0.0.1:{port}"

    async def test_a_certificate_that_nobody_vouches_for(self) -> None:
        async def answer(_request: web.BaseRequest) -> web.StreamResponse:
            return web.Response()

        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(Path(__file__).with_name("self-signed.pem"))
        async with answering(answer, tls) as port:
            findings = await checked(f"wss://127.0.0.1:{port}")
            assert told(findings) == [("ok", "address"), ("fail", "tls")]
            assert "its certificate is not trusted" in findings[1].told
            findings = await checked(f"ws://127.0.0.1:{port}")
            assert told(findings) == [("ok", "address"), ("fail", "protocol")]
            assert f"try --url wss://127.0.0.1:{port}, if it expects TLS" in findings[1].advice

    async def test_a_service_that_lets_in(self) -> None:
        async with Service(STORE) as service:
            url = (await service.listen()).url
            patient = Patient(url=url, token=None, identity="ada", store=STORE, environ={})
            findings = [each async for each in examine(patient)]
            assert {each.status for each in findings} == {"ok"}
            assert findings[-1].told == "lets ada in, who is in 0 conversations"

    async def test_a_token_of_another_service(self) -> None:
        other = mint_token("ada", 60.0, "sqlite:other.db", {})
        async with Service(STORE) as service:
            url = (await service.listen()).url
            patient = Patient(url=url, token=other, identity=None, store=STORE, environ={})
            findings = [each async for each in examine(patient)]
        assert told(findings)[-3:] == [("ok", "token"), ("warn", "token"), ("fail", "token")]
        assert "code 20103" in findings[-1].told

    async def test_keys_that_are_not_there_fail_once(self) -> None:
        async with Service() as service:
            url = (await service.listen()).url
            patient = Patient(url=url, token=None, identity="ada", store=STORE, environ={})
            findings = [each async for each in examine(patient)]
        assert [each.subject for each in findings if each.status == "fail"] == ["keys"]
        assert findings[-1].subject == "clock", "and all else is looked at"

    async def test_without_a_token(self) -> None:
        async with Service(STORE) as service:
            url = (await service.listen()).url
            patient = Patient(url=url, token=None, identity=None, store=STORE, environ={})
            findings = [each async for each in examine(patient)]
        assert (findings[-1].status, findings[-1].told) == ("warn", "none was given")


# -- the command -------------------------------------------------------------------------------------------------------


@pytest.mark.real_time
def test_all_is_well_in_this_process(run: Run) -> None:
    code, out, err = run("doctor", "--url", "sqlite:chat.db", "--as", "ada")
    assert (code, err) == (0, "")
    assert out.rstrip().endswith("all is well")
    assert "\x1b" not in out


@pytest.mark.real_time
@pytest.mark.parametrize(
    "arguments, part",
    [
        (["--url", "http://127.0.0.1:8080"], "--url must be that of a websocket, ws://127.0.0.1:8080"),
        (["--url", "ws://127.0.0.1:1"], "nobody listens at 127.0.0.1:1"),
        (["--url", "ws://127.0.0.1:x"], "--url must be a URL"),
        (["--url", "ws://"], "names no host"),
        (["--url", "ws://127.0.0.1:1", "--as", "ada"], "is not there"),
    ],
)
def test_what_fails_ends_with_1(run: Run, arguments: list[str], part: str) -> None:
    code, out, err = run("doctor", *arguments)
    assert (code, err) == (1, "")
    assert part in out
    assert "→" in out or "url" in out
    assert out.splitlines()[-1].endswith(("thing fails", "things fail"))


def test_lines_that_are_not_wrapped() -> None:
    finding = Finding("fail", "address", "nobody\nthere \x1b[31m", "start " + "it " * 60)
    text = str(show(finding, plainly=True))
    assert text.splitlines()[0] == "fail  address    nobody there [31m"
    assert text.count("\n") == 1


@pytest.mark.parametrize(
    "statuses, said",
    [
        (["ok"], "all is well"),
        (["ok", "warn"], "nothing fails; 1 thing is to be looked at"),
        (["warn", "warn"], "nothing fails; 2 things are to be looked at"),
        (["fail", "warn"], "1 thing fails"),
        (["fail", "fail"], "2 things fail"),
    ],
)
def test_verdicts(statuses: list[Any], said: str) -> None:
    assert verdict([Finding(status, "x", "y") for status in statuses]) == said
