"""What values act through: one weak link a conversation, and what the handle at its end can do.

A value is a frozen `Struct` that the collector does not visit, so it must never be part of a cycle. It therefore knows
its conversation only by name, and asks the client for the handle when it has to act. Values of users ask the client
itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeAlias

from reactivex import Observable
from typing_extensions import TypeVar

from rxconvo.errors import DetachedError
from rxconvo.types import JSON, Identity, JSONInput, Sid

__all__ = [
    "C_co",
    "ClientHome",
    "ConversationFinder",
    "ConversationHandle",
    "HistoryPage",
    "Home",
    "MessageEntry",
    "MessageHistory",
    "MessagePage",
    "Outcome",
    "ReadMarker",
    "Transfer",
    "TypingSender",
    "UnreadConversation",
    "UnreadHistory",
    "UnreadState",
]

T = TypeVar("T")
A_co = TypeVar("A_co", covariant=True)

C_co = TypeVar("C_co", covariant=True, default=Any)
"""The class of a conversation's handle, which only the client can name: what it gives is a `Message[Conversation]`.

An annotation that says no more than `Message` leaves it open.
"""

Outcome: TypeAlias = Observable[T]
"""The cold Observable that a mutation or query returns: one value, then completion. It can be awaited."""

Transfer: TypeAlias = Observable[T]
"""The cold Observable of a transfer: how far it has come, time and again, then completion. It can be awaited."""


class ConversationFinder(Protocol[A_co]):
    """What finds the handle of a conversation: the client."""

    def find_conversation(self, sid: Sid) -> A_co | None:
        """Return the handle of a conversation, made on demand, or None where there is none any more."""
        ...


class Home(Generic[A_co]):
    """The weak link from the values of one conversation to its handle.

    Args:
        sid: The conversation.
        client: Weak reference to what finds the handle; None for values that belong nowhere.
    """

    __slots__ = ("_client", "sid")

    def __init__(self, sid: Sid = "", client: Callable[[], ConversationFinder[A_co] | None] | None = None) -> None:
        self.sid = sid
        self._client = client

    def get(self) -> A_co:
        """Return the handle.

        Raises:
            DetachedError: The client or the conversation is gone.
        """
        client = self._client() if self._client is not None else None
        handle = client.find_conversation(self.sid) if client is not None else None
        if handle is None and self._client is None:
            raise DetachedError(f"this value of conversation {self.sid} was made by itself and has no client")
        if handle is None:
            raise DetachedError(f"conversation {self.sid} is gone from its client, or its client is")
        return handle

    def __repr__(self) -> str:
        return f"Home({self.sid!r})"


class ClientHome(Generic[A_co]):
    """The weak link from the values of users to the client.

    Args:
        client: Weak reference to the client; None for values that belong nowhere.
    """

    __slots__ = ("_client",)

    def __init__(self, client: Callable[[], A_co | None] | None = None) -> None:
        self._client = client

    def get(self) -> A_co:
        """Return the client.

        Raises:
            DetachedError: It is gone.
        """
        client = self._client() if self._client is not None else None
        if client is None:
            lost = "that this user was read by is gone" if self._client else "is missing: this user was made by itself"
            raise DetachedError(f"the client {lost}")
        return client

    def __repr__(self) -> str:
        return "ClientHome()"


class ConversationHandle(Protocol):
    """What values and operators know of a conversation's handle. The handle itself can do more."""

    @property
    def sid(self) -> Sid:
        """The conversation's sid."""
        ...

    @property
    def friendly_name(self) -> str | None:
        """The name to show, or None."""
        ...

    @property
    def unique_name(self) -> str | None:
        """The name to look it up by, or None."""
        ...

    @property
    def attributes(self) -> JSON:
        """The application's own data."""
        ...

    @property
    def status(self) -> str:
        """`joined`, `notParticipating` or `unknown`."""
        ...

    @property
    def last_read_message_index(self) -> int | None:
        """Index of the last message that the own user has read, or None."""
        ...

    def send_message(self, body: str, /) -> Outcome[int]:
        """Send a text; emits the message's index."""
        ...

    def send_typing(self) -> Outcome[None]:
        """Tell the others that the own user is typing."""
        ...

    def update_attributes(self, attributes: JSONInput, /) -> Outcome[ConversationHandle]:
        """Replace the application's own data."""
        ...

    def advance_last_read_message_index(self, index: int, /) -> Outcome[int | None]:
        """Move the read horizon forward; emits how many messages are unread now, None where nothing was read."""
        ...

    def get_messages_count(self) -> Outcome[int]:
        """Ask how many messages there are."""
        ...


