"""From one conversation to all: what is followed of each, as long as it is joined, and lists of what that gives."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from operator import itemgetter
from typing import Any, Final, TypeVar

import reactivex as rx
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase

from rxconvo import (
    Append,
    Client,
    Conversation,
    DiffBatch,
    Paginator,
    RejectedError,
    Reset,
    RxconvoError,
    Set,
    SyncError,
    Truncate,
    current_scheduler,
)
from rxconvo import operators as chat
from rxconvo.errors import ClosedError
from rxconvo.types import Sid

__all__ = ["in_step", "joined", "listed", "of_each", "the_end_of"]

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

_TOGETHER: Final = 0.05
"""Seconds within which what belongs together has come: a message, say, the new number of unread ones, who typed it."""


def in_step(*parts: Observable[Any]) -> Observable[tuple[Any, ...]]:
    """Combine the newest values of several streams, and what belongs together in one step.

    Args:
        parts: The streams.
    """
    return rx.combine_latest(*parts).pipe(chat.audit(_TOGETHER))


def joined(client: Client) -> Observable[list[Conversation]]:
    """List the conversations that are joined now, all pages of them.

    Args:
        client: Whose.

    Returns:
        Cold; emits the list once.
    """

    def following(page: Paginator[Conversation]) -> Observable[Paginator[Conversation]]:
        return page.next_page() if page.has_next_page else rx.empty()

    def gather(known: list[Conversation], page: Paginator[Conversation]) -> list[Conversation]:
        return [*known, *page.items]

    none: list[Conversation] = []
    return client.get_subscribed_conversations().pipe(ops.expand(following), ops.reduce(gather, none))


def the_end_of(client: Client) -> Observable[object]:
    """Emit once, when a client is shut down: for what has no end of its own, as the ticks of a clock.

    Args:
        client: Which.
    """
    return client.connection_state.pipe(ops.last())


def of_each(
    client: Client, follow: Callable[[Conversation], Observable[T]], *, pace: float = 0.005
) -> Observable[tuple[Sid, T | None]]:
    """Follow something of every joined conversation, those to come included.

    An event concerns one conversation and costs what that one costs: there is one look-up, and no filter of each.

    Args:
        client: Whose conversations.
        follow: Makes what is followed of one. It completes with the conversation's own streams, when that is left.
        pace: Seconds between one conversation and the next, in the beginning. There may be hundreds: so the loop has
            time for all else.

    Returns:
        Each observer follows for itself, first the conversation with the newest message. Emits what is followed, with
        the sid it belongs to; None, once, where a conversation is left, or what is followed of it cannot be read.
    """

    def start(_scheduler: SchedulerBase | None) -> Observable[tuple[Sid, T | None]]:
        followed: set[Conversation] = set()

        def is_new(conversation: Conversation) -> bool:
            return conversation not in followed

        def one(conversation: Conversation) -> Observable[tuple[Sid, T | None]]:
            def named(value: T) -> tuple[Sid, T | None]:
                return (conversation.sid, value)

            followed.add(conversation)
            followed_through = follow(conversation).pipe(ops.map(named), ops.catch(_left_out))
            return followed_through.pipe(
                ops.concat(rx.just((conversation.sid, None))),
                ops.finally_action(lambda: followed.discard(conversation)),
            )

        def one_by_one(known: list[Conversation]) -> Observable[Conversation]:
            ticks = rx.timer(0.0, pace, scheduler=current_scheduler())
            return rx.zip(rx.from_iterable(sorted(known, key=_newest_first)), ticks).pipe(ops.map(itemgetter(0)))

        now = joined(client).pipe(ops.flat_map(one_by_one))
        return client.conversations.joined.pipe(ops.merge(now), ops.filter(is_new), ops.flat_map(one))

    return rx.defer(start)


def _newest_first(conversation: Conversation) -> float:
    last = conversation.last_message
    date = None if last is None else last.date_created
    return 0.0 if date is None else -date.timestamp()


def _left_out(error: Exception, _source: object) -> Observable[Any]:
    """Go on without a conversation that one may not read, or that went while it was read."""
    known: tuple[type[RxconvoError], ...] = (RejectedError, SyncError, ClosedError)
    return rx.empty() if isinstance(error, known) else rx.throw(error)


def listed(entries: Observable[tuple[K, T | None]]) -> Observable[DiffBatch[T]]:
    """Make a list of the newest value of each key; None takes a key out.

    Args:
        entries: Keys with values.

    Returns:
        An Observable of diffs that begins with a `Reset` to the empty list. One entry is one diff, whatever the length
        of the list; the order means nothing, which is `operators.live_sort`'s affair.
    """

    def start(_scheduler: SchedulerBase | None) -> Observable[DiffBatch[T]]:
        values: list[T] = []
        keys: list[K] = []
        places: dict[K, int] = {}

        def put(entry: tuple[K, T | None]) -> DiffBatch[T]:
            key, value = entry
            place = places.get(key)
            if value is None:
                return DiffBatch(()) if place is None else take_out(places.pop(key))
            if place is not None:
                values[place] = value
                return DiffBatch((Set(place, value),))
            places[key] = len(values)
            keys.append(key)
            values.append(value)
            return DiffBatch((Append((value,)),))

        def take_out(place: int) -> DiffBatch[T]:
            """Let the last one take the place of what goes, so that no other one moves."""
            key, value = keys.pop(), values.pop()
            if place == len(values):
                return DiffBatch((Truncate(place),))
            keys[place], values[place], places[key] = key, value, place
            return DiffBatch((Set(place, value), Truncate(len(values))))

        def is_change(batch: DiffBatch[T]) -> bool:
            return bool(batch.diffs)

        return entries.pipe(ops.map(put), ops.filter(is_change), ops.start_with(DiffBatch((Reset(()),))))

    return rx.defer(start)
