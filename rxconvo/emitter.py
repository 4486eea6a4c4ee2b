"""The event emitter of Node.js, in snake_case: what Node 20's module `events` does, this does.

An emitter calls the listeners of an event in the order in which they were added, one after the other, while `emit`
runs. What one of them raises ends that `emit` and is raised by it; the listeners after it are not called. Listeners
that are added or removed meanwhile count from the next `emit` on.

Two things are as they are in Python: listeners are told apart by `==`, so that a bound method can be removed by naming
it again; and a coroutine function is a listener like any other, whose coroutine becomes a task of the running loop.
One thing is better than in Node: a listener of `removeListener` may remove others while `remove_all_listeners` runs.

The functions of this module take an `EventEmitter` or anything that has its methods.
"""

from __future__ import annotations

import asyncio
import inspect
import warnings
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any, ClassVar, Final, Self

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import Disposable

from rxconvo.abort import AbortEvent, AbortListener, AbortSignal
from rxconvo.errors import AbortError, ArgumentError, UnhandledEventError
from rxconvo.listeners import (
    Arguments,
    Emits,
    EventName,
    Listener,
    MaxListenersExceededWarning,
    OnceListener,
    Several,
    Symbol,
    checked,
    is_same,
    original,
)
from rxconvo.streams.aiter import Iteration, iterate

__all__ = [
    "Arguments",
    "Emits",
    "EventEmitter",
    "EventName",
    "Listener",
    "MaxListenersExceededWarning",
    "OnceListener",
    "Symbol",
    "add_abort_listener",
    "get_event_listeners",
    "get_max_listeners",
    "listener_count",
    "on",
    "once",
    "set_max_listeners",
]

_NEW: Final = "newListener"
_REMOVED: Final = "removeListener"


