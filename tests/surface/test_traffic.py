"""Our client asks for what the official library was recorded to ask for, but where we mean not to."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from typing import NamedTuple

import pytest

from rxconvo.testing import run
from tests.surface.story import told
from tests.surface.traffic import MEDIA, Asked, Traffic, recorded

SCENARIOS = ("01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "18", "19", "20", "22", "23")


class Difference(NamedTuple):
    """What only one side asks for, and why.

    Attributes:
        scenarios: Where.
        who: Whose client.
        what: Method and path.
        telling: What tells the request from others of that method and path: part of its details.
        theirs: How often only the official library asks for it.
        ours: How often only we do.
        reason: Why.
    """

    scenarios: tuple[str, ...]
    who: str
    what: str
    telling: str
    theirs: int
    ours: int
    reason: str


_ITEMS = "GET /v3/Services/IS*/Maps/MP*/Items"
_MESSAGES = "GET /v3/Services/IS*/Lists/ES*/Items"
_FEWER = "as many at a time as the service gives: fewer requests for the same"
_AS_ASKED = "pages are as large as they were asked for; the library reads at least 10"
_NO_TELEMETRY = "we tell the service nothing about the machine we run on"
_ONE_LIST = "the list of conversations is read from its map alone, so that nothing has to be reconciled"
_BEFORE_READING = "what is read is subscribed first, so that no page overtakes an event"
_FROM_HELD = "the next page begins behind the last one, and does not read an item of that again"

DIFFERENCES = (
    Difference(("01",), "alice", "telemetry.v1", "", 3, 0, _NO_TELEMETRY),
    Difference(("09",), "carol", "telemetry.v1", "", 3, 0, _NO_TELEMETRY),
    Difference(("01",), "alice", "GET /Client/v2/Services/IS*/Users/US*/Conversations", "", 1, 0, _ONE_LIST),
    Difference(("01",), "alice", _ITEMS, '"PageSize": "100"', 0, 1, _ONE_LIST),
    Difference(("09",), "carol", "GET /Client/v2/Services/IS*/Users/US*/Conversations", "", 1, 0, _ONE_LIST),
    Difference(("02",), "alice", _ITEMS, '"PageSize": "50"', 1, 0, _FEWER),
    Difference(("02",), "alice", _ITEMS, '"PageSize": "100"', 0, 1, _FEWER),
    Difference(("03",), "bob", _ITEMS, '"PageSize": "50"', 1, 0, _FEWER),
    Difference(("03",), "bob", _ITEMS, '"PageSize": "100"', 0, 1, _FEWER),
    Difference(("09",), "carol", _ITEMS, '"PageSize": "50"', 2, 0, _FEWER),
    Difference(("09",), "carol", _ITEMS, '"PageSize": "100"', 0, 2, _FEWER),
    Difference(("06",), MEDIA, "GET /v1/Services/IS*/Media/ME*", "", 1, 0, "asking twice for an address gives no more"),
    Difference(
        ("08",),
        "bob",
        _MESSAGES,
        '"PageSize": "10"',
        1,
        0,
        "the document tells which message is the newest; none is read",
    ),
    Difference(("09",), "carol", _MESSAGES, '"From": "6"', 1, 0, _FROM_HELD),
    Difference(("09",), "carol", _MESSAGES, '"From": "5"', 0, 1, _FROM_HELD),
    *(
        Difference(("09",), "carol", "POST /v4/Subscriptions", f'"object_type": "{kind}"', 0, 1, _BEFORE_READING)
        for kind in ("document", "list", "map")
    ),
    Difference(
        ("10",),
        "alice",
        "GET /Client/v2/Services/IS*/Conversations/CH*",
        "",
        0,
        2,
        "counts and conversations are asked for whenever they are wanted; the library keeps answers for a while",
    ),
    Difference(
        ("20",),
        "alice",
        "GET /Client/v2/Services/IS*/Conversations/CH*",
        "",
        1,
        0,
        "where a result is to be had is the service's choice",
    ),
    Difference(
        ("20",),
        "alice",
        "GET /Client/v2/Services/IS*/Mutations/<uuid>",
        "",
        0,
        1,
        "where a result is to be had is the service's choice",
    ),
)
"""All that is different on purpose. Beside it only the order of what is read is another."""


@cache
def ours() -> dict[str, Traffic]:
    return run(told)


def compared(theirs: Traffic, mine: Traffic) -> tuple[Counter[tuple[str, Asked]], Counter[tuple[str, Asked]]]:
    """Return what only they ask for, and what only we do."""
    left = Counter((who, asked) for who, found in theirs.items() for asked in found)
    right = Counter((who, asked) for who, found in mine.items() for asked in found)
    return left - right, right - left


def explain(difference: Difference, only: Counter[tuple[str, Asked]], times: int) -> int:
    """Take a difference out of what only one side asks for; tells how much of it was not there."""
    for who, asked in list(only):
        if (who, asked.what) == (difference.who, difference.what) and difference.telling in asked.detail:
            taken = min(times, only[who, asked])
            only[who, asked] -= taken
            times -= taken
    return times


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_our_client_asks_for_what_was_recorded(scenario: str) -> None:
    theirs, mine = compared(recorded(scenario), ours()[scenario])
    for difference in DIFFERENCES:
        if scenario in difference.scenarios:
            assert explain(difference, theirs, difference.theirs) == 0, f"not there: {difference}"
            assert explain(difference, mine, difference.ours) == 0, f"not there: {difference}"
    assert (+theirs, +mine) == (Counter(), Counter())


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_our_client_changes_things_in_the_recorded_order(scenario: str) -> None:
    theirs, mine = recorded(scenario), ours()[scenario]
    for who in theirs.keys() | mine.keys():
        assert changes(mine.get(who, [])) == changes(theirs.get(who, []))


def changes(found: list[Asked]) -> list[Asked]:
    """Return what changes something."""
    return [asked for asked in found if asked.what.startswith(("POST ", "DELETE ")) and "/v4/" not in asked.what]


def test_requests_differ_where_any_part_of_them_does() -> None:
    """So that the comparison means something: of all requests recorded, only repeated ones are alike."""
    found = {asked for scenario in SCENARIOS for asked in recorded(scenario)["alice"] if asked.detail}
    assert len(found) > 25
    for asked in found:
        detail = json.loads(asked.detail)
        assert detail.keys() == {"body", "grant", "headers", "host", "params", "type"}
        for key in detail:
            assert Asked(asked.what, json.dumps(detail | {key: "another"}, sort_keys=True)) not in found


def test_all_of_the_recorded_conversations_have_a_part_in_it() -> None:
    assert all(recorded(scenario) for scenario in SCENARIOS)
    assert recorded("06")[MEDIA], "requests for media are recorded as well"
