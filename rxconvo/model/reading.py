"""What operators make of reading and typing: who has read what, what was told the service, what concerns the own user.

Frozen and pure.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Generic

from msgspec import Struct

from rxconvo.display import Displayed
from rxconvo.model.home import C_co
from rxconvo.model.message import Message
from rxconvo.types import Identity, Sid

__all__ = ["MarkedRead", "Mention", "Notification", "ReadReceipts", "TypingSent"]


class TypingSent(Struct, Displayed, frozen=True):
    """A typing signal was sent, or could not be.

    Attributes:
        error: Why nobody may have heard it; None where it was sent.
    """

    error: Exception | None = None


class MarkedRead(Struct, Displayed, frozen=True):
    """The read horizon was moved, or could not be.

    Attributes:
        index: Index of the last message read.
        unread: How many messages are unread now, as the service counts; None where it does not say.
        error: Why the horizon is where it was; None where it was moved.
    """

    index: int
    unread: int | None = None
    error: Exception | None = None


class ReadReceipts(Struct, Displayed, frozen=True, gc=False):
    """Who has read what, of one conversation. Those who have read nothing are not in it.

    Attributes:
        horizons: Indices of the last messages read, ascending.
        identities: Whose they are, in the same order; of equal ones by name.
    """

    horizons: tuple[int, ...] = ()
    identities: tuple[Identity, ...] = ()

    def read_by(self, index: int) -> frozenset[Identity]:
        """Return who has read a message: whose horizon is there, or further.

        Args:
            index: Index of the message.
        """
        return frozenset(self.identities[bisect_left(self.horizons, index) :])

    def count(self, index: int) -> int:
        """Return how many have read a message. It takes a binary search, however many there are.

        Args:
            index: Index of the message.
        """
        return len(self.horizons) - bisect_left(self.horizons, index)

    def last_read_by(self, index: int) -> tuple[Identity, ...]:
        """Return for whom a message is the last one read: those who are shown beside it.

        Args:
            index: Index of the message.
        """
        return self.identities[bisect_left(self.horizons, index) : bisect_left(self.horizons, index + 1)]


class Mention(Struct, Displayed, Generic[C_co], frozen=True, gc=False):
    """A message speaks of the own user.

    Attributes:
        message: The message.
        spans: Where its body does: for each place the index of the first character, and of the one behind the last.
        listed: Whether its attributes name the own user.
    """

    message: Message[C_co]
    spans: tuple[tuple[int, int], ...] = ()
    listed: bool = False


class Notification(Struct, Displayed, Generic[C_co], frozen=True, gc=False):
    """Messages of one conversation that the own user should hear of.

    Attributes:
        messages: The newest ones, in the order in which they came; at least one.
        count: How many there are, those included that are not kept.
    """

    messages: tuple[Message[C_co], ...]
    count: int

    @property
    def message(self) -> Message[C_co]:
        """The newest one."""
        return self.messages[-1]

    @property
    def conversation_sid(self) -> Sid:
        """Sid of the conversation."""
        return self.message.home.sid
