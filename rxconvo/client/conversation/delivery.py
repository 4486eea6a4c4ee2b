"""What became of messages on other channels: receipts, recipients, and what the channels tell.

Source: Conversations, delivery receipts, recipients, channel metadata.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import orjson

from rxconvo.client.calls import NO_METADATA
from rxconvo.client.configuration import quoted, with_query
from rxconvo.client.conversation.core import ConversationCore
from rxconvo.client.pages import Meta, all_pages
from rxconvo.client.resources import read_resource
from rxconvo.errors import NotFoundError
from rxconvo.model import ChannelMetadata, limits
from rxconvo.model.receipts import ReceiptItem, read_receipt
from rxconvo.model.recipients import read_recipient
from rxconvo.streams import Paginator

if TYPE_CHECKING:
    from rxconvo.model import DetailedDeliveryReceipt, Message, RecipientDescriptor
    from rxconvo.streams import Cold

__all__ = ["DeliveryConcern"]


class _Receipts(msgspec.Struct, frozen=True):
    delivery_receipts: list[ReceiptItem]
    meta: Meta = Meta()


class _Recipients(msgspec.Struct, frozen=True):
    message_recipients: list[dict[str, Any]]
    meta: Meta = Meta()


class _Metadata(msgspec.Struct, frozen=True):
    type: str
    data: Any = None


class DeliveryConcern(ConversationCore):
    """Receipts, recipients, channel metadata."""

    __slots__ = ()

    def get_message_recipients(self, page_size: int | None = None) -> Cold[Paginator[RecipientDescriptor]]:
        """Read to whom the messages of the conversation were addressed, page by page.

        Args:
            page_size: Recipients of a page, 1 to 100; the service's own size by default.

        Returns:
            Cold; emits the first page.

        Raises:
            ArgumentError: The size is out of its range.

        Errors:
            RequestError: The service does not tell them, after six attempts.
        """
        if page_size is not None:
            limits.check_page_size(page_size)
        return self._recipients_page(None, page_size)

    def get_recipients_of_message(self, message: Message) -> Cold[list[RecipientDescriptor]]:
        """Read to whom a message was addressed; `Message.get_message_recipients` calls this.

        Returns:
            Cold; emits the recipients. Those that were read once are not asked for again.

        Errors:
            RequestError: The service does not tell them, after six attempts.
        """

        async def perform() -> list[RecipientDescriptor]:
            known, key = self._context.recipients, (self.sid, message.sid)
            if key not in known:
                url = with_query(self._recipients_url, MessageSid=message.sid)
                page = read_resource(await self._context.calls.fetch(url), _Recipients)
                recipients = tuple(map(read_recipient, page.message_recipients))
                if not recipients:
                    return []
                known.put(key, recipients)
            return list(known.get(key))

        return self._query("get_recipients_of_message", perform)

    def get_message_delivery_receipts(self, message: Message) -> Cold[list[DetailedDeliveryReceipt]]:
        """Read how far a message got, for each participant; `Message.get_detailed_delivery_receipts` calls this.

        Returns:
            Cold; emits the receipts, all pages of them.

        Errors:
            NotFoundError: The message is gone.
        """
        url = self._context.configuration.receipts_url(self.sid, message.sid)

        async def read(token: str | None) -> _Receipts:
            return read_resource(await self._context.calls.query(with_query(url, PageToken=token)), _Receipts)

        async def perform() -> list[DetailedDeliveryReceipt]:
            return [read_receipt(item) for page in await all_pages(read) for item in page.delivery_receipts]

        return self._query("get_message_delivery_receipts", perform)

    def get_message_channel_metadata(self, message: Message) -> Cold[ChannelMetadata | None]:
        """Read what a channel tells of a message; `Message.get_channel_metadata` calls this.

        Returns:
            Cold; emits it, or None. What was read once is not asked for again, and nothing where the message says that
            there is none.

        Errors:
            RequestError: The service does not tell it, after six attempts.
        """

        async def perform() -> ChannelMetadata | None:
            known, key = self._context.metadata, (self.sid, message.sid)
            if not message.has_channel_metadata:
                return None
            if key not in known:
                known.put(key, await self._channel_metadata(message))
            return known.get(key)

        return self._query("get_message_channel_metadata", perform)

    async def _channel_metadata(self, message: Message) -> ChannelMetadata | None:
        try:
            answer = await self._context.calls.fetch(f"{self._messages_url}/{quoted(message.sid)}/ChannelMetadata")
        except NotFoundError as error:
            if error.code == NO_METADATA:
                return None
            raise
        metadata = read_resource(answer, _Metadata)
        return ChannelMetadata(metadata.type, orjson.dumps(metadata.data).decode())

    def _recipients_page(self, token: str | None, size: int | None) -> Cold[Paginator[RecipientDescriptor]]:
        """Make the query for a page; a token knows the size of its own."""

        async def perform() -> Paginator[RecipientDescriptor]:
            url = with_query(self._recipients_url, PageToken=token, PageSize=size)
            page = read_resource(await self._context.calls.fetch(url), _Recipients)
            following, previous = page.meta.next_token, page.meta.previous_token
            return Paginator(
                map(read_recipient, page.message_recipients),
                next_page=(lambda: self._recipients_page(following, None)) if following else None,
                prev_page=(lambda: self._recipients_page(previous, None)) if previous else None,
            )

        return self._query("get_message_recipients", perform)

    @property
    def _recipients_url(self) -> str:
        return f"{self._url}/MessageRecipients"
