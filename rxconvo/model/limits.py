"""The documented limits, and the checks of arguments against them, made before anything is sent.

Every check raises `ArgumentError`, which names the field and the limit. Lengths count characters, sizes bytes of UTF-8.
Source: Twilio Conversations, limits; Conversations client protocol, argument validation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Final, cast

import orjson

from rxconvo.errors import ArgumentError
from rxconvo.model.media import Media
from rxconvo.types import JSON, Sid

__all__ = [
    "MAX_ATTRIBUTES",
    "MAX_BODY",
    "MAX_CONVERSATION_ATTRIBUTES",
    "MAX_DEPTH",
    "MAX_IDENTITY",
    "MAX_INDEX",
    "MAX_MUTATION_ID",
    "MAX_NAME",
    "MAX_PAGE_SIZE",
    "MAX_REGISTRATION_ID",
    "MAX_SUBJECT",
    "attributes_json",
    "check_access",
    "check_body",
    "check_channel_type",
    "check_friendly_name",
    "check_identity",
    "check_index",
    "check_key",
    "check_media_sids",
    "check_mutation_id",
    "check_notification_level",
    "check_page_size",
    "check_registration_id",
    "check_subject",
    "check_unique_name",
    "conversation_attributes_text",
    "media_sids",
    "message_attributes_text",
    "participant_attributes_text",
    "user_attributes_text",
]

MAX_NAME: Final = 256
"""Characters of a conversation's friendly or unique name, or a user's friendly name."""

MAX_IDENTITY: Final = 256
"""Characters of an identity."""

MAX_SUBJECT: Final = 256
"""Characters of a message's subject."""

MAX_BODY: Final = 32 * 1024
"""Bytes of a message's text."""

MAX_CONVERSATION_ATTRIBUTES: Final = 16 * 1024
"""Bytes of a conversation's attributes as JSON text."""

MAX_ATTRIBUTES: Final = 4 * 1024
"""Bytes of the attributes of a message, participant or user as JSON text."""

MAX_DEPTH: Final = 64
"""How deep attributes may be nested."""

MAX_INDEX: Final = 2**53
"""The highest index of a message: up to there every JSON reader keeps integers exact."""

MAX_MUTATION_ID: Final = 128
"""Characters of the id of a mutation."""

MAX_PAGE_SIZE: Final = 100
"""Items of a page."""

MAX_REGISTRATION_ID: Final = 4096
"""Characters of what FCM or APNs calls a device."""

_SID_LENGTH: Final = 34

_BYTES: Final[tuple[type, ...]] = (bytes, bytearray, memoryview)  # sequences of integers, but not meant as such


