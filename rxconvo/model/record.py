"""What the store holds of one conversation: its state, and its messages and roster while somebody needs them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Mapping, ValuesView
from enum import Enum
from types import EllipsisType
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar

from rxconvo.errors import ClosedError, SyncError
from rxconvo.model.ahead import ReadAhead
from rxconvo.model.conversation import ConversationActions, ConversationState
from rxconvo.model.conversation_data import JOINED
from rxconvo.model.home import Home
from rxconvo.model.message import Message
from rxconvo.model.participant import Participant
from rxconvo.sync import Key, Kind, Replica, Since
from rxconvo.types import Identity, Sid

__all__ = ["Collection", "ConversationRecord", "Handlers", "MessageList", "Owner", "Replicas", "Role", "Roster"]

V = TypeVar("V")

Handlers: TypeAlias = Mapping[type, Callable[[Any], None]]
"""What to do with each kind of change."""


class Role(Enum):
    """What a replicated object is to the model."""

    CHANNELS = "channels"
    USER_INFO = "user_info"
    DOCUMENT = "document"
    MESSAGES = "messages"
    ROSTER = "roster"


class Owner:
    """What the model gives along with every object it wants, and gets back with every change of it.

    Attributes:
        role: What the object is.
        record: The conversation it belongs to, or None.
        identity: The user it belongs to, or None.
        handlers: What to do with each kind of change.
        doubted: The object was read anew for data that could not be read, and no good ones have come since.
    """

    __slots__ = ("doubted", "handlers", "identity", "record", "role")

    def __init__(
        self,
        role: Role,
        handlers: Handlers,
        *,
        record: ConversationRecord | None = None,
        identity: Identity | None = None,
    ) -> None:
        self.role = role
        self.handlers = handlers
        self.record = record
        self.identity = identity
        self.doubted = False


OwnReplica: TypeAlias = Replica[Owner]

_NOT_NEW: Final[Mapping[Role, int | Since]] = {}


class Replicas(Protocol):
    """Where replicated objects come from: the session of the layer below."""

    def want(
        self,
        name: str,
        kind: Kind,
        owner: Owner,
        *,
        read_items: bool = False,
        include_items: bool = False,
        since: int | Since = Since.OPENING,
    ) -> Replica[Owner]:
        """Open and subscribe an object."""
        ...

    def release(self, replica: Replica[Owner]) -> None:
        """Cancel the subscription of an object and forget it."""
        ...


class Collection(ABC, Generic[V]):
    """The items of one list or map of a conversation that are held.

    Attributes:
        replica: The list or map, or None while its name is not known.
        error: Why it could not be opened, or None.
        since: The event after which its changes are said.
        ahead: Items that a read has shown before their event.
        seen: While all items are read anew, those found so far; else None.
    """

    __slots__ = ("ahead", "error", "replica", "seen", "since")

    def __init__(self) -> None:
        self.replica: OwnReplica | None = None
        self.error: SyncError | None = None
        self.since: int | Since = Since.OPENING
        self.ahead = ReadAhead()
        self.seen: set[Key] | None = None

    @abstractmethod
    def get(self, key: Any, /) -> V | None:
        """Return an item that is held."""

    @abstractmethod
    def put(self, value: V, /) -> None:
        """Hold an item in its newest version."""

    @abstractmethod
    def pop(self, key: Any, /) -> V | None:
        """Forget an item and return it."""

    @abstractmethod
    def restart(self) -> None:
        """Take that changes were missed: what is held may be of the past."""


class MessageList(Collection[Message]):
    """The messages of a conversation that are held: the least recently used are forgotten first.

    They are read page by page, on demand, never all.
    """

    __slots__ = ("_held", "_limit")

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._held: OrderedDict[int, Message] = OrderedDict()
        self._limit = limit

    def __len__(self) -> int:
        return len(self._held)

    @property
    def oldest(self) -> int | None:
        """Index of the oldest message that is held, or None."""
        return min(self._held, default=None)

    def get(self, index: int) -> Message | None:
        """Return a message that is held; it counts as used."""
        message = self._held.get(index)
        if message is not None:
            self._held.move_to_end(index)
        return message

    def put(self, message: Message) -> None:
        """Hold a message in its newest version; it counts as used."""
        held = self._held
        index = message.index
        if index in held:
            held.move_to_end(index)
        held[index] = message
        if len(held) > self._limit:
            evicted, _ = held.popitem(last=False)
            self.ahead.pop(evicted, None)
            if self.replica is not None:
                self.replica.forget((evicted,))

    def pop(self, index: int) -> Message | None:
        """Forget a message and return it."""
        return self._held.pop(index, None)

    def restart(self) -> None:
        """Forget all messages."""
        self._held.clear()
        self.ahead.clear()

    def indices(self) -> list[int]:
        """List the indices of the messages that are held, ascending."""
        return sorted(self._held)


class Roster(Collection[Participant]):
    """The participants of a conversation.

    Attributes:
        waiting: Who was said to be typing before the roster was read, and until when.
    """

    __slots__ = ("_by_identity", "_by_sid", "waiting")

    def __init__(self) -> None:
        super().__init__()
        self.waiting: dict[Identity, float] = {}
        self._by_sid: dict[Sid, Participant] = {}
        self._by_identity: dict[Identity, Sid] = {}

    def __len__(self) -> int:
        return len(self._by_sid)

    @property
    def participants(self) -> ValuesView[Participant]:
        """All participants, in the order in which they became known."""
        return self._by_sid.values()

    def get(self, sid: Sid) -> Participant | None:
        """Return a participant by sid."""
        return self._by_sid.get(sid)

    def find(self, identity: Identity) -> Participant | None:
        """Return a participant by identity."""
        sid = self._by_identity.get(identity)
        return None if sid is None else self._by_sid[sid]

    def put(self, participant: Participant) -> None:
        """Hold a participant in its newest version."""
        self._by_sid[participant.sid] = participant
        if participant.identity is not None:
            self._by_identity[participant.identity] = participant.sid

    def pop(self, sid: Sid) -> Participant | None:
        """Forget a participant and return it."""
        participant = self._by_sid.pop(sid, None)
        identity = participant.identity if participant is not None else None
        if identity is not None and self._by_identity.get(identity) == sid:  # who came back has another sid by now
            del self._by_identity[identity]
        return participant

    def restart(self) -> None:
        """Keep who is there until it is known who is there now."""
        self.seen = set()
        self.ahead.clear()


class ConversationRecord:
    """One conversation as the store knows it. Only the model writes it.

    Attributes:
        sid: The conversation's sid.
        home: The weak link that all its values share.
        state: Its properties.
        document_name: Name of its document.
        document: Its document, or None while not wanted.
        message_list: Its messages, or None while not wanted.
        roster: Its participants, or None while not wanted.
        document_known: The document was read: the properties are true.
        document_error: Why it could not be opened, or None.
        listed: It is one of the own user's conversations.
        pending: It holds up `Store.ready`.
        announced: Observers know of it.
        removed: It is gone, and nothing comes of it any more.
        since: While observers hear that it was joined: the events after which the changes of its messages and of its
            roster, by role, happened to a participant. Empty at any other time.
    """

    __slots__ = (
        "_messages_name",
        "_roster_name",
        "announced",
        "document",
        "document_error",
        "document_known",
        "document_name",
        "home",
        "listed",
        "message_list",
        "pending",
        "removed",
        "roster",
        "sid",
        "since",
        "state",
    )

    def __init__(self, sid: Sid, home: Home[ConversationActions], *, document_name: str) -> None:
        self.sid = sid
        self.home = home
        self.state = ConversationState(sid)
        self.document_name = document_name
        # The customary names are not kept: with very many conversations they are a tenth of what each one costs.
        self._messages_name: str | EllipsisType | None = None
        self._roster_name: str | EllipsisType | None = None
        self.document: OwnReplica | None = None
        self.message_list: MessageList | None = None
        self.roster: Roster | None = None
        self.document_known = False
        self.document_error: SyncError | None = None
        self.listed = False
        self.pending = False
        self.announced = False
        self.removed = False
        self.since: Mapping[Role, int | Since] = _NOT_NEW

    def __repr__(self) -> str:
        return f"<ConversationRecord {self.sid} {self.state.status}>"

    def closed(self) -> ClosedError:
        """Return why nothing can be asked of the conversation once it is gone, and what to do about it."""
        if self.joined:  # nobody took the own user out of it: it went itself
            return ClosedError(f"conversation {self.sid} is gone: it was deleted")
        return ClosedError(
            f"conversation {self.sid} is gone: you have left it, or it was deleted; join() returns to it if it "
            "is still there, or get it anew from the client"
        )

    @property
    def messages_name(self) -> str | None:
        """Name of its list of messages, or None while not known."""
        name = self._messages_name
        return f"{self.sid}.messages" if isinstance(name, EllipsisType) else name

    @messages_name.setter
    def messages_name(self, name: str | None) -> None:
        self._messages_name = ... if name == f"{self.sid}.messages" else name

    @property
    def roster_name(self) -> str | None:
        """Name of its map of participants, or None while not known."""
        name = self._roster_name
        return f"{self.sid}.roster" if isinstance(name, EllipsisType) else name

    @roster_name.setter
    def roster_name(self, name: str | None) -> None:
        self._roster_name = ... if name == f"{self.sid}.roster" else name

    def told(self) -> None:
        """Take that observers have heard that it was joined: what is opened from now on is told from its opening on."""
        self.since = _NOT_NEW

    @property
    def joined(self) -> bool:
        """Whether the own user is a participant."""
        return self.state.status == JOINED

    @property
    def participants(self) -> tuple[Participant, ...]:
        """The participants that are held, in the order in which they became known."""
        return () if self.roster is None else tuple(self.roster.participants)

    def message(self, index: int) -> Message | None:
        """Return a message that is held, or None."""
        return None if self.message_list is None else self.message_list.get(index)

    def participant(self, sid: Sid) -> Participant | None:
        """Return a participant that is held, or None."""
        return None if self.roster is None else self.roster.get(sid)

    def participant_of(self, identity: Identity) -> Participant | None:
        """Return the participant that a user is, or None where none is held."""
        return None if self.roster is None else self.roster.find(identity)
