"""What can be chosen about a service."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from rxconvo.errors import ArgumentError
from rxconvo.server.limits import Limits
from rxconvo.server.roles import Roles

__all__ = ["ServerOptions"]


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """The settings of a `Server`. Durations in seconds, sizes in bytes.

    Attributes:
        limits: Sizes, counts and rates.
        roles: Who may do what.
        api_url: Where the Configuration says the resources are. Requests come through the socket, whatever it says.
        sync_url: The same for replicated objects.
        media_url: Where the Configuration says the media service is, which is asked over plain HTTP; for proxies. None
            for where the client has reached the service.
        media_url_ttl: How long an address holds by which anybody may download a media in the place of who asked for it.
        media_ttl: How long an upload is kept that is not attached to a message.
        handshake_timeout: How long the first packet may take.
        idle_timeout: After so long a silence the service sends a ping, and after as long again it drops the connection;
            None leaves that to the transport (a websocket has its own heartbeat).
        max_message: Size of a packet from a client.
        max_outbound: Bytes that may wait for one connection's reader; one more and the connection is dropped. At least
            four pages (`limits.page_bytes`): a page of small items is a multiple of that in packets.
        max_in_flight: Requests of one connection that are worked on at once; more wait unread.
        max_reads: As many of them may be other than mutations: their answers can be large.
        subscription_ttl: After so long clients renew their subscriptions.
        subscription_delivery: Within so long clients expect what they subscribed to.
        typing_timeout: For how long a typing signal holds; watchers get a second more.
        http_cache_interval: ISO 8601; official clients keep resources for a tenth of it.
        expiry_notice: How long before its end a client hears that its token is about to expire.
        mutation_ttl: How long the result of a mutation is kept for its repetition.
    """

    limits: Limits = field(default_factory=Limits)
    roles: Roles = field(default_factory=Roles)
    api_url: str = "https://aim.us1.twilio.com"
    sync_url: str = "https://cds.us1.twilio.com"
    media_url: str | None = None
    media_url_ttl: float = 300.0
    media_ttl: float = 24 * 3600.0
    handshake_timeout: float = 10.0
    idle_timeout: float | None = None
    max_message: int = 256 * 1024
    max_outbound: int = 8 * 2**20
    max_in_flight: int = 32
    max_reads: int = 4
    subscription_ttl: int = 86_400
    subscription_delivery: float = 10.0
    typing_timeout: int = 5
    http_cache_interval: str = "PT1S"
    expiry_notice: float = 180.0
    mutation_ttl: float = 24 * 3600.0

    def __post_init__(self) -> None:
        if self.max_outbound < 4 * self.limits.page_bytes:
            raise ArgumentError("max_outbound", "at least four times limits.page_bytes", self.max_outbound)
        if self.media_url is not None and not _is_base(self.media_url):
            raise ArgumentError("media_url", "http(s)://HOST[:PORT][/PATH], without a slash at the end", self.media_url)


def _is_base(url: str) -> bool:
    """Tell whether paths can be put after a URL, as clients take one for an address of plain HTTP."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"}
        and bool(parts.hostname)
        and url == f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
    )
