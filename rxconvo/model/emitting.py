"""The Node-style emitter of entities: the listeners of an entity, whichever of its values they were added through.

An entity has an emitter only while it has listeners, and no value holds it: values stay frozen, idle entities cost
nothing.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol, Self

from rxconvo.errors import DetachedError
from rxconvo.listeners import Emits, EventName, Listener

__all__ = ["Emitter", "Emitting"]


class Emitter(Emits, Protocol):
    """What an entity's listeners are kept by. Described with `Emitting`."""

    def prepend_listener(self, event: EventName, listener: Listener, /) -> object:
        """Add a listener before the others."""
        ...

    def prepend_once_listener(self, event: EventName, listener: Listener, /) -> object:
        """Add a listener for one emission before the others."""
        ...

    def on_with_replay(self, event: EventName, listener: Listener, /) -> object:
        """Call a listener with the latest emission, and add it."""
        ...

    def once_with_replay(self, event: EventName, listener: Listener, /) -> object:
        """Call a listener with the latest emission, or else with the next one."""
        ...

    def emit(self, event: EventName, /, *args: object) -> bool:
        """Call the listeners of an event."""
        ...

    def event_names(self) -> list[EventName]:
        """List the events that have listeners."""
        ...

    def raw_listeners(self, event: EventName, /) -> list[Listener]:
        """List the listeners of an event as they are called."""
        ...

    def listener_count(self, event: EventName, listener: Listener | None = None, /) -> int:
        """Count the listeners of an event, or how many times one was added."""
        ...

    def remove_all_listeners(self, event: EventName | None = None, /) -> object:
        """Remove the listeners of an event, or all."""
        ...


class Emitting:
    """The Node-style interface of an entity. Listeners hear of it through its streams, and get what these carry.

    They belong to the entity: all its values share them. With the first one, what the event depends on is opened as for
    any observer, and after the last one it is closed. A listener that raises is reported on the client's `errors`, and
    stays; the others are called all the same. When the entity has come to its end, its listeners are let go.
    """

    __slots__ = ()

    def on(self, event: EventName, listener: Listener) -> Self:
        """Add a listener after the others.

        Args:
            event: Its name, for example `"messageAdded"`; the class has constants for all that its streams bring.
            listener: Called with each emission. Added twice, it is called twice.

        Raises:
            DetachedError: What it belongs to is gone: the client, or the conversation.
        """
        self._emitter().on(event, listener)
        return self

    add_listener = on

    def once(self, event: EventName, listener: Listener) -> Self:
        """Add a listener for the next emission alone.

        Args:
            event: Its name.
            listener: Called once; removed before.

        Raises:
            DetachedError: What it belongs to is gone: the client, or the conversation.
        """
        self._emitter().once(event, listener)
        return self

    def off(self, event: EventName, listener: Listener) -> Self:
        """Remove a listener; added more than once, it is removed once, the latest first.

        Args:
            event: Its name.
            listener: The listener. It need not be there; once the client is gone, none is.
        """
        with suppress(DetachedError):
            self._emitter().remove_listener(event, listener)
        return self

    remove_listener = off

    def prepend_listener(self, event: EventName, listener: Listener) -> Self:
        """Add a listener before the others.

        Args:
            event: Its name.
            listener: Called with each emission.

        Raises:
            DetachedError: What it belongs to is gone: the client, or the conversation.
        """
        self._emitter().prepend_listener(event, listener)
        return self

    def prepend_once_listener(self, event: EventName, listener: Listener) -> Self:
        """Add a listener for the next emission alone, before the others.

        Args:
            event: Its name.
            listener: Called once; removed before.

        Raises:
            DetachedError: What it belongs to is gone: the client, or the conversation.
        """
        self._emitter().prepend_once_listener(event, listener)
        return self

    def on_with_replay(self, event: EventName, listener: Listener) -> Self:
        """Call a listener with the latest emission at once, if there is one, and add it.

        Emissions are remembered while the entity has listeners. What is a state is known without:
        `connectionStateChanged`, `initialized`, `stateChanged`, `userSubscribed`, and `removed` of a conversation.

        Args:
            event: Its name.
            listener: Called with each emission. What it raises now is raised here, and it is not added.

        Raises:
            DetachedError: What it belongs to is gone: the client, or the conversation.
        """
        self._emitter().on_with_replay(event, listener)
        return self

    add_listener_with_replay = on_with_replay

    def once_with_replay(self, event: EventName, listener: Listener) -> Self:
        """Call a listener with the latest emission at once or, if there is none, with the next one alone.

        Args:
            event: Its name.
            listener: Called once. What is remembered is as for `on_with_replay`.

        Raises:
            DetachedError: What it belongs to is gone: the client, or the conversation.
        """
        self._emitter().once_with_replay(event, listener)
        return self

    def emit(self, event: EventName, /, *args: object) -> bool:
        """Call the listeners of an event, in order. Streams and their observers hear nothing of it.

        Args:
            event: Its name.
            *args: What the listeners get.

        Returns:
            Whether there were listeners.

        Raises:
            Exception: What a listener raises, and the first argument of an `error` that nobody listens to.
            DetachedError: What it belongs to is gone: the client, or the conversation.
        """
        return self._emitter().emit(event, *args)

    def event_names(self) -> list[EventName]:
        """Return the names of the events that are listened to, in the order in which that began.

        Raises:
            DetachedError: What it belongs to is gone: the client, or the conversation.
        """
        return self._emitter().event_names()

    def listeners(self, event: EventName) -> list[Listener]:
        """Return the listeners of an event, in order, as they were added.

        Raises:
            DetachedError: What it belongs to is gone: the client, or the conversation.
        """
        return self._emitter().listeners(event)

    def raw_listeners(self, event: EventName) -> list[Listener]:
        """Return the listeners of an event, in order, those for one emission in their wrappers.

        Raises:
            DetachedError: What it belongs to is gone: the client, or the conversation.
        """
        return self._emitter().raw_listeners(event)

    def listener_count(self, event: EventName, listener: Listener | None = None) -> int:
        """Count the listeners of an event, or how often one of them was added.

        Raises:
            DetachedError: What it belongs to is gone: the client, or the conversation.
        """
        return self._emitter().listener_count(event, listener)

    def remove_all_listeners(self, event: EventName | None = None) -> Self:
        """Remove the listeners of an event, or those of all events. Once the client is gone, there are none."""
        with suppress(DetachedError):
            self._emitter().remove_all_listeners(event)
        return self

    def set_max_listeners(self, n: float) -> Self:
        """Set how many listeners an event of this entity may have before that is taken for a leak, and warned of.

        Args:
            n: That many; 0 for any number.

        Raises:
            DetachedError: What it belongs to is gone: the client, or the conversation.
        """
        self._emitter().set_max_listeners(n)
        return self

    def get_max_listeners(self) -> float:
        """Return how many listeners an event of this entity may have before that is taken for a leak.

        Raises:
            DetachedError: What it belongs to is gone: the client, or the conversation.
        """
        return self._emitter().get_max_listeners()

    def _emitter(self) -> Emitter:
        """Return what keeps the entity's listeners; one without listeners is not kept itself."""
        raise NotImplementedError
