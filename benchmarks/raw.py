"""The smallest client there can be: packets over a websocket, for the service's figures."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import count
from typing import Self

import orjson

from rxconvo import Environment
from rxconvo.transport import Transport
from rxconvo.transport.websocket import WebSocketConnector
from rxconvo.wire import ClientConnection, ClientState, HttpRequest, Replied

__all__ = ["RawClient", "open_many"]


class RawClient:
    """A connection that was let in.

    Args:
        transport: What carries it.
        connection: Its state.
    """

    def __init__(self, transport: Transport, connection: ClientConnection) -> None:
        self._transport = transport
        self._connection = connection
        self._mutations = count()

    @classmethod
    async def open(cls, url: str, token: str) -> Self:
        """Connect, and wait until the service has let the client in."""
        transport = await WebSocketConnector(url).connect()
        connection = ClientConnection(ids=Environment().ids)
        connection.connect()
        connection.opened(token, 0.0)
        transport.write(connection.data_to_send())
        while connection.state is not ClientState.CONNECTED:
            for message in await transport.receive():
                connection.receive(message, 0.0)
        return cls(transport, connection)

    async def send(self, path: str, bodies: Sequence[str], *, at_once: int) -> None:
        """Send messages, each counted once it is acknowledged.

        Args:
            path: Of the conversation's messages.
            bodies: Their texts.
            at_once: How many may wait for their acknowledgement.
        """
        waiting, rest = 0, iter(bodies)
        acknowledged = 0
        while acknowledged < len(bodies):
            while waiting < at_once and (body := next(rest, None)) is not None:
                self._request(path, body)
                waiting += 1
            self._transport.write(self._connection.data_to_send())
            for message in await self._transport.receive():
                for happening in self._connection.receive(message, 0.0):
                    assert isinstance(happening, Replied)
                    assert happening.status == 201, happening.payload
                    waiting -= 1
                    acknowledged += 1

    async def close(self) -> None:
        """Close the connection."""
        await self._transport.close()

    def _request(self, path: str, body: str) -> None:
        mutation = f"{id(self):x}-{next(self._mutations)}"
        headers = {"Content-Type": "application/json", "X-Twilio-Mutation-Id": mutation}
        request = HttpRequest(host="example.com", path=path, method="POST", params={}, headers=headers)
        self._connection.request(request, orjson.dumps({"body": body}), "application/json", 0.0)


async def open_many(url: str, tokens: Sequence[str]) -> list[RawClient]:
    """Open a connection for each token, a few at a time."""
    room = asyncio.Semaphore(20)

    async def open_one(token: str) -> RawClient:
        async with room:
            return await RawClient.open(url, token)

    return await asyncio.gather(*map(open_one, tokens))
