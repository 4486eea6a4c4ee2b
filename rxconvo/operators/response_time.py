"""How long questions waited for their answers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from typing import Generic, TypeVar

from reactivex import Observable
from reactivex.abc import SchedulerBase

from rxconvo.model import ResponseSample
from rxconvo.operators._arguments import check_callable, check_number, check_scheduler
from rxconvo.operators._of_messages import At, By, Who, conversation_of, dates, sides
from rxconvo.operators._stage import Stage, staged
from rxconvo.streams.scheduler import current_scheduler

__all__ = ["response_time"]

T = TypeVar("T")


def response_time(
    *,
    answerer: Who[T],
    asker: Who[T] | None = None,
    by: By[T] | None = None,
    at: At[T] | None = None,
    max_keys: int = 10_000,
    scheduler: SchedulerBase | None = None,
) -> Callable[[Observable[T]], Observable[ResponseSample[T]]]:
    """Emit a sample for each answer: how long the first message that was unanswered had waited for it.

    What the asker says while it waits changes nothing, and what the answerer says when nobody waits is no answer. With
    one mark a second (`a`: the asker, `b`: the answerer):

        messages:  -a-a--b-b-ab--|
        samples:   ------x----y--|      x 5 s, y 1 s
        messages:  -a-#
        samples:   ---#
        messages:  -a--b-
        samples:   ---!      ! disposed

    Example:
        import reactivex
        from rxconvo import Message
        from rxconvo.operators import response_time
        from reactivex.testing import TestScheduler

        clock = TestScheduler()
        messages = reactivex.Subject()
        samples = messages.pipe(response_time(answerer={"bob", "eve"}, scheduler=clock))
        samples.subscribe(lambda sample: print(sample.seconds))
        messages.on_next(Message("IM1", 0, author="ada", date_created_iso="2024-01-01T10:00:00Z"))
        messages.on_next(Message("IM2", 1, author="eve", date_created_iso="2024-01-01T10:01:30Z"))  # -> 90.0

    Args:
        answerer: An identity, several, or what tells whether a message is an answer.
        asker: An identity, several, or what tells whether a message is a question; None is everybody who does not
            answer. Who is both answers if somebody waits, and else asks.
        by: Returns what question and answer have in common; by default their `conversation_sid`.
        at: Returns when a message was written; by default its `date_created`.
        max_keys: How many questions may wait; of more, the one that has waited for longest is forgotten.
        scheduler: Whose clock counts for what has no date; by default that given to `subscribe`, else the running
            loop's.

    Returns:
        An operator for any Observable of messages, as `messages.added` of a conversation or client.

    Emits:
        Samples, none of less than 0 seconds. It completes with its source; what waits then is no sample.

    Errors:
        Those of the source, and what *asker*, *answerer*, *by* and *at* raise, at once.

    Time:
        By the messages' own dates, which are the service's: when they arrive does not matter, so history gives the
        same samples as what happens now. A message without a date is of the time of its arrival, by what `now` of the
        scheduler is. An answer dated before the question does not answer it. There is no timer.

    Raises:
        ArgumentError: `max_keys` is below 1, or an argument is not of its type.
    """
    check_callable("by", by, optional=True)
    check_callable("at", at, optional=True)
    check_scheduler(scheduler)
    check_number("max_keys", max_keys)
    asks, answers = sides(asker, answerer)

    def start(stage: Stage[ResponseSample[T]], source: Observable[T], given: SchedulerBase | None) -> None:
        date = dates(at, scheduler or given or current_scheduler())
        waiting = _Waiting(asks, answers, by or conversation_of, date, max_keys)
        stage.follow(source, waiting.take, given, completed=stage.finish)

    return staged(start)


class _Waiting(Generic[T]):
    """The questions that wait."""

    __slots__ = ("_answers", "_asks", "_by", "_date", "_max_keys", "_questions")

    def __init__(
        self,
        asks: Callable[[T], bool],
        answers: Callable[[T], bool],
        by: By[T],
        date: Callable[[T], datetime],
        max_keys: int,
    ) -> None:
        self._asks = asks
        self._answers = answers
        self._by = by
        self._date = date
        self._max_keys = max_keys
        self._questions: OrderedDict[Hashable, tuple[T, datetime]] = OrderedDict()

    def take(self, value: T) -> Iterable[ResponseSample[T]]:
        """Take a message; return the sample that it makes, if it does."""
        key = self._by(value)
        question = self._questions.get(key)
        if question is not None and self._answers(value):
            asked, asked_at = question
            answered_at = self._date(value)
            if answered_at >= asked_at:
                del self._questions[key]
                return (ResponseSample(key, asked, value, asked_at, answered_at),)
        elif question is None and self._asks(value):
            self._questions[key] = (value, self._date(value))
            if len(self._questions) > self._max_keys:
                self._questions.popitem(last=False)
        return ()
