"""A service reduced to what a client reads, so that there can be very many conversations, and messages for them.

It answers at once and keeps nothing. A client of it is a real one, over the transport in process or a socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import count
from random import Random
from typing import Any, Final
from urllib.parse import unquote

import orjson

from rxconvo import Client, ClientOptions, ConnectionError, Environment
from rxconvo.client.options import Watch
from rxconvo.client.tokens import Tokens
from rxconvo.transport import Connector, Transport, pair
from rxconvo.wire import Init, Notification, Request, ServerConnection, Status, encode

__all__ = ["FRAME_SIZE", "Traffic", "Upstream", "client_of", "conversation_sid", "list_sid"]

FRAME_SIZE: Final = 690
"""Bytes of each frame of `Traffic`: a message of one line, with all that comes along."""

_DATE: Final = "2026-01-31T12:00:00.000Z"
_OK: Final = Status(200, "OK")
_ACCEPTED: Final = Status(202, "Accepted")
_API: Final = "https://aim.example.com/Client/v2"
_KINDS: Final = {"Documents": ("document", "ET"), "Lists": ("list", "ES"), "Maps": ("map", "MP")}


def conversation_sid(number: int) -> str:
    """Return the sid of a conversation."""
    return f"CH{number:032x}"


def list_sid(number: int) -> str:
    """Return the sid of a conversation's list of messages."""
    return f"ES{number:032x}"


