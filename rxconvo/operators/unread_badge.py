"""How many messages of a conversation the own user has not read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable, Disposable, SerialDisposable, SingleAssignmentDisposable

from rxconvo.errors import ClosedError, OutcomeUnknownError
from rxconvo.model import (
    Discontinuity,
    MessageAdded,
    MessageEvent,
    MessageRemoved,
    UnreadHistory,
    UnreadState,
)
from rxconvo.operators._tallies import Tally, tally_of
from rxconvo.streams.scheduler import current_scheduler

__all__ = ["unread_badge"]

_FIRST_DELAY, _LAST_DELAY = 1.0, 30.0
"""Seconds until a query without an answer is repeated; doubled each time."""


def unread_badge(
    state: UnreadState | UnreadHistory, *, scheduler: SchedulerBase | None = None
) -> Callable[[Observable[MessageEvent]], Observable[int]]:
    """Emit how many messages by others are above the own read horizon, whenever that number changes.

    Own messages never count; where there is no horizon, all messages by others do. This is not the service's number,
    which holds own messages too, and is null without a horizon. With one mark a second, in a conversation that was
    empty (`b`, `c`, `d`: Bob writes, `a`: the own user does, `B`: Bob's first is removed; `r`: the own user has read
    up to Bob's third):

        messages:  --b--a--c--B--d-----|
        horizon:   -----------------r---
        badge:     0-1-----2--1--2--0--|

    Example:
        from rxconvo import Service
        from rxconvo.operators import unread_badge

        async with Service() as service, service.client("ada") as ada, service.client("bob") as bob:
            lunch = await ada.create_conversation()
            await lunch.join()
            await lunch.add("bob")
            lunch.messages.pipe(unread_badge(lunch)).subscribe(print)  # -> 0
            await lunch.send_message("pizza?")
            await (await bob.get_conversation_by_sid(lunch.sid)).send_message("sushi!")  # -> 1
            await lunch.set_all_messages_read()  # -> 0

    Args:
        state: The conversation. A `Conversation` can be paged, and then the badge is exact: it reads, newest first,
            what is above the horizon, once, keeps which messages by others are there, and follows the stream. A state
            with nothing but a count is asked for that, and again where the horizon moves within what was counted; its
            number is taken as one of messages by others, as of when it was asked.
        scheduler: For repeating queries; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for the stream `messages` of that conversation.

    Emits:
        The number once the first query is answered, then each other number; it completes with the source. What arrives
        while a query is under way is taken into account, and after a `Discontinuity` all is read anew, during which
        the number stays. It is 10,000 at most, and messages with 10,000 later ones do not count.

    Errors:
        Those of the source, and of a query that is refused. One whose outcome is unknown is repeated, as the connection
        may be lost, after 1 second, then 2, up to 30.
    """

    def _unread_badge(source: Observable[MessageEvent]) -> Observable[int]:
        def subscribe(observer: ObserverBase[int], scheduler_: SchedulerBase | None = None) -> DisposableBase:
            badge = _Badge(observer, state, scheduler or scheduler_)
            badge.start(source, scheduler_)
            return badge

        return Observable(subscribe)

    return _unread_badge


class _Badge(DisposableBase):
    """One subscription."""

    def __init__(
        self, observer: ObserverBase[int], state: UnreadState | UnreadHistory, scheduler: SchedulerBase | None
    ) -> None:
        self._observer: ObserverBase[int] | None = observer
        self._state = state
        self._identity = state.identity
        self._scheduler = scheduler
        self._tally: Tally[Any] = tally_of(state)
        self._shown: int | None = None
        self._query = SerialDisposable()  # a query under way, or the wait before it is repeated
        self._subscriptions = CompositeDisposable(self._query)
        self._asking = False
        self._delay = _FIRST_DELAY
        self._looking = False
        self._look_again = False

    def start(self, source: Observable[MessageEvent], scheduler: SchedulerBase | None) -> None:
        """Subscribe everything: first what tells of changes, then the query for what was before them."""
        updated = self._state.updated
        self._subscriptions.add(updated.subscribe(lambda _: self._look(), self._fail, scheduler=scheduler))
        self._subscriptions.add(source.subscribe(self._on_event, self._fail, self._complete, scheduler=scheduler))
        self._look()

    def dispose(self) -> None:
        self._observer = None
        self._subscriptions.dispose()

    def _on_event(self, event: MessageEvent) -> None:
        if isinstance(event, Discontinuity):
            self._query.disposable = Disposable()
            self._asking = False
            self._tally.forget()
        elif isinstance(event, MessageRemoved):
            message = event.message
            self._tally.removed(event.index, mine=None if message is None else message.author == self._identity)
        else:
            message = event.message
            mine = message.author == self._identity
            self._tally.present(message.index, mine=mine, new=isinstance(event, MessageAdded))
        self._look()

    def _look(self) -> None:
        """Show the number if it is known and another; ask if it is not. Calls from within come to the same."""
        self._look_again = True
        if self._looking:
            return
        self._looking = True
        try:
            while self._look_again and self._observer is not None:
                self._look_again = False
                horizon = self._state.last_read_message_index
                count = self._tally.count(horizon)
                if count is None:
                    self._ask(horizon)
                elif count != self._shown:
                    self._shown = count
                    self._observer.on_next(count)
        finally:
            self._looking = False

    def _ask(self, horizon: int | None) -> None:
        if self._asking:
            return
        self._asking = True
        self._query.disposable = attempt = SingleAssignmentDisposable()
        answer = reactivex.defer(lambda _: self._tally.query(horizon)).pipe(ops.first())
        attempt.disposable = answer.subscribe(self._on_answer, self._on_failure, scheduler=self._scheduler)

    def _on_answer(self, answer: object) -> None:
        self._asking = False
        self._delay = _FIRST_DELAY
        self._tally.answered(answer)
        self._look()

    def _on_failure(self, error: Exception) -> None:
        if isinstance(error, OutcomeUnknownError):
            scheduler = self._scheduler or current_scheduler()
            self._query.disposable = scheduler.schedule_relative(self._delay, self._repeat)
            self._delay = min(2 * self._delay, _LAST_DELAY)
        elif not isinstance(error, ClosedError):  # then the conversation or the client is gone: the source completes
            self._fail(error)

    def _repeat(self, _scheduler: SchedulerBase, _state: object = None) -> None:
        self._asking = False
        self._look()

    def _fail(self, error: Exception) -> None:
        observer = self._observer
        self.dispose()
        if observer is not None:
            observer.on_error(error)

    def _complete(self) -> None:
        observer = self._observer
        self.dispose()
        if observer is not None:
            observer.on_completed()
