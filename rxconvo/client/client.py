"""The client: one user's connection, and everything that is reached through it."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Literal, Self

import msgspec

from rxconvo.client.backoff import Backoff
from rxconvo.client.calls import Calls
from rxconvo.client.context import Context
from rxconvo.client.conversation import Conversation
from rxconvo.client.driver import Driver
from rxconvo.client.resources import ConversationResource, read_resource
from rxconvo.client.start import bring_up
from rxconvo.client.streams import ClientStreams
from rxconvo.client.tokens import check_token
from rxconvo.errors import ClosedError, NotFoundError
from rxconvo.model import Owner, Store, User, limits
from rxconvo.streams import Hub, Paginator, current_scheduler
from rxconvo.sync import Session
from rxconvo.wire import ClientConnection

if TYPE_CHECKING:
    from types import TracebackType

    from rxconvo.client.environment import Environment
    from rxconvo.client.options import ClientOptions
    from rxconvo.client.tokens import Tokens
    from rxconvo.streams import Cold
    from rxconvo.transport import Connector
    from rxconvo.types import Identity, JSONInput, Sid

__all__ = ["Client"]

_PAGE = 50  # subscribed conversations a page, as in the official SDK


class Client(ClientStreams):
    """One user's connection to a Conversations service.

    Made by `connect` or `Service.client`; as a context manager it shuts down at the end.
    """

    def __init__(self, connector: Connector, tokens: Tokens, options: ClientOptions, environment: Environment) -> None:
        loop = asyncio.get_running_loop()
        connection = ClientConnection(
            ids=environment.ids,
            metadata={"type": "conversations", "sdk": "rxconvo"},
            request_timeout=options.request_timeout,
            queue_timeout=options.queue_timeout,
            max_queued=options.max_queued,
            max_message=options.max_message,
        )
        scheduler = current_scheduler(wall=environment.wall)
        hub = Hub(self.report, scheduler, sources=self._source, linger=options.linger)
        super().__init__(hub, state=connection.state.reported)
        session: Session[Owner] = Session(request_ids=environment.ids)
        store = Store(session, landlord=self, watch=options.watch, kept_messages=options.kept_messages)
        driver = Driver(
            connector=connector,
            tokens=tokens,
            connection=connection,
            session=session,
            store=store,
            hub=hub,
            listener=self,
            backoff=Backoff(options.backoff, chance=environment.chance),
            clock=loop.time,
        )
        self._context = Context(
            driver=driver,
            calls=Calls(driver),
            session=session,
            store=store,
            hub=hub,
            loop=loop,
            options=options,
            environment=environment,
        )
        self._conversations: dict[Sid, Conversation] = {}
        self._closers: list[Callable[[], Awaitable[None]]] = []
        self._running: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None

    @property
    def identity(self) -> Identity:
        """The own user's identity."""
        return self._context.configuration.identity

    @property
    def user(self) -> User:
        """The own user as it is known now.

        Raises:
            ClosedError: The client was shut down before it was ready.
        """
        user = self._context.store.user
        if user is None:
            raise ClosedError("the client was shut down before it was ready")
        return user

    # -- conversations ---------------------------------------------------------------------------------------------

    def create_conversation(
        self,
        *,
        friendly_name: str | None = None,
        unique_name: str | None = None,
        attributes: JSONInput = None,
        access: Literal["private", "public"] | None = None,
    ) -> Cold[Conversation]:
        """Create a conversation. One is not its participant until one joins.

        Args:
            friendly_name: The name to show, at most 256 characters.
            unique_name: A name to look it up by.
            attributes: The application's own data: any JSON value, at most 16 KB as text.
            access: `"public"` lets every user of the service look it up and join; the service's default is `"private"`.

        Returns:
            Cold; emits the conversation, once its properties are known.

        Raises:
            ArgumentError: An argument is of the wrong type or too long.

        Errors:
            RejectedError: 409, the unique name is taken.
        """
        fields: dict[str, JSONInput] = {
            "attributes": limits.conversation_attributes_text({} if attributes is None else attributes)
        }
        if friendly_name is not None:
            limits.check_friendly_name(friendly_name)
            fields["friendly_name"] = friendly_name
        if unique_name is not None:
            limits.check_unique_name(unique_name)
            fields["unique_name"] = unique_name
        if access is not None:
            limits.check_access(access)
            fields["access"] = access

        async def perform(mutation_id: str) -> Conversation:
            url = self._context.configuration.links.conversations
            return await self._introduce(await self._context.calls.mutate("POST", url, fields, mutation_id))

        return self._context.cold("create_conversation", perform)

    def get_conversation_by_sid(self, sid: Sid) -> Cold[Conversation]:
        """Find a conversation: one of the own user's, created by it, or public.

        Args:
            sid: Its sid.

        Returns:
            Cold; emits the conversation.

        Raises:
            ArgumentError: The sid is no non-empty string.

        Errors:
            NotFoundError: There is none that one may see.
        """
        limits.check_key("sid", sid)

        async def perform() -> Conversation:
            if self._context.store.conversation(sid) is not None:
                return await self._known(sid)
            return await self._introduce(
                await self._context.calls.query(self._context.configuration.conversation_url(sid))
            )

        return self._context.query("get_conversation_by_sid", perform)

    def get_conversation_by_unique_name(self, unique_name: str) -> Cold[Conversation]:
        """Find a conversation of the own user by its unique name.

        Args:
            unique_name: The name.

        Returns:
            Cold; emits the conversation.

        Raises:
            ArgumentError: The name is no non-empty string.

        Errors:
            NotFoundError: There is none that one may see.
        """
        limits.check_key("unique_name", unique_name)

        async def perform() -> Conversation:
            url = self._context.configuration.my_conversation_url(unique_name)
            return await self._introduce(await self._context.calls.query(url))

        return self._context.query("get_conversation_by_unique_name", perform)

    def get_subscribed_conversations(self) -> Cold[Paginator[Conversation]]:
        """List the conversations that the own user has joined.

        Returns:
            Cold; emits the first page of up to 50, by sid.
        """

        async def perform() -> Paginator[Conversation]:
            return self._page(0)

        return self._context.query("get_subscribed_conversations", perform)

    def find_conversation(self, sid: Sid) -> Conversation | None:
        """Return the handle of a conversation that is known here, or None. Nothing is asked."""
        handle = self._conversations.get(sid)
        if handle is None:
            record = self._context.store.conversation(sid)
            if record is None or self._context.closed:
                return None
            handle = self._conversations[sid] = Conversation(self._context, record)
        return handle

    # -- the own user ----------------------------------------------------------------------------------------------

    def update_user_friendly_name(self, user: User, friendly_name: str) -> Cold[User]:
        """Rename a user; `User.update_friendly_name` calls this.

        Args:
            user: Who; usually only oneself may.
            friendly_name: The name to show, at most 256 characters.

        Returns:
            Cold; emits the user with its new name.

        Raises:
            ArgumentError: The name is no string or too long.
        """
        limits.check_friendly_name(friendly_name)
        return self._update_user(
            "update_user_friendly_name",
            user,
            {"friendly_name": friendly_name},
            msgspec.structs.replace(user, friendly_name=friendly_name),
            lambda held: held.friendly_name == friendly_name,
        )

    def update_user_attributes(self, user: User, attributes: JSONInput) -> Cold[User]:
        """Replace a user's attributes; `User.update_attributes` calls this.

        Args:
            user: Whose; usually only oneself may.
            attributes: Any JSON value.

        Returns:
            Cold; emits the user with its new attributes.

        Raises:
            ArgumentError: The value is no JSON, or too long.
        """
        text = limits.user_attributes_text(attributes)
        updated = msgspec.structs.replace(user, attributes_json=text)
        return self._update_user(
            "update_user_attributes",
            user,
            {"attributes": text},
            updated,
            lambda held: held.attributes == updated.attributes,
        )

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
            await bring_up(context, self._trouble)
        except BaseException:
            await self.shutdown()
            raise
        return self

    async def shutdown(self) -> None:
        """Complete all streams, say goodbye, close the connection, and release everything. May be called again."""
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._shut_down(), name="rxconvo shutdown")
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

    async def _shut_down(self) -> None:
        self._trouble.end(ClosedError("the client was shut down"))
        self._hub.complete_all()
        self._context.close()
        await self._context.driver.close()
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})
        self._conversations.clear()
        for closer in reversed(self._closers):
            await closer()

    def _joined(self) -> Iterable[Conversation]:
        return [
            handle
            for sid, record in self._context.store.conversations.items()
            if record.joined
            and (record.announced or record.pending)
            and (handle := self.find_conversation(sid)) is not None
        ]

    def _departed(self, sid: Sid, *, gone: bool) -> None:
        super()._departed(sid, gone=gone)
        if gone:
            self._conversations.pop(sid, None)

    async def _introduce(self, answer: bytes) -> Conversation:
        """Open the conversation that an answer names, and return its handle when its properties are known."""
        resource = read_resource(answer, ConversationResource)
        sid = resource.sid or resource.conversation_sid
        if sid is None:
            raise NotFoundError(404, 50350, "Conversation was not found.")
        self._context.store.introduce(sid, document=resource.sync_objects.conversation)
        self._context.driver.pump()
        return await self._known(sid)

    async def _known(self, sid: Sid) -> Conversation:
        """Return the handle of a conversation when its properties are known."""
        conversation = self.find_conversation(sid)
        if conversation is None:
            raise NotFoundError(404, 50350, f"Conversation with SID {sid} was not found.")
        await conversation.wait_until_known()
        return conversation

    def _page(self, start: int) -> Paginator[Conversation]:
        """Return a page of the joined conversations, from the *start*th on, by sid."""
        known = self._context.store.conversations
        joined = sorted(
            (conversation for conversation in self._joined() if known[conversation.sid].announced),
            key=lambda conversation: conversation.sid,
        )

        def pages(first: int) -> Cold[Paginator[Conversation]]:
            async def perform() -> Paginator[Conversation]:
                return self._page(first)

            return self._context.query("get_subscribed_conversations", perform)

        return Paginator(
            joined[start : start + _PAGE],
            next_page=None if start + _PAGE >= len(joined) else lambda: pages(start + _PAGE),
            prev_page=None if start == 0 else lambda: pages(max(0, start - _PAGE)),
        )

    def _update_user(
        self, name: str, user: User, fields: dict[str, JSONInput], updated: User, done: Callable[[User], bool]
    ) -> Cold[User]:
        find = self._context.store.user_of

        async def perform(mutation_id: str) -> User:
            url = self._context.configuration.user_url(user.identity)
            await self._context.calls.mutate("POST", url, fields, mutation_id)
            await self._context.echoed("", lambda: (held := find(user.identity)) is None or done(held))
            held = find(user.identity)
            return held if held is not None and done(held) else updated

        return self._context.cold(name, perform)
