"""What people do in a conversation, as plain values with a time.

The corpus records messages only. All else is derived from them, and says so by its `derived`.
"""

from __future__ import annotations

from typing import ClassVar, TypeAlias

import msgspec

from rxconvo.types import Identity

__all__ = [
    "Action",
    "Connect",
    "Disconnect",
    "Edit",
    "Join",
    "Leave",
    "Read",
    "Remove",
    "Send",
    "Typing",
]


class _Done(msgspec.Struct, frozen=True, gc=False):
    at: float
    identity: Identity
    derived: ClassVar[bool] = True


class _DoneIn(_Done, frozen=True, gc=False):
    conversation: str


class Connect(_Done, frozen=True, gc=False):
    """*identity* comes online: the first of their conversations starts.

    Attributes:
        at: Unix time in seconds, as in every action.
        identity: Who does it, as in every action.
    """


class Disconnect(_Done, frozen=True, gc=False):
    """*identity* goes offline: the last of their conversations has ended."""


class Join(_DoneIn, frozen=True, gc=False):
    """*identity* joins; the first to join creates the conversation.

    Attributes:
        conversation: The conversation's unique name, as in all actions that follow.
    """


class Leave(_DoneIn, frozen=True, gc=False):
    """*identity* leaves."""


class Typing(_DoneIn, frozen=True, gc=False):
    """*identity* signals typing, for the first time or again."""


class Send(_DoneIn, frozen=True, gc=False):
    """*identity* sends a message: the one thing that was recorded.

    Attributes:
        index: Number of the message in this conversation, from 0.
        body: What it says; may be empty.
    """

    index: int
    body: str
    derived: ClassVar[bool] = False


class Read(_DoneIn, frozen=True, gc=False):
    """*identity* has read up to a message.

    Attributes:
        index: The last message read.
    """

    index: int


class Edit(_DoneIn, frozen=True, gc=False):
    """*identity* changes the body of an own message.

    Attributes:
        index: Which message.
        body: What it says now.
    """

    index: int
    body: str


class Remove(_DoneIn, frozen=True, gc=False):
    """*identity* removes an own message.

    Attributes:
        index: Which message.
    """

    index: int


Action: TypeAlias = Connect | Disconnect | Join | Leave | Typing | Send | Read | Edit | Remove
"""Anything that happens in a timeline."""
