"""Control: states, bindings, ends of connections, conflicts; who may ask, and how."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import hypothesis
import orjson
import pytest
from aiohttp import web
from hypothesis import strategies as st

from rxconvo.errors import ArgumentError
from rxconvo.server import Refusal, control
from rxconvo.server.control import is_loopback
from rxconvo.server.control_operations import OPERATIONS
from rxconvo.server.web import listen
from rxconvo.transport.http import PlainRequest
from rxconvo.wire.packets import Close, Reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.server.conftest import Peer, Response, World

ROOT = Path(__file__).parents[2]
KEY = "X-Twilio-Mutation-Id"
BINDING = {"messaging_binding": {"address": "+15005550001", "proxy_address": "+15005550006"}}


@pytest.fixture
async def ada(world: World) -> Peer:
    return await world.peer("ada")


@pytest.fixture
async def lunch(world: World, ada: Peer) -> str:
    sid = await world.create(ada, unique_name="lunch")
    await world.join(ada, sid)
    await ada.watch(sid)
    ada.forget()
    return sid


async def document_of(peer: Peer) -> dict[str, Any]:
    """Return the document as the peer was last told."""
    await peer.catch_up()
    data: dict[str, Any] = peer.notifications()[-1]["events"][-1]["document_data"]
    return data


# State and bindings


@pytest.mark.parametrize("name", ["{sid}", "lunch"])
@pytest.mark.parametrize("state", ["inactive", "closed", "active"])
async def test_the_state_is_in_document_and_resource(
    world: World, ada: Peer, lunch: str, state: str, name: str
) -> None:
    answered = await world.server.control("state", conversation=name.format(sid=lunch), state=state)
    told = (await document_of(ada))["state"]
    assert told == answered["state"]
    assert told["current"] == state
    assert (await ada.get(world.path(lunch))).body["state"] == state
    assert (await ada.get(f"{world.api}/Users/ada/Conversations/lunch")).body["state"] == state


async def test_a_closed_conversation_can_be_read_left_and_deleted_and_no_more(
    world: World, ada: Peer, lunch: str
) -> None:
    message = (await world.send(ada, lunch)).body["sid"]
    phone = (await ada.request("POST", world.path(lunch, "Participants"), BINDING)).body["sid"]
    await world.join(ada, lunch, "bob")
    bob = await world.peer("bob")
    await world.server.control("state", conversation=lunch, state="closed")
    await ada.catch_up()
    ada.forget()
    refused: list[tuple[Peer, str, tuple[str, ...], object]] = [
        (ada, "POST", (), {"friendly_name": "x"}),
        (ada, "POST", ("Messages",), {"body": "x"}),
        (ada, "POST", ("Messages", message), {"body": "x"}),
        (ada, "POST", ("Participants",), {"identity": "carol"}),
        (ada, "POST", ("Participants", phone), {"attributes": "[]"}),
    ]
    for peer, method, rest, body in refused:
        response = await peer.request(method, world.path(lunch, *rest), body)
        assert (response.status, response.body["code"]) == (403, 50377), rest
    form = f"ChannelSid={lunch}".encode()
    typing = await ada.request("POST", f"/v1/Instances/{world.keys.service_sid}/Typing", form)
    assert (typing.status, typing.body["code"]) == (403, 50377)
    await bob.catch_up()
    assert bob.notifications() == []
    assert ada.events() == []
    allowed: list[tuple[Peer, str, str, object]] = [
        (ada, "POST", f"{world.api}/Users/ada/Conversations/{lunch}", {"last_read_message_index": 0}),
        (ada, "DELETE", world.path(lunch, "Messages", message), None),
        (ada, "DELETE", world.path(lunch, "Participants", phone), None),
        (bob, "DELETE", world.path(lunch, "Participants", "bob"), None),
        (ada, "DELETE", world.path(lunch), None),
    ]
    for peer, method, path, body in allowed:
        assert (await peer.request(method, path, body)).status in (200, 204), path


async def test_it_can_be_opened_again(world: World, ada: Peer, lunch: str) -> None:
    for state in ("closed", "active"):
        await world.server.control("state", conversation=lunch, state=state)
    assert (await world.send(ada, lunch)).status == 201


async def test_bindings_are_in_document_and_resource(world: World, ada: Peer, lunch: str) -> None:
    assert "bindings" not in (await ada.get(world.path(lunch))).body
    bindings = {"email": {"name": "Lunch", "projected_address": "lunch@example.test"}, "sms": {"address": "+1500"}}
    assert await world.server.control("bindings", conversation=lunch, bindings=bindings) == {"bindings": bindings}
    assert (await document_of(ada))["bindings"] == bindings
    assert (await ada.get(world.path(lunch))).body["bindings"] == bindings
    await world.server.control("bindings", conversation=lunch, bindings={})
    assert (await document_of(ada))["bindings"] == {}


# Ends of connections


async def test_a_user_is_told_to_go(world: World, ada: Peer) -> None:
    again, bob = await world.peer("ada"), await world.peer("bob")
    body = {"backoff_policy": {"reconnect_min_ms": 1000, "reconnect_max_ms": 5000}}
    answered = await world.server.control("close", identity="ada", code=308, status="OFFLOAD", body=body)
    assert answered == {"closed": 2}
    for peer in (ada, again):
        await peer.ended()
        (close,) = [packet for packet in peer.log if isinstance(packet, Close)]
        assert close.status is not None
        assert (close.status.code, close.status.status) == (308, "OFFLOAD")
        assert orjson.loads(close.payload) == body
    await bob.catch_up()
    assert (await bob.get(f"{world.api}/Users/ada")).body["is_online"] is False
    assert await world.server.control("close", identity="ada", code=410, status="TOKEN_EXPIRED") == {"closed": 0}


async def test_a_user_is_told_to_go_once(world: World, ada: Peer) -> None:
    for code in (308, 406):
        await world.server.control("close", identity="ada", code=code, status="GO")
    before = asyncio.get_running_loop().time()
    await ada.ended()
    assert [packet.status.code for packet in ada.log if isinstance(packet, Close) and packet.status] == [308]
    assert asyncio.get_running_loop().time() == before, "neither has waited for the other"


async def test_what_was_asked_before_is_answered_before(world: World, ada: Peer, lunch: str) -> None:
    ids = [ada.post("POST", world.path(lunch, "Messages"), {"body": str(number)}) for number in range(20)]
    for _ in range(3):
        await asyncio.sleep(0)  # they are on their way
    await world.server.control("close", identity="ada", code=406, status="GONE")
    await ada.ended()
    assert isinstance(ada.log[-1], Close)
    replies = {packet.id for packet in ada.log if isinstance(packet, Reply)}
    assert replies == set(ids)


# Conflicts


async def test_the_next_mutation_is_answered_with_where_its_result_is(world: World, ada: Peer, lunch: str) -> None:
    path, body = world.path(lunch, "Messages"), {"body": "hello"}
    assert await world.server.control("conflict") == {"conflicts": 1}
    assert (await ada.request("POST", path, {"body": 7}, headers={KEY: "m0"})).status == 400
    conflict = await ada.request("POST", path, body, headers={KEY: "m/1"})
    assert conflict.status == 202
    assert list(conflict.body) == ["resource_url"]
    assert [event for event, _ in ada.events()] == ["list_item_added", "document_updated"]
    fetched = await resource(ada, conflict)
    assert (fetched.status, fetched.body["index"], fetched.body["body"]) == (200, 0, "hello")
    again = await ada.request("POST", path, body, headers={KEY: "m/1"})
    assert (again.status, again.body) == (201, fetched.body)
    assert (await ada.request("POST", path, body, headers={KEY: "m2"})).status == 201


async def test_a_result_without_a_body_is_fetched_as_such(world: World, ada: Peer, lunch: str) -> None:
    await world.server.control("conflict")
    conflict = await ada.request("DELETE", world.path(lunch), {}, headers={KEY: "m1"})
    assert conflict.status == 202
    assert (await resource(ada, conflict)).status == 204
    assert (await ada.get(world.path(lunch))).status == 404


async def test_only_who_made_a_mutation_sees_its_result(world: World, ada: Peer, lunch: str) -> None:
    bob = await world.peer("bob")
    await world.server.control("conflict")
    conflict = await ada.request("POST", world.path(lunch), {"friendly_name": "x"}, headers={KEY: "m1"})
    seen = await resource(bob, conflict)
    unknown = await bob.get(f"{world.api}/Mutations/m2")
    assert (seen.status, seen.packet.payload) == (unknown.status, unknown.packet.payload)
    assert seen.status == 404


async def resource(peer: Peer, conflict: Response) -> Response:
    return await peer.get(conflict.body["resource_url"].removeprefix("https://aim.us1.twilio.com"))


# Whatever is asked

FIELDS = ["conversation", "message", "statuses", "error_code", "recipients", "metadata", "templates", "state"]
FIELDS += ["bindings", "identity", "code", "status", "body", "more"]
TEXTS = ["lunch", "{message}", "{participant}", "closed", "read", "ada", "message_sid", "type", "data", "sid"]
TEXTS += ["variants", "variables", "twilio/text", "\ud800", "\x00", ""]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(TEXTS), inner, max_size=3),
    max_leaves=8,
)


@hypothesis.settings(suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture], max_examples=300)
@hypothesis.given(data=st.data())
def test_nothing_that_is_asked_is_an_internal_error(data: st.DataObject, run_in_world: Any) -> None:
    op = data.draw(st.sampled_from([*OPERATIONS, "close", "conflict"]))
    operation = OPERATIONS.get(op)
    wanted = {"identity", "code", "status"} if operation is None else operation.required
    likely = {"conversation": st.just("lunch"), "message": st.just("{message}")}
    fields = {name: data.draw(likely.get(name, JSON) if data.draw(st.booleans()) else JSON) for name in sorted(wanted)}
    more = data.draw(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=1))

    async def scenario(world: World) -> None:
        ada = await world.peer("ada")
        sid = await world.create(ada, unique_name="lunch")
        participant = await world.join(ada, sid)
        names = {"message": (await world.send(ada, sid)).body["sid"], "participant": participant}
        body = json.dumps({"op": op, **fields, **more})
        for name, value in names.items():
            body = body.replace(f"{{{name}}}", value)
        status, answer = await ask(world, body.encode())
        assert status < 500, answer

    run_in_world(scenario)


@pytest.mark.parametrize(
    "command",
    [
        rb'{"op":"delivery","conversation":"lunch","message":"{message}","statuses":{"\ud800":"sent"}}',
        rb'{"op":"delivery","conversation":"lunch","message":"\ud800","statuses":{"x":"sent"}}',
        rb'{"op":"delivery","conversation":"\ud800","message":"{message}","statuses":{"x":"sent"}}',
        rb'{"op":"recipients","conversation":"lunch","recipients":[{"message_sid":"{message}","type":"x","y":"\ud800"}]}',
        rb'{"op":"metadata","conversation":"lunch","message":"{message}","metadata":{"type":"x","data":{"\ud800":1}}}',
        rb'{"op":"templates","templates":[{"variants":{"x/y":{"z":"\ud800"}}}]}',
        rb'{"op":"templates","templates":[{"variants":{"x/y":{}},"variables":"{\"1\":\"\\ud800\"}"}]}',
        rb'{"op":"close","identity":"ada","code":308,"status":"x","body":"\ud800"}',
        rb'{"op":"close","identity":"ada","code":308,"status":"\ud800"}',
        rb'{"op":"\ud800"}',
        rb'{"op":"conflict","\ud800":1}',
    ],
)
async def test_what_cannot_be_stored_is_refused(world: World, ada: Peer, lunch: str, command: bytes) -> None:
    message = (await world.send(ada, lunch)).body["sid"]
    ada.forget()
    status, answer = await ask(world, command.replace(b"{message}", message.encode()))
    assert status in (400, 404), answer
    await ada.catch_up()
    assert ada.events() == []


def examples_in(text: str) -> list[dict[str, Any]]:
    """Read the commands that a text shows."""
    found = [match.start() for match in re.finditer(r'\{"op"', text)]
    return [json.JSONDecoder().raw_decode(text, start)[0] for start in found]


@pytest.mark.parametrize("where", ["docstring", "docs/service.md"])
async def test_what_is_shown_as_an_example_can_be_asked(world: World, ada: Peer, where: str) -> None:
    shown = control.__doc__ if where == "docstring" else (ROOT / where).read_text(encoding="utf-8")
    sid = await world.create(ada)
    participant = await world.join(ada, sid)
    message = (await world.send(ada, sid)).body["sid"]
    examples = examples_in(shown or "")
    for example in examples:
        body = json.dumps(example, ensure_ascii=False).replace("CH…", sid).replace("IM…", message)
        status, answer = await ask(world, body.replace("MB…", participant).encode())
        assert status == 200, (example, answer)
    assert {example["op"] for example in examples} == {*OPERATIONS, "close", "conflict"}
    await ada.ended()


# Who may ask, and how


@pytest.mark.parametrize(
    "command, named",
    [
        ({}, "op"),
        ({"op": "delete"}, "op"),
        ({"op": ["state"]}, "op"),
        ({"op": "state"}, "conversation"),
        ({"op": "state", "conversation": "lunch"}, "state"),
        ({"op": "state", "conversation": "lunch", "state": "open"}, "state"),
        ({"op": "state", "conversation": "lunch", "state": "closed", "why": 7}, "why"),
        ({"op": "bindings", "conversation": "lunch", "bindings": []}, "bindings"),
        ({"op": "bindings", "conversation": "lunch", "bindings": {"sms": 7}}, "bindings"),
        ({"op": "bindings", "conversation": "lunch", "bindings": {"sms": {"x": "x" * 5000}}}, "bindings"),
        ({"op": "close", "code": 308, "status": "OFFLOAD"}, "identity"),
        ({"op": "close", "identity": "ada", "code": "308", "status": "OFFLOAD"}, "code"),
        ({"op": "close", "identity": "ada", "code": 7, "status": "OFFLOAD"}, "code"),
        ({"op": "close", "identity": "ada", "code": 308, "status": 7}, "status"),
        ({"op": "close", "identity": 7, "code": 308, "status": "OFFLOAD"}, "identity"),
        ({"op": "close", "identity": "", "code": 308, "status": "OFFLOAD"}, "identity"),
        ({"op": "conflict", "times": 2}, "times"),
        ([], "body"),
    ],
)
async def test_what_is_wrong_is_named(world: World, ada: Peer, lunch: str, command: Any, named: str) -> None:
    status, body = await ask(world, orjson.dumps(command))
    assert (status, body["status"]) == (400, 400)
    assert body["message"].startswith(named)
    await ada.catch_up()
    assert ada.events() == []
    assert lunch


async def test_what_is_no_json_is_refused(world: World) -> None:
    assert (await ask(world, b"{"))[0] == 400
    with pytest.raises(ArgumentError, match="fields"):
        await world.server.control("state", conversation=object())
    with pytest.raises(Refusal, match="op"):
        await world.server.control("start")


async def test_a_command_comes_over_http_as_well(world: World, ada: Peer, lunch: str) -> None:
    status, body = await ask(world, orjson.dumps({"op": "state", "conversation": lunch, "state": "closed"}))
    assert (status, body["state"]["current"]) == (200, "closed")
    await ada.catch_up()
    assert (await document_of(ada))["state"] == body["state"]


@pytest.mark.parametrize(
    "changes, status",
    [
        ({"host": "localhost:80"}, 200),
        ({"host": "[::1]:80"}, 200),
        ({"host": "127.9.9.9"}, 200),
        ({"host": "evil.example"}, 403),
        ({"host": "evil.example@127.0.0.1"}, 403),
        ({"host": "127.0.0.1.evil.example"}, 403),
        ({"host": "["}, 403),
        ({"host": ""}, 403),
        ({"origin": "http://127.0.0.1"}, 403),
        ({"origin": "null"}, 403),
    ],
)
async def test_pages_of_browsers_are_refused(world: World, changes: dict[str, str], status: int) -> None:
    assert (await ask(world, b'{"op":"conflict"}', headers={"host": "127.0.0.1", **changes}))[0] == status


async def test_other_methods_and_long_bodies_are_refused(world: World) -> None:
    assert (await ask(world, b"", method="GET"))[0] == 405
    assert (await ask(world, b" " * (1024 * 1024 + 1)))[0] == 413
    assert (await ask(world, b" " * (1024 * 1024 + 1), length=None))[0] == 413


async def test_a_body_that_breaks_is_the_affair_of_who_sent_it(world: World, caplog: pytest.LogCaptureFixture) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b'{"op"'
        raise ConnectionError("cut")

    request = PlainRequest(method="POST", url="http://127.0.0.1/control", headers={"host": "127.0.0.1"}, body=broken())
    with pytest.raises(ConnectionError, match="cut"):
        async with world.server.control.exchange(request):
            pass
    assert not caplog.records


@pytest.mark.real_time
@pytest.mark.e2e
@pytest.mark.parametrize("peer, status", [("127.0.0.1", 200), ("10.0.0.1", 404), (None, 404)])
async def test_other_machines_find_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, peer: str | None, status: int
) -> None:
    monkeypatch.setattr(web.BaseRequest, "remote", peer)
    listener = await listen(world.server, control=world.server.control)
    url = f"http://127.0.0.1:{listener.port}/control"
    async with aiohttp.ClientSession() as http, http.post(url, data=b'{"op":"conflict"}') as response:
        assert response.status == status
    await listener.close()


async def test_it_is_offered_on_this_machine_alone(world: World) -> None:
    with pytest.raises(ArgumentError, match="host must be a loopback address"):
        await listen(world.server, "10.0.0.1", control=world.server.control)


@pytest.mark.parametrize(
    "host, local",
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("[::1]", True),
        ("LOCALHOST", True),
        ("10.0.0.1", False),
        ("::", False),
        ("192.168.0.1", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_what_this_machine_is(host: str, local: bool) -> None:
    assert is_loopback(host) is local


async def ask(
    world: World,
    body: bytes,
    *,
    method: str = "POST",
    headers: dict[str, str] | None = None,
    length: int | None = 0,
) -> tuple[int, Any]:
    """Ask as a program on this machine does."""

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 100_000):
            yield body[start : start + 100_000]

    request = PlainRequest(
        method=method,
        url="http://127.0.0.1/control",
        headers={"host": "127.0.0.1:80"} if headers is None else headers,
        body=pieces(),
        length=length if length is None else len(body),
    )
    async with world.server.control.exchange(request) as response:
        return response.status, orjson.loads(b"".join([piece async for piece in response.body]))
