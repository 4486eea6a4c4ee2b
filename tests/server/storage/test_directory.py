"""Conversations, members, users, and answers to mutations."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from rxconvo.errors import StoreError
from rxconvo.server.storage import (
    Purpose,
    Store,
    StoredConversation,
    StoredMember,
    StoredResult,
    StoredUser,
    Transaction,
    open_store,
)
from rxconvo.testing.ids import seeded_ids

if TYPE_CHECKING:
    from tests.server.storage.conftest import Desk

pytestmark = pytest.mark.real_time  # a thread lives in real time

AT = "2026-01-31T12:00:00.000Z"

Create = Callable[..., StoredConversation]


def member(conversation: int, participant: int, identity: str | None, binding: str | None = None) -> StoredMember:
    return StoredMember(f"CH{conversation}", f"MB{participant}", identity, binding, "RL1")


async def test_a_new_conversation_is_there_with_its_objects(desk: Desk) -> None:
    def look(tx: Transaction) -> list[tuple[Purpose, str, str, int, bytes]]:
        found = desk.conversation
        assert tx.conversation("CH1") == found
        objects = map(tx.object, (found.document_id, found.messages_id, found.roster_id))
        return [(one.purpose, one.sid, one.unique_name, one.last_event_id, one.data) for one in objects]

    assert await desk.do(look) == [
        (Purpose.DOCUMENT, "ET1", "CH1.channel", 1, b"{}"),
        (Purpose.MESSAGES, "ES1", "CH1.messages", 0, b""),
        (Purpose.ROSTER, "MP1", "CH1.roster", 0, b""),
    ]


async def test_unique_names(desk: Desk, make_conversation: Create) -> None:
    await desk.do(lambda tx: make_conversation(tx, 2, "lunch"))
    found = await desk.do(lambda tx: tx.conversation_by_unique_name("lunch"))
    assert found is not None
    assert found.sid == "CH2"
    with pytest.raises(StoreError, match="UNIQUE"):
        await desk.do(lambda tx: make_conversation(tx, 3, "lunch"))
    assert await desk.do(lambda tx: tx.find_object("CH3.channel")) is None, "what came before the error is undone"
    await desk.do(lambda tx: tx.set_unique_name("CH2", None))
    assert await desk.do(lambda tx: tx.conversation_by_unique_name("lunch")) is None
    await desk.do(lambda tx: tx.set_unique_name("CH1", "lunch"))
    assert await desk.do(lambda tx: tx.conversation("CH2")) is not None


async def test_a_removed_conversation_leaves_nothing(desk: Desk) -> None:
    def work(tx: Transaction) -> list[tuple[str, str, int]]:
        tx.add_member(member(1, 1, "ada"))
        tx.add_list_item(desk.messages, b"a", at=AT)
        before = len(tx.changes)
        tx.remove_conversation("CH1", at=AT)
        with pytest.raises(StoreError):
            tx.object(desk.messages)
        return [(change.event_type, change.object_sid, change.id) for change in tx.changes[before:]]

    assert await desk.do(work) == [
        ("map_removed", "MP1", 1),
        ("list_removed", "ES1", 2),
        ("document_removed", "ET1", 2),
    ]

    def look(tx: Transaction) -> list[object]:
        return [
            tx.conversation("CH1"),
            tx.member("CH1", "ada"),
            tx.find_object("ES1"),
            tx.find_object("CH1.roster"),
            tx.item(desk.messages, 0),
        ]

    assert await desk.do(look) == [None] * 5
    with pytest.raises(StoreError, match="no conversation CH1"):
        await desk.do(lambda tx: tx.remove_conversation("CH1", at=AT))


async def test_the_id_of_a_removed_object_is_not_used_again(desk: Desk, make_conversation: Create) -> None:
    def replace(tx: Transaction) -> int:
        tx.remove_conversation("CH1", at=AT)
        made = make_conversation(tx, 2)
        return min(made.document_id, made.messages_id, made.roster_id)

    assert await desk.do(replace) > max(desk.document, desk.messages, desk.roster)


async def test_the_items_of_a_long_conversation_go_little_by_little(url: str, make_conversation: Create) -> None:
    path = url.removeprefix("sqlite:")

    def left() -> int:
        with sqlite3.connect(path) as connection:
            (count,) = connection.execute(
                "SELECT (SELECT count(*) FROM item) + (SELECT count(*) FROM tombstone) + (SELECT count(*) FROM garbage)"
            ).fetchone()
        connection.close()
        return int(count)

    def fill(tx: Transaction) -> None:
        made = make_conversation(tx)
        for index in range(450):
            tx.add_list_item(made.messages_id, b"x", at=AT)
            if index % 3 == 0:
                tx.remove_item(made.messages_id, index, at=AT)
        tx.remove_conversation("CH1", at=AT)

    remaining: list[int] = []
    works: list[Callable[[Transaction], object]] = [fill, make_conversation, lambda tx: tx.set_unique_name("CH1", "a")]
    for work in works:
        store = await open_store(url, ids=seeded_ids(), at=AT, inline=True)
        await store.run(work, lambda _: None)
        await store.close()
        remaining.append(left())
    assert remaining[0] > remaining[1] > remaining[2] == 0


async def test_members(desk: Desk, make_conversation: Create) -> None:
    people = [member(1, 3, "ada"), member(1, 2, None, "sms:+1"), member(1, 1, "bob")]

    def work(tx: Transaction) -> None:
        make_conversation(tx, 2)
        for one in (*people, member(2, 4, "ada")):
            tx.add_member(one)

    await desk.do(work)
    assert await desk.do(lambda tx: tx.members("CH1")) == sorted(people, key=lambda one: one.participant_sid)
    assert await desk.do(lambda tx: tx.member("CH1", "ada")) == people[0]
    assert await desk.do(lambda tx: tx.member("CH1", "cleo")) is None
    assert await desk.do(lambda tx: tx.member_by_participant("CH1", "MB2")) == people[1]
    assert await desk.do(lambda tx: tx.member_by_participant("CH2", "MB2")) is None
    assert await desk.do(lambda tx: tx.member_by_binding("sms:+1")) == people[1]
    with pytest.raises(StoreError):
        await desk.do(lambda tx: tx.add_member(member(1, 5, "ada")))
    await desk.do(lambda tx: tx.remove_member("CH1", "MB3"))
    assert await desk.do(lambda tx: tx.member("CH1", "ada")) is None
    assert await desk.do(lambda tx: tx.member("CH2", "ada")) == member(2, 4, "ada")


async def test_memberships_come_in_pages(desk: Desk) -> None:
    def work(tx: Transaction) -> None:
        for number in (3, 1, 2, 5, 4):
            tx.add_member(member(number, number, "ada"))
        tx.add_member(member(1, 9, "bob"))

    await desk.do(work)
    starts = ("", "CH2", "CH4", "CH5")
    pages = await desk.do(lambda tx: [tx.memberships("ada", after=after, limit=2) for after in starts])
    assert [[one.conversation_sid for one in page] for page in pages] == [["CH1", "CH2"], ["CH3", "CH4"], ["CH5"], []]


async def test_users(desk: Desk) -> None:
    def create(tx: Transaction) -> StoredUser:
        return tx.create_user(identity="ada", sid="US1", info_sid="MPi", channels_sid="MPc", at=AT)

    user = await desk.do(create)
    assert await desk.do(lambda tx: tx.user("ada")) == user
    assert await desk.do(lambda tx: tx.user_by_sid("US1")) == user
    assert await desk.do(lambda tx: (tx.user("US1"), tx.user_by_sid("ada"))) == (None, None)
    info, channels = await desk.do(lambda tx: (tx.object(user.info_id), tx.object(user.channels_id)))
    assert (info.purpose, info.unique_name, info.identity) == (Purpose.USER_INFO, "US1.info", "ada")
    assert (channels.purpose, channels.unique_name, channels.identity) == (Purpose.CHANNELS, "ada.channels", "ada")
    with pytest.raises(StoreError):
        await desk.do(create)


class TestMutations:
    """Answers are kept per identity, in the mutation's own transaction, for as long as the caller says."""

    async def test_an_answer_is_repeated(self, store: Store) -> None:
        def work(tx: Transaction) -> StoredResult | None:
            assert tx.result("ada", "m1") is None
            tx.remember_result("ada", "m1", 201, b'{"index":0}', at=AT)
            return tx.result("ada", "m1")

        expected = StoredResult(201, b'{"index":0}')
        assert await store.run(work, lambda made: made) == expected
        assert await store.run(lambda tx: tx.result("ada", "m1"), lambda made: made) == expected

    async def test_ids_belong_to_an_identity(self, store: Store) -> None:
        await store.run(lambda tx: tx.remember_result("ada", "m1", 200, b"1", at=AT), lambda _: None)
        assert await store.run(lambda tx: tx.result("bob", "m1"), lambda made: made) is None

    async def test_the_first_answer_stays(self, store: Store) -> None:
        await store.run(lambda tx: tx.remember_result("ada", "m1", 200, b"1", at=AT), lambda _: None)
        await store.run(lambda tx: tx.remember_result("ada", "m1", 200, b"2", at=AT), lambda _: None)
        assert await store.run(lambda tx: tx.result("ada", "m1"), lambda made: made) == StoredResult(200, b"1")

    async def test_old_answers_are_purged(self, store: Store) -> None:
        def work(tx: Transaction) -> list[int]:
            for day in range(10, 20):
                tx.remember_result("ada", f"m{day}", 200, b"", at=f"2026-01-{day}T12:00:00.000Z")
            before = "2026-01-15T12:00:00.000Z"
            return [
                tx.purge_mutations(before, limit=3),
                tx.purge_mutations(before, limit=3),
                tx.purge_mutations(before),
            ]

        assert await store.run(work, lambda made: made) == [3, 2, 0]

        def look(tx: Transaction) -> list[bool]:
            return [tx.result("ada", f"m{day}") is not None for day in range(10, 20)]

        kept = await store.run(look, lambda made: made)
        assert kept == [False] * 5 + [True] * 5

    async def test_an_undone_work_leaves_no_answer(self, store: Store) -> None:
        def work(tx: Transaction) -> None:
            tx.remember_result("ada", "m1", 200, b"", at=AT)
            raise LookupError

        with pytest.raises(LookupError):
            await store.run(work, lambda made: made)
        assert await store.run(lambda tx: tx.result("ada", "m1"), lambda made: made) is None
