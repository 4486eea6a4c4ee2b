"""The Node-style emitters of a conversation, of its messages and of its participants."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from rxconvo.client.conversation.streams import StreamsConcern
from rxconvo.client.emitters_tables import CONVERSATION, MESSAGE, PARTICIPANT
from rxconvo.model import Emitting

if TYPE_CHECKING:
    from reactivex.abc import DisposableBase

    from rxconvo.client.emitters_tables import Table
    from rxconvo.model import Emitter
    from rxconvo.streams import HotStream
    from rxconvo.types import Sid

__all__ = ["EmittingConcern"]


class EmittingConcern(StreamsConcern, Emitting):
    """Listeners, beside observers, with the names of the events that they get.

    Listeners to `updated` and `…Updated` get the event, those to `removed` this conversation, all others the `Message`
    or `Participant`. After `removed` they are let go.
    """

    __slots__ = ()

    PARTICIPANT_JOINED: Final = "participantJoined"
    PARTICIPANT_LEFT: Final = "participantLeft"
    PARTICIPANT_UPDATED: Final = "participantUpdated"
    MESSAGE_ADDED: Final = "messageAdded"
    MESSAGE_REMOVED: Final = "messageRemoved"
    MESSAGE_UPDATED: Final = "messageUpdated"
    TYPING_STARTED: Final = "typingStarted"
    TYPING_ENDED: Final = "typingEnded"
    UPDATED: Final = "updated"
    REMOVED: Final = "removed"

    def message_emitter(self, sid: Sid) -> Emitter:
        """Return what keeps the listeners of a message; the methods of `Message` use it."""
        return self._emitter_of(sid, MESSAGE)

    def participant_emitter(self, sid: Sid) -> Emitter:
        """Return what keeps the listeners of a participant; the methods of `Participant` use it."""
        return self._emitter_of(sid, PARTICIPANT)

    def _emitter(self) -> Emitter:
        def observe(stream: str, on_next: Callable[[Any], None]) -> DisposableBase:
            return self._stream(stream).subscribe(on_next)

        emitters, alive = self._context.emitters, not self._record.removed
        emitter = emitters.find(self, self.sid, CONVERSATION, observe, alive=alive)
        if not alive and self not in emitters:
            emitter.emit(self.REMOVED, self)  # for those who ask for a replay
        return emitter

    def _emitter_of(self, sid: Sid, table: Table) -> Emitter:
        emitters = self._context.emitters

        def observe(stream: str, on_next: Callable[[Any], None]) -> DisposableBase:
            return emitters.observe_one(self._stream(stream), sid, on_next)

        return emitters.find(self, sid, table, observe, alive=not self._record.removed)

    def _stream(self, name: str) -> HotStream[Any]:
        stream: HotStream[Any] = getattr(self, name)
        return stream
