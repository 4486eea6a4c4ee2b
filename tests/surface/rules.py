"""The rules of the reference's table of arguments, and those that go without saying: bad values and good ones.

A rule is named after the argument it is about, as `Class.method(argument)`. A good value is one at the border of what
is allowed: the service must not mind it either.

Source: Errors, retries, validation (argument validation).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import rxconvo
from rxconvo import ContentTemplateVariable, SendEmailOptions, SendMediaOptions
from rxconvo.model import limits
from tests.surface import values
from tests.surface.places import TEMPLATE, Place

__all__ = ["RULES", "Rule"]

Call: TypeAlias = Callable[[Place, Any], object]


@dataclass(frozen=True)
class Rule:
    """What one argument must be.

    Attributes:
        field: What the error names.
        call: Makes the call with a value.
        bad: Values that are refused, by what is wrong with them.
        good: Values that are not.
    """

    field: str
    call: Call
    bad: Mapping[str, Any]
    good: tuple[Any, ...]


NAME: Final = values.text(most=limits.MAX_NAME)
KEY: Final = values.text(least=1, most=limits.MAX_NAME)
IDENTITY: Final = values.text(least=1, most=limits.MAX_IDENTITY) | {"a control character": "a\nb"}
INDEX: Final = values.index(most=limits.MAX_INDEX)
SMALL_JSON: Final = values.json(limits.MAX_ATTRIBUTES)
LARGE_JSON: Final = values.json(limits.MAX_CONVERSATION_ATTRIBUTES)
GOOD_JSON: Final[tuple[Any, ...]] = (
    *(None, True, 0, -1.5, 2**53, "", "é 😀", [], {}, {"a": [1, {"b": None}]}, ("a", "tuple")),
    values.nested(limits.MAX_DEPTH),
)
GOOD_SMALL_JSON: Final = (*GOOD_JSON, values.bytes_of_json(limits.MAX_ATTRIBUTES))
GOOD_LARGE_JSON: Final = (*GOOD_JSON, values.bytes_of_json(limits.MAX_CONVERSATION_ATTRIBUTES))
FILE: Final = SendMediaOptions("text/plain", "a note")
MEDIA: Final = {
    "None": None,
    "a text": "x",
    "bytes": b"x",
    "a mapping": {"content_type": "text/plain", "media": "x"},
    "a class": SendMediaOptions,
}
SIDS: Final = values.sequence(numbers=7, bytes=b"ME1", nothing="", halves="\ud800")
MEDIAS: Final = values.sequence(texts="ME1", numbers=7, options=FILE)
NO_VARIABLES: Final = {
    "None": None,
    "a text": "x",
    "a mapping": {"1": "x"},
    "a variable alone": ContentTemplateVariable("1", "x"),
    "a list of pairs": [("1", "x")],
    "a variable of numbers": [ContentTemplateVariable(1, 2)],  # type: ignore[arg-type]
}
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
WRONG_FORMAT: Final = values.text(least=1, most=limits.MAX_NAME)


RULES: Final[dict[str, Rule]] = {
    # ---- Client --------------------------------------------------------------------------------------------------
    "Client.update_token(token)": Rule(
        "token",
        lambda at, value: at.client.update_token(value if value != "good" else at.token),
        values.text(least=1, most=8 * 1024) | {"a letter that no header takes": "tokén"},
        ("good",),
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
    "Client.handle_push_notification(payload)": Rule(
        "payload", lambda at, value: at.client.handle_push_notification(value), NO_PUSH, PUSH
    ),
    "Client.parse_push_notification(payload)": Rule(
        "payload", lambda at, value: at.client.parse_push_notification(value), NO_PUSH, PUSH
    ),
    # ---- Conversation --------------------------------------------------------------------------------------------
    "Conversation.add(identity)": Rule(
        "identity",
        lambda at, value: at.conversation.add(value),
        IDENTITY,
        ("c", "x" * limits.MAX_IDENTITY, "é" * limits.MAX_IDENTITY, "a/b?c", "MB" + "0" * 32),
    ),
    "Conversation.add(attributes)": Rule(
        "attributes", lambda at, value: at.conversation.add(f"somebody {id(value)}", value), SMALL_JSON, GOOD_SMALL_JSON
    ),
    "Conversation.advance_last_read_message_index(index)": Rule(
        "index", lambda at, value: at.conversation.advance_last_read_message_index(value), INDEX, (0, 3)
    ),
    "Conversation.update_last_read_message_index(index)": Rule(
        "index",
        lambda at, value: at.conversation.update_last_read_message_index(value),
        values.index(most=limits.MAX_INDEX, optional=True),
        (None, 0, 3),
    ),
    "Conversation.get_message_recipients(page_size)": Rule(
        "page_size",
        lambda at, value: at.conversation.get_message_recipients(value),
        values.index(least=1, most=limits.MAX_PAGE_SIZE, optional=True),
        (None, 1, limits.MAX_PAGE_SIZE),
    ),
    "Conversation.get_messages(page_size)": Rule(
        "page_size",
        lambda at, value: at.conversation.get_messages(value),
        values.index(least=1, most=limits.MAX_PAGE_SIZE),
        (1, 100),
    ),
    "Conversation.get_messages(anchor)": Rule(
        "anchor",
        lambda at, value: at.conversation.get_messages(10, value),
        values.index(most=limits.MAX_INDEX, optional=True),
        (None, 0, limits.MAX_INDEX),
    ),
    "Conversation.get_messages(direction)": Rule(
        "direction",
        lambda at, value: at.conversation.get_messages(10, 0, value),
        values.choice("Forward", "backward", "forwards", "asc"),
        ("backwards", "forward"),
    ),
    "Conversation.get_participant_by_sid(sid)": Rule(
        "sid", lambda at, value: at.conversation.get_participant_by_sid(value), KEY, ("x",)
    ),
    "Conversation.get_participant_by_identity(identity)": Rule(
        "identity", lambda at, value: at.conversation.get_participant_by_identity(value), KEY, ("x", "bob")
    ),
    "Conversation.remove_participant(participant)": Rule(
        "participant",
        lambda at, value: at.conversation.remove_participant(value or at.participant),
        values.without(KEY, "None", "an empty text") | {"a user": rxconvo.User("bob"), "a class": rxconvo.Participant},
        ("nobody", "", "a/b"),
    ),
    "Conversation.send_message(message)": Rule(
        "body",
        lambda at, value: at.conversation.send_message(value),
        values.text(most=limits.MAX_BODY, optional=True)
        | {"characters of many bytes that are too long": "é" * (limits.MAX_BODY // 2 + 1)},
        (None, "", "x" * limits.MAX_BODY, "é" * (limits.MAX_BODY // 2), FILE),
    ),
    "Conversation.send_message(attributes)": Rule(
        "attributes",
        lambda at, value: at.conversation.send_message("x", value),
        SMALL_JSON,
        GOOD_SMALL_JSON,
    ),
    "Conversation.send_message(email_options)": Rule(
        "email_options",
        lambda at, value: at.conversation.send_message("x", None, value),
        {"a text": "x", "a mapping": {"subject": "x"}, "a truth": True, "a class": SendEmailOptions},
        (None, SendEmailOptions(), SendEmailOptions("x" * limits.MAX_SUBJECT)),
    ),
    "Conversation.send_message(subject)": Rule(
        "subject",
        lambda at, value: at.conversation.send_message("x", subject=value),
        values.text(least=1, most=limits.MAX_SUBJECT, optional=True),
        (None, "x", "é" * limits.MAX_SUBJECT),
    ),
    "Conversation.set_user_notification_level(level)": Rule(
        "notification_level",
        lambda at, value: at.conversation.set_user_notification_level(value),
        values.choice("Muted", "none"),
        ("default", "muted", "default"),
    ),
    "Conversation.update_attributes(attributes)": Rule(
        "attributes", lambda at, value: at.conversation.update_attributes(value), LARGE_JSON, GOOD_LARGE_JSON
    ),
    "Conversation.update_friendly_name(friendly_name)": Rule(
        "friendly_name",
        lambda at, value: at.conversation.update_friendly_name(value),
        NAME,
        ("", "x" * limits.MAX_NAME, "é" * limits.MAX_NAME),
    ),
    "Conversation.update_unique_name(unique_name)": Rule(
        "unique_name",
        lambda at, value: at.conversation.update_unique_name(value),
        values.text(most=limits.MAX_NAME, optional=True) | {"the form of a sid": "CH" + "0" * 32},
        (None, "", "x" * limits.MAX_NAME, "a/b", "a/b", None),
    ),
    "Conversation.update_message_body(body)": Rule(
        "body",
        lambda at, value: at.conversation.update_message_body(at.message, value),
        values.text(most=limits.MAX_BODY),
        ("", "x" * limits.MAX_BODY),
    ),
    "Conversation.update_message_attributes(attributes)": Rule(
        "attributes",
        lambda at, value: at.conversation.update_message_attributes(at.message, value),
        SMALL_JSON,
        GOOD_SMALL_JSON,
    ),
    "Conversation.update_participant_attributes(attributes)": Rule(
        "attributes",
        lambda at, value: at.conversation.update_participant_attributes(at.participant, value),
        SMALL_JSON,
        GOOD_SMALL_JSON,
    ),
    "Conversation.download_media(path)": Rule(
        "path",
        lambda at, value: at.conversation.download_media(at.media, value),
        values.without(values.text(least=1), "half a surrogate")
        | {"no file": Path("/"), "a path that ends too early": "a\0b"},
        (),
    ),
    "Conversation.read_media(max_size)": Rule(
        "max_size",
        lambda at, value: at.conversation.read_media(at.media, value),
        values.without(values.index(most=2**63), "one too high") | {"too little": 5},
        (6, 2**63),
    ),
    "Conversation.get_temporary_content_urls(sids)": Rule(
        "sids", lambda at, value: at.conversation.get_temporary_content_urls(value), SIDS, (["ME1"],)
    ),
    "Conversation.attach_temporary_urls(media)": Rule(
        "media", lambda at, value: at.conversation.attach_temporary_urls(value), MEDIAS, ()
    ),
    # ---- Message -------------------------------------------------------------------------------------------------
    "Message.update_body(body)": Rule(
        "body",
        lambda at, value: at.message.update_body(value),
        values.text(most=limits.MAX_BODY),
        ("", "x" * limits.MAX_BODY),
    ),
    "Message.update_attributes(attributes)": Rule(
        "attributes", lambda at, value: at.message.update_attributes(value), SMALL_JSON, GOOD_SMALL_JSON
    ),
    "Message.get_email_body(content_type)": Rule(
        "content_type", lambda at, value: at.message.get_email_body(value), KEY, ("text/plain", "x")
    ),
    "Message.get_email_history(content_type)": Rule(
        "content_type", lambda at, value: at.message.get_email_history(value), KEY, ("text/html", "x")
    ),
    "Message.get_media_by_categories(categories)": Rule(
        "categories",
        lambda at, value: at.message.get_media_by_categories("media", value),
        KEY,
        ("media", "body", "history", "another"),
    ),
    "Message.get_temporary_content_urls_for_media(media)": Rule(
        "media", lambda at, value: at.message.get_temporary_content_urls_for_media(value), MEDIAS, ()
    ),
    "Message.get_temporary_content_urls_for_media_sids(sids)": Rule(
        "sids", lambda at, value: at.message.get_temporary_content_urls_for_media_sids(value), SIDS, (["ME1"],)
    ),
    "Message.attach_temporary_urls_for(media)": Rule(
        "media", lambda at, value: at.message.attach_temporary_urls_for(value), MEDIAS, ()
    ),
    # ---- Participant, User, Media --------------------------------------------------------------------------------
    "Participant.update_attributes(attributes)": Rule(
        "attributes", lambda at, value: at.participant.update_attributes(value), SMALL_JSON, GOOD_SMALL_JSON
    ),
    "User.update_friendly_name(friendly_name)": Rule(
        "friendly_name", lambda at, value: at.user.update_friendly_name(value), NAME, ("", "x" * limits.MAX_NAME)
    ),
    "User.update_attributes(attributes)": Rule(
        "attributes", lambda at, value: at.user.update_attributes(value), SMALL_JSON, GOOD_SMALL_JSON
    ),
    "Media.download(path)": Rule(
        "path",
        lambda at, value: at.media.download(value),
        values.without(values.text(least=1), "half a surrogate")
        | {"no file": Path("/"), "a path that ends too early": "a\0b"},
        (),
    ),
    "Media.read(max_size)": Rule(
        "max_size",
        lambda at, value: at.media.read(value),
        values.without(values.index(most=2**63), "one too high") | {"too little": 5},
        (6, 2**63),
    ),
    # ---- MessageBuilder ------------------------------------------------------------------------------------------
    "MessageBuilder.set_body(body)": Rule(
        "body",
        lambda at, value: at.builder.set_body(value).build_and_send(),
        values.text(most=limits.MAX_BODY),
        ("", "x" * limits.MAX_BODY),
    ),
    "MessageBuilder.set_subject(subject)": Rule(
        "subject",
        lambda at, value: at.builder.set_subject(value).build_and_send(),
        values.text(least=1, most=limits.MAX_SUBJECT),
        ("x", "é" * limits.MAX_SUBJECT),
    ),
    "MessageBuilder.set_attributes(attributes)": Rule(
        "attributes",
        lambda at, value: at.builder.set_attributes(value).build_and_send(),
        SMALL_JSON,
        GOOD_SMALL_JSON,
    ),
    "MessageBuilder.set_email_body(content_type)": Rule(
        "content_type",
        lambda at, value: at.builder.set_email_body(value, FILE).build_and_send(),
        WRONG_FORMAT,
        ("text/plain", "text/html"),
    ),
    "MessageBuilder.set_email_body(body)": Rule(
        "body",
        lambda at, value: at.builder.set_email_body("text/plain", value).build_and_send(),
        MEDIA,
        (SendMediaOptions(None, "x"), SendMediaOptions("text/html", b"x", "x.html"), FILE),
    ),
    "MessageBuilder.set_email_history(content_type)": Rule(
        "content_type",
        lambda at, value: at.builder.set_email_history(value, FILE).build_and_send(),
        WRONG_FORMAT,
        ("text/plain", "text/html"),
    ),
    "MessageBuilder.set_email_history(history)": Rule(
        "history",
        lambda at, value: at.builder.set_email_history("text/html", value).build_and_send(),
        MEDIA,
        (SendMediaOptions(None, "x"), FILE),
    ),
    "MessageBuilder.set_content_template(content_sid)": Rule(
        "content_sid",
        lambda at, value: at.builder.set_content_template(value).build_and_send(),
        KEY,
        (TEMPLATE["sid"],),
    ),
    "MessageBuilder.set_content_template(content_variables)": Rule(
        "content_variables",
        lambda at, value: at.builder.set_content_template(str(TEMPLATE["sid"]), value).build_and_send(),
        NO_VARIABLES,
        ((), [ContentTemplateVariable("1", "x")], [ContentTemplateVariable("", "")]),
    ),
    "MessageBuilder.add_media(media)": Rule(
        "media",
        lambda at, value: at.builder.add_media(value).build_and_send(),
        MEDIA | {"an empty text": SendMediaOptions("text/plain", ""), "no bytes": SendMediaOptions("text/plain", b"")},
        (FILE, SendMediaOptions("application/octet-stream", b"\0", "x"), SendMediaOptions("x/y", bytearray(1))),
    ),
}
"""All rules for methods of a class, by the argument they are about."""


def _listening(owner: Callable[[Place], Any], name: str) -> Call:
    return lambda at, value: getattr(owner(at), name)("anything", value)


def _most_listeners(owner: Callable[[Place], Any]) -> Call:
    return lambda at, value: owner(at).set_max_listeners(value)


_OWNERS: Final[dict[str, Callable[[Place], Any]]] = {
    "Client": lambda at: at.client,
    "Conversation": lambda at: at.conversation,
    "Message": lambda at: at.message,
    "Participant": lambda at: at.participant,
    "User": lambda at: at.user,
}

for _class, _owner in _OWNERS.items():
    for _name in (
        *("on", "add_listener", "once", "prepend_listener", "prepend_once_listener"),
        *("on_with_replay", "add_listener_with_replay", "once_with_replay"),
    ):
        RULES[f"{_class}.{_name}(listener)"] = Rule(
            "listener", _listening(_owner, _name), values.NOT_CALLABLE, (print, lambda: None)
        )
    RULES[f"{_class}.set_max_listeners(n)"] = Rule(
        "n",
        _most_listeners(_owner),
        {"None": None, "a text": "10", "below none": -1, "a truth": True, "NaN": float("nan"), "a list": [1]},
        (0, 1, 2.5, float("inf")),
    )

MAKING: Final[dict[str, Rule]] = {
    "connect(url)": Rule(
        "url",
        lambda _, value: rxconvo.connect(value, identity="ada"),
        values.text(least=1) | {"another scheme": "http://127.0.0.1", "no path": "sqlite:"},
        (),
    ),
    "connect(identity)": Rule(
        "identity", lambda _, value: rxconvo.connect("memory:", identity=value), IDENTITY, ("x" * 256,)
    ),
    "connect(token)": Rule(
        "token",
        lambda _, value: rxconvo.connect("ws://127.0.0.1:9", token=value),
        values.text(least=1, most=8 * 1024) | {"a letter that no header takes": "tokén"},
        ("x", "x" * 8 * 1024),
    ),
    "SendMediaOptions(content_type)": Rule(
        "content_type",
        lambda _, value: SendMediaOptions(value, "x"),
        values.text(least=1, most=255, optional=True) | {"a line": "text/plain\r\nX: y", "no ASCII": "téxt/plain"},
        (None, "text/plain", "x/" + "y" * 253),
    ),
    "SendMediaOptions(media)": Rule(
        "media",
        lambda _, value: SendMediaOptions("text/plain", value),
        {name: values.NOT_TEXT[name] for name in ("None", "a number", "a list", "a thing", "half a surrogate")},
        ("x", b"", bytearray(), Path("somewhere"), iter),
    ),
    "SendMediaOptions(filename)": Rule(
        "filename",
        lambda _, value: SendMediaOptions("text/plain", "x", value),
        values.text(optional=True),
        (None, "", "größe.txt"),
    ),
    "SendEmailOptions(subject)": Rule(
        "subject",
        lambda at, value: at.conversation.send_message("x", None, SendEmailOptions(value)),
        values.text(least=1, most=limits.MAX_SUBJECT, optional=True),
        (None, "x"),
    ),
}
"""Rules for what is no method of a class: beginning, and what is handed to methods."""
