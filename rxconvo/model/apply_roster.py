"""Changes of a conversation's map of participants.

Source: Conversations, participants; Sync, rule of order between events and reads.
"""

from __future__ import annotations

from rxconvo.errors import PayloadError, SyncError
from rxconvo.model.apply_typing import Typists
from rxconvo.model.events import Discontinuity, ParticipantJoined, ParticipantLeft, ParticipantUpdated, Topic
from rxconvo.model.journal import Journal
from rxconvo.model.objects import gone, reopened, wanted
from rxconvo.model.participant import Participant
from rxconvo.model.participant_data import ParticipantItem, merge_participant, new_participant, read_participant
from rxconvo.model.record import ConversationRecord, Handlers, Owner, Replicas, Role, Roster
from rxconvo.sync import (
    Discontinued,
    Established,
    ItemAdded,
    ItemRemoved,
    ItemsRead,
    ItemUpdated,
    Kind,
    Loaded,
    ObjectFailed,
    ObjectRemoved,
    Opened,
    Replica,
)

__all__ = ["Rosters"]


class Rosters:
    """Opens rosters and applies their changes.

    Args:
        replicas: Where maps come from.
        journal: Takes events and faults.
        typists: Hear who left, and when it is known who is there.
    """

    def __init__(self, replicas: Replicas, journal: Journal, typists: Typists) -> None:
        self._replicas = replicas
        self._journal = journal
        self._typists = typists
        self._handlers: Handlers = {
            Opened: self._ignore,
            Established: self._established,
            ItemAdded: self._added,
            ItemUpdated: self._updated,
            ItemRemoved: self._removed,
            ItemsRead: self._read,
            Loaded: self._loaded,
            Discontinued: self._discontinued,
            ObjectRemoved: self._object_removed,
            ObjectFailed: self._object_failed,
        }

    def open(self, record: ConversationRecord) -> None:
        """Want the participants of a conversation, as soon as their map's name is known."""
        roster = record.roster
        if roster is None or roster.error is not None:
            roster = record.roster = Roster()
        if roster.replica is not None or (record.roster_name is None and not record.document_known):
            return
        owner = Owner(Role.ROSTER, self._handlers, record=record)
        found = wanted(self._replicas, record.roster_name or "", Kind.MAP, owner, read_items=True)
        if isinstance(found, SyncError):
            roster.error = found
            self._journal.faults.append(found)
        else:
            roster.replica = found

    def close(self, record: ConversationRecord) -> None:
        """Release the participants of a conversation; those held would not be kept up to date any more."""
        roster = record.roster
        if roster is None:
            return
        self._typists.forget(roster)
        record.roster = None
        if roster.replica is not None:
            self._replicas.release(roster.replica)

    def _ignore(self, change: Opened[Owner]) -> None:
        """Take what says nothing about a roster yet."""

    def _established(self, change: Established[Owner]) -> None:
        found = _find(change.replica)
        if found is not None:
            found[1].ahead.clear()  # all events up to now have come

    def _added(self, change: ItemAdded[Owner]) -> None:
        found = _find(change.replica)
        if found is None:
            return
        record, roster = found
        sid = str(change.key)
        _see(roster, sid)
        participant = roster.get(sid)
        if participant is not None and roster.ahead.overtakes(sid, change.event_id):
            roster.ahead.told(sid)
            self._journal.events.append(ParticipantJoined(participant))
            return
        roster.ahead.arrived(sid)
        item = self._item(record, roster, change)
        if item is not None:
            participant = new_participant(item, sid, record.home)
            roster.put(participant)
            self._journal.events.append(ParticipantJoined(participant))

    def _updated(self, change: ItemUpdated[Owner]) -> None:
        found = _find(change.replica)
        if found is None:
            return
        record, roster = found
        sid = str(change.key)
        _see(roster, sid)
        if roster.ahead.overtakes(sid, change.event_id):
            return
        news = roster.ahead.arrived(sid)
        item = self._item(record, roster, change)
        if item is None:
            return
        before, after, reasons = _take(record, roster, sid, item)
        if before is None or reasons:
            self._journal.events.append(ParticipantUpdated(before, after, reasons))
        elif news:
            self._journal.events.append(ParticipantUpdated(None, after))

    def _removed(self, change: ItemRemoved[Owner]) -> None:
        found = _find(change.replica)
        if found is None:
            return
        _, roster = found
        sid = str(change.key)
        roster.ahead.arrived(sid)
        participant = roster.pop(sid)
        if participant is not None:
            self._journal.events.append(ParticipantLeft(participant))
            self._typists.end(participant, "left")

    def _read(self, change: ItemsRead[Owner]) -> None:
        found = _find(change.replica)
        if found is None:
            return
        record, roster = found
        for read in change.items:
            sid = str(read.key)
            _see(roster, sid)
            try:
                item = read_participant(read.data)
            except PayloadError as error:  # reading it anew would give the same
                self._journal.faults.append(PayloadError(f"participant {sid} of {record.sid}: {error}"))
                continue
            untold = roster.ahead.untold(sid)
            before, after, reasons = _take(record, roster, sid, item)
            if reasons and not untold:
                self._journal.events.append(ParticipantUpdated(before, after, reasons))
            if read.event_id > change.replica.last_event_id:
                roster.ahead[sid] = (read.event_id, before is not None and not untold)

    def _loaded(self, change: Loaded[Owner]) -> None:
        found = _find(change.replica)
        if found is None:
            return
        _, roster = found
        seen, roster.seen = roster.seen, None
        if seen is not None:
            for participant in [held for held in roster.participants if held.sid not in seen]:
                roster.pop(participant.sid)
                self._typists.end(participant, "left")
        self._typists.roster_loaded(roster)

    def _discontinued(self, change: Discontinued[Owner]) -> None:
        found = _find(change.replica)
        if found is not None:
            self._read_anew(*found, change.reason)

    def _read_anew(self, record: ConversationRecord, roster: Roster, reason: str) -> None:
        """Keep who is there until it is known who is there now."""
        roster.seen = set()
        roster.ahead.clear()
        self._journal.events.append(Discontinuity(Topic.PARTICIPANTS, record.sid, reason))

    def _item(
        self, record: ConversationRecord, roster: Roster, change: ItemAdded[Owner] | ItemUpdated[Owner]
    ) -> ParticipantItem | None:
        """Read the data of an event; where that fails the roster is read anew, once."""
        try:
            item = read_participant(change.data)
        except PayloadError as error:
            replica = reopened(change.replica, error, self._replicas, self._journal)
            if replica is not None:
                roster.replica = replica
                self._read_anew(record, roster, f"participant {change.key} could not be read")
            return None
        change.replica.owner.doubted = False
        return item

    def _object_removed(self, change: ObjectRemoved[Owner]) -> None:
        error = gone(change.replica)
        if self._end(change.replica, error) is not None and change.replica.sid is None:
            self._journal.faults.append(error)  # there never was one; another one goes with its conversation

    def _object_failed(self, change: ObjectFailed[Owner]) -> None:
        record = self._end(change.replica, change.error)
        if record is None:
            return
        self._journal.faults.append(change.error)
        if change.replica.sid is not None:  # it was open: what happens before it is opened again is missed
            self._journal.events.append(Discontinuity(Topic.PARTICIPANTS, record.sid, str(change.error)))

    def _end(self, replica: Replica[Owner], error: SyncError) -> ConversationRecord | None:
        """Take the end of a roster; returns whose it was, or None where it is of no interest any more."""
        found = _find(replica)
        if found is None:
            return None
        record, roster = found
        self._typists.end_roster(roster, "left")
        record.roster = Roster()
        record.roster.error = error
        return record


def _find(replica: Replica[Owner]) -> tuple[ConversationRecord, Roster] | None:
    """Return what a roster belongs to, or None where it is of no interest any more."""
    record = replica.owner.record
    roster = record.roster if record is not None else None
    if record is None or roster is None or roster.replica is not replica:
        return None
    return record, roster


def _see(roster: Roster, sid: str) -> None:
    if roster.seen is not None:
        roster.seen.add(sid)


def _take(
    record: ConversationRecord, roster: Roster, sid: str, item: ParticipantItem
) -> tuple[Participant | None, Participant, tuple[str, ...]]:
    """Hold a participant in its new version; returns it before and now, and what differs."""
    before = roster.get(sid)
    reasons: tuple[str, ...] = ()
    if before is None:
        after = new_participant(item, sid, record.home)
    else:
        after, reasons = merge_participant(before, item)
    roster.put(after)
    return before, after, reasons
