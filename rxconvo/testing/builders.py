"""Values and events as a test needs them, with everything that does not matter there filled in.

The same arguments make equal values. What is built belongs to no client: its actions raise `DetachedError`. An index,
identity, sid or reason that makes no sense raises an `ArgumentError`.

Example:
    from reactivex import operators as ops
    from rxconvo.testing import builders

    print(builders.message(3, author="bob", body="hi").body)  # -> hi
    event = builders.message_updated(3, body="hello", reasons=("body",))
    print(event.before.body, event.after.body)  # -> message 3 hello
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache
from hashlib import sha256
from typing import Any, Final

import orjson

from rxconvo.errors import ArgumentError
from rxconvo.model import (
    ConversationAdded,
    ConversationJoined,
    ConversationLeft,
    ConversationRemoved,
    ConversationState,
    ConversationUpdated,
    Discontinuity,
    Home,
    Message,
    MessageAdded,
    MessageRemoved,
    MessageUpdated,
    Participant,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantUpdated,
    Topic,
    TypingEnded,
    TypingStarted,
    User,
    UserSubscribed,
    UserUnsubscribed,
    UserUpdated,
)
from rxconvo.model.limits import check_identity
from rxconvo.operators._arguments import check_choice, check_kind, check_number, check_text
from rxconvo.testing.loop import EPOCH
from rxconvo.types import Identity, JSONInput, Sid

__all__ = [
    "CONVERSATION",
    "conversation_added",
    "conversation_joined",
    "conversation_left",
    "conversation_removed",
    "conversation_state",
    "conversation_updated",
    "date",
    "discontinuity",
    "message",
    "message_added",
    "message_removed",
    "message_updated",
    "participant",
    "participant_joined",
    "participant_left",
    "participant_updated",
    "sid",
    "typing_ended",
    "typing_started",
    "user",
    "user_subscribed",
    "user_unsubscribed",
    "user_updated",
]

CONVERSATION: Final[Sid] = "CH" + "0" * 32
"""The conversation of what is built, unless said otherwise."""

_LONGEST = 16  # bytes of a name that a sid has room for as they are
_REASONS = ("expired", "message", "left", "disconnected")


def sid(prefix: str, name: object = "") -> Sid:
    """Make a sid: the same for the same arguments.

    Args:
        prefix: Two letters: `CH`, `IM`, `MB`.
        name: What tells it from others, as text.

    Raises:
        ArgumentError: The prefix is not two letters.
    """
    expected = "two capital letters, such as CH"
    check_text("prefix", prefix, expected)
    if not re.fullmatch("[A-Z]{2}", prefix):
        raise ArgumentError("prefix", expected, prefix)
    text = str(name).encode()
    return prefix + (text.hex() if len(text) <= _LONGEST else sha256(text).hexdigest()[:32]).rjust(32, "0")


def date(seconds: float = 0.0) -> str:
    """Make a date as the service writes it.

    Args:
        seconds: After the beginning of virtual time, `EPOCH`.
    """
    return (EPOCH + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _home(conversation: Sid) -> Home[Any]:
    check_text("conversation", conversation, "the sid of a conversation")
    return _home_of(conversation)


@cache
def _home_of(conversation: Sid) -> Home[Any]:
    return Home(conversation)


def _with_attributes(fields: dict[str, Any]) -> dict[str, Any]:
    """Let attributes be given as what they are."""
    attributes: JSONInput = fields.pop("attributes", None)
    return fields if attributes is None else {**fields, "attributes_json": orjson.dumps(attributes).decode()}


def _check_person(field: str, value: object) -> None:
    """Check who somebody is: an identity, or None for who takes part by an address."""
    if value is not None:
        check_identity(value, field=field)


# ---- values ----------------------------------------------------------------------------------------------------------


def message(
    index: int = 0, *, author: Identity = "ada", conversation: Sid = CONVERSATION, **fields: Any
) -> Message[Any]:
    """Make a message.

    Args:
        index: Its index; sid, date and text follow from it.
        author: Who wrote it.
        conversation: Sid of its conversation.
        fields: Other fields of `Message`, and `attributes`: any JSON.
    """
    check_number("index", index, 0)
    _check_person("author", author)
    made: dict[str, Any] = {
        "body": f"message {index}",
        "date_created_iso": date(index),
        "participant_sid": sid("MB", author),
    }
    made |= {"date_updated_iso": made["date_created_iso"]}
    return Message(
        sid=fields.pop("sid", sid("IM", index)),
        index=index,
        author=author,
        home=_home(conversation),
        **{**made, **_with_attributes(fields)},
    )


def participant(identity: Identity = "ada", *, conversation: Sid = CONVERSATION, **fields: Any) -> Participant[Any]:
    """Make a participant.

    Args:
        identity: Who it is; the sid follows from it.
        conversation: Sid of its conversation.
        fields: Other fields of `Participant`, and `attributes`: any JSON.
    """
    _check_person("identity", identity)
    made: dict[str, Any] = {"date_created_iso": date(), "date_updated_iso": date()}
    return Participant(
        sid=fields.pop("sid", sid("MB", identity)),
        identity=identity,
        home=_home(conversation),
        **{**made, **_with_attributes(fields)},
    )


def user(identity: Identity = "ada", **fields: Any) -> User:
    """Make a user.

    Args:
        identity: Who it is, and unless said otherwise the name to show.
        fields: Other fields of `User`, and `attributes`: any JSON.
    """
    check_identity(identity)
    made: dict[str, Any] = {"friendly_name": identity}
    return User(identity=identity, **{**made, **_with_attributes(fields)})


def conversation_state(conversation: Sid = CONVERSATION, **fields: Any) -> ConversationState:
    """Make the properties of a conversation that was joined.

    Args:
        conversation: Its sid.
        fields: Other fields of `ConversationState`, and `attributes`: any JSON.
    """
    check_text("conversation", conversation, "the sid of a conversation")
    made: dict[str, Any] = {"friendly_name": "lunch", "created_by": "ada", "status": "joined"}
    made |= {"date_created_iso": date(), "date_updated_iso": date()}
    return ConversationState(sid=conversation, **{**made, **_with_attributes(fields)})


# ---- events ----------------------------------------------------------------------------------------------------------


def message_added(index: int = 0, **fields: Any) -> MessageAdded[Any]:
    """Make what tells that a message was sent.

    Args:
        index: Its index.
        fields: As for `message`.
    """
    return MessageAdded(message(index, **fields))


def message_updated(
    index: int = 0, *, before: Message[Any] | None = None, reasons: tuple[str, ...] = ("body",), **fields: Any
) -> MessageUpdated[Any]:
    """Make what tells that a message was changed.

    Args:
        index: Its index.
        before: What it was; unless said otherwise, what `message` makes with the same author and conversation.
        reasons: What differs.
        fields: As for `message`: what it is now.
    """
    same = {name: fields[name] for name in ("author", "conversation", "sid") if name in fields}
    return MessageUpdated(before=before or message(index, **same), after=message(index, **fields), reasons=reasons)


def message_removed(index: int = 0, **fields: Any) -> MessageRemoved[Any]:
    """Make what tells that a message was removed.

    Args:
        index: Its index.
        fields: As for `message`: what it was.
    """
    gone = message(index, **fields)
    return MessageRemoved(message=gone, index=index, home=gone.home)


def participant_joined(identity: Identity = "ada", **fields: Any) -> ParticipantJoined[Any]:
    """Make what tells that somebody has joined.

    Args:
        identity: Who.
        fields: As for `participant`.
    """
    return ParticipantJoined(participant(identity, **fields))


def participant_updated(
    identity: Identity = "ada",
    *,
    before: Participant[Any] | None = None,
    reasons: tuple[str, ...] = ("attributes",),
    **fields: Any,
) -> ParticipantUpdated[Any]:
    """Make what tells that a participant was changed.

    Args:
        identity: Who.
        before: What it was; unless said otherwise, what `participant` makes in the same conversation.
        reasons: What differs.
        fields: As for `participant`: what it is now.
    """
    same = {name: fields[name] for name in ("conversation", "sid") if name in fields}
    was = before or participant(identity, **same)
    return ParticipantUpdated(before=was, after=participant(identity, **fields), reasons=reasons)


def participant_left(identity: Identity = "ada", **fields: Any) -> ParticipantLeft[Any]:
    """Make what tells that somebody has left.

    Args:
        identity: Who.
        fields: As for `participant`.
    """
    return ParticipantLeft(participant(identity, **fields))


def typing_started(identity: Identity = "ada", **fields: Any) -> TypingStarted[Any]:
    """Make what tells that somebody is typing.

    Args:
        identity: Who.
        fields: As for `participant`.
    """
    return TypingStarted(participant(identity, **fields))


def typing_ended(identity: Identity = "ada", *, reason: str = "expired", **fields: Any) -> TypingEnded[Any]:
    """Make what tells that somebody is typing no more.

    Args:
        identity: Who.
        reason: `expired`, `message`, `left` or `disconnected`.
        fields: As for `participant`.
    """
    check_choice("reason", reason, _REASONS)
    return TypingEnded(participant(identity, **fields), reason)


def conversation_added(conversation: Sid = CONVERSATION, **fields: Any) -> ConversationAdded[Any]:
    """Make what tells that a conversation became known.

    Args:
        conversation: Its sid.
        fields: As for `conversation_state`.
    """
    return ConversationAdded(conversation_state(conversation, **fields), _home(conversation))


def conversation_joined(conversation: Sid = CONVERSATION, **fields: Any) -> ConversationJoined[Any]:
    """Make what tells that the own user takes part in a conversation.

    Args:
        conversation: Its sid.
        fields: As for `conversation_state`.
    """
    return ConversationJoined(conversation_state(conversation, **fields), _home(conversation))


def conversation_left(conversation: Sid = CONVERSATION, **fields: Any) -> ConversationLeft[Any]:
    """Make what tells that the own user takes part in a conversation no more.

    Args:
        conversation: Its sid.
        fields: As for `conversation_state`.
    """
    state = conversation_state(conversation, **{"status": "notParticipating", **fields})
    return ConversationLeft(state, _home(conversation))


def conversation_removed(conversation: Sid = CONVERSATION, **fields: Any) -> ConversationRemoved[Any]:
    """Make what tells that a conversation is gone.

    Args:
        conversation: Its sid.
        fields: As for `conversation_state`.
    """
    return ConversationRemoved(conversation_state(conversation, **fields), _home(conversation))


def conversation_updated(
    conversation: Sid = CONVERSATION,
    *,
    before: ConversationState | None = None,
    reasons: tuple[str, ...] = ("friendlyName",),
    **fields: Any,
) -> ConversationUpdated[Any]:
    """Make what tells that properties of a conversation changed.

    Args:
        conversation: Its sid.
        before: What they were; unless said otherwise, what `conversation_state` makes.
        reasons: What differs.
        fields: As for `conversation_state`: what they are now.
    """
    was, now = before or conversation_state(conversation), conversation_state(conversation, **fields)
    return ConversationUpdated(before=was, after=now, reasons=reasons, home=_home(conversation))


def user_subscribed(identity: Identity = "ada", **fields: Any) -> UserSubscribed:
    """Make what tells that a user is followed.

    Args:
        identity: Who.
        fields: As for `user`.
    """
    return UserSubscribed(user(identity, **fields))


def user_unsubscribed(identity: Identity = "ada", **fields: Any) -> UserUnsubscribed:
    """Make what tells that a user is followed no more.

    Args:
        identity: Who.
        fields: As for `user`.
    """
    return UserUnsubscribed(user(identity, **fields))


def user_updated(
    identity: Identity = "ada",
    *,
    before: User | None = None,
    reasons: tuple[str, ...] = ("friendlyName",),
    **fields: Any,
) -> UserUpdated:
    """Make what tells that a user was changed.

    Args:
        identity: Who.
        before: What it was; unless said otherwise, what `user` makes.
        reasons: What differs.
        fields: As for `user`: what it is now.
    """
    return UserUpdated(before=before or user(identity), after=user(identity, **fields), reasons=reasons)


def discontinuity(
    topic: Topic = Topic.MESSAGES, *, conversation: Sid | None = CONVERSATION, reason: str = "a test says so"
) -> Discontinuity:
    """Make what tells that it cannot be known what was missed.

    Args:
        topic: What it is about, `MESSAGES` or `PARTICIPANTS`.
        conversation: Sid of the conversation.
        reason: Why.
    """
    check_kind("topic", topic, Topic, "a Topic")
    return Discontinuity(topic, conversation, reason)
