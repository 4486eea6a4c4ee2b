"""The streams of one conversation and of a whole client, each made when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Generic, TypeAlias, TypeVar

from rxconvo.model.events import (
    ConversationAdded,
    ConversationJoined,
    ConversationLeft,
    ConversationRemoved,
    ConversationUpdated,
    MessageAdded,
    MessageRemoved,
    MessageUpdated,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantUpdated,
    Topic,
    TypingEnded,
    TypingStarted,
    UserSubscribed,
    UserUnsubscribed,
    UserUpdated,
)
from rxconvo.model.home import C_co
from rxconvo.streams.delivery import Delivery
from rxconvo.streams.hot import HotStream
from rxconvo.streams.source import Source
from rxconvo.streams.views import ConversationStream, MessageStream, ParticipantStream, TypingStream, UserStream
from rxconvo.types import Sid

__all__ = ["ClientStreams", "ConversationStreams", "Route", "Sources", "StreamMaker"]

H = TypeVar("H", bound=HotStream[Any])

Sources: TypeAlias = Callable[[Topic, Sid | None], Source | None]
"""Tells what has to be open for the stream of a topic, of one conversation or of the whole client (None)."""

Route: TypeAlias = "tuple[attrgetter[HotStream[Any] | None] | None, tuple[HotStream[Any], ...]]"
"""Where events of one class go: what gets the stream of their conversation, if it was made, and those of the client."""

_CARRIED: dict[Topic, tuple[type, ...]] = {
    Topic.MESSAGES: (MessageAdded, MessageUpdated, MessageRemoved),
    Topic.PARTICIPANTS: (ParticipantJoined, ParticipantUpdated, ParticipantLeft),
    Topic.TYPING: (TypingStarted, TypingEnded),
    Topic.UPDATED: (ConversationUpdated,),
    Topic.REMOVED: (ConversationRemoved,),
    Topic.CONVERSATIONS: (
        ConversationAdded,
        ConversationJoined,
        ConversationLeft,
        ConversationRemoved,
        ConversationUpdated,
    ),
    Topic.USERS: (UserUpdated, UserSubscribed, UserUnsubscribed),
}
"""What the stream of each topic carries, beside each `Discontinuity` of that topic."""

_OF_CONVERSATIONS = (Topic.MESSAGES, Topic.PARTICIPANTS, Topic.TYPING, Topic.UPDATED, Topic.REMOVED)


class StreamMaker:
    """Makes streams of events.

    Args:
        delivery: The queue that all streams of the client share.
        sources: Tells what has to be open for a stream; nothing if None.
        linger: How long a source stays open after the last observer, seconds.
    """

    __slots__ = ("_delivery", "_linger", "_sources")

    def __init__(self, delivery: Delivery, sources: Sources | None, linger: float) -> None:
        self._delivery = delivery
        self._sources = sources
        self._linger = linger

    def make(self, kind: type[H], topic: Topic, sid: Sid | None, *, ended: bool) -> H:
        """Make the stream of a topic.

        Args:
            kind: Its class.
            topic: The topic.
            sid: The conversation; None for the whole client.
            ended: What it tells of is over: it is complete.
        """
        name = topic.value if sid is None else f"{topic.value} of {sid}"
        source = self._sources(topic, sid) if self._sources is not None and not ended else None
        stream = kind(self._delivery, name, source=source, linger=self._linger)
        if ended:
            stream.finish()
        return stream


class ConversationStreams(Generic[C_co]):
    """The streams of one conversation. Those that nobody asks for cost nothing.

    Args:
        maker: Makes them.
        sid: The conversation; None for all together.
        ended: Whether it is over: then they are complete.
    """

    __slots__ = ("_ended", "_maker", "_messages", "_participants", "_removed", "_sid", "_typing", "_updated")

    def __init__(self, maker: StreamMaker, sid: Sid | None, *, ended: bool = False) -> None:
        self._maker = maker
        self._sid = sid
        self._ended = ended
        self._messages: MessageStream[C_co] | None = None
        self._participants: ParticipantStream[C_co] | None = None
        self._typing: TypingStream[C_co] | None = None
        self._updated: HotStream[ConversationUpdated[C_co]] | None = None
        self._removed: HotStream[ConversationRemoved[C_co]] | None = None

    @property
    def messages(self) -> MessageStream[C_co]:
        """What happens to messages."""
        if self._messages is None:
            self._messages = self._make(MessageStream, Topic.MESSAGES)
        return self._messages

    @property
    def participants(self) -> ParticipantStream[C_co]:
        """Who comes, changes and goes."""
        if self._participants is None:
            self._participants = self._make(ParticipantStream, Topic.PARTICIPANTS)
        return self._participants

    @property
    def typing(self) -> TypingStream[C_co]:
        """Who is typing."""
        if self._typing is None:
            self._typing = self._make(TypingStream, Topic.TYPING)
        return self._typing

    @property
    def updated(self) -> HotStream[ConversationUpdated[C_co]]:
        """Changes of the conversation's properties."""
        if self._updated is None:
            self._updated = self._make(HotStream, Topic.UPDATED)
        return self._updated

    @property
    def removed(self) -> HotStream[ConversationRemoved[C_co]]:
        """The end of the conversation."""
        if self._removed is None:
            self._removed = self._make(HotStream, Topic.REMOVED)
        return self._removed

    def reopen(self) -> None:
        """Try again to open what could not be opened, for streams that are observed."""
        for topic in self._topics():
            stream = self.made(topic)
            if stream is not None:
                stream.reopen()

    def finish(self) -> None:
        """Complete all streams now, also those that were not made yet. Only within a hand-over."""
        self._ended = True
        for topic in self._topics():
            stream = self.made(topic)
            if stream is not None:
                stream.finish()

    def made(self, topic: Topic) -> HotStream[Any] | None:
        """Return the stream of a topic, if it was made."""
        stream: HotStream[Any] | None = getattr(self, f"_{topic.value}", None)
        return stream

    def _topics(self) -> tuple[Topic, ...]:
        return _OF_CONVERSATIONS

    def _make(self, kind: type[H], topic: Topic) -> H:
        return self._maker.make(kind, topic, self._sid, ended=self._ended)


