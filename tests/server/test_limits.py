"""Limits and bad input: refused with a message that names the field and the limit; never an internal error."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import hypothesis
import orjson
import pytest
from hypothesis import strategies as st

from rxconvo.server import Limits, ServerOptions
from rxconvo.testing.loop import advance

if TYPE_CHECKING:
    from tests.server.conftest import Peer, World

CREATE, UPDATE, SEND, ADD, PARTICIPANT, MESSAGE, MINE, USER, SUBSCRIBE = (
    ("{api}/Conversations"),
    ("{api}/Conversations/{sid}"),
    ("{api}/Conversations/{sid}/Messages"),
    ("{api}/Conversations/{sid}/Participants"),
    ("{api}/Conversations/{sid}/Participants/{participant}"),
    ("{api}/Conversations/{sid}/Messages/{message}"),
    ("{api}/Users/ada/Conversations/{sid}"),
    ("{api}/Users/ada"),
    ("/v4/Subscriptions"),
)


def attributes(size: int) -> str:
    """Make attributes of so many bytes."""
    return '"' + "x" * (size - 2) + '"'


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def wide(keys: int) -> str:
    return orjson.dumps({str(number): 0 for number in range(keys)}).decode()


EMOJI = "😀"
GOOD: list[tuple[str, dict[str, Any]]] = [
    (CREATE, {"attributes": wide(1900)}),
    (CREATE, {"friendly_name": "x" * 256, "unique_name": "y" * 256, "attributes": attributes(16 * 1024)}),
    (CREATE, {"friendly_name": EMOJI * 256}),
    (CREATE, {"friendly_name": None, "unique_name": None}),
    (UPDATE, {"friendly_name": ""}),
    (UPDATE, {"friendly_name": None}),
    (UPDATE, {"unique_name": None}),
    (UPDATE, {"attributes": attributes(16 * 1024)}),
    (SEND, {"body": "x" * 32 * 1024, "subject": "s" * 256, "attributes": attributes(4 * 1024)}),
    (SEND, {"body": "\x00" * 32 * 1024}),
    (SEND, {"body": "", "media_sids": []}),
    (SEND, {}),
    (SEND, {"body": "x", "attributes": nested(64)}),
    (SEND, {"body": "x", "attributes": '"😀\\u0000 \\ud83d"'}),
    (ADD, {"identity": "x" * 256}),
    (ADD, {"messaging_binding": {"address": "x" * 248 + "@example", "proxy_address": "y" * 256}}),
    (PARTICIPANT, {"attributes": attributes(4 * 1024)}),
    (MESSAGE, {"body": "x" * 32 * 1024}),
    (MINE, {"last_read_message_index": 0, "notification_level": "muted"}),
    (USER, {"friendly_name": "x" * 256, "attributes": attributes(4 * 1024)}),
]
BAD: list[tuple[str, object, str, str]] = [
    (CREATE, {"friendly_name": "x" * 257}, "friendly_name", "256"),
    (CREATE, {"friendly_name": 7}, "friendly_name", "text"),
    (CREATE, {"unique_name": "x" * 257}, "unique_name", "256"),
    (CREATE, {"unique_name": ""}, "unique_name", "1 to 256"),
    (CREATE, {"unique_name": ["x"]}, "unique_name", "text"),
    (CREATE, {"attributes": attributes(16 * 1024 + 1)}, "attributes", "16384"),
    (CREATE, {"attributes": "{"}, "attributes", "JSON"),
    (CREATE, {"attributes": {"a": 1}}, "attributes", "text"),
    (CREATE, {"attributes": "NaN"}, "attributes", "JSON"),
    (CREATE, {"attributes": nested(65)}, "attributes", "64"),
    (CREATE, {str(number): 0 for number in range(4001)}, "body", "4000"),
    (CREATE, {"access": "open"}, "access", "private or public"),
    (CREATE, {"access": ["public"]}, "access", "private or public"),
    (CREATE, b"[]", "body", "object"),
    (CREATE, b"{", "body", "JSON"),
    (CREATE, b"\xff", "body", "JSON"),
    (CREATE, b'{"friendly_name": "\\ud800"}', "friendly_name", "text"),
    (CREATE, ("[" * 100_000).encode(), "body", "JSON"),
    (UPDATE, {}, "body", "friendly_name"),
    (UPDATE, {"attributes": None}, "attributes", "text"),
    (UPDATE, {"attributes": attributes(16 * 1024 + 1)}, "attributes", "16384"),
    (SEND, {"body": "x" * (32 * 1024 + 1)}, "body", "32768"),
    (SEND, {"body": EMOJI * (8 * 1024 + 1)}, "body", "32768"),
    (SEND, {"body": 7}, "body", "text"),
    (SEND, {"body": "x", "subject": "s" * 257}, "subject", "256"),
    (SEND, {"body": "x", "attributes": attributes(4 * 1024 + 1)}, "attributes", "4096"),
    (SEND, {"body": "x", "attributes": None}, "attributes", "text"),
    (SEND, {"body": "x", "media_sids": ["ME1"]}, "media_sids", "your own uploads"),
    (SEND, {"body": "x", "media_sids": "ME1"}, "media_sids", "array"),
    (SEND, {"body": "x", "media_sids": [7]}, "media_sids", "array of sids"),
    (SEND, {"body": "x", "media_sids": ["ME1"] * 15}, "media_sids", "at most 14"),
    (SEND, {"body": "x", "content_sid": "HX1"}, "content_sid", "content template"),
    (SEND, {"body": "x", "content_sid": 7}, "content_sid", "text"),
    (ADD, {}, "identity", "256"),
    (ADD, {"identity": ""}, "identity", "256"),
    (ADD, {"identity": "x" * 257}, "identity", "256"),
    (ADD, {"identity": "a\nb"}, "identity", "256"),
    (ADD, {"identity": "bob", "attributes": attributes(4 * 1024 + 1)}, "attributes", "4096"),
    (ADD, {"messaging_binding": "x"}, "messaging_binding", "object"),
    (ADD, {"messaging_binding": {"address": "+1"}}, "messaging_binding.proxy_address", "256"),
    (ADD, {"messaging_binding": {"address": "x" * 257, "proxy_address": "y"}}, "messaging_binding.address", "256"),
    (ADD, {"identity": "bob", "messaging_binding": {}}, "identity", "absent"),
    *(
        (ADD, {"messaging_binding": {"address": address, "proxy_address": "+1"}}, "messaging_binding.address", "number")
        for address in ("ann", "+", "+1234567890123456", "+1 500", "whatsapp:ann", "messenger:", "a@b@c", "@b", "x:+1")
    ),
    (ADD, {"messaging_binding": {"address": "a@b", "proxy_address": "c", "name": 7}}, "messaging_binding.name", "text"),
    (
        ADD,
        {"messaging_binding": {"address": "a@b", "proxy_address": "c", "level": "bcc"}},
        "messaging_binding.level",
        "to or cc",
    ),
    (PARTICIPANT, {}, "body", "attributes"),
    (PARTICIPANT, {"attributes": attributes(4 * 1024 + 1)}, "attributes", "4096"),
    (MESSAGE, {}, "body", "attributes"),
    (MESSAGE, {"body": "x" * (32 * 1024 + 1)}, "body", "32768"),
    (MINE, {}, "body", "last_read_message_index"),
    (MINE, {"last_read_message_index": -1}, "last_read_message_index", "0"),
    (MINE, {"last_read_message_index": 1.5}, "last_read_message_index", "whole"),
    (MINE, {"last_read_message_index": True}, "last_read_message_index", "whole"),
    (MINE, {"last_read_message_index": "3"}, "last_read_message_index", "whole"),
    (MINE, b'{"last_read_message_index": 18446744073709551616}', "last_read_message_index", "whole"),
    (MINE, {"notification_level": "loud"}, "notification_level", "default or muted"),
    (MINE, {"notification_level": []}, "notification_level", "default or muted"),
    (USER, {}, "body", "friendly_name"),
    (USER, {"friendly_name": None}, "friendly_name", "256"),
    (USER, {"attributes": attributes(4 * 1024 + 1)}, "attributes", "4096"),
    (SUBSCRIBE, b"", "body", "subscriptions"),
    (SUBSCRIBE, {"action": "establish"}, "body", "correlation_id"),
    (SUBSCRIBE, {"action": "burn", "correlation_id": 1, "requests": []}, "body", "action"),
    (
        SUBSCRIBE,
        b'{"action": "cancel", "correlation_id": 18446744073709551616, "requests": []}',
        "body",
        "correlation_id",
    ),
    (SUBSCRIBE, ("[" * 100_000).encode(), "body", "subscriptions"),
    (
        SUBSCRIBE,
        {
            "action": "establish",
            "correlation_id": 1,
            "requests": [{"object_sid": str(number), "object_type": "map"} for number in range(101)],
        },
        "requests",
        "100",
    ),
]


async def furnish(world: World) -> tuple[Peer, dict[str, str]]:
    """Make a conversation with a message of ada's."""
    ada = await world.peer("ada")
    sid = await world.create(ada)
    participant = await world.join(ada, sid)
    message = (await world.send(ada, sid)).body["sid"]
    return ada, {"api": world.api, "sid": sid, "participant": participant, "message": message}


