"""What the page may do: each action is one of the conversation's own mutations, checked before anything happens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeAlias, cast

from rxconvo import Client, Conversation
from rxconvo.errors import ArgumentError
from rxconvo.model import limits
from rxconvo.types import JSON, Identity

__all__ = ["ACTIONS", "Action", "Fields", "create"]

Fields: TypeAlias = Mapping[str, Any]
"""The JSON object that the page sends."""

Action: TypeAlias = Callable[[Conversation, Fields], Awaitable[JSON]]
"""Does something in a conversation; returns what to answer."""

_ATTEMPTS: Final = 3
"""How often a mutation is tried that was not answered. It is the same one each time, so nothing happens twice."""

_MOST_ADDED: Final = 50
"""People whom one request may add."""


async def _send(conversation: Conversation, fields: Fields) -> JSON:
    body = _only(fields, "body").get("body")
    if not isinstance(body, str) or not body.strip():
        raise ArgumentError("body", "a text that is not empty")
    limits.check_body(body)
    return {"index": await conversation.send_message(body).retry(_ATTEMPTS)}


async def _typing(conversation: Conversation, fields: Fields) -> JSON:
    _only(fields)
    await conversation.send_typing()
    return {}


async def _read(conversation: Conversation, fields: Fields) -> JSON:
    index = _only(fields, "index").get("index")
    if index is None:
        await conversation.set_all_messages_read().retry(_ATTEMPTS)
    else:
        limits.check_index(index, field="index")
        await conversation.advance_last_read_message_index(index).retry(_ATTEMPTS)
    return {}


ACTIONS: Final[Mapping[str, Action]] = {"messages": _send, "typing": _typing, "read": _read}
"""What can be done in a conversation, by the last part of the path."""


async def create(client: Client, fields: Fields) -> JSON:
    """Create a conversation, join it and add others.

    Args:
        client: Who does it.
        fields: `name`, the name to show, and `add`, identities.

    Returns:
        The new conversation's sid.

    Raises:
        ArgumentError: A field is none of that; then nothing has happened.
        RequestError: The service refused, or did not answer.
    """
    name = _only(fields, "name", "add").get("name")
    if not isinstance(name, str) or not name.strip():
        raise ArgumentError("name", "a text that is not empty")
    limits.check_friendly_name(name)
    others = _identities(fields.get("add", []), own=client.identity)
    conversation = await client.create_conversation(friendly_name=name).retry(_ATTEMPTS)
    await conversation.join().retry(_ATTEMPTS)
    for identity in others:
        await conversation.add(identity).retry(_ATTEMPTS)
    return {"sid": conversation.sid}


def _identities(given: object, *, own: Identity) -> list[Identity]:
    """Check whom to add: each once, and not oneself."""
    if not isinstance(given, list) or len(cast("list[object]", given)) > _MOST_ADDED:
        raise ArgumentError("add", f"a list of at most {_MOST_ADDED} identities")
    identities = [limits.check_identity(identity, field="add") for identity in cast("list[object]", given)]
    return [identity for identity in dict.fromkeys(identities) if identity != own]


def _only(fields: Fields, *known: str) -> Fields:
    """Refuse fields that mean nothing here."""
    for name in fields:
        if name not in known:
            raise ArgumentError(name[:64], "left out: it means nothing here")
    return fields
