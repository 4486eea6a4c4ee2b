"""From one conversation to all, and the lists that this gives."""

from __future__ import annotations

import asyncio
import gc
import weakref

import hypothesis
import hypothesis.strategies as st
import pytest
import reactivex as rx
from reactivex import operators as ops
from reactivex.subject import Subject

from rxconvo import Append, Conversation, DiffBatch, RejectedError, Reset, Set, Truncate
from rxconvo.integrations.dashboard.each import joined, listed, of_each, the_end_of
from rxconvo.model.diffs import apply
from rxconvo.testing import World

ENTRIES = st.lists(st.tuples(st.integers(0, 6), st.none() | st.integers(0, 3)), max_size=40)


@hypothesis.given(ENTRIES)
def test_a_list_holds_the_newest_value_of_each_key(entries: list[tuple[int, int | None]]) -> None:
    made: tuple[int, ...] = ()
    kept: dict[int, int] = {}
    source: Subject[tuple[int, int | None]] = Subject()
    batches: list[DiffBatch[int]] = []
    listed(source).subscribe(batches.append)
    for key, value in entries:
        source.on_next((key, value))
        if value is None:
            kept.pop(key, None)
        else:
            kept[key] = value
        while batches:
            made = apply(made, batches.pop(0))
        assert sorted(made) == sorted(kept.values())


def test_an_entry_is_a_diff_or_two_whatever_the_length() -> None:
    source: Subject[tuple[int, str | None]] = Subject()
    batches: list[DiffBatch[str]] = []
    listed(source).subscribe(batches.append)
    for entry in ((1, "a"), (2, "b"), (3, "c"), (2, "B"), (1, None), (1, None), (3, None)):
        source.on_next(entry)
    assert [batch.diffs for batch in batches] == [
        (Reset(()),),
        (Append(("a",)),),
        (Append(("b",)),),
        (Append(("c",)),),
        (Set(1, "B"),),
        (Set(0, "c"), Truncate(2)),
        (Set(0, "B"), Truncate(1)),
    ]


def test_each_observer_of_a_list_begins_anew() -> None:
    entries = rx.of((1, "a"), (2, "b"))
    list_ = listed(entries)
    for _ in range(2):
        batches: list[DiffBatch[str]] = []
        list_.subscribe(batches.append)
        assert [batch.diffs for batch in batches] == [(Reset(()),), (Append(("a",)),), (Append(("b",)),)]


async def test_all_pages_of_the_joined_conversations_are_listed(rxconvo_world: World) -> None:
    ada, bob = await rxconvo_world.clients("ada", "bob")
    for number in range(53):
        await rxconvo_world.talk(ada, bob, friendly_name=str(number))
    found = await joined(bob)
    assert sorted(int(one.friendly_name or "") for one in found) == list(range(53))


async def test_conversations_are_followed_as_long_as_they_are_joined(rxconvo_world: World) -> None:
    ada, bob = await rxconvo_world.clients("ada", "bob")
    first, _ = await rxconvo_world.talk(ada, bob, friendly_name="first")
    seen: list[tuple[str, str | None]] = []
    names: dict[str, str] = {first.sid: "first"}

    def bodies(conversation: Conversation) -> rx.Observable[str]:
        return conversation.messages.added.map(lambda message: message.body or "").pipe(ops.start_with("-"))

    subscription = of_each(bob, bodies).subscribe(lambda entry: seen.append((names[entry[0]], entry[1])))
    await asyncio.sleep(1)
    assert seen == [("first", "-")]
    second = await ada.create_conversation(friendly_name="second")
    names[second.sid] = "second"
    await second.join()
    await second.add("bob")
    await asyncio.sleep(1)
    await second.send_message("two")
    await first.send_message("one")
    assert seen[1:] == [("second", "-"), ("second", "two"), ("first", "one")]
    del seen[:]
    await first.remove_participant("bob")
    await first.send_message("unseen")
    assert seen == [("first", None)]
    await first.add("bob")
    await asyncio.sleep(1)
    await first.send_message("back")
    assert seen == [("first", None), ("first", "-"), ("first", "back")]
    subscription.dispose()
    await first.send_message("unseen")
    assert len(seen) == 3


