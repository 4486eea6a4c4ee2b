"""The comparison can fail: it finds what a client would have to be ashamed of."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

import rxconvo
from tests.mixed.compare import differences
from tests.mixed.scene import Outcome, Scene
from tests.mixed.script import Act, Turn, Writer
from tests.mixed.sdk import Node

pytestmark = [pytest.mark.node, pytest.mark.real_time]


def _lose(kind: str) -> Callable[[Outcome], None]:
    def harm(outcome: Outcome) -> None:
        name, history = _history(outcome, kind)
        outcome.histories[name] = [event for event in history if event["kind"] != kind]

    return harm


def _twice(kind: str) -> Callable[[Outcome], None]:
    def harm(outcome: Outcome) -> None:
        _, history = _history(outcome, kind)
        place = next(n for n, event in enumerate(history) if event["kind"] == kind)
        history.insert(place, copy.deepcopy(history[place]))

    return harm


def _other_reasons(kind: str) -> Callable[[Outcome], None]:
    def harm(outcome: Outcome) -> None:
        _, history = _history(outcome, kind)
        next(event for event in history if event["kind"] == kind)["reasons"].reverse()

    return harm


def _stale(outcome: Outcome) -> None:
    _, history = _history(outcome, "messageUpdated")
    next(event for event in history if event["kind"] == "messageUpdated")["after"]["body"] = "as it was before"


def _swapped_messages(outcome: Outcome) -> None:
    _, history = _history(outcome, "messageAdded")
    places = [n for n, event in enumerate(history) if event["kind"] == "messageAdded"]
    history[places[0]], history[places[1]] = history[places[1]], history[places[0]]


def _other_view(*path: Any, value: Any) -> Callable[[Outcome], None]:
    def harm(outcome: Outcome) -> None:
        name = next(name for name in outcome.views if name.endswith("rxconvo"))
        found: Any = next(iter(outcome.views[name]["conversations"].values()))
        for step in path[:-1]:
            found = found[step]
        assert found[path[-1]] != value
        found[path[-1]] = value

    return harm


def _fault(outcome: Outcome) -> None:
    outcome.faults["ada-0 rxconvo"].append("PayloadError()")


def _history(outcome: Outcome, kind: str) -> tuple[str, list[dict[str, Any]]]:
    """Return the history of a client of ours that has such an event."""
    return next(
        (name, history)
        for name, history in outcome.histories.items()
        if name.endswith("rxconvo") and any(event["kind"] == kind for event in history)
    )


HARMS: dict[str, Callable[[Outcome], None]] = {
    **{
        f"without {kind}": _lose(kind)
        for kind in (
            "messageAdded",
            "messageUpdated",
            "messageRemoved",
            "participantJoined",
            "participantUpdated",
            "participantLeft",
            "conversationAdded",
            "conversationJoined",
            "conversationLeft",
            "conversationRemoved",
            "conversationUpdated",
            "userUpdated",
            "typingStarted",
            "typingEnded",
        )
    },
    **{f"twice {kind}": _twice(kind) for kind in ("messageAdded", "participantUpdated", "conversationJoined")},
    "other reasons of a message": _other_reasons("messageUpdated"),
    "other reasons of a participant": _other_reasons("participantUpdated"),
    "an event that shows what was before": _stale,
    "messages in another order": _swapped_messages,
    "another body": _other_view("messages", 0, "body", value="another"),
    "another horizon": _other_view("lastReadMessageIndex", value=None),
    "another count": _other_view("counts", "messages", value=1000),
    "another participant": _other_view("participants", 0, "identity", value="eve"),
    "a number for a text": _other_view("friendlyName", value=7),
    "a fault": _fault,
}


@pytest.fixture
async def outcome(service: rxconvo.Service, sdk: Node) -> Outcome:
    """What comes of a script in which everything happens once."""
    writer = Writer(0)
    listener = await service.listen()
    ada, bob = "ada-0 sdk", "bob-0 rxconvo"
    here: dict[str, Any] = {"conversation": 0}
    room: dict[str, Any] = {"friendly_name": "room", "unique_name": None, "attributes": {}}
    message: dict[str, Any] = {"body": "hello", "attributes": {}, "subject": None}
    return await Scene(service, listener.url, sdk, writer).play(
        [
            Turn("alone", (Act(ada, "create", room),)),
            Turn("alone", (Act(ada, "add", here | {"identity": "bob-0", "attributes": {}}),)),
            Turn("typing", (Act(ada, "type", here), Act(ada, "send", here | message))),
            Turn("burst", (Act(bob, "send", here | message), Act(bob, "name_user", {"friendly_name": "Bob"}))),
            Turn("burst", (Act(bob, "edit_body", here | {"pick": 0, "body": "edited"}),)),
            Turn(
                "burst",
                (Act(ada, "remove_message", here | {"pick": 0}), Act(ada, "rename", here | {"friendly_name": "x"})),
            ),
            Turn("alone", (Act(bob, "create", room),)),
            Turn("alone", (Act(bob, "add", {"conversation": 1, "identity": "ada-0", "attributes": {}}),)),
            Turn("alone", (Act(ada, "leave", {"conversation": 1}),)),
        ]
    )


async def test_what_is_broken_is_found(outcome: Outcome) -> None:
    assert differences(outcome) == []
    for name, harm in HARMS.items():
        harmed = copy.deepcopy(outcome)
        harm(harmed)
        assert differences(harmed), name


async def test_what_an_outage_may_hide_is_forgiven_and_no_more(outcome: Outcome) -> None:
    name, history = _history(outcome, "messageUpdated")
    updated = next(event for event in history if event["kind"] == "messageUpdated")
    added = next(event for event in history if event["kind"] == "messageAdded" and event["entity"] == updated["entity"])
    added["after"] = updated["after"]
    history.remove(updated)  # the message comes as it was changed meanwhile
    assert differences(outcome)
    outcome.outages[name] = 1
    assert differences(outcome) == []
    for wrong in ("twice messageAdded", "without conversationUpdated", "another body"):
        harmed = copy.deepcopy(outcome)
        HARMS[wrong](harmed)
        assert differences(harmed), wrong
