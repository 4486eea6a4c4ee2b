"""A conversation's handle, by concern."""

from __future__ import annotations

from rxconvo.client.conversation.conversation import Conversation

__all__ = ["Conversation"]
