"""A participant as a value: what it shows, and what it asks its conversation for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from rxconvo.errors import DetachedError
from rxconvo.model import Home, Participant

ACTIONS: dict[str, tuple[Callable[[Participant], object], tuple[object, ...]]] = {
    "is_typing": (lambda participant: participant.is_typing, ()),
    "remove_participant": (lambda participant: participant.remove(), ()),
    "update_participant_attributes": (lambda participant: participant.update_attributes([1]), ([1],)),
}


def test_only_the_sid_is_needed() -> None:
    participant = Participant("MB1")
    assert (participant.sid, participant.type, participant.attributes, participant.bindings) == ("MB1", "chat", {}, {})
    assert (participant.identity, participant.role_sid, participant.user_info) == (None, None, None)
    assert (participant.date_created, participant.date_updated) == (None, None)
    assert (participant.last_read_message_index, participant.last_read_timestamp) == (None, None)
    assert participant.conversation_sid == ""


def test_attributes_and_bindings_are_parsed_anew_for_each_reader() -> None:
    participant = Participant("MB1", attributes_json='{"a":[]}', bindings_json='{"sms":{"address":"+1500"}}')
    participant.attributes["a"].append("mine alone")  # type: ignore[call-overload,index,union-attr]
    participant.bindings["sms"] = {"address": "mine alone"}
    assert participant.attributes == {"a": []}
    assert participant.bindings == {"sms": {"address": "+1500"}}


def test_malformed_attributes_are_empty() -> None:
    assert Participant("MB1", attributes_json="{").attributes == {}


def test_dates_are_aware() -> None:
    noon, day = "2026-01-31T13:00:00+01:00", "2026-02-01"
    participant = Participant("MB1", date_created_iso=noon, date_updated_iso=day, last_read_timestamp_iso=noon)
    assert participant.date_created == participant.last_read_timestamp == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert participant.date_updated == datetime(2026, 2, 1, tzinfo=UTC)


def test_its_conversation_is_found_by_its_home(home: Home[Any], actor: object) -> None:
    participant = Participant("MB1", home=home)
    assert participant.conversation is actor
    assert participant.conversation_sid == "CH1"


@pytest.mark.parametrize("name", ACTIONS)
def test_actions_are_those_of_its_conversation(name: str, home: Home[Any], actor: object) -> None:
    act, arguments = ACTIONS[name]
    participant = Participant("MB1", "bob", home=home)
    assert act(participant) == (name, participant, *arguments)
    assert participant == Participant("MB1", "bob", home=home)


@pytest.mark.parametrize("act", [*(act for act, _ in ACTIONS.values()), lambda participant: participant.conversation])
def test_once_the_client_is_gone_it_can_only_be_read(act: Callable[[Participant], object]) -> None:
    gone: Home[Any] = Home("CH1", lambda: None)
    for participant in (Participant("MB1", "bob", home=gone), Participant("MB1", "bob")):
        with pytest.raises(DetachedError):
            act(participant)
        assert participant.identity == "bob"
