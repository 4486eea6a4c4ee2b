"""The dashboard over HTTP: what it answers, and to whom."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import orjson
import pytest
from yarl import URL

from rxconvo import Client, Conversation
from rxconvo.integrations.dashboard.gate import HEADERS
from tests.integrations.dashboard.conftest import Events, Site

pytestmark = pytest.mark.e2e

OpenSite = Callable[..., Awaitable[Site]]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
NOT_THERE = b'{"error":"There is no such conversation (any more)."}'
NO_TOKEN = b'{"error":"An access token is needed."}'
REFUSED = b'{"error":"This access token is refused, or its time is over. Another is needed."}'


async def talk(site: Site, *others: str) -> tuple[Client, Conversation]:
    """Let Bob talk with Ada and others. Bob ends with the service."""
    bob = await site.service.client("bob")
    lunch = await bob.create_conversation(friendly_name="lunch")
    await lunch.join()
    for other in ("ada", *others):
        await lunch.add(other)
    return bob, lunch


def check_headers(headers: dict[str, str], *, cache: str = "no-store") -> None:
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cache-Control"] == cache
    assert "Server" not in headers
    assert "Access-Control-Allow-Origin" not in headers
    assert headers.keys() >= HEADERS.keys()


class TestThePage:
    async def test_it_is_at_the_root(self, site: Site) -> None:
        status, headers, body = await site.ask("GET", "/")
        assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert body.lower().startswith(b"<!doctype html>")
        check_headers(headers, cache="no-cache")

    async def test_its_files_are_served_with_their_types(self, site: Site) -> None:
        status, headers, body = await site.ask("GET", "/assets/api.js")
        assert (status, headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
        assert b"Bearer" in body
        check_headers(headers, cache="no-cache")

    @pytest.mark.parametrize(
        "path",
        [
            "/assets/",
            "/assets/nothing.js",
            "/assets/index.html",
            "/assets/../app.py",
            "/assets/..%2fapp.py",
            "/assets/%2e%2e/app.py",
            "/assets/%2e%2e%2fapp.py",
            "/assets/..%5capp.py",
            "/assets/..%252fapp.py",
            "/assets//etc/passwd",
            "/assets/%2fetc%2fpasswd",
            "/assets/api.js%00.css",
            "/assets/api.js/",
            "/assets/API.JS",
            "/assets/./api.js/../../app.py",
            "/app.py",
            "/page/api.js",
            "//assets/api.js",
        ],
    )
    async def test_nothing_else_is(self, site: Site, path: str) -> None:
        status, headers, body = await site.ask("GET", URL(site.listener.url.rstrip("/") + path, encoded=True))
        assert (status, body) == (404, b'{"error":"There is nothing here."}')
        check_headers(headers)

    async def test_what_can_be_done_where_is_told(self, site: Site) -> None:
        for method, path, allowed in (
            ("POST", "/", "GET,HEAD"),
            ("DELETE", "/api/overview", "GET"),
            ("PUT", "/api/conversations", "POST"),
        ):
            status, headers, body = await site.ask(method, path)
            assert (status, headers["Allow"]) == (405, allowed)
            assert body == b'{"error":"That cannot be done here."}'
            check_headers(headers)


class TestWhoIsReached:
    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1",
            "127.0.0.1:{port}",
            "localhost",
            "LOCALHOST:{port}",
            "localhost:1",
            "[::1]",
            "[::1]:80",
            "127.9.9.9",
        ],
    )
    async def test_names_of_this_machine_are_fine(self, site: Site, host: str) -> None:
        status, _, _ = await site.ask("GET", "/", headers={"Host": host.replace("{port}", str(site.listener.port))})
        assert status == 200

    @pytest.mark.parametrize(
        "host",
        [
            "evil.example",
            "evil.example:{port}",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "localhost@evil.example",
            "192.168.0.1",
            "0.0.0.0",  # noqa: S104 - as a name
            "[::]",
            "",
            ":80",
            "localhost:evil",
            "127.0.0.1:80:80",
            "local\u00f6host".encode().decode("latin-1"),
        ],
    )
    @pytest.mark.parametrize("path", ["/", "/assets/api.js", "/api/overview", "/nothing"])
    async def test_other_names_are_refused_for_everything(self, site: Site, host: str, path: str) -> None:
        headers = site.bearer("ada") | {"Host": host.replace("{port}", str(site.listener.port))}
        status, headers, body = await site.ask("GET", path, headers=headers)
        assert (status, body) == (421, b'{"error":"The dashboard is not reached by this name."}')
        check_headers(headers)
        assert site.door.shown == []

    async def test_the_name_it_is_bound_to_can_be_added(self, open_site: OpenSite) -> None:
        site = await open_site(hosts=["Desk.example", "192.168.0.1"])
        for host, expected in (("desk.example:81", 200), ("192.168.0.1", 200), ("192.168.0.2", 421)):
            status, _, _ = await site.ask("GET", "/", headers={"Host": host})
            assert status == expected


class TestWhoIsLetIn:
    PATHS = (
        ("GET", "/api/overview"),
        ("GET", "/api/conversations/CH1"),
        ("POST", "/api/conversations"),
        ("POST", "/api/conversations/CH1/messages"),
        ("POST", "/api/conversations/CH1/nothing"),
    )

    @pytest.mark.parametrize(
        "given",
        [
            {},
            {"Authorization": ""},
            {"Authorization": "Bearer"},
            {"Authorization": "Bearer "},
            {"Authorization": "Bearer x"},
            {"Authorization": "Basic {token}"},
            {"Authorization": "{token}"},
            {"Authorization": "Bearer {token}x"},
            {"Authorization": "Bearer " + "x" * 8_100},
            {"Cookie": "token={token}"},
            {"X-Twilio-Token": "{token}"},
        ],
    )
    async def test_without_a_token_that_holds_nobody_is(self, site: Site, given: dict[str, str]) -> None:
        token = site.service.token("ada")
        given = {name: value.replace("{token}", token) for name, value in given.items()}
        why = REFUSED if re.match("Bearer .", given.get("Authorization", "")) else NO_TOKEN
        for method, path in self.PATHS:
            body: dict[str, Any] = {"json": {}} if method == "POST" else {}
            status, headers, answer = await site.ask(method, path, headers=given, **body)
            assert (status, answer, headers["WWW-Authenticate"]) == (401, why, "Bearer")
            check_headers(headers)

    async def test_a_token_in_the_address_lets_nobody_in(self, site: Site) -> None:
        token = site.service.token("ada")
        for query in (f"token={token}", f"access_token={token}"):
            status, _, _ = await site.ask("GET", f"/api/overview?{query}")
            assert status == 401
        assert site.door.shown == []

    async def test_an_expired_token_lets_nobody_in(self, site: Site) -> None:
        headers = {"Authorization": f"Bearer {site.service.token('ada', ttl=1.0)}"}
        await asyncio.sleep(3)
        status, _, body = await site.ask("GET", "/api/overview", headers=headers)
        assert (status, body) == (401, REFUSED)

    async def test_a_stream_ends_with_its_token(self, site: Site, caplog: pytest.LogCaptureFixture) -> None:
        headers = {"Authorization": f"Bearer {site.service.token('ada', ttl=30.0)}"}
        url = site.listener.url + "api/overview"
        with caplog.at_level(logging.WARNING, logger="aiohttp"):
            async with site.http.get(url, headers=headers) as response:
                assert response.status == 200
                started = asyncio.get_running_loop().time()
                with pytest.raises(aiohttp.ClientError):
                    async for _ in Events(response):
                        pass
                assert 25 < asyncio.get_running_loop().time() - started < 35
        assert not [record for record in caplog.records if record.name.startswith("aiohttp")]
        status, _, _ = await site.ask("GET", "/api/overview", headers=headers)
        assert status == 401

    async def test_a_service_that_does_not_answer_is_told(self, site: Site) -> None:
        site.door.broken = True
        status, headers, body = await site.ask("GET", "/api/overview", headers=site.bearer("ada"))
        assert (status, body) == (503, b'{"error":"The service does not answer."}')
        check_headers(headers)

    async def test_what_one_may_not_see_is_told_like_what_is_not_there(self, site: Site) -> None:
        bob, lunch = await talk(site)
        public = await bob.create_conversation(access="public")
        asked: list[Any] = []
        for sid in (lunch.sid, public.sid, "CHno", "CH" + "0" * 32, "%00", "x" * 900):
            asked.append(await site.ask("GET", f"/api/conversations/{sid}", headers=site.bearer("eve")))
            for action, fields in (
                ("messages", {"body": "hello"}),
                ("typing", {}),
                ("read", {}),
                ("messages", {"no": 1}),
            ):
                path = f"/api/conversations/{sid}/{action}"
                asked.append(await site.ask("POST", path, headers=site.bearer("eve"), json=fields))
        dates = {headers.pop("Date") for _, headers, _ in asked}
        assert dates
        assert {(status, body) for status, _, body in asked} == {(404, NOT_THERE)}
        assert len({tuple(sorted(headers.items())) for _, headers, _ in asked}) == 1
        check_headers(asked[0][1])
        assert await lunch.get_messages_count() == 0
        await bob.shutdown()


class TestStreams:
    async def test_the_overview_is_live(self, site: Site) -> None:
        bob, lunch = await talk(site)
        async with site.http.get(site.listener.url + "api/overview", headers=site.bearer("ada")) as response:
            assert (response.status, response.headers["Content-Type"]) == (200, "text/event-stream")
            check_headers(dict(response.headers))
            events = Events(response)
            assert await events.of("rows") == {"diffs": [{"op": "reset", "values": []}]}
            vitals = await events.of("vitals")
            assert set(vitals) == {
                "identity",
                "connection",
                "conversations",
                "unread",
                "per_minute",
                "bucket",
                "response",
                "sla",
                "online",
            }
            assert (vitals["identity"], vitals["conversations"], vitals["unread"]) == ("ada", 1, 0)
            await asyncio.sleep(1)
            await lunch.send_message("<script>alert(1)</script>")
            told = await events.of("rows", lambda data: data["diffs"][0]["op"] == "set")
            row = told["diffs"][0]["value"]
            assert (row["unread"], row["last"]["body"]) == (1, "<script>alert(1)</script>")
            assert set(row) == {
                "sid",
                "name",
                "unread",
                "typing",
                "typing_text",
                "last",
                "members",
                "per_minute",
                "sla",
                "muted",
                "active",
            }
            assert (await events.of("vitals", lambda data: data["unread"]))["unread"] == 1
        await bob.shutdown()

    async def test_a_conversation_is_live_until_it_is_left(self, site: Site) -> None:
        bob, lunch = await talk(site)
        await lunch.send_message("hello")
        url = f"{site.listener.url}api/conversations/{lunch.sid}"
        async with site.http.get(url, headers=site.bearer("ada")) as response:
            events = Events(response)
            assert (await events.of("conversation"))["name"] == "lunch"
            (reset,) = (await events.of("timeline"))["diffs"]
            assert (reset["op"], [line["body"] for line in reset["values"]]) == ("reset", ["hello"])
            assert [one["identity"] for one in await events.of("participants")] == ["ada", "bob"]
            await lunch.send_message("again")
            (append,) = (await events.of("timeline"))["diffs"]
            assert (append["op"], append["values"][0]["body"]) == ("append", "again")
            await lunch.remove_participant("ada")
            assert [message.event async for message in events][-1] == "end"
        status, _, body = await site.ask("GET", f"/api/conversations/{lunch.sid}", headers=site.bearer("ada"))
        assert (status, body) == (404, NOT_THERE)
        await bob.shutdown()

    async def test_who_comes_back_goes_on_where_they_were(self, site: Site) -> None:
        bob, lunch = await talk(site)
        headers = site.bearer("ada")
        url = f"{site.listener.url}api/conversations/{lunch.sid}"
        async with site.http.get(url, headers=headers) as response:
            events = Events(response)
            await events.of("participants")
            await lunch.send_message("one")
            async for message in events:
                last = message.id
                if message.event == "timeline":
                    break
        await lunch.send_message("two")
        async with site.http.get(url, headers=headers | {"Last-Event-ID": last}) as response:
            (append,) = (await Events(response).of("timeline"))["diffs"]
            assert (append["op"], append["values"][0]["body"]) == ("append", "two")
        await bob.shutdown()

    async def test_pages_share_one_client_and_one_feed(self, site: Site) -> None:
        bob, _ = await talk(site)
        headers = site.bearer("ada")
        url = site.listener.url + "api/overview"
        async with site.http.get(url, headers=headers) as one, site.http.get(url, headers=headers) as two:
            assert await Events(one).of("vitals") == await Events(two).of("vitals")
            assert len(site.door.clients) == 1
        await bob.shutdown()

    async def test_closing_ends_them_at_once(self, site: Site) -> None:
        url = site.listener.url + "api/overview"
        async with site.http.get(url, headers=site.bearer("ada")) as response:
            await Events(response).of("vitals")
            await site.listener.close()
            assert site.door.open == 0
        assert site.listener.port == 0


class TestActions:
    async def test_a_message_is_sent(self, site: Site) -> None:
        bob, lunch = await talk(site)
        coming = lunch.messages.added.next()
        await lunch.messages.opened
        body = "héllo 🍕\n<b>"
        assert await site.post(f"/api/conversations/{lunch.sid}/messages", {"body": body}) == (200, {"index": 0})
        message = await coming
        assert (message.author, message.body) == ("ada", body)
        await bob.shutdown()

    async def test_typing_is_told(self, site: Site) -> None:
        bob, lunch = await talk(site)
        coming = lunch.typing.started.next()
        await lunch.typing.opened
        assert await site.post(f"/api/conversations/{lunch.sid}/typing", {}) == (200, {})
        assert (await coming).identity == "ada"
        await bob.shutdown()

    async def test_messages_are_read(self, site: Site) -> None:
        bob, lunch = await talk(site)
        for _ in range(3):
            await lunch.send_message("hello")
        path = f"/api/conversations/{lunch.sid}/read"
        for fields, horizon in (({"index": 1}, 1), ({"index": 0}, 1), ({}, 2)):
            assert await site.post(path, fields) == (200, {})
            ada = await lunch.get_participant_by_identity("ada")
            assert ada.last_read_message_index == horizon
        await bob.shutdown()

    async def test_a_conversation_is_made_of_those_who_are_named(self, site: Site) -> None:
        status, answer = await site.post("/api/conversations", {"name": "supper", "add": ["bob", "ada", "bob", "cleo"]})
        assert status == 201
        async with site.service.client("bob") as bob:
            supper = await bob.get_conversation_by_sid(answer["sid"])
            assert supper.friendly_name == "supper"
            assert {one.identity for one in await supper.get_participants()} == {"ada", "bob", "cleo"}
        assert (await site.post("/api/conversations", {"name": "alone"}))[0] == 201

    @pytest.mark.parametrize(
        "path, fields, field",
        [
            ("/messages", {}, "body"),
            ("/messages", {"body": None}, "body"),
            ("/messages", {"body": 5}, "body"),
            ("/messages", {"body": " \n"}, "body"),
            ("/messages", {"body": "x" * 40_000}, "body"),
            ("/messages", {"body": "\ud800"}, "body"),
            ("/messages", {"body": "x", "author": "eve"}, "author"),
            ("/typing", {"x": 1}, "x"),
            ("/read", {"index": -1}, "index"),
            ("/read", {"index": True}, "index"),
            ("/read", {"index": "1"}, "index"),
            ("/read", {"index": 2**60}, "index"),
            ("", {}, "name"),
            ("", {"name": ""}, "name"),
            ("", {"name": ["x"]}, "name"),
            ("", {"name": "x" * 300}, "friendly_name"),
            ("", {"name": "x", "add": "bob"}, "add"),
            ("", {"name": "x", "add": ["bob"] * 51}, "add"),
            ("", {"name": "x", "add": [""]}, "add"),
            ("", {"name": "x", "add": [5]}, "add"),
            ("", {"name": "x", "add": ["a\nb"]}, "add"),
            ("", {"name": "x", "access": "public"}, "access"),
        ],
    )
    async def test_bad_fields_are_named_before_anything_happens(
        self, site: Site, path: str, fields: dict[str, Any], field: str
    ) -> None:
        bob, lunch = await talk(site)
        base = "/api/conversations" + (f"/{lunch.sid}" if path else "")
        text = orjson.dumps(fields) if fields.get("body") != "\ud800" else b'{"body": "\\ud800"}'
        headers = site.bearer("ada") | {"Content-Type": "application/json"}
        status, answered, body = await site.ask("POST", base + path, headers=headers, data=text)
        told = orjson.loads(body)
        assert (status, told["field"]) == (400, field)
        assert told["error"][0].isupper()
        assert told["error"].endswith(".")
        check_headers(answered)
        assert await lunch.get_messages_count() == 0
        assert len((await bob.get_subscribed_conversations()).items) == 1
        await bob.shutdown()

    @pytest.mark.parametrize(
        "data", [b"", b"x", b"[]", b"5", b"null", b'{"body": "x"', b"\xff", b"[" * 60_000, b'{"a":' * 10_000]
    )
    async def test_what_is_no_object_is_refused(self, site: Site, data: bytes) -> None:
        headers = site.bearer("ada") | {"Content-Type": "application/json"}
        status, answered, body = await site.ask("POST", "/api/conversations", headers=headers, data=data)
        assert (status, orjson.loads(body)["field"]) == (400, "body")
        check_headers(answered)

    @pytest.mark.parametrize(
        "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "json"]
    )
    async def test_only_json_is_read(self, site: Site, kind: str) -> None:
        headers = site.bearer("ada") | {"Content-Type": kind}
        status, answered, body = await site.ask("POST", "/api/conversations", headers=headers, data=b'{"name": "x"}')
        assert (status, body) == (415, b'{"error":"JSON is expected here."}')
        check_headers(answered)

    async def test_long_bodies_are_refused(self, site: Site) -> None:
        headers = site.bearer("ada") | {"Content-Type": "application/json"}
        for data in (b" " * 263_000, b'{"name": "' + b"x" * 1_000_000 + b'"}'):
            status, answered, body = await site.ask("POST", "/api/conversations", headers=headers, data=data)
            assert (status, body) == (413, b'{"error":"This is too long."}')
            check_headers(answered)

    async def test_the_longest_message_fits(self, site: Site) -> None:
        bob, lunch = await talk(site)
        body = "\x01" + "é" * 16_383
        assert await site.post(f"/api/conversations/{lunch.sid}/messages", {"body": body}) == (200, {"index": 0})
        await bob.shutdown()

    async def test_other_actions_do_not_exist(self, site: Site) -> None:
        bob, lunch = await talk(site)
        for action in ("delete", "leave", "__class__", "messages%2F..%2Fread"):
            status, _ = await site.post(f"/api/conversations/{lunch.sid}/{action}", {})
            assert status == 404
        await bob.shutdown()

    async def test_what_the_service_refuses_is_told(self, site: Site) -> None:
        bob, lunch = await talk(site)
        await site.service.control("state", conversation=lunch.sid, state="closed")
        status, answer = await site.post(f"/api/conversations/{lunch.sid}/messages", {"body": "hello"})
        assert 400 <= status < 500
        assert set(answer) == {"error"}
        await bob.shutdown()
