"""What the service tells a client at the start: its identity, names of objects, addresses, limits."""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from rxconvo.errors import PayloadError

__all__ = ["Configuration", "ConversationLimits", "api_url", "quoted", "with_query"]


class ConversationLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What the service accepts in a message.

    Attributes:
        media_attachments_count_limit: Attachments of one message.
        media_attachment_size_limit_in_mb: Size of one attachment, in megabytes.
        media_attachments_total_size_limit_in_mb: Size of all attachments of a message, in megabytes.
        email_histories_allowed_content_types: Content types of an e-mail history.
        email_bodies_allowed_content_types: Content types of an e-mail body.
    """

    media_attachments_count_limit: int = 10
    media_attachment_size_limit_in_mb: float = 150
    media_attachments_total_size_limit_in_mb: float = 150
    email_histories_allowed_content_types: tuple[str, ...] = msgspec.field(
        default=(), name="email_histories_allowed_mime_types"
    )
    email_bodies_allowed_content_types: tuple[str, ...] = msgspec.field(
        default=(), name="email_bodies_allowed_mime_types"
    )


class _Options(ConversationLimits, frozen=True, kw_only=True):
    reachability_enabled: bool = False
    user_infos_to_subscribe: int = 100


class _Links(msgspec.Struct, frozen=True):
    my_conversations: str
    conversations: str
    users: str
    typing: str
    messages_receipts: str | None = None
    media_service: str | None = None
    media_set_service: str | None = None


class _SyncObjects(msgspec.Struct, frozen=True):
    my_conversations: str
    my_user_info: str


class Configuration(msgspec.Struct, frozen=True):
    """The Configuration response, as far as it is read.

    Attributes:
        identity: Who this client is.
        sync_objects: Names of the two maps opened at the start.
        links: Addresses that requests start from.
        options: Limits, whether users' reachability is known, how many users are followed.

    Source: Conversations, configuration.
    """

    identity: str
    sync_objects: _SyncObjects
    links: _Links
    options: _Options = _Options()

    @property
    def limits(self) -> ConversationLimits:
        """What the service accepts in a message."""
        return ConversationLimits(
            **{name: getattr(self.options, name) for name in ConversationLimits.__struct_fields__}
        )

    def conversation_url(self, sid: str) -> str:
        """Return the address of a conversation."""
        return f"{self.links.conversations}/{quoted(sid)}"

    def my_conversation_url(self, sid_or_name: str) -> str:
        """Return the address of the own view of a conversation: horizon, unread count, notification level."""
        return f"{self.links.my_conversations}/{quoted(sid_or_name)}"

    def user_url(self, identity: str) -> str:
        """Return the address of a user."""
        return f"{self.links.users}/{quoted(identity)}"

    def receipts_url(self, conversation: str, message: str) -> str:
        """Return the address of a message's delivery receipts."""
        pattern = self.links.messages_receipts or f"{self.links.conversations}/%s/Messages/%s/Receipts"
        for sid in (conversation, message):
            pattern = pattern.replace("%s", quoted(sid), 1)
        return pattern

    def media_url(self, region: str) -> str:
        """Return the address of the media service.

        Args:
            region: Whose it is, where the service gives but a path.

        Raises:
            PayloadError: The service gives none.
        """
        return _on_media_host(self.links.media_service, region)

    def media_set_url(self, region: str) -> str:
        """Return the address of the service for sets of media.

        Args:
            region: Whose it is, where the service gives but a path.

        Raises:
            PayloadError: The service gives none.
        """
        media_set = self.links.media_set_service
        return f"{self.media_url(region)}Set" if media_set is None else _on_media_host(media_set, region)


def _on_media_host(link: str | None, region: str) -> str:
    if not link:
        raise PayloadError("the configuration names no media service")
    return link if link.startswith("http") else f"https://mcs.{region}.twilio.com{link}"


def api_url(region: str, resource: str) -> str:
    """Return the address of a resource that no other one names. The host is but a field of the packet."""
    return f"https://aim.{region}.twilio.com/Client/v2/{resource}"


def with_query(url: str, **params: str | int | None) -> str:
    """Return an address with a query; what is None is left out."""
    query = "&".join(f"{name}={quoted(str(value))}" for name, value in params.items() if value is not None)
    return f"{url}{'&' if '?' in url else '?'}{query}" if query else url


def quoted(segment: str) -> str:
    """Percent-encode one segment of a path, or one value of a query, as `encodeURIComponent` does."""
    return quote(segment, safe="!'()*-._~")
