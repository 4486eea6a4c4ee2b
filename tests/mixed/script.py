"""Random scripts: who does what, when whose line is cut, and when it comes back."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

KINDS = ("sdk", "rxconvo")
_NAMES = ("ada", "bob", "cyd")
_TURNS = range(10, 18)
_SPICES = ("", "ü ", "🙂 ", "\u2028")


@dataclass(frozen=True)
class Act:
    """Something that one client does.

    Attributes:
        client: Which, by name.
        what: What it does.
        details: How. `conversation` is its number in the script; `pick`, between 0 and 1, is one of the messages that
            are there by then.
    """

    client: str
    what: str
    details: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        details = ", ".join(f"{name}={value!r}" for name, value in self.details.items())
        return f"{self.client}.{self.what}({details})"


@dataclass(frozen=True)
class Turn:
    """What happens at once. The next turn begins when it is over.

    Attributes:
        kind: `burst` (any order, anything may fail), `alone` (a change of membership, which all wait for), `typing`
            (a signal, which all wait for, and the message), `restore`.
        acts: What is done.
        cut: Whose lines are cut meanwhile.
    """

    kind: str
    acts: tuple[Act, ...] = ()
    cut: tuple[str, ...] = ()
    restore: str | None = None

    def __str__(self) -> str:
        words = [self.kind, *map(str, self.acts)]
        words += [f"cut {name}" for name in self.cut]
        if self.restore:
            words.append(self.restore)
        return "; ".join(words)


class Writer:
    """Writes a script. It knows who is where, so that most of what it asks for can be done.

    Args:
        seed: Of all chance.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = random.Random(seed)
        self.identities = [f"{name}-{seed}" for name in _NAMES[: self.chance.choice((2, 3, 3))]]
        self.clients = {f"{identity} {kind}": identity for identity in self.identities for kind in KINDS}
        self.mortal = self.chance.random() < 0.7
        self._down: set[str] = set()
        self._members: dict[int, set[str]] = {}
        self._creator: dict[int, str] = {}
        self._typed: set[tuple[str, int]] = set()
        self._named = 0

    def write(self) -> list[Turn]:
        """Return the script."""
        turns = [self._create(self.identities[0])]
        turns += [
            Turn("alone", (Act(f"{self.identities[0]} {self.chance.choice(KINDS)}", "add", self._adding(0, other)),))
            for other in self.identities[1:]
        ]
        for _ in range(self.chance.choice(_TURNS)):
            turns.append(self._turn())
        return turns

    def _turn(self) -> Turn:
        kind = self.chance.choices(("burst", "alone", "typing", "restore"), (8, 4, 1, 3))[0]
        if kind == "restore" and self._down:
            name = self.chance.choice(sorted(self._down))
            self._down.discard(name)
            return Turn("restore", restore=name)
        if kind == "alone":
            turn = self._membership()
            if turn is not None:
                return turn
        if kind == "typing":
            turn = self._typing()
            if turn is not None:
                return turn
        acts = tuple(self._free(self.chance.choice(sorted(self.clients))) for _ in range(self.chance.randint(1, 6)))
        cut: list[str] = []
        if self.mortal and self.chance.random() < 0.5:
            up = sorted(self.clients.keys() - self._down)
            # Somebody stays up, to go on meanwhile.
            cut = self.chance.sample(up, min(self.chance.choice((1, 1, 2)), max(len(up) - 2, 0)))
            self._down.update(cut)
        return Turn("burst", acts, tuple(cut))

    # -- who takes part --------------------------------------------------------------------------------------------

    def _up(self, identity: str) -> str | None:
        up = [name for name, of in self.clients.items() if of == identity and name not in self._down]
        return self.chance.choice(up) if up else None

    def _create(self, identity: str) -> Turn:
        number = len(self._members)
        self._members[number] = {identity}
        self._creator[number] = identity
        name = self._up(identity)
        assert name is not None
        details = {
            "friendly_name": self._text("room") if self.chance.random() < 0.7 else None,
            "unique_name": self._unique() if self.chance.random() < 0.5 else None,
            "attributes": self._attributes(),
        }
        return Turn("alone", (Act(name, "create", details),))

    def _adding(self, number: int, identity: str) -> dict[str, Any]:
        self._members[number].add(identity)
        return {"conversation": number, "identity": identity, "attributes": self._attributes()}

    def _membership(self) -> Turn | None:
        """Let somebody come or go, wherever it is but in the first conversation, which all stay in."""
        chance = self.chance
        number = chance.choice([*self._members][1:] or [0])
        members = self._members[number]
        if number == 0 or chance.random() < 0.3:
            identity = chance.choice(self.identities)
            return self._create(identity) if len(self._members) < 4 and self._up(identity) else None
        identity = chance.choice(sorted(members)) if members else ""
        name = self._up(identity)
        away = sorted(set(self.identities) - members)
        what = chance.choices(("add", "remove", "leave", "delete"), (5, 3, 3, 1))[0]
        if name is None or (what == "add" and not away) or (what == "delete" and self._creator[number] != identity):
            return None
        details: dict[str, Any] = {"conversation": number}
        if what == "add":
            details = self._adding(number, chance.choice(away))
        elif what == "remove":
            details["identity"] = chance.choice(sorted(members))
            members.discard(details["identity"])
        elif what == "leave":
            members.discard(identity)
        else:
            members.clear()
        return Turn("alone", (Act(name, what, details),))

    def _typing(self) -> Turn | None:
        name, number = self.chance.choice(sorted(self.clients)), self.chance.choice(list(self._members))
        fresh = (name, number) not in self._typed  # the next signals of this client are swallowed for a while
        if name in self._down or self.clients[name] not in self._members[number] or not fresh:
            return None
        self._typed.add((name, number))
        where = {"conversation": number}
        return Turn("typing", (Act(name, "type", where), Act(name, "send", where | self._sending())))

    # -- all else --------------------------------------------------------------------------------------------------

    def _free(self, name: str) -> Act:
        chance = self.chance
        identity = self.clients[name]
        number = chance.choice([number for number, members in self._members.items() if identity in members])
        where = {"conversation": number}
        member = chance.choice(sorted(self._members[number]))
        pick = chance.random()
        what, details = chance.choices(
            (
                ("send", where | self._sending()),
                ("edit_body", where | {"pick": pick, "body": self._text("edited")}),
                ("edit_attributes", where | {"pick": pick, "attributes": self._attributes()}),
                ("remove_message", where | {"pick": pick}),
                ("rename", where | {"friendly_name": self._text("room")}),
                ("rename_uniquely", where | {"unique_name": chance.choice((None, self._unique()))}),
                ("describe", where | {"attributes": self._attributes()}),
                ("describe_participant", where | {"identity": member, "attributes": self._attributes()}),
                ("add_phone", where | {"proxy": "+15005550000", "address": self._phone()}),
                ("name_user", {"friendly_name": self._text("name")}),
                ("describe_user", {"attributes": self._attributes()}),
                ("set_horizon", where | {"index": chance.choice((None, 0, 1, 2, 5))}),
                ("advance_horizon", where | {"index": chance.choice((0, 1, 3))}),
                ("read_all", where),
                ("unread_all", where),
                ("notify", where | {"level": chance.choice(("default", "muted"))}),
            ),
            (9, 3, 2, 2, 1, 1, 1, 2, 1, 1, 1, 2, 2, 1, 1, 1),
        )[0]
        return Act(name, what, details)

    def _sending(self) -> dict[str, Any]:
        subject = self._text("about") if self.chance.random() < 0.2 else None
        return {"body": self._text("hello"), "attributes": self._attributes(), "subject": subject}

    def _text(self, word: str) -> str:
        return f"{word} {self.chance.choice(_SPICES)}{self.chance.randrange(1000)}"

    def _unique(self) -> str:
        self._named += 1
        return f"unique-{self.seed}-{self._named}"

    def _phone(self) -> str:
        self._named += 1
        return f"+1{self.seed:06d}{self._named:04d}"

    def _attributes(self) -> Any:
        return self.chance.choice(
            ({}, {"n": self.chance.randrange(10)}, {"deep": {"list": [1, None, "ö"]}}, ["a"], "text", 7, True, None)
        )
