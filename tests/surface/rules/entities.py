"""Rules for the arguments of the methods of messages, media, participants and users."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from rxconvo.model import limits
from tests.surface import values
from tests.surface.rules.base import GOOD_SMALL_JSON, KEY, MEDIAS, NAME, SIDS, SMALL_JSON, Rule

ENTITIES: Final[dict[str, Rule]] = {
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
}
"""By argument."""
