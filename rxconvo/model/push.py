"""Push notifications, as the services of Apple and Google hand them to an application.

Source: Push notifications.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, TypeAlias, cast

import orjson
from msgspec import Struct

from rxconvo.display import Displayed
from rxconvo.errors import ArgumentError
from rxconvo.model.decoding import integer, text_of
from rxconvo.model.fields import parse_json
from rxconvo.types import JSON, Sid

__all__ = ["PushNotification", "PushNotificationData", "PushNotificationType", "parse_push_notification"]

PushNotificationType: TypeAlias = str
"""What a push notification is about; those known are constants of `PushNotification`."""


class PushNotificationData(Struct, Displayed, frozen=True, gc=False, repr_omit_defaults=True):
    """What a push notification tells of a conversation; None where it does not.

    Attributes:
        conversation_sid: The conversation.
        conversation_title: Its name.
        message_sid: The message.
        message_index: The message's index.
        media_count: How many files are attached to it.
        media_json: The file attached to it, as JSON text.
    """

    conversation_sid: Sid | None = None
    conversation_title: str | None = None
    message_sid: Sid | None = None
    message_index: int | None = None
    media_count: int | None = None
    media_json: str | None = None

    @property
    def media(self) -> JSON:
        """The file attached to it, as the service describes it; None where it does not."""
        return None if self.media_json is None else parse_json(self.media_json)


class PushNotification(Struct, Displayed, frozen=True, gc=False, repr_omit_defaults=True):
    """A push notification; what it does not tell is None.

    Attributes:
        type: What it is about.
        title: Its title.
        body: Its text.
        sound: The sound to play.
        badge: The number to show on the application's icon.
        action: What opens with it: `click_action` of FCM, `category` of APNs.
        data: What it tells of a conversation.
    """

    NEW_MESSAGE: ClassVar[str] = "twilio.conversations.new_message"
    """A message was sent."""
    ADDED_TO_CONVERSATION: ClassVar[str] = "twilio.conversations.added_to_conversation"
    """The user was added to a conversation."""
    REMOVED_FROM_CONVERSATION: ClassVar[str] = "twilio.conversations.removed_from_conversation"
    """The user was removed from a conversation."""

    type: PushNotificationType
    title: str | None = None
    body: str | None = None
    sound: str | None = None
    badge: int | None = None
    action: str | None = None
    data: PushNotificationData = PushNotificationData()


_FIELD: Final = "payload"


def parse_push_notification(payload: Mapping[str, Any]) -> PushNotification:
    """Read a push notification as the application got it from APNs or FCM.

    Args:
        payload: The payload: a JSON object with a member `aps` (APNs) or `data` (FCM).

    Raises:
        ArgumentError: It is none, or not one of Conversations.
    """
    fields = _object(payload)
    if "aps" in fields:
        return _from_apns(_object(fields["aps"]), fields)
    if "data" in fields:
        return _from_fcm(_object(fields["data"]))
    raise ArgumentError(_FIELD, 'a push notification: a JSON object with "aps" or "data"')


def _from_apns(aps: Mapping[str, Any], fields: Mapping[str, Any]) -> PushNotification:
    alert = aps.get("alert")
    about = {"body": alert} if isinstance(alert, str) else _object(alert)
    return PushNotification(
        _type(fields),
        title=_text(about, "title"),
        body=_text(about, "body"),
        sound=_text(aps, "sound"),
        badge=integer(aps.get("badge")) or None,
        action=_text(aps, "category"),
        data=_data(fields),
    )


def _from_fcm(data: Mapping[str, Any]) -> PushNotification:
    return PushNotification(
        _type(data),
        title=_text(data, "twi_title"),
        body=_text(data, "twi_body"),
        sound=_text(data, "twi_sound"),
        action=_text(data, "twi_action"),
        data=_data(data),
    )


def _type(fields: Mapping[str, Any]) -> str:
    kind = _text(fields, "twi_message_type")
    if kind is None:
        raise ArgumentError(_FIELD, "a push notification of Conversations, which has a twi_message_type")
    return kind


def _data(fields: Mapping[str, Any]) -> PushNotificationData:
    return PushNotificationData(
        conversation_sid=text_of(fields.get("conversation_sid")),
        conversation_title=text_of(fields.get("conversation_title")),
        message_sid=text_of(fields.get("message_sid")),
        message_index=integer(fields.get("message_index")),
        media_count=integer(fields.get("media_count")),
        media_json=_json_text(fields.get("media")),
    )


def _object(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    """Return a text; an empty one counts as none."""
    return text_of(fields.get(name)) or None


def _json_text(value: object) -> str | None:
    """Return JSON text that can be read; all else counts as none."""
    if not isinstance(value, str):
        return None
    try:
        orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    return value
