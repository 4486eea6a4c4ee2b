"""Laws 1, 2, 3 and 8, as far as participants are concerned.

Who leaves and is added again is another participant, of another sid.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rxconvo.testing.entries import Answered, Invoked, Member, Told, Violation
from rxconvo.testing.facts import Facts

__all__ = ["broken_by_participants"]


def broken_by_participants(facts: Facts) -> Iterator[Violation]:
    """Find what was lost, duplicated, reordered, or is there and should not be.

    Args:
        facts: What happened.
    """
    for (observer, stream), told in facts.told.items():
        if stream == "participants":
            yield from _observation(facts, observer, told)
            yield from _state_first(told)
    if facts.held is not None:
        yield from _cold(facts)
        yield from _durable(facts)


def _observation(facts: Facts, observer: str, told: list[Told]) -> Iterator[Violation]:
    """Law 1: each change once, in order for each participant; who is there in the end, as it is."""
    whose = f"{observer}'s participants"
    observing = facts.observing.get((observer, "participants"))
    present = {} if observing is None else dict(observing.present)
    last: dict[str, Told] = {}
    for entry in told:
        if entry.what == "discontinuity":
            return  # what is told from here on depends on what was missed
        yield from _next(facts, whose, entry, last.get(entry.who), present)
        last[entry.who] = entry
    if observing is not None and facts.held is not None and facts.left(observer, "participants") is None:
        yield from _missing(facts, whose, present, last)


def _next(facts: Facts, whose: str, entry: Told, before: Told | None, present: dict[str, str]) -> Iterator[Violation]:
    """Decide about one thing that was told, given what was told before of the same participant."""
    who = entry.who
    if before is not None and before.what == "removed":
        kind = "duplicated" if entry.what == "removed" else "reordered"
        yield Violation(1, kind, f"{whose} tell of {who} again, who has left")
    elif before is None and who not in present:
        if entry.what != "added":
            yield Violation(1, "reordered", f"{whose} tell of {who}, who has not joined")
    elif entry.what == "added":
        yield Violation(1, "duplicated", f"{whose} tell twice that {who} joined")
    elif entry.what == "updated":
        text = present[who] if before is None else before.text
        if before is not None and (before.text, before.index) == (entry.text, entry.index):
            yield Violation(1, "duplicated", f"{whose} tell twice that {who} is {entry.text!r}")
        elif facts.precedes(entry.text, text) or (before is not None and entry.index < before.index):
            yield Violation(1, "reordered", f"{whose} tell that {who} is what it was before")
    if entry.what != "removed" and entry.text not in facts.attributes | set(present.values()):
        yield Violation(1, "never was", f"{whose} tell that {who} is {entry.text!r}, which nobody said")


def _missing(facts: Facts, whose: str, present: dict[str, str], last: dict[str, Told]) -> Iterator[Violation]:
    """Find what an observer should have been told in the end."""
    for who, (identity, text) in facts.participants.items():
        entry = last.get(who)
        known = present.get(who) if entry is None else entry.text
        read = facts.horizons.get(identity)
        if known is None:
            yield Violation(1, "lost", f"{whose} never tell that {who} joined")
        elif entry is not None and entry.what == "removed":
            yield Violation(1, "never was", f"{whose} tell that {who} has left, who is there")
        elif known != text:
            yield Violation(1, "lost", f"{whose} end with {known!r} of {who}, who is {text!r}")
        elif entry is not None and entry.index != (-1 if read is None else read):
            yield Violation(1, "lost", f"{whose} end with {entry.index} as read by {who}, who has read {read}")
    expelled = facts.expelled
    for who in {**present, **last}:
        stays = who not in last or last[who].what != "removed"
        if stays and who in expelled and who not in facts.participants:
            yield Violation(1, "lost", f"{whose} never tell that {who} has left")


def _state_first(told: list[Told]) -> Iterator[Violation]:
    """Law 2: what an event tells of can be seen."""
    for entry in told:
        if entry.shown is not None and entry.shown < entry.index:
            text = f"{entry.observer} is told of {entry.who}, whom the state does not show so"
            yield Violation(2, "half a packet", text)


def _cold(facts: Facts) -> Iterator[Violation]:
    """Law 3: who was added is there at most once, what was rejected not at all, and nobody whom nobody added."""
    identities = Counter(identity for identity, _ in facts.participants.values())
    for identity, times in identities.items():
        if times > 1:
            yield Violation(3, "duplicated", f"{identity} is there {times} times")
    first = _there_at_first(facts)
    rejected = {invoked.text for op in ("add", "change") for invoked, _ in facts.of(op, "rejected")}
    for who, (identity, text) in facts.participants.items():
        if text not in facts.attributes and (identity not in first or text in rejected):
            found = f"{identity}, {who}, is there as {text!r}, which was refused or not asked for"
            yield Violation(3, "present without acknowledgement", found)
    for who in sorted(_gone_though_refused(facts)):
        yield Violation(3, "removed without acknowledgement", f"{who} is not there, and to remove it was refused")
    seen: set[str] = set()
    for _, answered in facts.of("add", "ok"):
        if answered is not None and answered.who in seen:
            yield Violation(3, "acknowledged twice", f"{answered.who} was given to two participants")
        if answered is not None:
            seen.add(answered.who)


def _durable(facts: Facts) -> Iterator[Violation]:
    """Law 8: who was acknowledged is there, as was acknowledged last; who was acknowledged to be removed is not."""
    expelled = facts.expelled | _gone_though_refused(facts)
    for invoked, answered in facts.of("add", "ok"):
        if answered is not None and answered.who not in facts.participants and answered.who not in expelled:
            yield Violation(8, "acknowledged and lost", f"{invoked.who}, {answered.who}, is not there")
    for invoked, _ in facts.of("change", "ok"):
        _, text = facts.participants.get(invoked.who, ("", invoked.text))
        if facts.precedes(text, invoked.text):
            found = f"{invoked.who} was acknowledged as {invoked.text!r} and is {text!r}"
            yield Violation(8, "acknowledged and lost", found)
    for invoked, _ in facts.of("expel", "ok"):
        if invoked.who in facts.participants:
            yield Violation(8, "acknowledged and lost", f"{invoked.who} was removed and is there")


def _gone_though_refused(facts: Facts) -> set[str]:
    """Return who was there and is not, where nobody was allowed to remove it and somebody tried."""
    there = {answered.who for _, answered in facts.of("add", "ok") if answered is not None}
    there.update(who for observing in facts.observing.values() for who, _ in observing.present)
    refused = {invoked.who for invoked, _ in facts.of("expel", "rejected") if not facts.forgotten(invoked.id)}
    return (there & refused) - facts.expelled - facts.participants.keys()


def _there_at_first(facts: Facts) -> set[str]:
    """Return who was a member before anything was done."""
    members: set[str] = set()
    for entry in facts.entries:
        if isinstance(entry, Invoked | Answered):
            break
        if isinstance(entry, Member) and entry.now:
            members.add(entry.actor)
    return members
