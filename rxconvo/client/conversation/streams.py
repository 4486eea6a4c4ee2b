"""The hot streams of a conversation, and what has to be open for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self, overload

from rxconvo.client.conversation.core import ConversationCore
from rxconvo.client.conversation.sources import Both, Part, document_part, messages_part, roster_part
from rxconvo.model import Topic

if TYPE_CHECKING:
    from rxconvo.model import ConversationRemoved, ConversationUpdated
    from rxconvo.streams import ConversationStreams, HotStream, MessageStream, ParticipantStream, Source, TypingStream

__all__ = ["STREAMS", "StreamsConcern"]

STREAMS = {f"{topic.value}$": topic.value for topic in list(Topic)[:5]}
"""The streams by the names that Rx users know them by: `messages$` and so on."""


class StreamsConcern(ConversationCore):
    """Streams. Each opens what it needs with its first observer, and closes it a while after the last."""

    __slots__ = ()

    @property
    def messages(self) -> MessageStream[Self]:
        """What happens to messages: `MessageAdded`, `MessageUpdated`, `MessageRemoved`, `Discontinuity`.

        Views: `messages.added`, `messages.updated`, `messages.removed`. Completes when the conversation is gone.
        """
        return self._hot.messages

    @property
    def participants(self) -> ParticipantStream[Self]:
        """Who comes, changes and goes: `ParticipantJoined`, `ParticipantUpdated`, `ParticipantLeft`, `Discontinuity`.

        Views: `participants.joined`, `participants.updated`, `participants.left`. Completes when the conversation is
        gone.
        """
        return self._hot.participants

    @property
    def typing(self) -> TypingStream[Self]:
        """Who is typing: `TypingStarted`, again with each signal, and `TypingEnded` with its reason.

        Views: `typing.started`, `typing.ended`. Completes when the conversation is gone.
        """
        return self._hot.typing

    @property
    def updated(self) -> HotStream[ConversationUpdated[Self]]:
        """Changes of the conversation's properties. Completes when the conversation is gone."""
        return self._hot.updated

    @property
    def removed(self) -> HotStream[ConversationRemoved[Self]]:
        """The end of the conversation, or of the own access to it, once; then it completes."""
        return self._hot.removed

    __iter__ = None
    """Not iterable: `__getitem__` alone would make it so, from the name 0 on."""

    @overload
    def __getitem__(self, name: Literal["messages$"]) -> MessageStream[Self]: ...
    @overload
    def __getitem__(self, name: Literal["participants$"]) -> ParticipantStream[Self]: ...
    @overload
    def __getitem__(self, name: Literal["typing$"]) -> TypingStream[Self]: ...
    @overload
    def __getitem__(self, name: Literal["updated$"]) -> HotStream[ConversationUpdated[Self]]: ...
    @overload
    def __getitem__(self, name: Literal["removed$"]) -> HotStream[ConversationRemoved[Self]]: ...
    @overload
    def __getitem__(self, name: str) -> HotStream[Any]: ...
    def __getitem__(self, name: str) -> HotStream[Any]:
        """Return a stream by its Rx name: `conversation["messages$"]`.

        Raises:
            KeyError: There is none of that name.
        """
        stream: HotStream[Any] = getattr(self, STREAMS[name])
        return stream

    async def wait_until_known(self) -> None:
        """Open the conversation's document, where it is not, and wait until the properties are true.

        Raises:
            SyncError: It cannot be opened.
            ClosedError: The conversation is gone.
        """
        if not self._record.document_known:
            async with self._document.visit():
                pass

    def source(self, topic: Topic) -> Source | None:
        """Return what has to be open for the stream of *topic* to carry anything, or None."""
        match topic:
            case Topic.MESSAGES:
                return self._list
            case Topic.PARTICIPANTS:
                return self._roster
            case Topic.TYPING:  # it ends with the author's message
                return Both(self._list, self._roster, self._context.loop)
            case Topic.UPDATED:
                is_kept = self._record.document is not None and self._context.options.watch != "none"
                return None if is_kept else self._document
            case _:
                return None

    @property
    def _hot(self) -> ConversationStreams:
        if self._streams is None:
            self._streams = self._context.hub.conversation(self.sid, ended=self._record.removed)
        return self._streams

    @property
    def _list(self) -> Part:
        if self._list_part is None:
            self._list_part = messages_part(self._context, self._record)
        return self._list_part

    @property
    def _roster(self) -> Part:
        if self._roster_part is None:
            self._roster_part = roster_part(self._context, self._record)
        return self._roster_part

    @property
    def _document(self) -> Part:
        if self._document_part is None:
            self._document_part = document_part(self._context, self._record)
        return self._document_part

    async def _openings(self) -> None:
        parts = (self._document_part, self._list_part, self._roster_part)
        await self._context.settled([part.opening for part in parts if part is not None and part.opening is not None])