@pytest.mark.parametrize("path, body", GOOD, ids=range(len(GOOD)))
async def test_what_is_allowed_goes_through(world: World, path: str, body: dict[str, Any]) -> None:
    ada, names = await furnish(world)
    response = await ada.request("POST", path.format_map(names), body)
    assert response.status in {200, 201}, response.body
    if "attributes" in body:
        assert response.body["attributes"] == body["attributes"]


@pytest.mark.parametrize("path, body, field, limit", BAD, ids=[f"{number}-{row[2]}" for number, row in enumerate(BAD)])
async def test_what_is_not_allowed_is_named(world: World, path: str, body: object, field: str, limit: str) -> None:
    ada, names = await furnish(world)
    response = await ada.request("POST", path.format_map(names), body)
    assert (response.status, response.body["status"], response.body["code"]) == (400, 400, 20400)
    assert response.body["message"].startswith(field)
    assert limit in response.body["message"]
    assert len(response.body["message"]) < 300


@pytest.mark.parametrize("name", ["CH" + "0" * 32, "CHabcdefabcdefabcdefabcdefabcdefab"])
async def test_a_unique_name_is_no_sid(world: World, name: str) -> None:
    ada, names = await furnish(world)
    for path in (CREATE, UPDATE):
        response = await ada.request("POST", path.format_map(names), {"unique_name": name})
        assert (response.status, response.body["code"]) == (400, 50390)


