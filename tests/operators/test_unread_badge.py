"""What a badge shows, when, of which state; and what is left when nobody looks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import Disposable
from reactivex.scheduler import ImmediateScheduler
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo import Service
from rxconvo.errors import ArgumentError, ClosedError, ConnectionError, OutcomeUnknownError, RejectedError, SyncError
from rxconvo.model import (
    Discontinuity,
    Home,
    Message,
    MessageAdded,
    MessageEvent,
    MessageRemoved,
    MessageUpdated,
    Topic,
    UnreadHistory,
    UnreadState,
)
from rxconvo.operators import unread_badge
from rxconvo.testing import PlainUnreadState, advance, settle
from rxconvo.transport import Transport
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

ME, BOB = "ada", "bob"
NOW = ImmediateScheduler.singleton()
GAP = Discontinuity(Topic.MESSAGES, "CH1", "the service was restored")


def message(index: int, author: str = BOB) -> Message:
    return Message(sid=f"IM{index}", index=index, author=author, home=Home("CH1"))


def added(index: int, author: str = BOB) -> MessageAdded:
    return MessageAdded(message(index, author))


def updated(index: int, author: str = BOB) -> MessageUpdated:
    return MessageUpdated(None, message(index, author))


def removed(index: int, author: str | None = BOB) -> MessageRemoved:
    return MessageRemoved(None if author is None else message(index, author), index, Home("CH1"))


@dataclass
class Page:
    """A page of a history, and the way to older ones."""

    history: History
    items: list[Message]

    @property
    def has_prev_page(self) -> bool:
        return bool(self.items) and min(self.history.authors, default=0) < self.items[0].index

    def prev_page(self) -> Observable[Page]:
        return self.history.query(lambda: self.history.page(below=self.items[0].index))


@dataclass
class History:
    """A conversation that can be paged. Queries are answered at once, or when the test says so.

    Attributes:
        authors: Who wrote what is there, by index.
        later: Whether queries wait in `waiting`.
        asked: How many queries there were.
        failures: What the next queries fail with; None is an answer.
    """

    authors: dict[int, str] = field(default_factory=dict[int, str])
    last_read_message_index: int | None = None
    page_size: int | None = None
    later: bool = False
    asked: int = 0
    failures: deque[Exception | None] = field(default_factory=deque[Exception | None])
    identity: str = ME
    updated: Observable[object] = field(default_factory=Subject[object])
    waiting: list[Subject[Page]] = field(default_factory=list[Subject[Page]])

    def get_messages(self, page_size: int) -> Observable[Page]:
        return self.query(lambda: self.page(size=page_size))

    def get_unread_messages_count(self) -> Observable[int | None]:
        raise AssertionError("who can read the messages need not ask for a number")

    def page(self, *, below: int = 1 << 60, size: int = 100) -> Page:
        indices = sorted(index for index in self.authors if index < below)[-(self.page_size or size) :]
        return Page(self, [message(index, self.authors[index]) for index in indices])

    def query(self, answer: Callable[[], Page]) -> Observable[Page]:
        def ask(_: object) -> Observable[Page]:
            self.asked += 1
            failure = self.failures.popleft() if self.failures else None
            if failure is not None:
                return failed(failure)
            if self.later:
                self.waiting.append(Subject())
                return self.waiting[-1]
            return reactivex.just(answer(), NOW)

        return reactivex.defer(ask)

    def read(self, index: int | None) -> None:
        self.last_read_message_index = index
        assert isinstance(self.updated, Subject)
        self.updated.on_next(index)

    def unread(self) -> int:
        read = -1 if self.last_read_message_index is None else self.last_read_message_index
        return sum(index > read and author != ME for index, author in self.authors.items())


@dataclass
class Badge:
    """A badge that is subscribed, and what came of it."""

    state: UnreadState | UnreadHistory
    scheduler: TestScheduler = field(default_factory=TestScheduler)
    source: Subject[MessageEvent] = field(default_factory=Subject[MessageEvent])
    shown: list[int] = field(default_factory=list[int])
    ends: list[Exception | None] = field(default_factory=list[Exception | None])

    def __post_init__(self) -> None:
        self.subscription = self.source.pipe(unread_badge(self.state, scheduler=self.scheduler)).subscribe(
            self.shown.append, self.ends.append, lambda: self.ends.append(None)
        )

    def take(self, *events: MessageEvent) -> list[int]:
        for event in events:
            self.source.on_next(event)
        return self.shown

    def is_released(self) -> bool:
        assert isinstance(self.state.updated, Subject)
        return not self.source.observers and not self.state.updated.observers


def failed(error: Exception) -> Observable[Any]:
    """Make what fails at once; `reactivex.throw` waits for the scheduler."""

    def subscribe(observer: ObserverBase[Any], _scheduler: SchedulerBase | None = None) -> DisposableBase:
        observer.on_error(error)
        return Disposable()

    return Observable(subscribe)


def by_bob(*indices: int) -> dict[int, str]:
    return dict.fromkeys(indices, BOB)


class TestDiagrams:
    def test_those_of_the_docstring(self, make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
        events = {"b": added(0), "a": added(1, ME), "c": added(2), "B": removed(0), "d": added(3), "r": 3}
        numbers = {str(number): number for number in range(3)}

        def compose(messages: Observable[MessageEvent], horizon: Observable[int]) -> Observable[int]:
            state = History()

            def read(index: int) -> None:
                state.last_read_message_index = index

            state.updated = horizon.pipe(ops.do_action(read))
            return messages.pipe(unread_badge(state))

        play_cases(lambda: make_marbles({**events, **numbers}), compose, diagrams(unread_badge), inputs=2)


class TestTheFirstValue:
    """One query once the stream is open, corrected by what has arrived meanwhile."""

    def test_it_waits_for_the_query(self) -> None:
        history = History(by_bob(0, 1, 2), later=True)
        badge = Badge(history)
        assert (badge.shown, history.asked) == ([], 1)
        history.waiting[0].on_next(history.page())
        assert (badge.shown, history.asked) == ([3], 1)
        assert history.waiting[0].observers == []

    def test_messages_are_in_the_answer_or_not(self) -> None:
        for answer in ([0, 1], [0, 1, 2], [0, 1, 2, 3]):
            history = History(by_bob(*answer), later=True)
            badge = Badge(history)
            assert badge.take(added(2), added(3)) == []
            history.waiting[0].on_next(history.page())
            assert badge.shown == [4]

    def test_removals_are_in_the_answer_or_not(self) -> None:
        for answer in ([0, 1, 2], [0, 2]):
            history = History(by_bob(*answer), later=True)
            badge = Badge(history)
            badge.take(removed(1, None))
            history.waiting[0].on_next(history.page())
            assert badge.shown == [2]

    def test_an_event_knows_the_author_better_than_an_older_page(self) -> None:
        history = History(by_bob(0, 1), later=True)
        badge = Badge(history)
        badge.take(updated(1, ME))
        history.waiting[0].on_next(history.page())
        assert badge.shown == [1]

    def test_the_horizon_moves_while_it_is_asked(self) -> None:
        history = History(by_bob(0, 1, 2), later=True)
        badge = Badge(history)
        history.read(1)
        history.waiting[0].on_next(history.page())
        assert badge.shown == [1]

    def test_the_stream_is_subscribed_before_the_query(self) -> None:
        order: list[str] = []

        def opened(name: str) -> Observable[Any]:
            def note(_: object) -> Observable[Any]:
                order.append(name)
                return reactivex.never()

            return reactivex.defer(note)

        history = History(updated=opened("state"))
        history.get_messages = lambda page_size: opened(f"{page_size} messages")  # type: ignore[method-assign]
        opened("stream").pipe(unread_badge(history)).subscribe().dispose()
        assert order == ["state", "stream", "100 messages"]

    def test_the_source_may_emit_and_end_while_it_is_subscribed(self) -> None:
        history = History()
        seen: list[Any] = []
        reactivex.of(added(0), added(1)).pipe(unread_badge(history)).subscribe(
            seen.append, on_completed=lambda: seen.append("completed")
        )
        assert seen == [0, 1, 2, "completed"]


class TestFollowing:
    def test_own_messages_never_count(self) -> None:
        badge = Badge(History({0: BOB, 1: ME, 2: ME}, last_read_message_index=0))
        assert badge.take(added(3, ME), added(4), added(5, ME)) == [0, 1]

    def test_without_a_horizon_all_by_others_count(self) -> None:
        assert Badge(History({0: BOB, 1: ME, 2: BOB})).shown == [2]

    def test_each_number_comes_once(self) -> None:
        badge = Badge(History(by_bob(0)))
        assert badge.take(updated(0), added(0), removed(7), added(1, ME)) == [1]

    @pytest.mark.parametrize(
        "gone, shown",
        [
            pytest.param(removed(2), [2, 1], id="counted"),
            pytest.param(removed(2, None), [2, 1], id="counted, and no more known than its place"),
            pytest.param(removed(0), [2], id="read"),
            pytest.param(removed(3, ME), [2], id="own"),
            pytest.param(removed(9, None), [2], id="unknown"),
        ],
    )
    def test_removals(self, gone: MessageRemoved, shown: list[int]) -> None:
        history = History({0: BOB, 1: BOB, 2: BOB, 3: ME}, last_read_message_index=0)
        badge = Badge(history)
        assert badge.take(gone, gone) == shown
        assert history.asked == 1

    def test_a_message_changes_hands(self) -> None:
        badge = Badge(History({0: BOB, 1: ME}))
        assert badge.take(updated(0, ME), updated(1, BOB), updated(0, BOB)) == [1, 0, 1, 2]

    def test_the_horizon_goes_forward_without_a_query(self) -> None:
        history = History(by_bob(0, 1, 2, 3), page_size=3)
        badge = Badge(history)
        for index in (1, 1, 3, 9):
            history.read(index)
        assert (badge.shown, history.asked) == ([4, 2, 0], 2)  # two pages of three

    def test_the_horizon_goes_back(self) -> None:
        history = History(by_bob(*range(8)), last_read_message_index=6)
        badge = Badge(history)
        for index in (3, None, 7):
            history.read(index)
        assert badge.shown == [1, 4, 8, 0]

    def test_the_horizon_is_ahead_of_the_messages(self) -> None:
        history = History(by_bob(0), last_read_message_index=5)
        badge = Badge(history)
        badge.take(added(4), added(5), added(6))
        history.read(4)
        assert badge.shown == [0, 1]
        history.authors |= by_bob(4, 5, 6)
        history.read(3)
        assert badge.shown == [0, 1, 3]

    def test_after_a_discontinuity_all_is_read_anew_and_the_number_stays_meanwhile(self) -> None:
        history = History(by_bob(0, 1, 2))
        badge = Badge(history)
        history.later = True
        history.authors = by_bob(0)
        badge.take(GAP)
        (first,) = history.waiting
        badge.take(GAP)
        assert badge.shown == [3]
        assert first.observers == []
        history.waiting[1].on_next(history.page())
        assert badge.shown == [3, 1]

    def test_after_a_discontinuity_indices_may_be_lower(self) -> None:
        history = History(by_bob(50_000))
        badge = Badge(history)
        history.authors = by_bob(0, 1)
        assert badge.take(GAP) == [1, 2]

    def test_as_many_pages_are_read_as_it_takes(self) -> None:
        history = History(by_bob(*range(100)), last_read_message_index=89, page_size=3)
        badge = Badge(history)
        assert (badge.shown, history.asked) == ([10], 4)

    def test_a_page_without_messages_by_others_is_a_page_as_well(self) -> None:
        history = History(by_bob(0, 1) | dict.fromkeys(range(2, 20), ME), page_size=3)
        assert Badge(history).shown == [2]


class TestBounds:
    def test_messages_with_ten_thousand_later_ones_do_not_count(self) -> None:
        history = History(by_bob(*range(12_000)), page_size=100)
        badge = Badge(history)
        assert (badge.shown, history.asked) == ([10_000], 100)
        badge.take(added(12_000), removed(12_000), removed(11_000), removed(0), added(12_001, ME))
        assert badge.shown[1:] == [9_999, 9_998, 9_997]
        assert history.asked == 100

    def test_no_more_is_read_than_counts(self) -> None:
        history = History(dict.fromkeys(range(12_000), ME) | {500: BOB, 11_000: BOB}, page_size=100)
        assert (Badge(history).shown, history.asked) == ([1], 100)


class TestABareNumber:
    """A state that can only be asked for a number: exact as of when it is asked."""

    def test_it_is_asked_once(self) -> None:
        state = PlainUnreadState(ME, last_read_message_index=3, unread_messages_count=2)
        badge = Badge(state)
        badge.take(
            added(6), added(7, ME), added(8), removed(6), removed(4), removed(2), removed(7, ME), removed(3, None)
        )
        assert (badge.shown, state.queries) == ([2, 3, 4, 3, 2], 1)

    def test_a_state_without_a_number_has_none_unread(self) -> None:
        assert Badge(PlainUnreadState(ME)).take(added(0)) == [0, 1]

    def test_changes_tell_nothing(self) -> None:
        state = PlainUnreadState(ME, last_read_message_index=3, unread_messages_count=2)
        assert Badge(state).take(updated(4), updated(5, ME)) == [2]

    def test_it_is_never_below_nothing(self) -> None:
        badge = Badge(PlainUnreadState(ME, unread_messages_count=0))
        assert badge.take(removed(5), added(9)) == [0, 1]

    def test_what_goes_of_the_own_does_not_matter(self) -> None:
        state = PlainUnreadState(ME, last_read_message_index=3, unread_messages_count=2)
        assert Badge(state).take(removed(5, ME)) == [2]

    def test_it_is_asked_again_where_an_author_is_not_known(self) -> None:
        state = PlainUnreadState(ME, last_read_message_index=3, unread_messages_count=2)
        badge = Badge(state)
        state.unread_messages_count = 1
        assert badge.take(removed(5, None)) == [2, 1]
        assert state.queries == 2

    def test_the_horizon_moves_beyond_what_was_counted(self) -> None:
        state = PlainUnreadState(ME, last_read_message_index=3, unread_messages_count=2)
        badge = Badge(state)
        badge.take(added(6), added(7))
        for index in (5, 6, 7):
            state.last_read_message_index = index
        assert (badge.shown, state.queries) == ([2, 3, 4, 2, 1, 0], 1)
        state.unread_messages_count = 1
        state.last_read_message_index = 6
        assert (badge.shown[-1], state.queries) == (1, 2)

    @pytest.mark.parametrize("index", [2, 4, None])
    def test_the_horizon_moves_into_what_was_counted(self, index: int | None) -> None:
        state = PlainUnreadState(ME, last_read_message_index=3, unread_messages_count=2)
        badge = Badge(state)
        badge.take(added(6))
        state.unread_messages_count = 7
        state.last_read_message_index = index
        assert (badge.shown, state.queries) == ([2, 3, 7], 2)

    def test_what_came_meanwhile_is_in_the_number_if_there_was_no_room_for_so_many(self) -> None:
        for answer in (2, 3, 4):
            state, number = PlainUnreadState(ME, last_read_message_index=3), Subject[int | None]()
            state.get_unread_messages_count = lambda number=number: number  # type: ignore[method-assign,misc]
            badge = Badge(state)
            badge.take(added(6), added(7))
            number.on_next(answer)
            assert badge.shown == [4], answer

    def test_what_went_meanwhile(self) -> None:
        state, number = PlainUnreadState(ME, last_read_message_index=3), Subject[int | None]()
        state.get_unread_messages_count = lambda: number  # type: ignore[method-assign]
        badge = Badge(state)
        badge.take(removed(4), added(9), removed(9), removed(5, ME), removed(1, None))
        number.on_next(3)
        assert badge.shown == [2]

    def test_after_a_discontinuity_it_is_asked_again(self) -> None:
        state = PlainUnreadState(ME, unread_messages_count=2)
        badge = Badge(state)
        badge.take(added(2))
        state.unread_messages_count = 1
        assert badge.take(GAP) == [2, 3, 1]


class TestQueriesThatFail:
    def test_an_unknown_outcome_is_asked_again_later_and_later(self) -> None:
        scheduler = TestScheduler()
        asked: list[float] = []
        state = PlainUnreadState(ME, unread_messages_count=1)

        def ask() -> Observable[int | None]:
            asked.append(scheduler.clock)
            return failed(OutcomeUnknownError("lost")) if len(asked) <= 8 else reactivex.just(1, NOW)

        state.get_unread_messages_count = ask  # type: ignore[method-assign]
        badge = Badge(state, scheduler)
        badge.take(added(0))
        scheduler.advance_to(100.0)
        assert asked == [0, 1, 3, 7, 15, 31, 61, 91]
        assert badge.shown == []
        scheduler.advance_to(121.0)
        assert badge.shown == [1]

    def test_delays_begin_anew_after_an_answer(self) -> None:
        lost = OutcomeUnknownError("lost")
        history = History(by_bob(*range(9)), page_size=5, failures=deque([lost, lost, None, lost]))
        badge = Badge(history)
        badge.scheduler.advance_to(2.9)
        assert (badge.shown, history.asked) == ([], 2)
        badge.scheduler.advance_to(3.9)
        assert (badge.shown, history.asked) == ([], 4)
        badge.scheduler.advance_to(4.0)
        assert (badge.shown, history.asked) == ([9], 5)

    def test_what_happens_while_it_waits_is_followed(self) -> None:
        history = History(by_bob(0, 1, 2, 3), failures=deque([OutcomeUnknownError("lost")]))
        badge = Badge(history)
        del history.authors[2]
        badge.take(removed(2, None))
        history.read(0)
        badge.scheduler.advance_to(1.0)
        assert badge.shown == [2]

    def test_a_reading_goes_on_where_it_was(self) -> None:
        history = History(by_bob(*range(6)), page_size=3, later=True)
        badge = Badge(history)
        history.later = False
        history.failures.append(OutcomeUnknownError("lost"))
        history.waiting[0].on_next(history.page())
        del history.authors[4], history.authors[1]
        badge.take(removed(4, None), removed(1, None))
        badge.scheduler.advance_to(1.0)
        assert (badge.shown, history.asked) == ([4], 3)

    def test_a_refusal_is_the_observer_s(self) -> None:
        refusal = RejectedError(403, 54007, "no")
        badge = Badge(History(failures=deque([refusal])))
        assert badge.ends == [refusal]
        assert badge.is_released()

    def test_a_list_that_is_lost_is_read_again(self) -> None:
        lost = SyncError("CH1.messages", 404, None, "no")
        badge = Badge(History(by_bob(0, 1), failures=deque([lost])))
        assert (badge.shown, badge.ends) == ([], [])
        badge.scheduler.advance_by(1.0)
        assert badge.shown == [2]

    def test_when_the_conversation_is_gone_its_stream_will_say_so(self) -> None:
        history = History(failures=deque([ClosedError("gone")]))
        badge = Badge(history)
        badge.take(added(0))
        badge.scheduler.advance_to(100.0)
        assert (badge.shown, badge.ends, history.asked) == ([], [], 1)
        badge.source.on_completed()
        assert badge.ends == [None]

    def test_a_query_that_cannot_even_be_made(self) -> None:
        history = History()
        history.get_messages = None  # type: ignore[assignment,method-assign]
        badge = Badge(history)
        assert [type(error) for error in badge.ends] == [AssertionError]
        assert badge.is_released()


class TestTheEnd:
    @pytest.mark.parametrize("later", [False, True])
    def test_it_completes_with_the_stream(self, later: bool) -> None:
        badge = Badge(History(by_bob(0), later=later))
        badge.source.on_completed()
        assert (badge.shown, badge.ends) == ([] if later else [1], [None])
        assert badge.is_released()

    def test_errors_of_the_stream_and_of_the_state_are_forwarded(self) -> None:
        for name in ("stream", "state"):
            history, error = History(by_bob(0)), LookupError(name)
            badge = Badge(history)
            assert isinstance(history.updated, Subject)
            (badge.source if name == "stream" else history.updated).on_error(error)
            assert badge.ends == [error]
            assert not badge.source.observers
            assert not history.updated.observers

    def test_the_state_may_end_before_the_stream(self) -> None:
        history = History()
        badge = Badge(history)
        assert isinstance(history.updated, Subject)
        history.updated.on_completed()
        assert badge.take(added(0)) == [0, 1]

    @pytest.mark.parametrize("ticks", range(12))
    def test_disposed_at_any_time_it_leaves_nothing(self, ticks: int) -> None:
        lost = OutcomeUnknownError("lost")
        history = History(by_bob(*range(9)), page_size=3, failures=deque([lost, lost]))
        badge = Badge(history)
        steps: Iterable[Callable[[], object]] = [
            lambda: badge.take(added(9)),
            lambda: badge.scheduler.advance_by(1.0),
            lambda: setattr(history, "later", True),
            lambda: badge.scheduler.advance_by(2.0),
            lambda: badge.take(added(10)),
            lambda: history.waiting[0].on_next(history.page()),
            lambda: badge.take(removed(10)),
            lambda: history.waiting[1].on_next(history.page(below=6)),
            lambda: history.waiting[2].on_next(history.page(below=3)),
            lambda: history.read(4),
            lambda: badge.take(GAP),
        ]
        for step in list(steps)[:ticks]:
            step()
        shown, asked = list(badge.shown), history.asked
        badge.subscription.dispose()
        assert badge.is_released()
        assert [query.observers for query in history.waiting] == [[] for _ in history.waiting]
        badge.take(added(11))
        history.read(None)
        badge.scheduler.advance_by(100.0)
        assert (badge.shown, badge.ends, history.asked) == (shown, [], asked)


class TestFromWithin:
    def test_what_an_observer_does_to_the_state_comes_after(self) -> None:
        history = History(by_bob(0, 1, 2))
        source: Subject[MessageEvent] = Subject()
        seen: list[int] = []

        def read_one(number: int) -> None:
            seen.append(number)
            if number:
                history.read(3 - number)
                seen.append(-number)

        source.pipe(unread_badge(history)).subscribe(read_one)
        assert seen == [3, -3, 2, -2, 1, -1, 0]

    def test_it_may_be_disposed_from_within(self) -> None:
        history = History(by_bob(0))
        source: Subject[MessageEvent] = Subject()
        seen: list[int] = []

        def once(number: int) -> None:
            seen.append(number)
            if number == 2:
                history.read(0)
                subscription.dispose()

        subscription = source.pipe(unread_badge(history)).subscribe(once)
        source.on_next(added(1))
        assert (seen, source.observers) == ([1, 2], [])

    def test_an_observer_that_raises_does_not_lock_it(self) -> None:
        history = History()
        source: Subject[MessageEvent] = Subject()
        seen: list[int] = []

        def fail(number: int) -> None:
            seen.append(number)
            if number == 1:
                raise LookupError("mine")

        source.pipe(unread_badge(history)).subscribe(fail)
        with pytest.raises(LookupError):
            source.on_next(added(0))
        source.on_next(added(1))
        assert seen == [0, 1, 2]


class Talk:
    """A service with one conversation, and a line to its client on which events come in order, and answers in between.

    Both may be late, and an answer may be as of any time between query and answer.
    """

    def __init__(self, authors: dict[int, str], horizon: int | None, page_size: int) -> None:
        self.history = History(authors, horizon, page_size)
        self.history.query = self._query  # type: ignore[method-assign]
        self.next = max(authors, default=-1) + 1
        self.events: deque[MessageEvent] = deque()
        self.asked: tuple[Callable[[], Page], Subject[Page]] | None = None
        self.answer: Page | Exception | None = None
        self.badge = Badge(self.history)

    def _query(self, answer: Callable[[], Page]) -> Observable[Page]:
        def ask(_: object) -> Observable[Page]:
            reply = Subject[Page]()
            self.asked, self.answer = (answer, reply), None
            return reply

        return reactivex.defer(ask)

    def send(self, author: str) -> None:
        self.history.authors[self.next] = author
        self.events.append(added(self.next, author))
        self.next += 1

    def remove(self, index: int, *, known: bool) -> None:
        if index in self.history.authors:
            author = self.history.authors.pop(index)
            self.events.append(removed(index, author if known else None))

    def change_hands(self, index: int, author: str) -> None:
        if index in self.history.authors:
            self.history.authors[index] = author
            self.events.append(updated(index, author))

    def lose(self) -> None:
        self.events.clear()
        self.events.append(GAP)

    def reach(self, *, fail: bool = False) -> None:
        """Let the query reach the service."""
        if self.asked is not None and self.answer is None:
            self.answer = OutcomeUnknownError("lost") if fail else self.asked[0]()

    def reply(self) -> None:
        if self.asked is not None and self.answer is not None:
            (_, reply), answer = self.asked, self.answer
            self.asked = self.answer = None
            if isinstance(answer, Exception):
                reply.on_error(answer)
            else:
                reply.on_next(answer)
                reply.on_completed()

    def hear(self) -> None:
        if self.events:
            self.badge.take(self.events.popleft())

    def calm_down(self) -> None:
        while self.events:
            self.hear()
        for _ in range(100):
            self.badge.scheduler.advance_by(30.0)
            self.reach()
            self.reply()


AUTHORS = st.sampled_from([ME, BOB, "cat"])
INDICES = st.integers(0, 12)
HORIZONS = st.none() | INDICES


class Number:
    """A service that tells no more than a number, as of when it is asked, and whose events are never late.

    Nobody could tell whether a bare number has what is still under way.
    """

    def __init__(self, authors: dict[int, str], horizon: int | None) -> None:
        self.history = History(authors, horizon)
        self.next = max(authors, default=-1) + 1
        self.asked: tuple[int, Subject[int | None]] | None = None
        self.state = PlainUnreadState(ME, last_read_message_index=horizon)
        self.state.get_unread_messages_count = lambda: reactivex.defer(self._ask)  # type: ignore[method-assign]
        self.badge = Badge(self.state)

    def _ask(self, _: object) -> Observable[int | None]:
        self.asked = (self.history.unread(), Subject())
        return self.asked[1]

    def send(self, author: str) -> None:
        self.history.authors[self.next] = author
        self.badge.take(added(self.next, author))
        self.next += 1

    def remove(self, index: int, *, known: bool) -> None:
        if index in self.history.authors:
            author = self.history.authors.pop(index)
            self.badge.take(removed(index, author if known else None))

    def read(self, index: int | None) -> None:
        self.history.last_read_message_index = index
        self.state.last_read_message_index = index

    def answer(self) -> None:
        if self.asked is not None:
            number, query = self.asked
            self.asked = None
            query.on_next(number)


class TestAnyInterleaving:
    @given(st.data())
    def test_a_history_is_counted_exactly(self, data: st.DataObject) -> None:
        authors = data.draw(st.dictionaries(INDICES, AUTHORS, max_size=8))
        talk = Talk(authors, data.draw(HORIZONS), data.draw(st.integers(1, 4)))
        steps: dict[str, Callable[[], object]] = {
            "send": lambda: talk.send(data.draw(AUTHORS)),
            "remove": lambda: talk.remove(data.draw(st.integers(0, talk.next)), known=data.draw(st.booleans())),
            "change": lambda: talk.change_hands(data.draw(st.integers(0, talk.next)), data.draw(AUTHORS)),
            "read": lambda: talk.history.read(data.draw(HORIZONS)),
            "hear": talk.hear,
            "reach": talk.reach,
            "reply": talk.reply,
            "fail": lambda: talk.reach(fail=True),
            "wait": lambda: talk.badge.scheduler.advance_by(1.0),
            "lose": talk.lose,
        }
        for name in data.draw(st.lists(st.sampled_from([*steps, "reach", "reply", "hear", "send"]), max_size=40)):
            steps[name]()
        talk.calm_down()
        assert talk.badge.shown[-1:] == [talk.history.unread()]
        assert all(one != other for one, other in pairwise(talk.badge.shown))

    @given(st.data())
    def test_a_number_is_corrected_exactly(self, data: st.DataObject) -> None:
        number = Number(data.draw(st.dictionaries(INDICES, AUTHORS, max_size=8)), data.draw(HORIZONS))
        steps: list[Callable[[], None]] = [
            lambda: number.send(data.draw(AUTHORS)),
            lambda: number.remove(data.draw(st.integers(0, number.next)), known=data.draw(st.booleans())),
            lambda: number.read(data.draw(HORIZONS)),
            number.answer,
        ]
        for step in data.draw(st.lists(st.sampled_from(steps), max_size=30)):
            step()
            assert number.asked is not None or number.badge.shown[-1] == number.history.unread()
        while number.asked is not None:
            number.answer()
        assert number.badge.shown[-1] == number.history.unread()


class Lines(Service):
    """A service whose connections can be cut."""

    def __init__(self) -> None:
        super().__init__()
        self.up = True
        self._opened: list[Transport] = []

    async def connect(self) -> Transport:
        if not self.up:
            raise ConnectionError("down", terminal=False)
        transport = await super().connect()
        self._opened.append(transport)
        return transport

    def cut(self) -> None:
        self._opened[-1].abort()


async def test_it_is_exact_for_two_real_clients_across_reconnects() -> None:
    async with Lines() as service, service.client("bob") as bob:
        chat = await bob.create_conversation()
        await chat.join()
        await chat.add("ada")
        await chat.send_message("before")
        async with service.client("ada") as ada:
            hers = await ada.get_conversation_by_sid(chat.sid)
            shown: list[int] = []
            hers.messages.pipe(unread_badge(hers)).subscribe(shown.append)
            await hers.messages.opened
            await settle()
            assert shown == [1]

            await hers.send_message("mine")
            await chat.send_message("yours")
            await settle()
            assert shown == [1, 2]

            service.cut()
            service.up = False
            newest = await chat.send_message("while she is away")
            page = await chat.get_messages()
            await page.items[0].remove()
            await chat.send_message("as well")
            await settle()
            assert shown == [1, 2]
            service.up = True
            await advance(60.0)
            assert shown[-1] == 3

            service.cut()
            await hers.advance_last_read_message_index(newest).retry(2)
            await settle()
            assert shown[-1] == 1
            await hers.set_all_messages_unread()
            await settle()
            assert shown[-1] == 3
            assert await hers.get_unread_messages_count() is None


async def test_its_query_outlives_the_connection() -> None:
    async with Lines() as service, service.client("bob") as bob, service.client("ada") as ada:
        chat = await bob.create_conversation()
        await chat.join()
        await chat.add("ada")
        await chat.send_message("one")
        await settle()
        hers = await ada.get_conversation_by_sid(chat.sid)
        shown: list[int] = []
        hers.messages.pipe(unread_badge(hers)).subscribe(shown.append)
        service.cut()
        service.up = False
        await chat.send_message("two")
        await advance(100.0)
        assert shown == []
        service.up = True
        await advance(200.0)
        assert shown == [2]


@pytest.mark.parametrize("state", [None, 5, [], object()])
def test_what_is_no_conversation_is_refused_at_once(state: Any) -> None:
    with pytest.raises(ArgumentError, match="state must be a conversation"):
        unread_badge(state)
