from __future__ import annotations

from typing import Any

import pytest

from rxconvo.errors import ClosedError, RejectedError
from rxconvo.testing import advance, settle


async def test_the_same_friendly_name_costs_no_request(room: Any) -> None:
    assert await room.mine.update_friendly_name("standup") is room.mine
    assert room.said() == []


@pytest.mark.parametrize("name", ["", "standup 2", "Ünïcode"])
async def test_a_friendly_name_is_what_everybody_sees(room: Any, name: str) -> None:
    await room.mine.update_friendly_name(name)
    assert room.mine.friendly_name == name
    await settle()
    assert room.theirs.friendly_name == name


async def test_the_same_unique_name_costs_no_request(room: Any) -> None:
    assert await room.mine.update_unique_name("standup") is room.mine
    assert room.said() == []


@pytest.mark.parametrize("none", [None, ""])
async def test_without_a_unique_name_it_is_free_for_others(room: Any, none: str | None) -> None:
    await room.mine.update_unique_name(none)
    assert room.mine.unique_name is None
    room.said()
    await room.mine.update_unique_name(none)
    assert room.said() == []
    await room.lobby.update_unique_name("standup")
    assert room.lobby.unique_name == "standup"


async def test_a_taken_unique_name_is_refused_and_nothing_changes(room: Any) -> None:
    told: list[Any] = []
    room.mine.updated.subscribe(told.append)
    with pytest.raises(RejectedError) as error:
        await room.mine.update_unique_name("lobby")
    assert (error.value.status, error.value.code) == (409, 50353)
    assert room.mine.unique_name == "standup"
    assert not told


@pytest.mark.parametrize("attributes", [{"a": {"b": [1, None, True, 1.5, "ü"]}}, [], "text", 7, None, False])
async def test_attributes_are_any_json(room: Any, attributes: Any) -> None:
    await room.mine.update_attributes(attributes)
    assert room.mine.attributes == attributes
    await settle()
    assert room.theirs.attributes == attributes


async def test_the_same_attributes_are_sent_again(room: Any) -> None:
    await room.mine.update_attributes({})
    assert len(room.said()) == 1


@pytest.mark.parametrize("level", ["muted", "default"])
async def test_the_notification_level_is_ones_own(room: Any, level: str) -> None:
    assert await room.mine.set_user_notification_level(level) is None
    assert room.mine.notification_level == level
    await settle()
    assert room.theirs.notification_level == "default"


class TestWithNothingWatched:
    """Where the properties are not known, nothing is taken for granted."""

    @pytest.fixture
    async def handle(self, room: Any) -> Any:
        client = await room.world.client("ada", watch="none")
        return client.find_conversation(room.mine.sid)

    async def test_removing_the_unique_name_is_sent(self, room: Any, handle: Any) -> None:
        await handle.update_unique_name(None)
        await settle()
        assert room.mine.unique_name is None

    async def test_who_observes_changes_sees_what_is_done_then(self, handle: Any) -> None:
        updated: list[Any] = []
        handle.updated.subscribe(updated.append)
        await handle.update_friendly_name("x")
        last = updated[-1]
        assert (last.before.friendly_name, last.after.friendly_name) == ("standup", "x")

    async def test_nothing_is_done_before_who_observes_can_see_it(self, room: Any, handle: Any) -> None:
        room.line.replying = room.silence("/Documents/")
        room.said()
        handle.updated.subscribe()
        handle.update_friendly_name("x").subscribe(on_error=lambda _: None)
        await advance(1)
        assert room.said() == []

    @pytest.mark.parametrize("act", ["update_friendly_name", "update_unique_name", "update_attributes"])
    async def test_nobody_waits_for_a_change_that_nothing_could_show(self, room: Any, handle: Any, act: str) -> None:
        asked_at = room.now
        assert await getattr(handle, act)("x") is handle
        assert room.now == asked_at
        await settle()
        assert getattr(room.mine, act.removeprefix("update_")) == "x"


class TestReadingAttributes:
    async def test_they_are_at_hand_where_the_document_is(self, room: Any) -> None:
        await room.mine.update_attributes({"floor": [3]})
        sent = len(room.line.sent)
        assert await room.mine.get_attributes() == {"floor": [3]}
        assert len(room.line.sent) == sent

    async def test_else_the_document_is_opened_first(self, room: Any) -> None:
        await room.mine.update_attributes({"floor": 3})
        bob = await room.world.client("bob", watch="none")
        theirs = bob.find_conversation(room.mine.sid)
        assert theirs.attributes == {}
        assert await theirs.get_attributes() == {"floor": 3}

    async def test_a_dead_handle_has_none(self, room: Any) -> None:
        await room.mine.leave()
        with pytest.raises(ClosedError):
            await room.mine.get_attributes()
