"""Operators that tell who is there and what they do, and what comes nearest to each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import reactivex
from reactivex import Observable
from reactivex import operators as ops

from benchmarks.duel import PAUSE, Duel, Side, Sink, Start, piped
from benchmarks.duels_input import KEYS, SHORT, Event, Size, events, loop_scheduler, several_each, thread
from rxconvo import operators as chat
from rxconvo.model import (
    Home,
    Participant,
    ParticipantEvent,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantUpdated,
    ReadReceipts,
    TypingEnded,
    TypingEvent,
    TypingStarted,
    User,
    UserUpdated,
)

__all__ = ["duels", "roster"]

_HOME: Final = Home[Any]("CH1")
_KINDS: Final = ("chat", "sms", "whatsapp", "email")
_TYPISTS: Final = 5
_LONG: Final = 2 * PAUSE
"""Seconds after which who was not heard of types no more."""


def duels(size: Size) -> Iterable[Duel]:
    """Return them."""
    yield _presence(size)
    yield _typing_indicator(size)
    yield _typing_text(size)
    yield _read_receipts(size)
    yield _occupancy(size)


def _presence(size: Size) -> Duel:
    """People lose their connections, and most are back at once."""
    bursts = events(size)
    kept = [event._replace(key=event.key * KEYS) for event in several_each(size.weighed)]
    return Duel(
        ours=Side("presence", piped(lambda: chat.presence(SHORT)), _last, keep=1),
        theirs=Side(
            "ops.group_by, ops.switch_map, ops.scan",
            piped(lambda: ops.group_by(_identity), lambda: ops.flat_map(_calm), lambda: ops.scan(_with, {})),
            _last,
            keep=1,
        ),
        bursts=[[_reached(event) for event in burst] for burst in bursts],
        expected={
            str(thread(event)): "online" if _is_online(event) else "offline" for burst in bursts for event in burst
        },
        weighed=[_reached(event) for event in kept],
        keys=size.weighed,
        rxjs="groupBy, switchMap, scan",
    )


def _is_online(event: Event) -> bool:
    return event.number % 3 != 0


def _reached(event: Event) -> UserUpdated:
    user = User(str(thread(event)), is_online=_is_online(event))
    return UserUpdated(user, user, ("reachabilityOnline",))


def _identity(event: UserUpdated) -> str:
    return event.after.identity


def _calm(group: Any) -> Any:
    """Return what somebody is, who is gone only if that lasts."""
    return group.pipe(
        ops.switch_map(_online_or_soon_offline),
        ops.distinct_until_changed(),
        ops.map(lambda status: (group.key, status)),
    )


def _online_or_soon_offline(event: UserUpdated) -> Observable[str]:
    return reactivex.of("online") if event.after.is_online else _later("offline")


def _later(value: object, seconds: float = SHORT) -> Observable[Any]:
    return reactivex.timer(seconds, scheduler=loop_scheduler()).pipe(ops.map(lambda _: value))


def _with(so_far: Mapping[Any, Any], entry: tuple[Any, Any]) -> Mapping[Any, Any]:
    key, value = entry
    return {**so_far, key: value}


def _last(sink: Sink) -> Any:
    return dict(sink.kept[-1])


def _typing_indicator(size: Size) -> Duel:
    """Several type, some only for a moment, and some stop without a word."""
    bursts = events(size)
    kept = [event._replace(key=event.key * KEYS, number=1) for event in several_each(size.weighed)]
    seen: set[str] = set()
    for burst in bursts:
        types = {str(thread(event)): _is_typing(event) for event in burst}
        seen.update(identity for identity, typing in types.items() if typing)
    return Duel(
        ours=Side(
            "typing_indicator", piped(lambda: chat.typing_indicator(settle=SHORT, timeout=_LONG)), _who_and_who_is_left
        ),
        theirs=Side(
            "ops.group_by, ops.switch_map, ops.scan",
            piped(
                lambda: ops.group_by(lambda event: event.participant.identity),
                lambda: ops.flat_map(_settled),
                lambda: ops.scan(_in_or_out, frozenset[str]()),
            ),
            _who_and_who_is_left,
        ),
        bursts=[[_typed(event) for event in burst] for burst in bursts],
        expected=[sorted(seen), []],
        weighed=[_typed(event) for event in kept],
        keys=size.weighed,
        rxjs="groupBy, switchMap, scan",
    )


def _is_typing(event: Event) -> bool:
    return event.number % 3 != 0


def _typed(event: Event) -> TypingEvent:
    participant = Participant("MB1", identity=str(thread(event)), home=_HOME)
    return TypingStarted(participant) if _is_typing(event) else TypingEnded(participant, "message")


def _settled(group: Any) -> Any:
    """Return whether somebody types, where that lasts."""
    return group.pipe(
        ops.switch_map(_until_it_lasts),
        ops.start_with(False),  # noqa: FBT003 - a value
        ops.distinct_until_changed(),
        ops.skip(1),
        ops.map(lambda typing: (group.key, typing)),
    )


def _until_it_lasts(event: TypingEvent) -> Observable[bool]:
    if isinstance(event, TypingStarted):
        return reactivex.merge(_later(value=True), _later(value=False, seconds=_LONG + SHORT))
    return _later(value=False)


def _in_or_out(who: frozenset[str], change: tuple[str, bool]) -> frozenset[str]:
    identity, typing = change
    return who | {identity} if typing else who - {identity}


def _who_and_who_is_left(sink: Sink) -> list[list[str]]:
    """Return who was shown at any time, and who is at the end."""
    return [sorted(frozenset[str]().union(*sink.kept)), sorted(sink.kept[-1])]


def _typing_text(size: Size) -> Duel:
    who = [[_some(event) for event in burst] for burst in events(size)]
    said: list[str] = []
    order: Sequence[str] = ()
    for some in (some for burst in who for some in burst):
        order = _in_order(order, some)
        said += [_say(order)] if not said or said[-1] != _say(order) else []
    return Duel(
        ours=Side("typing_text", piped(chat.typing_text), _list),
        theirs=Side(
            "ops.scan, ops.map",
            piped(lambda: ops.scan(_in_order, ()), lambda: ops.map(_say), ops.distinct_until_changed),
            _list,
        ),
        bursts=who,
        expected=said,
        rxjs="scan, map",
    )


def _some(event: Event) -> frozenset[str]:
    return frozenset(str((event.key + more) % _TYPISTS) for more in range(event.key % 4))


def _in_order(before: Sequence[str], who: frozenset[str]) -> Sequence[str]:
    known = [identity for identity in before if identity in who]
    return [*known, *sorted(who.difference(known))]


def _say(who: Sequence[str]) -> str:
    match who:
        case []:
            return ""
        case [one]:
            return f"{one} is typing"
        case [one, other]:
            return f"{one} and {other} are typing"
        case [one, other, _]:
            return f"{one}, {other} and one other are typing"
        case _:
            return f"{who[0]}, {who[1]} and {len(who) - 2} others are typing"


def _list(sink: Sink) -> list[Any]:
    return list(sink.kept)


def roster(size: Size) -> list[list[ParticipantEvent]]:
    """Return that each of many people joins, reads and leaves, again and again."""
    steps = Counter[int]()

    def step(event: Event) -> ParticipantEvent:
        steps[event.key] += 1
        return _step(event.key, event.number, steps[event.key])

    return [[step(event) for event in burst] for burst in events(size)]


def _step(key: int, number: int, step: int) -> ParticipantEvent:
    kind, identity = _KINDS[key % len(_KINDS)], f"{key:03}"
    match step % 3:
        case 1:
            return ParticipantJoined(Participant(f"MB{key}", identity, type=kind, home=_HOME))
        case 2:
            reader = Participant(f"MB{key}", identity, type=kind, last_read_message_index=number, home=_HOME)
            return ParticipantUpdated(None, reader, ("lastReadMessageIndex",))
        case _:
            return ParticipantLeft(Participant(f"MB{key}", identity, type=kind, home=_HOME))


def _read_receipts(size: Size) -> Duel:
    bursts = roster(size)
    reads = [event for burst in bursts for event in burst if not isinstance(event, ParticipantJoined)]
    read: Mapping[str, int] = {}
    for event in reads:
        read = _read(read, event)
    return Duel(
        ours=Side("read_receipts", piped(chat.read_receipts), _receipts, keep=1),
        theirs=Side(
            "ops.scan, a new dict",
            _folding(_read),
            _horizons,
            keep=1,
        ),
        bursts=bursts,
        expected=[1 + len(reads), sorted(read.values())],
        weighed=[_step(key, key, 2) for key in range(size.weighed)],
        keys=size.weighed,
        rxjs="scan, a new Map",
    )


def _folding(fold: Callable[[Mapping[str, int], Any], Mapping[str, int]]) -> Start:
    """Return what keeps a dictionary with reactivex alone, which is made anew for each event."""
    return piped(lambda: ops.scan(fold, {}), lambda: ops.start_with({}), ops.distinct_until_changed)


def _read(read: Mapping[str, int], event: Any) -> Mapping[str, int]:
    participant = event.participant
    horizon = None if isinstance(event, ParticipantLeft) else participant.last_read_message_index
    if horizon is not None:
        return {**read, participant.identity: horizon}
    return {identity: other for identity, other in read.items() if identity != participant.identity}


def _receipts(sink: Sink) -> list[Any]:
    receipts: ReadReceipts = sink.kept[-1]
    return [sink.count, list(receipts.horizons)]


def _horizons(sink: Sink) -> list[Any]:
    return [sink.count, sorted(sink.kept[-1].values())]


def _occupancy(size: Size) -> Duel:
    bursts = roster(size)
    changes = [event for burst in bursts for event in burst if not isinstance(event, ParticipantUpdated)]
    kinds: Mapping[str, int] = {}
    for event in changes:
        kinds = _counting(kinds, event)
    return Duel(
        ours=Side("occupancy", piped(chat.occupancy), _counts, keep=1),
        theirs=Side(
            "ops.scan, a new dict",
            _folding(_counting),
            _counts,
            keep=1,
        ),
        bursts=bursts,
        expected=[1 + len(changes), kinds],
        rxjs="scan, a new object",
    )


def _counting(counts: Mapping[str, int], event: Any) -> Mapping[str, int]:
    kind = event.participant.type
    match event:
        case ParticipantJoined():
            return {**counts, kind: counts.get(kind, 0) + 1}
        case ParticipantLeft() if counts[kind] == 1:
            return {other: count for other, count in counts.items() if other != kind}
        case ParticipantLeft():
            return {**counts, kind: counts[kind] - 1}
        case _:
            return counts


def _counts(sink: Sink) -> list[Any]:
    return [sink.count, dict(sink.kept[-1])]
