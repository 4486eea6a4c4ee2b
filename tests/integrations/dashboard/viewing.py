"""What a dashboard shows, beside what the service's store says."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from types import TracebackType
from typing import Any, Self

import msgspec
import orjson
from reactivex import Observable
from reactivex.abc import DisposableBase

from rxconvo import Client, DiffBatch
from rxconvo.integrations.dashboard import Desk, overview
from rxconvo.integrations.dashboard.overview import StreamRow
from rxconvo.integrations.dashboard.people import Person
from rxconvo.integrations.dashboard.rows import Row
from rxconvo.integrations.dashboard.vitals import Vitals
from rxconvo.model.diffs import apply
from rxconvo.server.storage import Transaction
from rxconvo.testing import World

DESK = Desk(grace=0.0)


class Shown:
    """Follows some streams, as a page does: lists are kept by their diffs, of all else the newest counts."""

    def __init__(self, topics: dict[str, Observable[Any]]) -> None:
        self.newest: dict[str, Any] = {}
        self.counts: dict[str, int] = dict.fromkeys(topics, 0)
        self.batches: list[DiffBatch[Any]] = []
        self.ended: list[str] = []
        self.errors: list[Exception] = []
        self._subscriptions: list[DisposableBase] = [
            stream.subscribe(partial(self._take, name), self.errors.append, partial(self.ended.append, name))
            for name, stream in topics.items()
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for subscription in self._subscriptions:
            subscription.dispose()
        assert kind is not None or not self.errors

    @property
    def rows(self) -> tuple[Row, ...]:
        found: tuple[Row, ...] = self.newest["rows"]
        return found

    @property
    def vitals(self) -> Vitals:
        found: Vitals = self.newest["vitals"]
        return found

    @property
    def people(self) -> dict[str, Person]:
        return {person.identity: person for person in self.newest["people"]}

    @property
    def streams(self) -> tuple[StreamRow, ...]:
        found: tuple[StreamRow, ...] = self.newest["streams"]
        return found

    def row(self, name: str) -> Row:
        (found,) = (row for row in self.rows if row.name == name)
        return found

    def _take(self, name: str, value: object) -> None:
        self.counts[name] += 1
        if isinstance(value, DiffBatch):
            self.batches.append(value)
            self.newest[name] = apply(self.newest.get(name, ()), value)
        else:
            self.newest[name] = value


def looking(client: Client, desk: Desk = DESK) -> Shown:
    """Look at everything of a client."""
    return Shown(dict(overview(client, desk)))


class Truth(msgspec.Struct, frozen=True):
    """A conversation by the store."""

    name: str
    unread: int
    last: tuple[str, str] | None
    members: int
    identities: frozenset[str]
    muted: bool


async def truth_of(world: World, identity: str) -> dict[str, Truth]:
    """Read what there is of an identity's conversations in the service's store, by sid."""

    def look(tx: Transaction) -> dict[str, Truth]:
        user = tx.user(identity)
        assert user is not None
        found: dict[str, Truth] = {}
        for member in tx.memberships(identity, limit=1_000):
            conversation = tx.conversation(member.conversation_sid)
            assert conversation is not None
            own = _data(tx, user.channels_id, conversation.sid)
            horizon = own["lastConsumedMessageIndex"]
            messages = [(item.key, orjson.loads(item.data)) for item in _all(tx, conversation.messages_id)]
            found[conversation.sid] = Truth(
                name=orjson.loads(tx.object(conversation.document_id).data)["friendlyName"],
                unread=sum(
                    message["author"] != identity and (horizon is None or index > horizon)
                    for index, message in messages
                ),
                last=(messages[-1][1]["author"], messages[-1][1]["text"]) if messages else None,
                members=len(tx.members(conversation.sid)),
                identities=frozenset(member.identity for member in tx.members(conversation.sid) if member.identity),
                muted=own["notificationLevel"] == "muted",
            )
        return found

    return await world.service.look(look)


def told(rows: Iterable[Row]) -> dict[str, tuple[Any, ...]]:
    """Return what rows say that the store says as well, by sid."""
    return {
        row.sid: (
            row.name,
            row.unread,
            None if row.last is None else (row.last.author, row.last.body),
            row.members,
            row.muted,
        )
        for row in rows
    }


async def check(world: World, shown: Shown, identity: str) -> dict[str, Truth]:
    """Compare what is shown with the store; nothing may be under way."""
    truth = await truth_of(world, identity)
    assert told(shown.rows) == {
        sid: (true.name, true.unread, true.last, true.members, true.muted) for sid, true in truth.items()
    }
    active = [row.active for row in shown.rows]
    assert active == sorted(active, reverse=True)
    assert shown.vitals.conversations == len(truth)
    assert shown.vitals.unread == sum(true.unread for true in truth.values() if not true.muted)
    assert {who: person.conversations for who, person in shown.people.items()} == {
        who: sum(who in true.identities for true in truth.values())
        for who in frozenset[str]().union(*(true.identities for true in truth.values()))
    }
    assert not shown.errors
    return truth


def _data(tx: Transaction, object_id: int, key: str) -> dict[str, Any]:
    item = tx.item(object_id, key)
    assert item is not None
    data: dict[str, Any] = orjson.loads(item.data)
    return data


def _all(tx: Transaction, object_id: int) -> list[Any]:
    page = tx.items(object_id, limit=10_000)
    assert not page.has_next
    return page.items
