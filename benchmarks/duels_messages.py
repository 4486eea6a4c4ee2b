"""Operators that make something of messages, and what comes nearest to each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple

import reactivex
from reactivex import Observable
from reactivex import operators as ops

from benchmarks.duel import Duel, Side, Sink, Source, piped
from benchmarks.duels_input import KEYS, SHORT, Event, Size, events, loop_scheduler, message, several_each, thread
from rxconvo import operators as chat
from rxconvo.model import Home, Message, MessageAdded, SlaState

__all__ = ["duels"]

_ME: Final = "ada"
_HOME: Final = Home[Any]("CH1")
_NAMES: Final = re.compile(r"@(?:ada lovelace|ada)\b", re.IGNORECASE)
_BODIES: Final = ("pizza at noon, or at one?", "@ada, or @Ada Lovelace?", "sushi, then", "soup for @adam")
_WARN: Final = 0.8


def duels(size: Size) -> Iterable[Duel]:
    """Return them."""
    yield _mentions(size)
    yield _notify(size)
    yield _response_time(size)
    yield _sla(size)
    yield _unread_badge(size)


def _asks(event: Event) -> bool:
    """Return whether somebody else has written, and not the own user."""
    return event.number % 3 != 0


def _messages(size: Size) -> list[list[Message[Any]]]:
    """Return messages of several conversations, in which the own user answers now and then."""
    return [[_written(event) for event in burst] for burst in events(size)]


def _written(event: Event) -> Message[Any]:
    return Message(
        f"IM{event.number}",
        event.number,
        author="bob" if _asks(event) else _ME,
        body=_BODIES[event.number % len(_BODIES)],
        date_created_iso=event.date.isoformat(),
        home=Home(f"CH{thread(event)}"),
    )


def _one_each(size: Size) -> list[Message[Any]]:
    """Return several messages by somebody else in each of many conversations."""
    return [_written(event._replace(key=event.key * KEYS, number=1)) for event in several_each(size.weighed)]


def _sid(message: Message[Any]) -> str:
    return message.conversation_sid


def _is_answer(message: Message[Any]) -> bool:
    return message.author == _ME


def _mentions(size: Size) -> Duel:
    bursts = _messages(size)
    spans = [len(_places(each.body)) for burst in bursts for each in burst if not _is_answer(each)]
    return Duel(
        ours=Side(
            "mentions",
            piped(lambda: chat.mentions(_ME, names=["Ada Lovelace"])),
            lambda sink: [sink.count, sum(len(mention.spans) for mention in sink.kept)],
        ),
        theirs=Side(
            "ops.filter, ops.map, re",
            piped(
                lambda: ops.filter(lambda each: each.author != _ME),
                lambda: ops.map(lambda each: (each, _places(each.body), _lists_me(each))),
                lambda: ops.filter(lambda found: bool(found[1] or found[2])),
            ),
            lambda sink: [sink.count, sum(len(found[1]) for found in sink.kept)],
        ),
        bursts=bursts,
        expected=[sum(map(bool, spans)), sum(spans)],
        rxjs="filter, map",
    )


def _places(body: str | None) -> list[tuple[int, int]]:
    return [match.span() for match in _NAMES.finditer(body or "")]


def _lists_me(message: Message[Any]) -> bool:
    attributes = message.attributes
    listed = attributes.get("mentions") if isinstance(attributes, dict) else None
    return isinstance(listed, list) and _ME in listed


def _notify(size: Size) -> Duel:
    bursts = _messages(size)
    heard = [Counter(each.conversation_sid for each in burst if not _is_answer(each)) for burst in bursts]
    return Duel(
        ours=Side(
            "notify",
            piped(lambda: chat.notify(_ME, "default", coalesce=SHORT)),
            lambda sink: sorted(notification.count for notification in sink.kept),
        ),
        theirs=Side(
            "ops.group_by_until, ops.to_list",
            piped(
                lambda: ops.filter(lambda each: each.author != _ME),
                lambda: ops.group_by_until(_sid, None, lambda _: reactivex.timer(SHORT, scheduler=loop_scheduler())),
                lambda: ops.flat_map(_listed),
            ),
            lambda sink: sorted(map(len, sink.kept)),
        ),
        bursts=bursts,
        expected=sorted(count for burst in heard for count in burst.values()),
        weighed=_one_each(size),
        keys=size.weighed,
        rxjs="groupBy, toArray",
    )


def _listed(group: Observable[Any]) -> Observable[list[Any]]:
    return group.pipe(ops.to_list())


class _Answering(NamedTuple):
    """The first question that waits, and what has just been answered."""

    question: Message[Any] | None = None
    seconds: float | None = None


def _response_time(size: Size) -> Duel:
    bursts = _messages(size)
    samples: list[float] = []
    waiting: dict[str, Message[Any]] = {}
    for each in (each for burst in bursts for each in burst):
        if not _is_answer(each):
            waiting.setdefault(each.conversation_sid, each)
        elif (question := waiting.pop(each.conversation_sid, None)) is not None:
            samples.append(_passed(question, each))
    return Duel(
        ours=Side(
            "response_time",
            piped(lambda: chat.response_time(answerer=_ME)),
            lambda sink: [sink.count, sum(sample.seconds for sample in sink.kept)],
        ),
        theirs=Side(
            "ops.group_by, ops.scan",
            piped(lambda: ops.group_by(_sid), lambda: ops.flat_map(_sampled)),
            lambda sink: [sink.count, sum(answering.seconds for answering in sink.kept)],
        ),
        bursts=bursts,
        expected=[len(samples), sum(samples)],
        weighed=_one_each(size),
        keys=size.weighed,
        rxjs="groupBy, scan",
    )


def _passed(question: Message[Any], answer: Message[Any]) -> float:
    asked, answered = question.date_created, answer.date_created
    assert asked is not None
    assert answered is not None
    return (answered - asked) / timedelta(seconds=1)


def _sampled(group: Observable[Any]) -> Observable[_Answering]:
    return group.pipe(ops.scan(_answer, _Answering()), ops.filter(_is_sample))


def _is_sample(answering: _Answering) -> bool:
    return answering.seconds is not None


def _answer(before: _Answering, message: Message[Any]) -> _Answering:
    question = before.question
    if not _is_answer(message):
        return _Answering(question or message)
    return _Answering(None, None if question is None else _passed(question, message))


def _sla(size: Size) -> Duel:
    """Let questions be overdue that nobody has answered when the burst is over."""
    bursts = _messages(size)
    due: dict[str, bool] = {}  # whether an answer is, in each conversation of which anything is known
    told = Counter[str]()
    for burst in bursts:
        begun: set[str] = set()
        for each in burst:
            sid = each.conversation_sid
            asks = not _is_answer(each)
            if due.get(sid) != asks:
                due[sid] = asks
                told["ok"] += 1
                (begun.add if asks else begun.discard)(sid)
        told.update({"warn": len(begun), "breach": len(begun)})
    return Duel(
        ours=Side("sla", piped(lambda: chat.sla(SHORT, answerer=_ME, warn=_WARN)), lambda sink: _statuses(sink.kept)),
        theirs=Side(
            "ops.group_by, ops.switch_map",
            piped(lambda: ops.group_by(_sid), lambda: ops.flat_map(_promised)),
            lambda sink: _statuses(sink.kept),
        ),
        bursts=bursts,
        expected=dict(told),
        weighed=_one_each(size),
        keys=size.weighed,
        rxjs="groupBy, switchMap",
    )


def _statuses(states: Iterable[SlaState]) -> dict[str, int]:
    return dict(Counter(state.status for state in states))


def _promised(group: Any) -> Any:
    ok, warned, broken = (SlaState(group.key, status) for status in ("ok", "warn", "breach"))
    return group.pipe(
        ops.map(_is_answer),
        ops.distinct_until_changed(),
        ops.switch_map(
            lambda answered: (
                reactivex.of(ok)
                if answered
                else reactivex.merge(reactivex.of(ok), _after(_WARN * SHORT, warned), _after(SHORT, broken))
            )
        ),
    )


def _after(seconds: float, state: SlaState) -> Observable[SlaState]:
    return reactivex.timer(seconds, scheduler=loop_scheduler()).pipe(ops.map(lambda _: state))


class _Empty:
    """A page of a conversation without messages."""

    items = ()
    has_prev_page = False


class _Reader:
    """A conversation that was empty, and is read now and then: at some messages, up to a few before them."""

    identity = _ME

    def __init__(self, source: Source) -> None:
        self.last_read_message_index: int | None = None
        self.updated: Observable[Any] = source.pipe(ops.filter(_is_read_at), ops.do_action(self._read))

    def get_unread_messages_count(self) -> Observable[int | None]:
        """Return that nothing is unread."""
        return reactivex.of(0)

    def get_messages(self, _size: int) -> Observable[Any]:
        """Return that there are none yet."""
        return reactivex.of(_Empty())

    def _read(self, event: MessageAdded) -> None:
        self.last_read_message_index = event.message.index - _UNREAD


_READ_EVERY: Final = 50
_UNREAD: Final = 5


def _is_read_at(event: MessageAdded) -> bool:
    return event.message.index % _READ_EVERY == _READ_EVERY - 1


def _unread_badge(size: Size) -> Duel:
    """Let the own user write, too, and read now and then."""
    sent = [
        [message(event.number, _HOME, author="bob" if _asks(event) else _ME) for event in burst]
        for burst in events(size)
    ]
    shown, unread = [0], ()
    for event in (event for burst in sent for event in burst):
        for step in (_read_to(event.message.index - _UNREAD),) * _is_read_at(event) + (_one_more(event),):
            unread = step(unread)
            shown += [len(unread)] if shown[-1] != len(unread) else []

    def ours(source: Source, sink: Sink) -> object:
        badge = chat.unread_badge(_Reader(source))
        return source.pipe(badge).subscribe(sink.take, sink.fail, sink.end)

    def theirs(source: Source, sink: Sink) -> object:
        conversation = _Reader(source)
        reads = conversation.updated.pipe(ops.map(lambda _: _read_to(conversation.last_read_message_index or 0)))
        added: Observable[Any] = source.pipe(ops.map(_one_more))
        steps: Observable[Any] = reactivex.merge(reads, added)
        unread: Observable[Any] = steps.pipe(ops.scan(_apply, ()))
        badge: Observable[int] = unread.pipe(ops.map(_length), ops.start_with(0), ops.distinct_until_changed())
        return badge.subscribe(sink.take, sink.fail, sink.end)

    return Duel(
        ours=Side("unread_badge", ours, lambda sink: list(sink.kept)),
        theirs=Side("ops.merge, ops.scan", theirs, lambda sink: list(sink.kept)),
        bursts=sent,
        expected=shown,
        rxjs="merge, scan",
    )


def _apply(unread: Sequence[int], step: Any) -> Any:
    return step(unread)


def _length(unread: Sequence[int]) -> int:
    return len(unread)


def _read_to(horizon: int) -> Any:
    return lambda unread: tuple(index for index in unread if index > horizon)


def _one_more(event: MessageAdded) -> Any:
    index, mine = event.message.index, event.message.author == _ME
    return lambda unread: unread if mine else (*unread, index)