class _Shown(str):
    """A text that an error message shows without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def check_key(field: str, value: object, *, limit: int = MAX_NAME) -> str:
    """Check what something is looked up by: a string of 1 to 256 characters, as sids, names and identities are.

    Args:
        field: Name of the argument.
        value: What was given.
        limit: Characters, where it may be longer.

    Returns:
        The string.
    """
    if not isinstance(value, str) or not 1 <= len(value) <= limit:
        # It may be a token, so it is not shown.
        raise ArgumentError(field, f"a non-empty string of at most {limit} characters")
    _encode(field, value)
    return value


def check_identity(value: object, *, field: str = "identity") -> str:
    """Check an identity: 1 to 256 characters, no control characters.

    Returns:
        The identity.
    """
    expected = f"a string of 1 to {MAX_IDENTITY} characters, none of them a control character"
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_IDENTITY or any(map(_is_control, value)):
        raise ArgumentError(field, expected, value)
    _encode(field, value)
    return value


def check_mutation_id(value: object, *, field: str = "mutation_id") -> str:
    """Check the id of a mutation, which travels as a header: 1 to 128 printable ASCII characters, no blanks.

    Returns:
        The id.
    """
    if isinstance(value, str) and 1 <= len(value) <= MAX_MUTATION_ID and all("!" <= sign <= "~" for sign in value):
        return value
    raise ArgumentError(field, f"a string of 1 to {MAX_MUTATION_ID} printable ASCII characters without blanks", value)


def check_friendly_name(value: object, *, field: str = "friendly_name") -> str:
    """Check a name to show: at most 256 characters.

    Returns:
        The name.
    """
    return _check_length(field, value, MAX_NAME)


def check_unique_name(value: object) -> str | None:
    """Check a name to look a conversation up by: at most 256 characters, no sid's form; None or empty for none.

    Returns:
        The name, or None.
    """
    if value is None:
        return None
    name = _check_length("unique_name", value, MAX_NAME)
    if name.startswith("CH") and len(name) == _SID_LENGTH:
        raise ArgumentError("unique_name", "a string that does not look like the sid of a conversation", name)
    return name


def check_registration_id(value: object) -> str:
    """Check what FCM or APNs calls a device: 1 to 4096 characters.

    Returns:
        The id.
    """
    return check_key("registration_id", value, limit=MAX_REGISTRATION_ID)


def check_access(value: object) -> str:
    """Check who may find a conversation: `private` or `public`.

    Returns:
        The access.
    """
    return _check_choice("access", value, ("private", "public"))


def check_channel_type(value: object) -> str:
    """Check a channel of push notifications: `fcm` or `apn`.

    Returns:
        The channel.
    """
    return _check_choice("channel_type", value, ("fcm", "apn"))


def check_notification_level(value: object) -> str:
    """Check a notification level: `default` or `muted`.

    Returns:
        The level.
    """
    return _check_choice("level", value, ("default", "muted"))


def check_subject(value: object) -> str:
    """Check a message's subject: 1 to 256 characters.

    Returns:
        The subject.
    """
    if value == "":
        raise ArgumentError("subject", f"a string of 1 to {MAX_SUBJECT} characters", value)
    return _check_length("subject", value, MAX_SUBJECT)


def check_body(value: object, *, field: str = "body") -> str:
    """Check a message's text: at most 32 KB.

    Returns:
        The text.
    """
    if not isinstance(value, str):
        raise ArgumentError(field, "a string", value)
    _check_size(field, _encode(field, value), MAX_BODY)
    return value


def check_index(value: object, *, field: str = "index", optional: bool = False) -> int | None:
    """Check a message's index: an integer from 0 to 2^53; None where it is optional.

    Returns:
        The index, or None.
    """
    if value is None and optional:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_INDEX:
        raise ArgumentError(field, f"an integer from 0 to {MAX_INDEX}{' or None' if optional else ''}", value)
    return value


def check_page_size(value: object) -> int:
    """Check the size of a page: 1 to 100 items.

    Returns:
        The size.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_PAGE_SIZE:
        raise ArgumentError("page_size", f"an integer from 1 to {MAX_PAGE_SIZE}", value)
    return value


def check_media_sids(value: object) -> tuple[Sid, ...]:
    """Check sids of media: a non-empty sequence of non-empty strings.

    Returns:
        The sids.
    """
    return tuple(check_key("sids", sid) for sid in _several("sids", value))


def media_sids(value: object) -> tuple[Sid, ...]:
    """Check media: a non-empty sequence of `Media`.

    Returns:
        Their sids.
    """
    sids: list[Sid] = []
    for media in _several("media", value):
        if not isinstance(media, Media):
            raise ArgumentError("media", "a sequence of Media", media)
        sids.append(media.sid)
    return tuple(sids)


def conversation_attributes_text(value: object) -> str:
    """Check the attributes of a conversation, at most 16 KB, and write them as JSON text."""
    return attributes_json(value, limit=MAX_CONVERSATION_ATTRIBUTES)


def message_attributes_text(value: object) -> str:
    """Check the attributes of a message, at most 4 KB, and write them as JSON text."""
    return attributes_json(value, limit=MAX_ATTRIBUTES)


