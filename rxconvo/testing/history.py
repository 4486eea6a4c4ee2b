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

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypeVar

__all__ = [
    "Answered",
    "Bounded",
    "Counted",
    "Entry",
    "Gap",
    "Heard",
    "Held",
    "History",
    "Invoked",
    "Left",
    "Member",
    "Observing",
    "Told",
    "Violation",
    "check",
]

E = TypeVar("E")

What: TypeAlias = Literal["added", "updated", "removed", "discontinuity"]


@dataclass(frozen=True, slots=True)
class Invoked:
    """Somebody began a mutation.

    Attributes:
        at: Seconds of the loop's clock; so in all entries.
        actor: Who.
        id: Names it within this history.
        op: `send`, `edit`, `remove` or another.
        text: What is sent, or what a message is edited to; each text is used once.
        index: The message, where there is one already.
    """

    at: float
    actor: str
    id: str
    op: str
    text: str = ""
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """A mutation has ended for who began it.

    Attributes:
        at: When.
        actor: Who.
        id: Which.
        outcome: `ok`; `rejected`: it was not done; `unknown`: nobody can tell.
        index: The index of what was sent.
        shown: The newest message that the actor's own state showed then; None where it observes nothing.
    """

    at: float
    actor: str
    id: str
    outcome: Literal["ok", "rejected", "unknown"]
    index: int | None = None
    shown: int | None = None


