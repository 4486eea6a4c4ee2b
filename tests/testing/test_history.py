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
    Consuming,
    Counted,
    Entry,
    Gap,
    Heard,
    Held,
    History,
    Invoked,
    Left,
    Member,
    Missed,
    Observing,
    Offered,
    Taken,
    Told,
)

Corruption = Callable[[list[Entry]], None]
People = tuple[tuple[str, str, str], ...]

NEW, KNOWN, DAVE = '{"tag":"new"}', '{"tag":"known"}', '{"tag":"dave"}'


async def recorded() -> History:
    """Record a session in which everything happens that is checked, with a stranger who sees nothing of it."""
    async with World() as world:
        ada, bob, _, carol = await world.clients("ada", "bob", "eve", "carol")
        mine, his = await world.talk(ada, bob)
        recorder = Recorder(world, mine, his)
        await recorder.observe(mine)
        await recorder.observe(his)
        await recorder.observe(his, "bob again")
        await recorder.observe_participants(mine)
        await recorder.observe_participants(his)
        await recorder.observe_typing(mine)
        await recorder.observe_typing(his)
        await recorder.consume(his, "patient", limit=9)
        await recorder.consume(his, "slow", limit=2)
        await recorder.consume(his, "ended", limit=2, overflow="disconnect")
        await recorder.consume(his, "newest", limit=2, overflow="drop_oldest")
        await recorder.consume(his, "oldest", limit=2, overflow="drop_newest")
        await recorder.consume(his, "list", limit=2, overflow="reset")
        await recorder.type(mine)
        for text in ("a0", "a1", "a2", "a3"):
            await recorder.send(mine, text)
        await recorder.type(his)
        await recorder.send(his, "b4")
        await recorder.edit(mine, 1, "a1 edited")
        await recorder.remove(mine, 2)
        await recorder.read(his, 3)
        hers = await recorder.add(mine, "carol", "new")
        await recorder.add(mine, "dave", "dave")
        assert hers is not None
        guest = await carol.get_conversation_by_sid(mine.sid)
        await recorder.observe(guest)
        await recorder.observe_participants(guest)
        await recorder.observe_typing(guest)
        await recorder.send(mine, "a5")
        await recorder.change(mine, hers, "known")
        await recorder.type(guest)
        await recorder.expel(mine, hers)
        await advance(5.0)  # until bob may signal again
        await recorder.type(his)
        await advance(7.0)
        await recorder.send(mine, "a6")
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
            if isinstance(counted, Counted) and counted.what in ("messages", "unread"):
                horizon = -1 if counted.what == "messages" else horizons[counted.actor]
                if horizon is not None:
                    count = sum(index > horizon for index, *_ in messages)
                    entries[position] = replace(counted, number=count)

    return corrupt


def rejected_and_there(entries: list[Entry]) -> None:
    """Refuse the last message, tell nobody, and keep it all the same."""
    change(Answered, {"outcome": "rejected", "index": None, "shown": None}, index=6)(entries)
    entries[:] = [
        replace(entry, since=7) if isinstance(entry, Observing) else entry
        for entry in entries
        if not (isinstance(entry, Told) and entry.stream == "messages")
    ]


def lose_on_the_other(entries: list[Entry]) -> None:
    """Do not tell one observer of a change that it is told of again in the end."""
    number = at(entries, Told, observer="bob again", what="updated", index=1)
    entries.insert(number, entries[number])


def people(new: Callable[[People], People]) -> Corruption:
    """Let the service hold other participants."""

    def corrupt(entries: list[Entry]) -> None:
        number = at(entries, Held)
        entry = entries[number]
        assert isinstance(entry, Held)
        entries[number] = replace(entry, participants=new(entry.participants))

    return corrupt


def entry_of(entries: list[Entry], op: str) -> Invoked:
    """Return the first mutation of a kind."""
    invoked = entries[at(entries, Invoked, op=op)]
    assert isinstance(invoked, Invoked)
    return invoked


