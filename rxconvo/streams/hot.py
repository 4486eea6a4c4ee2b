"""Hot streams: many observers, each isolated from the others.

A reactivex `Subject` copies its observers for every value, searches a list to remove one, and lets one that raises
harm the others. Here an observer is an entry in a dict, found at once, and guarded by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, NoReturn, TypeVar

from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.typing import OnCompleted, OnError, OnNext

from rxconvo.errors import ClosedError
from rxconvo.streams.chains import LoopObservable
from rxconvo.streams.context import ISOLATED
from rxconvo.streams.delivery import Delivery
from rxconvo.streams.guard import callbacks, ignore
from rxconvo.streams.source import LINGER, Lease, Source

__all__ = ["HotStream", "Opened", "Subscription", "View"]

E = TypeVar("E")
T = TypeVar("T")
V = TypeVar("V")

_CALLABLES = {FunctionType, MethodType, BuiltinFunctionType}  # searching them for `on_next` would take its time


class Subscription(DisposableBase):
    """One observer of a hot stream.

    Attributes:
        on_next: Gets the values.
        on_error: Ends the observer after it has raised, or None.
        on_completed: Called when the stream completes, or None.
    """

    __slots__ = ("_live", "_stream", "on_completed", "on_error", "on_next")

    def __init__(
        self,
        stream: HotStream[Any],
        on_next: Callable[[Any], None],
        on_error: OnError | None,
        on_completed: OnCompleted | None,
    ) -> None:
        self._stream = stream
        self._live = True
        self.on_next = on_next
        self.on_error = on_error
        self.on_completed = on_completed

    def __repr__(self) -> str:
        return f"<Subscription to {self._stream.name}{'' if self._live else ', ended'}>"

    def dispose(self) -> None:
        """End it: the observer gets nothing any more, at once."""
        if not self._live:
            return
        self._live = False
        self.on_next = ignore
        self.on_error = self.on_completed = None
        stream = self._stream
        if stream.delivery.busy:
            stream.delivery.waiting.append(self.settle)
        else:
            stream.observers.pop(self, None)
            if not stream.observers:
                stream.unwanted()

    def renew(self, on_next: Callable[[Any], None]) -> None:
        """Observe again after `dispose`."""
        self._live = True
        self.on_next = on_next
        delivery = self._stream.delivery
        if delivery.busy:
            delivery.waiting.append(self.settle)
        else:
            self.settle()

    def settle(self) -> None:
        """Enter the stream's observers, or leave them. Not during a hand-over."""
        if self._live:
            self._stream.enter(self)
        else:
            self._stream.observers.pop(self, None)
            self._stream.unwanted()

    def complete(self) -> None:
        """Call `on_completed`, unless it is disposed, and end it."""
        on_completed = self.on_completed
        self._live = False
        self.on_next = ignore
        self.on_error = self.on_completed = None
        if on_completed is not None:
            on_completed()


