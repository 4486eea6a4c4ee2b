"""Who looks on hears of each mutation, and of no query."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from rxconvo import MutationAttempt
from rxconvo.errors import ArgumentError
from rxconvo.testing import World


async def test_mutations_are_told_and_queries_are_not(rxconvo_world: World) -> None:
    ada, bob = await rxconvo_world.clients("ada", "bob")
    told: list[tuple[str, str | None]] = []

    def observe(attempt: MutationAttempt) -> Callable[[BaseException | None], None]:
        told.append((attempt.name, attempt.conversation_sid))
        return lambda _: None

    with ada.observe_mutations(observe):
        lunch = await ada.create_conversation()
        await lunch.join()
        await lunch.add("bob")
        await lunch.send_message("pizza?")
        (message,) = (await lunch.get_messages()).items
        await message.update_body("sushi!")
        await lunch.set_all_messages_read()
        await lunch.get_participants()
        await (await bob.get_conversation_by_sid(lunch.sid)).send_message("his own")
        await lunch.leave()
    await lunch.join()
    assert told[0] == ("create_conversation", None)
    assert {sid for _, sid in told[1:]} == {lunch.sid}
    assert [name for name, _ in told[1:4]] == ["join", "add", "send_message"]
    assert len(told) == 7
    assert told[-1][0] == "leave"


async def test_an_observer_that_raises_is_an_error_of_the_client(rxconvo_world: World) -> None:
    (ada,) = await rxconvo_world.clients("ada")
    faults: list[object] = []
    ada.errors.subscribe(faults.append)
    with ada.observe_mutations(lambda _: cast("Any", 1 / 0)):
        await ada.create_conversation()
    assert [str(fault) for fault in faults] == [
        "an observer of create_conversation raised ZeroDivisionError('division by zero')"
    ]


async def test_it_has_to_be_callable(rxconvo_world: World) -> None:
    (ada,) = await rxconvo_world.clients("ada")
    with pytest.raises(ArgumentError, match="observer must be a callable"):
        ada.observe_mutations(cast("Any", None))
