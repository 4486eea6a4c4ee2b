"""Conversations by what people call them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rxconvo.cli.failure import AbsentError, CommandError
from rxconvo.cli.text import one_line
from rxconvo.errors import RejectedError

if TYPE_CHECKING:
    from rxconvo import Client, Conversation

__all__ = ["find_conversation", "joined_conversations", "name_of"]

_SID: Final = re.compile(r"CH[0-9a-f]{32}")
_ABSENT: Final = (404, 410)  # not there, or not in the recording
_NAMED: Final = 5  # conversations that are suggested, at most


async def find_conversation(client: Client, name: str) -> Conversation:
    """Find a conversation by its sid, its unique name, or the name that is shown.

    Args:
        client: Whose.
        name: One of these; a shown name only of a conversation that was joined, and only if no other has it.

    Raises:
        AbsentError: There is none.
        CommandError: There are several.
        RequestError: The service does not tell.
    """
    joined = await joined_conversations(client)
    for each in joined:
        if name in (each.sid, each.unique_name):
            return each
    try:
        if _SID.fullmatch(name):
            return await client.get_conversation_by_sid(name)
        return await client.get_conversation_by_unique_name(name)
    except RejectedError as error:
        if error.status not in _ABSENT:
            raise
    shown = [each for each in joined if each.friendly_name == name]
    if len(shown) > 1:
        sids = ", ".join(each.sid for each in shown[:_NAMED])
        raise CommandError(f"several conversations are called {name!r}: say which by its sid, as {sids}")
    if not shown:
        there = ", ".join(sorted(name_of(each) for each in joined)[:_NAMED]) or "none"
        more = ", …" if len(joined) > _NAMED else ""
        raise AbsentError(f"{client.user.identity} sees no conversation {name!r}; there: {there}{more}")
    return shown[0]


async def joined_conversations(client: Client) -> list[Conversation]:
    """List all conversations that were joined."""
    page = await client.get_subscribed_conversations()
    found = [*page.items]
    while page.has_next_page:
        page = await page.next_page()
        found += page.items
    return found


def name_of(conversation: Conversation) -> str:
    """Return what to call a conversation: the name that is shown, the unique one, or the sid."""
    return one_line(conversation.friendly_name or conversation.unique_name or conversation.sid)
