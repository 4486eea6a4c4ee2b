"""Values as JSON, for whoever is no Python program.

What a value refers to stays here: instead of its conversation there is a sid. Dates are ISO 8601, sets are sorted
lists, the application's own data is JSON instead of text. What happened says its name as `type`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import timedelta
from operator import attrgetter
from typing import Any, Final, TypeAlias, cast

import orjson
from msgspec import Struct

from rxconvo.client import Conversation
from rxconvo.client.events import TokenAboutToExpire, TokenExpired
from rxconvo.errors import ArgumentError
from rxconvo.model import (
    Append,
    CaughtUp,
    ConversationAdded,
    ConversationJoined,
    ConversationLeft,
    ConversationRemoved,
    ConversationUpdated,
    Diff,
    DiffBatch,
    Discontinuity,
    Echoed,
    Failed,
    Insert,
    MarkedRead,
    Mention,
    Message,
    MessageAdded,
    MessageRemoved,
    MessageUpdated,
    Notification,
    Participant,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantUpdated,
    Pending,
    PushNotification,
    Remove,
    Reset,
    Sent,
    Set,
    Truncate,
    TypingEnded,
    TypingSent,
    TypingStarted,
    User,
    UserSubscribed,
    UserUnsubscribed,
    UserUpdated,
)
from rxconvo.model.fields import parse_date
from rxconvo.types import JSON

__all__ = ["Encode", "diff_json", "is_happening", "jsonable", "to_json"]

Encode: TypeAlias = Callable[[Any], object]
"""Makes of a value what JSON can say, or any other value that this module can."""

_OPTIONS: Final = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS

_TAGGED: Final = (
    CaughtUp,
    ConversationAdded,
    ConversationJoined,
    ConversationLeft,
    ConversationRemoved,
    ConversationUpdated,
    Discontinuity,
    Echoed,
    Failed,
    MarkedRead,
    Mention,
    MessageAdded,
    MessageRemoved,
    MessageUpdated,
    Notification,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantUpdated,
    Pending,
    Reset,
    Sent,
    TokenAboutToExpire,
    TokenExpired,
    TypingEnded,
    TypingSent,
    TypingStarted,
    UserSubscribed,
    UserUnsubscribed,
    UserUpdated,
)
"""What says its name, since streams carry several of a kind."""

_HAPPENINGS: Final = (*_TAGGED, Message, Participant, User, PushNotification, Exception)
"""What happened rather than what is: to know the last one of these is not to know all."""

_Member: TypeAlias = tuple[str, Callable[[Any], object]]
_PLANS: Final[dict[type, tuple[_Member, ...]]] = {}


def is_happening(value: object) -> bool:
    """Tell whether a value is something that happened, of which each counts, and no state, of which the newest does."""
    return isinstance(value, _HAPPENINGS)


def to_json(value: object) -> bytes:
    """Return a value as JSON text: UTF-8, in one line.

    Args:
        value: What JSON can say, values and events of rxconvo, dataclasses, `Struct`s, dates, enums, sets and mappings,
            also within each other.

    Raises:
        ArgumentError: There is something else in it.
    """
    try:
        return orjson.dumps(value, _plain, _OPTIONS)
    except orjson.JSONEncodeError as error:
        raise ArgumentError("value", f"something that can be said in JSON, as encode= can make it ({error})") from error


def jsonable(value: object) -> JSON:
    """Return a value as what JSON can say: how it gets to a browser where no `encode` is given.

    Example:
        from rxconvo import Append, DiffBatch
        from rxconvo.integrations.web import jsonable

        print(jsonable(frozenset({"cleo", "bob"})))  # -> ['bob', 'cleo']
        print(jsonable(DiffBatch((Append(("pizza?",)),))))  # -> {'diffs': [{'op': 'append', 'values': ['pizza?']}]}

    Args:
        value: As for `Feed`. A message, for example, becomes an object with its fields; it has `conversation_sid`
            instead of a conversation, and `attributes` and dates instead of their texts. Events also have a `type`,
            the name of their class.

    Raises:
        ArgumentError: There is something in it that JSON cannot say.
    """
    return cast("JSON", orjson.loads(to_json(value)))


def diff_json(diff: Diff[Any], encoded: Callable[[Any], bytes]) -> tuple[bytes, Diff[bytes]]:
    """Encode a diff, each of its values once.

    Args:
        diff: The diff.
        encoded: Returns a value as JSON.

    Returns:
        The diff as JSON, and the diff of the values as JSON.
    """
    match diff:
        case Append():
            values = tuple(map(encoded, diff.values))
            return b'{"op":"append","values":[%b]}' % b",".join(values), Append(values)
        case Insert():
            value = encoded(diff.value)
            return b'{"op":"insert","index":%d,"value":%b}' % (diff.index, value), Insert(diff.index, value)
        case Set():
            value = encoded(diff.value)
            return b'{"op":"set","index":%d,"value":%b}' % (diff.index, value), Set(diff.index, value)
        case Remove():
            return b'{"op":"remove","index":%d}' % diff.index, diff
        case Truncate():
            return b'{"op":"truncate","length":%d}' % diff.length, diff
        case Reset():
            values = tuple(map(encoded, diff.values))
            return b'{"op":"reset","values":[%b]}' % b",".join(values), Reset(values)


def _plain(value: object) -> object:
    """Return what is no JSON by itself as something nearer to it.

    Raises:
        TypeError: Nothing is known of its kind.
    """
    members = _PLANS.get(type(value))
    if members is None:
        for kind, write in _WRITERS:
            if isinstance(value, kind):
                return write(value)
        members = _PLANS[type(value)] = _plan(type(value))
    return {name: member(value) for name, member in members}


def _sorted(values: Iterable[Any]) -> list[Any]:
    try:
        return sorted(values)
    except TypeError:  # of several kinds
        return sorted(values, key=repr)


def _batch(batch: DiffBatch[Any]) -> orjson.Fragment:
    return orjson.Fragment(b'{"diffs":[%b]}' % b",".join(diff_json(diff, to_json)[0] for diff in batch.diffs))


def _conversation(conversation: Conversation) -> object:
    return conversation.snapshot


def _error(error: Exception) -> object:
    return {"type": type(error).__name__, "message": str(error)}


_WRITERS: Final[tuple[tuple[type, Callable[[Any], object]], ...]] = (
    (DiffBatch, _batch),
    (Conversation, _conversation),
    (Exception, _error),
    (AbstractSet, _sorted),
    (Mapping, dict),
    (tuple, list),
    (timedelta, timedelta.total_seconds),
)
"""How kinds of values are written that are no plain objects; a handle by its properties."""


def _plan(kind: type[Any]) -> tuple[_Member, ...]:
    """Return how to make the members of an object of the values of a class.

    Raises:
        TypeError: It has no fields.
    """
    names = _fields(kind)
    if kind.__module__.partition(".")[0] != "rxconvo":
        return tuple((name, attrgetter(name)) for name in names)
    members = [_member_of_ours(name) for name in names if name != "home"]
    if kind in _TAGGED:
        members.insert(0, ("type", lambda _: kind.__name__))
    if "conversation_sid" not in names and hasattr(kind, "conversation_sid"):
        members.append(("conversation_sid", attrgetter("conversation_sid")))
    return tuple(members)


def _fields(kind: type[Any]) -> tuple[str, ...]:
    if issubclass(kind, Struct):
        return kind.__struct_fields__
    if dataclasses.is_dataclass(kind):
        return tuple(field.name for field in dataclasses.fields(kind))
    raise TypeError(f"{kind.__qualname__} is no value")


def _member_of_ours(name: str) -> _Member:
    get = attrgetter(name)
    if name.endswith("_json"):
        return name.removesuffix("_json"), lambda value: _own_data(get(value))
    if name.endswith("_iso"):
        return name.removesuffix("_iso"), lambda value: parse_date(get(value))
    return name, get


def _own_data(text: str) -> object:
    """Return the application's own data as it is written, however deeply it nests; what is no JSON counts as none."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return orjson.Fragment(text.replace("\n", " ").replace("\r", " "))  # between tokens, where they mean nothing
