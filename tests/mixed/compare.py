"""What must be the same between the official SDK and rxconvo, and what may differ, with the reason."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from enum import Enum
from itertools import pairwise
from typing import Any, NamedTuple

from tests.mixed.scene import Outcome

Plain = dict[str, Any]


class Allowed(Enum):
    """What the histories may differ in. Each is a row of the parity table."""

    MERGED = "Changes missed while the line was cut may be told merged: how many were missed depends on the moment."
    SWALLOWED = (
        "The SDK says nothing of a message, or its change, that it had read before it heard of it; rxconvo does."
    )
    OPENING = "A conversation that is being created is told as updated by the SDK before it is told as added."
    UNHELD = "Of a message that is not held the SDK tells no change and no removal; rxconvo does, without a before."
    TYPING_LEFT = "Typing ends when the typist leaves or the line is cut; with the SDK only when its time is over."
    ADDED_STATUS = "In conversationAdded the SDK shows another status than joined; with rxconvo the state comes first."
    ORDER = "Between changes of different objects, and of different properties of a user, there is no order."


class Event(NamedTuple):
    """An event, as far as it is compared.

    Attributes:
        entity: What it is about.
        kind: Its name.
        reasons: What differs from before, in order.
        after: What it shows of that.
    """

    entity: str
    kind: str
    reasons: tuple[str, ...]
    after: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        after = dict(self.after)
        return f"{self.entity} {self.kind}{list(self.reasons)} {after}"


_OWN = ("status", "lastReadMessageIndex", "notificationLevel")
_DOCUMENT = (
    "friendlyName",
    "uniqueName",
    "attributes",
    "createdBy",
    "dateCreated",
    "dateUpdated",
    "state",
    "lastMessage",
)
_LIFE = {"conversationAdded", "conversationJoined", "conversationLeft", "conversationRemoved"}
_FIRST = {"messageAdded", "participantJoined"}
_LASTING = {"document", "friendlyName"}  # what is marked in the end always changes
_LAST = {"messageRemoved", "participantLeft"}


def differences(outcome: Outcome) -> list[str]:
    """Say in what the clients differ, from one another or from what the service holds."""
    found: list[str] = []
    for name, view in outcome.views.items():
        identity = name.partition(" ")[0]
        found += [f"view of {name}: {what}" for what in unequal(view, outcome.truth[identity])]
    found += [f"fault of {name}: {fault}" for name, faults in outcome.faults.items() for fault in faults]
    for identity in outcome.truth:
        sdk, ours = f"{identity} sdk", f"{identity} rxconvo"
        found += [
            f"history of {identity}: {what}"
            for what in untrue(
                outcome.histories[sdk],
                outcome.histories[ours],
                sdk_read={sid for name, sid in outcome.reads if name == sdk},
                sdk_missed=outcome.outages[sdk] > 0,
                ours_missed=outcome.outages[ours] > 0,
            )
        ]
    return found


def unequal(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Say where two values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in {**one, **other}:
            yield from unequal(one.get(key, "nothing"), other.get(key, "nothing"), f"{path}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, (mine, theirs) in enumerate(zip(one, other, strict=True)):
            yield from unequal(mine, theirs, f"{path}[{place}]")
    elif one != other or type(one) is not type(other):
        yield f"{path} is {one!r}, not {other!r}"


def untrue(
    sdk: list[Plain],
    ours: list[Plain],
    *,
    sdk_missed: bool = False,
    ours_missed: bool = False,
    sdk_read: Container[str | None] = (),
) -> Iterator[str]:
    """Say where the history of a client of ours differs from that of its twin of the official SDK.

    Where neither line was cut, each object of each conversation must have the same story, event by event. Else each
    entity must have the same story but for what was missed.

    Args:
        sdk: What the one was told.
        ours: What the other was told.
        sdk_missed: Whether the line of the one was cut.
        ours_missed: Whether the line of the other was cut.
        sdk_read: Conversations of which the one has read messages meanwhile.
    """
    theirs, mine = told(_opened(sdk)), told(_held(ours, {(event["conversation"], event["entity"]) for event in sdk}))
    for group in {**theirs, **mine}:
        a, b = theirs.get(group, []), mine.get(group, [])
        reading = group[0] == "message" and group[1] in sdk_read
        if not (sdk_missed or ours_missed):
            swallowed = _swallowed(a, b) if reading else set[str]()
            yield from _differ(group, _without(a, swallowed), _without(b, swallowed))
            for entity in sorted(swallowed):
                yield from _merged(group, _of(entity, a), _of(entity, b), sdk_missed=True, ours_missed=False)
        elif group[0] == "reachability":
            pass  # it is the lines themselves that it tells of
        elif group[0] == "typing":
            yield from (f"{group}: told {event} twice" for event in _repeated(a) + _repeated(b))
        else:
            left = any(
                event["kind"] == "conversationLeft" and event["conversation"] == group[1] for event in (*sdk, *ours)
            )
            for entity in {event.entity: None for event in (*a, *b)}:
                yield from _merged(
                    group,
                    _of(entity, a),
                    _of(entity, b),
                    sdk_missed=sdk_missed or reading,
                    ours_missed=ours_missed,
                    left=left,
                )


def _of(entity: str, events: list[Event]) -> list[Event]:
    return [event for event in events if event.entity == entity]


def _without(events: list[Event], entities: set[str]) -> list[Event]:
    return [event for event in events if event.entity not in entities]


def _swallowed(sdk: list[Event], ours: list[Event]) -> set[str]:
    """Return the messages of which the two tell different stories: `Allowed.SWALLOWED` says how different."""
    return {event.entity for event in (*sdk, *ours) if _of(event.entity, sdk) != _of(event.entity, ours)}


def _repeated(events: list[Event]) -> list[Event]:
    """Return the ends of typing that follow another end."""
    found: list[Event] = []
    typing: set[str] = set()
    for event in events:
        if event.kind == "typingStarted":
            typing.add(event.entity)
        elif event.entity not in typing:
            found.append(event)
        else:
            typing.discard(event.entity)
    return found


def _held(history: list[Plain], known: Container[tuple[str | None, str]]) -> Iterator[Plain]:
    """Leave out what rxconvo tells of what was not held: `Allowed.UNHELD`."""
    # Once told it is held, though not by the SDK, which goes on telling nothing.
    unheld = {(event["conversation"], event["entity"]) for event in history if event.get("unheld")}
    for event in history:
        key = event["conversation"], event["entity"]
        if not event.get("unheld") and (key not in unheld or key in known):
            yield event


def _opened(history: Iterable[Plain]) -> Iterator[Plain]:
    """Leave out what is told of a conversation before it is joined: `Allowed.OPENING`."""
    joined: set[str] = set()
    for event in history:
        if event["kind"] == "conversationJoined":
            joined.add(event["conversation"])
        elif event["kind"] == "conversationRemoved":
            joined.discard(event["conversation"])
        elif event["kind"] == "conversationUpdated" and event["conversation"] not in joined:
            continue
        yield event


def told(history: Iterable[Plain]) -> dict[tuple[str, str | None], list[Event]]:
    """Sort a history by object: `Allowed.ORDER`."""
    groups: dict[tuple[str, str | None], list[Event]] = {}
    for event in history:
        for word, one in _parts(event):
            groups.setdefault((word, event["conversation"]), []).append(one)
    return groups


def _parts(event: Plain) -> Iterator[tuple[str, Event]]:
    """Cut an event into what it tells of each object."""
    entity, kind, reasons = event["entity"], event["kind"], tuple(event["reasons"] or ())
    after = event["after"]
    if kind.startswith("typing"):
        if event.get("ended") not in {"left", "disconnected"}:  # Allowed.TYPING_LEFT
            yield "typing", Event(entity, kind, (), ())
    elif entity.startswith("user"):
        yield from _of_user(entity, kind, reasons, after)
    elif entity != "conversation":
        shown = tuple((key, repr(value)) for key, value in after.items())
        yield entity.partition(" ")[0], Event(entity, kind, reasons, shown)
    elif kind in _LIFE:
        status = () if kind == "conversationAdded" else (("status", repr(after["status"])),)  # Allowed.ADDED_STATUS
        yield "membership", Event(entity, kind, (), status)
    else:
        for word, fields in (("own", _OWN), ("document", _DOCUMENT)):
            some = tuple(reason for reason in reasons if reason in fields)
            if some:
                yield word, Event(entity, kind, some, tuple((field, repr(after[field])) for field in fields))


def _of_user(entity: str, kind: str, reasons: tuple[str, ...], after: Plain) -> Iterator[tuple[str, Event]]:
    """Cut an event into what it tells of each property: each is an item of its own."""
    for field in ("friendlyName", "attributes"):
        if field in reasons:
            yield field, Event(entity, kind, (field,), ((field, repr(after[field])),))
    if reachability := tuple(reason for reason in reasons if reason.startswith("reachability")):
        yield "reachability", Event(entity, kind, reachability, ())


def _differ(group: tuple[str, str | None], sdk: list[Event], ours: list[Event]) -> Iterator[str]:
    if sdk == ours:
        return
    place = next(
        (n for n, pair in enumerate(zip(sdk, ours, strict=False)) if pair[0] != pair[1]), min(len(sdk), len(ours))
    )
    theirs, mine = (str(events[place]) if place < len(events) else "nothing more" for events in (sdk, ours))
    yield f"{group}, event {place}: the SDK tells {theirs}; rxconvo tells {mine}"


def _merged(
    group: tuple[str, str | None],
    sdk: list[Event],
    ours: list[Event],
    *,
    sdk_missed: bool,
    ours_missed: bool,
    left: bool = False,
) -> Iterator[str]:
    """Compare the lives of one entity: `Allowed.MERGED`, `Allowed.SWALLOWED`.

    Each tells some of its versions: who missed nothing tells all, both in the same order, and both end with the last
    one, unless the conversation was left meanwhile.
    """
    what = f"{group[0]} {(sdk or ours)[0].entity} of {group[1]}"
    for who, events in (("the SDK", sdk), ("rxconvo", ours)):
        yield from (f"{what}: {who} {wrong}" for wrong in _incredible(events, left=left))
    theirs, mine = _versions(sdk), _versions(ours)
    if not ours_missed and not _within(theirs, mine):
        yield f"{what}: the SDK's line was cut, and it tells more than rxconvo: {theirs}, {mine}"
    if not sdk_missed and not _within(mine, theirs):
        yield f"{what}: the line of rxconvo was cut, and it tells more than the SDK: {theirs}, {mine}"
    lasting = group[0] in _LASTING or (theirs and mine)  # else it may have come and gone while the line was cut
    if group[0] != "membership" and not left and lasting and theirs[-1:] != mine[-1:]:
        yield f"{what}: the SDK ends with {sdk[-1:]}, rxconvo with {ours[-1:]}"


def _versions(events: list[Event]) -> list[object]:
    """Return what is shown, event by event; what is removed shows nothing any more."""
    return [
        event.kind if event.kind in _LAST or event.kind in _LIFE else event.after  # a new one may come as changed
        for event in events
    ]


def _within(some: list[object], all_: list[object]) -> bool:
    """Tell whether a list is another one with some left out."""
    rest = iter(all_)
    return all(one in rest for one in some)


def _incredible(events: list[Event], *, left: bool) -> Iterator[str]:
    """Say what no client may tell of one entity, whatever it has missed."""
    kinds = [event.kind for event in events]
    if any(kind in _FIRST for kind in kinds[1:]) or any(kind in _LAST for kind in kinds[:-1]):
        yield f"tells {kinds}"
    if left:
        return
    for before, event in pairwise(events):
        if event.kind.endswith("Updated"):
            changed = {field for field, value in event.after if value != dict(before.after).get(field)}
            if changed != set(event.reasons):
                yield f"gives {event.reasons} as the reasons where {changed} differ"
