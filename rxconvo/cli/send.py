"""`rxconvo send`: a message with all that belongs to it, sent once."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rxconvo import NotFoundError, RejectedError, SendMediaOptions, TransferProgress
from rxconvo import operators as chat
from rxconvo.cli.failure import AbsentError, CommandError
from rxconvo.cli.finding import find_conversation
from rxconvo.cli.terminal import progress_bar
from rxconvo.model.limits import check_identity

if TYPE_CHECKING:
    from rxconvo import Client, Conversation
    from rxconvo.types import Identity

__all__ = ["invite", "join_or_create", "send"]

_CONFLICT: Final = 409
_ANY: Final = "application/octet-stream"


async def send(
    client: Client,
    name: str,
    text: str | None,
    files: Sequence[Path],
    *,
    create: bool,
    people: Sequence[Identity] = (),
) -> int:
    """Send a message; where nobody knows what became of it, it is tried again, and sent once all the same.

    Args:
        client: Who sends it.
        name: The conversation, by sid or name.
        text: What it says, if anything.
        files: What belongs to it.
        create: Whether to make the conversation, by this unique name, where there is none, and to join it.
        people: Who is to be in the conversation as well, before the message is sent.

    Returns:
        The message's index.

    Raises:
        CommandError: There is no such conversation, or the sender is not in it.
        RequestError: The message was refused.
        ArgumentError: A file is empty or too large, the text too long, or somebody has no identity.
    """
    for identity in people:
        check_identity(identity, field="--with")  # before there is a conversation for nothing
    conversation = await (join_or_create(client, name) if create else _find(client, name))
    await invite(conversation, people)
    message = conversation.prepare_message()
    if text is not None:
        message.set_body(text)
    for path in files:
        kind, _ = mimetypes.guess_type(path.name)
        message.add_media(SendMediaOptions(kind or _ANY, path))
    unsent = message.build()
    if not files:
        return await unsent.send().pipe(chat.retry_mutation())
    with progress_bar(files[0].name, bytes_=True) as bar:

        def show(moved: TransferProgress) -> None:
            bar.move(moved.transferred, moved.total, files[moved.part].name)

        with unsent.progress.subscribe(show):
            return await unsent.send().pipe(chat.retry_mutation())


async def _find(client: Client, name: str) -> Conversation:
    """Find a conversation, or say how there comes to be one."""
    try:
        return await find_conversation(client, name)
    except AbsentError as error:
        raise AbsentError(f"{error}; --create makes it, or {_added(client)}") from None


def _added(client: Client) -> str:
    return f"somebody who is in it adds {client.user.identity} by `rxconvo send … --with {client.user.identity}`"


async def invite(conversation: Conversation, people: Sequence[Identity]) -> None:
    """Have people be in a conversation, whether they are already or not.

    Args:
        conversation: Which.
        people: Who.

    Raises:
        ArgumentError: One of them is no identity.
        RequestError: The service refuses.
    """
    for identity in people:
        try:
            await conversation.add(identity).pipe(chat.retry_mutation())
        except RejectedError as error:
            if error.status != _CONFLICT:  # else they are there
                raise


async def join_or_create(client: Client, name: str) -> Conversation:
    """Find a conversation or make it, and be in it.

    Args:
        client: Who is in it.
        name: Its sid or name; its unique name, where it has to be made.

    Raises:
        CommandError: Somebody else has one of this name that the client does not see, or several are called so.
        RequestError: The service refuses.
    """
    try:
        conversation = await find_conversation(client, name)
    except AbsentError:
        try:
            conversation = await client.create_conversation(unique_name=name, friendly_name=name).pipe(
                chat.retry_mutation()
            )
        except RejectedError as error:
            if error.status != _CONFLICT:
                raise
            try:  # it was made meanwhile
                conversation = await client.get_conversation_by_unique_name(name)
            except NotFoundError:
                raise CommandError(
                    f"there is a conversation {name!r}, which {client.user.identity} is not in; {_added(client)}"
                ) from None
    if conversation.status != "joined":
        await conversation.join().pipe(chat.retry_mutation())
    return conversation