@pytest.mark.parametrize(
    "path, params, status, field",
    [
        ("/v3/Lists/{sid}.messages/Items", {"PageSize": "0"}, 400, "PageSize"),
        ("/v3/Lists/{sid}.messages/Items", {"PageSize": "-1"}, 400, "PageSize"),
        ("/v3/Lists/{sid}.messages/Items", {"PageSize": "x"}, 400, "PageSize"),
        ("/v3/Lists/{sid}.messages/Items", {"PageSize": "9" * 5000}, 400, "PageSize"),
        ("/v3/Lists/{sid}.messages/Items", {"From": "1.5"}, 400, "From"),
        ("/v3/Lists/{sid}.messages/Items", {"From": "٣"}, 400, "From"),
        ("/v3/Lists/{sid}.messages/Items", {"Index": ""}, 400, "Index"),
        ("/v3/Lists/{sid}.messages/Items", {"Order": "up"}, 400, "Order"),
        ("/v3/Lists/{sid}.messages/Items", {"From": "%ff"}, 400, "From"),
        ("/v3/Maps/%ff/Items", {}, 400, "object"),
        ("{api}/Users/ada/Conversations", {"PageSize": "0"}, 400, "PageSize"),
        ("{api}/Users/ada/Conversations", {"PageToken": "x" * 65}, 400, "PageToken"),
        ("/v3/Lists/{sid}.messages/Items", {"From": "-5", "PageSize": "1000"}, 200, None),
        ("/v3/Lists/{sid}.messages/Items/x", {}, 404, None),
        ("/v3/Lists/{sid}.messages/Items/7", {}, 404, None),
        ("/v3/Maps/{sid}.roster/Items/x", {}, 404, None),
        ("/v3/Maps/{sid}.messages", {}, 404, None),
        ("/v3/Streams/x", {}, 404, None),
        ("", {}, 404, None),
        ("/", {}, 404, None),
        ("//", {}, 404, None),
        ("no/slash", {}, 404, None),
        ("{api}/Conversations/", {}, 404, None),
        ("{api}/Conversations/{sid}/Unknown", {}, 404, None),
        ("/Client/v2/Services/IS0/Conversations/{sid}", {}, 404, None),
        ("{api}/Conversations", {}, 405, None),
    ],
)
async def test_paths_and_parameters(
    world: World, path: str, params: dict[str, str], status: int, field: str | None
) -> None:
    ada, names = await furnish(world)
    response = await ada.get(path.format_map(names), **params)
    assert response.status == status, response
    if field is not None:
        assert response.body["message"].startswith(field)


