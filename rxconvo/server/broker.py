"""Who hears of what: which connection is subscribed to which object, and whose connection it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from rxconvo.types import Identity, Sid

__all__ = ["Broker", "Listener"]


class Listener(Protocol):
    """One connection, as the broker sees it."""

    @property
    def identity(self) -> Identity:
        """Whose connection it is."""
        ...

    def send(self, message: bytes) -> None:
        """Queue one message; never waits and never raises."""
        ...


class Broker:
    """Fans messages out to connections. Everything happens at once and in order; nothing is awaited.

    A message is encoded before it comes here, once for all that receive it.
    """

    def __init__(self) -> None:
        self._listeners: dict[Sid, dict[Listener, None]] = {}
        self._objects: dict[Listener, dict[Sid, bool]] = {}  # whether the subscription stands already
        self._present: dict[Identity, dict[Listener, None]] = {}

    @property
    def connections(self) -> int:
        """How many connections are attached."""
        return len(self._objects)

    @property
    def subscriptions(self) -> int:
        """How many subscriptions stand, over all connections."""
        return sum(map(len, self._objects.values()))

    def attach(self, listener: Listener) -> None:
        """Let a connection in."""
        self._objects[listener] = {}
        self._present.setdefault(listener.identity, {})[listener] = None

    def detach(self, listener: Listener) -> None:
        """Forget a connection and all it was subscribed to. Unknown ones are ignored."""
        for sid in self._objects.pop(listener, ()):
            self._strike(sid, listener)
        present = self._present.get(listener.identity)
        if present is not None and present.pop(listener, self) is None and not present:
            del self._present[listener.identity]

    def of(self, identity: Identity) -> list[Listener]:
        """List an identity's connections."""
        return list(self._present.get(identity, ()))

    def count(self, listener: Listener) -> int:
        """Count the subscriptions of one connection, those under way included."""
        return len(self._objects.get(listener, ()))

    def reserve(self, listener: Listener, sid: Sid) -> None:
        """Note that a subscription is under way: the connection hears nothing of the object until it stands.

        One that stood is taken back, so that nothing new overtakes what is being replayed.
        """
        objects = self._objects.get(listener)
        if objects is not None:
            objects[sid] = False
            self._strike(sid, listener)

    def reserved(self, listener: Listener, sid: Sid) -> bool:
        """Tell whether a connection still wants an object: nothing has canceled it since."""
        return sid in self._objects.get(listener, ())

    def subscribe(self, listener: Listener, sid: Sid) -> None:
        """Let a connection hear of an object from now on. One that is not attached (any more) is ignored."""
        objects = self._objects.get(listener)
        if objects is not None:
            objects[sid] = True
            self._listeners.setdefault(sid, {})[listener] = None

    def cancel(self, listener: Listener, sid: Sid) -> None:
        """End that again, whether it stands or is under way."""
        if self._objects.get(listener, {}).pop(sid, None) is not None:
            self._strike(sid, listener)

    def revoke(self, identity: Identity, sids: Iterable[Sid]) -> None:
        """Let an identity hear no more of some objects, on any of its connections."""
        for sid in sids:
            for listener in self.of(identity):
                self.cancel(listener, sid)

    def forget(self, sid: Sid) -> None:
        """Drop an object that is gone."""
        for listener in self._listeners.pop(sid, ()):
            self._objects[listener].pop(sid, None)

    def publish(self, sid: Sid, message: bytes) -> None:
        """Send a message to all that are subscribed to an object."""
        for listener in list(self._listeners.get(sid, ())):
            listener.send(message)

    def notify(self, identities: Iterable[Identity], message: bytes) -> None:
        """Send a message to all connections of some identities."""
        for identity in identities:
            for listener in self.of(identity):
                listener.send(message)

    def heard(self, sid: Sid) -> bool:
        """Tell whether anybody is subscribed to an object; if not, nothing needs to be encoded."""
        return sid in self._listeners

    def _strike(self, sid: Sid, listener: Listener) -> None:
        listeners = self._listeners.get(sid)
        if listeners is not None:
            listeners.pop(listener, None)
            if not listeners:
                del self._listeners[sid]
