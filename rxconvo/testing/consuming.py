"""Consumers that take their time, and what they are told of what they miss."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from reactivex import operators as ops

from rxconvo.errors import SlowConsumerError
from rxconvo.model import DiffBatch, Discontinuity, Message, MessageEvent, MessageRemoved, Reset
from rxconvo.model.diffs import apply
from rxconvo.operators import bounded_buffer
from rxconvo.streams.meters import meters_of
from rxconvo.streams.scheduler import current_scheduler
from rxconvo.testing.entries import Consuming, History, Missed, Offered, Taken

if TYPE_CHECKING:
    from reactivex import Observable
    from reactivex.abc import DisposableBase

    from rxconvo.client.conversation import Conversation
    from rxconvo.streams.backlog import Overflow

__all__ = ["Consumption"]

_TURN = 0.01  # seconds that a turn of the loop takes at most


class Consumption:
    """One slow consumer of a conversation's messages behind a `bounded_buffer`, which writes down how it fares.

    Args:
        history: Where that is written down.
        consumer: Names it.
        limit: How many values may wait.
        overflow: What becomes of one more. With `reset` it is the timeline that is consumed.
        every: Seconds from one value to the next.

    Attributes:
        patience: Seconds after which it has taken all that waits.
    """

    def __init__(self, history: History, consumer: str, *, limit: int, overflow: Overflow, every: float) -> None:
        self._buffer = bounded_buffer(limit, overflow, every=every, name=f"consumer {consumer}")
        self.patience = max(every, _TURN) * (limit + 1)
        self._history = history
        self._consumer = consumer
        self._limit = limit
        self._overflow: Overflow = overflow
        self._now = asyncio.get_running_loop().time
        self._meters = meters_of(current_scheduler())  # whose reports are what `client.inspect` shows
        self._drops = self._meters[f"consumer {consumer}"].drops

    def begin(self, conversation: Conversation) -> DisposableBase:
        """Begin to consume.

        Args:
            conversation: Whose messages.

        Returns:
            What ends it.
        """
        self._history.add(Consuming(self._now(), self._consumer, self._limit, self._overflow))
        lists = self._overflow == "reset"
        source: Any = conversation.timeline() if lists else conversation.messages
        offer, take = (partial(each, _listing() if lists else _of) for each in (self._offer, self._take))
        buffered: Observable[Any] = source.pipe(ops.do_action(offer), self._buffer)
        return buffered.subscribe(take, self._fail, partial(self._miss, "completed"))

    def note_dropped(self) -> None:
        """Write down how many values were dropped since that was asked last, as the reports say."""
        drops = self._meters[f"consumer {self._consumer}"].drops
        if drops > self._drops:
            self._history.add(Missed(self._now(), self._consumer, "dropped", drops - self._drops))
            self._drops = drops

    def _offer(self, name: Callable[[Any], str], value: Any) -> None:
        self.note_dropped()
        self._history.add(Offered(self._now(), self._consumer, name(value)))

    def _take(self, name: Callable[[Any], str], value: Any) -> None:
        self.note_dropped()
        self._history.add(Taken(self._now(), self._consumer, name(value), _is_anew(value)))

    def _fail(self, error: Exception) -> None:
        self._miss("error" if isinstance(error, SlowConsumerError) else "completed")

    def _miss(self, how: Any) -> None:
        self._history.add(Missed(self._now(), self._consumer, how))


def _of(event: MessageEvent[Any]) -> str:
    """Name what an event says."""
    kind = type(event).__name__
    if isinstance(event, MessageRemoved):
        return f"{kind} {event.index}"
    if isinstance(event, Discontinuity):
        return kind
    return f"{kind} {event.message.index} {event.message.body}"


def _is_anew(value: MessageEvent[Any] | DiffBatch[Message[Any]]) -> bool:
    """Tell whether a value says that it is a whole list."""
    return isinstance(value, DiffBatch) and any(isinstance(diff, Reset) for diff in value.diffs)


def _listing() -> Callable[[DiffBatch[Message[Any]]], str]:
    """Return what names the list that all batches make so far."""
    values: tuple[Message[Any], ...] = ()

    def name(batch: DiffBatch[Message[Any]]) -> str:
        nonlocal values
        values = apply(values, batch)
        return f"{[f'{message.index} {message.body}' for message in values]}"

    return name
