"""What is sent, shown before the service has answered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Generic, TypeVar

from reactivex import Observable
from reactivex.abc import SchedulerBase
from reactivex.disposable import SingleAssignmentDisposable
from reactivex.internal import SequenceContainsNoElementsError

from rxconvo.errors import ArgumentError, OutcomeUnknownError
from rxconvo.model import (
    ConversationHandle,
    Echoed,
    Failed,
    ListEvent,
    Message,
    MessageEvent,
    Pending,
    Reset,
    SendState,
    Sent,
)
from rxconvo.operators._arguments import check_callable, check_number, check_observable, check_scheduler, check_seconds
from rxconvo.operators._items import Put, reading
from rxconvo.operators._stage import Stage, staged
from rxconvo.operators._timed import Timer
from rxconvo.streams.scheduler import current_scheduler

__all__ = ["optimistic"]

C = TypeVar("C", bound=ConversationHandle)
L = TypeVar("L")


def optimistic(
    local: L,
    messages: Observable[MessageEvent[C] | ListEvent[Message[C]]],
    *,
    match: Callable[[Message[C]], bool] | None = None,
    timeout: float = 30.0,
    max_held: int = 1000,
    scheduler: SchedulerBase | None = None,
) -> Callable[[Observable[int]], Observable[SendState[L, Message[C]]]]:
    """Tell how far a message has come that is being sent, so that it can be shown at once.

    What is to be shown are the messages, and after them what was sent and is not `Echoed` yet: the echo takes its
    place, and in the end there is exactly one of it. With `p` pending, `s` sent, `e` echoed, `f` failed, a capital
    where it completes with that, and `0` the answer, `m` the message:

        answer:    ---0|
        messages:  ------m-
        states:    p--s--E
        answer:    ---0|
        messages:  --m---
        states:    p-e|              matched
        answer:    ---#
        messages:  ------
        states:    p--F
        answer:    ---0|
        messages:  ------
        states:    p--s-!            disposed

    Example:
        from rxconvo import Service
        from rxconvo.operators import optimistic, retry_mutation

        async with Service() as service, service.client("ada") as ada:
            lunch = await (await ada.create_conversation()).join()
            sending = lunch.send_message("pizza?").pipe(retry_mutation(), optimistic("pizza?", lunch.messages))
            async for state in sending:  # each subscription, as each `await`, sends one message: let there be one
                print(type(state).__name__)
            # -> Pending
            # -> Sent
            # -> Echoed

    Args:
        local: What is shown until the message is there.
        messages: The stream of the conversation. It is observed before the mutation is begun.
        match: Tells whether a message is that which was sent, as by an id in its attributes. Then it is echoed as soon
            as it is there; else only once it is answered, as the answer tells its index, and until then both may be
            seen. It also settles what nobody has answered.
        timeout: Seconds that it waits for the message after the answer.
        max_held: How many messages are remembered that come before the answer; the first to come go first.
        scheduler: Whose clock counts; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for what sends one message and emits its index.

    Emits:
        `Pending` at once; `Sent` when it is answered; `Echoed` when the message is there, and then it completes, but
        not before the answer. Or `Failed`, which is the last where it was refused; where the outcome is unknown and
        *match* is given, the message may still come and make it `Echoed`. Without the message it completes after
        *timeout*, or with *messages*. A source that emits no index has failed. Subscribing again tries
        again: a cold mutation that was not answered goes on under its id.

    Errors:
        Those of *messages*, and what *match* raises. That of the source is a value, `Failed`.

    Time:
        One timer, shared with all that wait on the scheduler. Dispose cancels what was not answered, and leaves
        *messages*.

    Raises:
        ArgumentError: `timeout` is not positive or not finite, or `max_held` less than 1, or an argument is not of its
            type.
    """
    check_observable("messages", messages)
    check_callable("match", match, optional=True)
    check_scheduler(scheduler)
    check_seconds("timeout", timeout)
    check_number("max_held", max_held)

    def start(
        stage: Stage[SendState[L, Message[C]]], source: Observable[int], scheduler_: SchedulerBase | None
    ) -> None:
        clock = scheduler or scheduler_ or current_scheduler()
        sending = _Sending(
            stage, local, match, Timer(clock, lambda _: stage.finish()), timeout=timeout, max_held=max_held
        )
        stage.run(lambda: (Pending(local),))
        stage.follow(messages, sending.seen, scheduler_, completed=lambda: stage.run(sending.silent))
        mutation = SingleAssignmentDisposable()
        stage.own(mutation)
        if not stage.ended:
            mutation.disposable = source.subscribe(
                lambda index: stage.run(partial(sending.answered, index)),
                lambda error: stage.run(partial(sending.failed, error)),
                lambda: stage.run(sending.ended),
                scheduler=scheduler_,
            )

    return staged(start)


class _Sending(Generic[L, C]):
    """What is known of one message that is being sent."""

    def __init__(
        self,
        stage: Stage[SendState[L, Message[C]]],
        local: L,
        match: Callable[[Message[C]], bool] | None,
        timer: Timer,
        *,
        timeout: float,
        max_held: int,
    ) -> None:
        self._stage = stage
        self._local = local
        self._match = match
        self._timer = timer
        self._timeout = timeout
        self._max_held = max_held
        self._held: OrderedDict[int, Message[C]] = OrderedDict()
        self._index: int | None = None
        self._echo: int | None = None
        self._over = False
        self._silent = False
        stage.own(timer)

    def seen(self, event: MessageEvent[C] | ListEvent[Message[C]]) -> Iterable[SendState[L, Message[C]]]:
        """Take what happens to messages."""
        for message in _messages(event):
            if self._index is None:
                self._held[message.index] = message
                if len(self._held) > self._max_held:
                    self._held.popitem(last=False)
                if self._echo is None and self._match is not None and self._match(message):
                    yield self._echoed(message)
            elif message.index == self._index and self._echo != self._index:
                yield self._echoed(message)

    def answered(self, index: int) -> Iterable[SendState[L, Message[C]]]:
        """Take the index of the message."""
        try:
            check_number("source", index, 0, "what sends a message and emits its index")
        except ArgumentError as error:
            yield from self.failed(error)
            return
        self._index = index
        message = self._held.get(index)
        self._held.clear()
        if self._echo == index:
            self._stage.finish()
            return
        yield Sent(self._local, index)
        if message is not None:
            yield self._echoed(message)
        else:
            self._wait()

    def ended(self) -> Iterable[SendState[L, Message[C]]]:
        """Take that there will be no other answer: there must have been one."""
        return () if self._over or self._index is not None else self.failed(SequenceContainsNoElementsError())

    def failed(self, error: Exception) -> Iterable[SendState[L, Message[C]]]:
        """Take that it was refused, or was not answered."""
        self._over = True
        unknown = isinstance(error, OutcomeUnknownError)
        if self._echo is not None and unknown:
            self._stage.finish()
            return
        yield Failed(self._local, error)
        if unknown and self._match is not None:
            self._wait()
        else:
            self._stage.finish()

    def silent(self) -> Iterable[SendState[L, Message[C]]]:
        """Take that no message will come any more."""
        self._silent = True
        if self._over or self._index is not None:
            self._stage.finish()
        return ()

    def _wait(self) -> None:
        if self._silent:
            self._stage.finish()
        else:
            self._timer.arm(self._timer.clock() + self._timeout)

    def _echoed(self, message: Message[C]) -> Echoed[L, Message[C]]:
        self._echo = message.index
        if self._over or self._index is not None:
            self._stage.finish()
        return Echoed(self._local, message)


def _messages(event: object) -> Iterable[Any]:
    """Return the messages that an event tells of."""
    read = reading(event)
    if isinstance(read, Put):
        return (read.item,)
    return read.values if isinstance(read, Reset) else ()
