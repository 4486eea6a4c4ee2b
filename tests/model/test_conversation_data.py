"""A conversation's document and its item among one's own: every form in which they may come, and what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rxconvo.errors import PayloadError
from rxconvo.model import ConversationState, LastMessage, Lifecycle
from rxconvo.model.conversation_data import merge_channel, merge_document, read_document

if TYPE_CHECKING:
    from tests.model.conftest import Data

DATE = "2026-01-31T12:00:00.000Z"
MILLISECONDS = 1769860800000
COMPLETE = {
    "sid": "CH1",
    "uniqueName": "noon",
    "friendlyName": "lunch",
    "attributes": '{"topic":"food"}',
    "createdBy": "ada",
    "dateCreated": DATE,
    "dateUpdated": DATE,
    "type": "private",
    "roster": "CH1.roster",
    "messages": "CH1.messages",
    "state": {"current": "active", "dateUpdated": DATE},
    "lastMessage": {"index": 5, "timestamp": DATE},
    "bindings": {"sms": {"address": "+1500"}},
}
STATE = ConversationState(
    "CH1",
    friendly_name="lunch",
    unique_name="noon",
    attributes_json='{"topic":"food"}',
    bindings_json='{"sms":{"address":"+1500"}}',
    created_by="ada",
    date_created_iso=DATE,
    date_updated_iso=DATE,
    state=Lifecycle("active", DATE),
    last_message=LastMessage(5, DATE),
    status="joined",
    last_read_message_index=3,
    notification_level="muted",
)


def merged(
    data: Data, before: ConversationState = STATE, /, **fields: Any
) -> tuple[ConversationState, tuple[str, ...]]:
    raw = data.raw(fields)
    return merge_document(before, read_document(raw), raw)


class TestDocument:
    def test_each_member_becomes_a_property(self, data: Data) -> None:
        before = ConversationState("CH1", status="joined", last_read_message_index=3, notification_level="muted")
        after, reasons = merged(data, before, **COMPLETE)
        assert after == STATE
        order = "uniqueName friendlyName attributes createdBy dateCreated dateUpdated state lastMessage bindings"
        assert reasons == tuple(order.split())

    def test_reasons_come_in_the_order_of_the_members(self, data: Data) -> None:
        backwards = {name: COMPLETE[name] for name in reversed(COMPLETE)}
        _, reasons = merged(data, ConversationState("CH1"), **backwards)
        order = "bindings lastMessage state dateUpdated dateCreated createdBy attributes friendlyName uniqueName"
        assert reasons == tuple(order.split())

    @pytest.mark.parametrize("member", COMPLETE)
    def test_what_is_left_out_stays(self, data: Data, member: str) -> None:
        fields = {name: value for name, value in COMPLETE.items() if name != member}
        assert merged(data, **fields) == (STATE, ())
        assert merged(data) == (STATE, ())

    @pytest.mark.parametrize(
        "change,reason,attribute,now",
        [
            ({"friendlyName": "dinner"}, "friendlyName", "friendly_name", "dinner"),
            ({"friendlyName": None}, "friendlyName", "friendly_name", None),
            ({"friendlyName": ""}, "friendlyName", "friendly_name", ""),
            ({"uniqueName": "eve"}, "uniqueName", "unique_name", "eve"),
            ({"uniqueName": None}, "uniqueName", "unique_name", None),
            ({"attributes": '{"topic":"drink"}'}, "attributes", "attributes", {"topic": "drink"}),
            ({"attributes": {"topic": ["drink"]}}, "attributes", "attributes", {"topic": ["drink"]}),
            ({"attributes": []}, "attributes", "attributes", []),
            ({"attributes": "malformed"}, "attributes", "attributes", {}),
            ({"attributes": None}, "attributes", "attributes", {}),
            ({"createdBy": "bob"}, "createdBy", "created_by", "bob"),
            ({"createdBy": None}, "createdBy", "created_by", ""),
            ({"dateCreated": "2026-02-01"}, "dateCreated", "date_created_iso", "2026-02-01"),
            ({"dateCreated": None}, "dateCreated", "date_created_iso", None),
            ({"dateUpdated": 0}, "dateUpdated", "date_updated_iso", "1970-01-01T00:00:00.000+00:00"),
            ({"dateUpdated": {}}, "dateUpdated", "date_updated_iso", None),
            (
                {"state": {"current": "closed", "dateUpdated": 0}},
                "state",
                "state",
                Lifecycle("closed", "1970-01-01T00:00:00.000+00:00"),
            ),
            ({"state": {"current": "paused"}}, "state", "state", Lifecycle("paused")),
            ({"state": {}}, "state", "state", None),
            ({"state": None}, "state", "state", None),
            ({"lastMessage": {"index": 6, "timestamp": DATE}}, "lastMessage", "last_message", LastMessage(6, DATE)),
            ({"lastMessage": {"index": "6"}}, "lastMessage", "last_message", LastMessage(6)),
            (
                {"lastMessage": {"index": 5, "timestamp": "2026-02-01"}},
                "lastMessage",
                "last_message",
                LastMessage(5, "2026-02-01"),
            ),
            ({"lastMessage": {}}, "lastMessage", "last_message", None),
            ({"lastMessage": None}, "lastMessage", "last_message", None),
            ({"bindings": {"sms": {}}}, "bindings", "bindings", {"sms": {}}),
            ({"bindings": None}, "bindings", "bindings", {}),
        ],
    )
    def test_what_differs_is_taken_and_named(
        self, data: Data, change: dict[str, Any], reason: str, attribute: str, now: Any
    ) -> None:
        after, reasons = merged(data, **change)
        assert reasons == (reason,)
        assert getattr(after, attribute) == now

    @pytest.mark.parametrize(
        "fields",
        [
            {"attributes": ' { "topic" : "food" } '},
            {"attributes": {"topic": "food"}},
            {"dateCreated": "2026-01-31T13:00:00+01:00"},
            {"dateUpdated": MILLISECONDS},
            {"state": {"current": "active", "dateUpdated": "2026-02-01"}},  # only `current` matters
            {"state": {"current": "active"}},
            {"lastMessage": {"index": "5", "timestamp": MILLISECONDS}},
            {"bindings": '{"sms":{"address":"+1500"}}'},
        ],
    )
    def test_what_means_the_same_changes_nothing(self, data: Data, fields: dict[str, Any]) -> None:
        assert merged(data, **fields) == (STATE, ())

    def test_status_horizon_level_and_unknown_members_are_not_read(self, data: Data) -> None:
        fields = {"status": "left", "lastConsumedMessageIndex": 9, "notificationLevel": "default", "shoeSize": [40]}
        assert merged(data, **fields) == (STATE, ())

    @pytest.mark.parametrize(
        "document", [[], None, "CH1", {"friendlyName": 7}, {"state": "active"}, {"lastMessage": 5}]
    )
    def test_what_cannot_be_read_is_an_error(self, data: Data, document: Any) -> None:
        with pytest.raises(PayloadError, match="DocumentItem"):
            read_document(data.raw(document))

    @pytest.mark.parametrize("member", [b"1e999", b'"\xff"'])
    def test_so_is_an_unknown_member_that_hides_the_order_of_the_others(self, data: Data, member: bytes) -> None:
        raw = data.raw(b'{"friendlyName":"a","uniqueName":"b","shoeSize":' + member + b"}")
        item = read_document(raw)
        with pytest.raises(PayloadError):
            merge_document(STATE, item, raw)

    def test_names_of_people_and_states_are_kept_once(self, data: Data) -> None:
        def anew() -> ConversationState:
            return merged(data, ConversationState("CH1"), **COMPLETE)[0]

        one, other = anew(), anew()
        assert one.created_by is other.created_by
        assert one.state is not None
        assert other.state is not None
        assert one.state.current is other.state.current


class TestChannel:
    @pytest.mark.parametrize(
        "change,reasons,index,level",
        [
            ({"lastConsumedMessageIndex": 4}, ("lastReadMessageIndex",), 4, "muted"),
            ({"lastConsumedMessageIndex": "4"}, ("lastReadMessageIndex",), 4, "muted"),
            ({"lastConsumedMessageIndex": 1}, ("lastReadMessageIndex",), 1, "muted"),
            ({"lastConsumedMessageIndex": None}, ("lastReadMessageIndex",), None, "muted"),
            ({"notificationLevel": "default"}, ("notificationLevel",), 3, "default"),
            ({"notificationLevel": None}, ("notificationLevel",), 3, "default"),
            (
                {"notificationLevel": "default", "lastConsumedMessageIndex": 4},
                ("notificationLevel", "lastReadMessageIndex"),
                4,
                "default",
            ),
            ({"lastConsumedMessageIndex": 3, "notificationLevel": "muted"}, (), 3, "muted"),
            ({"lastConsumedMessageIndex": "3"}, (), 3, "muted"),
            ({}, (), 3, "muted"),
        ],
    )
    def test_horizon_and_level_are_read_in_the_order_of_the_members(
        self, change: dict[str, Any], reasons: tuple[str, ...], index: int | None, level: str
    ) -> None:
        after, named = merge_channel(STATE, change)
        assert named == reasons
        assert (after.last_read_message_index, after.notification_level) == (index, level)
        assert (after is STATE) is not bool(reasons)

    def test_nothing_else_is_read(self) -> None:
        fields = {"status": "notParticipating", "channel": "CH1.channel", "friendlyName": "dinner", "shoeSize": 40}
        assert merge_channel(STATE, fields) == (STATE, ())
