"""One conversation, as named streams."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from reactivex import Observable
from reactivex import operators as ops

from rxconvo import (
    Append,
    Client,
    Conversation,
    ConversationState,
    Diff,
    DiffBatch,
    Insert,
    Media,
    Message,
    Participant,
    Reset,
    Set,
)
from rxconvo import operators as chat
from rxconvo.integrations.dashboard.desk import Desk
from rxconvo.integrations.dashboard.each import in_step
from rxconvo.integrations.dashboard.people import follow, identities_of, roster, who_is_online
from rxconvo.types import Identity, Sid

__all__ = ["File", "Line", "Member", "Properties", "conversation_streams", "participants", "properties", "timeline"]

_SHOWN = 100
"""Messages that are shown, the newest."""

_HZ = 10.0
"""Values a second of each stream at most."""


class File(Struct, frozen=True):
    """Something that is attached to a message.

    Attributes:
        filename: Its name, or None.
        content_type: What it is.
        size: Bytes.
    """

    filename: str | None
    content_type: str
    size: int


class Line(Struct, frozen=True):
    """A message as it is shown.

    Attributes:
        index: Its place.
        sid: Its sid.
        author: Who wrote it.
        body: What it says.
        at: When it was sent.
        edited: Whether it was changed since.
        media: What is attached.
        mine: Whether the own user wrote it.
    """

    index: int
    sid: Sid
    author: Identity | None
    body: str | None
    at: datetime | None
    edited: bool
    media: tuple[File, ...]
    mine: bool


class Member(Struct, frozen=True):
    """Somebody who takes part.

    Attributes:
        identity: Who; None for those of other channels.
        sid: The participant's sid.
        type: `chat`, or another channel.
        online: Whether they are online; None where that is not known.
        typing: Whether they are typing.
        last_read: Index of the last message they have read, or None.
    """

    identity: Identity | None
    sid: Sid
    type: str
    online: bool | None
    typing: bool
    last_read: int | None


class Properties(Struct, frozen=True):
    """What the conversation itself is.

    Attributes:
        sid: Its sid.
        name: The name to show.
        unique_name: The name to look it up by, or None.
        created_by: Who created it.
        created: When.
        state: `active`, `inactive`, `closed`, or None.
        muted: Whether it is muted.
    """

    sid: Sid
    name: str
    unique_name: str | None
    created_by: Identity
    created: datetime | None
    state: str | None
    muted: bool


def conversation_streams(client: Client, conversation: Conversation, desk: Desk) -> Mapping[str, Observable[Any]]:
    """Return what is shown of a conversation, by topic.

    Args:
        client: Whose it is.
        conversation: Which.
        desk: Says when somebody shows as offline.
    """
    return {
        "conversation": properties(conversation),
        "timeline": timeline(conversation),
        "participants": participants(client, conversation, grace=desk.grace),
    }


def properties(conversation: Conversation) -> Observable[Properties]:
    """Follow what a conversation is.

    Args:
        conversation: Which.
    """
    changed = conversation.updated.map(lambda event: event.after).pipe(ops.start_with(conversation.snapshot))
    return changed.map(_properties).pipe(ops.distinct_until_changed())


def _properties(state: ConversationState) -> Properties:
    return Properties(
        sid=state.sid,
        name=state.friendly_name or state.unique_name or state.sid,
        unique_name=state.unique_name,
        created_by=state.created_by,
        created=state.date_created,
        state=None if state.state is None else state.state.current,
        muted=state.notification_level == "muted",
    )


def timeline(conversation: Conversation) -> Observable[DiffBatch[Line]]:
    """Follow the newest messages as they are shown.

    Args:
        conversation: Which.
    """
    own = conversation.identity

    def shown(batch: DiffBatch[Message[Conversation]]) -> DiffBatch[Line]:
        return DiffBatch(tuple(_shown(diff, own) for diff in batch.diffs))

    return conversation.timeline(_SHOWN).pipe(chat.conflate(_HZ), ops.map(shown))


def _shown(diff: Diff[Message[Conversation]], own: Identity) -> Diff[Line]:
    match diff:
        case Append():
            return Append(tuple(_line(message, own) for message in diff.values))
        case Reset():
            return Reset(tuple(_line(message, own) for message in diff.values))
        case Insert():
            return Insert(diff.index, _line(diff.value, own))
        case Set():
            return Set(diff.index, _line(diff.value, own))
        case _:
            return diff


def _line(message: Message[Conversation], own: Identity) -> Line:
    return Line(
        index=message.index,
        sid=message.sid,
        author=message.author,
        body=message.body,
        at=message.date_created,
        edited=message.date_updated_iso not in (None, message.date_created_iso),
        media=tuple(map(_file, message.attached_media)),
        mine=message.author == own,
    )


def _file(media: Media) -> File:
    return File(media.filename, media.content_type, media.size)


def participants(client: Client, conversation: Conversation, *, grace: float) -> Observable[tuple[Member, ...]]:
    """Follow who takes part, who of them is online and typing, and how far each has read.

    Args:
        client: Whose conversation it is.
        conversation: Which.
        grace: Seconds for which somebody has to be gone before they show as offline.

    Returns:
        Emits all of them by identity; follows the presence of those who appear.
    """

    def together(
        members: frozenset[Participant[Conversation]], online: Mapping[Identity, bool], typing: frozenset[Identity]
    ) -> tuple[Member, ...]:
        found = (
            Member(
                identity=member.identity,
                sid=member.sid,
                type=member.type,
                online=None if member.identity is None else online.get(member.identity),
                typing=member.identity in typing,
                last_read=member.last_read_message_index,
            )
            for member in members
        )
        return tuple(sorted(found, key=lambda member: (member.identity or "", member.sid)))

    members = roster(conversation).pipe(ops.share())
    parts: tuple[Observable[Any], ...] = (
        members,
        who_is_online(client, grace=grace).pipe(ops.take_until(conversation.removed)),
        conversation.typing.pipe(chat.typing_indicator(), ops.start_with(frozenset[Identity]())),
    )
    identities = members.pipe(ops.map(identities_of))
    return in_step(*parts).pipe(
        ops.starmap(together),
        ops.merge(follow(client, identities)),
        ops.distinct_until_changed(),
        chat.conflate(_HZ),
    )
