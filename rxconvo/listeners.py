"""What event emitters keep and call: the listeners of events, and names for both."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Protocol, TypeAlias
from weakref import ref

from rxconvo.errors import ArgumentError

__all__ = [
    "Arguments",
    "Emits",
    "EventName",
    "Listener",
    "MaxListenersExceededWarning",
    "OnceListener",
    "Several",
    "Symbol",
    "checked",
    "is_same",
    "original",
]

EventName: TypeAlias = Hashable
"""What an event is called: a string, a `Symbol`, or anything else that can be a key."""

Listener: TypeAlias = Callable[..., object]
"""Gets the arguments of `emit`. What it returns is ignored, unless it can be awaited."""

Arguments: TypeAlias = tuple[Any, ...]
"""What an event was emitted with."""


class Emits(Protocol):
    """What the functions of `rxconvo.emitter` need of an emitter. Described with `EventEmitter`."""

    def on(self, event: EventName, listener: Listener, /) -> object:
        """Add a listener."""
        ...

    def once(self, event: EventName, listener: Listener, /) -> object:
        """Add a listener for one emission."""
        ...

    def remove_listener(self, event: EventName, listener: Listener, /) -> object:
        """Remove a listener."""
        ...

    def listeners(self, event: EventName, /) -> list[Listener]:
        """List the listeners of an event."""
        ...

    def listener_count(self, event: EventName, /) -> int:
        """Count the listeners of an event."""
        ...

    def set_max_listeners(self, n: float, /) -> object:
        """Set how many listeners an event may have before a warning."""
        ...

    def get_max_listeners(self) -> float:
        """Return how many listeners an event may have before a warning."""
        ...


class Symbol:
    """A name that equals no other, for an event that nobody else can mean.

    Args:
        description: What to show for it.
    """

    __slots__ = ("description",)

    def __init__(self, description: str) -> None:
        self.description = description

    def __repr__(self) -> str:
        return f"Symbol({self.description})"


class MaxListenersExceededWarning(RuntimeWarning):
    """An event has more listeners than its emitter expects, as when some are added time and again.

    Attributes:
        emitter: The emitter.
        type: The event.
        count: How many listeners it has.
    """

    def __init__(self, emitter: Emits, type: EventName, count: int) -> None:
        self.emitter = emitter
        self.type = type
        self.count = count
        limit = emitter.get_max_listeners()
        super().__init__(f"{emitter!r} has {count} listeners of {type!r}, more than set_max_listeners says ({limit})")


class OnceListener:
    """What `once` adds in place of its listener: removes itself, and then calls the listener.

    Attributes:
        listener: The listener that was given to `once`.
    """

    __slots__ = ("_emitter", "_event", "_is_spent", "listener")

    def __init__(self, emitter: Emits, event: EventName, listener: Listener) -> None:
        self._emitter = ref(emitter)  # which holds this: a cycle would outlive them both
        self._event = event
        self._is_spent = False
        self.listener = listener

    def __call__(self, *args: Any) -> object:
        """Call the listener, the first time."""
        if self._is_spent:
            return None
        emitter = self._emitter()
        if emitter is not None:
            emitter.remove_listener(self._event, self)
        self._is_spent = True
        return self.listener(*args)


class Several(list[Listener]):
    """The listeners of an event that has more than one."""

    __slots__ = ("is_warned",)

    def __init__(self, *listeners: Listener) -> None:
        super().__init__(listeners)
        self.is_warned = False


def checked(listener: Listener) -> Listener:
    """Return a listener.

    Raises:
        ArgumentError: It cannot be called.
    """
    if not callable(listener):
        raise ArgumentError("listener", "callable", listener)
    return listener


def original(listener: Listener) -> Listener:
    """Return a listener as it was given."""
    return listener.listener if isinstance(listener, OnceListener) else listener


def is_same(held: Listener, listener: Listener) -> bool:
    """Tell whether *held* is *listener*, or stands for it."""
    return held == listener or (isinstance(held, OnceListener) and held.listener == listener)
