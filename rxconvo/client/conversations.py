"""Creating, finding and listing conversations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from rxconvo.client.conversation import Conversation
from rxconvo.client.core import ClientCore
from rxconvo.client.resources import ConversationResource, read_resource
from rxconvo.errors import NotFoundError, SyncError
from rxconvo.model import limits
from rxconvo.streams import Paginator

if TYPE_CHECKING:
    from rxconvo.streams import Cold
    from rxconvo.types import JSONInput, Sid

__all__ = ["ConversationsConcern"]

_PAGE = 50  # subscribed conversations a page, as in the official SDK


class ConversationsConcern(ClientCore):
    """The conversations of a client, and their handles."""

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
        if limits.check_unique_name(unique_name):
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
            return await self._peek(sid)

        return self._context.query("get_conversation_by_sid", perform)

    def peek_conversation_by_sid(self, sid: Sid) -> Cold[Conversation]:
        """Look at a conversation without taking part in it: one that is public, or that the own user has created.

        Its properties are kept up to date until `Conversation.unwatch`; its streams can be observed as far as one may.

        Args:
            sid: Its sid.

        Returns:
            Cold; emits the conversation. The service is asked in any case.

        Raises:
            ArgumentError: The sid is no non-empty string.

        Errors:
            NotFoundError: There is none that one may see.
        """
        limits.check_key("sid", sid)
        return self._context.query("peek_conversation_by_sid", lambda: self._peek(sid))

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
            answer = await self._context.calls.query(url)
            return await self._introduce(answer, f"Conversation with unique name {unique_name} was not found.")

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

    async def _peek(self, sid: Sid) -> Conversation:
        answer = await self._context.calls.query(self._context.configuration.conversation_url(sid))
        return await self._introduce(answer, f"Conversation with SID {sid} was not found.")

    async def _introduce(self, answer: bytes, missing: str = "Conversation was not found.") -> Conversation:
        """Open the conversation that an answer names, and return its handle when its properties are known."""
        resource = read_resource(answer, ConversationResource)
        sid = resource.sid or resource.conversation_sid
        if sid is None:
            raise NotFoundError(404, 50350, missing)
        store, driver = self._context.store, self._context.driver
        record = store.introduce(sid, document=resource.sync_objects.conversation or f"{sid}.channel")
        driver.pump()
        try:
            return await self._known(sid)
        except SyncError:
            driver.publish(store.forget(record))
            raise

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
