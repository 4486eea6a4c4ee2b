"""Clients: connecting, the handles that act, and the embedded service as an object."""

from __future__ import annotations

from rxconvo.client.client import Client
from rxconvo.client.configuration import Limits
from rxconvo.client.connect import connect
from rxconvo.client.connecting import Connecting
from rxconvo.client.conversation import Conversation
from rxconvo.client.environment import Environment
from rxconvo.client.events import TokenAboutToExpire, TokenEvent, TokenExpired
from rxconvo.client.options import BackoffPolicy, ClientOptions, Watch
from rxconvo.client.service import ServerOptions, Service
from rxconvo.client.tokens import TokenProvider

__all__ = [
    "BackoffPolicy",
    "Client",
    "ClientOptions",
    "Connecting",
    "Conversation",
    "Environment",
    "Limits",
    "ServerOptions",
    "Service",
    "TokenAboutToExpire",
    "TokenEvent",
    "TokenExpired",
    "TokenProvider",
    "Watch",
    "connect",
]
