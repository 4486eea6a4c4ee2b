"""Clients: connecting, the handles that act, and the embedded service as an object."""

from __future__ import annotations

from rxconvo.client.client import Client
from rxconvo.client.connect import connect
from rxconvo.client.connecting import Connecting
from rxconvo.client.conversation import Conversation
from rxconvo.client.service import Service

__all__ = ["Client", "Connecting", "Conversation", "Service", "connect"]
