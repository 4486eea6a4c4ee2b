"""The hot streams of a client: those of all its conversations as one, and its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, overload

from rxconvo.client.events import TokenAboutToExpire, TokenExpired
from rxconvo.client.everywhere import Everywhere
from rxconvo.client.start import Trouble
from rxconvo.client.unheard import unheard
from rxconvo.errors import ConnectionError, ObserverError
from rxconvo.model import Topic
from rxconvo.streams import Meters, meters_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rxconvo.client.conversation import Conversation
    from rxconvo.client.events import TokenEvent
    from rxconvo.errors import RxconvoError
    from rxconvo.model import ConversationRecord, ConversationRemoved, ConversationUpdated, PushNotification
    from rxconvo.streams import (
        ConversationStream,
        HotStream,
        Hub,
        MessageStream,
        ParticipantStream,
        Source,
        StateStream,
        TypingStream,
        UserStream,
    )
    from rxconvo.types import Sid

__all__ = ["ClientStreams"]

_STREAMS = {
    f"{name}$": name for name in (*(topic.value for topic in Topic), "connection_state", "tokens", "push", "errors")
}
"""The streams by the names that Rx users know them by: `messages$` and so on."""


class ClientStreams(ABC):
    """Streams, and the ear at the driver that feeds those which no conversation feeds.

    Args:
        hub: Delivers events.
        state: The state of the connection at the beginning.
        recorded: Whether the connection is that of a recording, and its faults are part of that.
    """

    def __init__(self, hub: Hub, *, state: str, recorded: bool = False) -> None:
        self._hub = hub
        self._recorded = recorded
        self._errors: HotStream[RxconvoError] = hub.stream("errors")  # first: it completes last
        self._connection_errors: HotStream[ConnectionError] = hub.stream("connection_errors")
        self._start: StateStream[Exception | str | None] = hub.state("start", None)
        self._tokens: HotStream[TokenEvent] = hub.stream("tokens")
        self._push: HotStream[PushNotification] = hub.stream("push")
        self._state: StateStream[str] = hub.state("connection_state", state)
        self._everywhere: dict[Topic, Everywhere] = {}
        self._inner = (self._connection_errors, self._start)  # what only the emitter's events are made of
        self._meters = meters_of(hub.context.scheduler)  # held, so that what they count lasts as long as this
        self._failures = Meters(hub.context.scheduler.loop.time)  # what observers of this client raised last
        self._inspected: dict[str, tuple[float, int]] = {}  # when, and how many values until then
        self._trouble = Trouble(hub.context.scheduler.loop)

    # -- of all conversations --------------------------------------------------------------------------------------

    @property
    def messages(self) -> MessageStream[Conversation]:
        """What happens to messages, in all joined conversations."""
        return self._hub.client.messages

    @property
    def participants(self) -> ParticipantStream[Conversation]:
        """Who comes, changes and goes, in all joined conversations."""
        return self._hub.client.participants

    @property
    def typing(self) -> TypingStream[Conversation]:
        """Who is typing, in all joined conversations."""
        return self._hub.client.typing

    @property
    def updated(self) -> HotStream[ConversationUpdated[Conversation]]:
        """Changes of any conversation's properties."""
        return self._hub.client.updated

    @property
    def removed(self) -> HotStream[ConversationRemoved[Conversation]]:
        """The end of any conversation, or of the own access to it."""
        return self._hub.client.removed

    # -- of the client ---------------------------------------------------------------------------------------------

    @property
    def conversations(self) -> ConversationStream[Conversation]:
        """Which conversations there are: `ConversationAdded`, `…Joined`, `…Left`, `…Removed`, `…Updated`."""
        return self._hub.client.conversations

    @property
    def users(self) -> UserStream:
        """What happens to the users who are followed: `UserSubscribed`, `UserUnsubscribed`, `UserUpdated`."""
        return self._hub.client.users

    @property
    def connection_state(self) -> StateStream[str]:
        """The state of the connection now, then each change; `connection_state.value` is the state now.

        `connecting`, `connected`, `disconnecting`, `disconnected` or `denied`.
        """
        return self._state

    @property
    def tokens(self) -> HotStream[TokenEvent]:
        """What becomes of the access token: `TokenAboutToExpire`, `TokenExpired`."""
        return self._tokens

    @property
    def push(self) -> HotStream[PushNotification]:
        """Push notifications that the application hands in with `handle_push_notification`."""
        return self._push

    @property
    def errors(self) -> HotStream[RxconvoError]:
        """Faults that end nothing: of the connection, of objects that cannot be read, of observers that raise.

        Where nobody observes it, they are logged to the logger `rxconvo`, but for faults of a connection that is played
        from a recording: these are past.
        """
        return self._errors

    __iter__ = None
    """Not iterable: `__getitem__` alone would make it so, from the name 0 on."""

    @overload
    def __getitem__(self, name: Literal["messages$"]) -> MessageStream[Conversation]: ...
    @overload
    def __getitem__(self, name: Literal["participants$"]) -> ParticipantStream[Conversation]: ...
    @overload
    def __getitem__(self, name: Literal["typing$"]) -> TypingStream[Conversation]: ...
    @overload
    def __getitem__(self, name: Literal["updated$"]) -> HotStream[ConversationUpdated[Conversation]]: ...
    @overload
    def __getitem__(self, name: Literal["removed$"]) -> HotStream[ConversationRemoved[Conversation]]: ...
    @overload
    def __getitem__(self, name: Literal["conversations$"]) -> ConversationStream[Conversation]: ...
    @overload
    def __getitem__(self, name: Literal["users$"]) -> UserStream: ...
    @overload
    def __getitem__(self, name: Literal["connection_state$"]) -> StateStream[str]: ...
    @overload
    def __getitem__(self, name: Literal["tokens$"]) -> HotStream[TokenEvent]: ...
    @overload
    def __getitem__(self, name: Literal["push$"]) -> HotStream[PushNotification]: ...
    @overload
    def __getitem__(self, name: Literal["errors$"]) -> HotStream[RxconvoError]: ...
    @overload
    def __getitem__(self, name: str) -> HotStream[Any]: ...
    def __getitem__(self, name: str) -> HotStream[Any]:
        """Return a stream by its Rx name: `client["messages$"]`.

        Raises:
            KeyError: There is none of that name.
        """
        stream: HotStream[Any] = getattr(self, _STREAMS[name])
        return stream

    # -- what the driver tells -------------------------------------------------------------------------------------

    def report(self, error: RxconvoError) -> None:
        """Publish a fault on `errors`, or log it where nobody observes that."""
        if isinstance(error, ConnectionError):
            self._trouble.note(error)
        elif isinstance(error, ObserverError) and error.__cause__ is not None:
            self._failures[error.stream].failed(error.__cause__)
        # Not before all else is handed over: until then an observer that has just raised still counts as one.
        self._errors.delivery.call(partial(self._tell, error))

    def _tell(self, error: RxconvoError) -> None:
        heard = self._errors.observed
        if heard:
            self._errors.items += 1
            self._errors.emit(error)
        if isinstance(error, ConnectionError) and self._connection_errors.observed:
            heard = True
            self._connection_errors.emit(error)
        if not heard and not (self._recorded and isinstance(error, ConnectionError)):
            unheard(error)

    def connection_changed(self, state: str) -> None:
        """Publish the state that is now in force."""
        self._state.push(state)

    def token_about_to_expire(self) -> None:
        """Publish that the token ends soon."""
        self._tokens.push(TokenAboutToExpire())

    def token_expired(self) -> None:
        """Publish that a token was refused because it has ended."""
        self._tokens.push(TokenExpired())

    def moved(self, conversations: Sequence[ConversationRecord]) -> None:
        """See to the conversations that came and went."""
        for record in conversations:
            if record.joined and not record.removed:
                self._entered(record.sid)
            else:
                self._departed(record.sid, gone=record.removed)

    # -- what streams are built from -------------------------------------------------------------------------------

    def _source(self, topic: Topic, sid: Sid | None) -> Source | None:
        """Return what has to be open for a stream, of a conversation or of all."""
        if sid is not None:
            conversation = self.find_conversation(sid)
            return None if conversation is None else conversation.source(topic)
        if topic not in {Topic.MESSAGES, Topic.PARTICIPANTS, Topic.TYPING, Topic.UPDATED}:
            return None
        return self._everywhere.setdefault(topic, Everywhere(topic, self._joined, self._hub.context.scheduler.loop))

    def _entered(self, sid: Sid) -> None:
        for everywhere in self._everywhere.values():  # else no handle is needed yet
            conversation = self.find_conversation(sid)
            if conversation is not None:
                everywhere.enter(conversation)
        self._hub.reopen(sid)

    def _departed(self, sid: Sid, *, gone: bool) -> None:
        for everywhere in self._everywhere.values():
            everywhere.leave(sid)
        if gone:
            self._hub.complete(sid)

    @abstractmethod
    def find_conversation(self, sid: Sid, /) -> Conversation | None:
        """Return the handle of a conversation that is known here, or None."""

    @abstractmethod
    def _joined(self) -> Iterable[Conversation]:
        """Return the conversations that are joined, also those about to be announced."""
