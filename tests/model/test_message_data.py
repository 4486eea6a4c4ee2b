"""The item of a message: every form in which it may come, and what counts as a difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rxconvo.errors import PayloadError
from rxconvo.model import AggregatedDeliveryReceipt, Home, Media, Message, MessageActions
from rxconvo.model.message_data import merge_message, new_message, read_message

if TYPE_CHECKING:
    from tests.model.conftest import Data

HOME: Home[MessageActions] = Home("CH1")
DATE = "2026-01-31T12:00:00.000Z"
FILE = {"sid": "ME1", "category": "media", "filename": "a.txt", "contentType": "text/plain", "size": 12}
PAGE = {"sid": "ME2", "category": "body", "filename": None, "contentType": "text/html", "size": 5}
A_FILE = Media("ME1", "media", "a.txt", "text/plain", 12, home=HOME)
A_PAGE = Media("ME2", "body", None, "text/html", 5, home=HOME)
RECEIPT = {"total": 2, "sent": "all", "delivered": "some", "read": "none", "undelivered": "none", "failed": "none"}
COMPLETE = {
    "sid": "IM1",
    "type": "media",
    "author": "bob",
    "text": "hello",
    "subject": "greeting",
    "contentSid": "HX1",
    "attributes": '{"a":1}',
    "timestamp": DATE,
    "dateUpdated": DATE,
    "lastUpdatedBy": "bob",
    "memberSid": "MB1",
    "medias": [FILE, PAGE],
    "media": FILE,
    "delivery": RECEIPT,
    "channelMetadata": True,
}


def received(data: Data, **fields: Any) -> Message:
    """Make the message of an item that has *fields* beside its sid."""
    return new_message(read_message(data.raw({"sid": "IM1", **fields})), 5, HOME)


def updated(data: Data, **fields: Any) -> tuple[Message, tuple[str, ...]]:
    """Apply an update to the complete message, with *fields* in place of its own; those given as `...` are left out."""
    merged = {name: value for name, value in {**COMPLETE, **fields}.items() if value is not ...}
    return merge_message(received(data, **COMPLETE), read_message(data.raw(merged)))


class TestNewMessage:
    def test_each_field_becomes_a_property(self, data: Data) -> None:
        assert received(data, **COMPLETE) == Message(
            sid="IM1",
            index=5,
            author="bob",
            body="hello",
            subject="greeting",
            content_sid="HX1",
            attributes_json='{"a":1}',
            date_created_iso=DATE,
            date_updated_iso=DATE,
            last_updated_by="bob",
            type="media",
            participant_sid="MB1",
            medias=(A_FILE, A_PAGE),
            aggregated_delivery_receipt=AggregatedDeliveryReceipt(2, "all", "some", "none", "none", "none"),
            has_channel_metadata=True,
            home=HOME,
        )

    def test_every_field_but_the_sid_may_be_absent_or_null(self, data: Data) -> None:
        least = Message("IM1", 5, home=HOME)
        assert received(data) == least
        assert received(data, **dict.fromkeys(COMPLETE.keys() - {"sid"})) == least

    def test_unknown_members_are_skipped(self, data: Data) -> None:
        assert received(data, shoeSize={"eu": [40]}) == received(data)

    @pytest.mark.parametrize(
        "attributes,value",
        [('{"a":1}', {"a": 1}), ({"a": [1]}, {"a": [1]}), ("{", {}), ("", {}), (None, {}), ([], []), (0, 0), ("7", 7)],
    )
    def test_attributes_come_as_text_or_as_they_are(self, data: Data, attributes: Any, value: Any) -> None:
        assert received(data, attributes=attributes).attributes == value

    def test_a_lone_media_is_the_older_form_of_medias(self, data: Data) -> None:
        assert received(data, media=FILE).medias == (A_FILE,)
        assert received(data, media=FILE, medias=[PAGE]).medias == (A_PAGE,)
        assert received(data, media=FILE, medias=[]).medias == ()

    def test_a_media_may_lack_all_but_its_sid(self, data: Data) -> None:
        assert received(data, medias=[{"sid": "ME1"}]).medias == (Media("ME1", home=HOME),)
        assert received(data, medias=[{**dict.fromkeys(FILE), "sid": "ME1"}]).medias == (Media("ME1", home=HOME),)
        assert received(data, medias=[{"sid": "ME1", "size": "12"}]).medias[0].size == 12

    def test_the_total_of_a_receipt_may_come_as_text(self, data: Data) -> None:
        receipt = received(data, delivery={**RECEIPT, "total": "2"}).aggregated_delivery_receipt
        assert receipt is not None
        assert receipt.total == 2

    @pytest.mark.parametrize("missing", RECEIPT)
    @pytest.mark.parametrize("value", [None, 0, "", ...])
    def test_a_receipt_counts_only_if_all_six_figures_are_there(self, data: Data, missing: str, value: Any) -> None:
        delivery = {name: value for name, value in {**RECEIPT, missing: value}.items() if value is not ...}
        assert received(data, delivery=delivery).aggregated_delivery_receipt is None

    @pytest.mark.parametrize("flag,told", [(True, True), (False, False), ("true", False), (1, False), ({}, False)])
    def test_only_true_tells_of_metadata(self, data: Data, flag: Any, told: bool) -> None:
        assert received(data, channelMetadata=flag).has_channel_metadata is told

    @pytest.mark.parametrize(
        "item",
        [{}, {"sid": None}, {"sid": 1}, [], "IM1", None, {"sid": "IM1", "text": 1}, {"sid": "IM1", "medias": [1]}],
    )
    def test_what_cannot_be_read_is_an_error(self, data: Data, item: Any) -> None:
        with pytest.raises(PayloadError, match="MessageItem"):
            read_message(data.raw(item))


class TestMergeMessage:
    @pytest.mark.parametrize(
        "change,reason,attribute,now",
        [
            ({"text": "ho"}, "body", "body", "ho"),
            ({"text": ""}, "body", "body", ""),
            ({"subject": "farewell"}, "subject", "subject", "farewell"),
            ({"lastUpdatedBy": "ada"}, "lastUpdatedBy", "last_updated_by", "ada"),
            ({"author": "ada"}, "author", "author", "ada"),
            ({"dateUpdated": "2026-02-01"}, "dateUpdated", "date_updated_iso", "2026-02-01"),
            ({"timestamp": "2026-02-01"}, "dateCreated", "date_created_iso", "2026-02-01"),
            ({"attributes": '{"a":2}'}, "attributes", "attributes", {"a": 2}),
            ({"attributes": ...}, "attributes", "attributes", {}),
            ({"attributes": None}, "attributes", "attributes", {}),
            ({"attributes": "malformed"}, "attributes", "attributes", {}),
            ({"medias": [PAGE]}, "media", "medias", (A_PAGE,)),
            ({"medias": [PAGE, FILE]}, "media", "medias", (A_PAGE, A_FILE)),
            ({"medias": []}, "media", "medias", ()),
        ],
    )
    def test_what_differs_is_taken_and_named(
        self, data: Data, change: dict[str, Any], reason: str, attribute: str, now: Any
    ) -> None:
        after, reasons = updated(data, **change)
        assert reasons == (reason,)
        assert getattr(after, attribute) == now

    def test_a_receipt_is_taken_if_all_six_figures_are_there(self, data: Data) -> None:
        after, reasons = updated(data, delivery={**RECEIPT, "read": "some"})
        assert reasons == ("deliveryReceipt",)
        assert after.aggregated_delivery_receipt == AggregatedDeliveryReceipt(2, "all", "some", "some", "none", "none")

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"text": None},
            {"text": ...},
            {"subject": None},
            {"subject": ""},
            {"lastUpdatedBy": None},
            {"lastUpdatedBy": ""},
            {"author": ""},
            {"dateUpdated": None},
            {"dateUpdated": ""},
            {"dateUpdated": "2026-01-31T13:00:00+01:00"},
            {"timestamp": ...},
            {"timestamp": "2026-01-31T12:00:00Z"},
            {"attributes": ' { "a" : 1 } '},
            {"attributes": {"a": 1}},
            {"delivery": ...},
            {"delivery": None},
            {"delivery": {}},
            {"delivery": {**RECEIPT, "total": 0}},
            {"delivery": {**RECEIPT, "read": None}},
            {"media": ...},
        ],
    )
    def test_what_is_left_out_or_means_the_same_changes_nothing(self, data: Data, fields: dict[str, Any]) -> None:
        after, reasons = updated(data, **fields)
        assert reasons == ()
        assert after == received(data, **COMPLETE)

    @pytest.mark.parametrize(
        "fields", [{"type": "text"}, {"contentSid": "HX2"}, {"memberSid": "MB2"}, {"channelMetadata": False}]
    )
    def test_some_fields_are_never_updated(self, data: Data, fields: dict[str, Any]) -> None:
        after, reasons = updated(data, **fields)
        assert reasons == ()
        assert after == received(data, **COMPLETE)

    def test_that_a_channel_tells_more_is_taken_over_without_a_word(self, data: Data) -> None:
        before = received(data, **{**COMPLETE, "channelMetadata": False})
        after, reasons = merge_message(before, read_message(data.raw({**COMPLETE, "channelMetadata": True})))
        assert reasons == ()
        assert after.has_channel_metadata

    def test_reasons_come_in_the_order_of_the_sdk_whatever_that_of_the_members(self, data: Data) -> None:
        changes: dict[str, Any] = {
            "medias": [],
            "delivery": {**RECEIPT, "failed": "some"},
            "attributes": "{}",
            "timestamp": "2026-02-01",
            "dateUpdated": "2026-02-01",
            "author": "ada",
            "lastUpdatedBy": "ada",
            "subject": "farewell",
            "text": "ho",
        }
        item = read_message(data.raw({"sid": "IM1", **changes}))
        before = received(data, **COMPLETE)
        after, reasons = merge_message(before, item)
        order = "body subject lastUpdatedBy author dateUpdated dateCreated attributes deliveryReceipt media"
        assert reasons == tuple(order.split())
        assert (before.body, after.body, after.home) == ("hello", "ho", HOME)
