"""Whatever is done, in whichever groups, and whoever fails: the store says what a few dictionaries say.

A script is a list of groups of works; a work is a list of steps, and may raise at its end. Each work is compared with
the dictionaries before and after it has done its steps, each group when it is committed.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from rxconvo.server.storage import Key, Order, StoredConversation, Transaction, open_store
from rxconvo.server.storage.engine import Engine
from rxconvo.testing.ids import seeded_ids

AT = "2026-01-31T12:00:00.000Z"

Step = tuple[str, int]
Work = tuple[list[Step], bool, bool]  # what it does, whether it is looked at meanwhile, whether it fails
Script = list[list[Work]]

STEPS = ("send", "edit", "remove", "put", "leave", "rename", "answer", "replace")
steps = st.tuples(st.sampled_from(STEPS), st.integers(0, 4))
works = st.tuples(st.lists(steps, max_size=5), st.booleans(), st.sampled_from([False, False, True]))
scripts = st.lists(st.lists(works, max_size=4), max_size=6)


@dataclass
class Item:
    created: int
    last: int
    data: bytes


@dataclass
class Collection:
    """A list or map."""

    last: int = 0
    next: int = 0
    items: dict[Key, Item] = field(default_factory=dict)
    gone: dict[Key, int] = field(default_factory=dict)

    def put(self, key: Key, data: bytes) -> None:
        self.last += 1
        self.gone.pop(key, None)
        known = self.items.get(key)
        self.items[key] = Item(known.created if known else self.last, self.last, data)

    def remove(self, key: Key) -> None:
        if key in self.items:
            self.last += 1
            del self.items[key]
            self.gone[key] = self.last

    def replay(self, event_id: int) -> list[tuple[str, int, Key]]:
        """List what a replica has missed, by the table of the protocol."""
        changes = [("removed", last, key) for key, last in self.gone.items() if last > event_id]
        for key, item in self.items.items():
            if item.last > event_id:
                changes.append(("added" if item.created > event_id else "updated", item.last, key))
        return sorted(changes, key=lambda change: change[1])

    def page(self, start: Key | None, order: Order, limit: int) -> tuple[list[Key], bool, bool]:
        """Return the keys of a page, and whether there is more after and before it."""
        keys = sorted(self.items, reverse=order == "desc")  # never both kinds of key in one
        before = [
            key
            for key in keys
            if start is not None and (key < start if order == "asc" else key > start)  # type: ignore[operator]
        ]
        rest = keys[len(before) :]
        return rest[:limit], len(rest) > limit, bool(before)


@dataclass
class Model:
    """One conversation and the answers to its mutations."""

    number: int = 1
    data: bytes = b"{}"
    document: int = 1
    messages: Collection = field(default_factory=Collection)
    roster: Collection = field(default_factory=Collection)
    answers: dict[str, int] = field(default_factory=dict)


def create(tx: Transaction, number: int) -> StoredConversation:
    return tx.create_conversation(
        sid=f"CH{number}",
        document_sid=f"ET{number}",
        messages_sid=f"ES{number}",
        roster_sid=f"MP{number}",
        unique_name=None,
        created_by="ada",
        access="private",
        data=b"{}",
        at=AT,
    )


def found(tx: Transaction, model: Model) -> StoredConversation:
    conversation = tx.conversation(f"CH{model.number}")
    assert conversation is not None
    return conversation


def apply(tx: Transaction, model: Model, step: Step) -> None:
    """Do one thing to both."""
    what, number = step
    conversation = found(tx, model)
    messages, roster, key, data = conversation.messages_id, conversation.roster_id, f"MB{number}", b"%d" % number
    match what:
        case "send":
            tx.add_list_item(messages, data, at=AT, name=f"IM{model.messages.next}")
            model.messages.put(model.messages.next, data)
            model.messages.next += 1
        case "edit" if number in model.messages.items:
            tx.update_item(messages, number, data + b"!", at=AT)
            model.messages.put(number, data + b"!")
        case "remove":
            removed = tx.remove_item(messages, number, at=AT)
            assert (removed is not None) == (number in model.messages.items)
            model.messages.remove(number)
        case "put":
            tx.put_map_item(roster, key, data, at=AT)
            model.roster.put(key, data)
        case "leave":
            tx.remove_item(roster, key, at=AT)
            model.roster.remove(key)
        case "rename":
            tx.update_document(conversation.document_id, data, at=AT)
            model.data = data
            model.document += 1
        case "answer":
            tx.remember_result("ada", key, number, data, at=AT)
            model.answers.setdefault(key, number)
        case "replace":
            tx.remove_conversation(conversation.sid, at=AT)
            model.number += 1
            model.data, model.document, model.messages, model.roster = b"{}", 1, Collection(), Collection()
            create(tx, model.number)


def compare(tx: Transaction, model: Model) -> None:
    """Ask for everything that can be asked for."""
    conversation = found(tx, model)
    assert tx.conversation(f"CH{model.number - 1}") is None
    document = tx.object(conversation.document_id)
    assert (document.data, document.last_event_id) == (model.data, model.document)
    for number in range(5):
        result = tx.result("ada", f"MB{number}")
        assert (None if result is None else result.status) == model.answers.get(f"MB{number}")
    for index in range(-2, 8):
        unread = sum(isinstance(key, int) and key > index for key in model.messages.items)
        assert tx.count_after(conversation.messages_id, index) == unread
    for key in model.messages.items:
        named = tx.item_by_name(conversation.messages_id, f"IM{key}")
        assert named is not None
        assert named.key == key
    compare_collection(tx, conversation.messages_id, model.messages, [None, *range(-1, 7)])
    compare_collection(tx, conversation.roster_id, model.roster, [None, "", *(f"MB{number}" for number in range(6))])


def compare_collection(tx: Transaction, object_id: int, model: Collection, starts: Sequence[Key | None]) -> None:
    stored = tx.object(object_id)
    assert (stored.last_event_id, stored.next_index, stored.count) == (model.last, model.next, len(model.items))
    for key, item in model.items.items():
        at = tx.item(object_id, key)
        assert at is not None
        assert (at.created_id, at.last_event_id, at.data) == (item.created, item.last, item.data)
    assert all(tx.item(object_id, key) is None for key in model.gone)
    newest = tx.newest_item(object_id)
    assert ([] if newest is None else [newest.key]) == model.page(None, "desc", 1)[0]
    orders: tuple[Order, Order] = ("asc", "desc")
    for order in orders:
        for start in starts:
            page = tx.items(object_id, start=start, order=order, limit=2)
            seen = [item.key for item in page.items], page.has_next, page.has_previous
            assert seen == model.page(start, order, 2)
    for event_id in range(-1, model.last + 1):
        replay = tx.changes_after(object_id, event_id)
        told = [(change.event_type.rpartition("_")[2], change.id, change.key) for change in replay.changes]
        assert told == model.replay(event_id)


class Failure(Exception):  # noqa: N818 - it is none
    """What a work raises that is meant to fail."""


class Act:
    """A work of a script, on whichever transaction it gets."""

    def __init__(self, work: Work, model: list[Model]) -> None:
        self.steps, self.watched, self.fails = work
        self.model = model
        self.error: BaseException | None = None

    def perform(self, transaction: Transaction) -> None:
        model = deepcopy(self.model[0])
        for step in self.steps:
            if self.watched:  # which has all that waits to be inserted be inserted
                compare(transaction, model)
            apply(transaction, model, step)
        if self.watched:
            compare(transaction, model)
        if self.fails:
            raise Failure
        self.model[0] = model


def check(act: Act, error: object) -> None:
    """Fail unless an act ended as it should."""
    if isinstance(error, BaseException) and not isinstance(error, Failure):
        raise error
    assert isinstance(error, Failure) == act.fails


@given(scripts)
@example([[([("replace", 0)], False, True), ([("replace", 0), ("send", 0)], True, False)]])
@example([[([("send", 0)], False, False), ([("edit", 0), ("send", 0)], False, True), ([("send", 0)], True, False)]])
def test_groups_of_works(script: Script) -> None:
    engine = Engine(None, ids=seeded_ids(), at=AT)
    model = [Model()]
    first = Act(([], False, False), model)
    first.perform = lambda transaction: [create(transaction, 1)].clear()  # type: ignore[method-assign]
    for group in [[first], *([Act(work, model) for work in group] for group in script)]:
        if engine.perform(group):
            engine.commit(group)
        for act in group:
            check(act, act.error)
        look = Act(([], True, False), model)
        assert not engine.perform([look]), "looking changes nothing"
        check(look, look.error)
    engine.close()


@settings(max_examples=12)
@given(scripts)
def test_the_thread_and_the_file(script: Script) -> None:
    model = [Model()]

    def run(act: Act) -> Callable[[Transaction], None]:
        return act.perform

    async def play(url: str) -> None:
        store = await open_store(url, ids=seeded_ids(), at=AT, max_group=3)
        await store.run(lambda tx: create(tx, 1), lambda _: None)
        for group in script:
            acts = [Act(work, model) for work in group]
            calls = [store.run(run(act), lambda _: None) for act in acts]
            for act, error in zip(acts, await asyncio.gather(*calls, return_exceptions=True), strict=True):
                check(act, error)
        await store.close()
        again = await open_store(url, ids=seeded_ids(), at=AT)
        await again.run(lambda tx: compare(tx, model[0]), lambda _: None)
        await again.close()

    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(play(f"sqlite:{Path(directory) / 'chat.db'}"))