class Upstream:
    """The service.

    Args:
        conversations: How many there are; the one user is in all of them.

    Attributes:
        subscribed: The objects that were subscribed.
    """

    def __init__(self, conversations: int) -> None:
        self.conversations = conversations
        self.subscribed: set[str] = set()
        self._packets = count()
        self._unread = 0  # notifications that are not acknowledged yet
        self._serving: asyncio.Task[None] | None = None
        self._transport: Transport | None = None

    async def connect(self) -> Transport:
        """Open a connection in process."""
        theirs, ours = pair()
        self._transport = ours
        self._serving = asyncio.get_running_loop().create_task(self.serve(ours))
        return theirs

    async def hand_over(self) -> Transport:
        """Serve the connection no more once every list is subscribed, and return it.

        Whoever asked sends what comes now, and reads the answers.
        """
        assert self._serving is not None
        assert self._transport is not None
        while not self.settled(self.conversations):  # noqa: ASYNC110 - nothing is measured yet
            await asyncio.sleep(0.005)
        self._serving.cancel()
        await asyncio.wait([self._serving])
        return self._transport

    def settled(self, lists: int) -> bool:
        """Tell whether so many lists of messages are subscribed, and nothing is under way."""
        return len(self.subscribed) >= lists + 2 and not self._unread  # two are the user's own

    async def serve(self, transport: Transport, *, until: Callable[[], bool] = lambda: False) -> None:
        """Answer what is asked on a connection, until it ends or *until* holds."""
        with suppress(ConnectionError):
            await self._serve(transport, until)

    async def _serve(self, transport: Transport, until: Callable[[], bool]) -> None:
        connection = ServerConnection()
        while not until():
            answers: list[bytes] = []
            for message in await transport.receive():
                packet = connection.receive(message, 0.0)
                if isinstance(packet, Init):
                    answers.append(connection.accept(continuation_token="", epoch="one"))
                elif packet is None:
                    self._unread -= 1
                elif isinstance(packet, Request):
                    answers += self._answers(connection, packet)
            transport.write(answers)

    def _answers(self, connection: ServerConnection, request: Request) -> list[bytes]:
        path = request.http_request.path
        if path == "/v4/Subscriptions":
            return self._subscribe(connection, request)
        if path.endswith("/Configuration"):
            body = _configuration()
        else:
            collection, name, *rest = path.split("/")[2:]
            params = request.http_request.params
            body = self._page(name, params) if rest else _descriptor(*_KINDS[collection], unquote(name))
        return [connection.respond(request.id, _OK, orjson.dumps(body))]

    def _subscribe(self, connection: ServerConnection, request: Request) -> list[bytes]:
        asked: Any = orjson.loads(request.payload)
        events: list[dict[str, Any]] = []
        for wanted in asked["requests"]:
            self.subscribed.add(wanted["object_sid"])
            events.append({"object_sid": wanted["object_sid"], "replay_status": "completed", "last_event_id": 0})
        self._unread += 1
        terms = {"estimated_delivery_in_ms": 60_000, "max_batch_size": 1000, "ttl_in_s": 86_400}
        told = {"event_type": "subscription_established", "correlation_id": asked["correlation_id"], "events": events}
        return [
            connection.respond(request.id, _ACCEPTED, orjson.dumps(terms)),
            encode(Notification(f"TM{next(self._packets):032x}", "twilio.sync.event", payload=orjson.dumps(told))),
        ]

    def _page(self, name: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return a page of the user's conversations; all other objects are empty."""
        start = int(params.get("From", "CH0").removeprefix("CH"), base=16)
        end = self.conversations if name == _sid("MP", "ada.channels") else 0
        stop = min(start + int(params["PageSize"]), end)
        items = [_channel(conversation_sid(number)) for number in range(start, stop)]
        return {"items": items, "meta": {"previous_token": None, "next_token": "more" if stop < end else None}}


class Traffic:
    """Messages of an `Upstream`, each in a conversation by chance.

    Args:
        conversations: How many there are.
    """

    def __init__(self, conversations: int) -> None:
        self._chance = Random(1)
        self._packets = count()
        self._sent = [0] * conversations

    def one_each(self) -> list[bytes]:
        """Return the next message of each conversation."""
        return [self._frame(number) for number in range(len(self._sent))]

    def frames(self, amount: int) -> list[bytes]:
        """Return so many further messages."""
        return [self._frame(self._chance.randrange(len(self._sent))) for _ in range(amount)]

    def _frame(self, number: int) -> bytes:
        index = self._sent[number]
        self._sent[number] += 1
        short = self._encode(number, index, "")
        return self._encode(number, index, "x" * (FRAME_SIZE - len(short)))

    def _encode(self, number: int, index: int, text: str) -> bytes:
        message = {
            "sid": f"IM{index:032x}",
            "type": "text",
            "author": "bob",
            "text": text,
            "attributes": "{}",
            "dateUpdated": _DATE,
            "timestamp": _DATE,
            "memberSid": f"MB{0:032x}",
        }
        event = {
            "id": index + 1,
            "list_sid": list_sid(number),
            "item_index": index,
            "item_data": message,
            "date_created": _DATE,
        }
        payload = {"event_type": "list_item_added", "event_protocol_version": 4, "events": [event]}
        packet_id = f"TM{next(self._packets):032x}"
        return encode(Notification(packet_id, "twilio.sync.event", payload=orjson.dumps(payload)))


async def client_of(connector: Connector, *, watch: Watch = "none", kept_messages: int = 1000) -> Client:
    """Return a client of an upstream, ready; by default it keeps up to date only what somebody observes."""
    options = ClientOptions(watch=watch, kept_messages=kept_messages, connect_timeout=120.0)
    return await Client(connector, Tokens("any"), options, Environment()).start()


def _sid(prefix: str, name: str) -> str:
    """Return the sid of an object: that of its conversation, or of the user, in another guise."""
    owner = name.partition(".")[0]
    return f"{prefix}{owner[2:]}" if owner.startswith("CH") else f"{prefix}{name}".replace(".", "")


def _configuration() -> dict[str, Any]:
    return {
        "identity": "ada",
        "sync_objects": {"my_conversations": "ada.channels", "my_user_info": "ada.info"},
        "links": {
            "my_conversations": f"{_API}/Users/ada/Conversations",
            "conversations": f"{_API}/Conversations",
            "users": f"{_API}/Users",
            "typing": f"{_API}/Typing",
        },
    }


def _descriptor(kind: str, prefix: str, name: str) -> dict[str, Any]:
    body: dict[str, Any] = {"sid": _sid(prefix, name), "unique_name": name, "last_event_id": 0}
    return {**body, "data": _document(name.partition(".")[0])} if kind == "document" else {**body, "items": []}


def _channel(sid: str) -> dict[str, Any]:
    data = {
        "channel_sid": sid,
        "status": "joined",
        "channel": f"{sid}.channel",
        "messages": f"{sid}.messages",
        "roster": f"{sid}.roster",
        "lastConsumedMessageIndex": None,
        "notificationLevel": "default",
    }
    return {"key": sid, "last_event_id": 0, "data": data}


def _document(sid: str) -> dict[str, Any]:
    return {
        "sid": sid,
        "uniqueName": None,
        "friendlyName": f"About {sid[-6:]}",
        "attributes": "{}",
        "createdBy": "ada",
        "dateCreated": _DATE,
        "dateUpdated": _DATE,
        "type": "private",
        "roster": f"{sid}.roster",
        "messages": f"{sid}.messages",
        "state": {"current": "active", "dateUpdated": _DATE},
        "lastMessage": None,
    }
