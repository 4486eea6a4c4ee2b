"""All conversations at a glance: each number is a chain on the client's own streams."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any, Final

import reactivex as rx
from msgspec import Struct
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase

from rxconvo import (
    Client,
    Conversation,
    ConversationEvent,
    ConversationJoined,
    ConversationLeft,
    ConversationRemoved,
    ResponseSample,
    SlaState,
    current_scheduler,
)
from rxconvo import operators as chat
from rxconvo.integrations.dashboard.desk import Desk
from rxconvo.integrations.dashboard.each import in_step, joined, the_end_of
from rxconvo.integrations.dashboard.people import who_is_online
from rxconvo.types import Identity

__all__ = ["Response", "Vitals", "messages_per_bucket", "promises", "response_times", "vitals"]

BUCKETS: Final = 60
"""Bars of the chart."""

_SAMPLES: Final = 500
"""Answers that the median is taken of: the newest."""

_HZ: Final = 2.0
"""Values a second at most."""


class Response(Struct, frozen=True):
    """How long answers took.

    Attributes:
        count: How many there were since somebody looks.
        median: Seconds that half of the newest took at most.
        p90: Seconds that nine tenths of them took at most.
    """

    count: int
    median: float
    p90: float


class Vitals(Struct, frozen=True):
    """All conversations at a glance.

    Attributes:
        identity: The own user.
        connection: The state of the connection.
        conversations: How many are joined.
        unread: Unread messages in all that are not muted.
        per_minute: Messages of each stretch of time, oldest first; the last one is the present one.
        bucket: Seconds of such a stretch.
        response: How long answers took, None while there were none.
        sla: How many conversations wait for an answer: `ok`, `warn`, `breach`.
        online: How many people are online, the own user included, as far as that is known.
    """

    identity: Identity
    connection: str
    conversations: int
    unread: int
    per_minute: tuple[int, ...]
    bucket: float
    response: Response | None
    sla: Mapping[str, int]
    online: int


def vitals(client: Client, desk: Desk) -> Observable[Vitals]:
    """Follow all conversations at a glance.

    Args:
        client: Whose.
        desk: Who asks, who answers, and what is promised.

    Returns:
        Emits at most two values a second, the first one when all unread messages are counted.
    """
    parts: tuple[Observable[Any], ...] = (
        client.connection_state,
        how_many_conversations(client),
        unread(client),
        messages_per_bucket(client, desk.bucket),
        response_times(client, desk),
        promises(client, desk),
        who_is_online(client, grace=desk.grace).map(lambda known: sum(known.values())),
    )

    def together(values: tuple[Any, ...]) -> Vitals:
        state, conversations, count, buckets, response, sla, online = values
        return Vitals(client.identity, state, conversations, count, buckets, desk.bucket, response, sla, online)

    return in_step(*parts).pipe(ops.map(together), chat.conflate(_HZ))


def how_many_conversations(client: Client) -> Observable[int]:
    """Count the joined conversations.

    Args:
        client: Whose.
    """

    def counted(known: list[Conversation]) -> Observable[int]:
        sids = {conversation.sid for conversation in known}

        def take(event: ConversationEvent[Conversation]) -> int:
            if isinstance(event, ConversationJoined):
                sids.add(event.conversation_sid)
            elif isinstance(event, ConversationLeft | ConversationRemoved):
                sids.discard(event.conversation_sid)
            return len(sids)

        return client.conversations.map(take).pipe(ops.start_with(len(sids)), ops.distinct_until_changed())

    return joined(client).pipe(ops.flat_map(counted))


def unread(client: Client) -> Observable[int]:
    """Count what is unread in all conversations that are not muted.

    Args:
        client: Whose.
    """

    def counted(known: list[Conversation]) -> Observable[int]:
        return client.messages.pipe(chat.unread_total(known, client.conversations))

    return joined(client).pipe(ops.flat_map(counted))


def messages_per_bucket(client: Client, bucket: float) -> Observable[tuple[int, ...]]:
    """Count the messages of each of the last stretches of time, oldest first.

    Args:
        client: Whose.
        bucket: Seconds of a stretch. The last one is under way, and grows.
    """

    def start(_scheduler: SchedulerBase | None) -> Observable[tuple[int, ...]]:
        counts = deque([0] * BUCKETS, maxlen=BUCKETS)

        def take(count: int) -> tuple[int, ...]:
            if count:
                counts[-1] += count
            else:
                counts.append(0)
            return tuple(counts)

        ticks = rx.interval(bucket, scheduler=current_scheduler()).pipe(
            ops.map(lambda _: 0), ops.take_until(the_end_of(client))
        )
        return client.messages.added.pipe(
            ops.map(lambda _: 1), ops.merge(ticks), ops.map(take), ops.start_with(tuple(counts))
        )

    return rx.defer(start)


def response_times(client: Client, desk: Desk) -> Observable[Response | None]:
    """Follow how long answers took: the median and the ninth decile of the newest ones.

    Args:
        client: Whose.
        desk: Who asks and who answers.
    """

    def start(_scheduler: SchedulerBase | None) -> Observable[Response | None]:
        newest: deque[float] = deque()
        ordered: list[float] = []
        count = 0

        def take(sample: ResponseSample[Any]) -> Response | None:
            nonlocal count
            count += 1
            newest.append(sample.seconds)
            insort(ordered, sample.seconds)
            if len(newest) > _SAMPLES:
                del ordered[bisect_left(ordered, newest.popleft())]
            last = len(ordered) - 1
            return Response(count, ordered[last // 2], ordered[last * 9 // 10])

        asked = chat.response_time(asker=desk.asks, answerer=desk.answers)
        return client.messages.added.pipe(asked, ops.map(take), ops.start_with(None))

    return rx.defer(start)


def promises(client: Client, desk: Desk) -> Observable[Mapping[str, int]]:
    """Count the conversations in which somebody waits, by how much time is left.

    Args:
        client: Whose.
        desk: Who asks, who answers, and what is promised.
    """
    over = client.conversations.filter(lambda event: isinstance(event, ConversationLeft | ConversationRemoved)).map(
        lambda event: event.conversation_sid
    )
    promised = chat.sla(desk.first, desk.following, asker=desk.asks, answerer=desk.answers, warn=desk.warn, closed=over)

    def start(_scheduler: SchedulerBase | None) -> Observable[Mapping[str, int]]:
        waiting: dict[Any, str] = {}
        counts = Counter(ok=0, warn=0, breach=0)

        def take(state: SlaState) -> Mapping[str, int]:
            before = waiting.pop(state.key, None)
            if before is not None:
                counts[before] -= 1
            if state.due_at is not None:
                waiting[state.key] = state.status
                counts[state.status] += 1
            return dict(counts)

        return client.messages.added.pipe(promised, ops.map(take), ops.start_with(dict(counts)))

    return rx.defer(start)