class EventEmitter:
    """Calls the listeners of an event whenever it is emitted.

    The event `error` is special: emitted without a listener, it raises. `newListener` is emitted before a listener is
    added, `removeListener` after one was removed, both with its event and the listener. (As in Node, `removeListener`
    carries the `OnceListener` where that was one of several and has been called.)

    What a listener returns is awaited in a task of the running loop, if it can be: a listener may be a coroutine
    function, or return a `Cold`. What that raises is reported to the loop's exception handler; with
    *capture_rejections* it goes to `handle_rejection` instead, which emits `error`.

    The emitter remembers the arguments of each event's latest emission, for `on_with_replay` and its like.

    Example:
        from rxconvo import EventEmitter

        emitter = EventEmitter()
        emitter.once("greeting", lambda name: print("hello", name)).on("greeting", print)
        emitter.emit("greeting", "ada")
        # -> hello ada
        # -> ada
        emitter.emit("greeting", "bob")  # -> bob
        emitter.emit("farewell")  # -> False

    Attributes:
        default_max_listeners: The limit of emitters that have none of their own; `set_max_listeners` of this module
            sets and checks it.
        capture_rejections: Whether emitters that do not say so capture rejections; looked up when one is made.
        error_monitor: The event whose listeners are called before those of `error`, and do not count as such.
        capture_rejection_symbol: The name of the method that gets captured rejections.

    Args:
        capture_rejections: Whether what coroutine listeners raise goes to `handle_rejection`. If not, it does where
            the class's `capture_rejections` says so.
    """

    __slots__ = ("__weakref__", "_captures", "_latest", "_listeners", "_max_listeners")

    default_max_listeners: ClassVar[float] = 10
    capture_rejections: ClassVar[bool] = False
    error_monitor: ClassVar[Symbol] = Symbol("events.errorMonitor")
    capture_rejection_symbol: ClassVar[str] = "handle_rejection"

    def __init__(self, *, capture_rejections: bool = False) -> None:
        self._captures = capture_rejections or self.capture_rejections
        self._max_listeners: float | None = None
        # As in Node: replaced, not emptied, when the last listener goes. An `emit` under way keeps what it began with.
        self._listeners: dict[EventName, Listener | Several] | None = None
        self._latest: dict[EventName, Arguments] | None = None

    def on(self, event: EventName, listener: Listener) -> Self:
        """Add a listener, after those that are there. The same one may be added again; it is then called twice.

        Args:
            event: The event.
            listener: Gets the event's arguments.

        Returns:
            This emitter.

        Raises:
            ArgumentError: The listener cannot be called.

        Emits:
            `newListener`, before.
        """
        return self._add(event, listener, is_first=False)

    def add_listener(self, event: EventName, listener: Listener) -> Self:
        """Do as `on`."""
        return self._add(event, listener, is_first=False)

    def prepend_listener(self, event: EventName, listener: Listener) -> Self:
        """Add a listener as `on` does, but before those that are there."""
        return self._add(event, listener, is_first=True)

    def once(self, event: EventName, listener: Listener) -> Self:
        """Add a listener as `on` does, for one emission. It is removed right before it is called."""
        return self.on(event, OnceListener(self, event, checked(listener)))

    def prepend_once_listener(self, event: EventName, listener: Listener) -> Self:
        """Add a listener as `once` does, but before those that are there."""
        return self.prepend_listener(event, OnceListener(self, event, checked(listener)))

    def on_with_replay(self, event: EventName, listener: Listener) -> Self:
        """Call a listener with the arguments of the event's latest emission, if there was one; then add it as `on`."""
        return self.add_listener_with_replay(event, listener)

    def add_listener_with_replay(self, event: EventName, listener: Listener) -> Self:
        """Do as `on_with_replay`."""
        self._replay(event, checked(listener))
        return self.add_listener(event, listener)

    def once_with_replay(self, event: EventName, listener: Listener) -> Self:
        """Call a listener with the arguments of the event's latest emission; if there was none, add it as `once`."""
        return self if self._replay(event, checked(listener)) else self.once(event, listener)

    def remove_listener(self, event: EventName, listener: Listener) -> Self:
        """Remove a listener: one instance of it, the one added last. An `emit` under way still calls it.

        Args:
            event: The event.
            listener: The listener, or the `OnceListener` that stands for it. It need not be there.

        Returns:
            This emitter.

        Raises:
            ArgumentError: The listener cannot be called.

        Emits:
            `removeListener`, after.
        """
        checked(listener)
        held = self._listeners
        found = None if held is None else held.get(event)
        if held is None or found is None:
            return self
        if isinstance(found, Several):
            place = next((index for index in reversed(range(len(found))) if is_same(found[index], listener)), None)
            if place is None:
                return self
            del found[place]
            if len(found) == 1:
                held[event] = found[0]
        elif is_same(found, listener):
            listener = original(found)
            self._drop(held, event)
        else:
            return self
        if _REMOVED in (self._listeners or ()):
            self.emit(_REMOVED, event, listener)
        return self

    def off(self, event: EventName, listener: Listener) -> Self:
        """Do as `remove_listener`."""
        return self.remove_listener(event, listener)

    def remove_all_listeners(self, event: EventName | None = None) -> Self:
        """Remove all listeners of an event, the last one first.

        Args:
            event: The event; None for all of them, `removeListener` last.

        Returns:
            This emitter.

        Emits:
            `removeListener`, after each, if it has listeners.
        """
        held = self._listeners or {}
        if event is None:
            if _REMOVED in held:
                for name in sorted(self.event_names(), key=lambda name: name == _REMOVED):
                    self.remove_all_listeners(name)
            self._drop_all()
        elif event in held and _REMOVED in held:
            self._remove_each(event, held[event])
        elif event in held:
            self._drop(held, event)
        return self

    def emit(self, event: EventName, /, *args: Any) -> bool:
        """Call the listeners of an event.

        Args:
            event: The event.
            *args: What they get.

        Returns:
            Whether there were any.

        Raises:
            UnhandledEventError: The event is `error`, nobody listens to it, and its argument is no exception. If it is
                one, that is raised.
            BaseException: What a listener raises.
            RuntimeError: A listener is a coroutine function, and no loop is running.
        """
        self._remember(event, args)
        held = self._listeners
        if event == "error":
            if held is not None and self.error_monitor in held:
                self.emit(self.error_monitor, *args)
            if held is None or event not in held:
                raise _raisable(args[0] if args else None)
        found = None if held is None else held.get(event)
        if found is None:
            return False
        for listener in tuple(found) if isinstance(found, Several) else (found,):
            self._call(listener, event, args)
        return True

    def event_names(self) -> list[EventName]:
        """List the events that have listeners: each since it has, symbols after all others."""
        return sorted(self._listeners or (), key=lambda name: isinstance(name, Symbol))

    def listeners(self, event: EventName) -> list[Listener]:
        """List the listeners of an event, as they were given."""
        return [original(listener) for listener in self._held(event)]

    def raw_listeners(self, event: EventName) -> list[Listener]:
        """List the listeners of an event as they are called: those of `once` as `OnceListener`."""
        return list(self._held(event))

    def listener_count(self, event: EventName, listener: Listener | None = None) -> int:
        """Count the listeners of an event.

        Args:
            event: The event.
            listener: Count only how many times this one was added.
        """
        held = self._held(event)
        return len(held) if listener is None else sum(is_same(each, listener) for each in held)

    def set_max_listeners(self, n: float) -> Self:
        """Set how many listeners an event may have before a `MaxListenersExceededWarning`.

        Args:
            n: That many; 0 for any number.

        Returns:
            This emitter.

        Raises:
            ArgumentError: That is no number of at least 0.
        """
        self._max_listeners = _checked_limit(n)
        return self

    def get_max_listeners(self) -> float:
        """Return how many listeners an event may have before a warning; 0 for any number."""
        return self.default_max_listeners if self._max_listeners is None else self._max_listeners

    def handle_rejection(self, error: Exception, event: EventName, *args: Any) -> None:
        """Handle what a coroutine listener has raised, where rejections are captured. Meant to be overridden.

        Here it emits `error`; what a coroutine listener of that raises is captured no more.

        Args:
            error: What it raised.
            event: The event it was called for.
            *args: What it was called with.
        """
        before, self._captures = self._captures, False
        try:
            self.emit("error", error)
        finally:
            self._captures = before

    def _first_listener_added(self, event: EventName) -> None:
        """Do what is to be done when an event has its first listener. Meant to be overridden; does nothing here.

        It is called once the listener is there; for `newListener`, `removeListener` and `error_monitor`, too.
        """

    def _last_listener_removed(self, event: EventName) -> None:
        """Do what is to be done when an event has no listener any more. Meant to be overridden; does nothing here.

        It is called as soon as the listener is gone: before `removeListener` is emitted, and for a listener of `once`
        before that is called. So this and `_first_listener_added` always come in turn.
        """

    def _remember(self, event: EventName, args: Arguments) -> None:
        """Keep the arguments of an emission, before it, for `_latest_of`. May be overridden together with that.

        What an emitter emits by itself is not kept: its arguments are listeners, which may be gone by then.
        """
        if event not in (_NEW, _REMOVED, self.error_monitor):
            if self._latest is None:
                self._latest = {}
            self._latest[event] = args

    def _latest_of(self, event: EventName) -> Arguments | None:
        """Return the arguments of an event's latest emission, None if there was none. May be overridden."""
        return None if self._latest is None else self._latest.get(event)

    def _report(self, error: Exception, event: EventName, task: asyncio.Future[Any]) -> None:
        """Report what a coroutine listener has raised, where rejections are not captured. May be overridden.

        Args:
            error: What it raised.
            event: The event it was called for.
            task: Its task.
        """
        message = f"a listener of {event!r} raised"
        task.get_loop().call_exception_handler({"message": message, "exception": error, "task": task})

    def _held(self, event: EventName) -> Several | tuple[Listener, ...]:
        found = None if self._listeners is None else self._listeners.get(event)
        return found if isinstance(found, Several) else () if found is None else (found,)

    def _add(self, event: EventName, listener: Listener, *, is_first: bool) -> Self:
        checked(listener)
        if self._listeners is not None and _NEW in self._listeners:
            self.emit(_NEW, event, original(listener))
        held = self._listeners
        if held is None:
            held = self._listeners = {}
        found = held.get(event)
        if found is None:
            held[event] = listener
            self._first_listener_added(event)
            return self
        if not isinstance(found, Several):
            found = held[event] = Several(found)
        found.insert(0 if is_first else len(found), listener)
        if not found.is_warned and 0 < self.get_max_listeners() < len(found):
            found.is_warned = True
            warnings.warn(MaxListenersExceededWarning(self, event, len(found)), stacklevel=_stacklevel())
        return self

    def _remove_each(self, event: EventName, found: Listener | Several) -> None:
        """Remove listeners one by one, with an event for each."""
        if not isinstance(found, Several):
            self.remove_listener(event, found)
            return
        for index in reversed(range(len(found))):
            if index < len(found):  # or else a listener of `removeListener` has removed others
                self.remove_listener(event, found[index])

    def _drop(self, held: dict[EventName, Listener | Several], event: EventName) -> None:
        """Remove all listeners of an event that has some."""
        if len(held) == 1:
            self._listeners = None
        else:
            del held[event]
        self._last_listener_removed(event)

    def _drop_all(self) -> None:
        names = self.event_names()
        self._listeners = None
        for name in names:
            self._last_listener_removed(name)

    def _replay(self, event: EventName, listener: Listener) -> bool:
        """Call a listener with the arguments of the latest emission. Return whether there was one."""
        args = self._latest_of(event)
        if args is None:
            return False
        self._call(listener, event, args)
        return True

    def _call(self, listener: Listener, event: EventName, args: Arguments) -> None:
        result = listener(*args)
        if result is not None and inspect.isawaitable(result):
            self._schedule(result, event, args)

    def _schedule(self, awaitable: Awaitable[Any], event: EventName, args: Arguments) -> None:
        """Have an awaitable run, and see to what it raises."""
        if isinstance(awaitable, asyncio.Future) and not self._captures:
            return  # it runs by itself, and whoever made it sees to it
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            if inspect.iscoroutine(awaitable):
                awaitable.close()  # or else it warns that nobody has awaited it
            raise
        task = asyncio.ensure_future(awaitable)
        _tasks.add(task)
        task.add_done_callback(partial(self._settle, self._captures, event, args))

    def _settle(self, captures: bool, event: EventName, args: Arguments, task: asyncio.Future[Any]) -> None:  # noqa: FBT001 - bound above
        _tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if not isinstance(error, Exception):
            return  # done, cancelled, or meant for the whole program, which the loop sees to
        if captures:
            self.handle_rejection(error, event, *args)
        else:
            self._report(error, event, task)