@dataclass(frozen=True, slots=True)
class Observing:
    """An observer's source is open: from here on it must be told everything.

    Attributes:
        at: When.
        observer: Who.
        stream: What it observes.
        since: The first index that has to be told.
        actor: On whose client, if that is another name.
    """

    at: float
    observer: str
    stream: str
    since: int = 0
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """An observer was told of a message.

    Attributes:
        at: When.
        observer: Who.
        stream: By what stream.
        what: What became of it.
        index: Which message.
        text: What it says then.
        shown: The newest message that the client held at that moment; None where that was not looked at.
        thread: Where it was told.
    """

    at: float
    observer: str
    stream: str
    what: What
    index: int = -1
    text: str = ""
    shown: int | None = None
    thread: int = 0


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody begins or ceases to be able to see the conversation.

    Attributes:
        at: When.
        actor: Who.
        now: Which of the two.
    """

    at: float
    actor: str
    now: bool = True


@dataclass(frozen=True, slots=True)
class Heard:
    """Bytes that tell of the conversation have come to somebody.

    Attributes:
        at: When.
        actor: To whom.
        size: How many.
    """

    at: float
    actor: str
    size: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """From here on nobody can know what observers have missed: each has to be told of a discontinuity.

    Attributes:
        at: When.
    """

    at: float


@dataclass(frozen=True, slots=True)
class Held:
    """What the service holds in the end.

    Attributes:
        at: When that was looked at.
        messages: Index, author and text of each message.
        horizons: Index that each member has read up to.
    """

    at: float
    messages: tuple[tuple[int, str, str], ...]
    horizons: tuple[tuple[str, int | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """What a client counts in the end.

    Attributes:
        at: When.
        actor: Whose client.
        what: `messages`, `unread` or `horizon`.
        number: How many, or which.
    """

    at: float
    actor: str
    what: Literal["messages", "unread", "horizon"]
    number: int | None


@dataclass(frozen=True, slots=True)
class Left:
    """Something was left behind after all was disposed.

    Attributes:
        at: When.
        what: What it is.
    """

    at: float
    what: str


@dataclass(frozen=True, slots=True)
class Bounded:
    """How large something has become that has a limit.

    Attributes:
        at: When.
        what: What it is.
        size: How large.
        limit: How large it may be.
    """

    at: float
    what: str
    size: int
    limit: int


Entry: TypeAlias = Invoked | Answered | Observing | Told | Member | Heard | Held | Counted | Left | Bounded | Gap
"""One thing that happened."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A law that was not kept.

    Attributes:
        law: Its number, 1 to 9.
        kind: `lost`, `duplicated`, `reordered`, `never was`, `not called for`, `half a packet`, `wrong counter`,
            `acknowledged twice`, `present without acknowledgement`, `acknowledged and lost`, `disagreement`,
            `foreign thread`, `back in time`, `leak`, `too large` or `foreign bytes`.
        text: What happened.
    """

    law: int
    kind: str
    text: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"law {self.law}: {self.kind}: {self.text}"


@dataclass
class History:
    """What happened to one conversation, in the order in which it did.

    Attributes:
        entries: What happened.
    """

    entries: list[Entry] = field(default_factory=list[Entry])

    def add(self, entry: Entry) -> None:
        """Write something down.

        Args:
            entry: What happened; it happened after all that is there.
        """
        self.entries.append(entry)


def check(history: History) -> list[Violation]:
    """Find where a history breaks the laws.

    Args:
        history: All that happened; with one `Held`, or nothing is decided that needs it.

    Returns:
        What was broken, law by law; empty where nothing was. O(n log n).
    """
    facts = _Facts(history.entries)
    return [
        *_observation(facts),
        *_state_first(facts),
        *_cold(facts),
        *_isolation_of_observers(facts),
        *_one_clock(facts),
        *(Violation(6, "leak", entry.what) for entry in facts.of_kind(Left)),
        *(
            Violation(7, "too large", f"{entry.what} is {entry.size}, the limit {entry.limit}")
            for entry in facts.of_kind(Bounded)
            if entry.size > entry.limit
        ),
        *_durable(facts),
        *_isolation_of_identities(facts),
    ]


class _Facts:
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
        self.gaps = [position for position, entry in enumerate(self.entries) if isinstance(entry, Gap)]
        self.held = next(iter(self.of_kind(Held)), None)
        self.texts = {one.text for one in self.invoked.values() if self.outcome(one.id) != "rejected"}
        self.sent = {
            answered.index: invoked.text
            for invoked, answered in self.of("send", "ok")
            if answered is not None and answered.index is not None
        }
        self.messages = {index: text for index, _, text in self.held.messages} if self.held else {}

    def of_kind(self, kind: type[E]) -> list[E]:
        """Return the entries of one kind."""
        return [entry for entry in self.entries if isinstance(entry, kind)]

    def outcome(self, id: str) -> str:
        """Return how a mutation ended; one that never did may have been done or not."""
        return self.answered[id].outcome if id in self.answered else "unknown"

    def of(self, op: str, *outcomes: str) -> Iterator[tuple[Invoked, Answered | None]]:
        """Yield the mutations of one kind that ended in one of these ways."""
        for invoked in self.invoked.values():
            if invoked.op == op and self.outcome(invoked.id) in outcomes:
                yield invoked, self.answered.get(invoked.id)

    def told_since(self, position: int, observer: str, stream: str) -> list[tuple[str, int, str]]:
        """Return what an observer was told from some place in the history on."""
        return [
            (entry.what, entry.index, entry.text)
            for entry in self.entries[position:]
            if isinstance(entry, Told) and (entry.observer, entry.stream) == (observer, stream)
        ]

    def removed(self) -> set[int | None]:
        """Return the messages that somebody has removed, or may have."""
        return {invoked.index for invoked, _ in self.of("remove", "ok", "unknown")}


def _observation(facts: _Facts) -> Iterator[Violation]:
    """Law 1: each change once, in order; what is there in the end, as it is."""
    for (observer, stream), told in facts.told.items():
        whose = f"{observer}'s {stream}"
        observing = facts.observing.get((observer, stream))
        gaps = [position for position in facts.gaps if position > facts.since.get((observer, stream), -1)]
        breaks = [entry.at for entry in told if entry.what == "discontinuity"]
        if len(breaks) > len(gaps):
            yield Violation(1, "not called for", f"{whose} tell of a discontinuity at {breaks[-1]} s")
        elif len(breaks) < len(gaps):
            yield Violation(1, "lost", f"{whose} tell of no discontinuity after {facts.entries[gaps[-1]].at} s")
        last: dict[int, Told] = {}
        yield from _order(facts, whose, told, last)
        if facts.held is not None and not breaks:
            yield from _missing(facts, whose, observing, last)


def _order(facts: _Facts, whose: str, told: list[Told], last: dict[int, Told]) -> Iterator[Violation]:
    """Go through what an observer was told; leaves in *last* what it was told last of each message."""
    newest = -1
    for entry in told:
        before = last.get(entry.index)
        if entry.what == "discontinuity":
            continue
        if entry.what == "added":
            # What was edited before it was told is told once, as it says now, and where the edit belongs.
            merged = facts.sent.get(entry.index, entry.text) != entry.text
            if before is not None:
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


def _missing(facts: _Facts, whose: str, observing: Observing | None, last: dict[int, Told]) -> Iterator[Violation]:
    """Find what an observer should have been told in the end."""
    since = observing.since if observing is not None else max(facts.messages, default=0) + 1
    for index, text in facts.messages.items():
        if index in last:
            if last[index].what == "removed":
                yield Violation(1, "never was", f"{whose} tell that {index} is gone, which is there")
            elif last[index].text != text:
                yield Violation(1, "lost", f"{whose} end with {last[index].text!r} of {index}, which says {text!r}")
        elif index >= since:
            yield Violation(1, "lost", f"{whose} never tell of {index}")
    for index, entry in last.items():
        if index not in facts.messages and entry.what != "removed" and index in facts.removed():
            yield Violation(1, "lost", f"{whose} never tell that {index} is gone")


def _state_first(facts: _Facts) -> Iterator[Violation]:
    """Law 2: what an event or a result tells of can be seen; counters are right in the end."""
    for told in facts.told.values():
        for entry in told:
            if entry.what == "added" and entry.shown is not None and entry.shown < entry.index:
                text = f"{entry.observer} is told of {entry.index} while {entry.shown} is the newest held"
                yield Violation(2, "half a packet", text)
    for answered in facts.answered.values():
        index, shown = answered.index, answered.shown
        if answered.outcome == "ok" and index is not None and shown is not None and shown < index:
            yield Violation(2, "half a packet", f"{answered.actor} has sent {index} while {shown} is the newest shown")
    if facts.held is None:
        return
    horizons = dict(facts.held.horizons)
    for counted in facts.of_kind(Counted):
        horizon = horizons.get(counted.actor)
        right = {
            "messages": len(facts.held.messages),
            "horizon": horizon,
            "unread": None if horizon is None else sum(index > horizon for index in facts.messages),
        }[counted.what]
        if counted.number != right:
            yield Violation(2, "wrong counter", f"{counted.actor} counts {counted.number} {counted.what}, not {right}")


def _cold(facts: _Facts) -> Iterator[Violation]:
    """Law 3: what was sent is there at most once, what was rejected not at all, and nothing that nobody sent."""
    if facts.held is None:
        return
    edited = {invoked.text for op in ("send", "edit") for invoked, _ in facts.of(op, "ok", "unknown")}
    there = [text for _, _, text in facts.held.messages]
    for text in sorted({text for text in there if there.count(text) > 1}):
        yield Violation(3, "duplicated", f"{text!r} is there {there.count(text)} times")
    for index, author, text in facts.held.messages:
        if text not in edited:
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


def _isolation_of_observers(facts: _Facts) -> Iterator[Violation]:
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


def _one_clock(facts: _Facts) -> Iterator[Violation]:
    """Law 5: one thread, and time that does not run backwards."""
    now = 0.0
    for entry in facts.entries:
        if entry.at < now:
            yield Violation(5, "back in time", f"{entry} comes after {now} s")
        now = max(now, entry.at)
    threads = {entry.thread for told in facts.told.values() for entry in told}
    if len(threads) > 1:
        yield Violation(5, "foreign thread", f"observers are told on {len(threads)} threads")


def _durable(facts: _Facts) -> Iterator[Violation]:
    """Law 8: what was acknowledged is there."""
    if facts.held is None:
        return
    edited = {invoked.index for invoked, _ in facts.of("edit", "ok", "unknown")}
    for invoked, answered in facts.of("send", "ok"):
        index = None if answered is None else answered.index
        if index in facts.removed():
            continue
        if index not in facts.messages:
            yield Violation(8, "acknowledged and lost", f"{index}, {invoked.text!r} by {invoked.actor}, is not there")
        elif index not in edited and facts.messages[index] != invoked.text:
            text = f"{index} was acknowledged as {invoked.text!r} and says {facts.messages[index]!r}"
            yield Violation(8, "acknowledged and lost", text)


def _isolation_of_identities(facts: _Facts) -> Iterator[Violation]:
    """Law 9: nothing comes to who may not see the conversation."""
    members: set[str] = set()
    for entry in facts.entries:
        if isinstance(entry, Member):
            (members.add if entry.now else members.discard)(entry.actor)
        elif isinstance(entry, Heard) and entry.actor not in members:
            text = f"{entry.size} bytes about the conversation come to {entry.actor} at {entry.at} s"
            yield Violation(9, "foreign bytes", text)
