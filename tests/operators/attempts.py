"""Mutations whose attempts come to what a test says."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

import reactivex
from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import Disposable
from reactivex.testing import TestScheduler

from rxconvo.errors import OutcomeUnknownError, RejectedError
from rxconvo.streams import Cold, Context, current_scheduler

LOST = OutcomeUnknownError("lost")
REFUSED = RejectedError(403, 50054, "no")


def mutation(marks: str, scheduler: TestScheduler, start: float, meanings: dict[str, object]) -> Observable[Any]:
    """Make a mutation of a row: a mark is what comes of the attempt that is made at that second.

    A value completes a second later; `-` is no attempt, and one that is made there, or after the end, is a fault.
    """

    def attempt(_: object) -> Observable[Any]:
        at = round(scheduler.to_seconds(scheduler.now) - start)
        meaning = meanings[marks[at]]
        if isinstance(meaning, Exception):
            return reactivex.throw(meaning)
        return reactivex.concat(reactivex.of(meaning), reactivex.timer(1.0, scheduler=scheduler).ignore_elements())

    return reactivex.defer(attempt)


@dataclass
class Service:
    """Performs mutations, and remembers under which ids. It applies each id once, and gives its first result again.

    Attributes:
        outcomes: What becomes of the next attempts: an error that is raised before or after it is applied; then none.
        performed: The ids, one for each attempt.
        applied: Results of the ids that were applied.
    """

    outcomes: list[tuple[Exception, bool] | None] = field(default_factory=list[Any])
    performed: list[str] = field(default_factory=list[str])
    applied: dict[str, int] = field(default_factory=dict[str, int])

    async def perform(self, mutation_id: str) -> int:
        self.performed.append(mutation_id)
        error, applies = (self.outcomes.pop(0) if self.outcomes else None) or (None, True)
        if applies:
            self.applied.setdefault(mutation_id, len(self.applied))
        if error is not None:
            raise error
        return self.applied[mutation_id]

    def cold(self) -> Cold[int]:
        ids = count(1)
        context = Context(current_scheduler(), lambda _: None)
        return Cold(self.perform, ids=lambda: f"id{next(ids)}", context=context, name="send_message")


@dataclass
class Manual:
    """A cold Observable that the test answers.

    Attributes:
        waiting: Those that are subscribed.
        begun: How many subscriptions there were.
    """

    waiting: list[ObserverBase[Any]] = field(default_factory=list[ObserverBase[Any]])
    begun: int = 0

    def observable(self) -> Observable[Any]:
        def subscribe(observer: ObserverBase[Any], _: SchedulerBase | None = None) -> DisposableBase:
            self.begun += 1
            self.waiting.append(observer)
            return Disposable(partial(self._leave, observer))

        return Observable(subscribe)

    def answer(self, outcome: object, which: int = 0) -> None:
        observer = self.waiting[which]
        if isinstance(outcome, Exception):
            observer.on_error(outcome)
        else:
            observer.on_next(outcome)
            observer.on_completed()

    def _leave(self, observer: ObserverBase[Any]) -> None:
        self.waiting.remove(observer)
