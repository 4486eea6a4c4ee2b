"""Conversations that come and go are told as such, once and in order, also to who is away meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import rxconvo
from rxconvo.testing import Log, World, advance, run

SCRIPTS = 30

STEPS: dict[tuple[frozenset[str], type], frozenset[str]] = {
    (frozenset(), rxconvo.ConversationAdded): frozenset({"added"}),
    (frozenset({"added"}), rxconvo.ConversationJoined): frozenset({"added", "joined"}),
    (frozenset({"added", "joined"}), rxconvo.ConversationLeft): frozenset({"added"}),
    (frozenset({"added"}), rxconvo.ConversationRemoved): frozenset(),
}
"""What can be told of a conversation next, and what it is then."""


def violations_in(events: Iterable[object], joined: set[str]) -> list[str]:
    """Tell what of the events cannot be, given the conversations that are joined in the end."""
    found: list[str] = []
    known: dict[str, frozenset[str]] = {}
    for event in events:
        if isinstance(event, rxconvo.ConversationUpdated):
            if not known.get(event.conversation_sid):
                found.append(f"{event} is told of an unknown one")
        elif isinstance(
            event,
            rxconvo.ConversationAdded
            | rxconvo.ConversationJoined
            | rxconvo.ConversationLeft
            | rxconvo.ConversationRemoved,
        ):
            before = known.get(event.conversation_sid, frozenset())
            after = STEPS.get((before, type(event)))
            if after is None:
                found.append(f"{type(event).__name__} of {event.conversation_sid}, which is {set(before)}")
            else:
                known[event.conversation_sid] = after
    told = {sid for sid, what in known.items() if "joined" in what}
    if told != joined:
        found.append(f"told to be in {sorted(told)}, and is in {sorted(joined)}")
    return found


async def step(world: World, bob: rxconvo.Client, talks: list[rxconvo.Conversation]) -> None:
    """Have somebody be added to a conversation, or removed, or have something happen to the line."""
    chance, line = world.chance, world.lines["ada"]
    match chance.randrange(8):
        case 0 | 1:
            talks += await world.talk(bob)
        case 2 | 3 if talks:
            with suppress(rxconvo.RejectedError):  # is in it already
                await chance.choice(talks).add("ada")
        case 4 if talks:
            with suppress(rxconvo.RejectedError):  # is not in it
                await chance.choice(talks).remove_participant("ada")
        case 5 if talks:
            await talks.pop(chance.randrange(len(talks))).delete()
        case 6:
            line.cut_after(*(chance.randrange(1, 8000) for _ in range(chance.randrange(1, 3))))
            line.cut()
        case _:
            line.hold("down")
    if chance.random() < 0.4:
        line.release()
        await advance(3 * chance.random())


async def played(seed: int) -> list[str]:
    """Have somebody be added to conversations and removed from them over a line that fails."""
    async with World(seed=seed) as world:
        watch = world.chance.choice(["documents", "all", "none"])
        ada, bob = await world.client("ada", watch=watch), await world.client("bob")
        log, errors = Log(), Log()
        ada.conversations.subscribe(log)
        ada.errors.subscribe(errors)
        talks: list[rxconvo.Conversation] = []
        for _ in range(world.chance.randrange(5, 20)):
            await step(world, bob, talks)
        world.lines["ada"].cut()
        await advance(60.0)
        joined: set[str] = set()
        for talk in talks:
            if any(one.identity == "ada" for one in await talk.get_participants()):
                joined.add(talk.sid)
        found = violations_in(log, joined)
        held = {one.sid for one in (await ada.get_subscribed_conversations()).items}
        if held != joined:
            found.append(f"lists {sorted(held)}, and is in {sorted(joined)}")
        fine = (rxconvo.ConnectionError, rxconvo.SyncError)  # also what is gone before it could be opened
        found += [f"{error!r} is reported" for error in errors if not isinstance(error, fine)]
        return [f"seed {seed}: {violation}" for violation in found]


def violations(seeds: range) -> list[str]:
    """Play scripts until one is not as it should be."""
    return next(filter(None, (run(lambda seed=seed: played(seed)) for seed in seeds)), [])  # type: ignore[misc]


def test_conversations_come_and_go_once_and_in_order() -> None:
    assert violations(range(SCRIPTS)) == []
