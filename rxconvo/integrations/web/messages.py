"""What goes to a viewer: one message, in the form of each protocol, made once for all viewers."""

from __future__ import annotations

from functools import cached_property
from types import MappingProxyType
from typing import Final

__all__ = ["EVENT_STREAM_HEADERS", "WebMessage"]

EVENT_STREAM_HEADERS: Final = MappingProxyType(
    {
        "Content-Type": "text/event-stream",
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",  # nginx would collect what is meant for now
    }
)
"""Headers of a response that carries server-sent events."""


class WebMessage:
    """A message for viewers.

    Where it has an id, a viewer that got it has got all that is before it, too. A message with an id alone says nothing
    else than that.

    Args:
        id: Where the feed is with it, or nothing.
        event: Its topic, or `gap`, `end` or `error`; empty where it has an id alone.
        data: JSON, in one line.
        seq: Its number in its feed; 0 where it is in no order.
        topic: Number of its topic.
        nth: Its number in its topic.
        last: Whether nothing comes after it.
    """

    # No slots: its forms are kept, once somebody has asked for them.

    def __init__(
        self,
        id: str,
        event: str = "",
        data: bytes = b"",
        *,
        seq: int = 0,
        topic: int = 0,
        nth: int = 0,
        last: bool = False,
    ) -> None:
        self.id = id
        self.event = event
        self.data = data
        self.seq = seq
        self.topic = topic
        self.nth = nth
        self.last = last

    def __repr__(self) -> str:
        return f"<WebMessage {self.id} {self.event}>"

    @cached_property
    def sse(self) -> bytes:
        """The message as a server-sent event.

        Source: HTML, server-sent events, parsing an event stream.
        """
        fields = (f"id: {self.id}\n" if self.id else "") + (f"event: {self.event}\n" if self.event else "")
        return b"%bdata: %b\n\n" % (fields.encode(), self.data) if self.event else f"{fields}\n".encode()

    @cached_property
    def text(self) -> bytes:
        """The message as JSON for a websocket: `{"id": …, "event": …, "data": …}`; absent members are left out."""
        members = [f'"id":"{self.id}"'.encode()] if self.id else []
        if self.event:
            members += (f'"event":"{self.event}"'.encode(), b'"data":%b' % self.data)
        return b"{%b}" % b",".join(members)
