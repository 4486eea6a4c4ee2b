"""Laws 1, 2, 3 and 8, as far as messages are concerned."""

from __future__ import annotations

from collections.abc import Iterator

from rxconvo.testing.entries import Counted, Told, Violation
from rxconvo.testing.facts import Facts

__all__ = ["broken_by_messages"]


def broken_by_messages(facts: Facts) -> Iterator[Violation]:
    """Find what was lost, duplicated, reordered, miscounted, or is there and should not be.

    Args:
        facts: What happened.
    """
    yield from _observation(facts)
    yield from _state_first(facts)
    yield from _cold(facts)
    yield from _durable(facts)


def _observation(facts: Facts) -> Iterator[Violation]:
    """Law 1: each change once, in order; what is there in the end, as it is."""
    for (observer, stream), told in facts.told.items():
        if stream != "messages":
            continue
        whose = f"{observer}'s {stream}"
        breaks = any(entry.what == "discontinuity" for entry in told)
        last: dict[int, Told] = {}
        yield from _order(facts, whose, told, last)
        if facts.held is not None and not breaks and facts.left(observer, stream) is None:
            yield from _missing(facts, whose, _first_to_tell(facts, observer), last)


def _order(facts: Facts, whose: str, told: list[Told], last: dict[int, Told]) -> Iterator[Violation]:
    """Go through what an observer was told; leaves in *last* what it was told last of each message."""
    newest = -1
    earlier: set[str] = set()
    for entry in told:
        before = last.get(entry.index)
        source = facts.sources.get(entry.text)
        if entry.what == "discontinuity":  # indices may begin anew; what was said and answered does not
            earlier.update(known.text for known in last.values() if known.what != "removed")
            last.clear()
            newest = -1
            continue
        if entry.what == "added":
            # What was edited before it was told is told once, as it says now, and where the edit belongs.
            merged = source is not None and facts.invoked[source].op == "edit"
            if before is not None or (entry.text in earlier and facts.forgotten(source)):
                yield Violation(1, "duplicated", f"{whose} tell twice that {entry.index} was added")
            elif entry.index < newest and not merged:
                yield Violation(1, "reordered", f"{whose} tell of {entry.index} after {newest}")
            newest = max(newest, entry.index)
        elif before is not None and before.what == "removed":
            kind = "duplicated" if entry.what == "removed" else "reordered"
            yield Violation(1, kind, f"{whose} tell of {entry.index} again, which is gone")
        if entry.what != "removed" and entry.text not in facts.texts:
            yield Violation(1, "never was", f"{whose} tell {entry.text!r} of {entry.index}, which nobody said")
        last[entry.index] = entry


def _first_to_tell(facts: Facts, observer: str) -> int:
    """Return the first message that an observer has to be told of: none that was being sent when it began."""
    observing = facts.observing.get((observer, "messages"))
    if observing is None:
        return max(facts.messages, default=0) + 1
    since = facts.since[observer, "messages"]
    sending = [index for index, source in facts.sent_by.items() if facts.begun[source] < since]
    return max(observing.since, max(sending, default=-1) + 1)


def _missing(facts: Facts, whose: str, since: int, last: dict[int, Told]) -> Iterator[Violation]:
    """Find what an observer should have been told in the end."""
    for index, text in facts.messages.items():
        if index in last:
            if last[index].what == "removed":
                yield Violation(1, "never was", f"{whose} tell that {index} is gone, which is there")
            elif last[index].text != text:
                yield Violation(1, "lost", f"{whose} end with {last[index].text!r} of {index}, which says {text!r}")
        elif index >= since:
            yield Violation(1, "lost", f"{whose} never tell of {index}")
    for index, entry in last.items():
        if index not in facts.messages and entry.what != "removed" and index in facts.removed:
            yield Violation(1, "lost", f"{whose} never tell that {index} is gone")


def _state_first(facts: Facts) -> Iterator[Violation]:
    """Law 2: what an event or a result tells of can be seen; counters are right in the end."""
    for (_, stream), told in facts.told.items():
        for entry in told if stream == "messages" else ():
            if entry.what == "added" and entry.shown is not None and entry.shown < entry.index:
                text = f"{entry.observer} is told of {entry.index} while {entry.shown} is the newest held"
                yield Violation(2, "half a packet", text)
    for answered in facts.answered.values():
        index, shown = answered.index, answered.shown
        if answered.outcome != "ok" or index is None or index in facts.removed:
            continue
        if shown is not None and shown < index:
            yield Violation(2, "half a packet", f"{answered.actor} has sent {index} while {shown} is the newest shown")
    if facts.held is None:
        return
    members = {identity for identity, _ in facts.participants.values()}
    for counted in facts.of_kind(Counted):
        horizon = facts.horizons.get(counted.actor)
        right = {
            "messages": len(facts.held.messages),
            "horizon": horizon,
            "presence": int(counted.actor in members),
            "unread": None if horizon is None else sum(index > horizon for index in facts.messages),
        }[counted.what]
        if counted.number != right and (counted.what != "presence" or right):  # else law 9
            yield Violation(2, "wrong counter", f"{counted.actor} counts {counted.number} {counted.what}, not {right}")


def _cold(facts: Facts) -> Iterator[Violation]:
    """Law 3: what was sent is there at most once, what was rejected not at all, and nothing that nobody sent."""
    if facts.held is None:
        return
    there = [text for _, _, text in facts.held.messages]
    for text in sorted({text for text in there if there.count(text) > 1}):
        yield Violation(3, "duplicated", f"{text!r} is there {there.count(text)} times")
    for index, author, text in facts.held.messages:
        if text not in facts.texts:
            yield Violation(
                3,
                "present without acknowledgement",
                f"{index} by {author} says {text!r}, which was refused or not sent",
            )
    seen: dict[int, str] = {}
    for invoked, answered in facts.of("send", "ok"):
        if answered is not None and answered.index is not None:
            if answered.index in seen:
                text = f"{answered.index} was given to {seen[answered.index]!r} and to {invoked.text!r}"
                yield Violation(3, "acknowledged twice", text)
            seen[answered.index] = invoked.text


def _durable(facts: Facts) -> Iterator[Violation]:
    """Law 8: what was acknowledged is there."""
    if facts.held is None:
        return
    edited = {invoked.index for invoked, _ in facts.of("edit", "ok", "unknown")}
    for invoked, answered in facts.of("send", "ok"):
        index = None if answered is None else answered.index
        if index in facts.removed:
            continue
        if index not in facts.messages:
            yield Violation(8, "acknowledged and lost", f"{index}, {invoked.text!r} by {invoked.actor}, is not there")
        elif index not in edited and facts.messages[index] != invoked.text:
            text = f"{index} was acknowledged as {invoked.text!r} and says {facts.messages[index]!r}"
            yield Violation(8, "acknowledged and lost", text)
    for invoked, _ in facts.of("remove", "ok"):
        if invoked.index in facts.messages:
            yield Violation(8, "acknowledged and lost", f"{invoked.index} was removed and is there")
