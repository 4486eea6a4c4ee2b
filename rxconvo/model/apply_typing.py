"""Typing notifications become the start and end of typing.

Source: Conversations, typing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from rxconvo.model.events import TypingEnded, TypingStarted
from rxconvo.model.journal import Journal
from rxconvo.model.participant import Participant
from rxconvo.model.record import ConversationRecord, Roster
from rxconvo.model.typing import TypingMachine, Typist
from rxconvo.sync import TypingNotified
from rxconvo.types import Identity, Sid

__all__ = ["Typists"]

_MAX_WAITING: Final = 1000  # notifications of one conversation that wait for its roster


class Typists:
    """Who is typing in which conversation.

    Args:
        conversations: All that are known, by sid.
        journal: Takes the events.

    Attributes:
        machine: Their deadlines.
    """

    def __init__(self, conversations: Mapping[Sid, ConversationRecord], journal: Journal) -> None:
        self._conversations = conversations
        self._journal = journal
        self.machine = TypingMachine()

    def notified(self, change: TypingNotified) -> None:
        """Take a notification: somebody types, or still does."""
        record = self._conversations.get(change.conversation_sid)
        roster = record.roster if record is not None else None
        if roster is None or change.timeout <= 0:
            return  # nobody looks at who is there
        deadline = self._journal.now + change.timeout
        participant = roster.find(change.identity)
        if participant is not None:
            self._start(participant, deadline)
        elif (roster.replica is None or not roster.replica.loaded) and len(roster.waiting) < _MAX_WAITING:
            roster.waiting[change.identity] = deadline

    def roster_loaded(self, roster: Roster) -> None:
        """Start the typing that was said before the roster was read."""
        waiting, roster.waiting = roster.waiting, {}
        for identity, deadline in waiting.items():
            participant = roster.find(identity)
            if participant is not None and deadline > self._journal.now:
                self._start(participant, deadline)

    def is_typing(self, participant: Participant) -> bool:
        """Tell whether a participant is typing."""
        return _typist(participant) in self.machine

    def message_by(self, author: Identity | None, record: ConversationRecord) -> None:
        """Take that a message has come: its author is typing no more."""
        roster = record.roster
        if roster is None or author is None:
            return
        roster.waiting.pop(author, None)
        participant = roster.find(author)
        if participant is not None:
            self.end(participant, "message")

    def end(self, participant: Participant, reason: str) -> None:
        """End the typing of a participant, if it was."""
        if self.machine.end(_typist(participant)):
            self._journal.events.append(TypingEnded(participant, reason))

    def end_roster(self, roster: Roster, reason: str) -> None:
        """End all typing of a conversation."""
        if self.machine.count:
            for participant in roster.participants:
                self.end(participant, reason)

    def forget(self, roster: Roster) -> None:
        """End all typing of a conversation without a word, since nobody listens any more."""
        if self.machine.count:
            for participant in roster.participants:
                self.machine.end(_typist(participant))

    def end_all(self, reason: str) -> None:
        """End all typing."""
        self._say_ended(self.machine.clear(), reason)
        for record in self._conversations.values():
            if record.roster is not None:
                record.roster.waiting.clear()

    def next_deadline(self) -> float | None:
        """Return when `advance` is due, or None."""
        return self.machine.next_deadline()

    def advance(self, now: float) -> None:
        """End the typing of those whose time is over."""
        self._say_ended(self.machine.advance(now), "expired")

    def _start(self, participant: Participant, deadline: float) -> None:
        self.machine.start(_typist(participant), deadline)
        self._journal.events.append(TypingStarted(participant))

    def _say_ended(self, typists: Iterable[Typist], reason: str) -> None:
        for conversation_sid, sid in typists:
            record = self._conversations.get(conversation_sid)
            participant = record.participant(sid) if record is not None else None
            if participant is not None:
                self._journal.events.append(TypingEnded(participant, reason))


def _typist(participant: Participant) -> Typist:
    return participant.home.sid, participant.sid
