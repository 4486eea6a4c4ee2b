"""The checker finds each corruption of a history that was right, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rxconvo.testing import Recorder, World, advance, check, run
from rxconvo.testing.history import (
    Answered,
    Bounded,
    Counted,
    Entry,
    Gap,
    Heard,
    Held,
    History,
    Invoked,
    Left,
    Member,
    Observing,
    Told,
)

Corruption = Callable[[list[Entry]], None]


async def recorded() -> History:
    """Record a session in which everything happens that is checked, with a stranger who sees nothing of it."""
    async with World() as world:
        ada, bob, _ = await world.clients("ada", "bob", "eve")
        mine, his = await world.talk(ada, bob)
        recorder = Recorder(world, mine, his)
        await recorder.observe(mine)
        await recorder.observe(his)
        await recorder.observe(his, "bob again")
        for text in ("a0", "a1", "a2", "a3"):
            await recorder.send(mine, text)
        await recorder.send(his, "b4")
        await recorder.edit(mine, 1, "a1 edited")
        await recorder.remove(mine, 2)
        await recorder.read(his, 3)
        await advance(5.0)
        return await recorder.finish()


@pytest.fixture(scope="module")
def right() -> list[Entry]:
    """Return what a session without faults has written down."""
    return run(recorded).entries


def at(entries: list[Entry], kind: type, **fields: object) -> int:
    """Return where the first entry is that has these fields."""
    return next(
        number
        for number, entry in enumerate(entries)
        if isinstance(entry, kind) and all(getattr(entry, name) == value for name, value in fields.items())
    )


def change(kind: type, by: dict[str, Any], **fields: object) -> Corruption:
    def corrupt(entries: list[Entry]) -> None:
        number = at(entries, kind, **fields)
        entries[number] = replace(entries[number], **by)

    return corrupt


def drop(kind: type, **fields: object) -> Corruption:
    def corrupt(entries: list[Entry]) -> None:
        del entries[at(entries, kind, **fields)]

    return corrupt


def twice(kind: type, **fields: object) -> Corruption:
    def corrupt(entries: list[Entry]) -> None:
        number = at(entries, kind, **fields)
        entries.insert(number, entries[number])

    return corrupt


def append(make: Callable[[float], Entry]) -> Corruption:
    return lambda entries: entries.append(make(entries[-1].at))


def exchange(entries: list[Entry]) -> None:
    """Tell ada of two messages in the wrong order."""
    first = at(entries, Told, observer="ada", what="added", index=0)
    second = at(entries, Told, observer="ada", what="added", index=1)
    one, other = entries[first], entries[second]
    entries[first], entries[second] = replace(other, at=one.at), replace(one, at=other.at)


def held(new: Callable[[tuple[tuple[int, str, str], ...]], tuple[tuple[int, str, str], ...]]) -> Corruption:
    """Let the service hold something else, and count it as it is."""

    def corrupt(entries: list[Entry]) -> None:
        number = at(entries, Held)
        entry = entries[number]
        assert isinstance(entry, Held)
        messages = new(entry.messages)
        entries[number] = replace(entry, messages=messages)
        horizons = dict(entry.horizons)
        for position, counted in enumerate(entries):
            if isinstance(counted, Counted) and counted.what != "horizon":
                horizon = -1 if counted.what == "messages" else horizons[counted.actor]
                if horizon is not None:
                    count = sum(index > horizon for index, *_ in messages)
                    entries[position] = replace(counted, number=count)

    return corrupt


def rejected_and_there(entries: list[Entry]) -> None:
    """Refuse the last message, tell nobody, and keep it all the same."""
    change(Answered, {"outcome": "rejected", "index": None, "shown": None}, index=4)(entries)
    entries[:] = [
        replace(entry, since=5) if isinstance(entry, Observing) else entry
        for entry in entries
        if not isinstance(entry, Told)
    ]


def lose_on_the_other(entries: list[Entry]) -> None:
    """Do not tell one observer of a change that it is told of again in the end."""
    number = at(entries, Told, observer="bob again", what="updated", index=1)
    entries.insert(number, entries[number])


CORRUPTIONS: dict[str, tuple[Corruption, set[tuple[int, str]]]] = {
    "an event is lost": (drop(Told, observer="ada", what="added", index=3), {(1, "lost")}),
    "the last change is lost": (drop(Told, observer="ada", what="updated", index=1), {(1, "lost")}),
    "a removal is lost": (drop(Told, observer="ada", what="removed", index=2), {(1, "lost")}),
    "an event comes twice": (twice(Told, observer="ada", what="added", index=1), {(1, "duplicated")}),
    "a removal comes twice": (twice(Told, observer="ada", what="removed"), {(1, "duplicated")}),
    "events are exchanged": (exchange, {(1, "reordered")}),
    "nobody said that": (
        change(Told, {"text": "x"}, observer="ada", what="added", index=0),
        {(1, "never was"), (1, "lost")},
    ),
    "it says that it is gone": (
        append(lambda now: Told(now, "ada", "messages", "removed", 3)),
        {(1, "never was")},
    ),
    "a discontinuity for nothing": (
        append(lambda now: Told(now, "ada", "messages", "discontinuity")),
        {(1, "not called for")},
    ),
    "no discontinuity": (append(Gap), {(1, "lost")}),
    "an event before the state": (change(Told, {"shown": -1}, observer="ada", index=0), {(2, "half a packet")}),
    "a result before the state": (change(Answered, {"shown": 2}, index=3), {(2, "half a packet")}),
    "messages are miscounted": (change(Counted, {"number": 9}, actor="ada", what="messages"), {(2, "wrong counter")}),
    "unread is miscounted": (change(Counted, {"number": 0}, actor="bob", what="unread"), {(2, "wrong counter")}),
    "the horizon is lost": (change(Counted, {"number": None}, actor="bob", what="horizon"), {(2, "wrong counter")}),
    "an index is given twice": (
        change(Answered, {"index": 0, "shown": 0}, index=3),
        {(3, "acknowledged twice"), (8, "acknowledged and lost")},
    ),
    "it is sent twice": (held(lambda there: (*there, (5, "bob", "b4"))), {(3, "duplicated"), (1, "lost")}),
    "nobody sent it": (
        held(lambda there: (*there, (5, "bob", "x"))),
        {(3, "present without acknowledgement"), (1, "lost")},
    ),
    "it was refused": (rejected_and_there, {(3, "present without acknowledgement")}),
    "observers are told different things": (lose_on_the_other, {(4, "disagreement")}),
    "another thread": (change(Told, {"thread": 7}, observer="ada", index=3), {(5, "foreign thread")}),
    "time runs backwards": (append(lambda now: Member(now - 1.0, "ada")), {(5, "back in time")}),
    "a leak": (append(lambda now: Left(now, "a task")), {(6, "leak")}),
    "too large": (append(lambda now: Bounded(now, "a queue", 11, 10)), {(7, "too large")}),
    "lost after the acknowledgement": (held(lambda there: there[1:]), {(8, "acknowledged and lost")}),
    "bytes for a stranger": (append(lambda now: Heard(now, "eve", 90)), {(9, "foreign bytes")}),
    "bytes after leaving": (
        lambda entries: entries.extend([Member(entries[-1].at, "bob", now=False), Heard(entries[-1].at, "bob", 1)]),
        {(9, "foreign bytes")},
    ),
}


def test_a_session_without_faults_breaks_no_law(right: list[Entry]) -> None:
    assert check(History(right)) == []
    kinds = {type(entry) for entry in right}
    assert kinds >= {Member, Observing, Invoked, Answered, Told, Counted, Held}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corruption_is_found_and_nothing_else(right: list[Entry], name: str) -> None:
    corrupt, expected = CORRUPTIONS[name]
    entries = list(right)
    corrupt(entries)
    assert {(violation.law, violation.kind) for violation in check(History(entries))} == expected


@pytest.mark.parametrize(
    "harmless",
    [
        drop(Answered, outcome="ok", index=3),  # nobody can tell whether it was done
        change(Answered, {"outcome": "unknown", "index": None}, index=0),
        append(lambda now: Bounded(now, "a queue", 10, 10)),
        append(lambda now: Heard(now, "bob", 1)),
    ],
    ids=["no answer", "unknown", "within bounds", "a member"],
)
def test_what_is_allowed_is_not_found(right: list[Entry], harmless: Corruption) -> None:
    entries = list(right)
    harmless(entries)
    assert check(History(entries)) == []


def test_a_violation_says_which_law() -> None:
    history = History()
    history.add(Left(1.0, "a timer"))
    assert [str(violation) for violation in check(history)] == ["law 6: leak: a timer"]