class HotStream(LoopObservable[T]):
    """A hot Observable with as many observers as you like.

    A new observer gets what comes from now on. One that raises is reported and ended through its own `on_error`; the
    others never notice. The stream never fails; it completes when what it tells of is over.

    Args:
        delivery: The queue that all streams of the client share.
        name: What reports call it.
        source: What has to be open for it to carry anything, or None.
        linger: How long the source stays open after the last observer, seconds.

    Attributes:
        delivery: The same.
        observers: Its observers in the order in which they subscribed. Not to be changed.
        items: How many values it has carried, as far as that is counted: those that are pushed, and those of a hub that
            counts.
        origin: What keeps open the source it depends on: its own lease or, of a view, its stream's; None without one.
    """

    __slots__ = ("_done", "_idle", "_lease", "_views", "_waiters", "delivery", "items", "observers", "origin")

    def __init__(self, delivery: Delivery, name: str, *, source: Source | None = None, linger: float = LINGER) -> None:
        super().__init__(delivery, name)
        self.delivery = delivery
        self.observers: dict[Subscription, None] = {}
        self.items = 0
        self._waiters: dict[asyncio.Future[T], None] = {}
        self._views: dict[type, View[Any]] = {}
        self._lease = None if source is None else Lease(source, delivery.scheduler.loop, linger)
        self.origin = self._lease
        self._idle = True
        self._done = False

    def __repr__(self) -> str:
        count = len(self.observers)
        state = "complete" if self._done else f"{count} observer{'' if count == 1 else 's'}"
        return f"<{type(self).__name__} {self.name}: {state}>"

    # For those who observe

    def subscribe(
        self,
        on_next: ObserverBase[T] | OnNext[T] | None = None,
        on_error: OnError | None = None,
        on_completed: OnCompleted | None = None,
        *,
        scheduler: SchedulerBase | None = None,
    ) -> Subscription:
        """Subscribe an observer, or callables.

        Args:
            on_next: An observer, or what gets the values.
            on_error: Gets what this very observer raises; the stream itself never fails.
            on_completed: Called when the stream completes, at once if it has.
            scheduler: Accepted as by any Observable; nothing here needs one.

        Returns:
            The subscription; `dispose` ends it at once, also while a value is being handed over.
        """
        handler: Any = on_next
        if type(handler) not in _CALLABLES:
            handler, on_error, on_completed = callbacks(on_next, on_error, on_completed)
        subscription = Subscription(self, handler, on_error, on_completed)
        if self._done:
            self._complete(subscription)
            return subscription
        if self.delivery.busy:
            self.delivery.waiting.append(subscription.settle)
        else:
            self.observers[subscription] = None
        lease = self.origin
        if self._idle or (lease is not None and not lease.well):
            self.wanted()
        return subscription

    @property
    def opened(self) -> Opened:
        """What can be awaited until the source is open. Awaiting it opens the source, which then lingers.

        Raises:
            ClosedError: When awaited, if the stream is complete.
            SyncError: When awaited, if the source cannot be opened.
        """
        return Opened(self)

    def next(self) -> Coroutine[Any, Any, T]:
        """Return what can be awaited for the next value. It is observed from now on, not only once awaited.

        Raises:
            ClosedError: When awaited, if the stream completes first.
        """
        waiter: asyncio.Future[T] = self.delivery.scheduler.loop.create_future()
        if self._done:
            self._disappoint(waiter)
        elif self.delivery.busy:
            self.delivery.waiting.append(partial(self._wait, waiter))
        else:
            self._waiters[waiter] = None
            self.wanted()
        return self._receive(waiter)

    def __await__(self) -> NoReturn:
        raise TypeError(
            f"{self.name} has no last value to wait for: await its `next()` or `opened`, or use `async for`"
        )

    def __iter__(self) -> NoReturn:
        raise TypeError(f"{self.name} cannot be iterated over at once: use `async for`, or await `next()`")

    # For those who have something to say

    @property
    def observed(self) -> bool:
        """Whether anybody observes it."""
        return not self._idle

    @property
    def views(self) -> tuple[View[Any], ...]:
        """Its views, as far as they were asked for."""
        return tuple(self._views.values())

    def push(self, value: T) -> None:
        """Hand a value to the observers, after all that is being handed over already."""
        self.items += 1
        self.delivery.call(partial(self.emit, value))

    def complete(self) -> None:
        """Complete, after all that is being handed over already."""
        self.delivery.call(self.finish)

    # For the delivery and for subscriptions

    def emit(self, value: T) -> None:
        """Hand a value to the observers now. Only within a hand-over."""
        for subscription in self.observers:
            try:
                subscription.on_next(value)
            except ISOLATED as error:
                self._failed(subscription, error)
        if self._waiters:
            for waiter in self._waiters:
                if not waiter.done():
                    waiter.set_result(value)
            self._waiters.clear()
            if not self.observers:
                self.unwanted()

    def finish(self) -> None:
        """Complete now, and release the source. Only within a hand-over."""
        if self._done:
            return
        self._done = self._idle = True
        if self._lease is not None:
            self._lease.close()
        observers, self.observers = self.observers, {}
        for subscription in observers:
            self._complete(subscription)
        for waiter in self._waiters:
            self._disappoint(waiter)
        self._waiters.clear()
        for view in self._views.values():
            view.finish()

    def enter(self, subscription: Subscription) -> None:
        """Take in an observer that had to wait for the end of a hand-over."""
        if self._done:
            self._complete(subscription)
        else:
            self.observers[subscription] = None
            self.wanted()

    def wanted(self) -> None:
        """Open the source, if that is not done or has failed: somebody observes."""
        self._idle = False
        if self._lease is not None:
            self._lease.take()

    def reopen(self) -> None:
        """Try again what could not be opened of the source: there is reason to hope."""
        if self._lease is not None:
            self._lease.reopen()

    def unwanted(self) -> None:
        """Let the source go, if nobody observes any more."""
        if not (self._idle or self.observers or self._waiters):
            self._idle = True
            if self._lease is not None:
                self._lease.drop()

    async def wait_until_open(self) -> None:
        """Open the source and wait for it; what `opened` awaits."""
        opening: asyncio.Future[None] | None = None
        if not self._done:
            if self._lease is None:
                return
            ended: asyncio.Future[None] = self.delivery.scheduler.loop.create_future()
            with self.subscribe(ignore, None, lambda: ended.set_result(None)):
                opening = self._lease.opening
                if opening is not None:
                    await asyncio.wait((opening, ended), return_when=asyncio.FIRST_COMPLETED)
        if opening is None or not opening.done() or opening.cancelled():
            raise ClosedError(f"{self.name} is complete")
        opening.result()

    async def _receive(self, waiter: asyncio.Future[T]) -> T:
        try:
            return await waiter
        except BaseException:  # cancelled, or closed before it came to its end
            self._waiters.pop(waiter, None)
            self.unwanted()
            raise

    def _wait(self, waiter: asyncio.Future[T]) -> None:
        """Take in a waiter that had to wait for the end of a hand-over."""
        if self._done:
            self._disappoint(waiter)
        elif not waiter.done():
            self._waiters[waiter] = None
            self.wanted()

    def _disappoint(self, waiter: asyncio.Future[T]) -> None:
        """Tell a waiter that no value will come."""
        if not waiter.done():
            waiter.set_exception(ClosedError(f"{self.name} is complete"))
            waiter.exception()  # looked at: nobody has to await it

    def _failed(self, subscription: Subscription, cause: BaseException) -> None:
        on_error = subscription.on_error
        subscription.dispose()
        self._context.failed(self.name, cause, on_error)

    def _complete(self, subscription: Subscription) -> None:
        try:
            subscription.complete()
        except ISOLATED as error:
            self._context.unhandled(self.name, error)

    def _view(self, name: str, kind: type[E], value: Callable[[E], V]) -> View[V]:
        """Return the stream of what *value* makes of the events of one kind, the same one each time."""
        view = self._views.get(kind)
        if view is None:
            view = self._views[kind] = View(self, name, kind, value)
            if self._done:
                view.finish()
        return view


