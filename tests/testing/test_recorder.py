"""A recorder writes down what was done and seen, and what strangers hear."""

from __future__ import annotations

import rxconvo
from rxconvo.testing import Recorder, World, advance, check, persist
from rxconvo.testing.history import Answered, Gap, Heard, Invoked, Member, Observing, Told


async def test_what_is_done_and_seen_is_written_down() -> None:
    async with World() as world:
        ada, bob = await world.clients("ada", "bob")
        mine, his = await world.talk(ada, bob)
        recorder = Recorder(world, mine, his)
        await recorder.observe(his)
        assert await recorder.send(mine, "hello") == 0
        history = await recorder.finish()
        kinds = [type(entry) for entry in history.entries]
        assert [kind for kind in kinds if kind in (Observing, Invoked, Told, Answered)] == [
            *(Observing, Invoked, Told, Answered)
        ]
        assert check(history) == []
        assert not his.messages.observed


async def test_what_is_refused_is_written_down_as_refused() -> None:
    async with World() as world:
        ada = await world.client("ada")
        mine = await world.conversation(ada)
        recorder = Recorder(world, mine)
        await world.service.control("state", conversation=mine.sid, state="closed")
        assert await recorder.send(mine, "hello") is None
        (answered,) = (entry for entry in recorder.history.entries if isinstance(entry, Answered))
        assert answered.outcome == "rejected"
        assert check(await recorder.finish()) == []


async def test_a_gap_that_is_written_down_calls_for_a_discontinuity() -> None:
    async with World() as world:
        ada = await world.client("ada")
        mine = await world.conversation(ada)
        recorder = Recorder(world, mine)
        await recorder.observe(mine)
        await recorder.send(mine, "hello")
        await world.restart(forget=True)
        recorder.history.add(Gap(world.now))
        await advance(30.0)
        assert check(recorder.history) == []


async def test_what_a_stranger_hears_is_found() -> None:
    async with World() as world:
        ada, _ = await world.clients("ada", "eve")
        mine = await world.conversation(ada)
        recorder = Recorder(world, mine)
        await recorder.send(mine, "hush")
        assert check(recorder.history) == []
        world.memory_line("eve").inject(world.memory_line("ada").received[-1])
        (heard,) = (entry for entry in recorder.history.entries if isinstance(entry, Heard))
        assert heard.actor == "eve"
        assert {(found.law, found.kind) for found in check(recorder.history)} == {(9, "foreign bytes")}


async def test_what_a_former_member_hears_of_what_is_said_since_is_found() -> None:
    async with World() as world:
        ada, _ = await world.clients("ada", "eve")
        mine = await world.conversation(ada)
        recorder = Recorder(world, mine)
        sid = await recorder.add(mine, "eve", "guest")
        assert sid is not None
        await recorder.send(mine, "welcome")
        late = world.memory_line("ada").received[-1]
        await recorder.expel(mine, sid)
        await recorder.observe(mine)
        await recorder.send(mine, "hush")
        world.memory_line("eve").inject(late)  # which was held up
        assert check(recorder.history) == []
        hushed = [message for message in world.memory_line("ada").received if b'"hush"' in message]
        world.memory_line("eve").inject(hushed[0])
        assert {(found.law, found.kind) for found in check(recorder.history)} == {(9, "foreign bytes")}


async def test_who_is_refused_is_no_member() -> None:
    async with World() as world:
        ada = await world.client("ada")
        mine = await world.conversation(ada)
        recorder = Recorder(world, mine)
        await world.service.control("state", conversation=mine.sid, state="closed")
        assert await recorder.add(mine, "eve", "guest") is None
        assert [(entry.actor, entry.now) for entry in recorder.history.entries if isinstance(entry, Member)] == [
            *(("ada", True), ("eve", True), ("eve", False))
        ]
        assert check(await recorder.finish()) == []


async def test_persisting_ends_with_an_answer() -> None:
    answers = [rxconvo.OutcomeUnknownError("no"), rxconvo.OutcomeUnknownError("no"), None]

    async def ask() -> str:
        if (error := answers.pop(0)) is not None:
            raise error
        return "yes"

    assert await persist(ask) == "yes"