async def test_of_what_was_left_nothing_is_kept(rxconvo_world: World) -> None:
    ada, bob = await rxconvo_world.clients("ada", "bob")
    first = await rxconvo_world.conversation(ada, bob)
    with of_each(bob, lambda conversation: conversation.messages).subscribe():
        await asyncio.sleep(1)
        handle = weakref.ref(bob.find_conversation(first.sid))
        assert handle() is not None
        await first.remove_participant("bob")
        await asyncio.sleep(5)
        gc.collect()
        assert handle() is None


async def test_the_newest_are_followed_first_and_the_loop_has_time_in_between(rxconvo_world: World) -> None:
    ada, bob = await rxconvo_world.clients("ada", "bob")
    for number in range(5):
        mine, _ = await rxconvo_world.talk(ada, bob, friendly_name=str(number))
        await mine.send_message("hello")
        await asyncio.sleep(1)
    began: list[tuple[float, str | None]] = []
    start = rxconvo_world.now

    def follow(conversation: Conversation) -> rx.Observable[int]:
        began.append((round(rxconvo_world.now - start, 6), conversation.friendly_name))
        return rx.never()

    with of_each(bob, follow, pace=0.25).subscribe():
        await asyncio.sleep(5)
    assert began == [(0.0, "4"), (0.25, "3"), (0.5, "2"), (0.75, "1"), (1.0, "0")]


async def test_one_that_cannot_be_read_is_left_out_and_any_other_error_ends_it(rxconvo_world: World) -> None:
    ada, bob = await rxconvo_world.clients("ada", "bob")
    for name in ("good", "bad"):
        await rxconvo_world.talk(ada, bob, friendly_name=name)

    def unless_bad(error: Exception) -> list[str | None]:
        def follow(conversation: Conversation) -> rx.Observable[str]:
            return (
                rx.throw(error) if conversation.friendly_name == "bad" else rx.just("fine").pipe(ops.concat(rx.never()))
            )

        seen: list[str | None] = []
        errors: list[Exception] = []
        subscriptions.append(of_each(bob, follow).subscribe(lambda entry: seen.append(entry[1]), errors.append))
        collected.append(errors)
        return seen

    subscriptions: list[rx.abc.DisposableBase] = []
    collected: list[list[Exception]] = []
    refused = unless_bad(RejectedError(403, 50107, "no"))
    broken = unless_bad(ZeroDivisionError())
    await asyncio.sleep(1)
    assert sorted(map(str, refused)) == ["None", "fine"]
    assert collected[0] == []
    assert "None" not in map(str, broken)
    assert [type(error) for error in collected[1]] == [ZeroDivisionError]
    for subscription in subscriptions:
        subscription.dispose()


async def test_the_end_of_a_client_is_told_once(rxconvo_world: World) -> None:
    (ada,) = await rxconvo_world.clients("ada")
    told: list[object] = []
    the_end_of(ada).subscribe(told.append, on_completed=lambda: told.append("|"))
    await asyncio.sleep(1)
    assert told == []
    await ada.shutdown()
    assert len(told) == 2
    assert told[-1] == "|"


@pytest.mark.parametrize("count", [10, 200])
async def test_a_message_costs_the_same_whatever_the_number_of_conversations(count: int) -> None:
    async with World() as world:
        ada, bob = await world.clients("ada", "bob", watch="none")
        handles = [(await world.talk(ada, bob, friendly_name=str(number)))[0] for number in range(count)]
        made: list[str] = []

        def bodies(conversation: Conversation) -> rx.Observable[str | None]:
            return conversation.messages.added.map(lambda message: message.body).do_action(lambda _: made.append(""))

        with of_each(bob, bodies).subscribe():
            await asyncio.sleep(3)
            await handles[0].send_message("hello")
            assert len(made) == 1
