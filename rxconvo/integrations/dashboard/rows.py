"""The conversations, newest activity first: one row each, put together from that conversation's streams."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import reactivex as rx
from msgspec import Struct
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase

from rxconvo import Client, Conversation, ConversationState, DiffBatch, Message, SlaState
from rxconvo import operators as chat
from rxconvo.integrations.dashboard.desk import Desk
from rxconvo.integrations.dashboard.each import in_step, listed, of_each
from rxconvo.integrations.dashboard.people import names
from rxconvo.types import Identity, Sid

__all__ = ["Last", "Row", "Sla", "last_message", "row_of", "rows"]

_HZ = 5.0
"""Changes of the list a second; those that come in between are told together."""

_PREVIEW = 280
"""Characters of the last message that a row shows."""

_HELD = 5
"""Messages that are held to know the last one when others are removed."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Last(Struct, frozen=True):
    """The last message of a conversation.

    Attributes:
        author: Who wrote it.
        body: The beginning of what it says.
        at: When it was sent.
    """

    author: Identity | None
    body: str | None
    at: datetime | None


class Sla(Struct, frozen=True):
    """Whether somebody waits for an answer.

    Attributes:
        state: `none` where nobody does; `ok`, `warn` or `breach`.
        due: Until when it was promised.
        waiting: Who waits.
    """

    state: str = "none"
    due: datetime | None = None
    waiting: Identity | None = None


class Row(Struct, frozen=True):
    """One conversation.

    Attributes:
        sid: Its sid.
        name: The name to show.
        unread: How many messages by others the own user has not read.
        typing: Who is typing.
        typing_text: The same in words.
        last: Its last message, or None.
        members: How many take part.
        per_minute: Messages of the last minute.
        sla: Whether somebody waits.
        muted: Whether it is muted, and so left out of the total.
        active: When something was said last, or else it began.
    """

    sid: Sid
    name: str
    unread: int
    typing: tuple[Identity, ...]
    typing_text: str
    last: Last | None
    members: int
    per_minute: int
    sla: Sla
    muted: bool
    active: datetime


def rows(client: Client, desk: Desk) -> Observable[DiffBatch[Row]]:
    """Follow the joined conversations as a list: first the row with the newest activity.

    A row comes when all its numbers are known, and goes when the conversation is left. What happens in a conversation
    makes that row anew, and no other.

    Args:
        client: Whose conversations.
        desk: What is promised to those who ask.
    """

    def start(_scheduler: SchedulerBase | None) -> Observable[DiffBatch[Row]]:
        known: dict[Identity, str] = {}

        def name(identity: Identity) -> str:
            return known.get(identity, identity)

        keeping = names(client).pipe(ops.do_action(known.update), ops.ignore_elements())
        changes = listed(of_each(client, lambda conversation: row_of(conversation, desk, name=name)))
        return changes.pipe(chat.live_sort(_newest_first), chat.conflate(_HZ), ops.merge(keeping))

    return rx.defer(start)


def _newest_first(row: Row) -> tuple[float, Sid]:
    return (-row.active.timestamp() if row.active > _LONG_AGO else 0.0, row.sid)


def row_of(conversation: Conversation, desk: Desk, *, name: Callable[[Identity], str] = str) -> Observable[Row]:
    """Follow one conversation as a row.

    Args:
        conversation: Which.
        desk: What is promised to those who ask.
        name: Returns the name to show of an identity.

    Returns:
        Emits rows, each other than the one before; completes when the conversation is left.
    """
    typing = conversation.typing.pipe(chat.typing_indicator(), ops.share())
    parts: tuple[Observable[Any], ...] = (
        conversation.updated.map(lambda event: event.after).pipe(ops.start_with(conversation.snapshot)),
        conversation.messages.pipe(chat.unread_badge(conversation)),
        typing.pipe(ops.map(sorted), ops.start_with(())),
        typing.pipe(chat.typing_text(name), ops.start_with("")),
        last_message(conversation),
        conversation.participants.pipe(chat.occupancy(conversation.get_participants())).map(_total),
        conversation.messages.added.pipe(chat.rate(60.0, slide=5.0)).map(lambda rate: round(rate * 60)),
        waiting(conversation, desk),
    )
    return in_step(*parts).pipe(ops.map(_row), ops.distinct_until_changed())


def _row(parts: tuple[Any, ...]) -> Row:
    state: ConversationState
    typing: Iterable[Identity]
    last: Message | None
    state, unread, typing, typing_text, last, members, per_minute, sla = parts
    at = None if last is None else last.date_created
    return Row(
        sid=state.sid,
        name=state.friendly_name or state.unique_name or state.sid,
        unread=unread,
        typing=tuple(typing),
        typing_text=typing_text,
        last=None if last is None else Last(last.author, None if last.body is None else last.body[:_PREVIEW], at),
        members=members,
        per_minute=per_minute,
        sla=sla,
        muted=state.notification_level == "muted",
        active=at or state.date_created or _LONG_AGO,
    )


def _total(counts: Mapping[str, int]) -> int:
    return sum(counts.values())


def last_message(conversation: Conversation) -> Observable[Message[Conversation] | None]:
    """Follow the newest message of a conversation, as it is now; None where there is none.

    A few of the newest are held as a list, whose last one is meant. Before removals can have emptied it, it is read
    anew: so the last message is known whatever is removed.

    Args:
        conversation: Which.
    """
    most = _HELD - 1
    used_up = conversation.messages.removed.pipe(ops.filter_indexed(lambda _, place: place % most == most - 1))
    lists = used_up.pipe(ops.map(lambda _: None), ops.start_with(None)).switch_map(
        lambda _: conversation.timeline(_HELD)
    )
    return lists.pipe(chat.apply_diffs()).map(lambda messages: messages[-1] if messages else None)


def waiting(conversation: Conversation, desk: Desk) -> Observable[Sla]:
    """Follow whether somebody waits for an answer in a conversation. What was asked before counts as answered.

    Args:
        conversation: Which.
        desk: Who asks, who answers, and what is promised.
    """

    def start(_scheduler: SchedulerBase | None) -> Observable[Sla]:
        asked_by: Identity | None = None

        def asks(message: Message[Conversation]) -> bool:
            nonlocal asked_by
            if is_question := desk.asks(message):
                asked_by = message.author
            return is_question

        def told(state: SlaState) -> Sla:
            return Sla() if state.due_at is None else Sla(state.status, state.due_at, asked_by)

        promised = chat.sla(desk.first, desk.following, asker=asks, answerer=desk.answers, warn=desk.warn)
        return conversation.messages.added.pipe(promised, ops.map(told), ops.start_with(Sla()))

    return rx.defer(start)
