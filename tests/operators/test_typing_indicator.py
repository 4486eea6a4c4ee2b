"""Who is shown as typing, when, and what is left when nobody looks."""

from __future__ import annotations

import asyncio
import math
import tracemalloc
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo.errors import ArgumentError
from rxconvo.model import Participant, TypingEnded, TypingEvent, TypingStarted
from rxconvo.operators import typing_indicator
from rxconvo.streams.scheduler import LoopScheduler, current_scheduler
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

ADA, BOB, CAT = (Participant(sid=f"MB{n}", identity=name) for n, name in enumerate(("ada", "bob", "cat")))
SMS = Participant(sid="MB9", type="sms")

EVENTS: dict[str, TypingEvent] = {
    "a": TypingStarted(ADA),
    "b": TypingStarted(BOB),
    "c": TypingStarted(CAT),
    "s": TypingStarted(SMS),
    "A": TypingEnded(ADA, "message"),
    "B": TypingEnded(BOB, "left"),
    "S": TypingEnded(SMS, "left"),
}
SHOWN: dict[str, frozenset[str]] = {
    "0": frozenset(),
    "x": frozenset({"ada"}),
    "y": frozenset({"ada", "bob"}),
    "z": frozenset({"bob"}),
    "w": frozenset({"ada", "bob", "cat"}),
}
Operator = Callable[[Observable[TypingEvent]], Observable[frozenset[str]]]


@pytest.fixture
def marbles(make_marbles: type[Marbles]) -> Marbles:
    return make_marbles({**EVENTS, **SHOWN})


def check(marbles: Marbles, operator: Operator, typing: str, shown: str) -> None:
    """Compare what an operator makes of a diagram, and that it leaves its source when that ends."""
    assert marbles.play(operator, typing) == marbles.expect(shown)
    assert marbles.left == [next((at for at, mark in enumerate(typing) if mark in "|#"), 100.0)]


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    operator = typing_indicator(settle=1, timeout=4)
    play_cases(lambda: make_marbles({**EVENTS, **SHOWN}), operator, diagrams(typing_indicator))


@pytest.mark.parametrize(
    "typing, shown",
    [
        pytest.param("-------|", "-------|", id="nobody types"),
        pytest.param("-a----------", "--x---0-----", id="expires, and that settles"),
        pytest.param("-a--a--a----------", "--x---------0-----", id="goes on"),
        pytest.param("-a--A-------", "--x--0------", id="ends"),
        pytest.param("-a--A-a-----", "--x--0-x---0", id="ends and starts again"),
        pytest.param("-ab-----------", "--xy--z0------", id="two, each in their own time"),
        pytest.param("-A--B-------", "------------", id="ends that nobody started"),
        pytest.param("-s--S-------", "------------", id="nobody in particular"),
        pytest.param("-a--#", "--x-#", id="an error is forwarded at once"),
    ],
)
def test_diagrams(marbles: Marbles, typing: str, shown: str) -> None:
    check(marbles, typing_indicator(settle=1, timeout=4), typing, shown)


def test_to_debounce_all_lets_one_hold_up_the_others(marbles: Marbles) -> None:
    def note(who: frozenset[str], event: TypingEvent) -> frozenset[str]:
        identity = {event.participant.identity or ""}
        return who | identity if isinstance(event, TypingStarted) else who - identity

    def naive(typing: Observable[TypingEvent]) -> Observable[frozenset[str]]:
        return typing.pipe(ops.scan(note, frozenset[str]()), ops.debounce(1.5))

    typing = "-abBbBbBb-----"
    assert marbles.play(naive, typing) == [(9.5, "N", SHOWN["y"])]
    assert type(marbles)({**EVENTS, **SHOWN}).play(typing_indicator(settle=1.5, timeout=99), typing) == [
        (2.5, "N", SHOWN["x"]),
        (9.5, "N", SHOWN["y"]),
    ]


@pytest.mark.parametrize(
    "typing, shown",
    [
        pytest.param("-aA---------", "------------", id="shorter than it takes to settle"),
        pytest.param("-a-----Aa---", "----x-------", id="stops for a moment"),
        pytest.param("-abA--------", "-----z------", id="one flickers, the other does not wait"),
        pytest.param("-a|", "--|", id="what has not settled never shows"),
    ],
)
def test_a_change_has_to_hold(marbles: Marbles, typing: str, shown: str) -> None:
    check(marbles, typing_indicator(settle=3, timeout=150), typing, shown)