def once(emitter: Emits, event: EventName, *, signal: AbortSignal | None = None) -> asyncio.Future[Arguments]:
    """Wait for an event. It is listened to from now on, not only from the `await` on, and until the future is done.

    Example:
        import asyncio
        from rxconvo import EventEmitter
        from rxconvo.emitter import once

        emitter = EventEmitter()
        asyncio.get_running_loop().call_later(5, emitter.emit, "greeting", "ada")
        await once(emitter, "greeting")  # -> ('ada',)

    Args:
        emitter: The emitter.
        event: The event.
        signal: Ends the waiting.

    Returns:
        The arguments of the event's next emission.

    Raises:
        ArgumentError: The signal is none.
        RuntimeError: No loop is running.

    Errors:
        Exception: `error` was emitted first, with this; not if that is the event.
        UnhandledEventError: `error` was emitted with something that cannot be raised.
        AbortError: The signal has aborted.
    """
    future: asyncio.Future[Arguments] = asyncio.get_running_loop().create_future()
    if signal is not None and _checked_signal(signal).aborted:
        future.set_exception(AbortError(signal.reason))
        return future

    def resolve(*args: Any) -> None:
        release()
        if not future.done():
            future.set_result(args)

    def fail(error: object = None, *_: object) -> None:
        release()
        if not future.done():
            future.set_exception(_rejection(error))

    def release(_: object = None) -> None:
        emitter.remove_listener(event, resolve)
        if event != "error":
            emitter.remove_listener("error", fail)
        aborting.dispose()

    emitter.once(event, resolve)
    if event != "error":
        emitter.once("error", fail)
    aborting = _when_aborted(signal, fail)
    future.add_done_callback(release)  # if it is cancelled
    return future


