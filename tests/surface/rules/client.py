"""Rules for the arguments of a client's methods."""

from __future__ import annotations

from tempfile import TemporaryDirectory
from typing import Any, Final

from rxconvo.model import limits
from tests.surface import values
from tests.surface.places import Place
from tests.surface.rules.base import (
    GOOD_LARGE_JSON,
    GOOD_SMALL_JSON,
    KEY,
    LARGE_JSON,
    MEDIAS,
    NAME,
    SIDS,
    SMALL_JSON,
    Rule,
)

CHANNEL: Final = values.choice("FCM", "apns", "web")
NO_PUSH: Final = values.without(values.NOT_TEXT, "a mapping", "half a surrogate") | {
    "a text": "{}",
    "nothing": {},
    "something else": {"notification": {"title": "x"}},
    "one of somebody else": {"data": {"title": "x"}},
    "no type": {"aps": {"alert": "x"}},
    "a type that is no text": {"aps": {"alert": "x"}, "twi_message_type": 7},
    "a type that is empty": {"data": {"twi_message_type": ""}},
}
PUSH: Final = (
    {"data": {"twi_message_type": "x"}},
    {"aps": None, "twi_message_type": "x"},
    {"aps": {"alert": {"title": 7}, "badge": "x"}, "twi_message_type": "x", "message_index": []},
)

COUNT: Final = values.without(values.index(least=1, most=1), "one too high")


def recorded(at: Place, **options: Any) -> None:
    """Begin a recording, and end it."""
    with TemporaryDirectory() as folder:
        at.client.record(f"{folder}/a.rxrec", **options).dispose()


CLIENT: Final[dict[str, Rule]] = {
    "Client.update_token(token)": Rule(
        "token",
        lambda at, value: at.client.update_token(value if value != "good" else at.token),
        values.text(least=1, most=8 * 1024) | {"a letter that no header takes": "tokén"},
        ("good",),
    ),
    "Client.observe_mutations(observer)": Rule(
        "observer", lambda at, value: at.client.observe_mutations(value), values.NOT_CALLABLE, (lambda _: print,)
    ),
    "Client.create_conversation(friendly_name)": Rule(
        "friendly_name",
        lambda at, value: at.client.create_conversation(friendly_name=value),
        values.text(most=limits.MAX_NAME, optional=True),
        (None, "", "x" * limits.MAX_NAME, "é" * limits.MAX_NAME),
    ),
    "Client.create_conversation(unique_name)": Rule(
        "unique_name",
        lambda at, value: at.client.create_conversation(unique_name=value),
        values.text(most=limits.MAX_NAME, optional=True) | {"the form of a sid": "CH" + "0" * 32},
        (None, "", "x" * limits.MAX_NAME, "CH" + "0" * 31, "a/b?c&d=e%20"),
    ),
    "Client.create_conversation(attributes)": Rule(
        "attributes",
        lambda at, value: at.client.create_conversation(attributes=value),
        LARGE_JSON,
        GOOD_LARGE_JSON,
    ),
    "Client.create_conversation(access)": Rule(
        "access",
        lambda at, value: at.client.create_conversation(access=value),
        values.without(values.choice("Private", "open"), "None"),
        (None, "private", "public"),
    ),
    "Client.get_conversation_by_sid(sid)": Rule(
        "sid", lambda at, value: at.client.get_conversation_by_sid(value), KEY, ("x", "a/b", "..", "CH" + "0" * 32)
    ),
    "Client.peek_conversation_by_sid(sid)": Rule(
        "sid", lambda at, value: at.client.peek_conversation_by_sid(value), KEY, ("x", "a/b", "..", "x" * 256)
    ),
    "Client.get_conversation_by_unique_name(unique_name)": Rule(
        "unique_name", lambda at, value: at.client.get_conversation_by_unique_name(value), KEY, ("x", "lunch", "a/b?")
    ),
    "Client.update_user_friendly_name(friendly_name)": Rule(
        "friendly_name",
        lambda at, value: at.client.update_user_friendly_name(at.user, value),
        NAME,
        ("", "x" * limits.MAX_NAME),
    ),
    "Client.update_user_attributes(attributes)": Rule(
        "attributes",
        lambda at, value: at.client.update_user_attributes(at.user, value),
        SMALL_JSON,
        GOOD_SMALL_JSON,
    ),
    "Client.get_temporary_content_urls_for_media(media)": Rule(
        "media",
        lambda at, value: at.client.get_temporary_content_urls_for_media(value or [at.media]),
        values.without(MEDIAS, "None", "none", "an empty text"),
        ((),),
    ),
    "Client.get_temporary_content_urls_for_media_sids(sids)": Rule(
        "sids",
        lambda at, value: at.client.get_temporary_content_urls_for_media_sids(value),
        SIDS,
        (["ME1"], ("ME1", "ME2")),
    ),
    "Client.get_user(identity)": Rule(
        "identity", lambda at, value: at.client.get_user(value), KEY, ("ada", "bob", "x", "a/b?c")
    ),
    "Client.set_push_registration_id(channel_type)": Rule(
        "channel_type", lambda at, value: at.client.set_push_registration_id(value, "x"), CHANNEL, ("fcm", "apn")
    ),
    "Client.set_push_registration_id(registration_id)": Rule(
        "registration_id",
        lambda at, value: at.client.set_push_registration_id("fcm", value),
        values.text(least=1, most=limits.MAX_REGISTRATION_ID),
        ("x", "x" * limits.MAX_REGISTRATION_ID),
    ),
    "Client.unset_push_registration_id(channel_type)": Rule(
        "channel_type", lambda at, value: at.client.unset_push_registration_id(value), CHANNEL, ("fcm", "apn")
    ),
    "Client.remove_push_registrations(channel_type)": Rule(
        "channel_type", lambda at, value: at.client.remove_push_registrations(value, "x"), CHANNEL, ("fcm", "apn")
    ),
    "Client.remove_push_registrations(registration_id)": Rule(
        "registration_id",
        lambda at, value: at.client.remove_push_registrations("apn", value),
        values.text(least=1, most=limits.MAX_REGISTRATION_ID),
        ("x", "x" * limits.MAX_REGISTRATION_ID),
    ),
    "Client.record(path)": Rule(
        "path",
        lambda at, value: at.client.record(value),
        values.text(least=1) | {"a zero": "a\0b"},
        (),
    ),
    "Client.record(max_bytes)": Rule(
        "max_bytes", lambda at, value: recorded(at, max_bytes=value), values.without(COUNT, "None"), (1, 2**40)
    ),
    "Client.record(max_seconds)": Rule(
        "max_seconds",
        lambda at, value: recorded(at, max_seconds=value),
        values.without(COUNT, "None", "a float", "infinity"),
        (None, 0.001, 1e9),
    ),
    "Client.record(keep)": Rule(
        "keep", lambda at, value: recorded(at, keep=value), values.without(COUNT, "None"), (1, 1000)
    ),
    "Client.handle_push_notification(payload)": Rule(
        "payload", lambda at, value: at.client.handle_push_notification(value), NO_PUSH, PUSH
    ),
    "Client.parse_push_notification(payload)": Rule(
        "payload", lambda at, value: at.client.parse_push_notification(value), NO_PUSH, PUSH
    ),
}
"""By argument."""