def test_disposing_ends_it_at_once(marbles: Marbles) -> None:
    emitted = marbles.play(typing_indicator(settle=1, timeout=4), "-a---------", until=3.0)
    assert (emitted, marbles.left) == ([(2.0, "N", {"ada"})], [3.0])


@pytest.mark.parametrize("typing", ["-a--|", "-a-A|"])
def test_the_empty_set_comes_before_completion(marbles: Marbles, typing: str) -> None:
    emitted = marbles.play(typing_indicator(settle=1.5), typing)
    assert emitted == [(2.5, "N", {"ada"}), (4.0, "N", frozenset()), (4.0, "C", None)]
    assert marbles.left == [4.0]


def test_nothing_to_settle_shows_at_once(marbles: Marbles) -> None:
    check(marbles, typing_indicator(settle=0, timeout=4), "-a-ab--A-----", "-x--y--z0----")


def test_changes_that_settle_together_are_one(marbles: Marbles) -> None:
    def together(*sources: Observable[TypingEvent]) -> Observable[frozenset[str]]:
        return reactivex.merge(*sources).pipe(typing_indicator())

    emitted = marbles.play(together, "-a", "-b", "-c")
    assert emitted == [(1.3, "N", SHOWN["w"]), (7.3, "N", frozenset())]


@pytest.mark.parametrize("exclude", ["ada", ("ada", "dan"), frozenset({"ada"})])
def test_some_are_never_shown(marbles: Marbles, exclude: Any) -> None:
    check(marbles, typing_indicator(settle=1, timeout=4, exclude=exclude), "-a-b--A---", "----z---0-")


def test_bad_arguments() -> None:
    bad: tuple[Any, ...] = (-0.1, math.nan, math.inf, "1")
    for settle in bad:
        with pytest.raises(ArgumentError, match="settle"):
            typing_indicator(settle=settle)
    for timeout in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ArgumentError, match="timeout"):
            typing_indicator(timeout=timeout)


def test_the_operator_s_scheduler_goes_before_that_of_subscribe() -> None:
    mine, other = TestScheduler(), TestScheduler()
    source: Subject[TypingEvent] = Subject()
    shown: list[frozenset[str]] = []
    with source.pipe(typing_indicator(scheduler=mine)).subscribe(shown.append, scheduler=other):
        source.on_next(EVENTS["a"])
        other.advance_by(10.0)
        assert shown == []
        mine.advance_by(1.0)
        assert shown == [{"ada"}]


async def test_by_default_it_is_the_running_loop_s() -> None:
    source: Subject[TypingEvent] = Subject()
    shown: list[tuple[float, object]] = []
    loop = asyncio.get_running_loop()
    begun = loop.time()
    with source.pipe(typing_indicator()).subscribe(lambda who: shown.append((round(loop.time() - begun, 3), who))):
        source.on_next(EVENTS["a"])
        await asyncio.sleep(10.0)
    assert shown == [(0.3, {"ada"}), (6.3, frozenset())]


async def test_all_indicators_cost_one_timer() -> None:
    loop = asyncio.get_running_loop()
    timers: list[float] = []
    real = loop.call_at

    def call_at(when: float, *args: Any, **options: Any) -> asyncio.TimerHandle:
        timers.append(when)
        return real(when, *args, **options)

    loop.call_at = call_at  # type: ignore[assignment,method-assign]
    sources: list[Subject[TypingEvent]] = [Subject() for _ in range(100)]
    scheduler = current_scheduler()
    subscriptions = [
        source.pipe(typing_indicator()).subscribe(scheduler=scheduler.guarded(print)) for source in sources
    ]
    for source in sources:
        source.on_next(EVENTS["a"])
    assert len(timers) == 1
    for subscription in subscriptions:
        subscription.dispose()
    del loop.call_at


async def test_an_observer_that_raises_is_reported_by_its_own_scheduler_and_harms_no_other() -> None:
    faults: list[Exception] = []
    shown: list[frozenset[str]] = []
    source: Subject[TypingEvent] = Subject()
    indicator = source.pipe(typing_indicator())

    def fail(_: object) -> None:
        raise LookupError("mine")

    guarded: LoopScheduler = current_scheduler().guarded(faults.append)
    with indicator.subscribe(fail, scheduler=guarded), indicator.subscribe(shown.append):
        source.on_next(EVENTS["a"])
        await asyncio.sleep(1.0)
    assert [repr(fault) for fault in faults] == ["LookupError('mine')"]
    assert shown == [{"ada"}]


