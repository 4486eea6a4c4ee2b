"""Rules for the steps of a message builder, and for what is handed to methods or begins with."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import rxconvo
from rxconvo import ContentTemplateVariable, ParticipantBindingOptions, SendEmailOptions, SendMediaOptions
from rxconvo.model import limits
from tests.surface import values
from tests.surface.places import TEMPLATE
from tests.surface.rules.base import FILE, GOOD_SMALL_JSON, IDENTITY, KEY, SMALL_JSON, Rule

MEDIA: Final = {
    "None": None,
    "a text": "x",
    "bytes": b"x",
    "a mapping": {"content_type": "text/plain", "media": "x"},
    "a class": SendMediaOptions,
}
NO_VARIABLES: Final = {
    "None": None,
    "a text": "x",
    "a mapping": {"1": "x"},
    "a variable alone": ContentTemplateVariable("1", "x"),
    "a list of pairs": [("1", "x")],
    "a variable of numbers": [ContentTemplateVariable(1, 2)],  # type: ignore[arg-type]
}
WRONG_FORMAT: Final = values.text(least=1, most=limits.MAX_NAME)

BUILDER: Final[dict[str, Rule]] = {
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
        (SendMediaOptions(None, "x"), SendMediaOptions("Text/HTML; charset=utf-8", b"x", "x.html"), FILE),
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
"""By argument."""

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
        values.text(least=1, most=255, optional=True)
        | {"a line": "text/plain\r\nX: y", "no ASCII": "téxt/plain", "no subtype": "plain"},
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
    "ParticipantBindingOptions(email)": Rule(
        "email",
        lambda _, value: ParticipantBindingOptions(email=value),
        {
            "a text": "to",
            "a list": ["to"],
            "a name that is no text": {"name": 7},
            "an unknown level": {"level": "bcc"},
            "half a surrogate": {"name": "\ud800"},
        },
        (None, {}, {"name": "", "level": "to"}),
    ),
    "SendEmailOptions(subject)": Rule(
        "subject",
        lambda at, value: at.conversation.send_message("x", None, SendEmailOptions(value)),
        values.text(least=1, most=limits.MAX_SUBJECT, optional=True),
        (None, "x"),
    ),
}
"""Rules for what is no method of a class: beginning, and what is handed to methods."""