def sid_of(entries: list[Entry], identity: str) -> str:
    """Return the sid of who was added."""
    invoked = entries[at(entries, Invoked, who=identity)]
    assert isinstance(invoked, Invoked)
    answered = entries[at(entries, Answered, id=invoked.id)]
    assert isinstance(answered, Answered)
    return answered.who


def again(entries: list[Entry]) -> None:
    """Tell bob at last that carol is as she was at first."""
    joined = entries[at(entries, Told, observer="bob", stream="participants", text=NEW)]
    number = at(entries, Told, observer="bob", stream="participants", what="removed")
    assert isinstance(joined, Told)
    entries.insert(number, replace(joined, what="updated", at=entries[number].at))


def before_joining(entries: list[Entry]) -> None:
    """Tell bob of a change of carol before he is told of her."""
    first = at(entries, Told, observer="bob", stream="participants", text=NEW)
    second = at(entries, Told, observer="bob", stream="participants", text=KNOWN)
    one, other = entries[first], entries[second]
    entries[first], entries[second] = replace(other, at=one.at), replace(one, at=other.at)


def rejected_and_joined(entries: list[Entry]) -> None:
    """Refuse to add dave, tell nobody, and let him be there all the same."""
    sid = sid_of(entries, "dave")
    change(Answered, {"outcome": "rejected", "who": ""}, who=sid)(entries)
    entries[:] = [
        replace(entry, present=(*entry.present, (sid, DAVE)))
        if isinstance(entry, Observing) and entry.stream == "participants"
        else entry
        for entry in entries
        if not (isinstance(entry, Told) and entry.who == sid and entry.what == "added")
    ]


def told_of(index: int) -> Corruption:
    """Tell carol of a message in the end."""

    def corrupt(entries: list[Entry]) -> None:
        told = entries[at(entries, Told, observer="ada", what="added", index=index)]
        assert isinstance(told, Told)
        entries.append(replace(told, at=entries[-1].at, observer="carol", shown=None))

    return corrupt


def told_of_old(entries: list[Entry]) -> None:
    """Tell carol, while she is there, of a message from before."""
    told = entries[at(entries, Told, observer="ada", what="added", index=3)]
    assert isinstance(told, Told)
    number = at(entries, Told, observer="carol", what="added", index=5)
    entries.insert(number, replace(told, at=entries[number].at, observer="carol", shown=None))


def types(told_one: str, whom: str, /, **fields: object) -> Corruption:
    """Tell somebody, in the end or just behind something, that somebody else begins to type, and that it ends."""

    def corrupt(entries: list[Entry]) -> None:
        told = entries[at(entries, Told, stream="typing", what="started", text=whom)]
        assert isinstance(told, Told)
        number = at(entries, Told, **fields) if fields else len(entries) - 1
        now = entries[number].at
        started = replace(told, at=now, observer=told_one)
        entries[number + 1 : number + 1] = [started, replace(started, what="expired")]

    return corrupt


def late(entries: list[Entry]) -> None:
    """Tell bob only by its time that ada types no more, though she has sent a message."""
    number = at(entries, Told, observer="bob", stream="typing", what="message", text="ada")
    ended = entries.pop(number)
    assert isinstance(ended, Told)
    number = next(place for place, entry in enumerate(entries) if entry.at > ended.at + 4.0)
    entries.insert(number, replace(ended, what="expired", at=entries[number].at))


def refused(actor: str) -> Corruption:
    """Refuse all signals of somebody."""

    def corrupt(entries: list[Entry]) -> None:
        ids = {
            entry.id for entry in entries if isinstance(entry, Invoked) and (entry.op, entry.actor) == ("type", actor)
        }
        entries[:] = [
            replace(entry, outcome="rejected") if isinstance(entry, Answered) and entry.id in ids else entry
            for entry in entries
        ]

    return corrupt


