from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rxconvo.client.conversation.sources import Both, all_of
from rxconvo.errors import ClosedError, SyncError
from rxconvo.testing import advance, settle


def future() -> asyncio.Future[None]:
    return asyncio.get_running_loop().create_future()


def joint(*futures: asyncio.Future[None]) -> asyncio.Future[None]:
    return all_of(list(futures), asyncio.get_running_loop())


class TestAllOf:
    async def test_it_is_done_with_the_last(self) -> None:
        first, second = future(), future()
        whole = joint(first, second)
        second.set_result(None)
        await settle()
        assert not whole.done()
        first.set_result(None)
        await settle()
        assert whole.result() is None

    async def test_of_none_it_is_done_at_once(self) -> None:
        assert joint().done()

    async def test_the_first_error_is_its_own(self) -> None:
        first, second = future(), future()
        whole = joint(first, second)
        second.set_exception(ClosedError("second"))
        await settle()
        first.set_exception(ClosedError("first"))
        await settle()
        with pytest.raises(ClosedError, match="second"):
            whole.result()
        assert str(first.exception()) == "first"

    async def test_with_one_cancelled_it_is_cancelled_and_the_others_are_not(self) -> None:
        first, second = future(), future()
        whole = joint(first, second)
        first.cancel()
        await settle()
        assert whole.cancelled()
        assert not second.done()

    async def test_cancelling_it_cancels_none_of_them(self) -> None:
        first = future()
        whole = joint(first)
        whole.cancel()
        await settle()
        assert not first.done()
        first.set_result(None)
        await settle()
        assert whole.cancelled()


class Parts:
    """What a part's users do, and what the service has of it."""

    def __init__(self, room: Any) -> None:
        self.room = room
        self.part: Any = room.mine._list
        self.before = room.subscriptions()

    async def visit(self) -> None:
        async with self.part.visit():
            raise AssertionError("it cannot stand yet")

    @property
    def open(self) -> int:
        opened: int = self.room.subscriptions() - self.before
        return opened


@pytest.fixture
def parts(room: Any) -> Parts:
    return Parts(room)


class TestPart:
    async def test_it_is_open_from_its_first_user_to_its_last(self, parts: Parts) -> None:
        first = parts.part.acquire()
        assert parts.part.acquire() is first
        await first
        await settle()
        assert parts.open == 1
        parts.part.release()
        await settle()
        assert parts.open == 1
        parts.part.release()
        await advance(1)
        assert parts.open == 0

    async def test_it_is_opening_until_it_stands(self, parts: Parts) -> None:
        assert not parts.part.opening
        opening = parts.part.acquire()
        assert parts.part.opening is opening
        await opening
        assert not parts.part.opening
        parts.part.release()

    async def test_given_up_before_it_stands_it_is_cancelled(self, parts: Parts) -> None:
        opening = parts.part.acquire()
        parts.part.release()
        assert opening.cancelled()
        await advance(1)
        assert parts.open == 0

    async def test_wanted_again_at_once_it_is_opened_again(self, parts: Parts) -> None:
        parts.part.acquire()
        parts.part.release()
        await parts.part.acquire()
        await settle()
        assert parts.open == 1
        parts.part.release()

    async def test_after_a_failure_the_next_user_tries_again(self, room: Any, parts: Parts) -> None:
        room.line.replying = room.missing("/Lists/")
        failed = parts.part.acquire()
        with pytest.raises(SyncError):
            await failed
        room.line.replying = lambda _: None
        again = parts.part.acquire()
        assert again is not failed
        await again
        parts.part.release()
        parts.part.release()
        await advance(1)
        assert parts.open == 0

    async def test_it_can_be_tried_again_without_another_user(self, room: Any, parts: Parts) -> None:
        room.line.replying = room.missing("/Lists/")
        with pytest.raises(SyncError):
            await parts.part.acquire()
        room.line.replying = lambda _: None
        opening = parts.part.reopen()
        await opening
        assert parts.part.reopen() is opening
        parts.part.release()
        await advance(1)
        assert parts.open == 0

    async def test_a_visit_keeps_it_open_for_a_while(self, room: Any, parts: Parts) -> None:
        async with parts.part.visit():
            assert room.ada._context.store.messages_open(room.mine._record)
        linger = room.ada._context.options.linger
        await advance(linger * 0.9)
        assert parts.open == 1
        await advance(linger)
        assert parts.open == 0

    async def test_a_visit_that_is_given_up_does_no_harm_to_others(self, room: Any, parts: Parts) -> None:
        opening = parts.part.acquire()
        visitor = asyncio.ensure_future(parts.visit())
        await asyncio.sleep(0)
        visitor.cancel()
        await opening
        await advance(5)
        assert visitor.cancelled()
        assert parts.open == 1
        parts.part.release()

    async def test_a_visit_that_is_given_up_leaves_nothing(self, room: Any, parts: Parts) -> None:
        release = room.hold()  # that it is open
        visitor = asyncio.ensure_future(parts.visit())
        await advance(1)
        visitor.cancel()
        await advance(5)
        assert not room.ada._context.driver.waits
        release()
        await advance(1)
        assert parts.open == 0

    async def test_of_a_conversation_that_is_gone_it_is_closed(self, room: Any, parts: Parts) -> None:
        await room.mine.leave()
        with pytest.raises(ClosedError):
            await parts.part.acquire()
        parts.part.release()


class TestBoth:
    async def test_it_opens_and_closes_both(self, room: Any, parts: Parts) -> None:
        both = Both(room.mine._list, room.mine._roster, asyncio.get_running_loop())
        await both.acquire()
        await settle()
        assert parts.open == 2
        both.release()
        await advance(1)
        assert parts.open == 0

    async def test_it_fails_with_either(self, room: Any, parts: Parts) -> None:
        room.line.replying = room.missing("/Maps/")
        both = Both(room.mine._list, room.mine._roster, asyncio.get_running_loop())
        with pytest.raises(SyncError, match="roster"):
            await both.acquire()
        both.release()
