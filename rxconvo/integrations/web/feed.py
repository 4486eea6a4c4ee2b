"""A stream, or several, for any number of viewers: subscribed once, encoded once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any, Final, cast, get_args

from reactivex import Observable

from rxconvo.errors import ArgumentError, ClosedError, TooManyViewersError
from rxconvo.integrations.web.broadcast import Broadcast, Counts, Gone
from rxconvo.integrations.web.encoding import Encode, to_json
from rxconvo.integrations.web.messages import WebMessage
from rxconvo.integrations.web.topics import First, Topic
from rxconvo.integrations.web.viewer import EventStream, Viewer
from rxconvo.operators._arguments import check_callable, check_kind, check_number, check_observable, check_seconds

__all__ = ["Feed"]

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_RESERVED: Final = ("end", "error", "gap")
_ID: Final = re.compile(r"(?P<epoch>[0-9a-f]{16})-(?P<seq>[0-9]{1,18})")


class Feed:
    """Streams for browsers, or whoever else reads server-sent events or a websocket.

    Each stream is subscribed once, with the first viewer, and released `linger` seconds after the last has left. Each
    value is encoded once. What a viewer gets depends on what the stream is of:

    - *Lists* (`DiffBatch`): the list as it is, as one `reset`, then what changes in it.
    - *States* (`first="latest"`): the newest value, then those to come. Of several that wait, the newest.
    - *Events* (`first="nothing"`): those to come.

    A viewer that comes back and says which message was its last (`Last-Event-ID`) gets those after it. If it stays away
    too long, or does not keep up, it is brought up to date: lists and states as a newcomer gets them, and for events a
    message `gap`, `{"topic": …, "missed": …}`, which says how many there were, or null. When all streams have completed
    there is a message `end`; when one has failed, `error`, which does not say why; the log does.

    Example:
        from reactivex.subject import BehaviorSubject
        from rxconvo.integrations.web import Feed

        feed = Feed({"unread": BehaviorSubject(3)})
        events = feed.events()
        await anext(events)  # where the feed is: an event without data, which nobody sees
        print((await anext(events)).decode().splitlines()[1:3])  # -> ['event: unread', 'data: 3']
        feed.close()

    Args:
        source: An Observable, the topic `message`; or several by the names of their topics.
        first: What a newcomer gets of the topics that are no lists, or of each of them by name: `latest` or `nothing`.
            By default, a topic whose first value is an event, a message, a participant or a user is one of events, all
            else is a state.
        encode: Makes of a value, or of each value of a list, something for `jsonable`.
        linger: Seconds that the streams stay subscribed after the last viewer, so that one that comes back can go on
            where it was.
        kept: How many messages are kept for those that are not up to date.
        kept_bytes: Bytes of JSON that are kept for them; the newest message is kept in any case.
        max_viewers: How many there may be at once.
        heartbeat: Seconds between two signs of life.

    Raises:
        ArgumentError: An argument is out of range or not of its type, or a name is none: up to 64 of letters, digits,
            `_`, `.` and `-`, a letter first, not `end`, `error` or `gap`.
    """

    def __init__(
        self,
        source: Observable[Any] | Mapping[str, Observable[Any]],
        *,
        first: First | Mapping[str, First] | None = None,
        encode: Encode | None = None,
        linger: float = 10.0,
        kept: int = 1_000,
        kept_bytes: int = 4 * 2**20,
        max_viewers: int = 1_000,
        heartbeat: float = 15.0,
    ) -> None:
        check_callable("encode", encode, optional=True)
        self._sources = _sources(source)
        self._first = _firsts(first, self._sources)
        self._encode = encode
        self._linger = check_seconds("linger", linger, zero=True)
        self._kept = check_number("kept", kept)
        self._kept_bytes = check_number("kept_bytes", kept_bytes)
        self._max_viewers = check_number("max_viewers", max_viewers)
        self.heartbeat = check_seconds("heartbeat", heartbeat)
        self._broadcast: Broadcast | None = None  # as long as there will be more messages
        self._viewers = 0
        self._lingering: asyncio.TimerHandle | None = None
        self._end: str | None = None  # id of the last `end`
        self._closed = False

    @property
    def viewers(self) -> int:
        """How many there are."""
        return self._viewers

    def __repr__(self) -> str:
        return f"<Feed {', '.join(self._sources)} viewers={self._viewers}>"

    def is_over(self, last_event_id: str | None) -> bool:
        """Tell whether nothing comes after a message, since it was the `end`.

        A browser's `EventSource` that comes back after the end stops only if it gets the status 204.

        Args:
            last_event_id: The id, as the viewer gives it.
        """
        return last_event_id is not None and last_event_id == self._end

    def view(self, last_event_id: str | None = None, *, gone: Gone | None = None) -> Viewer:
        """Begin to watch. It must be iterated over or closed.

        Args:
            last_event_id: Id of the last message that the viewer has got, as the viewer gives it; one that is none of
                this feed makes it a newcomer who may have missed something.
            gone: Asked about once a second: whether whom it is for has gone without saying so.

        Returns:
            The messages, some at a time; none as a sign of life.

        Raises:
            TooManyViewersError: There is no room for one more.
            ClosedError: The feed was closed.
        """
        if self._closed:
            raise ClosedError("the feed was closed")
        if self._viewers >= self._max_viewers:
            raise TooManyViewersError(self._max_viewers)
        self._stop_lingering()
        broadcast = self._broadcast
        counts: Counts
        if broadcast is None:
            broadcast = self._open()
            cursor, counts = 0, [0] * len(self._sources)  # those that came at once are for this viewer
            missed = [] if last_event_id is None else broadcast.gaps([None] * len(self._sources))
            pending = [*missed, WebMessage(f"{broadcast.epoch}-0")]
        elif last_event_id is None:
            cursor, counts = broadcast.seq, broadcast.counts
            pending = [*broadcast.snapshots(), WebMessage(broadcast.id)]
        elif (resumed := _place(last_event_id, broadcast)) is not None:
            cursor, counts = resumed, broadcast.counts_at(resumed)
            pending = [WebMessage(last_event_id)]
        else:
            cursor, counts = broadcast.seq, broadcast.counts
            missed = broadcast.gaps([None] * len(self._sources))
            pending = [*missed, *broadcast.snapshots(), WebMessage(broadcast.id)]
        self._viewers += 1
        broadcast.viewers += 1
        return Viewer(broadcast, cursor, counts, pending, gone=gone, left=self._left)

    def events(self, last_event_id: str | None = None, *, gone: Gone | None = None) -> EventStream:
        """Begin to watch, as server-sent events. It must be iterated over or closed.

        Args:
            last_event_id: As for `view`: the request's header `Last-Event-ID`.
            gone: As for `view`.

        Returns:
            The bytes of a response's body; `EVENT_STREAM_HEADERS` are its headers.

        Raises:
            TooManyViewersError: There is no room for one more.
            ClosedError: The feed was closed.
        """
        return EventStream(self.view(last_event_id, gone=gone))

    def close(self) -> None:
        """End all viewers and release everything. May be called again."""
        self._closed = True
        self._release()

    def _open(self) -> Broadcast:
        topics = [Topic(name, number, self._first[name], self._to_json) for number, name in enumerate(self._sources)]
        broadcast = self._broadcast = Broadcast(
            topics, kept=self._kept, kept_bytes=self._kept_bytes, heartbeat=self.heartbeat, over=self._over
        )
        broadcast.open(self._sources)
        return broadcast

    def _to_json(self, value: object) -> bytes:
        return to_json(value if self._encode is None else self._encode(value))

    def _over(self) -> None:
        broadcast, self._broadcast = self._broadcast, None
        if broadcast is not None and broadcast.last is not None and broadcast.last.event == "end":
            self._end = broadcast.id

    def _left(self, broadcast: Broadcast) -> None:
        self._viewers -= 1
        broadcast.viewers -= 1
        if broadcast is self._broadcast and not broadcast.viewers and not broadcast.loop.is_closed():
            self._lingering = broadcast.loop.call_later(self._linger, self._release)

    def _stop_lingering(self) -> None:
        if self._lingering is not None:
            self._lingering.cancel()
            self._lingering = None

    def _release(self) -> None:
        self._stop_lingering()
        broadcast, self._broadcast = self._broadcast, None
        if broadcast is not None:
            broadcast.close()


def _sources(source: Any) -> dict[str, Observable[Any]]:
    """Return the streams by topic."""
    if isinstance(source, Observable):
        return {"message": source}
    check_kind("source", source, Mapping, "an Observable, or several by name")
    sources: dict[Any, Any] = dict(source)
    if not sources:
        raise ArgumentError("source", "at least one Observable", sources)
    for name, stream in sources.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name in _RESERVED:
            raise ArgumentError("source", "named by up to 64 letters, digits, _, . and -, not end, error or gap", name)
        check_observable(name, stream)
    return sources


def _firsts(first: object, sources: Mapping[str, object]) -> dict[str, First | None]:
    """Return what a newcomer gets, by topic."""
    is_by_name = isinstance(first, Mapping)
    by_name: dict[Any, Any] = dict(cast("Any", first)) if is_by_name else dict.fromkeys(sources, first)
    for name, choice in by_name.items():
        if name not in sources:
            raise ArgumentError("first", "of topics that there are", name)
        if choice is not None and choice not in get_args(First):
            raise ArgumentError("first", '"latest", "nothing" or None', choice)
    return {name: by_name.get(name) for name in sources}


def _place(last_event_id: str, broadcast: Broadcast) -> int | None:
    """Return the place in a broadcast that an id names; None if it is none of it."""
    named = _ID.fullmatch(last_event_id)
    if named is None or named["epoch"] != broadcast.epoch or int(named["seq"]) > broadcast.seq:
        return None
    return int(named["seq"])
