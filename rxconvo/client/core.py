"""What all concerns of a client build on: its parts, its beginning and its end."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Self, cast

from rxconvo.client.backoff import Backoff
from rxconvo.client.calls import Calls
from rxconvo.client.context import Context
from rxconvo.client.driver import Driver
from rxconvo.client.media_calls import MediaCalls
from rxconvo.client.stage import Stage
from rxconvo.client.start import bring_up
from rxconvo.client.streams import ClientStreams
from rxconvo.client.tokens import check_token
from rxconvo.display import Card, Displayed, Fact, listed
from rxconvo.errors import ClosedError
from rxconvo.model import Store
from rxconvo.streams import Hub, current_scheduler
from rxconvo.sync import Session
from rxconvo.transport.http_client import HttpClient
from rxconvo.wire import ClientConnection

if TYPE_CHECKING:
    from types import TracebackType

    from rxconvo.client.conversation import Conversation
    from rxconvo.client.environment import Environment
    from rxconvo.client.options import ClientOptions
    from rxconvo.client.registrations import Registrations
    from rxconvo.client.tokens import Tokens
    from rxconvo.model import ContentTemplate, Landlord, Owner
    from rxconvo.streams import Cold
    from rxconvo.transport import Connector
    from rxconvo.transport.http import HttpExchange
    from rxconvo.types import Identity, Sid

__all__ = ["ClientCore"]


class ClientCore(ClientStreams, Displayed):
    """The parts of a client, its connection, its beginning and its end.

    Args:
        connector: Makes the connections.
        tokens: Where access tokens come from.
        options: What was chosen for this client.
        environment: Ids and chance.
        http: What carries requests for media; None makes them over sockets.
        region: Whose hosts requests name where the service does not.
        upstream: What the client is connected to, as people call it.
        stage: What stands in for the loop's clock and the replicated objects, where a recording is played.
    """

    def __init__(
        self,
        connector: Connector,
        tokens: Tokens,
        options: ClientOptions,
        environment: Environment,
        *,
        http: HttpExchange | None = None,
        region: str = "us1",
        upstream: str = "",
        stage: Stage | None = None,
    ) -> None:
        loop = asyncio.get_running_loop() if stage is None else stage.loop
        connection = ClientConnection(
            ids=environment.ids,
            metadata={"type": "conversations", "sdk": "rxconvo"},
            request_timeout=options.request_timeout,
            queue_timeout=options.queue_timeout,
            max_queued=options.max_queued,
            max_message=options.max_message,
            renewable=tokens.renewable,
        )
        scheduler = current_scheduler(wall=environment.wall) if stage is None else stage.scheduler
        hub = Hub(self.report, scheduler, sources=self._source, linger=options.linger)
        super().__init__(hub, state=connection.state.reported, recorded=stage is not None)
        kind: type[Session[Owner]] = Session if stage is None else stage.session
        session = kind(request_ids=environment.ids, host=f"cds.{region}.twilio.com")
        landlord = cast("Landlord", self)  # which the concerns make of it
        store = Store(session, landlord=landlord, watch=options.watch, kept_messages=options.kept_messages)
        driver = Driver(
            connector=connector,
            tokens=tokens,
            connection=connection,
            session=session,
            store=store,
            hub=hub,
            listener=self,
            backoff=Backoff(options.backoff, chance=environment.chance),
            loop=loop,
        )
        self._context = Context(
            driver=driver,
            calls=Calls(driver),
            media=MediaCalls(HttpClient() if http is None else http, tokens, region),
            session=session,
            store=store,
            hub=hub,
            loop=loop,
            options=options,
            environment=environment,
            region=region,
            upstream=upstream,
        )
        self._conversations: dict[Sid, Conversation] = {}
        self._devices: Registrations | None = None
        self._templates: tuple[float, tuple[ContentTemplate, ...]] | None = None  # until when they are good
        self._closers: list[Callable[[], Awaitable[None]]] = []
        self._running: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None

    @property
    def identity(self) -> Identity:
        """The own user's identity."""
        return self._context.configuration.identity

    # -- the connection --------------------------------------------------------------------------------------------

    def update_token(self, token: str) -> Cold[Self]:
        """Put another access token in force, on this connection or the next.

        Args:
            token: The token, of the same user.

        Returns:
            Cold; emits this client when the service has taken the token, or, while not connected, at once. The last
            token having been refused, it connects with this one first.

        Raises:
            ArgumentError: The token is no non-empty ASCII string, or too long.

        Errors:
            ConnectionError: The service has refused the token, or there will be no connection any more. A token of
                another user is refused with a `DeniedError`.
            ClosedError: The client was shut down.
        """
        check_token(token)

        async def perform() -> Self:
            await self._context.driver.update_token(token)
            return self

        return self._context.query("update_token", perform)

    def on_shutdown(self, closer: Callable[[], Awaitable[None]]) -> None:
        """Have *closer* awaited at the end of `shutdown`: for what exists only for this client."""
        self._closers.append(closer)

    async def start(self) -> Self:
        """Connect, and return this client when it is ready. `connect` and `Service.client` do this.

        Raises:
            ConnectionError: The service could not be reached in time, or refused the token.
            RequestError: The service refused to tell what a client starts from.
            PayloadError: What it told cannot be read.
            SyncError: The own user or the list of conversations cannot be opened.
            ClosedError: The client was shut down meanwhile.
        """
        context = self._context
        # In a context of its own: observers are not called on behalf of whoever connected. In a notebook, for example,
        # what they print belongs to the cell that runs, not to the one that made the client.
        self._running = context.loop.create_task(
            context.driver.run(), name="rxconvo driver", context=contextvars.Context()
        )
        try:
            await self._bring_up()
        except BaseException:
            await self.shutdown()
            raise
        return self

    async def shutdown(self) -> None:
        """Complete all streams, say goodbye, close the connection, and release everything. May be called again."""
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._shut_down(), name="rxconvo shutdown")
        if self._closing is not asyncio.current_task():  # as what it closes may try to, too
            await asyncio.shield(self._closing)

    async def __aenter__(self) -> Self:
        """Return this client."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Shut down."""
        await self.shutdown()

    def __repr__(self) -> str:
        return f"<Client {self._context.store.identity or 'not ready'} {self.connection_state.value}>"

    def __card__(self) -> Card:
        store = self._context.store
        joined = tuple(record.state for record in store.conversations.values() if record.joined and record.announced)
        return Card(
            "Client",
            store.identity or "not ready",
            note=(self.connection_state.value, self._context.upstream or None),
            facts=(Fact("conversations", len(joined)),),
            lines=listed(joined),
        )

    async def _bring_up(self) -> None:
        """Wait until the client is ready."""
        await bring_up(self._context, self._trouble)

    async def _shut_down(self) -> None:
        self._trouble.end(ClosedError("the client was shut down"))
        self._hub.complete_all()
        self._context.close()
        await self._context.media.close()
        await self._context.driver.close()
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})
        self._conversations.clear()
        for closer in reversed(self._closers):
            await closer()