def participant_attributes_text(value: object) -> str:
    """Check the attributes of a participant, at most 4 KB, and write them as JSON text."""
    return attributes_json(value, limit=MAX_ATTRIBUTES)


def user_attributes_text(value: object) -> str:
    """Check the attributes of a user, at most 4 KB, and write them as JSON text."""
    return attributes_json(value, limit=MAX_ATTRIBUTES)


def attributes_json(value: object, *, limit: int, field: str = "attributes") -> str:
    """Check attributes, and write them as JSON text.

    Args:
        value: Any JSON value; mappings and sequences of any type.
        limit: Bytes of the text.
        field: Name of the argument.
    """
    try:
        text = orjson.dumps(value, _plain, orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME)
    except orjson.JSONEncodeError as error:
        raise ArgumentError(field, f"a JSON value ({error})") from error
    if b"null" in text and not _all_finite(value):
        raise ArgumentError(field, "a JSON value (NaN and infinity are none)")
    _check_size(field, text, limit)
    if text.count(b"[") + text.count(b"{") > MAX_DEPTH and _is_deeper(orjson.loads(text), MAX_DEPTH):
        raise ArgumentError(field, f"nested at most {MAX_DEPTH} deep")
    return text.decode()


def _plain(value: object) -> object:
    """Turn mappings and sequences of other types into the types that can be written."""
    if isinstance(value, Mapping):
        return dict(cast("Mapping[object, object]", value))
    if type(value) not in _BYTES and isinstance(value, Sequence):
        return list(cast("Sequence[object]", value))
    raise TypeError(f"{type(value).__name__} is none")


def _is_deeper(value: JSON, depth: int) -> bool:
    """Tell whether JSON is nested deeper than that."""
    level = [value]
    for _ in range(depth):
        inner: list[JSON] = []
        for node in level:
            if isinstance(node, dict):
                inner += node.values()
            elif isinstance(node, list):
                inner += node
        level = inner
    return any(isinstance(node, dict | list) for node in level)


def _all_finite(value: object) -> bool:
    """Tell whether all numbers can be written. Others become null on writing, so this is asked only after a null."""
    pending = [value]
    while pending:
        inner = pending.pop()
        if isinstance(inner, float) and not isfinite(inner):
            return False
        if isinstance(inner, Mapping):
            pending.extend(cast("Mapping[object, object]", inner).values())
        elif isinstance(inner, Sequence) and not isinstance(inner, str):
            pending.extend(cast("Sequence[object]", inner))
    return True


def _is_control(character: str) -> bool:
    return ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0


def _check_length(field: str, value: object, limit: int) -> str:
    if not isinstance(value, str):
        raise ArgumentError(field, f"a string of at most {limit} characters", value)
    if len(value) > limit:
        raise ArgumentError(field, f"a string of at most {limit} characters", _Shown(f"{len(value)} characters"))
    _encode(field, value)
    return value


def _check_size(field: str, text: bytes, limit: int) -> None:
    if len(text) > limit:
        raise ArgumentError(field, f"at most {limit} bytes of UTF-8", _Shown(f"{len(text)} bytes"))


def _several(field: str, value: object) -> Sequence[object]:
    given: object = value
    if isinstance(value, str | bytes) or not isinstance(value, Sequence) or not value:
        raise ArgumentError(field, "a non-empty sequence", given)
    return cast("Sequence[object]", value)


def _check_choice(field: str, value: object, choices: Sequence[str]) -> str:
    for choice in choices:
        if value == choice:
            return choice
    raise ArgumentError(field, " or ".join(f'"{choice}"' for choice in choices), value)


def _encode(field: str, value: str) -> bytes:
    try:
        return value.encode()
    except UnicodeEncodeError as error:
        raise ArgumentError(field, "text that can be written as UTF-8 (lone surrogates cannot)") from error
