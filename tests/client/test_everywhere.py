"""One part of every conversation, over conversations that only know their parts."""

from __future__ import annotations

import asyncio
import gc
from typing import Any, cast

import pytest

from rxconvo.client.everywhere import Everywhere
from rxconvo.errors import ClosedError, SyncError
from rxconvo.model import Topic
from rxconvo.testing import settle


class Part:
    """A source that opens when it is told to, and counts its users."""

    def __init__(self) -> None:
        self.users = 0
        self.opening: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def acquire(self) -> asyncio.Future[None]:
        self.users += 1
        return self.opening

    def reopen(self) -> asyncio.Future[None]:
        if self.opening.done() and self.opening.exception() is not None:
            self.opening = asyncio.get_running_loop().create_future()
        return self.opening

    def release(self) -> None:
        self.users -= 1
        if not self.opening.done():
            self.opening.cancel()


class Talk:
    """A conversation with one part, or none."""

    def __init__(self, sid: str, *, has_part: bool = True) -> None:
        self.sid = sid
        self.part = Part()
        self._has_part = has_part
        self.asked: list[Topic] = []

    def source(self, topic: Topic) -> Part | None:
        self.asked.append(topic)
        return self.part if self._has_part else None


class Scene:
    """Some conversations, and what holds their parts."""

    def __init__(self) -> None:
        self.talks: list[Talk] = []
        self.everywhere = Everywhere(Topic.MESSAGES, lambda: cast("Any", self.talks), asyncio.get_running_loop())

    def join(self, sid: str, **kind: bool) -> Talk:
        talk = Talk(sid, **kind)
        self.talks.append(talk)
        self.everywhere.enter(cast("Any", talk))
        return talk

    def leave(self, talk: Talk) -> None:
        self.talks.remove(talk)
        self.everywhere.leave(talk.sid)


@pytest.fixture
async def scene() -> Scene:
    return Scene()


async def test_nothing_is_held_before_somebody_observes(scene: Scene) -> None:
    talk = scene.join("a")
    assert talk.part.users == 0


async def test_observing_holds_the_part_of_every_conversation_until_it_is_released(scene: Scene) -> None:
    talks = [scene.join(sid) for sid in "abc"]
    scene.everywhere.acquire()
    assert [talk.part.users for talk in talks] == [1, 1, 1]
    assert {topic for talk in talks for topic in talk.asked} == {Topic.MESSAGES}
    scene.everywhere.release()
    assert [talk.part.users for talk in talks] == [0, 0, 0]


async def test_it_is_open_when_every_part_is(scene: Scene) -> None:
    first, second = scene.join("a"), scene.join("b")
    opening = scene.everywhere.acquire()
    first.part.opening.set_result(None)
    await settle()
    assert not opening.done()
    second.part.opening.set_result(None)
    await settle()
    assert opening.result() is None


async def test_it_is_open_at_once_where_there_is_nothing_to_open(scene: Scene) -> None:
    scene.join("a", has_part=False)
    assert scene.everywhere.acquire().done()


async def test_a_conversation_that_comes_later_is_held_too(scene: Scene) -> None:
    scene.everywhere.acquire()
    talk = scene.join("a")
    assert talk.part.users == 1
    scene.everywhere.release()
    assert talk.part.users == 0


async def test_a_conversation_is_held_once_however_often_it_enters(scene: Scene) -> None:
    talk = scene.join("a")
    scene.everywhere.acquire()
    scene.everywhere.enter(cast("Any", talk))
    assert talk.part.users == 1


async def test_a_conversation_that_leaves_is_let_go_once(scene: Scene) -> None:
    talk = scene.join("a")
    scene.everywhere.acquire()
    scene.leave(talk)
    scene.everywhere.leave(talk.sid)
    assert talk.part.users == 0
    scene.everywhere.release()
    assert talk.part.users == 0


async def test_a_conversation_that_leaves_is_not_waited_for(scene: Scene) -> None:
    staying, going = scene.join("a"), scene.join("b")
    opening = scene.everywhere.acquire()
    scene.leave(going)
    staying.part.opening.set_result(None)
    await settle()
    assert opening.result() is None


async def test_a_conversation_that_is_gone_is_not_waited_for(scene: Scene) -> None:
    talk = scene.join("a")
    opening = scene.everywhere.acquire()
    talk.part.opening.set_exception(ClosedError("gone"))
    await settle()
    assert opening.result() is None


async def test_a_part_that_cannot_be_opened_fails_who_waits(scene: Scene) -> None:
    first, second = scene.join("a"), scene.join("b")
    opening = scene.everywhere.acquire()
    failure = SyncError("b", 403, None, "refused")
    second.part.opening.set_exception(failure)
    await settle()
    assert opening.exception() is failure
    first.part.opening.set_result(None)


async def test_a_later_part_that_cannot_be_opened_bothers_nobody(scene: Scene) -> None:
    scene.everywhere.acquire()
    talk = scene.join("a")
    talk.part.opening.set_exception(SyncError("a", 403, None, "refused"))
    await settle()
    gc.collect()  # the plugin fails this test if the loop was told of an exception


async def test_what_could_not_be_opened_is_tried_again_and_the_rest_stays_as_it_is(scene: Scene) -> None:
    first, second = scene.join("a"), scene.join("b")
    opening = scene.everywhere.acquire()
    first.part.opening.set_result(None)
    second.part.opening.set_exception(SyncError("b", 403, None, "refused"))
    await settle()
    assert opening.exception() is not None
    again = scene.everywhere.reopen()
    await settle()
    assert not again.done()
    second.part.opening.set_result(None)
    await settle()
    assert again.result() is None
    assert [first.part.users, second.part.users] == [1, 1]


async def test_releasing_ends_the_wait(scene: Scene) -> None:
    scene.join("a")
    opening = scene.everywhere.acquire()
    scene.everywhere.release()
    await settle()
    assert opening.cancelled()


async def test_it_can_be_taken_again(scene: Scene) -> None:
    talk = scene.join("a")
    talk.part.opening.set_result(None)
    for _ in range(2):
        opening = scene.everywhere.acquire()
        await settle()
        assert opening.result() is None
        scene.everywhere.release()
    assert talk.part.users == 0
