"""The hot stream of a state."""

from __future__ import annotations

from typing import TypeVar

from reactivex.abc import ObserverBase, SchedulerBase
from reactivex.typing import OnCompleted, OnError, OnNext

from rxconvo.streams.context import ISOLATED
from rxconvo.streams.delivery import Delivery
from rxconvo.streams.guard import callbacks
from rxconvo.streams.hot import HotStream, Subscription

__all__ = ["StateStream"]

T = TypeVar("T")


class StateStream(HotStream[T]):
    """A hot Observable of a state: a new observer gets the state now, then each change.

    Args:
        delivery: The queue that all streams of the client share.
        name: What reports call it.
        value: The state to begin with.

    Attributes:
        value: The state that was handed over last.
    """

    __slots__ = ("value",)

    def __init__(self, delivery: Delivery, name: str, value: T) -> None:
        super().__init__(delivery, name)
        self.value = value

    def subscribe(
        self,
        on_next: ObserverBase[T] | OnNext[T] | None = None,
        on_error: OnError | None = None,
        on_completed: OnCompleted | None = None,
        *,
        scheduler: SchedulerBase | None = None,
    ) -> Subscription:
        """Subscribe an observer, or callables, and hand over the state now.

        Args:
            on_next: An observer, or what gets the state.
            on_error: Gets what this very observer raises; the stream itself never fails.
            on_completed: Called when the stream completes; at once, after the last state, if it has.
            scheduler: Accepted as by any Observable; nothing here needs one.

        Returns:
            The subscription; `dispose` ends it at once.
        """
        on_next, on_error, on_completed = callbacks(on_next, on_error, on_completed)
        if self._done:
            subscription = Subscription(self, on_next, on_error, on_completed)
            self._hand(subscription)
            self._complete(subscription)
        else:
            subscription = super().subscribe(on_next, on_error, on_completed)
            self._hand(subscription)
        return subscription

    def emit(self, value: T) -> None:
        """Take over a state and, if it is another one, hand it to the observers now. Only within a hand-over."""
        if value != self.value:
            self.value = value
            super().emit(value)

    def _hand(self, subscription: Subscription) -> None:
        try:
            subscription.on_next(self.value)
        except ISOLATED as error:
            self._failed(subscription, error)
