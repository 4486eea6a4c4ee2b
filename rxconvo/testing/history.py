"""What was done, acknowledged and seen in a test, as plain values, and whether it keeps the laws.

A `History` is written by a `Recorder`, or by hand; `check` decides. It knows nothing of how rxconvo works, so it can
say that rxconvo does not.

Example:
    from rxconvo.testing.history import Answered, Held, History, Invoked, Told, check

    history = History(
        [
            Invoked(0.0, "ada", "1", "send", "hello"),
            Answered(0.1, "ada", "1", "ok", index=0, shown=0),
            Told(0.1, "bob", "messages", "added", 0, "hello", shown=0),
            Told(0.2, "bob", "messages", "added", 0, "hello", shown=0),
            Held(9.0, ((0, "ada", "hello"),)),
        ]
    )
    print(*check(history))  # -> law 1: duplicated: bob's messages tell twice that 0 was added
"""

from __future__ import annotations

from collections.abc import Iterator

from rxconvo.testing.bound_laws import broken_by_bounds
from rxconvo.testing.entries import (
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
    Violation,
)
from rxconvo.testing.facts import Facts
from rxconvo.testing.message_laws import broken_by_messages
from rxconvo.testing.participant_laws import broken_by_participants
from rxconvo.testing.typing_laws import broken_by_typing

__all__ = [
    "Answered",
    "Bounded",
    "Consuming",
    "Counted",
    "Entry",
    "Gap",
    "Heard",
    "Held",
    "History",
    "Invoked",
    "Left",
    "Member",
    "Missed",
    "Observing",
    "Offered",
    "Taken",
    "Told",
    "Violation",
    "check",
]


def check(history: History) -> list[Violation]:
    """Find where a history breaks the laws.

    Args:
        history: All that happened; with one `history.Held`, which is what the service holds in the end, or nothing is
            decided that needs it. (`rxconvo.testing.Held` is another thing: what a test holds of the process.) What was
            done before a `Gap` may be there in the end or not. Bytes held up on a line may come to a former member
            late, so only those that tell what was said since are against law 9. Signals of typing may be lost, as a
            connection may be: that one is told of is not decided, only that it ends.

    Returns:
        What was broken, law by law; empty where nothing was. O(n log n).
    """
    facts = Facts(history.entries)
    found = [
        *_discontinuities(facts),
        *broken_by_messages(facts),
        *broken_by_participants(facts),
        *broken_by_typing(facts),
        *_isolation_of_observers(facts),
        *_one_clock(facts),
        *(Violation(6, "leak", entry.what) for entry in facts.of_kind(Left)),
        *broken_by_bounds(facts),
        *_isolation_of_identities(facts),
        *_former_members(facts),
    ]
    return sorted(found, key=lambda violation: violation.law)


def _discontinuities(facts: Facts) -> Iterator[Violation]:
    """Law 1: a discontinuity is told where it cannot be known what was missed, and nowhere else."""
    for observer, stream in facts.told:
        if stream == "typing":
            continue  # which ends with the connection
        since, left = facts.since.get((observer, stream), -1), facts.left(observer, stream)
        gaps = [gap for gap in facts.gaps if since < gap and (left is None or gap < left)]
        breaks = facts.breaks[observer, stream]
        for number, position in enumerate(breaks):
            if number >= sum(gap < position for gap in gaps):
                text = f"{observer}'s {stream} tell of a discontinuity at {facts.entries[position].at} s"
                yield Violation(1, "not called for", text)
        if gaps and max(breaks, default=-1) < gaps[-1]:  # of several while it is away, it is told once
            text = f"{observer}'s {stream} tell of no discontinuity after {facts.entries[gaps[-1]].at} s"
            yield Violation(1, "lost", text)


def _isolation_of_observers(facts: Facts) -> Iterator[Violation]:
    """Law 4: all observers of one stream on one client are told the same, from where the later one began."""
    streams: dict[tuple[str, str], list[Observing]] = {}
    for observing in facts.observing.values():
        if observing.actor:
            streams.setdefault((observing.actor, observing.stream), []).append(observing)
    for (actor, stream), observers in streams.items():
        first, *others = observers
        for other in others:
            since = facts.since[other.observer, stream]
            mine, its = (facts.told_since(since, one.observer, stream) for one in (first, other))
            if mine != its:
                text = f"{first.observer} and {other.observer} are told different things by {actor}'s {stream}"
                yield Violation(4, "disagreement", text)


def _one_clock(facts: Facts) -> Iterator[Violation]:
    """Law 5: one thread, and time that does not run backwards."""
    now = 0.0
    for entry in facts.entries:
        if entry.at < now:
            yield Violation(5, "back in time", f"{entry} comes after {now} s")
        now = max(now, entry.at)
    threads = {entry.thread for told in facts.told.values() for entry in told}
    if len(threads) > 1:
        yield Violation(5, "foreign thread", f"observers are told on {len(threads)} threads")


def _isolation_of_identities(facts: Facts) -> Iterator[Violation]:
    """Law 9: nothing comes to who may not see the conversation."""
    members: set[str] = set()
    for entry in facts.entries:
        if isinstance(entry, Member):
            (members.add if entry.now else members.discard)(entry.actor)
        elif isinstance(entry, Heard) and entry.actor not in members:
            text = f"{entry.size} bytes about the conversation come to {entry.actor} at {entry.at} s"
            yield Violation(9, "foreign bytes", text)


def _former_members(facts: Facts) -> Iterator[Violation]:
    """Law 9: observers are told nothing that was done after their leaving, and nothing new from before their joining.

    What was done before, and is told late, is not against it.
    """
    changed: dict[str, tuple[int, bool]] = {}
    for position, entry in enumerate(facts.entries):
        if isinstance(entry, Member):
            changed[entry.actor] = position, entry.now
        if not isinstance(entry, Told) or entry.stream == "typing" or entry.what == "discontinuity":
            continue
        observing = facts.observing.get((entry.observer, entry.stream))
        actor = (observing.actor if observing is not None else "") or entry.observer
        since, member = changed.get(actor, (-1, True))
        source = facts.source(entry)
        if not member and source is not None and facts.begun[source] > since:
            text = f"{entry.observer}'s {entry.stream} tell of {entry.who or entry.index} after {actor} has left"
            yield Violation(9, "after leaving", text)
        elif member and entry.what == "added" and source is not None and facts.ended.get(source, since) < since:
            text = f"{entry.observer}'s {entry.stream} tell of {entry.who or entry.index} from before {actor} joined"
            yield Violation(9, "before joining", text)
    members = {identity for identity, _ in facts.participants.values()}
    for counted in facts.of_kind(Counted):
        if counted.what == "presence" and counted.number and counted.actor not in members:
            yield Violation(9, "present to one who has left", f"{counted.actor} still has the conversation")