def on(
    emitter: Emits,
    event: EventName,
    *,
    signal: AbortSignal | None = None,
    close: Iterable[EventName] = (),
    limit: int = 1000,
) -> Iteration[Arguments]:
    """Iterate over the emissions of an event.

    It is listened to from now on and until the iteration ends, is closed with `aclose`, or is held by nobody any more,
    as after `break`. Emissions wait for a slow consumer in a buffer, which unlike Node's has a limit. They are for one
    consumer, which waits for one at a time.

    Example:
        from rxconvo import EventEmitter
        from rxconvo.emitter import on

        emitter = EventEmitter()
        greetings = on(emitter, "greeting", close=["farewell"])
        emitter.emit("greeting", "ada")
        emitter.emit("greeting", "bob")
        emitter.emit("farewell")
        [name async for (name,) in greetings]  # -> ['ada', 'bob']

    Args:
        emitter: The emitter.
        event: The event.
        signal: Ends the iteration with an error.
        close: Events that end the iteration, after the emissions that wait.
        limit: How many emissions may wait. One more ends the iteration with an error, after those that wait.

    Returns:
        The arguments of each emission.

    Raises:
        AbortError: The signal has aborted already.
        ArgumentError: The signal is none.

    Errors:
        Exception: `error` was emitted, with this; not if that is the event.
        UnhandledEventError: `error` was emitted with something that cannot be raised.
        AbortError: The signal has aborted.
        SlowConsumerError: More emissions than *limit* waited.
    """
    if signal is not None and _checked_signal(signal).aborted:
        raise AbortError(signal.reason)

    def subscribe(observer: ObserverBase[Arguments], _: SchedulerBase | None = None) -> DisposableBase:
        def put(*args: Any) -> None:
            observer.on_next(args)

        def fail(error: object = None, *_: object) -> None:
            observer.on_error(_rejection(error))

        def end(*_: object) -> None:
            observer.on_completed()

        def dispose() -> None:
            aborting.dispose()
            for name, listener in reversed(added):
                emitter.remove_listener(name, listener)

        added: list[tuple[EventName, Listener]] = [(event, put)]
        if event != "error":
            added.append(("error", fail))
        added.extend((name, end) for name in close)
        for name, listener in added:
            emitter.on(name, listener)
        aborting = _when_aborted(signal, fail)
        return Disposable(dispose)

    return iterate(Observable(subscribe), limit=limit)


