"""The store as such: groups, order, cancellation, bounds, closing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pytest

from rxconvo.errors import ClosedError, StoreError
from rxconvo.server.storage import Key, SqliteStore, Store, StoredConversation, Transaction, open_store
from rxconvo.server.storage.engine import Engine, Job
from rxconvo.testing.ids import seeded_ids

if TYPE_CHECKING:
    from tests.server.storage.conftest import Desk

pytestmark = pytest.mark.real_time  # a thread lives in real time

AT = "2026-01-31T12:00:00.000Z"


async def open_writer(url: str, *, max_waiting: int = 1000, max_group: int = 100) -> SqliteStore:
    return await open_store(url, ids=seeded_ids(), at=AT, max_waiting=max_waiting, max_group=max_group)


def sizes(store: Store) -> dict[str, int]:
    """Return the sizes of the store's files."""
    assert store.path is not None
    return {path.name: path.stat().st_size for path in store.path.parent.iterdir()}


async def texts(desk: Desk) -> list[str]:
    page = await desk.do(lambda tx: tx.items(desk.messages, limit=1000))
    return [item.data.decode() for item in page.items]


def sending(desk: Desk, text: str, error: BaseException | None = None) -> Callable[[Transaction], int]:
    def work(tx: Transaction) -> int:
        tx.remember_result("ada", text, 201, b"", at=AT)
        tx.put_map_item(desk.roster, "MB1", text.encode(), at=AT)
        item = tx.add_list_item(desk.messages, text.encode(), at=AT)
        if error is not None:
            raise error
        assert isinstance(item.key, int)
        return item.key

    return work


class TestGroups:
    """Works that wait together are committed together; each stands and falls alone."""

    async def test_a_work_that_fails_harms_no_other(self, desk: Desk) -> None:
        error = LookupError("no")
        works = [sending(desk, str(number), error if number in (0, 3, 4) else None) for number in range(7)]
        found = await asyncio.gather(*map(desk.do, works), return_exceptions=True)
        assert found == [error, 0, 1, error, error, 2, 3]
        assert await texts(desk) == ["1", "2", "5", "6"]

        def look(tx: Transaction) -> tuple[list[bool], int, int, bytes | None]:
            kept = [tx.result("ada", str(number)) is not None for number in range(7)]
            item = tx.item(desk.roster, "MB1")
            counted = tx.object(desk.messages).last_event_id, tx.object(desk.roster).last_event_id
            return kept, *counted, None if item is None else item.data

        assert await desk.do(look) == ([False, True, True, False, False, True, True], 4, 4, b"6")

    async def test_many_works_need_few_commits(
        self, url: str, monkeypatch: pytest.MonkeyPatch, make_conversation: Callable[..., StoredConversation]
    ) -> None:
        groups: list[int] = []
        commit = Engine.commit

        def counting(self: Engine, jobs: Sequence[Job]) -> None:
            groups.append(len(jobs))
            commit(self, jobs)

        store = await open_writer(url)
        made = await store.run(make_conversation, lambda made: made)
        monkeypatch.setattr(Engine, "commit", counting)

        def send(tx: Transaction) -> None:
            tx.add_list_item(made.messages_id, b"", at=AT)

        await asyncio.gather(*(store.run(send, lambda _: None) for _ in range(250)))
        await store.close()
        assert groups == [100, 100, 50]

    async def test_works_see_those_before_them_though_not_committed(self, desk: Desk) -> None:
        found = await asyncio.gather(
            desk.send("a"),
            desk.do(lambda tx: [item.data for item in tx.items(desk.messages).items]),
            desk.edit(0, "b"),
            desk.do(lambda tx: [item.data for item in tx.items(desk.messages).items]),
            desk.send("c"),
            desk.do(lambda tx: tx.item(desk.messages, 1)),
        )
        assert (found[1], found[3]) == ([b"a"], [b"b"])
        assert found[5] == found[4][0]

    async def test_reading_writes_nothing(self, url: str, make_conversation: Callable[..., StoredConversation]) -> None:
        store = await open_writer(url)
        made = await store.run(make_conversation, lambda made: made)
        before = sizes(store)
        await store.run(lambda tx: tx.items(made.messages_id), lambda _: None)
        assert sizes(store) == before
        await store.run(lambda tx: tx.add_list_item(made.messages_id, b"", at=AT), lambda _: None)
        assert sizes(store) != before
        await store.close()

    async def test_what_cannot_be_stored_fails_alone(self, desk: Desk) -> None:
        half = "\ud800"  # of a surrogate pair: no UTF-8 can say it
        works: list[Callable[[Transaction], object]] = [
            sending(desk, "a"),
            lambda tx: tx.remember_result("ada", half, 200, b"", at=AT),
            lambda tx: tx.add_list_item(desk.messages, b"", at=AT, name=half),
            lambda tx: tx.put_map_item(desk.roster, half, b"", at=AT),
            sending(desk, "b"),
        ]
        found = await asyncio.gather(*map(desk.do, works), return_exceptions=True)
        assert [type(one) for one in found] == [int, *[UnicodeEncodeError] * 3, int]

    async def test_a_lost_transaction_fails_as_a_whole(self, desk: Desk) -> None:
        def lose(tx: Transaction) -> None:
            tx._connection.execute("ROLLBACK")  # type: ignore[attr-defined]  # as some errors of SQLite do by themselves

        together = [desk.do(sending(desk, "a")), desk.do(lose), desk.do(sending(desk, "b"))]
        found = await asyncio.gather(*together, return_exceptions=True)
        assert isinstance(found[1], StoreError)
        survivors = [text for text, outcome in zip("a-b", found, strict=True) if not isinstance(outcome, StoreError)]
        assert await texts(desk) == survivors, "who is told of a failure has changed nothing, and the others have"
        await desk.send("c")
        assert await texts(desk) == [*survivors, "c"]