async def test_of_repeated_parameters_the_last_counts(world: World) -> None:
    ada, names = await furnish(world)
    params: dict[str, str | list[str]] = {"PageSize": ["0", "5"], "Order": []}
    response = await ada.request("GET", f"/v3/Lists/{names['sid']}.messages/Items", params=params)
    assert response.status == 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
FIELDS = [
    "friendly_name",
    "unique_name",
    "attributes",
    "access",
    "body",
    "subject",
    "media_sids",
    "content_sid",
    "identity",
    "messaging_binding",
    "last_read_message_index",
    "notification_level",
    "action",
    "correlation_id",
    "requests",
]
PATHS = [CREATE, UPDATE, SEND, ADD, PARTICIPANT, MESSAGE, MINE, USER, SUBSCRIBE]


@hypothesis.settings(suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(
    path=st.sampled_from(PATHS),
    body=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4).map(orjson.dumps) | st.binary(max_size=50),
)
def test_nothing_in_a_body_is_an_internal_error(path: str, body: bytes, run_in_world: Any) -> None:
    async def scenario(world: World) -> None:
        ada, names = await furnish(world)
        response = await ada.request("POST", path.format_map(names), body)
        assert response.status < 500, response

    run_in_world(scenario)


class TestCounts:
    @pytest.fixture
    def options(self) -> ServerOptions:
        return ServerOptions(limits=Limits(participants=3, non_chat_participants=1, conversations=2, subscriptions=2))

    async def test_participants(self, world: World) -> None:
        ada, names = await furnish(world)
        path = ADD.format_map(names)
        binding = {"address": "+1", "proxy_address": "+2"}
        assert (await ada.request("POST", path, {"messaging_binding": binding})).status == 201
        response = await ada.request("POST", path, {"messaging_binding": {**binding, "address": "+3"}})
        assert (response.status, response.body["code"]) == (403, 50422)
        await world.join(ada, names["sid"], "bob")
        response = await ada.request("POST", path, {"identity": "carol"})
        assert (response.status, response.body["code"]) == (403, 50417)
        assert "3" in response.body["message"]

    async def test_conversations_of_an_identity(self, world: World) -> None:
        ada, _ = await furnish(world)
        await world.join(ada, await world.create(ada))
        response = await ada.request("POST", world.path(await world.create(ada), "Participants"), {"identity": "ada"})
        assert (response.status, response.body["code"]) == (403, 50214)

    async def test_subscriptions_of_a_connection(self, world: World) -> None:
        ada, names = await furnish(world)
        sid = names["sid"]
        paths = (f"Documents/{sid}.channel", f"Lists/{sid}.messages", f"Maps/{sid}.roster")
        found = [(await ada.get(f"/v3/{path}")).body for path in paths]
        answers = [
            answer["event_type"]
            for each in found
            for answer in await ada.establish((each["sid"], each["type"], each["last_event_id"]))
        ]
        assert answers == ["subscription_established"] * 2 + ["subscription_failed"]


class TestRates:
    @pytest.fixture
    def options(self) -> ServerOptions:
        return ServerOptions(limits=Limits(conversation_rate=2.0, identity_rate=10.0))

    async def test_too_many_mutations_are_refused_for_a_while(self, world: World) -> None:
        ada, names = await furnish(world)
        path = SEND.format_map(names)
        statuses = [(await ada.request("POST", path, {"body": "x"})).status for _ in range(5)]
        assert statuses[-1] == 429
        response = await ada.request("POST", path, {"body": "x"})
        assert response.body["code"] == 50063
        wait = float(response.packet.http_headers["retry-after"])
        assert (await ada.get(world.path(names["sid"]))).status == 200
        await advance(wait)
        assert (await ada.request("POST", path, {"body": "x"})).status == 201


async def test_an_unexpected_exception_is_logged_and_told_without_detail(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ada, names = await furnish(world)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr("rxconvo.server.api.messages.edit_document", broken)
    with caplog.at_level(logging.ERROR, "rxconvo.server"):
        response = await ada.request("POST", SEND.format_map(names), {"body": "x"})
    assert response.status == 500
    request_id = response.packet.http_headers["twilio-request-id"]
    assert request_id in response.body["message"]
    assert "secret" not in response.body["message"]
    assert request_id in caplog.text
    monkeypatch.undo()
    response = await ada.request("POST", SEND.format_map(names), {"body": "x"})
    assert response.body["index"] == 1  # the failed one left nothing
