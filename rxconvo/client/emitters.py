"""The emitters of a client's entities: each is there while it has listeners, and observes what these ask for.

An emitter is a view of streams. It is one observer of each that its listeners need; those of messages, of participants
and of users share one observer, which finds whom an event is about by one look-up.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from reactivex.disposable import Disposable

from rxconvo.client.emitters_tables import key_of
from rxconvo.emitter import EventEmitter
from rxconvo.streams.context import ISOLATED

if TYPE_CHECKING:
    import asyncio

    from reactivex.abc import DisposableBase

    from rxconvo.client.emitters_tables import Table
    from rxconvo.listeners import Arguments, EventName
    from rxconvo.streams import Context, HotStream

__all__ = ["Emitters", "EntityEmitter", "Observe"]

Observe: TypeAlias = "Callable[[str, Callable[[Any], None]], DisposableBase]"
"""Observes a stream of an entity, by name."""

_Place: TypeAlias = tuple[object, str]
"""What an emitter is found by: the handle that the entity belongs to, and its sid or identity."""


def _none(_: EventName) -> None:
    """Know no state."""


class EntityEmitter(EventEmitter):
    """The emitter of one entity.

    Args:
        emitters: Keeps it while it has listeners.
        place: What it is found by.
        table: The events.
        observe: Observes a stream of the entity.
        state: Tells what listeners to a state get now; None where an event is none.
    """

    __slots__ = ("_emitters", "_observe", "_observed", "_state", "_table", "place")

    def __init__(
        self,
        emitters: Emitters,
        place: _Place,
        table: Table,
        observe: Observe,
        state: Callable[[EventName], Arguments | None],
    ) -> None:
        super().__init__()
        self.place = place
        self._emitters = emitters
        self._table = table
        self._observe = observe
        self._observed: dict[str, DisposableBase] = {}
        self._state = state

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.place[1] or self.place[0]}>"

    def set_max_listeners(self, n: float) -> EntityEmitter:
        """Set how many listeners an event may have before a warning. That is kept as a listener is."""
        super().set_max_listeners(n)
        self._emitters.keep(self)
        return self

    def end(self) -> None:
        """Let go of all listeners and streams: nothing comes any more."""
        self._drop_all()
        self._emitters.forget(self)

    def _first_listener_added(self, event: EventName) -> None:
        self._emitters.keep(self)
        self._settle_streams()

    def _last_listener_removed(self, event: EventName) -> None:
        self._settle_streams()
        if self._listeners is None and self._max_listeners is None:
            self._emitters.forget(self)

    def _latest_of(self, event: EventName) -> Arguments | None:
        state = self._state(event)
        return super()._latest_of(event) if state is None else state

    def _report(self, error: BaseException, event: EventName, task: asyncio.Future[Any] | None = None) -> None:
        self._emitters.context.failed(f"{event} of {self.place[1]}".removesuffix(" of "), error, None)

    def _settle_streams(self) -> None:
        """Observe the streams that listeners need, and no others."""
        listened = self._listeners or ()
        needed = {rule.stream: None for event, rule in self._table.rules.items() if event in listened}
        if needed and self._table.until is not None:
            needed[self._table.until] = None
        for stream in [*self._observed]:
            if stream not in needed:
                self._observed.pop(stream).dispose()
        for stream in needed:
            if stream not in self._observed:
                self._observed[stream] = self._observe(stream, partial(self._take, stream))

    def _take(self, stream: str, value: object) -> None:
        """Emit what a value of a stream is to listeners. Who raises is reported; the others are called all the same."""
        for event in self._table.brought_by(stream):
            listeners = self.raw_listeners(event)
            if not listeners:
                continue
            try:
                arguments = self._table.rules[event].arguments(value)
            except ISOLATED as error:
                self._report(error, event)
                continue
            if arguments is None:
                continue
            self._remember(event, arguments)
            for listener in listeners:
                try:
                    self._call(listener, event, arguments)
                except ISOLATED as error:
                    self._report(error, event)
        if self._table.end is not None and isinstance(value, self._table.end):
            self.end()


class _Sorter:
    """The one observer of a stream on behalf of many emitters.

    Args:
        stream: The stream.
    """

    __slots__ = ("_subscription", "targets")

    def __init__(self, stream: HotStream[Any]) -> None:
        self.targets: dict[str, Callable[[Any], None]] = {}
        self._subscription = stream.subscribe(self._sort)

    def dispose(self) -> None:
        """Observe no more."""
        self._subscription.dispose()

    def _sort(self, event: object) -> None:
        target = self.targets.get(key_of(event) or "")
        if target is not None:
            target(event)


class Emitters:
    """The emitters of a client's entities that have listeners.

    Args:
        context: Gets what listeners raise.

    Attributes:
        context: The same.
    """

    __slots__ = ("_held", "_over", "_sorters", "context")

    def __init__(self, context: Context) -> None:
        self.context = context
        self._held: dict[object, dict[str, EntityEmitter]] = {}
        self._sorters: dict[HotStream[Any], _Sorter] = {}
        self._over = False

    def __len__(self) -> int:
        """Return how many there are."""
        return sum(map(len, self._held.values()))

    def __contains__(self, owner: object) -> bool:
        """Tell whether a handle, or an entity that belongs to it, has listeners."""
        return owner in self._held

    def find(
        self,
        owner: object,
        key: str,
        table: Table,
        observe: Observe,
        state: Callable[[EventName], Arguments | None] = _none,
        *,
        alive: bool = True,
    ) -> EventEmitter:
        """Return the emitter of an entity; a new one where it has no listeners.

        Args:
            owner: The handle that the entity belongs to, or is.
            key: Its sid or identity; empty for a client.
            table: Its events.
            observe: Observes a stream of the entity.
            state: Tells what listeners to a state get now; None where an event is none.
            alive: Whether there is something to listen to any more. If not, listeners are not kept.
        """
        held = self._held.get(owner, {}).get(key)
        if held is not None:
            return held
        return EntityEmitter(self, (owner, key), table, observe, state) if alive and not self._over else EventEmitter()

    def observe_one(self, stream: HotStream[Any], key: str, on_next: Callable[[Any], None]) -> DisposableBase:
        """Observe what a stream tells of one message, participant or user.

        Args:
            stream: The stream.
            key: Its sid or identity.
            on_next: Gets the events.
        """
        sorter = self._sorters.get(stream)
        if sorter is None:
            sorter = self._sorters[stream] = _Sorter(stream)
        sorter.targets[key] = on_next
        return Disposable(partial(self._leave, stream, key))

    def end(self, owner: object) -> None:
        """Take that a handle is dead: nobody is listening any more to it, nor to what belongs to it."""
        for emitter in [*self._held.get(owner, {}).values()]:
            emitter.end()

    def end_all(self) -> None:
        """Take that the client is gone: nobody is listening any more, nor will be."""
        self._over = True
        for owner in [*self._held]:
            self.end(owner)

    def keep(self, emitter: EntityEmitter) -> None:
        """Take in an emitter that has something to keep, until `forget`."""
        owner, key = emitter.place
        self._held.setdefault(owner, {})[key] = emitter

    def forget(self, emitter: EntityEmitter) -> None:
        """Let go of an emitter that has nothing to keep any more."""
        owner, key = emitter.place
        held = self._held.get(owner, {})
        if held.get(key) is emitter:
            del held[key]
            if not held:
                del self._held[owner]

    def _leave(self, stream: HotStream[Any], key: str) -> None:
        sorter = self._sorters[stream]
        del sorter.targets[key]
        if not sorter.targets:
            del self._sorters[stream]
            sorter.dispose()
