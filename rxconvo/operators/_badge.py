"""One badge: how many messages of one conversation are unread, asked for, corrected by events, and told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import reactivex
from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase

from rxconvo.errors import ClosedError
from rxconvo.model import Discontinuity, MessageAdded, MessageEvent, MessageRemoved, UnreadHistory, UnreadState
from rxconvo.operators._arguments import check_members
from rxconvo.operators._asking import Asking
from rxconvo.operators._tallies import Tally, tally_of
from rxconvo.streams.guard import ignore

__all__ = ["Badge", "check_unread_state"]


def check_unread_state(field: str, state: object, *more: str) -> None:
    """Check that something is a conversation whose messages can be counted.

    Args:
        field: Names the argument.
        state: What is to be one.
        more: What else it has to have.

    Raises:
        ArgumentError: It lacks a member, which is named.
    """
    check_members(field, state, "a conversation", "identity", "last_read_message_index", "updated", *more)
    if not hasattr(state, "get_messages"):
        check_members(field, state, "a conversation", "get_unread_messages_count")


class Badge(DisposableBase):
    """A badge, which says its number when it is known, and each other one. Its events are handed in.

    Args:
        observer: Gets the numbers.
        state: The conversation.
        scheduler: For repeating queries; by default the running loop's.
        updated: Called when the conversation was updated.
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
        "_scheduler",
        "_shown",
        "_state",
        "_subscriptions",
        "_tally",
        "_updated",
    )

    def __init__(
        self,
        observer: ObserverBase[int],
        state: UnreadState | UnreadHistory,
        scheduler: SchedulerBase | None,
        *,
        updated: Callable[[], None] = ignore,
        closed: Callable[[], None] = ignore,
    ) -> None:
        self._observer: ObserverBase[int] | None = observer
        self._scheduler = scheduler
        self._updated = updated
        self._closed = closed
        self._state = state
        self._identity = state.identity
        self._tally: Tally[Any] = tally_of(state)
        self._shown: int | None = None
        self._asking: Asking[Any] | None = None  # only while there is something to ask
        self._subscriptions: tuple[DisposableBase, ...] = ()
        self._gone = False
        self._looking = False
        self._look_again = False

    def start(self, scheduler: SchedulerBase | None, source: Observable[MessageEvent] | None = None) -> None:
        """Subscribe everything: first what tells of changes, then the query for what was before them.

        Args:
            scheduler: That given to `subscribe`.
            source: Brings the events, with its end; by default they are handed in.
        """
        self._own(self._state.updated.subscribe(self._look_anew, self.on_error, scheduler=scheduler))
        if source is not None:
            self._own(source.subscribe(self.on_event, self.on_error, self.on_completed, scheduler=scheduler))
        self._look()

    def dispose(self) -> None:
        """End; nothing is told any more."""
        self._observer = None
        self._give_up()
        subscriptions, self._subscriptions = self._subscriptions, ()
        for subscription in subscriptions:
            subscription.dispose()

    def on_event(self, event: MessageEvent) -> None:
        """Take what happened to a message of the conversation."""
        if isinstance(event, Discontinuity):
            self._give_up()
            self._tally.forget()
        elif isinstance(event, MessageRemoved):
            message = event.message
            self._tally.removed(event.index, mine=None if message is None else message.author == self._identity)
        else:
            message = event.message
            mine = message.author == self._identity
            self._tally.present(message.index, mine=mine, new=isinstance(event, MessageAdded))
        self._look()

    def _own(self, subscription: DisposableBase) -> None:
        if self._observer is None:
            subscription.dispose()  # it has ended while it was being subscribed
        else:
            self._subscriptions += (subscription,)

    def _look_anew(self, _: object) -> None:
        self._updated()
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
        if self._asking is None and not self._gone:
            self._asking = Asking(self._scheduler, self._answered, self._failed)
            self._asking.ask(reactivex.defer(lambda _: self._tally.query(self._state.last_read_message_index)))

    def _give_up(self) -> None:
        asking, self._asking = self._asking, None
        if asking is not None:
            asking.dispose()

    def _answered(self, answer: object) -> None:
        self._give_up()
        self._tally.answered(answer)
        self._look()

    def _failed(self, error: Exception) -> None:
        self._give_up()
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
