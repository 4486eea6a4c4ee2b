"""Which events the emitters of entities have, what streams bring them, and what their listeners get.

Names and arguments are those of the SDK. Where it gives an object of the entity and `updateReasons`, listeners get the
event of the stream: it has the entity by the same name, and `reasons`, `before` and `after`.

Source: From the public API to the wire.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Final, NamedTuple

from rxconvo.client.events import TokenAboutToExpire, TokenExpired
from rxconvo.listeners import Arguments, EventName
from rxconvo.model import (
    ConversationAdded,
    ConversationJoined,
    ConversationLeft,
    ConversationRemoved,
    MessageAdded,
    MessageRemoved,
    MessageUpdated,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantUpdated,
    TypingEnded,
    TypingStarted,
    UserSubscribed,
    UserUnsubscribed,
    UserUpdated,
)

__all__ = ["CLIENT", "CONVERSATION", "MESSAGE", "PARTICIPANT", "USER", "Rule", "Table", "key_of"]


class Rule(NamedTuple):
    """How an event comes about.

    Attributes:
        stream: The attribute that is the stream which brings it.
        arguments: Tells what listeners get for a value of that stream; None where it is not about this event.
    """

    stream: str
    arguments: Callable[[Any], Arguments | None]


class Table:
    """The events of one kind of entities.

    Args:
        rules: How each comes about, by name.
        until: The stream that tells of the end of such an entity, observed with any of the others; None where that is
            seen elsewhere.
        end: The class of the stream's events that are such an end.

    Attributes:
        rules: The same.
        until: The same.
        end: The same.
    """

    __slots__ = ("_by_stream", "end", "rules", "until")

    def __init__(self, rules: Mapping[EventName, Rule], *, until: str | None = None, end: type | None = None) -> None:
        self.rules = rules
        self.until = until
        self.end = end
        self._by_stream: dict[str, list[EventName]] = {}
        for name, rule in rules.items():
            self._by_stream.setdefault(rule.stream, []).append(name)

    def brought_by(self, stream: str) -> list[EventName]:
        """List the events that a stream brings."""
        return self._by_stream.get(stream, [])


def _bare(stream: str, kind: type) -> Rule:
    """Tell that it has happened, no more."""

    def arguments(value: object) -> Arguments | None:
        return () if isinstance(value, kind) else None

    return Rule(stream, arguments)


def _itself(stream: str, kind: type = object) -> Rule:
    """Give the value of the stream."""

    def arguments(value: object) -> Arguments | None:
        return (value,) if isinstance(value, kind) else None

    return Rule(stream, arguments)


def _entity(stream: str, kind: type, name: str) -> Rule:
    """Give what the event is about. As in the SDK, an unknown message that is removed is no event."""

    def arguments(value: object) -> Arguments | None:
        entity = getattr(value, name) if isinstance(value, kind) else None
        return None if entity is None else (entity,)

    return Rule(stream, arguments)


def _outcome(start: str | Exception | None) -> Arguments | None:
    """Give the outcome of a client's start, if there is one, by its name."""
    return None if start is None else ("failed" if isinstance(start, Exception) else start,)


_TYPING: Final[dict[EventName, Rule]] = {
    "typingStarted": _entity("typing", TypingStarted, "participant"),
    "typingEnded": _entity("typing", TypingEnded, "participant"),
}

_OF_ALL: Final[dict[EventName, Rule]] = {
    "participantJoined": _entity("participants", ParticipantJoined, "participant"),
    "participantLeft": _entity("participants", ParticipantLeft, "participant"),
    "participantUpdated": _itself("participants", ParticipantUpdated),
    "messageAdded": _entity("messages", MessageAdded, "message"),
    "messageRemoved": _entity("messages", MessageRemoved, "message"),
    "messageUpdated": _itself("messages", MessageUpdated),
    **_TYPING,
}

CLIENT: Final = Table(
    {
        "stateChanged": Rule("_start", _outcome),
        "initialized": _bare("_start", str),
        "initFailed": _itself("_start", Exception),
        "connectionStateChanged": _itself("connection_state"),
        "connectionError": _itself("_connection_errors"),
        "tokenAboutToExpire": _bare("tokens", TokenAboutToExpire),
        "tokenExpired": _bare("tokens", TokenExpired),
        "conversationAdded": _entity("conversations", ConversationAdded, "conversation"),
        "conversationJoined": _entity("conversations", ConversationJoined, "conversation"),
        "conversationLeft": _entity("conversations", ConversationLeft, "conversation"),
        "conversationRemoved": _entity("conversations", ConversationRemoved, "conversation"),
        "conversationUpdated": _itself("updated"),  # rather than `conversations`: this one opens what it needs
        **_OF_ALL,
        "userSubscribed": _entity("users", UserSubscribed, "user"),
        "userUnsubscribed": _entity("users", UserUnsubscribed, "user"),
        "userUpdated": _itself("users", UserUpdated),
        "pushNotification": _itself("push"),
    }
)
"""The events of a client."""

CONVERSATION: Final = Table(
    {
        **_OF_ALL,
        "updated": _itself("updated"),
        "removed": _entity("removed", ConversationRemoved, "conversation"),
    }
)
"""The events of a conversation."""

MESSAGE: Final = Table({"updated": _itself("messages", MessageUpdated)}, until="messages", end=MessageRemoved)
"""The events of a message."""

PARTICIPANT: Final = Table(
    {**_TYPING, "updated": _itself("participants", ParticipantUpdated)}, until="participants", end=ParticipantLeft
)
"""The events of a participant."""

USER: Final = Table(
    {
        "updated": _itself("users", UserUpdated),
        "userSubscribed": _entity("users", UserSubscribed, "user"),
        "userUnsubscribed": _entity("users", UserUnsubscribed, "user"),
    }
)
"""The events of a user."""


_KEYS: Final[dict[type, Callable[[Any], str | None]]] = {
    MessageUpdated: attrgetter("after.sid"),
    MessageRemoved: lambda event: None if event.message is None else event.message.sid,
    ParticipantUpdated: attrgetter("after.sid"),
    ParticipantLeft: attrgetter("participant.sid"),
    TypingStarted: attrgetter("participant.sid"),
    TypingEnded: attrgetter("participant.sid"),
    UserUpdated: attrgetter("after.identity"),
    UserSubscribed: attrgetter("user.identity"),
    UserUnsubscribed: attrgetter("user.identity"),
}


def key_of(event: object) -> str | None:
    """Return which message, participant or user an event is about, if their emitters want to know of it."""
    key = _KEYS.get(type(event))
    return None if key is None else key(event)