def add_abort_listener(signal: AbortSignal, listener: AbortListener) -> DisposableBase:
    """Have a listener called when a signal aborts; in the loop's next round, if it has aborted already.

    Args:
        signal: The signal.
        listener: Is called once.

    Returns:
        Forgets the listener; also as a `with` block.

    Raises:
        ArgumentError: The signal is none, or the listener cannot be called.
        RuntimeError: The signal has aborted, and no loop is running.
    """
    if _checked_signal(signal).aborted:
        handle = asyncio.get_running_loop().call_soon(checked(listener), AbortEvent("abort", signal))
        return Disposable(handle.cancel)
    signal.add_event_listener("abort", listener, once=True)
    return Disposable(partial(signal.remove_event_listener, "abort", listener))


def get_event_listeners(target: Emits | AbortSignal, event: EventName) -> list[Listener]:
    """List the listeners of an event, as they were given.

    Args:
        target: An emitter or a signal.
        event: The event.
    """
    return list[Listener](target.listeners(event))


def listener_count(emitter: Emits, event: EventName) -> int:
    """Count the listeners of an event.

    Args:
        emitter: The emitter.
        event: The event.
    """
    return emitter.listener_count(event)


def get_max_listeners(emitter: Emits) -> float:
    """Return how many listeners an event of an emitter may have before a warning; 0 for any number.

    Args:
        emitter: The emitter.
    """
    return emitter.get_max_listeners()


def set_max_listeners(n: float, *targets: Emits) -> None:
    """Set how many listeners an event may have before a `MaxListenersExceededWarning`.

    Args:
        n: That many; 0 for any number.
        *targets: The emitters that this is for. If there are none, it is for all that have no limit of their own.

    Raises:
        ArgumentError: That is no number of at least 0.
    """
    _checked_limit(n)
    if not targets:
        EventEmitter.default_max_listeners = n
    for target in targets:
        target.set_max_listeners(n)


_tasks: Final[set[asyncio.Future[Any]]] = set()
"""The tasks of coroutine listeners. A loop holds its tasks weakly only."""


def _checked_limit(n: object) -> float:
    if isinstance(n, bool) or not isinstance(n, int | float) or not n >= 0:
        raise ArgumentError("n", "a number of at least 0", n)
    return n


def _checked_signal(signal: object) -> AbortSignal:
    if not isinstance(signal, AbortSignal):
        raise ArgumentError("signal", "an AbortSignal", signal)
    return signal


def _raisable(error: object) -> BaseException:
    return error if isinstance(error, BaseException) else UnhandledEventError(error)


def _rejection(error: object) -> Exception:
    """Return what a future or an iteration may raise: not what would end the program or the iteration."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration | StopAsyncIteration):
        return error
    return UnhandledEventError(error)


def _when_aborted(signal: AbortSignal | None, fail: Callable[[AbortError], None]) -> DisposableBase:
    if signal is None:
        return Disposable()
    return add_abort_listener(signal, lambda event: fail(AbortError(event.target.reason)))


def _stacklevel() -> int:
    """Count the frames of this package, and of what it calls itself by, so that a warning shows who called it."""
    frame, level = inspect.currentframe(), 0
    while frame is not None and str(frame.f_globals.get("__name__")).startswith(("rxconvo.", "reactivex.")):
        frame, level = frame.f_back, level + 1
    return level
