"""What the service has told on a line that never failed, and whether what somebody observed is the same story."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson

import rxconvo
from rxconvo.wire.codec import decode
from rxconvo.wire.packets import Notification

MESSAGES, ROSTER, DOCUMENT = "messages", "roster", "channel"
ADDED, UPDATED, REMOVED = "added", "updated", "removed"

_OWN = {"lastReadMessageIndex", "notificationLevel"}  # of a conversation: what each member has for itself


class Entry(NamedTuple):
    """One change of one item, as the service has told it or as an observer was told of it."""

    kind: str
    key: int | str
    value: tuple[Any, ...]
    id: int = 0


class History:
    """The changes of a conversation's objects, in the order in which the service made them.

    Args:
        received: What the service has sent on a line that never failed, to somebody who was subscribed to everything.
        sid: The conversation.
    """

    def __init__(self, received: Iterable[bytes], sid: str) -> None:
        self.of: dict[str, list[Entry]] = {MESSAGES: [], ROSTER: [], DOCUMENT: []}
        for message in received:
            packet = decode(message)
            if isinstance(packet, Notification) and packet.message_type == "twilio.sync.event":
                payload = orjson.loads(packet.payload)
                if "correlation_id" not in payload:
                    self._take(payload, sid)

    def last_id(self, name: str) -> int:
        return self.of[name][-1].id if self.of[name] else -1

    def _take(self, payload: dict[str, Any], sid: str) -> None:
        holder, _, kind = payload["event_type"].partition("_")
        kind = kind.removeprefix("item_")
        for event in payload["events"]:
            of, _, name = event.get(f"{holder}_unique_name", "").partition(".")
            if of != sid:
                continue
            key = event.get("item_index", event.get("item_key", ""))
            data = event.get("item_data" if holder != "document" else "document_data", {})
            value = () if kind == REMOVED else _value(name, data)
            self.of[name].append(Entry(kind, key, value, event["id"]))


def _value(name: str, data: dict[str, Any]) -> tuple[Any, ...]:
    if name == MESSAGES:
        return data["text"], data["attributes"]
    if name == ROSTER:
        return data["identity"], data["attributes"]
    return data["friendlyName"], data["attributes"]


def told(event: object) -> Entry | None:
    """Say of an event what `History` says of the change that it tells of."""
    entry: Entry | None = None
    match event:
        case rxconvo.MessageAdded(message=message):
            entry = Entry(ADDED, message.index, (message.body, message.attributes_json))
        case rxconvo.MessageUpdated(after=message):
            entry = Entry(UPDATED, message.index, (message.body, message.attributes_json))
        case rxconvo.MessageRemoved(index=index):
            entry = Entry(REMOVED, index, ())
        case rxconvo.ParticipantJoined(participant=someone):
            entry = Entry(ADDED, someone.sid, (someone.identity, someone.attributes_json))
        case rxconvo.ParticipantUpdated(after=someone):
            entry = Entry(UPDATED, someone.sid, (someone.identity, someone.attributes_json))
        case rxconvo.ParticipantLeft(participant=someone):
            entry = Entry(REMOVED, someone.sid, ())
        case rxconvo.ConversationUpdated(after=state, reasons=reasons) if not _OWN.issuperset(reasons):
            entry = Entry(UPDATED, "", (state.friendly_name, state.attributes_json))
        case _:
            pass
    return entry


def violations(entries: list[Entry], events: Iterable[object], *, since: int, surely: int, missed: bool) -> list[str]:
    """Compare what an observer of one object was told with what the service has told of it.

    Args:
        entries: The object's changes.
        events: What the observer was told.
        since: Nothing up to this id may be told: it came before the observer subscribed.
        surely: Everything above this id must be told: it came when the source was open.
        missed: Whether the connection was lost in between, so that changes may be told merged.
    """
    found: list[str] = []
    seen: list[Entry] = []
    reached = since
    for entry in filter(None, map(told, events)):
        match = next((one for one in entries if one.id > reached and one[1:3] == entry[1:3]), None)
        if match is None:
            found.append(f"{entry} is told again, too late, or never was (after {reached})")
            continue
        reached = match.id
        seen.append(entry._replace(id=match.id))
    for key in {entry.key for entry in entries}:
        life = [entry for entry in entries if entry.key == key]
        witnessed = [entry for entry in seen if entry.key == key]
        found += _life_violations(key, life, witnessed, surely)
    if not missed:
        wanted = [entry for entry in entries if entry.id > surely]
        got = [entry for entry in seen if entry.id > surely]
        found += [f"{entry} is told by nobody" for entry in wanted if entry not in got]
    return found


def _life_violations(key: int | str, life: list[Entry], witnessed: list[Entry], surely: int) -> list[str]:
    """Compare all that was told of one item with all that happened to it."""
    kinds = [entry.kind for entry in witnessed]
    last = life[-1]
    found: list[str] = []
    if kinds.count(ADDED) > 1 or kinds.count(REMOVED) > 1 or REMOVED in kinds[:-1] or ADDED in kinds[1:]:
        found.append(f"{key} is told as {kinds}")
    if life[0].kind == ADDED and life[0].id > surely and kinds and kinds[0] == UPDATED:
        found.append(f"{key} was new and is told as {kinds}")
    if last.id <= surely:
        return found
    if last.kind != REMOVED and (not witnessed or witnessed[-1].value != last.value):
        found.append(f"{key} ends as {last} and is told as {witnessed[-1:]}")
    if last.kind == REMOVED and REMOVED not in kinds and (kinds or life[0].kind != ADDED):
        found.append(f"{key} is gone and is told as {kinds}")
    return found
