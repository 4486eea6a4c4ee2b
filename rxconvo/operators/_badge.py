"""One badge: how many messages of one conversation are unread, asked for, corrected by events, and told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import reactivex
from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable

from rxconvo.errors import ClosedError
from rxconvo.model import Discontinuity, MessageAdded, MessageEvent, MessageRemoved, UnreadHistory, UnreadState
from rxconvo.operators._asking import Asking
from rxconvo.operators._tallies import Tally, tally_of
from rxconvo.streams.guard import ignore

__all__ = ["Badge"]


class Badge(DisposableBase):
    """A badge, which says its number when it is known, and each other one. Its events are handed in.

    Args:
        observer: Gets the numbers.
        state: The conversation.
        scheduler: For repeating queries; by default the running loop's.
        closed: Called when the conversation is found to be gone, and so cannot be asked any more.
    """

    __slots__ = (
        "_asking",
        "_closed",
        "_gone",
        "_identity",
        "_look_again",
        "_looking",
        "_observer",
        "_shown",
        "_state",
        "_subscriptions",
        "_tally",
    )

    def __init__(
        self,
        observer: ObserverBase[int],
        state: UnreadState | UnreadHistory,
        scheduler: SchedulerBase | None,
        closed: Callable[[], None] = ignore,
    ) -> None:
        self._observer: ObserverBase[int] | None = observer
        self._closed = closed
        self._state = state
        self._identity = state.identity
        self._tally: Tally[Any] = tally_of(state)
        self._shown: int | None = None
        self._asking = Asking[Any](scheduler, self._answered, self._failed)
        self._subscriptions = CompositeDisposable(self._asking)
        self._gone = False
        self._looking = False
        self._look_again = False

    def start(self, scheduler: SchedulerBase | None, source: Observable[MessageEvent] | None = None) -> None:
        """Subscribe everything: first what tells of changes, then the query for what was before them.

        Args:
            scheduler: That given to `subscribe`.
            source: Brings the events, with its end; by default they are handed in.
        """
        updated = self._state.updated
        self._subscriptions.add(updated.subscribe(lambda _: self._look(), self.on_error, scheduler=scheduler))
        if source is not None:
            subscription = source.subscribe(self.on_event, self.on_error, self.on_completed, scheduler=scheduler)
            self._subscriptions.add(subscription)
        self._look()

    def dispose(self) -> None:
        """End; nothing is told any more."""
        self._observer = None
        self._subscriptions.dispose()

    def on_event(self, event: MessageEvent) -> None:
        """Take what happened to a message of the conversation."""
        if isinstance(event, Discontinuity):
            self._asking.give_up()
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
                    self._ask()
                elif count != self._shown:
                    self._shown = count
                    self._observer.on_next(count)
        finally:
            self._looking = False

    def _ask(self) -> None:
        if not self._asking.busy and not self._gone:
            self._asking.ask(reactivex.defer(lambda _: self._tally.query(self._state.last_read_message_index)))

    def _answered(self, answer: object) -> None:
        self._tally.answered(answer)
        self._look()

    def _failed(self, error: Exception) -> None:
        if isinstance(error, ClosedError):
            self._gone = True
            self._closed()
        else:
            self.on_error(error)

    def on_error(self, error: Exception) -> None:
        """End with an error."""
        observer = self._observer
        self.dispose()
        if observer is not None:
            observer.on_error(error)

    def on_completed(self) -> None:
        """End."""
        observer = self._observer
        self.dispose()
        if observer is not None:
            observer.on_completed()
