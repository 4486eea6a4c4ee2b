"""Delivery receipts as values."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rxconvo.model import AggregatedDeliveryReceipt
from rxconvo.model.receipts import ReceiptItem, read_receipt


def test_all_six_figures_are_shown_and_needed() -> None:
    receipt = AggregatedDeliveryReceipt(2, "all", "some", "none", "none", "some")
    assert (receipt.total, receipt.sent, receipt.delivered, receipt.read) == (2, "all", "some", "none")
    assert (receipt.undelivered, receipt.failed) == ("none", "some")
    with pytest.raises(TypeError, match="failed"):
        AggregatedDeliveryReceipt(2, "all", "some", "none", "none")  # type: ignore[call-arg]


def test_equal_is_what_has_the_same_figures() -> None:
    one, other = (AggregatedDeliveryReceipt(2, "all", "all", read, "none", "none") for read in ("none", "some"))
    assert one == AggregatedDeliveryReceipt(2, "all", "all", "none", "none", "none")
    assert one != other


def test_what_is_read_of_a_detailed_receipt() -> None:
    item = ReceiptItem(
        "DY1", "IM1", "CH1", "SM1", "MB1", "failed", 30008, "2026-01-31T12:00:00Z", "2026-01-31T13:00:00Z"
    )
    receipt = read_receipt(item)
    assert (receipt.sid, receipt.message_sid, receipt.conversation_sid) == ("DY1", "IM1", "CH1")
    assert (receipt.channel_message_sid, receipt.participant_sid) == ("SM1", "MB1")
    assert (receipt.status, receipt.error_code) == ("failed", 30008)
    assert receipt.date_created == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert receipt.date_updated == datetime(2026, 1, 31, 13, tzinfo=UTC)


def test_without_a_status_a_message_is_queued() -> None:
    receipt = read_receipt(ReceiptItem("DY1", "IM1", "CH1"))
    assert (receipt.status, receipt.error_code, receipt.date_created) == ("queued", 0, None)
