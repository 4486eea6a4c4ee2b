"""A recorder writes down what was done and seen, and what strangers hear."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

import rxconvo
from rxconvo.errors import ArgumentError
from rxconvo.model.record import MessageList
from rxconvo.server.limits import Limits
from rxconvo.streams import Overflow
from rxconvo.testing import Recorder, World, advance, check, persist, settle
from rxconvo.testing.history import (
    Answered,
    Bounded,
    Consuming,
    Gap,
    Heard,
    Held,
    History,
    Invoked,
    Member,
    Missed,
    Observing,
    Told,
)


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


@pytest.mark.parametrize("seconds", [0.0, 1.0, 60.0])
async def test_what_the_service_forgets_is_a_gap_and_calls_for_a_discontinuity(seconds: float) -> None:
    async with World() as world:
        ada, bob = await world.clients("ada", "bob")
        mine, his = await world.talk(ada, bob)
        recorder = Recorder(world, mine, his)
        await recorder.observe(his)
        await recorder.observe_participants(mine)
        await recorder.observe_typing(mine)
        await recorder.consume(his, "slow", limit=1, overflow="drop_oldest")
        await recorder.consume(his, "list", limit=1, overflow="reset")
        for text in ("hello", "is anybody", "there"):
            await recorder.send(mine, text)
        await recorder.read(his, 1)
        eve = await recorder.add(mine, "eve", "guest")
        assert eve is not None
        await recorder.type(his)
        await world.restart(forget=True)
        await advance(seconds)
        history = await recorder.finish()
        assert check(history) == []
        (gap,) = (number for number, entry in enumerate(history.entries) if isinstance(entry, Gap))
        told = [entry for entry in history.entries[gap:] if isinstance(entry, Told)]
        assert {(entry.observer, entry.stream) for entry in told if entry.what == "discontinuity"} == {
            *(("bob", "messages"), ("ada", "participants"))
        }
        untold = [entry for entry in history.entries if entry not in told]
        assert {(found.law, found.kind) for found in check(History(untold))} >= {(1, "lost")}


async def test_what_has_a_gap_behind_it_may_be_lost_and_what_comes_after_may_not(tmp_path: Path) -> None:
    store, backup = tmp_path / "chat.db", tmp_path / "backup.db"
    async with World(url=f"sqlite:{store}") as world:
        ada, bob = await world.clients("ada", "bob")
        mine, his = await world.talk(ada, bob)
        recorder = Recorder(world, mine, his)
        await recorder.observe(his)
        await recorder.send(mine, "kept")
        await recorder.edit(mine, 0, "kept and edited")
        await world.restart(lambda: shutil.copy(store, backup))
        await recorder.send(mine, "lost")
        await recorder.send(mine, "lost as well")
        await recorder.remove(mine, 0)
        await advance(5.0)
        await world.restart(lambda: shutil.copy(backup, store))
        recorder.history.add(Gap(world.now))
        await advance(30.0)
        assert await recorder.send(mine, "new") == 1
        await advance(5.0)
        history = await recorder.finish()
        assert check(history) == []
        told = [entry for entry in history.entries if isinstance(entry, Told)]
        assert (told[-1].what, told[-1].index, told[-1].text) == ("added", 1, "new")
        (held,) = (entry for entry in history.entries if isinstance(entry, Held))
        without = [replace(entry, messages=held.messages[:-1]) if entry is held else entry for entry in history.entries]
        assert {(found.law, found.kind) for found in check(History(without))} >= {(8, "acknowledged and lost")}
        (lost,) = (entry for entry in told if entry.text == "lost as well")
        again = replace(lost, at=history.entries[-1].at)
        assert {(found.law, found.kind) for found in check(History([*history.entries, again]))} >= {(1, "duplicated")}


async def test_nothing_is_said_twice() -> None:
    async with World() as world:
        ada, bob = await world.clients("ada", "bob")
        mine, his = await world.talk(ada, bob)
        recorder = Recorder(world, mine, his)
        await recorder.send(mine, "hello")
        eve = await recorder.add(mine, "eve", "guest")
        assert eve is not None
        before = len(recorder.history.entries)
        attempts: list[tuple[str, Callable[[], Awaitable[object]]]] = [
            ("text", lambda: recorder.send(his, "hello")),
            ("text", lambda: recorder.send(his, "")),
            ("text", lambda: recorder.edit(mine, 0, "hello")),
            ("tag", lambda: recorder.add(mine, "carol", "guest")),
            ("tag", lambda: recorder.change(mine, eve, "guest")),
        ]
        for field, attempt in attempts:
            with pytest.raises(ArgumentError, match=rf"^{field} must be .* no other one of this history"):
                await attempt()
        assert len(recorder.history.entries) == before
        assert check(await recorder.finish()) == []


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


@pytest.mark.parametrize("before", range(8))
async def test_participants_may_change_before_and_while_they_begin_to_be_observed(before: int) -> None:
    async with World() as world:
        ada, bob = await world.clients("ada", "bob")
        mine, his = await world.talk(ada, bob)
        world.lines["ada"].delay(0.05, "down")
        world.lines["bob"].delay(0.12, "down")
        recorder = Recorder(world, mine, his)

        async def changes() -> None:
            for name in ("carol", "dave"):
                sid = await recorder.add(mine, name, name)
                assert sid is not None
                await recorder.change(mine, sid, f"{name} changed")
                await recorder.expel(mine, sid)
                await recorder.add(mine, name, f"{name} again")

        changing = asyncio.create_task(changes())
        await advance(0.05 * before)
        assert not changing.done()
        await recorder.observe_participants(his)
        await recorder.observe_participants(mine)
        await changing
        await recorder.add(mine, "eve", "eve")
        await advance(1.0)
        assert check(await recorder.finish()) == []
        told = {entry.observer for entry in recorder.history.entries if isinstance(entry, Told)}
        assert told == {"ada", "bob"}


@pytest.mark.parametrize("before", range(8))
async def test_messages_may_change_before_and_while_they_begin_to_be_observed(before: int) -> None:
    async with World() as world:
        ada, bob = await world.clients("ada", "bob")
        mine, his = await world.talk(ada, bob)
        world.lines["ada"].delay(0.05, "down")
        world.lines["bob"].delay(0.3, "down")
        recorder = Recorder(world, mine, his)

        async def changes() -> None:
            for n in range(8):
                index = await recorder.send(mine, f"{n}")
                assert index is not None
                await recorder.edit(mine, index, f"{n} edited")
                if n % 3 == 0:
                    await recorder.remove(mine, index)

        changing = asyncio.create_task(changes())
        await advance(0.05 * before)
        assert not changing.done()
        await recorder.observe(his)
        await recorder.observe(mine)
        await changing
        await recorder.send(mine, "last")
        await advance(1.0)
        assert check(await recorder.finish()) == []
        told = {entry.observer for entry in recorder.history.entries if isinstance(entry, Told)}
        assert told == {"ada", "bob"}


async def test_typing_is_written_down_with_its_signals() -> None:
    async with World() as world:
        ada, bob = await world.clients("ada", "bob")
        mine, his = await world.talk(ada, bob)
        recorder = Recorder(world, mine, his)
        await recorder.observe_typing(his)
        await recorder.type(mine)
        await recorder.observe_typing(his, "bob again")  # while she types
        await advance(10.0)
        history = await recorder.finish()
        assert [(entry.observer, entry.what) for entry in history.entries if isinstance(entry, Told)] == [
            *(("bob", "started"), ("bob", "expired"), ("bob again", "expired"))
        ]
        assert check(history) == []


async def test_signals_that_are_refused_or_lost_are_written_down_so() -> None:
    async with World() as world:
        ada = await world.client("ada", queue_timeout=3.0)
        mine = await world.conversation(ada)
        recorder = Recorder(world, mine)
        world.lines["ada"].refusing = True
        world.lines["ada"].cut()
        await settle()
        await recorder.type(mine)
        world.lines["ada"].refusing = False
        await advance(10.0)
        await world.service.control("state", conversation=mine.sid, state="closed")
        await recorder.type(mine)
        assert [entry.outcome for entry in recorder.history.entries if isinstance(entry, Answered)] == [
            *("unknown", "rejected")
        ]
        assert check(await recorder.finish()) == []


@pytest.mark.parametrize("overflow", get_args(Overflow))
async def test_a_slow_consumer_is_told_of_all_that_it_misses(overflow: Overflow) -> None:
    async with World() as world:
        ada, bob = await world.clients("ada", "bob")
        mine, his = await world.talk(ada, bob)
        recorder = Recorder(world, mine, his)
        await recorder.consume(his, "slow", limit=2, overflow=overflow)
        for n in range(6):
            await recorder.send(mine, f"{n}")
        history = await recorder.finish()
        assert check(history) == []
        (consuming,) = (entry for entry in history.entries if isinstance(entry, Consuming))
        assert (consuming.limit, consuming.overflow) == (2, overflow)
        assert {entry.how for entry in history.entries if isinstance(entry, Missed)} == {
            "dropped",
            *({"error": ["error"], "disconnect": ["completed"]}.get(overflow, [])),
        }


async def test_what_has_a_limit_is_measured() -> None:
    async with World(options=rxconvo.ServerOptions(limits=Limits(page_bytes=50_000), max_outbound=200_000)) as world:
        ada, bob = await world.client("ada", kept_messages=3), await world.client("bob", max_queued=5)
        mine, his = await world.talk(ada, bob)
        recorder = Recorder(world, mine, his)
        await recorder.observe(mine)
        await recorder.observe(his)
        world.lines["bob"].hold("down")
        for n in range(5):
            await recorder.send(mine, f"{n}" + "x" * 10_000)
        world.lines["bob"].release()
        await settle()
        world.lines["bob"].refusing = True
        world.lines["bob"].cut()
        await settle()
        sending = [asyncio.create_task(recorder.send(his, f"late {n}")) for n in range(2)]
        await settle()
        await recorder.send(mine, "meanwhile")
        world.lines["bob"].refusing = False
        await asyncio.gather(*sending)
        history = await recorder.finish()
        levels = {entry.what: (entry.size, entry.limit) for entry in history.entries if isinstance(entry, Bounded)}
        assert levels["messages kept of ada"] == (3, 3)
        assert levels["queue of requests of bob"] == (2, 5)
        waiting, limit = levels["bytes for bob"]
        assert 10_000 < waiting <= limit == 200_000
        assert check(history) == []


async def test_what_outgrows_its_limit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MessageList, "put", lambda self, message: self._held.__setitem__(message.index, message))
    async with World() as world:
        ada = await world.client("ada", kept_messages=3)
        mine = await world.conversation(ada)
        recorder = Recorder(world, mine)
        await recorder.observe(mine)
        for n in range(5):
            await recorder.send(mine, f"{n}")
        assert [str(violation) for violation in check(await recorder.finish())] == [
            "law 7: too large: messages kept of ada is 5, the limit 3"
        ]


async def test_persisting_ends_with_an_answer() -> None:
    answers = [rxconvo.OutcomeUnknownError("no"), rxconvo.OutcomeUnknownError("no"), None]

    async def ask() -> str:
        if (error := answers.pop(0)) is not None:
            raise error
        return "yes"

    assert await persist(ask) == "yes"
