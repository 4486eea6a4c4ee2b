"""A history, as those who decide about it need it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TypeVar

from rxconvo.testing.entries import Answered, Entry, Gap, Held, Invoked, Member, Observing, Told

__all__ = ["Facts"]

E = TypeVar("E")


class Facts:
    """A history, sorted by what its entries are."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = list(entries)
        self.invoked = {entry.id: entry for entry in self.of_kind(Invoked)}
        self.answered = {entry.id: entry for entry in self.of_kind(Answered)}
        self.observing = {(entry.observer, entry.stream): entry for entry in self.of_kind(Observing)}
        self.told: dict[tuple[str, str], list[Told]] = {observer: [] for observer in self.observing}
        for told in self.of_kind(Told):
            self.told.setdefault((told.observer, told.stream), []).append(told)
        self.since = {
            (entry.observer, entry.stream): position
            for position, entry in enumerate(self.entries)
            if isinstance(entry, Observing)
        }
        self.members: dict[str, list[tuple[int, bool]]] = {}
        for position, entry in enumerate(self.entries):
            if isinstance(entry, Member):
                self.members.setdefault(entry.actor, []).append((position, entry.now))
        self.gaps = [position for position, entry in enumerate(self.entries) if isinstance(entry, Gap)]
        before = self.entries[: max(self.gaps, default=0)]
        self._forgotten = {entry.id for entry in before if isinstance(entry, Answered)}
        self.breaks: dict[tuple[str, str], list[int]] = {observer: [] for observer in self.told}
        for position, entry in enumerate(self.entries):
            if isinstance(entry, Told) and entry.what == "discontinuity":
                self.breaks[entry.observer, entry.stream].append(position)
        self.held = next(iter(self.of_kind(Held)), None)
        self.texts = {invoked.text for op in ("send", "edit") for invoked, _ in self.of(op, "ok", "unknown")}
        self.attributes = {invoked.text for op in ("add", "change") for invoked, _ in self.of(op, "ok", "unknown")}
        self.sent_by = {
            answered.index: answered.id
            for _, answered in self.of("send", "ok")
            if answered is not None and answered.index is not None
        }
        self.messages = {index: text for index, _, text in self.held.messages} if self.held else {}
        self.horizons = dict(self.held.horizons) if self.held else {}
        self.participants = {who: (name, text) for who, name, text in self.held.participants} if self.held else {}
        self.begun = {entry.id: position for position, entry in enumerate(self.entries) if isinstance(entry, Invoked)}
        self.ended = {
            entry.id: position
            for position, entry in enumerate(self.entries)
            if isinstance(entry, Answered) and entry.outcome == "ok"
        }
        self.sources = {entry.text: entry.id for entry in self.invoked.values() if entry.text}

    def of_kind(self, kind: type[E]) -> list[E]:
        """Return the entries of one kind."""
        return [entry for entry in self.entries if isinstance(entry, kind)]

    def outcome(self, id: str) -> str:
        """Return how a mutation ended; one that never did may have been done or not.

        So may one that was done before the service lost what it had, as far as can be told from what it holds.
        """
        outcome = self.answered[id].outcome if id in self.answered else "unknown"
        return "unknown" if outcome == "ok" and self.forgotten(id) else outcome

    def forgotten(self, id: str | None) -> bool:
        """Tell whether a mutation was answered before the service lost what it had."""
        return id in self._forgotten

    def of(self, op: str, *outcomes: str) -> Iterator[tuple[Invoked, Answered | None]]:
        """Yield the mutations of one kind that ended in one of these ways."""
        for invoked in self.invoked.values():
            if invoked.op == op and self.outcome(invoked.id) in outcomes:
                yield invoked, self.answered.get(invoked.id)

    def told_since(self, position: int, observer: str, stream: str) -> list[tuple[str, int, str, str]]:
        """Return what an observer was told from some place in the history on."""
        return [
            (entry.what, entry.index, entry.text, entry.who)
            for entry in self.entries[position:]
            if isinstance(entry, Told) and (entry.observer, entry.stream) == (observer, stream)
        ]

    @cached_property
    def removed(self) -> set[int | None]:
        """The messages that somebody has removed, or may have."""
        return {invoked.index for invoked, _ in self.of("remove", "ok", "unknown")}

    @cached_property
    def expelled(self) -> set[str]:
        """The participants that somebody has removed, or may have."""
        return {invoked.who for invoked, _ in self.of("expel", "ok", "unknown")}

    def precedes(self, text: str, other: str) -> bool:
        """Tell whether one text was certainly said before another one; what nobody said was there at first."""
        source, later = self.sources.get(text), self.sources.get(other)
        if later is None or source == later:
            return False
        return source is None or (source in self.ended and self.ended[source] < self.begun[later])

    def source(self, told: Told) -> str | None:
        """Return the mutation that an observer was told of."""
        if told.what != "removed":
            return self.sources.get(told.text)
        for invoked in self.invoked.values():
            if invoked.op == "expel" and told.who == invoked.who and told.who:
                return invoked.id
            if invoked.op == "remove" and told.index == invoked.index and not told.who:
                return invoked.id
        return None

    def actor(self, observer: str, stream: str) -> str:
        """Return on whose client somebody observes."""
        observing = self.observing.get((observer, stream))
        return observer if observing is None else observing.actor or observer

    def is_member(self, actor: str, position: int, until: int | None = None) -> bool:
        """Tell whether somebody is able to see the conversation, at some place in the history or up to another one.

        Who is never said to be a member, or not to be one, is.
        """
        changes = self.members.get(actor, [(-1, True)])
        before = [now for place, now in changes if place <= position]
        return (before[-1] if before else False) or any(
            now for place, now in changes if until is not None and position < place <= until
        )

    def left(self, observer: str, stream: str) -> int | None:
        """Return the place in the history where an observer ceased to be able to see the conversation."""
        since = self.since.get((observer, stream), 0)
        actor = self.actor(observer, stream)
        for position, entry in enumerate(self.entries[since:], since):
            if isinstance(entry, Member) and entry.actor == actor and not entry.now:
                return position
        return None
