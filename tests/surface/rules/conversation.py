"""Rules for the arguments of a conversation's methods."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from reactivex import operators as ops

import rxconvo
from rxconvo import ParticipantBindingOptions, SendEmailOptions
from rxconvo.model import limits
from tests.surface import values
from tests.surface.rules.base import (
    FILE,
    GOOD_LARGE_JSON,
    GOOD_SMALL_JSON,
    IDENTITY,
    INDEX,
    KEY,
    LARGE_JSON,
    MEDIAS,
    NAME,
    SIDS,
    SMALL_JSON,
    Rule,
)

CONVERSATION: Final[dict[str, Rule]] = {
    "Conversation.add(identity)": Rule(
        "identity",
        lambda at, value: at.conversation.add(value),
        IDENTITY,
        ("c", "x" * limits.MAX_IDENTITY, "é" * limits.MAX_IDENTITY, "a/b?c", "MB" + "0" * 32),
    ),
    "Conversation.add(attributes)": Rule(
        "attributes", lambda at, value: at.conversation.add(f"somebody {id(value)}", value), SMALL_JSON, GOOD_SMALL_JSON
    ),
    "Conversation.add_non_chat_participant(proxy_address)": Rule(
        "proxy_address",
        lambda at, value: at.conversation.add_non_chat_participant(value, "+15005550001"),
        KEY,
        ("+15005550006",),
    ),
    "Conversation.add_non_chat_participant(address)": Rule(
        "address",
        lambda at, value: at.conversation.add_non_chat_participant("+15005550006", value),
        KEY,
        ("+15005550001", "whatsapp:+15005550001"),
    ),
    "Conversation.add_non_chat_participant(attributes)": Rule(
        "attributes",
        lambda at, value: at.conversation.add_non_chat_participant(
            "+15005550006", f"+1500555{id(value) % 10_000:04}", value
        ),
        SMALL_JSON,
        GOOD_SMALL_JSON,
    ),
    "Conversation.add_non_chat_participant(binding_options)": Rule(
        "binding_options",
        lambda at, value: at.conversation.add_non_chat_participant(
            "lunch@example.test", f"{id(value)}@example.test", binding_options=value
        ),
        {
            "a text": "to",
            "a mapping": {"email": {"level": "to"}},
            "a truth": True,
            "a class": ParticipantBindingOptions,
        },
        (
            None,
            ParticipantBindingOptions(),
            ParticipantBindingOptions(email={"name": "Ann", "level": "cc"}),
            ParticipantBindingOptions(email={"name": ""}),
        ),
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
        "message",
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
        "level",
        lambda at, value: at.conversation.set_user_notification_level(value),
        values.choice("Muted", "none"),
        ("default", "muted", "default"),
    ),
    "Conversation.timeline(limit)": Rule(
        "limit",
        lambda at, value: at.conversation.timeline(value).pipe(ops.first()),
        values.without(values.index(least=1, most=1), "one too high"),
        (1, 10_000),
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
}
"""By argument."""
