"""A conversation as far as an unread badge looks at one, without client and network."""

from __future__ import annotations

import reactivex
from reactivex import Observable
from reactivex.abc import SchedulerBase
from reactivex.scheduler import ImmediateScheduler
from reactivex.subject import Subject

from rxconvo.types import Identity

__all__ = ["PlainUnreadState"]


class PlainUnreadState:
    """What `rxconvo.operators.unread_badge` needs to know, said by you: an `UnreadState`.

    Example:
        from reactivex.subject import Subject
        from rxconvo.operators import unread_badge
        from rxconvo.testing import PlainUnreadState

        state = PlainUnreadState("ada", last_read_message_index=4, unread_messages_count=2)
        messages = Subject()
        messages.pipe(unread_badge(state)).subscribe(print)  # -> 2

        state.unread_messages_count = 1
        state.last_read_message_index = 5  # -> 1

    Args:
        identity: The own user, whose messages are never unread.
        last_read_message_index: Index of the last message read, or None where nothing was.
        unread_messages_count: How many messages by others are unread.

    Attributes:
        identity: The same.
        unread_messages_count: What a query answers. As with a real conversation, nobody is told when it changes; so
            change it before the horizon.
        queries: How often it was asked for.
    """

    def __init__(
        self,
        identity: Identity,
        *,
        last_read_message_index: int | None = None,
        unread_messages_count: int | None = None,
    ) -> None:
        self.identity = identity
        self.unread_messages_count = unread_messages_count
        self.queries = 0
        self._horizon = last_read_message_index
        self._updated: Subject[int | None] = Subject()

    @property
    def last_read_message_index(self) -> int | None:
        """Index of the last message read, or None where nothing was. Setting it tells observers of `updated`."""
        return self._horizon

    @last_read_message_index.setter
    def last_read_message_index(self, index: int | None) -> None:
        self._horizon = index
        self._updated.on_next(index)

    @property
    def updated(self) -> Observable[int | None]:
        """The read horizon, whenever it is set. Hot."""
        return self._updated

    def get_unread_messages_count(self) -> Observable[int | None]:
        """Ask for the count. Cold; answers at once, with what the count is then."""

        def ask(_scheduler: SchedulerBase) -> Observable[int | None]:
            self.queries += 1
            return reactivex.just(self.unread_messages_count, ImmediateScheduler.singleton())

        return reactivex.defer(ask)