class TestThen:
    """What follows a commit."""

    async def test_it_comes_in_the_order_of_the_calls(self, store: Store) -> None:
        order: list[int] = []
        works = (store.run(lambda _, number=number: number, order.append) for number in range(300))  # type: ignore[misc]
        await asyncio.gather(*works)
        assert order == list(range(300))

    async def test_reads_and_changes_keep_their_order(self, desk: Desk) -> None:
        order: list[str] = []

        def count(tx: Transaction) -> int:
            return tx.object(desk.messages).count

        async def read(name: str) -> None:
            await desk.store.run(count, lambda count: order.append(f"{name}{count}"))

        async def write(name: str) -> None:
            await desk.store.run(sending(desk, name), lambda index: order.append(f"{name}{index}"))

        await asyncio.gather(write("w"), read("r"), write("w"), read("r"), read("r"))
        assert order == ["w0", "r1", "w1", "r2", "r2"]

    async def test_its_error_reaches_the_caller_and_the_change_stays(self, desk: Desk) -> None:
        def fail(_: object) -> None:
            raise LookupError

        after: list[int] = []
        found = await asyncio.gather(
            desk.store.run(sending(desk, "a"), fail),
            desk.store.run(sending(desk, "b"), after.append),
            return_exceptions=True,
        )
        assert isinstance(found[0], LookupError)
        assert after == [1]
        assert await texts(desk) == ["a", "b"]

    async def test_what_it_returns_is_returned(self, store: Store) -> None:
        assert await store.run(lambda _: 20, lambda made: made + 1) == 21

    @pytest.mark.parametrize("error", [KeyError("x"), StopIteration(), KeyboardInterrupt()])
    async def test_errors_of_works_reach_the_caller(self, store: Store, error: BaseException) -> None:
        def fail(_: Transaction) -> None:
            raise error

        with pytest.raises(BaseException) as caught:  # noqa: PT011 - that is the point
            await store.run(fail, lambda _: None)
        assert error in (caught.value, caught.value.__cause__)
        assert await store.run(lambda _: 1, lambda made: made) == 1


