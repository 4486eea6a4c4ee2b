"""Upstreams in process that are connected to with the token that is shown."""

from __future__ import annotations

import asyncio

from rxconvo import Client, ClientOptions, Connecting, ConnectionError, Environment, Service
from rxconvo.client.tokens import Tokens


class Door:
    """An upstream in process that is connected to with the token that is shown."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.shown: list[str] = []
        self.clients: list[Client] = []
        self.hold: asyncio.Event | None = None
        self.broken = False

    def __call__(self, token: str) -> Connecting:
        self.shown.append(token)

        async def start() -> Client:
            if self.hold is not None:
                await self.hold.wait()
            if self.broken:
                raise ConnectionError("nobody answers")
            client = Client(self.service, Tokens(token), ClientOptions(), Environment(), http=self.service)
            self.clients.append(client)
            return await client.start()

        return Connecting(start)

    @property
    def open(self) -> int:
        return sum(client.connection_state.value == "connected" for client in self.clients)
