"""A conversation's properties as a value."""

from __future__ import annotations

from datetime import UTC, datetime

from rxconvo.model import ConversationState, LastMessage, Lifecycle

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
DATE = "2026-01-31T13:00:00+01:00"


def test_only_the_sid_is_needed() -> None:
    state = ConversationState("CH1")
    assert (state.attributes, state.bindings, state.created_by) == ({}, {}, "")
    assert (state.status, state.notification_level) == ("unknown", "default")
    assert (state.friendly_name, state.unique_name, state.state, state.last_message) == (None, None, None, None)
    assert (state.date_created, state.date_updated, state.last_read_message_index) == (None, None, None)


def test_attributes_and_bindings_are_parsed_anew_for_each_reader() -> None:
    state = ConversationState("CH1", attributes_json='{"a":[]}', bindings_json='{"sms":{}}')
    state.attributes["a"].append("mine alone")  # type: ignore[call-overload,index,union-attr]
    state.bindings["sms"] = {"address": "mine alone"}
    assert state.attributes == {"a": []}
    assert state.bindings == {"sms": {}}
    assert ConversationState("CH1", attributes_json="{").attributes == {}


def test_dates_are_aware() -> None:
    state = ConversationState(
        "CH1",
        date_created_iso=DATE,
        date_updated_iso=DATE,
        state=Lifecycle("active", DATE),
        last_message=LastMessage(5, DATE),
    )
    assert state.state is not None
    assert state.last_message is not None
    dates = {state.date_created, state.date_updated, state.state.date_updated, state.last_message.date_created}
    assert dates == {NOON}


def test_dates_may_be_missing() -> None:
    assert Lifecycle("active").date_updated is None
    assert LastMessage(5).date_created is None
