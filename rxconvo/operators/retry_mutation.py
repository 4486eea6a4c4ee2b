"""Mutations that are tried again until they are answered."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TypeVar

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import SerialDisposable, SingleAssignmentDisposable

from rxconvo.errors import OutcomeUnknownError
from rxconvo.model import RetryPolicy
from rxconvo.operators._arguments import check_callable, check_kind, check_scheduler
from rxconvo.operators._timed import Timer
from rxconvo.streams.scheduler import current_scheduler

__all__ = ["retry_mutation"]

T = TypeVar("T")


def retry_mutation(
    policy: RetryPolicy | None = None,
    *,
    chance: Callable[[], float] = random.random,
    scheduler: SchedulerBase | None = None,
) -> Callable[[Observable[T]], Observable[T]]:
    """Try a mutation again while nobody knows what became of it.

    Each attempt is a subscription of the same cold Observable, which so resumes the same mutation under the same id:
    the service applies it at most once. With two pauses, of 2 and 4 seconds, before `minimum=2, attempts=3` gives up;
    `x` is an attempt that is not answered, `r` one that is refused, and each mark an attempt:

        attempts:  x-x---a
        outcome:   ------a|
        attempts:  x-r
        outcome:   --#
        attempts:  x-x---x
        outcome:   ------#
        attempts:  x-x
        outcome:   ---!              disposed

    `retry(3)` of reactivex tries again at once, all clients at the same moment, whatever the service asks for, and also
    what was refused, which is a new mutation then.

    Example:
        from rxconvo import RetryPolicy, Service
        from rxconvo.operators import retry_mutation

        async with Service() as service, service.client("ada") as ada:
            lunch = await (await ada.create_conversation()).join()
            index = await lunch.send_message("pizza?").pipe(retry_mutation(RetryPolicy(attempts=3)))
            print(index)  # -> 0

    Args:
        policy: How often, and how long to wait in between; by default five times, half a second to 30.
        chance: A source of numbers in [0, 1), by which pauses are varied.
        scheduler: Whose clock counts; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for mutations: Observables of one value of which each subscription is an attempt.

    Emits:
        What the attempt that is answered emits. It completes with that.

    Errors:
        RejectedError: It was refused. That is an answer, and not tried again.
        OutcomeUnknownError: The policy's last attempt was not answered either. It may have been applied; subscribing
            again resumes it, with as many attempts as the first time.
        Exception: Any other is no matter of the service (`ClosedError`, `ArgumentError`), and not tried again.

    Time:
        One timer, shared with all that wait on the scheduler. What the service asks for counts where it is longer than
        the policy's pause: `retry_after` of a refusal for too many requests, or of a service that closes for a while.
        Dispose cancels the attempt, or the pause.

    Raises:
        ArgumentError: An argument is not of its type.
    """
    check_kind("policy", policy, (RetryPolicy, type(None)), "a RetryPolicy")
    check_callable("chance", chance)
    check_scheduler(scheduler)
    chosen = policy or RetryPolicy()

    def operator(source: Observable[T]) -> Observable[T]:
        def subscribe(observer: ObserverBase[T], scheduler_: SchedulerBase | None = None) -> DisposableBase:
            attempts = _Attempts(
                source, observer, chosen, chance, scheduler or scheduler_ or current_scheduler(), given=scheduler_
            )
            attempts.attempt()
            return attempts

        return Observable(subscribe)

    return operator


class _Attempts(DisposableBase):
    """The attempts of one subscription."""

    def __init__(
        self,
        source: Observable[T],
        observer: ObserverBase[T],
        policy: RetryPolicy,
        chance: Callable[[], float],
        scheduler: SchedulerBase,
        *,
        given: SchedulerBase | None,
    ) -> None:
        self._source = source
        self._observer = observer
        self._policy = policy
        self._chance = chance
        self._given = given
        self._failures = 0
        self._subscription = SerialDisposable()
        self._timer = Timer(scheduler, self.attempt)

    def attempt(self, _now: float = 0.0) -> None:
        """Make an attempt."""
        subscription = SingleAssignmentDisposable()
        self._subscription.disposable = subscription
        observer = self._observer
        subscription.disposable = self._source.subscribe(
            observer.on_next, self._failed, observer.on_completed, scheduler=self._given
        )

    def dispose(self) -> None:
        """Make no attempt any more, and cancel the one that is being made."""
        self._subscription.dispose()
        self._timer.dispose()

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        attempts = self._policy.attempts
        if not isinstance(error, OutcomeUnknownError) or (attempts is not None and self._failures >= attempts):
            self._observer.on_error(error)
        elif not self._subscription.is_disposed:
            delay = self._policy.delay(self._failures, self._chance(), at_least=error.retry_after)
            self._timer.arm(self._timer.clock() + delay)
