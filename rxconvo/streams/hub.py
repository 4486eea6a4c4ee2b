"""The hub: every event to the streams that carry it, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from operator import attrgetter
from typing import Any, TypeVar
from weakref import WeakSet

from rxconvo.model.events import Discontinuity, Event, Topic
from rxconvo.streams.bundles import ClientStreams, ConversationStreams, Sources, StreamMaker
from rxconvo.streams.context import Context, Report
from rxconvo.streams.delivery import Delivery
from rxconvo.streams.hot import HotStream
from rxconvo.streams.scheduler import LoopScheduler, current_scheduler
from rxconvo.streams.source import LINGER
from rxconvo.streams.state import StateStream
from rxconvo.types import Sid

__all__ = ["Hub"]

T = TypeVar("T")


class Hub:
    """Publishes the events of a client: to everybody in the same order, each observer isolated from the others.

    Args:
        report: Gets every fault of an observer. Must not raise; may push to a stream of this hub.
        scheduler: What chains on the streams run on; the running loop's if None.
        sources: Tells what has to be open for a stream to carry anything; nothing if None.
        linger: How long a source stays open after the last observer, seconds.

    Attributes:
        context: What the client's cold Observables share with its streams.
        client: The streams of the whole client.
    """

    __slots__ = (
        "_closed",
        "_conversations",
        "_counts",
        "_delivery",
        "_maker",
        "_others",
        "_passing",
        "_routes",
        "client",
        "context",
    )

    def __init__(
        self,
        report: Report,
        scheduler: LoopScheduler | None = None,
        *,
        sources: Sources | None = None,
        linger: float = LINGER,
    ) -> None:
        self._delivery = Delivery(scheduler or current_scheduler(), report)
        self._maker = StreamMaker(self._delivery, sources, linger)
        self._conversations: dict[Sid, ConversationStreams] = {}
        self._others: list[HotStream[Any]] = []
        self._passing: WeakSet[HotStream[Any]] = WeakSet()
        self._closed = False
        self._counts = False
        self.context: Context = self._delivery
        self.client = ClientStreams(self._maker)
        self._routes = self.client.routes

    def conversation(self, sid: Sid, *, ended: bool = False) -> ConversationStreams:
        """Return the streams of a conversation, the same ones each time until they are complete.

        Args:
            sid: The conversation.
            ended: It is over: where there are no streams of it any more, those returned are complete.
        """
        streams = self._conversations.get(sid)
        if streams is None:
            ended = ended or self._closed
            streams = ConversationStreams(self._maker, sid, ended=ended)
            if not ended:
                self._conversations[sid] = streams
        return streams

    def stream(self, name: str) -> HotStream[Any]:
        """Make another stream of the client, which only `push` feeds.

        Args:
            name: What reports call it.

        Returns:
            The stream. Those made last complete first, so the one for faults is best made first.
        """
        stream: HotStream[Any] = HotStream(self._delivery, name)
        self._others.append(stream)
        return stream

    def passing(self, name: str) -> HotStream[Any]:
        """Make a stream of something that comes and goes, which only `push` feeds. Who made it has to hold it.

        Args:
            name: What reports call it.

        Returns:
            The stream. If it is still there at the end, it completes like all others.
        """
        stream: HotStream[Any] = HotStream(self._delivery, name)
        if self._closed:
            stream.complete()
        self._passing.add(stream)
        return stream

    def state(self, name: str, value: T) -> StateStream[T]:
        """Make a stream of a state of the client, which only `push` feeds.

        Args:
            name: What reports call it.
            value: The state to begin with.
        """
        stream = StateStream(self._delivery, name, value)
        self._others.append(stream)
        return stream

    def count(self) -> None:
        """Count from now on what each stream carries. It is only done where somebody looks: it costs a few percent."""
        if self._counts:
            return
        self._counts = True
        for stream in self.streams():
            stream.items = 0  # those that are pushed count always

    def streams(self) -> Iterator[HotStream[Any]]:
        """Yield the streams that were made and are not complete, with their views."""
        for streams in (self.client, *self._conversations.values()):
            for topic in Topic:
                stream = streams.made(topic)
                if stream is not None:
                    yield stream
                    yield from stream.views
        yield from self._others
        yield from self._passing

    def publish(self, events: Sequence[Event]) -> None:
        """Hand events to their observers, in order, after all that is being handed over already."""
        self._delivery.run(self._hand_over, events)
        if self._counts:
            self._count(events)

    def reopen(self, sid: Sid) -> None:
        """Try again to open what could not be opened, for those streams of a conversation that are observed."""
        streams = self._conversations.get(sid)
        if streams is not None:
            streams.reopen()

    def complete(self, sid: Sid) -> None:
        """Complete the streams of a conversation, after all that is being handed over already."""
        self._delivery.call(partial(self._end, sid))

    def complete_all(self) -> None:
        """Complete all streams, after all that is being handed over already."""
        self._delivery.call(self._end_all)

    def _hand_over(self, events: Iterator[Any]) -> None:
        routes, conversations, delivery = self._routes, self._conversations, self._delivery
        for event in events:
            try:
                own, merged = routes[event.__class__]
            except KeyError:
                self._interrupt(event)
            else:
                if own is not None:
                    streams = conversations.get(event.conversation_sid)
                    if streams is not None:
                        stream = own(streams)
                        if stream is not None:
                            stream.emit(event)
                for stream in merged:
                    stream.emit(event)
            if delivery.waiting:
                delivery.settle()

    def _count(self, events: Sequence[Any]) -> None:
        for event in events:
            own, merged = self._routes.get(event.__class__, (attrgetter(f"_{event.topic.value}"), ()))
            streams = self._conversations.get(getattr(event, "conversation_sid", None) or "")
            alone = () if own is None or streams is None else (own(streams),)
            for stream in (*alone, *(merged or (self.client.made(event.topic),))):
                if stream is not None:
                    stream.items += 1

    def _interrupt(self, event: Discontinuity) -> None:
        """Hand over what belongs to the streams of its topic, unlike all other events, whose class tells."""
        for streams in (self._conversations.get(event.conversation_sid or ""), self.client):
            stream = streams.made(event.topic) if streams is not None else None
            if stream is not None:
                stream.emit(event)

    def _end(self, sid: Sid) -> None:
        streams = self._conversations.pop(sid, None)
        if streams is not None:
            streams.finish()

    def _end_all(self) -> None:
        self._closed = True
        while self._conversations:
            self._end(next(iter(self._conversations)))
        self.client.finish()
        for stream in list(self._passing):
            stream.finish()
        while self._others:
            self._others.pop().finish()
