"""The store: changes of replicated objects in, events out. The one place where entities change.

All changes of a packet are applied before the first of their events is seen: nobody sees half a packet.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec.structs import replace

from rxconvo.errors import RxconvoError, SyncError
from rxconvo.model.apply_channels import Channels, Watch
from rxconvo.model.apply_documents import Documents
from rxconvo.model.apply_messages import MessageLists
from rxconvo.model.apply_roster import Rosters
from rxconvo.model.apply_typing import Typists
from rxconvo.model.apply_users import Users
from rxconvo.model.conversation import ConversationActions
from rxconvo.model.conversation_data import NOT_PARTICIPATING
from rxconvo.model.events import Event
from rxconvo.model.home import ClientHome, ConversationFinder, Home
from rxconvo.model.journal import Journal
from rxconvo.model.lifecycle import Conversations
from rxconvo.model.participant import Participant
from rxconvo.model.record import ConversationRecord, Owner, Replicas
from rxconvo.model.user import User, UserActions
from rxconvo.sync import Change, TypingNotified
from rxconvo.types import Identity, Sid

__all__ = ["Landlord", "Store"]


class Landlord(ConversationFinder[ConversationActions], UserActions, Protocol):
    """What the values of a store act through: the client."""


class Store:
    """All entities of one client.

    Args:
        replicas: Where replicated objects come from: the session.
        landlord: What values act through; held weakly. None: they cannot act.
        watch: How much of each conversation is kept up to date without being asked for: `documents` (its properties),
            `all` (its messages and participants as well) or `none`.
        kept_messages: Messages held of a conversation; the least recently used are forgotten first.
    """

    def __init__(
        self,
        replicas: Replicas,
        *,
        landlord: Landlord | None = None,
        watch: str = "documents",
        kept_messages: int = 1000,
    ) -> None:
        self.identity: Identity | None = None
        self._landlord = None if landlord is None else weakref.ref(landlord)
        records: dict[Sid, ConversationRecord] = {}
        self._journal = journal = Journal()
        self._typists = typists = Typists(records, journal)
        self._messages = messages = MessageLists(replicas, journal, typists, kept=kept_messages)
        self._rosters = rosters = Rosters(replicas, journal, typists)
        self._conversations = conversations = Conversations(
            records,
            replicas=replicas,
            journal=journal,
            typists=typists,
            messages=messages,
            rosters=rosters,
            make_home=self._home,
        )
        self._documents = documents = Documents(
            conversations, replicas=replicas, journal=journal, messages=messages, rosters=rosters
        )
        self._channels = Channels(
            conversations,
            replicas=replicas,
            journal=journal,
            documents=documents,
            messages=messages,
            rosters=rosters,
            watch=Watch(watch),
        )
        self._users = Users(replicas, journal, ClientHome(self._landlord))
        self._ready = False

    # -- the door ----------------------------------------------------------------------------------------------------

    def commit(self, changes: Sequence[Change[Owner]], now: float) -> list[Event]:
        """Apply changes, all of them, then say what became of them.

        Args:
            changes: What one packet or reply changed.
            now: Seconds: when it came.

        Returns:
            The events, in the order of the changes.
        """
        journal = self._journal
        journal.now = now
        for change in changes:
            if isinstance(change, TypingNotified):
                self._typists.notified(change)
            else:
                change.replica.owner.handlers[type(change)](change)
        events, journal.events = journal.events, []
        return events

    @property
    def moved(self) -> Sequence[ConversationRecord]:
        """Conversations that were joined, left or removed, also before they were announced; until `told`."""
        return self._conversations.moved

    def told(self) -> None:
        """Take that observers have heard of the last changes: what these removed is gone for them, too."""
        self._conversations.told()

    def disconnected(self, now: float) -> list[Event]:
        """Take that the connection is lost: nobody can be known to be typing.

        Args:
            now: Seconds: when it was lost.
        """
        self._journal.now = now
        self._typists.end_all("disconnected")
        return self._journal.take_events()

    def next_deadline(self) -> float | None:
        """Return when `advance` is due, or None. It may be too early, never too late."""
        return self._typists.next_deadline()

    def advance(self, now: float) -> list[Event]:
        """End the typing of those whose time is over.

        Args:
            now: Seconds.
        """
        self._journal.now = now
        self._typists.advance(now)
        return self._journal.take_events()

    def take_faults(self) -> list[RxconvoError]:
        """Return what went wrong since the last call without ending anything.

        `SyncError`s are objects that could not be opened or kept, `PayloadError`s data that could not be read.
        """
        return self._journal.take_faults()

    # -- what is known -----------------------------------------------------------------------------------------------

    @property
    def conversations(self) -> Mapping[Sid, ConversationRecord]:
        """All conversations that are known, by sid; also those not announced yet, and those that cannot be read."""
        return self._conversations.records

    def conversation(self, sid: Sid) -> ConversationRecord | None:
        """Return a conversation; also one that was removed, until `told`, since observers may ask for it."""
        return self._conversations.records.get(sid) or self._conversations.departed.get(sid)

    @property
    def user(self) -> User | None:
        """The own user, or None while it is not known."""
        return None if self.identity is None else self.user_of(self.identity)

    @property
    def users(self) -> tuple[User, ...]:
        """All users whose changes are followed, the own one among them, in the order in which that began."""
        return tuple(record.user for record in self._users.records.values() if record.known)

    def user_of(self, identity: Identity) -> User | None:
        """Return a user whose changes are followed, or None."""
        record = self._users.records.get(identity)
        return record.user if record is not None and record.known else None

    def is_typing(self, participant: Participant) -> bool:
        """Tell whether a participant is typing."""
        return self._typists.is_typing(participant)

    @property
    def ready(self) -> bool:
        """Whether the start is over: own user and list of conversations known, each one's document read or given up."""
        if not self._ready:
            self._ready = self.user is not None and self._channels.loaded and not self._conversations.unsettled
        return self._ready

    @property
    def error(self) -> SyncError | None:
        """Why it cannot become ready, or None: the list of conversations or the own user could not be opened."""
        own = self._users.records.get(self.identity) if self.identity is not None else None
        return self._channels.error or (own.error if own is not None else None)

    # -- what is opened ----------------------------------------------------------------------------------------------

    def configure(self, identity: Identity, *, channels: str, user_info: str, followed_users: int = 100) -> None:
        """Open what a client starts from; what is open already stays so.

        Args:
            identity: The own user.
            channels: Name of the map of its conversations.
            user_info: Name of its info map.
            followed_users: How many other users are followed at most; who was followed first goes first.
        """
        self.identity = identity
        self._users.limit = followed_users
        self._users.open(identity, user_info, is_self=True)
        self._channels.open(channels)

    def introduce(
        self,
        sid: Sid,
        *,
        document: str,
        messages: str | None = None,
        roster: str | None = None,
        status: str = NOT_PARTICIPATING,
    ) -> ConversationRecord:
        """Open a conversation that is not, or not yet, one of the own user's: created or looked up.

        Args:
            sid: The conversation.
            document: Name of its document.
            messages: Name of its list of messages, if known.
            roster: Name of its map of participants, if known.
            status: What it is to the own user.

        Returns:
            Its record; the one known already if there is one. `ConversationAdded` comes when the document is read.
        """
        record = self._conversations.records.get(sid)
        if record is None:
            record = self._conversations.add(sid, document)
            record.messages_name, record.roster_name = messages, roster
            record.state = replace(record.state, status=status)
        self._documents.open(record)
        return record

    def forget(self, record: ConversationRecord) -> list[Event]:
        """Forget a conversation that is none of the own user's; known again, it will be another one.

        Returns:
            What is to be published.
        """
        if not record.listed and not record.removed:
            self._conversations.remove(record, left=False)
        return self._journal.take_events()

    def open_document(self, record: ConversationRecord) -> None:
        """Keep the properties of a conversation up to date from now on."""
        if not record.removed:
            self._documents.open(record)

    def close_document(self, record: ConversationRecord) -> None:
        """Let the properties of a conversation be of the past, until its document is opened again."""
        self._documents.close(record)

    def open_messages(self, record: ConversationRecord) -> None:
        """Keep the messages of a conversation up to date from now on; open already, they stay so."""
        if record.removed:
            return
        self._messages.open(record)
        if record.messages_name is None:
            self._documents.open(record)

    def close_messages(self, record: ConversationRecord) -> None:
        """Forget the messages of a conversation."""
        self._messages.close(record)

    def messages_open(self, record: ConversationRecord) -> bool:
        """Tell whether the messages of a conversation are up to date, and may be read."""
        messages = record.message_list
        return messages is not None and messages.replica is not None and messages.replica.established

    def messages_watched(self, record: ConversationRecord) -> bool:
        """Tell whether the messages of a conversation are kept up to date, now or as soon as there is a connection."""
        return record.message_list is not None and record.message_list.replica is not None

    def messages_error(self, record: ConversationRecord) -> SyncError | None:
        """Return why the messages of a conversation could not be opened, or None. Opening them again tries again."""
        return None if record.message_list is None else record.message_list.error

    def open_roster(self, record: ConversationRecord) -> None:
        """Keep the participants of a conversation up to date from now on; open already, they stay so."""
        if record.removed:
            return
        self._rosters.open(record)
        if record.roster_name is None:
            self._documents.open(record)

    def close_roster(self, record: ConversationRecord) -> None:
        """Forget the participants of a conversation."""
        self._rosters.close(record)

    def roster_open(self, record: ConversationRecord) -> bool:
        """Tell whether the participants of a conversation are all known, and up to date."""
        replica = record.roster.replica if record.roster is not None else None
        return replica is not None and replica.established and replica.loaded

    def roster_watched(self, record: ConversationRecord) -> bool:
        """Tell whether the participants are kept up to date, now or as soon as there is a connection."""
        return record.roster is not None and record.roster.replica is not None

    def roster_error(self, record: ConversationRecord) -> SyncError | None:
        """Return why the roster of a conversation could not be opened, or None. Opening it again tries again."""
        return None if record.roster is None else record.roster.error

    def open_user(self, identity: Identity, name: str) -> None:
        """Follow the changes of a user; `UserSubscribed` comes when its info map is read.

        Args:
            identity: The user.
            name: Name of its info map.
        """
        self._users.open(identity, name)

    def user_error(self, identity: Identity) -> SyncError | None:
        """Return why a user's info map could not be opened, or None. Opening it again tries again."""
        record = self._users.records.get(identity)
        return None if record is None else record.error

    def close_user(self, identity: Identity) -> list[Event]:
        """Stop following a user; the own one is followed at once again.

        Returns:
            What is to be published.
        """
        return self._users.reopen(identity) if identity == self.identity else self._users.close(identity)

    def follows(self, identity: Identity) -> bool:
        """Tell whether a user is followed, or about to be."""
        record = self._users.records.get(identity)
        return record is not None and record.error is None

    def is_subscribed(self, identity: Identity) -> bool:
        """Tell whether the changes of a user are followed, and observers know it."""
        record = self._users.records.get(identity)
        return record is not None and record.known and record.subscribed

    def _home(self, sid: Sid) -> Home[ConversationActions]:
        return Home(sid, self._landlord)
