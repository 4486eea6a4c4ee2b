"""History and live as one: each message once, in order, whatever comes when."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.disposable import SingleAssignmentDisposable
from reactivex.scheduler import ImmediateScheduler
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo import Service
from rxconvo.errors import ArgumentError, ClosedError, OutcomeUnknownError, RejectedError, SyncError
from rxconvo.model import (
    CaughtUp,
    Discontinuity,
    Home,
    ListEvent,
    Message,
    MessageAdded,
    MessageEvent,
    MessageRemoved,
    MessageUpdated,
    Reset,
    Topic,
)
from rxconvo.operators import apply_diffs, catch_up, timeline
from rxconvo.testing import settle

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

HOME: Home[Any] = Home("CH1")
GAP = Discontinuity(Topic.MESSAGES, "CH1", "the service was restored")


def message(index: int, body: str = "") -> Message:
    return Message(sid=f"IM{index}", index=index, body=body, home=HOME)


def added(index: int, body: str = "") -> MessageAdded:
    return MessageAdded(message(index, body))


def updated(index: int, body: str) -> MessageUpdated:
    return MessageUpdated(None, message(index, body), ("body",))


def removed(index: int) -> MessageRemoved:
    return MessageRemoved(None, index, HOME)


def short(event: object) -> str:
    """Write an event down: `+3a` added, `~3b` updated, `-3` removed, `!` discontinuity, `=3` reset, `ok` caught up."""
    match event:
        case MessageAdded(one):
            return f"+{one.index}{one.body}"
        case MessageUpdated(before, after):
            return f"~{after.index}{'' if before is None else before.body}>{after.body}"
        case MessageRemoved(_, index):
            return f"-{index}"
        case Reset(values):
            return f"={','.join(str(one.index) for one in values)}"
        case CaughtUp():
            return "ok"
        case _:
            return "!"


@dataclass
class Page:
    """A page, and the way to older ones."""

    talk: Talk
    items: list[Message]
    has_prev_page: bool

    def prev_page(self) -> Observable[Page]:
        below = self.items[0].index
        return self.talk.query(lambda: self.talk.page(below))


@dataclass
class Talk:
    """A conversation on a service, the line to its client, and what `catch_up` makes of both.

    Events come in their order, and answers in between; both may be late. An answer is as of any time between query and
    answer, so it may be older or newer than the events that have come.
    """

    bodies: dict[int, str] = field(default_factory=dict[int, str])
    page_size: int = 100
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    at_once: bool = True
    asked: int = 0
    answer: Page | Exception | None = None
    query_: tuple[Callable[[], Page], Subject[Page]] | None = None
    events: deque[MessageEvent] = field(default_factory=deque[MessageEvent])
    said: list[Any] = field(default_factory=list[Any])

    def __post_init__(self) -> None:
        self.next = max(self.bodies, default=-1) + 1
        self.scheduler = TestScheduler()
        self.source: Subject[MessageEvent] = Subject()
        joined = catch_up(lambda: self.query(self.page), scheduler=self.scheduler, **self.options)
        self.subscription = self.source.pipe(joined).subscribe(
            self.said.append, lambda error: self.said.append(type(error)), lambda: self.said.append("|")
        )

    @property
    def story(self) -> str:
        story = " ".join(each if isinstance(each, str) else short(each) for each in self.said)
        self.said.clear()
        return story

    def page(self, below: int = 1 << 60) -> Page:
        indices = sorted(index for index in self.bodies if index < below)
        found = indices[-self.page_size :]
        return Page(self, [message(index, self.bodies[index]) for index in found], len(found) < len(indices))

    def query(self, answer: Callable[[], Page]) -> Observable[Page]:
        def ask(_: object) -> Observable[Page]:
            self.asked += 1
            if self.at_once:
                return reactivex.just(answer(), ImmediateScheduler.singleton())
            reply = Subject[Page]()
            self.query_, self.answer = (answer, reply), None
            return reply

        return reactivex.defer(ask)

    def send(self, body: str = "") -> None:
        self.bodies[self.next] = body
        self.events.append(added(self.next, body))
        self.next += 1

    def edit(self, index: int, body: str) -> None:
        if index in self.bodies:
            self.bodies[index] = body
            self.events.append(updated(index, body))

    def remove(self, index: int) -> None:
        if self.bodies.pop(index, None) is not None:
            self.events.append(removed(index))

    def lose(self) -> None:
        self.events.clear()
        self.events.append(GAP)

    def hear(self, count: int = 1) -> None:
        for _ in range(min(count, len(self.events))):
            self.source.on_next(self.events.popleft())

    def reach(self, *, fail: bool = False) -> None:
        """Let the query reach the service."""
        if self.query_ is not None and self.answer is None:
            self.answer = OutcomeUnknownError("lost") if fail else self.query_[0]()

    def reply(self) -> None:
        if self.query_ is not None and self.answer is not None:
            (_, reply), answer = self.query_, self.answer
            self.query_ = self.answer = None
            if isinstance(answer, Exception):
                reply.on_error(answer)
            else:
                reply.on_next(answer)
                reply.on_completed()

    def answered(self) -> None:
        self.reach()
        self.reply()

    def calm_down(self) -> None:
        self.hear(len(self.events))
        for _ in range(200):
            self.scheduler.advance_by(30.0)
            self.answered()

    @property
    def is_released(self) -> bool:
        waiting = self.query_ is not None and bool(self.query_[1].observers)
        return not self.source.observers and not waiting


def several(*bodies: str) -> dict[int, str]:
    return dict(enumerate(bodies))


class TestDiagram:
    def test_those_of_the_docstring(self, make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
        talk = Talk()
        pages = {"p": Page(talk, [message(0), message(1)], False), "q": Page(talk, [*map(message, range(1, 5))], False)}
        legend = {"1": "+0 +1 ok +2", "d": "+3", "2": "-0 +4 ok", "f": "+5", "|": "|", "#": "#"}

        def compose(messages: Observable[MessageEvent], answers: Observable[Page]) -> Observable[Any]:
            return messages.pipe(catch_up(lambda: answers))

        rows = diagrams(catch_up)
        for messages, answers, emitted in zip(rows[::3], rows[1::3], rows[2::3], strict=True):
            marbles = make_marbles({"c": added(2), "d": added(3), "D": GAP, "f": added(5), **pages})
            until = float(emitted.index("!")) if "!" in emitted else 100.0
            ends = {"C": "|", "E": "#"}
            played = [
                (at, ends[kind] if kind in ends else short(value))
                for at, kind, value in marbles.play(compose, messages, answers, until=until)
            ]
            grouped = [(at, " ".join(said for _, said in group)) for at, group in groupby(played, lambda each: each[0])]
            assert grouped == [(at, legend[mark]) for at, mark in enumerate(emitted) if mark in legend]
            end = next(at for at, mark in enumerate(emitted) if mark in "|#!")
            last_page = next((at for at, mark in reversed(list(enumerate(answers))) if mark != "-"), end)
            assert marbles.left == [end, last_page]


class TestTheBeginning:
    def test_history_then_live(self) -> None:
        talk = Talk(several("a", "b"))
        talk.send("c")
        talk.hear()
        assert talk.story == "+0a +1b ok +2c"
        assert talk.asked == 1

    def test_an_empty_one(self) -> None:
        talk = Talk()
        assert talk.said == [CaughtUp(None)]
        talk.send()
        talk.hear()
        assert talk.story == "ok +0"

    def test_pages_are_read_backwards_and_told_forwards(self) -> None:
        talk = Talk(several(*"abcdefg"), page_size=3)
        assert talk.story == "+0a +1b +2c +3d +4e +5f +6g ok"
        assert talk.asked == 3

    def test_the_stream_is_subscribed_first(self) -> None:
        order: list[str] = []

        def opened(name: str) -> Observable[Any]:
            def note(_: object) -> Observable[Any]:
                order.append(name)
                return reactivex.never()

            return reactivex.defer(note)

        opened("stream").pipe(catch_up(lambda: opened("history"))).subscribe().dispose()
        assert order == ["stream", "history"]

    def test_a_source_may_emit_and_end_at_once(self) -> None:
        asked: list[int] = []

        def history() -> Observable[Page]:
            asked.append(1)
            return reactivex.of(Talk(several("a")).page())

        said: list[Any] = []
        reactivex.of(added(0, "a"), added(1, "b")).pipe(catch_up(history)).subscribe(
            said.append, on_completed=lambda: said.append("|")
        )
        assert [each if each == "|" else short(each) for each in said] == ["+0a", "ok", "+1b", "|"]
        assert asked == [1]

    def test_a_handle_is_asked_for_large_pages(self) -> None:
        sizes: list[int] = []

        class Handle:
            def get_messages(self, page_size: int) -> Observable[Page]:
                sizes.append(page_size)
                return reactivex.of(Talk(several("a")).page())

        for limit in (1000, 7):
            reactivex.never().pipe(catch_up(Handle(), limit=limit)).subscribe().dispose()
        assert sizes == [100, 7]


class TestMeanwhile:
    @pytest.fixture
    def talk(self) -> Talk:
        return Talk(several("a", "b"), at_once=False)

    def test_what_comes_is_in_the_page_or_not(self) -> None:
        for heard_first in (True, False):
            for reached_first in (True, False):
                talk = Talk(several("a"), at_once=False)
                if reached_first:
                    talk.reach()
                talk.send("b")
                if heard_first:
                    talk.hear()
                talk.answered()
                talk.hear()
                assert talk.story in {"+0a ok +1b", "+0a +1b ok"}

    def test_an_edit_shows_once(self, talk: Talk) -> None:
        talk.reach()
        talk.edit(0, "x")
        talk.edit(0, "y")
        talk.hear(2)
        talk.reply()
        assert talk.story == "+0y +1b ok"

    def test_an_edit_in_the_page_is_not_told_again(self, talk: Talk) -> None:
        talk.edit(0, "x")
        talk.answered()
        talk.hear()
        assert talk.story == "+0x +1b ok"

    def test_what_is_removed_does_not_show(self, talk: Talk) -> None:
        talk.reach()
        talk.remove(0)
        talk.send("c")
        talk.remove(2)
        talk.hear(3)
        talk.reply()
        assert talk.story == "+1b ok"

    def test_what_was_removed_before_the_page_does_not_come_again(self, talk: Talk) -> None:
        talk.send("c")
        talk.send("d")
        talk.remove(2)
        talk.answered()
        talk.hear(3)
        assert talk.story == "+0a +1b +3d ok"

    def test_a_discontinuity_lets_it_be_read_anew(self, talk: Talk) -> None:
        talk.lose()
        talk.hear()
        assert talk.asked == 2
        talk.answered()
        assert talk.story == "+0a +1b ok"

    def test_too_much_lets_it_be_read_anew(self) -> None:
        talk = Talk(several("a", "b"), at_once=False, options={"limit": 3})
        talk.reach()
        for body in "cdef":
            talk.send(body)
            talk.hear()
        assert talk.asked == 2
        talk.answered()
        assert talk.story == "+3d +4e +5f ok"


class TestFollowing:
    def test_events_pass(self) -> None:
        talk = Talk(several("a", "b"))
        talk.edit(0, "x")
        talk.remove(1)
        talk.send("c")
        talk.hear(3)
        assert talk.story == "+0a +1b ok ~0a>x -1 +2c"

    def test_they_know_what_was_before(self) -> None:
        talk = Talk(several("a"))
        talk.source.on_next(updated(0, "x"))
        talk.source.on_next(removed(0))
        assert talk.said[2:] == [
            MessageUpdated(message(0, "a"), message(0, "x"), ("body",)),
            MessageRemoved(message(0, "x"), 0, HOME),
        ]

    def test_an_event_that_fits_is_passed_as_it_is(self) -> None:
        talk = Talk(several("a"))
        event = MessageUpdated(talk.said[0].message, message(0, "x"), ("body",))
        talk.source.on_next(event)
        assert talk.said[-1] is event


class TestAfterADiscontinuity:
    def test_what_was_missed_is_told_once(self) -> None:
        talk = Talk(several("a", "b", "c"))
        talk.edit(0, "x")
        talk.remove(1)
        talk.send("d")
        talk.lose()
        talk.send("e")
        talk.hear(2)
        assert talk.story == "+0a +1b +2c ok ~0a>x -1 +3d +4e ok"

    def test_no_more_is_read_than_down_to_the_oldest_that_is_kept(self) -> None:
        talk = Talk(several(*"abcdefgh"), page_size=2, options={"limit": 3})
        assert (talk.story, talk.asked) == ("+5f +6g +7h ok", 2)
        talk.send("i")
        talk.lose()
        talk.hear()
        assert (talk.story, talk.asked) == ("+8i ok", 4)

    def test_it_is_passed_on_where_more_was_said_than_is_kept(self) -> None:
        talk = Talk(several("a", "b"), options={"limit": 2})
        talk.send("c")
        talk.hear()
        talk.remove(0)
        talk.edit(1, "x")
        talk.send("d")
        talk.lose()
        talk.hear()
        assert talk.story == "+0a +1b ok +2c ! =1,2 +3d ok"
        talk.edit(1, "y")
        talk.edit(2, "y")
        talk.hear(2)
        assert talk.story == "~1>y ~2c>y"

    def test_it_is_passed_on_where_too_much_was_missed(self) -> None:
        talk = Talk(several("a", "b"), page_size=1, options={"limit": 2})
        for body in "cdefg":
            talk.send(body)
        talk.lose()
        talk.hear()
        assert talk.story == "+0a +1b ok ! = +5f +6g ok"

    def test_a_backup_was_restored_and_indices_are_used_again(self) -> None:
        talk = Talk(several("a", "b", "c"))
        del talk.bodies[1], talk.bodies[2]
        talk.lose()
        talk.hear()
        talk.next = 1
        talk.send("x")
        talk.hear()
        assert talk.story == "+0a +1b +2c ok -1 -2 ok +1x"

    def test_a_backup_was_restored_and_indices_were_used_again(self) -> None:
        talk = Talk(several("a", "b", "c"))
        page = Page(talk, [message(0, "a"), Message(sid="IM9", index=1, body="x", home=HOME)], False)
        talk.page = lambda _=0: page  # type: ignore[assignment,method-assign]
        talk.lose()
        talk.hear()
        assert talk.story == "+0a +1b +2c ok -1 -2 +1x ok"


class TestSince:
    def test_only_what_is_newer_is_told(self) -> None:
        talk = Talk(several(*"abcdef"), page_size=2, options={"since": 2})
        assert (talk.story, talk.asked) == ("+3d +4e +5f ok", 2)

    def test_what_becomes_of_older_ones_is_told(self) -> None:
        talk = Talk(several(*"abcd"), options={"since": 2})
        talk.edit(0, "x")
        talk.remove(1)
        talk.hear(2)
        assert talk.story == "+3d ok ~0>x -1"

    def test_nothing_is_newer(self) -> None:
        talk = Talk(several(*"abc"), options={"since": 7})
        assert talk.said == [CaughtUp(7)]
        talk.send("d")
        talk.hear()
        talk.next = 8
        talk.send("e")
        talk.hear()
        assert talk.story == "ok +8e"

    def test_more_than_the_limit_is_a_discontinuity(self) -> None:
        talk = Talk(several(*"abcdef"), options={"since": 1, "limit": 2})
        assert talk.said[0] == Discontinuity(Topic.MESSAGES, "CH1", "there are more than 2 messages since 1")
        talk.edit(0, "x")
        talk.edit(2, "x")
        talk.remove(3)
        talk.hear(3)
        assert talk.story == "! +4e +5f ok ~0>x"

    def test_what_a_page_has_that_is_gone_already_was_never_told(self) -> None:
        talk = Talk(several(*"abc"), options={"since": "a", "key": lambda each: each.body}, at_once=False)
        talk.reach()
        talk.remove(2)
        talk.hear()
        talk.reply()
        assert talk.story == "+1b ok"

    def test_another_key(self) -> None:
        talk = Talk(several(*"abc"), options={"since": "a", "key": lambda each: each.body})
        assert talk.said[-1] == CaughtUp("c")
        assert talk.story == "+1b +2c ok"

    def test_a_discontinuity_is_passed_on(self) -> None:
        talk = Talk(several(*"abc"), options={"since": 1})
        talk.send("d")
        talk.lose()
        talk.hear()
        assert talk.story == "+2c ok ! =2 +3d ok"


class TestLimit:
    def test_what_was_left_out_stays_out(self) -> None:
        talk = Talk(several(*"abcd"), page_size=3, options={"limit": 2})
        talk.edit(0, "x")
        talk.edit(1, "x")
        talk.remove(1)
        talk.edit(2, "x")
        talk.hear(4)
        assert talk.story == "+2c +3d ok ~2c>x"

    def test_what_is_kept_in_mind_no_more_is_told_of_all_the_same(self) -> None:
        talk = Talk(several("a"), options={"limit": 1})
        talk.send("b")
        talk.edit(0, "x")
        talk.remove(0)
        talk.hear(3)
        assert talk.story == "+0a ok +1b ~0>x -0"

    def test_what_came_and_is_kept_in_mind_no_more_is_no_news(self) -> None:
        talk = Talk(options={"limit": 1})
        talk.send("a")
        talk.send("b")
        talk.edit(0, "x")
        talk.hear(3)
        assert talk.story == "ok +0a +1b ~0>x"

    @pytest.mark.parametrize("limit", [0, -1, True, 1.5])
    def test_bad_ones(self, limit: Any) -> None:
        with pytest.raises(ArgumentError, match="limit must be an integer, 1 or more"):
            catch_up(reactivex.never, limit=limit)


class TestFailures:
    def test_a_query_without_an_answer_is_repeated(self) -> None:
        talk = Talk(several("a", "b"), page_size=1, at_once=False)
        talk.answered()
        for delay in (1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0):
            asked = talk.asked
            talk.reach(fail=True)
            talk.reply()
            talk.scheduler.advance_by(delay - 0.1)
            assert talk.asked == asked
            talk.scheduler.advance_by(0.2)
            assert talk.asked == asked + 1
        talk.answered()
        assert talk.story == "+0a +1b ok"

    def test_a_list_that_cannot_be_read_now_is_read_later(self) -> None:
        talk = Talk(several("a"), at_once=False)
        for status in (404, 0, 200, 429, 500, 403, 503, 404):
            assert talk.query_ is not None
            talk.query_[1].on_error(SyncError("CH1.messages", status, None, "no"))
            talk.scheduler.advance_by(31.0)
        talk.answered()
        assert talk.story == "+0a ok"

    def test_a_list_that_is_refused_twice_is_an_error(self) -> None:
        talk = Talk(several("a"), at_once=False)
        for expected in ([], [SyncError]):
            assert talk.query_ is not None
            talk.query_[1].on_error(SyncError("CH1.messages", 403, None, "no"))
            assert talk.said == expected
            talk.scheduler.advance_by(31.0)
        assert talk.is_released

    def test_a_refusal_is_an_error(self) -> None:
        talk = Talk(at_once=False)
        assert talk.query_ is not None
        talk.query_[1].on_error(RejectedError(403, 50400, "no"))
        assert (talk.said, talk.is_released) == ([RejectedError], True)

    def test_an_error_of_the_source_is_one(self) -> None:
        talk = Talk(at_once=False)
        talk.source.on_error(LookupError())
        assert (talk.said, talk.is_released) == ([LookupError], True)

    def test_a_history_that_raises_is_one(self) -> None:
        def history() -> Observable[Page]:
            raise LookupError

        errors: list[Exception] = []
        reactivex.never().pipe(catch_up(history)).subscribe(on_error=errors.append)
        assert [type(error) for error in errors] == [LookupError]

    @pytest.mark.parametrize("first", ["query", "source"])
    def test_a_closed_conversation_is_complete(self, first: str) -> None:
        talk = Talk(at_once=False)
        assert talk.query_ is not None
        ends: list[Callable[[], None]] = [
            lambda: talk.query_[1].on_error(ClosedError("gone")) if talk.query_ else None,
            talk.source.on_completed,
        ]
        for end in ends if first == "query" else ends[::-1]:
            end()
        assert (talk.said, talk.is_released) == (["|"], True)

    def test_a_source_that_ends_while_it_is_read_is_complete_afterwards(self) -> None:
        talk = Talk(several("a"), at_once=False)
        talk.source.on_next(added(1, "b"))
        talk.source.on_completed()
        assert talk.story == ""
        talk.answered()
        assert talk.story == "+0a ok +1b |"
        assert talk.is_released


class TestObservers:
    def test_each_reads_for_itself(self) -> None:
        talk = Talk(several("a"))
        said: list[Any] = []
        joined = talk.source.pipe(catch_up(lambda: talk.query(talk.page)))
        joined.subscribe(said.append)
        talk.send("b")
        talk.hear()
        assert [short(each) for each in said] == ["+0a", "ok", "+1b"]
        assert talk.asked == 2

    def test_they_may_dispose_at_any_event(self) -> None:
        for last in range(5):
            talk = Talk()
            talk.bodies = several("a", "b", "c")
            said: list[Any] = []
            source = Subject[MessageEvent]()

            pages = Subject[Page]()
            subscription = SingleAssignmentDisposable()

            def take(event: object, said: list[Any] = said, last: int = last, own: Any = subscription) -> None:
                said.append(event)
                if len(said) > last:
                    own.dispose()

            subscription.disposable = source.pipe(catch_up(lambda pages=pages: pages)).subscribe(take)  # type: ignore[misc]
            source.on_next(added(3, "d"))
            pages.on_next(talk.page())
            assert len(said) == last + 1
            assert (source.observers, pages.observers) == ([], [])

    def test_what_they_cause_comes_after(self) -> None:
        talk = Talk(several("a", "b"), at_once=False)
        order: list[str] = []

        def take(event: object) -> None:
            if isinstance(event, CaughtUp):
                talk.source.on_next(added(2, "c"))
            order.append(short(event))

        pages = Subject[Page]()
        talk.source.pipe(catch_up(lambda: pages)).subscribe(take)
        pages.on_next(talk.page())
        assert order == ["+0a", "+1b", "ok", "+2c"]


def naive_concat(talk: Talk) -> Observable[Any]:
    """First what there was, then what happens: loses what happens meanwhile."""
    return reactivex.concat(history(talk), talk.source)


def naive_merge(talk: Talk) -> Observable[Any]:
    """Both at once: brings things twice, and in any order."""
    return reactivex.merge(talk.source, history(talk))


def history(talk: Talk) -> Observable[MessageEvent]:
    def events(page: Page) -> Observable[MessageEvent]:
        return reactivex.from_([MessageAdded(each) for each in page.items])

    return talk.query(talk.page).pipe(ops.flat_map(events))


@pytest.mark.parametrize("naive,said", [(naive_concat, ["+0a", "+1b"]), (naive_merge, ["+2c", "+0a", "+1b", "+2c"])])
def test_the_naive_ways_are_wrong(naive: Callable[[Talk], Observable[Any]], said: list[str]) -> None:
    talk = Talk(several("a", "b"), at_once=False)
    seen: list[Any] = []
    naive(talk).subscribe(seen.append)
    if naive is naive_concat:
        talk.reach()
    talk.send("c")
    talk.hear()
    talk.answered()
    assert [short(each) for each in seen] == said
    talk = Talk(several("a", "b"), at_once=False)
    talk.send("c")
    talk.hear()
    talk.answered()
    assert talk.story in {"+0a +1b +2c ok", "+0a +1b ok +2c"}


def fold(said: Iterable[Any], known: dict[int, str] | None = None) -> tuple[dict[int, str], float]:
    """Return the list that events make of what is known, and from which index on it has everything."""
    bodies = dict(known or {})
    floor = math.inf if known is None else 0
    highest = max(bodies, default=-1)
    for event in said:
        match event:
            case MessageAdded(one):
                assert one.index > highest, "in order, and once"
                bodies[one.index], highest = one.body or "", one.index
                floor = min(floor, one.index)
            case MessageUpdated(before, after):
                assert bodies[after.index] == (before.body if before else bodies[after.index])
                assert before is None or before != after
                bodies[after.index] = after.body or ""
            case MessageRemoved(_, index):
                del bodies[index]
            case Reset(values):
                bodies = {one.index: one.body for one in values}
                floor = min(bodies, default=math.inf)
            case _:
                pass
    return bodies, floor


BODIES = st.sampled_from("xyz")
INDICES = st.integers(0, 12)


def live_through(talk: Talk, data: st.DataObject) -> None:
    """Let anything happen, in any order, and then all that is under way come to its end."""
    steps: dict[str, Callable[[], object]] = {
        "send": lambda: talk.send(data.draw(BODIES)),
        "edit": lambda: talk.edit(data.draw(INDICES), data.draw(BODIES)),
        "remove": lambda: talk.remove(data.draw(INDICES)),
        "hear": talk.hear,
        "reach": talk.reach,
        "reply": talk.reply,
        "fail": lambda: talk.reach(fail=True),
        "wait": lambda: talk.scheduler.advance_by(1.0),
        "lose": talk.lose,
    }
    often = [*steps, "reach", "reply", "hear", "send", "hear", "reply", "reach"]
    for name in data.draw(st.lists(st.sampled_from(often), max_size=60)):
        steps[name]()
    talk.calm_down()


def newest_of(talk: Talk, limit: int) -> tuple[Message, ...]:
    """Return what a timeline shows in the end."""
    source: Subject[MessageEvent | ListEvent[Message]] = Subject()
    lists: list[tuple[Message, ...]] = [()]
    with source.pipe(timeline(limit), apply_diffs()).subscribe(lists.append):
        for event in talk.said:
            source.on_next(event)
    return lists[-1]


class TestAnyInterleaving:
    @given(st.data())
    def test_it_is_the_log_of_the_service_once_each_in_order(self, data: st.DataObject) -> None:
        limit = data.draw(st.sampled_from([1, 2, 3, 5, 1000]))
        talk = Talk(
            several(*data.draw(st.lists(BODIES, max_size=8))),
            page_size=data.draw(st.integers(1, 4)),
            options={"limit": limit},
            at_once=False,
        )
        live_through(talk, data)
        bodies, floor = fold(talk.said)
        assert bodies == {index: body for index, body in talk.bodies.items() if index >= floor}
        assert len(bodies) >= min(limit, len(talk.bodies)) or limit < talk.next
        newest = newest_of(talk, limit)
        first = newest[0].index if newest else math.inf
        assert [one.body for one in newest] == [body for index, body in talk.bodies.items() if index >= first]
        talk.subscription.dispose()
        assert talk.is_released

    @given(st.data())
    def test_so_it_is_for_who_knows_the_beginning(self, data: st.DataObject) -> None:
        bodies = several(*data.draw(st.lists(BODIES, max_size=8)))
        since = data.draw(INDICES)
        talk = Talk(bodies, page_size=data.draw(st.integers(1, 4)), options={"since": since}, at_once=False)
        known = {index: body for index, body in bodies.items() if index <= since}
        talk.next = max(talk.next, since + 1)
        live_through(talk, data)
        bodies, floor = fold(talk.said, known)
        assert bodies == {index: body for index, body in talk.bodies.items() if index >= floor}
        assert (GAP in talk.said) == any(isinstance(event, Reset) for event in talk.said)

    @given(st.data())
    def test_disposed_at_any_moment_it_leaves_nothing(self, data: st.DataObject) -> None:
        talk = Talk(several(*"abc"), page_size=1, at_once=False)
        steps: list[Callable[[], object]] = [
            talk.send,
            talk.hear,
            talk.answered,
            talk.lose,
            lambda: talk.reach(fail=True),
            talk.reply,
        ]
        for step in data.draw(st.lists(st.sampled_from(steps), max_size=12)):
            step()
        talk.subscription.dispose()
        said, asked = len(talk.said), talk.asked
        assert talk.is_released
        talk.calm_down()
        assert (len(talk.said), talk.asked) == (said, asked)


async def test_it_joins_what_a_real_client_reads_and_hears() -> None:
    async with Service() as service, service.client("ada") as ada, service.client("bob") as bob:
        hers = await (await ada.create_conversation()).join()
        await hers.add("bob")
        for number in range(250):
            await hers.send_message(str(number))
        await settle()
        his = await bob.get_conversation_by_sid(hers.sid)
        said: list[Any] = []
        his.messages.pipe(catch_up(his)).subscribe(said.append)
        for number in range(250, 260):
            await hers.send_message(str(number))
        await (await hers.get_messages(1)).items[0].update_body("edited")
        await settle()
        bodies, _ = fold(said)
        assert list(bodies.values()) == [*map(str, range(259)), "edited"]
        assert sum(isinstance(event, CaughtUp) for event in said) == 1