def silent(actor: str) -> Corruption:
    """Let nobody have signalled what was told."""
    return lambda entries: entries.__setitem__(
        slice(None),
        [entry for entry in entries if not (isinstance(entry, Invoked) and (entry.op, entry.actor) == ("type", actor))],
    )


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
    "it is sent twice": (held(lambda there: (*there, (7, "bob", "b4"))), {(3, "duplicated"), (1, "lost")}),
    "nobody sent it": (
        held(lambda there: (*there, (7, "bob", "x"))),
        {(3, "present without acknowledgement"), (1, "lost")},
    ),
    "it was refused": (rejected_and_there, {(3, "present without acknowledgement")}),
    "observers are told different things": (lose_on_the_other, {(4, "disagreement")}),
    "another thread": (change(Told, {"thread": 7}, observer="ada", index=3), {(5, "foreign thread")}),
    "time runs backwards": (append(lambda now: Member(now - 1.0, "ada")), {(5, "back in time")}),
    "a leak": (append(lambda now: Left(now, "a task")), {(6, "leak")}),
    "too large": (append(lambda now: Bounded(now, "a queue", 11, 10)), {(7, "too large")}),
    "lost after the acknowledgement": (held(lambda there: there[1:]), {(8, "acknowledged and lost")}),
    "a removal that was acknowledged is undone": (
        held(lambda there: (*there[:2], (2, "ada", "a2"), *there[2:])),
        {(1, "never was"), (8, "acknowledged and lost")},
    ),
    "a joining is lost": (drop(Told, observer="bob", stream="participants", text=DAVE), {(1, "lost")}),
    "a leaving is lost": (drop(Told, observer="bob", stream="participants", what="removed"), {(1, "lost")}),
    "a horizon is told wrongly": (
        change(Told, {"index": 2, "shown": 2}, observer="ada", stream="participants", index=3),
        {(1, "lost")},
    ),
    "a joining comes twice": (
        twice(Told, observer="bob", stream="participants", what="added", text=DAVE),
        {(1, "duplicated")},
    ),
    "a change of a participant comes twice": (
        twice(Told, observer="bob", stream="participants", text=KNOWN),
        {(1, "duplicated")},
    ),
    "a leaving comes twice": (twice(Told, observer="bob", stream="participants", what="removed"), {(1, "duplicated")}),
    "a change is taken back": (again, {(1, "reordered")}),
    "a change before the joining": (before_joining, {(1, "reordered"), (1, "duplicated")}),
    "nobody made it so": (
        change(Told, {"text": "{}!"}, observer="bob", stream="participants", text=NEW),
        {(1, "never was")},
    ),
    "one who is there has left": (
        lambda entries: entries.append(
            Told(entries[-1].at, "bob", "participants", "removed", who=sid_of(entries, "dave"))
        ),
        {(1, "never was")},
    ),
    "a participant before the state": (
        change(Told, {"shown": -2}, observer="bob", stream="participants", text=NEW),
        {(2, "half a packet")},
    ),
    "one who is there does not see it": (
        change(Counted, {"number": 0}, actor="bob", what="presence"),
        {(2, "wrong counter")},
    ),
    "one joins twice": (people(lambda there: (*there, ("MB0", "dave", DAVE))), {(3, "duplicated"), (1, "lost")}),
    "nobody added him": (
        people(lambda there: (*there, ("MB0", "mallory", "{}"))),
        {(3, "present without acknowledgement"), (1, "lost")},
    ),
    "he was refused": (rejected_and_joined, {(3, "present without acknowledgement")}),
    "to remove her was refused and done": (
        lambda entries: change(Answered, {"outcome": "rejected"}, id=entry_of(entries, "expel").id)(entries),
        {(3, "removed without acknowledgement")},
    ),
    "he was added and is not there": (
        people(lambda there: tuple(one for one in there if one[1] != "dave")),
        {(8, "acknowledged and lost")},
    ),
    "she was removed and is there": (
        lambda entries: people(lambda there: (*there, (sid_of(entries, "carol"), "carol", KNOWN)))(entries),
        {(1, "never was"), (2, "wrong counter"), (8, "acknowledged and lost")},
    ),
    "she has left and it shows": (
        change(Counted, {"number": 1}, actor="carol", what="presence"),
        {(9, "present to one who has left")},
    ),
    "a message after leaving": (told_of(6), {(9, "after leaving")}),
    "a message from before joining": (told_of_old, {(9, "before joining")}),
    "typing does not end": (
        drop(Told, observer="ada", stream="typing", what="expired", text="bob"),
        {(1, "lost")},
    ),
    "typing does not end with the message": (late, {(1, "lost"), (1, "never was")}),
    "typing does not end with the participant": (
        drop(Told, observer="ada", stream="typing", what="left", text="carol"),
        {(1, "lost")},
    ),
    "typing ends twice": (twice(Told, observer="ada", stream="typing", what="expired"), {(1, "never was")}),
    "typing ends that has not begun": (
        drop(Told, observer="bob", stream="typing", what="started", text="ada"),
        {(1, "never was")},
    ),
    "nobody has typed": (silent("ada"), {(1, "never was")}),
    "to type was refused": (refused("carol"), {(1, "never was")}),
    "typing after the message": (types("bob", "ada"), {(1, "reordered")}),
    "typing after leaving": (
        types("bob", "carol", observer="bob", stream="typing", what="left"),
        {(1, "reordered")},
    ),
    "typing before the state": (
        change(Told, {"shown": -2}, observer="bob", stream="typing", what="started"),
        {(2, "half a packet")},
    ),
    "typing for one who has left": (types("carol", "bob"), {(9, "after leaving")}),
    "typing from before joining": (
        types("carol", "ada", observer="carol", stream="messages", index=5),
        {(9, "before joining")},
    ),
    "a value is lost on a consumer": (drop(Taken, consumer="patient", value="MessageAdded 3 a3"), {(7, "not told")}),
    "the last value is lost on a consumer": (
        drop(Taken, consumer="patient", value="MessageAdded 6 a6"),
        {(7, "not told")},
    ),
    "a value is dropped and not told": (
        drop(Missed, consumer="newest"),
        {(7, "not told"), (7, "too large")},
    ),
    "the last that is dropped is not told": (
        drop(Missed, consumer="oldest"),
        {(7, "not told"), (7, "too large")},
    ),
    "the end is not told": (drop(Missed, consumer="slow", how="error"), {(7, "not told")}),
    "the end is not told, without a reason": (drop(Missed, consumer="ended", how="completed"), {(7, "not told")}),
    "a list begins anew and does not say so": (
        lambda entries: entries.__setitem__(
            slice(None),
            [replace(entry, anew=False) if isinstance(entry, Taken) and entry.at > 1.0 else entry for entry in entries],
        ),
        {(7, "not told")},
    ),
    "a value comes twice": (twice(Taken, consumer="patient", value="MessageAdded 3 a3"), {(7, "never was")}),
    "a value comes after the end": (
        append(lambda now: Taken(now, "slow", "MessageAdded 3 a3")),
        {(7, "never was")},
    ),
    "one is told of more than is dropped": (
        append(lambda now: Missed(now, "newest", "dropped", 1)),
        {(7, "not called for")},
    ),
    "one is told to be slow and is not": (append(lambda now: Missed(now, "patient", "error")), {(7, "not called for")}),
    "too many values wait": (change(Consuming, {"limit": 1}, consumer="patient"), {(7, "too large")}),
    "a buffer outgrows its limit": (
        change(Bounded, {"size": 1001}, what="messages kept of bob"),
        {(7, "too large")},
    ),
    "bytes for a stranger": (append(lambda now: Heard(now, "eve", 90)), {(9, "foreign bytes")}),
    "bytes after leaving": (
        lambda entries: entries.extend([Member(entries[-1].at, "bob", now=False), Heard(entries[-1].at, "bob", 1)]),
        {(9, "foreign bytes")},
    ),
}


def test_a_session_without_faults_breaks_no_law(right: list[Entry]) -> None:
    assert check(History(right)) == []
    kinds = {type(entry) for entry in right}
    assert {entry.what for entry in right if isinstance(entry, Told) and entry.stream == "participants"} == {
        *("added", "updated", "removed")
    }
    assert {entry.what for entry in right if isinstance(entry, Told) and entry.stream == "typing"} == {
        *("started", "expired", "message", "left")
    }
    assert kinds >= {Member, Observing, Invoked, Answered, Told, Counted, Held}
    assert kinds >= {Consuming, Offered, Taken, Missed, Bounded}


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