class View(HotStream[T]):
    """What a hot stream carries of one kind of events. It observes that stream while it is observed itself.

    Args:
        parent: The stream.
        name: What it is called there: `added` of `messages`.
        kind: The class of the events.
        value: What to make of an event.
    """

    __slots__ = ("_kind", "_link", "_parent", "_value")

    def __init__(self, parent: HotStream[Any], name: str, kind: type[E], value: Callable[[E], T]) -> None:
        topic, of, sid = parent.name.partition(" of ")
        super().__init__(parent.delivery, f"{topic}.{name}{of}{sid}")
        self.origin = parent.origin
        self._parent = parent
        self._kind = kind
        self._value: Callable[[Any], T] = value
        self._link: Subscription | None = None

    def wanted(self) -> None:
        """Observe the stream, if that is not done: somebody observes."""
        if not self._idle:
            self._parent.wanted()
            return
        self._idle = False
        if self._link is None:
            self._link = self._parent.subscribe(self._pick)
        else:
            self._link.renew(self._pick)

    def unwanted(self) -> None:
        """Observe it no more, if nobody observes any more."""
        super().unwanted()
        if self._idle and self._link is not None:
            self._link.dispose()

    async def wait_until_open(self) -> None:
        """Open the stream's source and wait for it; what `opened` awaits."""
        await self._parent.wait_until_open()

    def _pick(self, event: object) -> None:
        if type(event) is not self._kind:
            return
        try:
            value = self._value(event)
        except ISOLATED as error:  # the view itself must go on
            self._context.unhandled(self.name, error)
        else:
            self.emit(value)


class Opened:
    """Awaiting this opens a stream's source and waits until it is open.

    Args:
        stream: The stream.
    """

    __slots__ = ("_stream",)

    def __init__(self, stream: HotStream[Any]) -> None:
        self._stream = stream

    def __await__(self) -> Generator[Any, None, None]:
        return self._stream.wait_until_open().__await__()
