"""Signals that abort what is under way: the `AbortController` and `AbortSignal` of the web, in snake_case.

Example:
    from rxconvo import AbortController, AbortSignal

    controller = AbortController()
    signal = AbortSignal.any([controller.signal, AbortSignal.timeout(30)])
    signal.add_event_listener("abort", lambda event: print(event.target.reason))
    controller.abort("no longer needed")  # -> no longer needed
    signal.aborted  # -> True
"""

# Signals reach into each other, and a controller into its signal; nobody else does.
# ruff: noqa: SLF001
# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple, TypeAlias
from weakref import WeakKeyDictionary, finalize, ref

from rxconvo.errors import AbortError, ArgumentError

__all__ = ["AbortController", "AbortEvent", "AbortListener", "AbortSignal"]


class AbortEvent(NamedTuple):
    """What listeners of a signal get.

    Attributes:
        type: `abort`.
        target: The signal.
    """

    type: Literal["abort"]
    target: AbortSignal


AbortListener: TypeAlias = Callable[[AbortEvent], object]
"""Is called when a signal aborts. What it returns is ignored."""


class AbortSignal:
    """Tells whether something is to be aborted, and when it is. Made by an `AbortController` or the methods below.

    Whoever waits for something holds the signal or listens to it. A signal that nobody holds or listens to ends, with
    its timer; nothing of it is left with the signals that it was made of.
    """

    __slots__ = ("__weakref__", "_dependents", "_is_aborted", "_kept", "_listeners", "_reason", "_sources", "_timer")

    def __init__(self) -> None:
        self._is_aborted = False
        self._reason: object = None
        self._listeners: dict[AbortListener, None] = {}  # in the order in which they were added
        self._sources: tuple[AbortSignal, ...] = ()  # what it was made of, none of them made of others
        self._dependents = WeakKeyDictionary[AbortSignal, None]()  # those made of it
        self._kept = set[AbortSignal]()  # those of them that somebody listens to
        self._timer = set[AbortSignal]()  # is held by the timer, and holds this while somebody listens

    @property
    def aborted(self) -> bool:
        """Whether it has aborted."""
        return self._is_aborted

    @property
    def reason(self) -> object:
        """Why it has aborted: what was given to `abort`, or an exception; None until then."""
        return self._reason

    def throw_if_aborted(self) -> None:
        """Raise if it has aborted.

        Raises:
            BaseException: The reason, if that is an exception.
            AbortError: It has aborted for another reason.
        """
        if self._is_aborted:
            raise self._reason if isinstance(self._reason, BaseException) else AbortError(self._reason)

    def add_event_listener(self, type: Literal["abort"], listener: AbortListener, *, once: bool = False) -> None:
        """Have a listener called when this aborts; never, if it has aborted already.

        Args:
            type: `abort`, the one event that there is.
            listener: Is called once, however often it was added.
            once: Says so; a signal aborts only once in any case.

        Raises:
            ArgumentError: There is no such event, or the listener cannot be called.
        """
        _check(type, listener)
        if not self._is_aborted:
            self._listeners[listener] = None
            self._keep()

    def remove_event_listener(self, type: Literal["abort"], listener: AbortListener) -> None:
        """Forget a listener, which need not be there.

        Args:
            type: `abort`, the one event that there is.
            listener: The listener.

        Raises:
            ArgumentError: There is no such event, or the listener cannot be called.
        """
        _check(type, listener)
        self._listeners.pop(listener, None)
        self._keep()

    def listeners(self, type: object) -> list[AbortListener]:
        """List the listeners that are still to be called.

        Args:
            type: The event; only `abort` has any.
        """
        return list(self._listeners) if type == "abort" else []

    @staticmethod
    def abort(reason: object = None) -> AbortSignal:
        """Return a signal that has aborted.

        Args:
            reason: Why; None stands for an `AbortError`.
        """
        controller = AbortController()
        controller.abort(reason)
        return controller.signal

    @staticmethod
    def timeout(seconds: float) -> AbortSignal:
        """Return a signal that aborts by itself, with a `TimeoutError`.

        Args:
            seconds: After how long, by the clock of the running loop.

        Raises:
            ArgumentError: That is no number of at least 0.
            RuntimeError: No loop is running.
        """
        _check_seconds(seconds)
        signal = AbortSignal()
        timer = asyncio.get_running_loop().call_later(seconds, _expire, ref(signal), signal._timer, seconds)
        finalize(signal, timer.cancel).atexit = False
        return signal

    @staticmethod
    def any(signals: Iterable[AbortSignal]) -> AbortSignal:
        """Return a signal that aborts as soon as one of others does, with the same reason.

        Args:
            signals: The others. The first of them that has aborted counts.

        Raises:
            ArgumentError: One of them is no signal.
        """
        signals = list(signals)
        for each in signals:
            _check_signal("signals", each)
        signal = AbortSignal()
        for each in signals:
            if each._is_aborted:
                signal._is_aborted, signal._reason = True, each._reason
                return signal
        signal._sources = tuple(dict.fromkeys(root for each in signals for root in each._sources or (each,)))
        for source in signal._sources:
            source._dependents[signal] = None
        return signal

    def _abort(self, reason: object) -> None:
        """Abort, with all that depend on this, and then tell the listeners."""
        if self._is_aborted:
            return
        aborted = [self, *(signal for signal in self._dependents if not signal._is_aborted)]
        for signal in aborted:
            signal._is_aborted, signal._reason = True, reason
        faults = [fault for signal in aborted for fault in signal._tell()]
        if len(faults) > 1:
            raise ExceptionGroup("listeners of an AbortSignal raised", faults)
        if faults:
            raise faults[0]

    def _tell(self) -> list[Exception]:
        """Call each listener that no earlier one has removed. Return what they raise."""
        faults: list[Exception] = []
        while self._listeners:
            listener = next(iter(self._listeners))
            del self._listeners[listener]
            try:
                listener(AbortEvent("abort", self))
            except Exception as fault:  # noqa: BLE001 - the other listeners are to hear of it as well
                faults.append(fault)
        self._keep()
        return faults

    def _keep(self) -> None:
        """See to it that what this depends on keeps it alive exactly while somebody listens to it."""
        for keeper in (self._timer, *(source._kept for source in self._sources)):
            if self._listeners or self._kept:
                keeper.add(self)
            else:
                keeper.discard(self)
        for source in self._sources:
            source._keep()