class TestCancellation:
    """It undoes nothing."""

    async def test_what_was_taken_happens_all_the_same(
        self, url: str, make_conversation: Callable[..., StoredConversation]
    ) -> None:
        store = await open_writer(url)
        made = await store.run(make_conversation, lambda made: made)
        published: list[object] = []
        task = asyncio.create_task(
            store.run(lambda tx: tx.add_list_item(made.messages_id, b"", at=AT), published.append)
        )
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await store.run(lambda tx: tx.object(made.messages_id).count, lambda count: count) == 1
        assert len(published) == 1
        await store.close()

    async def test_what_waits_for_room_is_withdrawn(self, url: str) -> None:
        store = await open_writer(url, max_waiting=1)
        ran: list[int] = []
        tasks = [asyncio.create_task(store.run(lambda _, n=n: ran.append(n), lambda _: None)) for n in range(3)]  # type: ignore[misc]
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.wait(tasks)
        await store.close()
        assert ran == [0, 2]

    async def test_an_error_that_nobody_waits_for_is_reported(self, url: str) -> None:
        store = await open_writer(url)
        error = LookupError("published wrongly")

        def fail(_: None) -> None:
            raise error

        reported: list[object] = []
        loop = asyncio.get_running_loop()
        handler = loop.get_exception_handler()
        loop.set_exception_handler(lambda _, context: reported.append(context["exception"]))
        task = asyncio.create_task(store.run(lambda _: None, fail))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        await store.close()
        loop.set_exception_handler(handler)
        assert reported == [error]


async def test_only_so_many_wait(url: str) -> None:
    store = await open_writer(url, max_waiting=3, max_group=2)
    order: list[int] = []
    await asyncio.gather(*(store.run(lambda _, n=n: n, order.append) for n in range(20)))  # type: ignore[misc]
    await store.close()
    assert order == list(range(20))


class TestClosing:
    """What was taken is kept, the rest is told, nothing is left."""

    async def test_nothing_runs_afterwards(self, store: Store) -> None:
        await store.close()
        await store.close()
        with pytest.raises(ClosedError):
            await store.run(lambda _: None, lambda _: None)

    async def test_what_was_taken_is_kept(self, url: str, make_conversation: Callable[..., StoredConversation]) -> None:
        store = await open_writer(url, max_group=2, max_waiting=5)
        made = await store.run(make_conversation, lambda made: made)

        def send(tx: Transaction) -> Key:
            return tx.add_list_item(made.messages_id, b"", at=AT).key

        calls = [asyncio.create_task(store.run(send, lambda key: key)) for _ in range(8)]
        await asyncio.sleep(0)
        await asyncio.gather(store.close(), store.close())
        found = await asyncio.gather(*calls, return_exceptions=True)
        assert found[:5] == [0, 1, 2, 3, 4]
        assert [type(one) for one in found[5:]] == [ClosedError] * 3
        again = await open_writer(url)
        assert await again.run(lambda tx: tx.object(made.messages_id).count, lambda count: count) == 5
        await again.close()

    async def test_nothing_is_left(self, url: str) -> None:
        # Threads and descriptors: the checks around each test look for those.
        store = await open_writer(url)
        assert any(thread.name == "rxconvo-writer" for thread in threading.enumerate())
        await store.run(lambda tx: tx.remember_result("ada", "m", 200, b"", at=AT), lambda _: None)
        assert list(sizes(store)) != ["chat.db"], "the log is a file of its own"
        await store.close()
        assert not any(thread.name == "rxconvo-writer" for thread in threading.enumerate())
        assert list(sizes(store)) == ["chat.db"], "all of the log was taken over"

    async def test_a_cancelled_close_closes(self, url: str) -> None:
        store = await open_writer(url)
        task = asyncio.create_task(store.close())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        await store.close()
        await (await open_writer(url)).close()
