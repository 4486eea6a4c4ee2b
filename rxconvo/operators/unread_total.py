"""How many messages of all conversations the own user has not read."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, Generic, TypeVar

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase

from rxconvo.errors import DetachedError, RejectedError, SyncError
from rxconvo.model import (
    ConversationAdded,
    ConversationEvent,
    ConversationJoined,
    ConversationLeft,
    ConversationRemoved,
    ConversationUpdated,
    MessageEvent,
    UnreadConversation,
)
from rxconvo.operators._arguments import check_callable, check_iterable, check_observable, check_scheduler, checked
from rxconvo.operators._badge import Badge, check_unread_state
from rxconvo.operators._stage import Stage, staged
from rxconvo.types import Sid

__all__ = ["unread_total"]

C = TypeVar("C", bound=UnreadConversation)

_AT_A_TIME: Final = 10
"""Conversations that are counted at the same time at first."""


def _not_muted(conversation: UnreadConversation) -> int:
    return int(conversation.notification_level != "muted")


def _check_conversation(field: str, value: object) -> None:
    check_unread_state(field, value, "sid", "notification_level")


def unread_total(
    conversations: Iterable[C] = (),
    changes: Observable[C | ConversationEvent[C]] | None = None,
    *,
    weight: Callable[[C], int] = _not_muted,
    scheduler: SchedulerBase | None = None,
) -> Callable[[Observable[MessageEvent]], Observable[int]]:
    """Emit how many messages are unread in all conversations together, whenever that changes.

    It is the sum of what `unread_badge` says of each, times its weight: muted ones do not count. An event changes the
    total by what it changes of its own conversation; no other one is looked at. With one mark a second (`a`, `b`: Bob
    writes in Lunch, in Supper; `L`, `S`: these are joined, Supper with 2 unread messages; `l`: Lunch is left):

        messages:       ---a--b-a----|
        conversations:  --L-S----l----
        total:          0--13-4-53---|
        messages:       ---a#
        conversations:  --L--
        total:          0--1#
        messages:       ---a-a-
        conversations:  --L----
        total:          0--1!         disposed

    Example:
        import asyncio
        from rxconvo import Service
        from rxconvo.operators import unread_total

        async with Service() as service, service.client("ada") as ada, service.client("bob") as bob:
            joined = await ada.get_subscribed_conversations()
            ada.messages.pipe(unread_total(joined.items, ada.conversations)).subscribe(print)  # -> 0
            lunch = await bob.create_conversation()
            await lunch.join()
            await lunch.add("ada")
            await lunch.send_message("pizza?")
            await asyncio.sleep(1)  # -> 1

    Args:
        conversations: The conversations that are joined, each as for `unread_badge`. A client lists them in pages. They
            are taken as they are at the call; what is added later belongs into *changes*.
        changes: What becomes of them, such as the client's stream `conversations`: those that are added joined, or are
            joined later, count until they are left or removed. It may also have conversations themselves.
        weight: Returns what a message in a conversation counts. It is asked again whenever `updated` of the
            conversation says something.
        scheduler: For repeating queries; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for the client's stream `messages`, or several conversations' merged.

    Emits:
        The total once all *conversations* are counted, 10 at a time; then each other total. One that comes later counts
        as soon as that is known. It completes with the source. It keeps a badge for each conversation.

    Errors:
        Those of the source and of *changes*, what *weight* raises, and of queries as for `unread_badge`; but a
        conversation that refuses to be counted, or is gone, is left out. An `ArgumentError` if *changes* has something
        else.

    Raises:
        ArgumentError: `conversations` cannot be iterated over, or has something else, `changes` is no Observable, or
            `weight` no callable, or an argument is not of its type.
    """
    check_scheduler(scheduler)
    check_iterable("conversations", conversations, "an iterable of conversations")
    check_observable("changes", changes, optional=True)
    check_callable("weight", weight)
    joined = checked("conversations", conversations, _check_conversation)

    def start(stage: Stage[int], source: Observable[MessageEvent], scheduler_: SchedulerBase | None) -> None:
        total = _Total[C](stage, weight, scheduler or scheduler_, scheduler_)
        stage.own(total)
        stage.follow(source, total.take, scheduler_, completed=stage.finish)
        if changes is not None:
            stage.follow(changes, total.hear, scheduler_)
        stage.run(total.add, joined)
        stage.run(total.begin)

    return staged(start)


class _Total(DisposableBase, Generic[C]):
    """The total of one subscription."""

    def __init__(
        self,
        stage: Stage[int],
        weight: Callable[[C], int],
        scheduler: SchedulerBase | None,
        given: SchedulerBase | None,
    ) -> None:
        self.weight = weight
        self.scheduler = scheduler
        self.given = given
        self._stage = stage
        self._parts: dict[Sid, _Part[C]] = {}
        self._waiting: deque[_Part[C]] = deque()  # to be counted
        self._counting: set[_Part[C]] = set()
        self._first: set[_Part[C]] = set()  # of those that are there at first, the ones not counted yet
        self._total = 0
        self._begun = False
        self._shown: int | None = None

    def begin(self) -> Iterable[int]:
        """Take that all who are there at first have been added."""
        self._begun = True
        return self._news()

    def take(self, event: MessageEvent) -> Iterable[int]:
        """Take what happened to a message. Where it is not known in which conversation, it concerns all."""
        sid = event.conversation_sid
        if sid is None:
            for part in list(self._parts.values()):
                part.take(event)
        elif sid in self._parts:
            self._parts[sid].take(event)
        return self._news()

    def hear(self, said: C | ConversationEvent[C]) -> Iterable[int]:
        """Take a conversation, or what became of one."""
        match said:
            case ConversationJoined():
                return self._added(said)
            case ConversationAdded():
                return self._added(said) if said.state.status == "joined" else ()
            case ConversationLeft() | ConversationRemoved():
                return self._gone(said.conversation_sid)
            case ConversationUpdated():
                return ()
            case _:
                _check_conversation("changes", said)
                return self.add((said,))

    def add(self, conversations: Iterable[C]) -> Iterable[int]:
        """Take conversations. Those that are there already stay; another handle takes the place of the one before."""
        for conversation in conversations:
            known = self._parts.get(conversation.sid)
            if known is not None and known.conversation is conversation:
                continue
            if known is not None:
                self.drop(known)
            part = self._parts[conversation.sid] = _Part(self, conversation)
            self._waiting.append(part)
            if not self._begun:
                self._first.add(part)
        self._count()
        return self._news()

    def drop(self, part: _Part[C]) -> None:
        """Let go of a conversation."""
        if self._has(part):
            del self._parts[part.conversation.sid]
            part.dispose()
            self.change(-part.share)
        self.settled(part)
        self._first.discard(part)

    def change(self, difference: int) -> None:
        """Take that a conversation counts more, or less."""
        self._total += difference
        self._stage.run(self._news)

    def settled(self, part: _Part[C]) -> None:
        """Take that a conversation is counted, or does not count: the next one is."""
        if part in self._counting:
            self._counting.remove(part)
            self._first.discard(part)
            self._stage.run(self._count_next)

    def fail(self, error: Exception) -> None:
        """End with an error."""
        self._stage.fail(error)

    def dispose(self) -> None:
        """Let go of all conversations."""
        parts, self._parts = self._parts, {}
        for part in parts.values():
            part.dispose()

    def _added(self, event: ConversationAdded[C] | ConversationJoined[C]) -> Iterable[int]:
        try:
            conversation = event.conversation
        except DetachedError:
            return ()  # gone before it was heard of
        return self.add((conversation,))

    def _gone(self, sid: Sid) -> Iterable[int]:
        part = self._parts.get(sid)
        if part is not None:
            self.drop(part)
        return self._news()

    def _count_next(self) -> Iterable[int]:
        self._count()
        return self._news()

    def _count(self) -> None:
        while self._waiting and len(self._counting) < _AT_A_TIME and not self._stage.ended:
            part = self._waiting.popleft()
            if self._has(part):
                self._counting.add(part)
                part.start()

    def _has(self, part: _Part[C]) -> bool:
        return self._parts.get(part.conversation.sid) is part

    def _news(self) -> Iterable[int]:
        if self._shown is None and (not self._begun or self._first):
            return ()
        if self._total == self._shown:
            return ()
        self._shown = self._total
        return (self._total,)


class _Part(ObserverBase[int], DisposableBase, Generic[C]):
    """What one conversation counts.

    Attributes:
        conversation: The conversation.
        share: What it adds to the total.
    """

    __slots__ = ("_badge", "_count", "_started", "_total", "conversation", "share")

    def __init__(self, total: _Total[C], conversation: C) -> None:
        self._total = total
        self._count: int | None = None
        self.conversation = conversation
        self.share = 0
        self._badge = Badge(self, conversation, total.scheduler, updated=self._weigh, closed=self.on_completed)
        self._started = False

    def start(self) -> None:
        """Begin to count."""
        self._started = True
        self._badge.start(self._total.given)

    def dispose(self) -> None:
        """Count no more."""
        self._badge.dispose()

    def take(self, event: MessageEvent) -> None:
        """Take what happened to a message. What happens before it is counted will be counted."""
        if self._started:
            self._badge.on_event(event)

    def on_next(self, value: int) -> None:
        first, self._count = self._count is None, value
        self._weigh()
        if first:
            self._total.settled(self)

    def on_error(self, error: Exception) -> None:
        if isinstance(error, RejectedError | SyncError):
            self._total.drop(self)
        else:
            self._total.fail(error)

    def on_completed(self) -> None:
        self._total.drop(self)

    def _weigh(self) -> None:
        if self._count is None:
            return
        try:
            share = self._count * self._total.weight(self.conversation)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the observer's
            self._total.fail(error)
            return
        difference, self.share = share - self.share, share
        if difference:
            self._total.change(difference)