class AbortController:
    """Aborts its signal.

    Attributes:
        signal: The signal, to be handed to what may have to be aborted.
    """

    __slots__ = ("signal",)

    def __init__(self) -> None:
        self.signal = AbortSignal()

    def abort(self, reason: object = None) -> None:
        """Abort. The first time, all listeners of the signal are called, whatever any of them raises.

        Args:
            reason: Why; None stands for an `AbortError`.

        Raises:
            Exception: What a listener has raised; several of them as an `ExceptionGroup`.
        """
        self.signal._abort(AbortError() if reason is None else reason)


def _expire(signal: ref[AbortSignal], keeper: set[AbortSignal], seconds: float) -> None:  # noqa: ARG001 - the timer holds it
    expired = signal()
    if expired is not None:
        expired._abort(TimeoutError(f"{seconds} seconds have passed"))


def _check_signal(field: str, signal: object) -> None:
    if not isinstance(signal, AbortSignal):
        raise ArgumentError(field, "an AbortSignal", signal)


def _check_seconds(seconds: object) -> None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds >= 0:
        raise ArgumentError("seconds", "a number of at least 0", seconds)


def _check(type: str, listener: AbortListener) -> None:
    if type != "abort":
        raise ArgumentError("type", '"abort"', type)
    if not callable(listener):
        raise ArgumentError("listener", "callable", listener)