class ClientStreams(ConversationStreams[C_co]):
    """The streams of a client: those of all its conversations as one, and its own.

    Args:
        maker: Makes them.

    Attributes:
        routes: Where the events of each class go.
    """

    __slots__ = ("_conversations", "_users", "routes")

    def __init__(self, maker: StreamMaker) -> None:
        super().__init__(maker, None)
        self._conversations: ConversationStream[C_co] | None = None
        self._users: UserStream | None = None
        # By class, not by `topic`: a member of an `Enum` is slow to hash.
        self.routes: dict[type, Route] = {kind: (None, ()) for kinds in _CARRIED.values() for kind in kinds}
        for topic in _OF_CONVERSATIONS:
            for kind in _CARRIED[topic]:
                self.routes[kind] = (attrgetter(f"_{topic.value}"), ())

    @property
    def conversations(self) -> ConversationStream[C_co]:
        """Which conversations there are."""
        if self._conversations is None:
            self._conversations = self._make(ConversationStream, Topic.CONVERSATIONS)
        return self._conversations

    @property
    def users(self) -> UserStream:
        """What happens to the users who are followed."""
        if self._users is None:
            self._users = self._make(UserStream, Topic.USERS)
        return self._users

    def _topics(self) -> tuple[Topic, ...]:
        return tuple(Topic)

    def _make(self, kind: type[H], topic: Topic) -> H:
        stream = super()._make(kind, topic)
        for carried in _CARRIED[topic]:
            own, merged = self.routes[carried]
            self.routes[carried] = (own, (*merged, stream))
        return stream
