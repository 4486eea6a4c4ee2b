"""The item of a participant: every form in which it may come, and what counts as a difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rxconvo.errors import PayloadError
from rxconvo.model import Home, Participant, ParticipantActions
from rxconvo.model.participant_data import merge_participant, new_participant, read_participant

if TYPE_CHECKING:
    from tests.model.conftest import Data

HOME: Home[ParticipantActions] = Home("CH1")
DATE = "2026-01-31T12:00:00.000Z"
COMPLETE = {
    "identity": "bob",
    "type": "whatsapp",
    "attributes": '{"a":1}',
    "roleSid": "RL1",
    "userInfo": "US1.info",
    "dateCreated": DATE,
    "dateUpdated": DATE,
    "lastConsumedMessageIndex": 4,
    "lastConsumptionTimestamp": DATE,
    "bindings": {"whatsapp": {"address": "+1500", "proxy_address": "+1501"}},
}


def received(data: Data, **fields: Any) -> Participant:
    return new_participant(read_participant(data.raw(fields)), "MB1", HOME)


def updated(data: Data, **fields: Any) -> tuple[Participant, tuple[str, ...]]:
    """Apply an update to the complete participant, with *fields* in place of its own; `...` leaves one out."""
    merged = {name: value for name, value in {**COMPLETE, **fields}.items() if value is not ...}
    return merge_participant(received(data, **COMPLETE), read_participant(data.raw(merged)))


class TestNewParticipant:
    def test_each_field_becomes_a_property(self, data: Data) -> None:
        assert received(data, **COMPLETE) == Participant(
            sid="MB1",
            identity="bob",
            type="whatsapp",
            attributes_json='{"a":1}',
            date_created_iso=DATE,
            date_updated_iso=DATE,
            role_sid="RL1",
            last_read_message_index=4,
            last_read_timestamp_iso=DATE,
            bindings_json='{"whatsapp":{"address":"+1500","proxy_address":"+1501"}}',
            user_info="US1.info",
            home=HOME,
        )

    def test_an_identity_alone_will_do_and_is_one_of_chat(self, data: Data) -> None:
        least = Participant("MB1", "bob", home=HOME)
        assert received(data, identity="bob") == least
        assert received(data, **{**dict.fromkeys(COMPLETE), "identity": "bob"}) == least
        assert least.type == "chat"

    def test_a_type_alone_will_do(self, data: Data) -> None:
        assert received(data, type="sms", identity=None) == Participant("MB1", type="sms", home=HOME)

    def test_unknown_members_and_types_are_taken_as_they_are(self, data: Data) -> None:
        assert received(data, type="pigeon", shoeSize=[40]).type == "pigeon"

    @pytest.mark.parametrize("item", [{}, {"identity": None, "type": None}, [], None, {"identity": 7}, {"type": []}])
    def test_what_tells_neither_who_nor_of_which_channel_is_an_error(self, data: Data, item: Any) -> None:
        with pytest.raises(PayloadError, match="ParticipantItem"):
            read_participant(data.raw(item))

    @pytest.mark.parametrize("value,index", [(4, 4), ("4", 4), (4.0, 4), (None, None), ("soon", None), (True, None)])
    def test_the_horizon_may_come_as_text(self, data: Data, value: Any, index: int | None) -> None:
        assert received(data, identity="bob", lastConsumedMessageIndex=value).last_read_message_index == index

    @pytest.mark.parametrize("value,iso", [(DATE, DATE), (1769860800000, "2026-01-31T12:00:00.000+00:00"), ({}, None)])
    def test_its_date_may_come_as_milliseconds(self, data: Data, value: Any, iso: str | None) -> None:
        assert received(data, identity="bob", lastConsumptionTimestamp=value).last_read_timestamp_iso == iso

    @pytest.mark.parametrize("attributes,value", [('{"a":1}', {"a": 1}), ({"a": 1}, {"a": 1}), ("{", {}), (None, {})])
    def test_attributes_come_as_text_or_as_they_are(self, data: Data, attributes: Any, value: Any) -> None:
        assert received(data, identity="bob", attributes=attributes).attributes == value


class TestMergeParticipant:
    @pytest.mark.parametrize(
        "change,reason,attribute,now",
        [
            ({"attributes": '{"a":2}'}, "attributes", "attributes", {"a": 2}),
            ({"attributes": "malformed"}, "attributes", "attributes", {}),
            ({"dateUpdated": "2026-02-01"}, "dateUpdated", "date_updated_iso", "2026-02-01"),
            ({"dateCreated": "2026-02-01"}, "dateCreated", "date_created_iso", "2026-02-01"),
            ({"roleSid": "RL2"}, "roleSid", "role_sid", "RL2"),
            ({"lastConsumedMessageIndex": 3}, "lastReadMessageIndex", "last_read_message_index", 3),
            ({"lastConsumedMessageIndex": "9"}, "lastReadMessageIndex", "last_read_message_index", 9),
            ({"lastConsumedMessageIndex": None}, "lastReadMessageIndex", "last_read_message_index", None),
            ({"lastConsumptionTimestamp": "2026-02-01"}, "lastReadTimestamp", "last_read_timestamp_iso", "2026-02-01"),
            ({"bindings": {"sms": {}}}, "bindings", "bindings", {"sms": {}}),
        ],
    )
    def test_what_differs_is_taken_and_named(
        self, data: Data, change: dict[str, Any], reason: str, attribute: str, now: Any
    ) -> None:
        after, reasons = updated(data, **change)
        assert reasons == (reason,)
        assert getattr(after, attribute) == now

    @pytest.mark.parametrize("field", sorted(COMPLETE.keys() - {"lastConsumedMessageIndex"}))
    @pytest.mark.parametrize("value", [None, ...])
    def test_what_is_left_out_or_null_stays(self, data: Data, field: str, value: Any) -> None:
        after, reasons = updated(data, **{field: value})
        assert reasons == ()
        assert after == received(data, **COMPLETE)

    @pytest.mark.parametrize(
        "fields",
        [
            {"lastConsumedMessageIndex": ...},
            {"lastConsumedMessageIndex": "soon"},
            {"lastConsumedMessageIndex": "4"},
            {"lastConsumedMessageIndex": True},
            {"lastConsumptionTimestamp": 1769860800000},
            {"lastConsumptionTimestamp": []},
            {"dateUpdated": "2026-01-31T13:00:00+01:00"},
            {"dateCreated": ""},
            {"roleSid": ""},
            {"attributes": ' { "a" : 1 } '},
            {"attributes": ""},
            {"bindings": {"whatsapp": {"proxy_address": "+1501", "address": "+1500"}}},
            {"bindings": {}},
        ],
    )
    def test_what_is_empty_or_means_the_same_changes_nothing(self, data: Data, fields: dict[str, Any]) -> None:
        after, reasons = updated(data, **fields)
        assert reasons == ()
        assert after == received(data, **COMPLETE)

    @pytest.mark.parametrize("fields", [{"identity": "ada"}, {"type": "chat"}, {"userInfo": "US2.info"}])
    def test_some_fields_are_never_updated(self, data: Data, fields: dict[str, Any]) -> None:
        after, reasons = updated(data, **fields)
        assert reasons == ()
        assert after == received(data, **COMPLETE)

    def test_reasons_come_in_the_order_of_the_sdk_whatever_that_of_the_members(self, data: Data) -> None:
        changes: dict[str, Any] = {
            "bindings": {"sms": {}},
            "lastConsumptionTimestamp": "2026-02-01",
            "lastConsumedMessageIndex": None,
            "roleSid": "RL2",
            "dateCreated": "2026-02-01",
            "dateUpdated": "2026-02-01",
            "attributes": "[]",
            "identity": "bob",
        }
        before = received(data, **COMPLETE)
        after, reasons = merge_participant(before, read_participant(data.raw(changes)))
        order = "attributes dateUpdated dateCreated roleSid lastReadMessageIndex lastReadTimestamp bindings"
        assert reasons == tuple(order.split())
        assert (before.role_sid, after.role_sid, after.home) == ("RL1", "RL2", HOME)
