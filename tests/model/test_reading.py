"""What is found in receipts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rxconvo.model import Home, Message, Notification, ReadReceipts


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 5)), st.integers(0, 6))
def test_receipts_are_searched_as_if_they_were_walked(read: dict[str, int], index: int) -> None:
    in_order = sorted((horizon, identity) for identity, horizon in read.items())
    receipts = ReadReceipts(tuple(at for at, _ in in_order), tuple(identity for _, identity in in_order))
    assert receipts.read_by(index) == {identity for identity, horizon in read.items() if horizon >= index}
    assert receipts.count(index) == len(receipts.read_by(index))
    assert set(receipts.last_read_by(index)) == {identity for identity, horizon in read.items() if horizon == index}


def test_a_notification_is_of_its_newest_message() -> None:
    one, two = (Message(sid=f"IM{index}", index=index, home=Home("CH1")) for index in range(2))
    notification = Notification((one, two), 7)
    assert (notification.message, notification.conversation_sid) == (two, "CH1")
