"""The events of a Node-style emitter, as an Observable."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import Disposable

from rxconvo.listeners import Emits, EventName
from rxconvo.operators._arguments import check_kind, check_members

__all__ = ["from_emitter"]


def from_emitter(emitter: Emits, event: EventName) -> Observable[Any]:
    """Emit what an event of a Node-style emitter carries, whenever it is emitted.

        emitted:  -a-b--c-
        values:   -a-b--c-
        emitted:  -a-b--c-
        values:   -a-b-!             disposed

    Example:
        from rxconvo import EventEmitter
        from rxconvo.operators import from_emitter

        emitter = EventEmitter()
        from_emitter(emitter, "greeting").subscribe(print)
        emitter.emit("greeting", "ada")  # -> ada
        emitter.emit("greeting", "ada", "bob")  # -> ('ada', 'bob')

    Args:
        emitter: An `EventEmitter`, a client, conversation, message, participant or user, or what has their methods.
        event: The name of the event.

    Returns:
        Hot. Each subscription is a listener, added after those that are there; dispose removes it.

    Emits:
        The argument of the event; a tuple where it has several, or none. It keeps nothing and never completes, as an
        emitter has no end.

    Errors:
        None. The event `error` is one like any other, and has a listener then. What an observer raises, `emit` raises.

    Time:
        None.

    Raises:
        ArgumentError: An argument is not of its type.
    """
    check_members("emitter", emitter, "an emitter", "on", "remove_listener")
    check_kind("event", event, Hashable, "the name of an event")

    def subscribe(observer: ObserverBase[Any], _scheduler: SchedulerBase | None = None) -> DisposableBase:
        def listener(*args: object) -> None:
            observer.on_next(args[0] if len(args) == 1 else args)

        emitter.on(event, listener)

        def dispose() -> None:
            emitter.remove_listener(event, listener)

        return Disposable(dispose)

    return Observable(subscribe)