def test_it_may_be_disposed_from_within() -> None:
    scheduler = TestScheduler()
    source: Subject[TypingEvent] = Subject()
    shown: list[frozenset[str]] = []

    def once(who: frozenset[str]) -> None:
        shown.append(who)
        subscription.dispose()

    subscription = source.pipe(typing_indicator(scheduler=scheduler)).subscribe(once)
    source.on_next(EVENTS["a"])
    scheduler.advance_by(20.0)
    assert shown == [{"ada"}]
    assert source.observers == []


def test_a_source_that_ends_while_it_is_subscribed() -> None:
    ended: list[str] = []
    reactivex.of(EVENTS["a"]).pipe(typing_indicator(scheduler=TestScheduler())).subscribe(
        lambda _: ended.append("shown"), on_completed=lambda: ended.append("completed")
    )
    assert ended == ["completed"]


def test_no_more_people_are_kept_than_a_conversation_has() -> None:
    scheduler = TestScheduler()
    source: Subject[TypingEvent] = Subject()
    shown: list[frozenset[str]] = []
    with source.pipe(typing_indicator(scheduler=scheduler)).subscribe(shown.append):
        for n in range(1500):
            source.on_next(TypingStarted(Participant(sid=f"MB{n}", identity=str(n))))
        scheduler.advance_by(1.0)
    assert [len(who) for who in shown] == [1000]


@given(st.data())
def test_it_shows_what_a_plain_model_does(data: st.DataObject) -> None:
    settle, timeout = data.draw(st.sampled_from([(0.0, 4.0), (1.0, 4.0), (3.0, 5.0), (5.0, 3.0)]))
    scheduler = TestScheduler()
    source: Subject[TypingEvent] = Subject()
    emitted: list[tuple[float, frozenset[str]]] = []
    events: list[tuple[float, TypingEvent]] = []
    with source.pipe(typing_indicator(settle=settle, timeout=timeout, scheduler=scheduler)).subscribe(
        lambda who: emitted.append((cast("float", scheduler.clock), who))
    ):
        for _ in range(data.draw(st.integers(0, 15))):
            scheduler.advance_by(data.draw(st.integers(0, 4)) + 0.25)
            event = EVENTS[data.draw(st.sampled_from("abcAB"))]
            events.append((cast("float", scheduler.clock), event))
            source.on_next(event)
        scheduler.advance_by(20.0)
    assert emitted == list(modelled(events, settle, timeout))


def modelled(
    events: list[tuple[float, TypingEvent]], settle: float, timeout: float
) -> list[tuple[float, frozenset[str]]]:
    """Look at every quarter of a second, and again after each event: who types, who shows, since when."""
    until: dict[str, float] = {}
    since: dict[str, float] = {}
    shown: frozenset[str] = frozenset()
    emitted: list[tuple[float, frozenset[str]]] = []
    end = events[-1][0] + 20.0 if events else 0.0
    moments: list[tuple[float, TypingEvent | None]] = [(tick / 4, None) for tick in range(int(end * 4))]
    for now, event in sorted([*moments, *events], key=lambda moment: (moment[0], moment[1] is not None)):
        if isinstance(event, TypingStarted):
            until[str(event.identity)] = now + timeout
        elif event is not None:
            until.pop(str(event.identity), None)
        until = {who: at for who, at in until.items() if at > now}
        differ = shown ^ until.keys()
        since = {who: since.get(who, now) for who in differ}
        settled = {who for who, at in since.items() if now - at >= settle}
        if settled:
            shown ^= settled
            emitted.append((now, shown))
        since = {who: at for who, at in since.items() if who not in settled}
    return emitted


async def test_an_armed_indicator_costs_little_memory() -> None:
    sources: list[Subject[TypingEvent]] = [Subject() for _ in range(1000)]
    scheduler = current_scheduler()
    subscriptions = [source.pipe(typing_indicator(scheduler=scheduler)).subscribe() for source in sources]
    events = [TypingStarted(Participant(sid=f"MB{n}", identity=f"user{n}")) for n in range(1000)]
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for source, event in zip(sources, events, strict=True):
            source.on_next(event)
        each = (tracemalloc.get_traced_memory()[0] - before) / len(sources)
    finally:
        tracemalloc.stop()
    for subscription in subscriptions:
        subscription.dispose()
    assert each < 100
