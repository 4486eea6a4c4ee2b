"""Operators that keep lists and what is known of each key, and what comes nearest to each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import reactivex
from reactivex import Observable, Subject
from reactivex import operators as ops

from benchmarks.duel import PAUSE, Duel, Side, Sink, Source, piped
from benchmarks.duels_input import Event, Size, events, loop_scheduler, message, several_each
from benchmarks.duels_people import roster
from rxconvo import operators as chat
from rxconvo.model import Home, MessageAdded, MessageEvent, MessageUpdated, ParticipantLeft, Reset
from rxconvo.model.diffs import apply

__all__ = ["duels"]

_HOME: Final = Home[Any]("CH1")
_LIMIT: Final = 500
_PAGE: Final = 100
_READING: Final = 7 * PAUSE
"""Seconds that it takes to read all pages: the first bursts come meanwhile."""


def duels(size: Size) -> Iterable[Duel]:
    """Return them."""
    bursts, kept = events(size), several_each(size.weighed)
    latest = {event.key: event.number for burst in bursts for event in burst}
    yield Duel(
        ours=Side("dedupe", piped(lambda: chat.dedupe(_key)), _count, keep=1),
        theirs=Side("ops.distinct", piped(lambda: ops.distinct(_key)), _count, keep=1),
        bursts=bursts,
        expected=len(latest),
        weighed=kept,
        keys=size.weighed,
        rxjs="distinct",
    )
    yield Duel(
        ours=Side("latest_by", piped(lambda: chat.latest_by(_key)), _newest, keep=1),
        theirs=Side("ops.scan, a new dict", piped(lambda: ops.scan(_with, {})), _newest, keep=1),
        bursts=bursts,
        expected=[size.values, sum(latest.values())],
        weighed=kept,
        keys=size.weighed,
        rxjs="scan, a new Map",
    )
    yield _collect_list(size)
    yield _timeline(size)
    yield _collect_map(size)
    yield _catch_up(size)
    yield _unread_total(size)


def _key(event: Event) -> int:
    return event.key


def _count(sink: Sink) -> int:
    return sink.count


def _with(latest: dict[int, Event], event: Event) -> dict[int, Event]:
    return {**latest, event.key: event}


def _newest(sink: Sink) -> list[int]:
    return [sink.count, sum(event.number for event in sink.kept[-1].values())]


def _collect_list(size: Size) -> Duel:
    """Messages come, and now and then the newest of them is changed."""
    sent = [[_told(event) for event in burst] for burst in events(size)]
    limit = min(_LIMIT, size.values // 2)
    return Duel(
        ours=Side("collect_list", piped(lambda: chat.collect_list(limit=limit)), _indices, keep=1),
        theirs=Side("ops.scan, a new tuple", piped(lambda: ops.scan(_folding(limit), ())), _indices, keep=1),
        bursts=sent,
        expected=[size.values, *_last_indices(size.values, limit)],
        rxjs="scan, a new array",
    )


def _told(event: Event) -> MessageEvent:
    if event.number % 4 == 3:
        return MessageUpdated(None, message(event.number - 1, _HOME, "changed").message, ("body",))
    return message(event.number, _HOME)


def _last_indices(values: int, limit: int) -> list[int]:
    return [number for number in range(values) if number % 4 != 3][-limit:]


def _indices(sink: Sink) -> list[int]:
    return [sink.count, *(each.index for each in sink.kept[-1])]


def _folding(limit: int) -> Any:
    def fold(kept: tuple[Any, ...], event: MessageAdded | MessageUpdated) -> tuple[Any, ...]:
        if isinstance(event, MessageAdded):
            return (*kept, event.message)[-limit:]
        return tuple(event.after if each.index == event.after.index else each for each in kept)

    return fold


def _timeline(size: Size) -> Duel:
    """Let the same messages come, for a list that tells its changes."""
    duel = _collect_list(size)
    begun = [[Reset(()), *duel.bursts[0]], *duel.bursts[1:]]
    _, *indices = duel.expected
    limit = len(indices)
    return Duel(
        ours=Side("timeline", piped(lambda: chat.timeline(limit)), _told_indices),
        theirs=Side(
            "ops.scan, a new tuple, whole lists",
            piped(lambda: ops.skip(1), lambda: ops.scan(_folding(limit), ())),
            lambda sink: [each.index for each in sink.kept[-1]],
            keep=1,
        ),
        bursts=begun,
        expected=indices,
        rxjs="scan, whole arrays",
    )


def _told_indices(sink: Sink) -> list[int]:
    made: tuple[Any, ...] = ()
    for batch in sink.kept:
        made = apply(made, batch)
    return [each.index for each in made]


def _collect_map(size: Size) -> Duel:
    bursts = roster(size)
    people: Mapping[str, Any] = {}
    for event in (event for burst in bursts for event in burst):
        people = _mapping(people, event)
    return Duel(
        ours=Side("collect_map", piped(chat.collect_map), _people, keep=1),
        theirs=Side("ops.scan, a new dict", piped(lambda: ops.scan(_mapping, {})), _people, keep=1),
        bursts=bursts,
        expected=[size.values, sorted(people)],
        rxjs="scan, a new Map",
    )


def _mapping(people: Mapping[str, Any], event: Any) -> Mapping[str, Any]:
    participant = event.participant
    if isinstance(event, ParticipantLeft):
        return {sid: other for sid, other in people.items() if sid != participant.sid}
    return {**people, participant.sid: participant}


def _people(sink: Sink) -> list[Any]:
    return [sink.count, sorted(sink.kept[-1])]


class _Page:
    """A page of a conversation, as it is when it is answered."""

    def __init__(self, source: Source, before: int, end: int | None) -> None:
        self._source = source
        self._before = before  # messages that were there before the source has sent any
        stop = before + source.sent if end is None else end
        self._start = max(0, stop - _PAGE)
        self.items = [message(number, _HOME).message for number in range(self._start, stop)]
        self.has_prev_page = self._start > 0

    @classmethod
    def query(cls, source: Source, before: int, end: int | None = None) -> Observable[Any]:
        """Return the query for the page before *end*, or for the newest."""
        answer = _READING / (1 + before // _PAGE)
        return reactivex.timer(answer, scheduler=loop_scheduler()).pipe(ops.map(lambda _: cls(source, before, end)))

    def prev_page(self) -> Observable[Any]:
        """Return the query for the page before this."""
        return self.query(self._source, self._before, self._start)


def _catch_up(size: Size) -> Duel:
    """Half of all messages are there; the others come, the first of them while those are read."""
    before, burst = size.values // 2, size.burst
    numbers = range(before, size.values)
    sent = [[message(number, _HOME) for number in numbers[at : at + burst]] for at in range(0, len(numbers), burst)]
    expected = list(range(size.values))

    def ours(source: Source, sink: Sink) -> object:
        joined = chat.catch_up(lambda: _Page.query(source, before), limit=size.values)
        return source.pipe(joined).subscribe(sink.take, sink.fail, sink.end)

    def theirs(source: Source, sink: Sink) -> object:
        newest_first: Observable[Any] = _Page.query(source, before).pipe(
            ops.expand(lambda page: page.prev_page() if page.has_prev_page else reactivex.empty()), ops.to_list()
        )
        there: Observable[Any] = newest_first.pipe(ops.flat_map(_ascending))
        return reactivex.concat(there, source).subscribe(sink.take, sink.fail, sink.end)

    return Duel(
        ours=Side("catch_up", ours, _added),
        theirs=Side("concat of pages and stream", theirs, _added),
        bursts=sent,
        expected=expected,
        flaw=lambda got: f"{len(set(expected) - set(got)):,} of {size.values:,} lost",
        amount=size.values,
    )


def _ascending(pages: Sequence[_Page]) -> list[MessageAdded]:
    return [MessageAdded(each) for page in reversed(pages) for each in page.items]


def _added(sink: Sink) -> list[int]:
    return [event.message.index for event in sink.kept if isinstance(event, MessageAdded)]


class _Empty:
    """A page of a conversation without messages."""

    items = ()
    has_prev_page = False


class _Room:
    """A conversation in which nothing is read."""

    identity = "ada"
    last_read_message_index = None
    notification_level = "default"

    def __init__(self, sid: str) -> None:
        self.sid = sid
        self.updated: Subject[Any] = Subject()

    def get_messages(self, _size: int) -> Observable[Any]:
        """Return that there are none yet."""
        return reactivex.of(_Empty())


def _unread_total(size: Size) -> Duel:
    homes = [Home[Any](f"CH{key}") for key in range(size.keys)]
    rooms: list[Any] = [_Room(home.sid) for home in homes]

    def theirs(source: Source, sink: Sink) -> object:
        counts = [source.pipe(ops.filter(_in(home.sid)), ops.scan(_one_more, 0), ops.start_with(0)) for home in homes]
        recounted = reactivex.combine_latest(*counts).pipe(ops.map(sum))
        return recounted.subscribe(sink.take, sink.fail, sink.end)

    return Duel(
        ours=Side("unread_total", piped(lambda: chat.unread_total(rooms)), _total, keep=1),
        theirs=Side(f"combine_latest of {size.keys}", theirs, _total, keep=1),
        bursts=[[message(event.number, homes[event.key]) for event in burst] for burst in events(size)],
        expected=[size.values + 1, size.values],
        weighed=[message(number, home) for number, home in enumerate(homes)],
        keys=size.keys,
        rxjs=f"combineLatest of {size.keys}",
    )


def _in(sid: str) -> Any:
    return lambda event: event.conversation_sid == sid


def _one_more(count: int, _event: object) -> int:
    return count + 1


def _total(sink: Sink) -> list[int]:
    return [sink.count, sink.kept[-1]]
