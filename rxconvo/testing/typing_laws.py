"""Laws 1, 2 and 9, as far as typing is concerned."""

from __future__ import annotations

from collections.abc import Iterator

from rxconvo.testing.entries import Invoked, Observing, Told, Violation
from rxconvo.testing.facts import Facts

__all__ = ["broken_by_typing"]

_SLACK = 1.0  # seconds by which an end may be late


def broken_by_typing(facts: Facts) -> Iterator[Violation]:
    """Find typing that nobody has signalled or may see, and typing that does not end.

    Args:
        facts: What happened.
    """
    for observing in facts.observing.values():
        if observing.stream == "typing":
            yield from _Watch(facts, observing).go()


class _Watch:
    """What one observer is told of typing, beside what its client is told of messages and participants."""

    def __init__(self, facts: Facts, observing: Observing) -> None:
        self._facts = facts
        self._observing = observing
        self._actor = facts.actor(observing.observer, "typing")
        self._whose = f"{observing.observer}'s typing"
        until = observing.at + observing.holds + _SLACK
        self._on = {who: (identity, until) for who, identity in observing.present}  # who types, and for how long
        self._gone: set[str] = set()
        self._said: dict[str, int] = {}  # who has sent a message, and where in the history it began to

    def go(self) -> Iterator[Violation]:
        """Go through the history."""
        facts, observer = self._facts, self._observing.observer
        for position, entry in enumerate(facts.entries):
            yield from self._overdue(entry.at)
            if not isinstance(entry, Told):
                continue
            if (entry.observer, entry.stream) == (observer, "typing"):
                yield from self._started(position, entry) if entry.what == "started" else self._ended(entry)
                if entry.shown is not None and entry.shown < entry.index:
                    text = f"{observer} is told of the typing of {entry.text}, which the state does not show so"
                    yield Violation(2, "half a packet", text)
            elif facts.actor(entry.observer, entry.stream) == self._actor:
                self._beside(entry)

    def _overdue(self, now: float) -> Iterator[Violation]:
        """Law 1: an end is told in time."""
        for who, (identity, deadline) in list(self._on.items()):
            if now > deadline:
                del self._on[who]
                yield Violation(1, "lost", f"{self._whose} does not tell before {now} s that {identity} types no more")

    def _started(self, position: int, entry: Told) -> Iterator[Violation]:
        """Laws 1 and 9: who types has said so, is there, has said nothing since, and its signal is for the observer."""
        self._on[entry.who] = entry.text, entry.at + self._observing.holds + _SLACK
        facts, identity = self._facts, entry.text
        text = f"{self._whose} tells that {identity} types"
        signals = [
            invoked
            for invoked in facts.invoked.values()
            if invoked.op == "type" and invoked.actor == identity and facts.begun[invoked.id] < position
        ]
        seen = [signal for signal in signals if self._may_see(signal, position)]
        if signals and not seen:
            there = facts.is_member(self._actor, position) and facts.is_member(identity, position)
            yield Violation(9, "before joining" if there else "after leaving", text)
        elif all(facts.outcome(signal.id) == "rejected" for signal in seen):
            yield Violation(1, "never was", f"{text}, which has not")
        elif entry.who in self._gone:
            yield Violation(1, "reordered", f"{text}, who has left")
        elif all(facts.ended.get(signal.id, position) < self._said.get(identity, -1) for signal in seen):
            yield Violation(1, "reordered", f"{text}, which has sent a message since")

    def _may_see(self, signal: Invoked, position: int) -> bool:
        """Tell whether a signal can be one that the observer may see."""
        begun, ended = self._facts.begun[signal.id], self._facts.ended.get(signal.id, position)
        return all(self._facts.is_member(each, begun, ended) for each in (signal.actor, self._actor))

    def _ended(self, entry: Told) -> Iterator[Violation]:
        """Law 1: what ends has begun."""
        if self._on.pop(entry.who, None) is None:
            yield Violation(1, "never was", f"{self._whose} tells that {entry.text} types no more, which did not")

    def _beside(self, entry: Told) -> None:
        """Take that somebody has left, or has sent a message: it types no more."""
        soon = entry.at + _SLACK
        if (entry.stream, entry.what) == ("participants", "removed"):
            self._gone.add(entry.who)
            if entry.who in self._on:
                identity, deadline = self._on[entry.who]
                self._on[entry.who] = identity, min(deadline, soon)
        elif (entry.stream, entry.what) == ("messages", "added"):
            source = self._facts.invoked.get(self._facts.sources.get(entry.text, ""))
            if source is None or source.op != "send":
                return  # edited before it was told: what came since?
            self._said[source.actor] = max(self._said.get(source.actor, -1), self._facts.begun[source.id])
            for who, (identity, deadline) in self._on.items():
                if identity == source.actor:
                    self._on[who] = identity, min(deadline, soon)
