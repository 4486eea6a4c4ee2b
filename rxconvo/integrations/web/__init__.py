"""Streams to browsers: server-sent events and websockets, encoded once for all who watch."""

from __future__ import annotations

from rxconvo.integrations.web.encoding import jsonable
from rxconvo.integrations.web.feed import Feed
from rxconvo.integrations.web.messages import EVENT_STREAM_HEADERS, WebMessage
from rxconvo.integrations.web.sse import send_events, sse
from rxconvo.integrations.web.topics import First
from rxconvo.integrations.web.viewer import Viewer
from rxconvo.integrations.web.ws import send_messages, ws

__all__ = [
    "EVENT_STREAM_HEADERS",
    "Feed",
    "First",
    "Viewer",
    "WebMessage",
    "jsonable",
    "send_events",
    "send_messages",
    "sse",
    "ws",
]
