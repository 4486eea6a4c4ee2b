"""The unmodified official SDK works against the embedded service, in all that a service affects."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.node, pytest.mark.e2e]

HERE = Path(__file__).parent
TYPES = HERE / "node_modules" / "@twilio" / "conversations" / "builds" / "lib.d.ts"

SCENARIOS = [
    name
    for path in sorted((HERE / "scenarios").glob("*.mjs"))
    for name in re.findall(r"^export async function (\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
]

# What the SDK itself leaves unhandled when a token is refused, whatever the service does: its own first requests.
KNOWN_UNHANDLED = re.compile(r"Error: Unable to connect: ")

CLASSES = {
    "Client": "ClientEvents",
    "Conversation": "ConversationEvents",
    "Message": "MessageEvents",
    "Participant": "ParticipantEvents",
    "User": "UserEvents",
    "Media": None,
    "AggregatedDeliveryReceipt": None,
    "DetailedDeliveryReceipt": None,
    "MessageBuilder": None,
    "UnsentMessage": None,
    "Paginator": None,
    "RestPaginator": None,
    "PushNotification": None,
    "ContentTemplate": None,
    "ContentTemplateVariable": None,
    "ChannelMetadata": None,
    "EmailRecipientDescriptor": None,
    "UnknownRecipientDescriptor": None,
}
"""The classes of the SDK that stand for something of the service, each with its type of events."""

UNAFFECTED = {
    "Client.token": "deprecated and internal: the string that the application has given",
    "Client.populateInitRegistrations": "fills a structure that the application passes in; no traffic",
    "UnsentMessage.contentSid": "what the builder was given, before anything is sent",
    "UnsentMessage.contentVariables": "what the builder was given, before anything is sent",
}
"""Members that no service affects, with the reason."""

MEMBERS = 233
"""So many members and events the pinned release declares, by our reading of its types."""


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(outcome: Any, name: str) -> None:
    result = outcome.scenarios[name]
    assert result["ok"], f"{result['message']}\n{result['stack']}"


def test_every_scenario_is_known(outcome: Any) -> None:
    """A scenario that is written otherwise than the others would not be seen to fail."""
    assert sorted(outcome.scenarios) == sorted(SCENARIOS)


def test_it_works_over_the_websocket_of_the_runtime_too(some: Any) -> None:
    assert {name: result.get("message") for name, result in some.scenarios.items()} == dict.fromkeys(some.scenarios)
    assert len(some.scenarios) == 3


def test_nothing_is_left_unhandled(outcome: Any) -> None:
    found = [stack for stack in outcome.unhandled if not KNOWN_UNHANDLED.match(stack)]
    assert not found, "\n\n".join(found)


def test_all_that_a_service_affects_is_exercised(outcome: Any) -> None:
    """Each public member of the SDK was used, and each event heard, by a scenario that has passed."""
    used = {member for result in outcome.scenarios.values() if result["ok"] for member in result["used"]}
    surface = surface_of(TYPES.read_text(encoding="utf-8"))
    assert len(surface) == MEMBERS, "the types are not read as they were"
    assert sorted(surface - used - UNAFFECTED.keys()) == []
    assert sorted(UNAFFECTED.keys() & used) == [], "these are exercised after all"
    assert sorted(UNAFFECTED.keys() - surface) == [], "these do not exist"


def surface_of(types: str) -> set[str]:
    """Read the public members and events of the classes from the SDK's declarations: `Class.member`, `Class:event`."""
    surface: set[str] = set()
    for name, events in CLASSES.items():
        surface |= {f"{name}.{member}" for member in members_of(types, name)}
        if events is not None:
            surface |= {f"{name}:{event}" for event in events_of(types, events)}
    return surface


def members_of(types: str, name: str) -> set[str]:
    """Find what is declared in a class or interface, but private and internal members and names of events."""
    found = re.search(rf"^(?:declare class|interface) {name}\b[^{{]*\{{\n(.*?)^\}}", types, re.MULTILINE | re.DOTALL)
    assert found, f"the types declare no {name}"
    body = re.sub(r"/\*.*?\*/", "", found[1], flags=re.DOTALL)
    members = re.findall(
        r"^ {4}(?!private |set |constructor)(?:static )?(?:readonly )?(?:get )?(\w+)\??[(:<]", body, re.MULTILINE
    )
    return {member for member in members if not member.startswith("_")}


def events_of(types: str, name: str) -> set[str]:
    """Find the events of a type of events."""
    found = re.search(rf"^type {name} = \{{\n(.*?)^\}};", types, re.MULTILINE | re.DOTALL)
    assert found, f"the types declare no {name}"
    return set(re.findall(r"^ {4}(\w+): \(", found[1], re.MULTILINE))
