from __future__ import annotations

from typing import Any

import pytest

from rxconvo.errors import ArgumentError
from rxconvo.model import PushNotification, PushNotificationData, parse_push_notification

KIND = PushNotification.NEW_MESSAGE
DATA = {
    "conversation_sid": "CH1",
    "conversation_title": "lunch",
    "message_sid": "IM1",
    "message_index": 5,
    "media_count": "2",
    "media": '{"sid": "ME1"}',
}
READ = PushNotificationData("CH1", "lunch", "IM1", 5, 2, '{"sid": "ME1"}')


def test_what_apns_hands_over() -> None:
    aps = {"alert": {"title": "Lunch", "body": "hello"}, "sound": "ping", "badge": 3, "category": "open"}
    notification = parse_push_notification({"aps": aps, "twi_message_type": KIND, **DATA})
    assert notification == PushNotification(KIND, "Lunch", "hello", "ping", 3, "open", READ)
    assert notification.data.media == {"sid": "ME1"}


def test_an_alert_of_apns_may_be_a_text() -> None:
    notification = parse_push_notification({"aps": {"alert": "hello"}, "twi_message_type": KIND})
    assert notification == PushNotification(KIND, body="hello")
    assert notification.data.media is None


def test_what_fcm_hands_over() -> None:
    given = {"twi_title": "Lunch", "twi_body": "hello", "twi_sound": "ping", "twi_action": "open"}
    notification = parse_push_notification({"data": {"twi_message_type": KIND, **given, **DATA}})
    assert notification == PushNotification(KIND, "Lunch", "hello", "ping", None, "open", READ)


@pytest.mark.parametrize(
    "name",
    [PushNotification.NEW_MESSAGE, PushNotification.ADDED_TO_CONVERSATION, PushNotification.REMOVED_FROM_CONVERSATION],
)
def test_the_types_are_named(name: str) -> None:
    assert parse_push_notification({"data": {"twi_message_type": name}}).type == name
    assert name.startswith("twilio.conversations.")


@pytest.mark.parametrize(
    "fields",
    [
        {"message_index": "x", "media_count": None, "media": "{"},
        {"message_index": True, "media_count": [], "media": {"sid": "ME1"}},
        {"conversation_sid": 1, "conversation_title": {}, "message_sid": None},
        {"twi_title": "", "twi_body": 5, "unknown": "x"},
    ],
)
def test_what_cannot_be_read_counts_as_none(fields: dict[str, Any]) -> None:
    assert parse_push_notification({"data": {"twi_message_type": KIND, **fields}}) == PushNotification(KIND)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        "text",
        [],
        {},
        {"notification": {}},
        {"aps": {"alert": "x"}},
        {"aps": None},
        {"data": {}},
        {"data": []},
        {"data": {"twi_message_type": ""}},
        {"aps": {}, "twi_message_type": 5},
    ],
)
def test_what_is_no_notification_of_conversations_is_refused(payload: Any) -> None:
    with pytest.raises(ArgumentError) as error:
        parse_push_notification(payload)
    assert error.value.field == "payload"
