"""Observers that raise fail their test, unless it says that they may."""

from __future__ import annotations

import logging

import pytest
from reactivex import operators as ops

import rxconvo
from rxconvo.testing import UnheardError, World, advance, no_observer_raises, observers_may_raise, run, settle


def fail(_: object) -> None:
    raise LookupError("no")


async def test_a_world_fails_with_what_an_observer_has_raised() -> None:
    with pytest.raises(
        UnheardError, match=r"an observer of messages.added of CH.* raised LookupError\('no'\)"
    ) as caught:
        async with World() as world:
            lunch = await world.conversation(await world.client("ada"))
            lunch.messages.added.subscribe(fail)
            await lunch.send_message("hello")
    assert isinstance(caught.value.__cause__, LookupError)
    assert [fault.stream for fault in caught.value.faults] == [f"messages.added of {lunch.sid}"]


async def test_an_error_that_no_observer_handles_is_the_same() -> None:
    with pytest.raises(UnheardError, match="ZeroDivisionError"):
        async with World() as world:
            lunch = await world.conversation(await world.client("ada"))
            lunch.messages.pipe(ops.map(lambda _: 1 / 0)).subscribe(print)
            await lunch.send_message("hello")


async def test_a_mutation_that_nobody_handles_is_the_same() -> None:
    with pytest.raises(UnheardError, match="NotFoundError"):
        async with World() as world:
            lunch = await world.conversation(await world.client("ada"))
            lunch.remove_participant("nobody").subscribe()
            await advance(1.0)


async def test_a_mutation_that_the_end_of_its_client_has_cut_off_is_no_failure() -> None:
    async with World() as world:
        lunch = await world.conversation(await world.client("ada"))
        world.lines["ada"].hold("up")
        lunch.send_message("hello").subscribe()
        await settle()


async def test_what_is_not_logged_is_found_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("rxconvo"), "disabled", True)
    with pytest.raises(UnheardError):
        async with World() as world:
            lunch = await world.conversation(await world.client("ada"))
            lunch.messages.subscribe(fail)
            await lunch.send_message("hello")


async def test_what_somebody_observes_is_no_failure() -> None:
    seen: list[rxconvo.RxconvoError] = []
    async with World() as world:
        ada = await world.client("ada")
        lunch = await world.conversation(ada)
        ada.errors.subscribe(seen.append)
        lunch.messages.subscribe(fail)
        await lunch.send_message("hello")
    assert len(seen) == 1


async def test_what_may_be_raised_is_no_failure() -> None:
    async with World() as world:
        lunch = await world.conversation(await world.client("ada"))
        lunch.messages.subscribe(fail)
        with observers_may_raise() as faults:
            await lunch.send_message("hello")
    assert [type(fault.__cause__) for fault in faults] == [LookupError]


async def test_a_failure_of_the_block_itself_counts_and_has_a_note() -> None:
    with pytest.raises(KeyError) as caught:
        async with World() as world:
            lunch = await world.conversation(await world.client("ada"))
            lunch.messages.subscribe(fail)
            await lunch.send_message("hello")
            raise KeyError
    (note,) = caught.value.__notes__
    assert "besides, observers raised" in note
    assert "LookupError" in note


async def test_clients_without_a_world_are_heard_as_well() -> None:
    with pytest.raises(UnheardError), no_observer_raises():
        async with rxconvo.connect("memory:", identity="ada") as ada:
            lunch = await (await ada.create_conversation()).join()
            lunch.messages.subscribe(fail)
            await lunch.send_message("hello")


def test_run_fails_as_well() -> None:
    async def scenario() -> None:
        async with rxconvo.connect("memory:", identity="ada") as ada:
            lunch = await (await ada.create_conversation()).join()
            lunch.messages.subscribe(fail)
            await lunch.send_message("hello")

    with pytest.raises(UnheardError):
        run(scenario)


async def test_verifying_tells_once_and_goes_on() -> None:
    async with World() as world:
        lunch = await world.conversation(await world.client("ada"))
        lunch.messages.subscribe(fail)
        await lunch.send_message("hello")
        # Within a test under the plugin, the innermost block is this world's.
        with pytest.raises(UnheardError):
            await world.verify()
        await world.verify()
        assert await lunch.send_message("again") == 1
