"""A delivery receipt as a value."""

from __future__ import annotations

import pytest

from rxconvo.model import AggregatedDeliveryReceipt


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
