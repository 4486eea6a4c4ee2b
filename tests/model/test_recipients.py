from __future__ import annotations

import json

from rxconvo.model import EmailRecipientDescriptor, UnknownRecipientDescriptor
from rxconvo.model.recipients import read_recipient


def test_a_recipient_of_an_email() -> None:
    resource = {"message_sid": "IM1", "type": "email", "level": "cc", "name": "Ann", "address": "ann@example.test"}
    recipient = read_recipient(resource)
    assert recipient == EmailRecipientDescriptor("IM1", "cc", "Ann", "ann@example.test")
    assert recipient.type == "email"


def test_others_are_handed_over_as_they_are() -> None:
    resource = {"message_sid": "IM1", "type": "fax", "number": 5}
    recipient = read_recipient(resource)
    assert isinstance(recipient, UnknownRecipientDescriptor)
    assert (recipient.type, recipient.message_sid) == ("fax", "IM1")
    assert json.loads(recipient.raw_data) == resource


def test_what_is_left_out_is_empty() -> None:
    assert read_recipient({"type": "email"}) == EmailRecipientDescriptor("", "", "", "")
    assert read_recipient({}) == UnknownRecipientDescriptor("", "", "{}")
