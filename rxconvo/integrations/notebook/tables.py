"""The columns of data frames, by the kinds of values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from rxconvo.client import Conversation
from rxconvo.display.html import text_of
from rxconvo.model import (
    ConversationAdded,
    ConversationJoined,
    ConversationLeft,
    ConversationRemoved,
    ConversationState,
    ConversationUpdated,
    Discontinuity,
    Media,
    Message,
    MessageAdded,
    MessageRemoved,
    MessageUpdated,
    Participant,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantUpdated,
    ResponseSample,
    Session,
    SlaState,
    TypingEnded,
    TypingStarted,
    User,
    UserSubscribed,
    UserUnsubscribed,
    UserUpdated,
)
from rxconvo.streams import StreamReport

__all__ = ["Column", "Dtype", "Table", "table_of"]

Dtype: TypeAlias = Literal["text", "integer", "number", "flag", "time"]
"""What is in a column."""


class Column(NamedTuple):
    """One column.

    Attributes:
        name: What it is called.
        dtype: What is in it.
        get: Returns it of a value.
    """

    name: str
    dtype: Dtype
    get: Callable[[Any], Any]


Table: TypeAlias = tuple[Column, ...]


def _columns(dtype: Dtype, *names: str) -> Table:
    """Return columns that have the names of attributes."""
    return tuple(Column(name, dtype, _at(name)) for name in names)


def _at(path: str) -> Callable[[Any], Any]:
    """Return what reads an attribute of an attribute, and so on, as far as there is one."""
    names = path.split(".")

    def read(value: Any) -> Any:
        for name in names:
            value = None if value is None else getattr(value, name)
        return value

    return read


def _of_snapshot(get: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(conversation: Conversation) -> Any:
        return get(conversation.snapshot)

    return read


def _count_media(message: Message[Any]) -> int:
    return len(message.medias)


def _duration(session: Session[Any]) -> float:
    return (session.end - session.start).total_seconds()


def _name(event: object) -> str:
    return type(event).__name__


_ATTRIBUTES: Final = Column("attributes", "text", _at("attributes_json"))
_SID: Final = _columns("text", "conversation_sid")

_MESSAGES: Final[Table] = (
    *_columns("integer", "index"),
    *_columns("text", "sid", "author", "body", "subject", "type"),
    *_columns("time", "date_created", "date_updated"),
    *_columns("text", "last_updated_by", "participant_sid", "content_sid"),
    _ATTRIBUTES,
    Column("media", "integer", _count_media),
    *_SID,
)

_PARTICIPANTS: Final[Table] = (
    *_columns("text", "sid", "identity", "type", "role_sid"),
    *_columns("time", "date_created", "date_updated"),
    *_columns("integer", "last_read_message_index"),
    *_columns("time", "last_read_timestamp"),
    _ATTRIBUTES,
    Column("bindings", "text", _at("bindings_json")),
    *_SID,
)

_USERS: Final[Table] = (
    *_columns("text", "identity", "friendly_name"),
    *_columns("flag", "is_online", "is_notifiable"),
    _ATTRIBUTES,
)

_STATES: Final[Table] = (
    *_columns("text", "sid", "friendly_name", "unique_name", "status"),
    Column("state", "text", _at("state.current")),
    *_columns("text", "created_by"),
    *_columns("time", "date_created", "date_updated"),
    Column("last_message_index", "integer", _at("last_message.index")),
    Column("last_message_at", "time", _at("last_message.date_created")),
    *_columns("integer", "last_read_message_index"),
    *_columns("text", "notification_level"),
    _ATTRIBUTES,
)

_CONVERSATIONS: Final[Table] = tuple(column._replace(get=_of_snapshot(column.get)) for column in _STATES)


def _text(name: str) -> Column:
    """Return a column of what may be anything: of a message its body."""
    get = _at(name)

    def read(value: object) -> str | None:
        found = get(value)
        return found.body if isinstance(found, Message) else text_of(found)

    return Column(name, "text", read)


_SAMPLES: Final[Table] = (
    _text("key"),
    *_columns("time", "asked_at", "answered_at"),
    *_columns("number", "seconds"),
    _text("question"),
    _text("answer"),
)

_SESSIONS: Final[Table] = (
    _text("key"),
    *_columns("time", "start", "end"),
    Column("seconds", "number", _duration),
    *_columns("integer", "count"),
    *_columns("flag", "open"),
)

_SLA: Final[Table] = (
    _text("key"),
    *_columns("text", "status"),
    *_columns("time", "due_at"),
    *_columns("text", "owner"),
)

_MEDIA: Final[Table] = (
    *_columns("text", "sid", "category", "filename", "content_type"),
    *_columns("integer", "size"),
)

_REPORTS: Final[Table] = (
    *_columns("text", "name"),
    *_columns("integer", "subscribers", "items"),
    *_columns("number", "rate", "lag"),
    *_columns("integer", "drops"),
    *_columns("text", "last_error"),
)


def _of_events(columns: Table, *subjects: str) -> Table:
    """Return columns of events: what happened, and what it is about, where that is known.

    Args:
        columns: Those of what it is about.
        subjects: The attributes that this may be.
    """
    return (
        Column("event", "text", _name),
        Column("reason", "text", _reason),
        *(column._replace(get=_of_subject(column, subjects)) for column in columns),
    )


def _reason(event: object) -> str | None:
    reason = getattr(event, "reason", None)
    return ", ".join(getattr(event, "reasons", ())) or None if reason is None else reason


def _of_subject(column: Column, subjects: tuple[str, ...]) -> Callable[[Any], Any]:
    def read(event: object) -> object:
        subject = next((found for name in subjects if (found := getattr(event, name, None)) is not None), None)
        # Of what was not held, and of what was missed, there is little to say: what the event says itself.
        return getattr(event, column.name, None) if subject is None else column.get(subject)

    return read


_TABLES: Final[tuple[tuple[Table, tuple[type[Any], ...]], ...]] = (
    (_MESSAGES, (Message,)),
    (_PARTICIPANTS, (Participant,)),
    (_USERS, (User,)),
    (_STATES, (ConversationState,)),
    (_CONVERSATIONS, (Conversation,)),
    (_SAMPLES, (ResponseSample,)),
    (_SESSIONS, (Session,)),
    (_SLA, (SlaState,)),
    (_MEDIA, (Media,)),
    (_REPORTS, (StreamReport,)),
    (_of_events(_MESSAGES, "message"), (MessageAdded, MessageUpdated, MessageRemoved, Discontinuity)),
    (
        _of_events(_PARTICIPANTS, "participant"),
        (ParticipantJoined, ParticipantUpdated, ParticipantLeft, Discontinuity),
    ),
    (
        _of_events((*_columns("text", "identity", "type"), *_SID), "participant"),
        (TypingStarted, TypingEnded),
    ),
    (
        _of_events(_STATES, "after", "state"),
        (ConversationAdded, ConversationJoined, ConversationLeft, ConversationRemoved, ConversationUpdated),
    ),
    (_of_events(_USERS, "user"), (UserUpdated, UserSubscribed, UserUnsubscribed)),
)


def table_of(kind: type[Any]) -> tuple[Table, ...]:
    """Return the tables that values of a class can be put in."""
    return tuple(table for table, kinds in _TABLES if issubclass(kind, kinds))
