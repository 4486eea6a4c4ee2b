"""What has no answer is asked again; one thing at a time."""

from __future__ import annotations

import asyncio

import pytest
import reactivex
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo.errors import OutcomeUnknownError, QueueFullError, SyncError
from rxconvo.operators._asking import Asking

LOST = OutcomeUnknownError("lost")


def unread(status: int) -> SyncError:
    return SyncError("CH1.messages", status, None, "no")


class Asker:
    """Somebody who asks, and notes what comes of it."""

    def __init__(self, scheduler: TestScheduler | None) -> None:
        self.notes: list[object] = []
        self.asked = 0
        self.replies: list[Subject[int]] = []
        self.asking = Asking[int](scheduler, self.notes.append, self.notes.append)

    def ask(self) -> None:
        def query(_: object) -> Subject[int]:
            self.asked += 1
            self.replies.append(Subject())
            return self.replies[-1]

        self.asking.ask(reactivex.defer(query))


@pytest.fixture
def scheduler() -> TestScheduler:
    return TestScheduler()


@pytest.fixture
def asker(scheduler: TestScheduler) -> Asker:
    return Asker(scheduler)


def test_the_first_value_is_the_answer(asker: Asker) -> None:
    asker.ask()
    assert asker.asking.busy
    asker.replies[0].on_next(1)
    asker.replies[0].on_next(2)
    assert (asker.notes, asker.asking.busy, asker.replies[0].observers) == ([1], False, [])


@pytest.mark.parametrize("error", [LookupError(), ValueError()])
def test_other_failures_are_told(asker: Asker, scheduler: TestScheduler, error: Exception) -> None:
    asker.ask()
    asker.replies[0].on_error(error)
    scheduler.advance_by(100)
    assert (asker.notes, asker.asking.busy, asker.asked) == ([error], False, 1)


@pytest.mark.parametrize("error", [LOST, QueueFullError(9), unread(0), unread(200), unread(429), unread(503)])
def test_what_has_no_answer_is_asked_again_ever_later(asker: Asker, scheduler: TestScheduler, error: Exception) -> None:
    asker.ask()
    for number, delay in enumerate([1, 2, 4, 8, 16, 30, 30], start=1):
        asker.replies[-1].on_error(error)
        scheduler.advance_by(delay - 0.1)
        assert asker.asked == number
        scheduler.advance_by(0.1)
        assert asker.asked == number + 1
    asker.replies[-1].on_next(1)
    asker.ask()
    asker.replies[-1].on_error(error)
    scheduler.advance_by(1)
    assert (asker.asked, asker.notes) == (10, [1])


def test_what_is_refused_to_be_read_is_asked_once_more(asker: Asker, scheduler: TestScheduler) -> None:
    asker.ask()
    for status in (404, 0, 403, 500, 404):
        asker.replies[-1].on_error(unread(status))
        scheduler.advance_by(31)
    assert (asker.asked, asker.notes) == (6, [])
    last = unread(403)
    asker.replies[-1].on_error(last)
    scheduler.advance_by(100)
    assert (asker.asked, asker.notes) == (6, [last])
    asker.ask()
    asker.replies[-1].on_error(unread(404))
    scheduler.advance_by(1)
    assert asker.asked == 8


def test_another_question_takes_the_place_of_the_first(asker: Asker) -> None:
    asker.ask()
    asker.ask()
    assert asker.replies[0].observers == []
    asker.replies[1].on_next(2)
    assert asker.notes == [2]


@pytest.mark.parametrize("waiting", [False, True])
@pytest.mark.parametrize("for_good", [False, True])
def test_nothing_comes_of_what_is_given_up(
    asker: Asker, scheduler: TestScheduler, waiting: bool, for_good: bool
) -> None:
    asker.ask()
    if waiting:
        asker.replies[0].on_error(LOST)
    if for_good:
        asker.asking.dispose()
    else:
        asker.asking.give_up()
    scheduler.advance_by(100)
    assert (asker.asking.busy, asker.asked, asker.notes, asker.replies[0].observers) == (False, 1, [], [])


def test_an_answer_may_ask_the_next_question(scheduler: TestScheduler) -> None:
    answers: list[int] = []

    def answered(answer: int) -> None:
        answers.append(answer)
        if answer < 3:
            asking.ask(reactivex.of(answer + 1))

    asking = Asking[int](scheduler, answered, print)
    asking.ask(reactivex.of(1))
    scheduler.advance_by(10)
    assert (answers, asking.busy) == ([1, 2, 3], False)


async def test_by_default_the_running_loop_waits() -> None:
    asker = Asker(None)
    asker.ask()
    asker.replies[0].on_error(LOST)
    await asyncio.sleep(1.5)
    assert asker.asked == 2
    asker.asking.dispose()
