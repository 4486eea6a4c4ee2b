"""Bytes in, bytes out: what carries the packets between a client and the service."""

from __future__ import annotations

from rxconvo.transport.base import HIGH_WATER, MAX_BUFFERED, MAX_MESSAGE, Connector, Transport
from rxconvo.transport.memory import MemoryTransport, pair

__all__ = ["HIGH_WATER", "MAX_BUFFERED", "MAX_MESSAGE", "Connector", "MemoryTransport", "Transport", "pair"]
