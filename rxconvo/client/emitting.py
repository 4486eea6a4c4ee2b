"""The Node-style emitters of a client and of its users."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from reactivex import operators as ops

from rxconvo.client.core import ClientCore
from rxconvo.client.emitters_tables import CLIENT, USER
from rxconvo.errors import DetachedError
from rxconvo.model import Emitting
from rxconvo.streams import StateStream

if TYPE_CHECKING:
    from reactivex.abc import DisposableBase

    from rxconvo.listeners import Arguments, EventName
    from rxconvo.model import Emitter
    from rxconvo.streams import HotStream
    from rxconvo.types import Identity, Sid

__all__ = ["EmittingConcern"]


class EmittingConcern(ClientCore, Emitting):
    """Listeners, beside observers, with the names of the events that they get.

    Listeners to `…Updated` get the event; those to `connectionStateChanged` and `stateChanged` the state; those to
    `connectionError` and `initFailed` the error; those to `initialized`, `tokenAboutToExpire` and `tokenExpired`
    nothing; all others the `Conversation`, `Message`, `Participant`, `User` or `PushNotification`. With `shutdown` they
    are let go.

    `connect` returns a client that is initialized: `initialized` and `stateChanged` are for those who ask for a replay,
    `initFailed` for those who start a `Client` of their own making.
    """

    INITIALIZED: Final = "initialized"
    INIT_FAILED: Final = "initFailed"
    STATE_CHANGED: Final = "stateChanged"
    CONNECTION_STATE_CHANGED: Final = "connectionStateChanged"
    CONNECTION_ERROR: Final = "connectionError"
    TOKEN_ABOUT_TO_EXPIRE: Final = "tokenAboutToExpire"  # noqa: S105 - the name of an event
    TOKEN_EXPIRED: Final = "tokenExpired"  # noqa: S105 - the name of an event
    CONVERSATION_ADDED: Final = "conversationAdded"
    CONVERSATION_JOINED: Final = "conversationJoined"
    CONVERSATION_LEFT: Final = "conversationLeft"
    CONVERSATION_REMOVED: Final = "conversationRemoved"
    CONVERSATION_UPDATED: Final = "conversationUpdated"
    PARTICIPANT_JOINED: Final = "participantJoined"
    PARTICIPANT_LEFT: Final = "participantLeft"
    PARTICIPANT_UPDATED: Final = "participantUpdated"
    MESSAGE_ADDED: Final = "messageAdded"
    MESSAGE_REMOVED: Final = "messageRemoved"
    MESSAGE_UPDATED: Final = "messageUpdated"
    TYPING_STARTED: Final = "typingStarted"
    TYPING_ENDED: Final = "typingEnded"
    USER_SUBSCRIBED: Final = "userSubscribed"
    USER_UNSUBSCRIBED: Final = "userUnsubscribed"
    USER_UPDATED: Final = "userUpdated"
    PUSH_NOTIFICATION: Final = "pushNotification"

    def user_emitter(self, identity: Identity) -> Emitter:
        """Return what keeps the listeners of a user; the methods of `User` use it.

        Raises:
            DetachedError: This client was shut down.
        """
        if self._context.closed:
            raise DetachedError("the client that this user was read by was shut down")
        emitters, find = self._context.emitters, self._context.store.user_of

        def observe(stream: str, on_next: Callable[[Any], None]) -> DisposableBase:
            return emitters.observe_one(self._stream(stream), identity, on_next)

        def state(event: EventName) -> Arguments | None:
            user = find(identity) if event == self.USER_SUBSCRIBED else None
            return None if user is None else (user,)

        return emitters.find(self, identity, USER, observe, state)

    def _emitter(self) -> Emitter:
        def observe(stream: str, on_next: Callable[[Any], None]) -> DisposableBase:
            observed = self._stream(stream)
            if isinstance(observed, StateStream):  # which begins with the state now, while an event is a change of it
                return observed.pipe(ops.skip(1)).subscribe(on_next)
            return observed.subscribe(on_next)

        return self._context.emitters.find(self, "", CLIENT, observe, self._state_of)

    def _stream(self, name: str) -> HotStream[Any]:
        stream: HotStream[Any] = getattr(self, name)
        return stream

    def _state_of(self, event: EventName) -> Arguments | None:
        """Return what listeners to a state get now; None where *event* is none."""
        rule = CLIENT.rules.get(event)
        stream = None if rule is None else self._stream(rule.stream)
        return rule.arguments(stream.value) if rule is not None and isinstance(stream, StateStream) else None

    async def _bring_up(self) -> None:
        try:
            await super()._bring_up()
        except Exception as error:
            self._start.push(error)
            raise
        self._start.push(self.INITIALIZED)

    def _departed(self, sid: Sid, *, gone: bool) -> None:
        super()._departed(sid, gone=gone)
        handle = self._conversations.get(sid) if gone else None
        if handle is not None:  # once what has been published has come to its listeners
            self._errors.delivery.call(partial(self._context.emitters.end, handle))

    async def _shut_down(self) -> None:
        await super()._shut_down()
        self._context.emitters.end_all()
