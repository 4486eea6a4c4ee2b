"""What is unread in all conversations, whatever becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
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
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo import Service
from rxconvo.errors import ArgumentError, ClosedError, OutcomeUnknownError, RejectedError, SyncError
from rxconvo.model import (
    ConversationAdded,
    ConversationJoined,
    ConversationLeft,
    ConversationRemoved,
    ConversationState,
    ConversationUpdated,
    Discontinuity,
    Home,
    Message,
    MessageAdded,
    MessageEvent,
    MessageRemoved,
    Topic,
)
from rxconvo.operators import unread_badge, unread_total
from rxconvo.testing import advance
from tests.operators.playing import play_cases
from tests.operators.test_unread_badge import Lines

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

ME, BOB = "ada", "bob"


@dataclass
class Page:
    """All messages, on one page."""

    items: Sequence[Message]
    has_prev_page: bool = False

    def prev_page(self) -> Observable[Page]:
        raise AssertionError("there is none")


@dataclass(eq=False)
class Room:
    """A conversation. Its queries are answered at once, or when the test says so.

    Attributes:
        authors: Who wrote what is there, by index.
        later: Whether queries wait.
        waiting: Those that do.
        failure: What the next query fails with.
        looked: How often it was looked at.
    """

    sid: str
    authors: dict[int, str] = field(default_factory=dict[int, str])
    notification_level: str = "default"
    later: bool = False
    failure: Exception | None = None
    horizon: int | None = None
    looked: int = 0
    identity: str = ME
    updated: Subject[object] = field(default_factory=Subject[object])
    waiting: list[ObserverBase[Page]] = field(default_factory=list[ObserverBase[Page]])

    @property
    def last_read_message_index(self) -> int | None:
        self.looked += 1
        return self.horizon

    def get_unread_messages_count(self) -> Observable[int | None]:
        raise AssertionError("who can read the messages need not ask for a number")

    def get_messages(self, page_size: int) -> Observable[Page]:
        def subscribe(observer: ObserverBase[Page], _: SchedulerBase | None = None) -> DisposableBase:
            assert page_size > 0
            if self.failure is not None:
                failure, self.failure = self.failure, None
                observer.on_error(failure)
            else:
                self.waiting.append(observer)
                if not self.later:
                    self.answer()
            return Disposable(lambda: self.waiting.remove(observer) if observer in self.waiting else None)

        return Observable(subscribe)

    def answer(self) -> None:
        while self.waiting:
            page = Page([self.message(index) for index in sorted(self.authors)])
            self.waiting.pop().on_next(page)

    def message(self, index: int) -> Message:
        return Message(sid=f"IM{index}", index=index, author=self.authors[index], home=Home(self.sid))

    def send(self, author: str = BOB) -> MessageEvent:
        index = max(self.authors, default=-1) + 1
        self.authors[index] = author
        return MessageAdded(self.message(index))

    def remove(self, index: int) -> MessageEvent:
        message = self.message(index)
        del self.authors[index]
        return MessageRemoved(message, index, message.home)

    def read(self, index: int | None) -> None:
        self.horizon = index
        self.updated.on_next(index)

    def mute(self, level: str = "muted") -> None:
        self.notification_level = level
        self.updated.on_next(level)

    def gap(self) -> MessageEvent:
        return Discontinuity(Topic.MESSAGES, self.sid, "restored")


class Known:
    """What finds handles for events."""

    def __init__(self, *rooms: Room) -> None:
        self._rooms = {room.sid: room for room in rooms}

    def find_conversation(self, sid: str) -> Room | None:
        return self._rooms.get(sid)

    def event(self, kind: Callable[[ConversationState, Home[Room]], Any], sid: str, status: str = "joined") -> Any:
        return kind(ConversationState(sid=sid, status=status), Home(sid, lambda: self))


@dataclass
class Total:
    """A total that is subscribed, and what came of it."""

    conversations: Iterable[Room]
    changes: Observable[Any] | None = None
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    scheduler: TestScheduler = field(default_factory=TestScheduler)
    source: Subject[MessageEvent] = field(default_factory=Subject[MessageEvent])
    shown: list[int] = field(default_factory=list[int])
    ends: list[Exception | None] = field(default_factory=list[Exception | None])

    def __post_init__(self) -> None:
        total = unread_total(self.conversations, self.changes, scheduler=self.scheduler, **self.options)
        self.subscription = self.source.pipe(total).subscribe(
            self.shown.append, self.ends.append, lambda: self.ends.append(None)
        )

    def take(self, *events: MessageEvent) -> list[int]:
        for event in events:
            self.source.on_next(event)
        return self.shown

    def released(self, *rooms: Room) -> bool:
        return not self.source.observers and not any(room.updated.observers or room.waiting for room in rooms)


def rooms(*unread: int, **options: Any) -> list[Room]:
    return [Room(f"CH{n}", dict.fromkeys(range(count), BOB), **options) for n, count in enumerate(unread)]


class TestDiagrams:
    def test_those_of_the_docstring(self, make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
        lunch, supper = Home[Any]("CH1"), Home[Any]("CH2")
        events: dict[str, object] = {
            "a": MessageAdded(Message(sid="IM0", index=7, author=BOB, home=lunch)),
            "b": MessageAdded(Message(sid="IM1", index=8, author=BOB, home=supper)),
            "L": "CH1",
            "S": "CH2",
            "l": ConversationLeft(ConversationState(sid="CH1"), lunch),
        }

        def compose(messages: Observable[MessageEvent], conversations: Observable[Any]) -> Observable[int]:
            known = {"CH1": Room("CH1"), "CH2": Room("CH2", {0: BOB, 1: BOB})}
            indices = iter(range(7, 99))

            def fresh(event: MessageEvent) -> MessageEvent:
                assert isinstance(event, MessageAdded)
                return MessageAdded(
                    Message(sid="IM", index=next(indices), author=event.message.author, home=event.message.home)
                )

            def handle(said: Any) -> Any:
                return known.get(said, said) if isinstance(said, str) else said

            return messages.pipe(ops.map(fresh), unread_total([], conversations.pipe(ops.map(handle))))

        values = {**events, **{str(number): number for number in range(6)}}
        play_cases(lambda: make_marbles(values), compose, diagrams(unread_total), inputs=2)


class TestWhatIsCounted:
    def test_those_that_come_later_do_not_hold_up_the_first_total(self) -> None:
        lunch, supper, brunch = rooms(1, 2, 4, later=True)
        changes: Subject[Any] = Subject()
        total = Total([lunch], changes)
        changes.on_next(supper)
        assert total.shown == []
        lunch.answer()
        assert total.shown == [1]
        changes.on_next(brunch)
        supper.answer()
        assert total.shown == [1, 3]
        brunch.answer()
        assert total.shown == [1, 3, 7]

    def test_one_that_goes_before_it_is_counted_holds_up_nothing(self) -> None:
        lunch, supper = rooms(1, 2, later=True)
        known = Known(lunch, supper)
        changes: Subject[Any] = Subject()
        total = Total([lunch, supper], changes)
        supper.answer()
        assert total.shown == []
        changes.on_next(known.event(ConversationLeft, lunch.sid))
        assert total.shown == [2]

    def test_all_that_are_handed_in(self) -> None:
        lunch, supper = rooms(1, 2)
        total = Total([lunch, supper])
        assert total.take(lunch.send(), supper.send(ME), supper.send(), lunch.remove(0)) == [3, 4, 5, 4]

    def test_none(self) -> None:
        assert Total([]).take(Room("CH9").send()) == [0]

    def test_no_other_one(self) -> None:
        assert Total(rooms(1)).take(Room("CH9").send()) == [1]

    def test_a_gap_is_of_one_or_of_all(self) -> None:
        lunch, supper = rooms(1, 2)
        total = Total([lunch, supper])
        lunch.authors[7] = supper.authors[7] = BOB
        assert total.take(lunch.gap()) == [3, 4]
        assert total.take(Discontinuity(Topic.MESSAGES, None, "restored")) == [3, 4, 5]

    def test_reading_counts_down(self) -> None:
        lunch, supper = rooms(2, 2)
        total = Total([lunch, supper])
        lunch.read(0)
        supper.read(1)
        lunch.read(None)
        assert total.shown == [4, 3, 1, 2]

    def test_the_muted_do_not_count(self) -> None:
        lunch, supper = rooms(2, 3)
        supper.notification_level = "muted"
        total = Total([lunch, supper])
        lunch.mute()
        supper.mute("default")
        assert total.shown == [2, 0, 3]

    def test_weights(self) -> None:
        lunch, supper = rooms(2, 3, notification_level="muted")
        total = Total([lunch, supper], options={"weight": lambda room: 10 if room is lunch else 1})
        assert total.take(supper.send(), lunch.send()) == [23, 24, 34]

    def test_a_weight_that_cannot_be_had_is_an_error(self) -> None:
        (lunch,) = rooms(2)
        total = Total([lunch], options={"weight": lambda _: 1 // 0})
        assert [type(error) for error in total.ends] == [ZeroDivisionError]
        assert total.released(lunch)

    def test_an_event_is_of_one_conversation_only(self) -> None:
        all_rooms = rooms(*[1] * 1000)
        total = Total(all_rooms)
        for room in all_rooms:
            room.looked = 0
        total.take(all_rooms[500].send())
        assert [room.sid for room in all_rooms if room.looked] == ["CH500"]


class TestComingAndGoing:
    @pytest.fixture
    def stream(self) -> Subject[Any]:
        return Subject()

    def test_conversations_come_and_go(self, stream: Subject[Any]) -> None:
        lunch, supper, away = rooms(1, 2, 4)
        known = Known(lunch, supper, away)
        total = Total([lunch], stream)
        stream.on_next(known.event(ConversationAdded, "CH2", "notParticipating"))
        stream.on_next(known.event(ConversationAdded, "CH1"))
        stream.on_next(known.event(ConversationJoined, "CH1"))
        stream.on_next(known.event(ConversationJoined, "CH2"))
        stream.on_next(known.event(ConversationLeft, "CH2"))
        stream.on_next(known.event(ConversationRemoved, "CH0"))
        stream.on_next(known.event(ConversationRemoved, "CH0"))
        stream.on_next(known.event(ConversationJoined, "gone already"))
        stream.on_completed()
        assert total.take(lunch.send(), supper.send()) == [1, 3, 7, 3, 2, 3]
        assert not lunch.updated.observers

    def test_naively_those_that_come_later_do_not_count(self, stream: Subject[Any]) -> None:
        lunch, supper = rooms(1, 2)
        source: Subject[MessageEvent] = Subject()
        naive: list[int] = []
        badges = [source.pipe(unread_badge(room)) for room in (lunch,)]
        reactivex.combine_latest(*badges).pipe(ops.map(sum)).subscribe(naive.append)
        total = Total([lunch], stream)
        stream.on_next(supper)
        assert (naive[-1], total.shown[-1]) == (1, 3)

    def test_what_is_changed_is_told_by_the_conversation_itself(self, stream: Subject[Any]) -> None:
        (lunch,) = rooms(1)
        total = Total([lunch], stream)
        state = ConversationState(sid="CH0")
        stream.on_next(ConversationUpdated(state, state, (), Home("CH0")))
        assert total.shown == [1]

    def test_another_handle_takes_the_place_of_the_first(self, stream: Subject[Any]) -> None:
        one, other = Room("CH0", {0: BOB}), Room("CH0", {0: BOB, 1: BOB})
        total = Total([], stream)
        stream.on_next(one)
        stream.on_next(other)
        assert total.shown[-1] == 2
        assert not one.updated.observers

    def test_its_error_ends_it(self, stream: Subject[Any]) -> None:
        (lunch,) = rooms(1)
        total = Total([], stream)
        stream.on_next(lunch)
        error = LookupError()
        stream.on_error(error)
        assert (total.ends, total.released(lunch)) == ([error], True)

    def test_what_an_iterable_raises_is_raised_at_the_call(self) -> None:
        def broken() -> Iterable[Room]:
            yield from rooms(1)
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            unread_total(broken())

    def test_what_can_be_gone_through_but_once_is_there_for_each_subscription(self) -> None:
        total = unread_total(room for room in rooms(2, 3))
        shown: list[int] = []
        for _ in range(2):
            with reactivex.never().pipe(total).subscribe(shown.append):
                pass
        assert shown == [5, 5]

    @pytest.mark.parametrize("said", ["CH1", None, 5])
    def test_changes_of_something_else_end_it(self, said: Any) -> None:
        changes: Subject[Any] = Subject()
        errors: list[Exception] = []
        reactivex.never().pipe(unread_total([], changes)).subscribe(on_error=errors.append)
        changes.on_next(said)
        assert [type(error) for error in errors] == [ArgumentError]
        assert str(errors[0]).startswith("changes must be a conversation with `identity`")
        assert changes.observers == []


class TestCounting:
    """Before all are counted."""

    def test_ten_at_a_time_and_then_the_total(self) -> None:
        all_rooms = rooms(*[1] * 25, later=True)
        total = Total(all_rooms)
        asked: list[int] = []
        for room in all_rooms:
            asked.append(sum(len(each.waiting) for each in all_rooms))
            assert total.shown == []
            room.answer()
        assert asked == [*[10] * 16, *range(9, 0, -1)]
        assert total.shown == [25]

    def test_what_happens_meanwhile_counts(self) -> None:
        all_rooms = rooms(*[1] * 11, later=True)
        total = Total(all_rooms)
        total.take(all_rooms[0].send(), all_rooms[10].send(), all_rooms[10].gap())
        for room in all_rooms:
            room.answer()
        assert total.shown == [13]

    def test_one_that_comes_later_does_not_delay_the_others(self) -> None:
        stream: Subject[Any] = Subject()
        lunch, supper = rooms(1, 2)
        supper.later = True
        total = Total([lunch], stream)
        stream.on_next(supper)
        assert total.take(lunch.send()) == [1, 2]
        supper.answer()
        assert total.shown == [1, 2, 4]

    def test_one_that_goes_before_it_is_counted(self) -> None:
        stream: Subject[Any] = Subject()
        all_rooms = rooms(*[1] * 12, later=True)
        total = Total(all_rooms, stream)
        for sid in ("CH11", "CH0"):
            stream.on_next(Known().event(ConversationLeft, sid))
        for room in all_rooms:
            room.answer()
        assert total.shown == [10]
        assert total.take(all_rooms[0].send()) == [10]

    @pytest.mark.parametrize("failure", [RejectedError(403, 54007, "no"), ClosedError("gone")])
    def test_one_that_cannot_be_counted_is_left_out(self, failure: Exception) -> None:
        lunch, supper = rooms(1, 2)
        supper.failure = failure
        total = Total([lunch, supper])
        assert total.take(supper.send(), lunch.send()) == [1, 2]
        assert not supper.updated.observers

    def test_so_is_one_that_can_be_no_more(self) -> None:
        lunch, supper = rooms(1, 2)
        total = Total([lunch, supper])
        supper.failure = RejectedError(404, 50350, "no")
        assert total.take(supper.gap()) == [3, 1]

    def test_one_whose_list_is_refused_is_left_out_the_second_time(self) -> None:
        lunch, supper = rooms(1, 2)
        supper.failure = refusal = SyncError("CH2.messages", 404, None, "no")
        total = Total([lunch, supper])
        assert total.shown == []
        supper.failure = refusal
        total.scheduler.advance_by(1.0)
        assert total.shown == [1]
        assert not supper.updated.observers

    def test_a_query_without_an_answer_is_repeated(self) -> None:
        (lunch,) = rooms(1, failure=OutcomeUnknownError("lost"))
        total = Total([lunch])
        total.scheduler.advance_by(0.9)
        assert total.shown == []
        total.scheduler.advance_by(0.2)
        assert total.shown == [1]

    def test_any_other_failure_is_an_error(self) -> None:
        lunch, supper = rooms(1, 1)
        lunch.failure = error = LookupError()
        total = Total([supper, lunch])
        assert (total.ends, total.released(lunch, supper)) == ([error], True)


class TestTheEnd:
    @pytest.mark.parametrize("error", [None, LookupError()])
    def test_with_the_source(self, error: Exception | None) -> None:
        lunch, supper = rooms(1, 2)
        supper.later = True
        total = Total([lunch, supper])
        if error is None:
            total.source.on_completed()
        else:
            total.source.on_error(error)
        assert (total.ends, total.released(lunch, supper)) == ([error], True)

    def test_a_source_that_ends_while_it_is_subscribed(self) -> None:
        (lunch,) = rooms(1)
        ends: list[str] = []
        reactivex.empty().pipe(unread_total([lunch])).subscribe(on_completed=lambda: ends.append("|"))
        assert (ends, lunch.updated.observers) == (["|"], [])

    def test_disposed_from_within(self) -> None:
        lunch, supper = rooms(1, 2)
        source: Subject[MessageEvent] = Subject()
        seen: list[int] = []

        def once(number: int) -> None:
            seen.append(number)
            if number == 4:
                supper.read(0)
                subscription.dispose()

        subscription = source.pipe(unread_total([lunch, supper])).subscribe(once)
        source.on_next(lunch.send())
        assert (seen, source.observers) == ([3, 4], [])
        assert not lunch.updated.observers

    def test_what_an_observer_does_comes_after(self) -> None:
        lunch, supper = rooms(2, 2)
        source: Subject[MessageEvent] = Subject()
        seen: list[int] = []

        def read(number: int) -> None:
            if number == 5:
                supper.read(1)
                seen.append(-number)
            seen.append(number)

        source.pipe(unread_total([lunch, supper])).subscribe(read)
        source.on_next(lunch.send())
        assert seen == [4, -5, 5, 3]

    def test_a_conversation_is_subscribed_once(self) -> None:
        (lunch,) = rooms(1)
        with reactivex.never().pipe(unread_total([lunch])).subscribe():
            assert len(lunch.updated.observers) == 1

    def test_two_observers_count_for_themselves(self) -> None:
        (lunch,) = rooms(1)
        source: Subject[MessageEvent] = Subject()
        total = source.pipe(unread_total([lunch]))
        one: list[int] = []
        two: list[int] = []
        with total.subscribe(one.append):
            source.on_next(lunch.send())
            with total.subscribe(two.append):
                source.on_next(lunch.send())
        assert (one, two) == ([1, 2, 3], [2, 3])
        assert not lunch.updated.observers


class TestTheLaw:
    """It is the sum of the badges."""

    @given(st.data())
    def test_whatever_happens(self, data: st.DataObject) -> None:  # noqa: C901 - a step each
        all_rooms = rooms(0, 2, 3, 0)
        stream: Subject[Any] = Subject()
        total = Total([], stream)
        known = Known(*all_rooms)
        joined: set[str] = set()
        badges: dict[str, int] = {}
        subscriptions: dict[str, DisposableBase] = {}

        def watch(room: Room) -> None:
            def show(number: int) -> None:
                badges[room.sid] = number

            def mine(event: MessageEvent) -> bool:
                return event.conversation_sid == room.sid

            own = total.source.pipe(ops.filter(mine))
            subscriptions[room.sid] = own.pipe(unread_badge(room)).subscribe(show)

        for room in all_rooms:
            watch(room)

        def join(room: Room) -> None:
            joined.add(room.sid)
            stream.on_next(known.event(ConversationJoined, room.sid))

        def leave(room: Room) -> None:
            joined.discard(room.sid)
            stream.on_next(known.event(ConversationLeft, room.sid))

        def remove(room: Room) -> None:
            if room.authors:
                total.take(room.remove(data.draw(st.sampled_from(sorted(room.authors)))))

        steps: dict[str, Callable[[Room], object]] = {
            "hear": lambda room: total.take(room.send()),
            "say": lambda room: total.take(room.send(ME)),
            "remove": remove,
            "read": lambda room: room.read(data.draw(st.none() | st.integers(0, 6))),
            "mute": lambda room: room.mute(),
            "unmute": lambda room: room.mute("default"),
            "join": join,
            "leave": leave,
            "lose": lambda room: total.take(room.gap()),
            "later": lambda room: setattr(room, "later", True),
            "answer": lambda room: room.answer(),
            "sooner": lambda room: setattr(room, "later", False),
        }
        names = st.lists(st.tuples(st.sampled_from(["join", *steps]), st.sampled_from(all_rooms)), max_size=40)
        for name, room in data.draw(names):
            steps[name](room)
            if not any(each.waiting for each in all_rooms):
                assert total.shown[-1] == self.sum(all_rooms, joined, badges)
        for room in all_rooms:
            room.answer()
        assert total.shown[-1] == self.sum(all_rooms, joined, badges)
        assert all(one != other for one, other in pairwise(total.shown))
        total.subscription.dispose()
        for subscription in subscriptions.values():
            subscription.dispose()
        assert total.released(*all_rooms)
        assert not stream.observers

    @staticmethod
    def sum(all_rooms: list[Room], joined: set[str], badges: dict[str, int]) -> int:
        return sum(badges[room.sid] for room in all_rooms if room.sid in joined and room.notification_level != "muted")

    @given(st.integers(0, 8), st.booleans())
    def test_disposed_at_any_tick_nothing_is_left(self, ticks: int, later: bool) -> None:
        lunch, supper, brunch = all_rooms = rooms(1, 2, 3, later=later)
        lunch.failure = OutcomeUnknownError("lost")
        stream: Subject[Any] = Subject()
        total = Total([], stream)
        steps: list[Callable[[], object]] = [
            lambda: stream.on_next(lunch),
            lambda: stream.on_next(supper),
            lambda: total.take(supper.send()),
            lambda: total.scheduler.advance_by(1.0),
            supper.answer,
            lambda: stream.on_next(Known().event(ConversationLeft, "CH1")),
            lambda: stream.on_next(brunch),
            lambda: total.take(brunch.gap()),
        ]
        for step in steps[:ticks]:
            step()
        shown = list(total.shown)
        total.subscription.dispose()
        assert total.released(*all_rooms)
        assert not stream.observers
        total.scheduler.advance_by(100.0)
        total.take(supper.send())
        assert total.shown == shown
        assert total.released(*all_rooms)


async def test_with_clients() -> None:
    async with Service() as service, service.client("ada") as ada, service.client("bob") as bob:
        chats = [await bob.create_conversation() for _ in range(3)]
        for chat in chats:
            await chat.join()
            await chat.send_message("before")
        await chats[0].add("ada")
        await advance(1.0)
        joined = (await ada.get_subscribed_conversations()).items
        shown: list[int] = []
        subscription = ada.messages.pipe(unread_total(joined, ada.conversations)).subscribe(shown.append)
        await advance(1.0)
        assert shown == [1]
        await chats[1].add("ada")
        await chats[2].add("ada")
        await advance(1.0)
        assert shown[-1] == 3
        await chats[2].send_message("more")
        await advance(1.0)
        assert shown[-1] == 4
        hers = await ada.get_conversation_by_sid(chats[2].sid)
        await hers.set_all_messages_read()
        await advance(1.0)
        assert shown[-1] == 2
        await (await ada.get_conversation_by_sid(chats[0].sid)).leave()
        await chats[1].delete()
        await advance(1.0)
        assert shown[-1] == 0
        subscription.dispose()
        await advance(5.0)


async def test_it_is_the_sum_of_the_badges_across_reconnects() -> None:
    async with Lines() as service, service.client("bob") as bob, service.client("ada") as ada:
        chats = [await bob.create_conversation() for _ in range(3)]
        for chat in chats:
            await chat.join()
            await chat.add("ada")
            await chat.send_message("before")
        await advance(1.0)
        joined = (await ada.get_subscribed_conversations()).items
        totals: list[int] = []
        badges: dict[str, int] = {}
        subscriptions = [ada.messages.pipe(unread_total(joined, ada.conversations)).subscribe(totals.append)]
        for each in joined:
            show = partial(badges.__setitem__, each.sid)
            subscriptions.append(each.messages.pipe(unread_badge(each)).subscribe(show))
        await advance(1.0)
        assert (totals[-1], sum(badges.values())) == (3, 3)

        service.cut()  # the last one to connect was Ada
        service.up = False
        for chat in chats[:2]:
            await chat.send_message("while she is away")
        await (await chats[2].get_messages()).items[0].remove()
        await advance(1.0)
        assert totals[-1] == 3
        service.up = True
        await advance(60.0)
        assert (totals[-1], sum(badges.values())) == (4, 4)

        await joined[0].set_all_messages_read()
        await advance(1.0)
        assert badges[joined[0].sid] == 0
        assert totals[-1] == sum(badges.values())
        for subscription in subscriptions:
            subscription.dispose()
        await advance(5.0)


@pytest.mark.parametrize("field,value", [("conversations", 5), ("changes", []), ("weight", 1)])
def test_bad_arguments_are_refused_at_once(field: str, value: Any) -> None:
    with pytest.raises(ArgumentError, match=f"{field} must be"):
        unread_total(**{field: value})


async def test_a_client_is_no_list_of_conversations() -> None:
    async with Service() as service, service.client("ada") as ada:
        client: Any = ada
        with pytest.raises(ArgumentError, match="conversations must be an iterable"):
            unread_total(client)
