"""What a history is made of: what was done, acknowledged and seen, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

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
    "What",
]

What: TypeAlias = Literal[
    "added", "updated", "removed", "discontinuity", "started", "expired", "message", "left", "disconnected"
]
"""What became of a message, or of a participant: who joins is added, who leaves is removed; or of typing: that it was
started, or why it ended."""


@dataclass(frozen=True, slots=True)
class Invoked:
    """Somebody began a mutation.

    Attributes:
        at: Seconds of the loop's clock; so in all entries.
        actor: Who.
        id: Names it within this history.
        op: `send`, `edit` or `remove` of a message, `add`, `change` or `expel` of a participant, `type`, or another.
        text: What is sent, or what a message is edited to, or the attributes of a participant; each is used once.
        index: The message, where there is one already.
        who: The participant: who is added, by identity; else by sid.
    """

    at: float
    actor: str
    id: str
    op: str
    text: str = ""
    index: int | None = None
    who: str = ""


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
        who: The sid of who was added.
    """

    at: float
    actor: str
    id: str
    outcome: Literal["ok", "rejected", "unknown"]
    index: int | None = None
    shown: int | None = None
    who: str = ""


@dataclass(frozen=True, slots=True)
class Observing:
    """An observer's source is open: from here on it must be told everything.

    Attributes:
        at: When.
        observer: Who.
        stream: What it observes: `messages`, `participants` or `typing`.
        since: The first index that has to be told.
        actor: On whose client, if that is another name.
        present: Sid and attributes of each participant that is there already; of typing, sid and identity of who types.
        holds: Seconds from a signal of typing to its end, unless another one comes.
    """

    at: float
    observer: str
    stream: str
    since: int = 0
    actor: str = ""
    present: tuple[tuple[str, str], ...] = ()
    holds: float = 0.0


@dataclass(frozen=True, slots=True)
class Told:
    """An observer was told of a message, of a participant, or of its typing.

    Attributes:
        at: When.
        observer: Who.
        stream: By what stream.
        what: What became of it.
        index: Which message; of a participant, the last one it has read, or -1; of typing, -1.
        text: What the message says then, or the attributes of the participant, or the identity of who types.
        shown: The newest message that the client held at that moment; None where that was not looked at. Of a
            participant, *index* if the client knew it, and its typing, as it was told, else less.
        thread: Where it was told.
        who: Sid of the participant.
    """

    at: float
    observer: str
    stream: str
    what: What
    index: int = -1
    text: str = ""
    shown: int | None = None
    thread: int = 0
    who: str = ""


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
    """Bytes that tell of the conversation have come to somebody, or to a former member what was said since.

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
    """The service loses what it had, or some of it: each observer has to be told of a discontinuity.

    What was done before may be there in the end or not. A `Recorder` writes it down for a service in memory that is
    restarted with `forget`. Where else something is lost, as when an older copy of a store takes its place, the test
    does: `recorder.history.add(Gap(world.now))`.

    Attributes:
        at: When.
    """

    at: float


@dataclass(frozen=True, slots=True)
class Held:
    """What the service holds in the end.

    Attributes:
        at: When that was looked at.
        messages: Index, author and text of each message; none where there is no such conversation any more.
        horizons: Index that each member has read up to.
        participants: Sid, identity and attributes of each participant.
    """

    at: float
    messages: tuple[tuple[int, str, str], ...]
    horizons: tuple[tuple[str, int | None], ...] = ()
    participants: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """What a client counts in the end.

    Attributes:
        at: When.
        actor: Whose client.
        what: `messages`, `unread`, `horizon`, or `presence`: 1 if it has the conversation.
        number: How many, or which.
    """

    at: float
    actor: str
    what: Literal["messages", "unread", "horizon", "presence"]
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
class Consuming:
    """A consumer begins that takes its time, so that only so many values may wait for it.

    Attributes:
        at: When.
        consumer: Who.
        limit: How many may wait.
        overflow: What becomes of one more, as `operators.bounded_buffer` calls it.
    """

    at: float
    consumer: str
    limit: int
    overflow: str = "error"


@dataclass(frozen=True, slots=True)
class Offered:
    """There is a value for a consumer; it waits from now on.

    Attributes:
        at: When.
        consumer: For whom.
        value: Which; for a consumer of a list, the list as it is then.
    """

    at: float
    consumer: str
    value: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A consumer has got a value.

    Attributes:
        at: When.
        consumer: Who.
        value: Which; of a list, as the consumer has it then.
        anew: Whether it says that it is the whole list, whatever came before.
    """

    at: float
    consumer: str
    value: str
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Missed:
    """A consumer was told that it misses something.

    Attributes:
        at: When.
        consumer: Who.
        how: `dropped`: so many values; `error`: all from here on, since it was too slow; `completed`: the same, without
            a reason.
        count: How many were dropped.
    """

    at: float
    consumer: str
    how: Literal["dropped", "error", "completed"]
    count: int = 0


@dataclass(frozen=True, slots=True)
class Bounded:
    """How large something has become, at most, that has a limit.

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


Entry: TypeAlias = (
    Invoked
    | Answered
    | Observing
    | Told
    | Member
    | Heard
    | Held
    | Counted
    | Left
    | Bounded
    | Gap
    | Consuming
    | Offered
    | Taken
    | Missed
)
"""One thing that happened."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A law that was not kept.

    Attributes:
        law: Its number, 1 to 9.
        kind: `lost`, `duplicated`, `reordered`, `never was`, `not called for`, `half a packet`, `wrong counter`,
            `acknowledged twice`, `removed without acknowledgement`, `present without acknowledgement`,
            `acknowledged and lost`, `disagreement`, `foreign thread`, `back in time`, `leak`, `too large`,
            `not told`, `foreign bytes`, `after leaving`, `before joining` or `present to one who has left`.
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
