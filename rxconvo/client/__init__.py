"""Clients: connecting, the handles that act, and the embedded service as an object."""

from __future__ import annotations

from rxconvo.client.attachments import SendEmailOptions, SendMediaOptions
from rxconvo.client.builder import MessageBuilder, UnsentMessage
from rxconvo.client.client import Client
from rxconvo.client.configuration import ConversationLimits
from rxconvo.client.connect import connect
from rxconvo.client.connecting import Connecting
from rxconvo.client.conversation import Conversation
from rxconvo.client.environment import Environment
from rxconvo.client.events import TokenAboutToExpire, TokenEvent, TokenExpired
from rxconvo.client.options import BackoffPolicy, ClientOptions, Watch
from rxconvo.client.outbox_store import SqliteOutbox
from rxconvo.client.replay import Replay
from rxconvo.client.service import ServerOptions, Service
from rxconvo.client.tokens import TokenProvider
from rxconvo.client.transfers import Download
from rxconvo.recordings import Recording

__all__ = [
    "BackoffPolicy",
    "Client",
    "ClientOptions",
    "Connecting",
    "Conversation",
    "ConversationLimits",
    "Download",
    "Environment",
    "MessageBuilder",
    "Recording",
    "Replay",
    "SendEmailOptions",
    "SendMediaOptions",
    "ServerOptions",
    "Service",
    "SqliteOutbox",
    "TokenAboutToExpire",
    "TokenEvent",
    "TokenExpired",
    "TokenProvider",
    "UnsentMessage",
    "Watch",
    "connect",
]