class UnreadState(Protocol):
    """What an unread badge needs to know of a conversation."""

    @property
    def identity(self) -> Identity:
        """The own user, whose messages are never unread."""
        ...

    @property
    def last_read_message_index(self) -> int | None:
        """Index of the last message read, or None where nothing was."""
        ...

    @property
    def updated(self) -> Observable[object]:
        """Something whenever the read horizon may have moved. Hot."""
        ...

    def get_unread_messages_count(self) -> Observable[int | None]:
        """Ask how many messages are unread; emits None where there is no horizon. Cold."""
        ...


class MessageEntry(Protocol):
    """What a badge looks at of a message."""

    @property
    def index(self) -> int:
        """Its place."""
        ...

    @property
    def author(self) -> Identity | None:
        """Identity or address of who wrote it."""
        ...


class MessagePage(Protocol):
    """A page of messages, and the way to older ones."""

    @property
    def items(self) -> Sequence[MessageEntry]:
        """The messages, by ascending index."""
        ...

    @property
    def has_prev_page(self) -> bool:
        """Whether there are older ones."""
        ...

    def prev_page(self) -> Observable[MessagePage]:
        """Read the page before this one. Cold."""
        ...


class UnreadHistory(UnreadState, Protocol):
    """What makes an unread badge exact: the messages themselves can be read, and so their authors."""

    def get_messages(self, page_size: int, /) -> Observable[MessagePage]:
        """Read the newest messages. Cold."""
        ...


class UnreadConversation(UnreadState, Protocol):
    """What a total of several badges needs to know of each conversation. One that can be paged is counted exactly."""

    @property
    def sid(self) -> Sid:
        """The conversation's sid."""
        ...

    @property
    def notification_level(self) -> str:
        """`default` or `muted`; `updated` tells when it may have changed."""
        ...


class TypingSender(Protocol):
    """Where typing signals go."""

    @property
    def typing_silence(self) -> float:
        """Seconds for which the service wants no further signal; 0 where it waits for none."""
        ...

    def send_typing(self) -> Observable[object]:
        """Tell the others that the own user is typing. Cold."""
        ...


class ReadMarker(Protocol):
    """Where it is told what was read."""

    @property
    def last_read_message_index(self) -> int | None:
        """Index of the last message read, or None where nothing was."""
        ...

    def advance_last_read_message_index(self, index: int, /) -> Observable[int | None]:
        """Move the read horizon forward; emits how many messages are unread now. Cold."""
        ...


class HistoryPage(Protocol[A_co]):
    """A page of anything that is in order, and the way to what is before it."""

    @property
    def items(self) -> Sequence[A_co]:
        """What is on the page, ascending."""
        ...

    @property
    def has_prev_page(self) -> bool:
        """Whether there is more before it."""
        ...

    def prev_page(self) -> Observable[HistoryPage[A_co]]:
        """Read the page before this one. Cold."""
        ...


class MessageHistory(Protocol[A_co]):
    """Something whose messages can be read: a conversation."""

    def get_messages(self, page_size: int, /) -> Observable[HistoryPage[A_co]]:
        """Read the newest messages. Cold."""
        ...
