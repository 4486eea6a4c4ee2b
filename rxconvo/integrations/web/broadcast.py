"""One run of a feed: its topics subscribed once, and the last of their messages, which all viewers read.

A viewer is but a place in these. So a slow one costs no memory, and one that comes back reads on where it was: each is
brought up to date in the same way when what it lacks is not there any more.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from math import ceil
from secrets import token_hex
from typing import Any, TypeAlias

import orjson
from reactivex import Observable
from reactivex.abc import DisposableBase

from rxconvo.integrations.web.messages import WebMessage
from rxconvo.integrations.web.topics import Topic
from rxconvo.streams import LoopObservable, current_scheduler

__all__ = ["Broadcast", "Counts", "Gone"]

Gone: TypeAlias = Callable[[], bool]
"""Tells whether whom a viewer stands for has gone without saying so."""

Counts: TypeAlias = Sequence[int | None]
"""How many messages of each topic there were; None where that is not known."""

_log = logging.getLogger("rxconvo.web")


class Broadcast:
    """One run of a feed.

    Args:
        topics: Its topics, new.
        kept: How many messages are kept.
        kept_bytes: How many bytes of them.
        heartbeat: Seconds between two signs of life.
        over: Called once when there will be no more messages.

    Attributes:
        epoch: Tells it from others.
        loop: The loop that it runs on.
        seq: Number of the newest message.
        last: The one that nothing comes after, once it is there.
        closed: Whether the streams were released.
        viewers: How many there are.
    """

    def __init__(
        self, topics: Sequence[Topic], *, kept: int, kept_bytes: int, heartbeat: float, over: Callable[[], None]
    ) -> None:
        self.epoch = token_hex(8)
        self.seq = 0
        self.last: WebMessage | None = None
        self.closed = False
        self.viewers = 0
        self._topics = topics
        self._ring: deque[WebMessage] = deque()
        self._ring_bytes = 0
        self._kept = kept
        self._kept_bytes = kept_bytes
        self.loop = asyncio.get_running_loop()
        self._looks = ceil(heartbeat)  # from one sign of life to the next
        self._look_every = heartbeat / self._looks
        self._looked = 0
        self._look: asyncio.TimerHandle | None = None
        self._over = over
        self._waiting: dict[asyncio.Future[bool], Gone | None] = {}
        self._subscriptions: list[DisposableBase] = []

    @property
    def id(self) -> str:
        """Where it is: the id of the newest message."""
        return f"{self.epoch}-{self.seq}"

    @property
    def counts(self) -> Counts:
        """How many messages of each topic there were."""
        return tuple(topic.count for topic in self._topics)

    # -- from the streams ------------------------------------------------------------------------------------------

    def open(self, sources: Mapping[str, Observable[Any]]) -> None:
        """Subscribe the topics, and begin to look after viewers."""
        self._rearm()
        for topic in self._topics:
            if not self.closed:
                self._subscribe(topic, sources[topic.name])

    def close(self) -> None:
        """Release the streams and the timer, and let go of whoever waits."""
        self.closed = True
        subscriptions, self._subscriptions = self._subscriptions, []
        for subscription in subscriptions:
            subscription.dispose()
        if self._look is not None:
            self._look.cancel()
            self._look = None
        self._wake()

    def _subscribe(self, topic: Topic, source: Observable[Any]) -> None:
        # Streams of a client know their scheduler; without one, operators of others would start threads.
        scheduler = None if isinstance(source, LoopObservable) else current_scheduler()
        try:
            subscription = source.subscribe(
                partial(self._take, topic),
                partial(self._fail, topic),
                partial(self._complete, topic),
                scheduler=scheduler,
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, viewers are told that it is over
            self._fail(topic, error)
            return
        self._subscriptions.append(subscription)
        if self.closed:  # meanwhile
            self.close()

    def _take(self, topic: Topic, value: object) -> None:
        if self.closed:
            return
        try:
            data = topic.encode(value)
        except Exception as error:  # noqa: BLE001 - the application's `encode`, or a value that cannot be encoded
            self._fail(topic, error)
            return
        if data is not None:
            self._publish(topic, data)

    def _publish(self, topic: Topic, data: bytes) -> None:
        self.seq += 1
        topic.count += 1
        topic.newest = self.seq
        message = WebMessage(self.id, topic.name, data, seq=self.seq, topic=topic.number, nth=topic.count)
        self._ring.append(message)
        self._ring_bytes += len(data)
        while len(self._ring) > self._kept or (self._ring_bytes > self._kept_bytes and len(self._ring) > 1):
            self._ring_bytes -= len(self._ring.popleft().data)
        self._wake()

    def _fail(self, topic: Topic, error: Exception) -> None:
        if not self.closed:
            _log.error("the topic %r of a feed has failed", topic.name, exc_info=error)
            self._end("error", {"topic": topic.name, "error": "the stream has failed"})

    def _complete(self, topic: Topic) -> None:
        topic.ended = True
        if not self.closed and all(topic.ended for topic in self._topics):
            self._end("end", {})

    def _end(self, event: str, data: Mapping[str, str]) -> None:
        self.seq += 1
        self.last = WebMessage(self.id, event, orjson.dumps(data), seq=self.seq, last=True)
        self.close()
        self._over()

    # -- to the viewers --------------------------------------------------------------------------------------------

    def since(self, cursor: int) -> Iterator[WebMessage] | None:
        """Return the messages after a place, without states that newer ones have replaced; None where some are lost."""
        behind = self.seq - cursor - (self.last is not None)
        if behind > len(self._ring):
            return None
        return self._newer(behind)

    def _newer(self, behind: int) -> Iterator[WebMessage]:
        for place in range(behind, 0, -1):
            message = self._ring[-place]
            topic = self._topics[message.topic]
            if not topic.is_of_states or message.seq == topic.newest:
                yield message
        if self.last is not None:
            yield self.last

    def counts_at(self, cursor: int) -> Counts:
        """Return how many messages of each topic there were at a place."""
        if len(self._topics) == 1:
            return (cursor,)
        if self.seq - cursor > len(self._ring):
            return tuple(None if topic.count else 0 for topic in self._topics)
        counts = [topic.count for topic in self._topics]
        for place in range(self.seq - cursor, 0, -1):
            counts[self._ring[-place].topic] -= 1
        return tuple(counts)

    def snapshots(self, cursor: int = 0) -> list[WebMessage]:
        """Return what a newcomer gets of the topics that told something after a place."""
        changed = (topic for topic in self._topics if topic.newest > cursor)
        return [snapshot for topic in changed if (snapshot := topic.snapshot()) is not None]

    def gaps(self, counts: Counts) -> list[WebMessage]:
        """Return what tells somebody of the events that he will not get any more.

        Args:
            counts: How many messages of each topic he has had.
        """
        gaps: list[WebMessage] = []
        for topic, count in zip(self._topics, counts, strict=True):
            missed = None if count is None else topic.count - count
            if topic.may_be_of_events and missed != 0:
                gaps.append(WebMessage("", "gap", orjson.dumps({"topic": topic.name, "missed": missed})))
        return gaps

    def waiter(self, gone: Gone | None) -> asyncio.Future[bool]:
        """Return what is done when there may be news, with True, or when it is time for a sign of life.

        Args:
            gone: Asked about once a second; if so, that is news.
        """
        waiter: asyncio.Future[bool] = self.loop.create_future()
        self._waiting[waiter] = gone
        return waiter

    def forget(self, waiter: asyncio.Future[bool]) -> None:
        """Let go of one whom nobody waits for any more."""
        self._waiting.pop(waiter, None)

    def _wake(self, *, news: bool = True) -> None:
        waiting, self._waiting = self._waiting, {}
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(news)

    def _rearm(self) -> None:
        self._look = self.loop.call_later(self._look_every, self._look_after)

    def _look_after(self) -> None:
        """Wake all when it is time for a sign of life, else those that have gone."""
        self._rearm()
        self._looked += 1
        if self._looked % self._looks == 0:
            self._wake(news=False)
            return
        for waiter in [waiter for waiter, gone in self._waiting.items() if gone is not None and gone()]:
            self.forget(waiter)
            if not waiter.done():
                waiter.set_result(True)
