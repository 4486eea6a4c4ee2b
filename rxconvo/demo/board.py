"""What the demo shows, as one state: built from the streams of clients and conversations, and nothing else."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import Any

from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase
from reactivex.subject import Subject

from rxconvo import (
    Client,
    Conversation,
    Discontinuity,
    LoopScheduler,
    Message,
    MessageAdded,
    MessageEvent,
    MessageRemoved,
    Participant,
)
from rxconvo import operators as chat
from rxconvo.types import Identity

__all__ = ["Board", "Row"]

_RECENT = 60
"""Seconds of rates that are kept."""


class Row:
    """One conversation as one of its participants sees it.

    Attributes:
        viewer: The participant.
        last: The message that came last as it is now, or None.
        typing: Who is typing.
        unread: How many messages the participant has not read.
        messages: How many were seen.
        over: Whether the participant has left.
        touched: When a message came last, in seconds of the loop's clock.
    """

    def __init__(self, viewer: Identity) -> None:
        self.viewer = viewer
        self.last: Message | None = None
        self.typing: frozenset[Identity] = frozenset()
        self.unread = 0
        self.messages = 0
        self.over = False
        self.touched = 0.0


class Board:
    """Everybody who is online, all conversations, and how much happens.

    Args:
        scheduler: Whose clock counts.
        settle: Seconds that somebody has to type until it shows.

    Attributes:
        online: Who is connected.
        rows: The conversations, by unique name.
        rates: Messages seen in each of the last seconds, oldest first.
        typing_rates: Typing signals seen, likewise.
    """

    def __init__(self, scheduler: LoopScheduler, *, settle: float = 0.3) -> None:
        self._scheduler = scheduler
        self._settle = settle
        self.online: set[Identity] = set()
        self.rows: dict[str, Row] = {}
        self.rates: deque[int] = deque(maxlen=_RECENT)
        self.typing_rates: deque[int] = deque(maxlen=_RECENT)
        self._messages: Subject[Message] = Subject()
        self._typing: Subject[Participant] = Subject()
        self._counting: list[DisposableBase] = [
            self._rate(self._messages, self.rates),
            self._rate(self._typing, self.typing_rates),
        ]

    def meet(self, client: Client) -> None:
        """Show somebody as online while they are connected."""
        identity = client.identity
        client.connection_state.subscribe(
            lambda state: self.online.add(identity) if state == "connected" else self.online.discard(identity),
            on_completed=lambda: self.online.discard(identity),
        )

    def watch(self, name: str, conversation: Conversation) -> None:
        """Show a conversation as its participant sees it, until it has left; unless it is shown already."""
        if name in self.rows and not self.rows[name].over:
            return
        row = self.rows[name] = Row(conversation.identity)
        row.touched = self.now
        conversation.messages.subscribe(partial(self._happened, row))
        conversation.messages.added.subscribe(self._messages.on_next)
        conversation.messages.pipe(chat.unread_badge(conversation)).subscribe(partial(self._counted, row))
        conversation.typing.pipe(chat.typing_indicator(settle=self._settle)).subscribe(partial(self._typed, row))
        conversation.typing.started.subscribe(self._typing.on_next)
        conversation.removed.subscribe(lambda _: self._ended(row))

    def close(self) -> None:
        """Stop counting."""
        for counting in self._counting:
            counting.dispose()

    @property
    def now(self) -> float:
        """The time, in seconds of the loop's clock."""
        return self._scheduler.loop.time()

    def _rate(self, happenings: Observable[Any], counts: deque[int]) -> DisposableBase:
        each_second = happenings.pipe(ops.buffer_with_time(1.0), ops.map(len))
        return each_second.subscribe(counts.append, scheduler=self._scheduler)

    def _happened(self, row: Row, event: MessageEvent) -> None:
        match event:
            case MessageAdded(message=message):
                row.last = message
                row.messages += 1
                row.touched = self.now
            case MessageRemoved(index=index):
                if row.last is not None and row.last.index == index:
                    row.last = None
            case Discontinuity():
                row.last = None
            case _:
                if row.last is not None and row.last.index == event.after.index:
                    row.last = event.after

    def _typed(self, row: Row, identities: frozenset[Identity]) -> None:
        row.typing = identities

    def _counted(self, row: Row, unread: int) -> None:
        row.unread = unread

    def _ended(self, row: Row) -> None:
        row.over = True
        row.typing = frozenset()
