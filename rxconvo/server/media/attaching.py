"""Media in messages: attaching uploads, and keeping small texts that the service itself makes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rxconvo.server.checks import is_array
from rxconvo.server.media.content_types import essence_of, served_type_of
from rxconvo.server.media.resources import media_item
from rxconvo.server.refusals import bad_request
from rxconvo.server.storage.records import StoredMedia

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rxconvo.server.call import Call
    from rxconvo.server.limits import Limits
    from rxconvo.server.resources import Fields
    from rxconvo.server.storage.base import Transaction
    from rxconvo.types import Sid

__all__ = ["attach", "find_uploads", "media_fields", "store_text_media"]


def find_uploads(tx: Transaction, call: Call, sids: object) -> list[StoredMedia]:
    """Find the uploads that a message names, and check that they may be attached. Nothing is changed.

    Args:
        tx: Where to look.
        call: The request, whose asker must have uploaded them.
        sids: What it gives as `media_sids`; None counts as none.

    Returns:
        The uploads, in the order in which they are named.

    Raises:
        Refusal: 400: they are no array of different sids of uploads of the asker's that are attached to no message, or
            more, or larger, than the limits allow. The same for a media that does not exist as for that of another.
    """
    if sids is None:
        return []
    limits = call.service.options.limits
    if not is_array(sids) or not all(isinstance(sid, str) for sid in sids):
        raise bad_request("media_sids", "an array of sids")
    most = limits.attachments + 2 * len(limits.email_types)
    if len(sids) > most:
        raise bad_request("media_sids", f"at most {most} sids")
    found: list[StoredMedia] = []
    for sid in map(str, sids):
        media = tx.media(sid)
        if media is None or media.author != call.identity or media.message_sid is not None:
            raise bad_request("media_sids", "sids of your own uploads, none of them part of a message")
        found.append(media)
    if len({media.sid for media in found}) < len(found):
        raise bad_request("media_sids", "different sids")
    _check_counts(found, limits)
    if sum(media.size for media in found) > limits.attachments_total:
        raise bad_request("media_sids", f"media of at most {limits.attachments_total} bytes together")
    return found


def _check_counts(found: Sequence[StoredMedia], limits: Limits) -> None:
    """Check how many attachments there are, and that no part of an e-mail is there twice."""
    if sum(media.category == "media" for media in found) > limits.attachments:
        raise bad_request("media_sids", f"at most {limits.attachments} media of category media")
    parts = Counter((media.category, essence_of(media.content_type)) for media in found if media.category != "media")
    if any(count > 1 for count in parts.values()):
        raise bad_request("media_sids", "at most one body and one history of each content type")


def attach(
    tx: Transaction, call: Call, media: Sequence[StoredMedia], *, conversation_sid: Sid, message_sid: Sid
) -> None:
    """Make uploads, as `find_uploads` gives them, part of a message."""
    for each in media:
        tx.attach_media(each.sid, conversation_sid, message_sid, at=call.now)


def media_fields(media: Sequence[StoredMedia]) -> Fields:
    """Return the fields of a message's list item that tell of its media; its type is among them."""
    if not media:
        return {"type": "text"}
    items = [media_item(each) for each in media]
    first = [item for item in items if item["category"] == "media"][:1]
    return {"type": "media", "medias": items, **({"media": first[0]} if first else {})}


def store_text_media(
    tx: Transaction,
    call: Call,
    text: str,
    *,
    content_type: str,
    conversation_sid: Sid,
    message_sid: Sid,
    category: str = "body",
    filename: str | None = None,
) -> StoredMedia:
    """Keep a small text as a media of a message, within the message's own transaction.

    Args:
        tx: Where.
        call: The request; its asker counts as the author.
        text: The text; it is kept in the database, so it should be some KB at most.
        content_type: Its type.
        conversation_sid: The message's conversation.
        message_sid: The message.
        category: `media`, `body` or `history`.
        filename: What the file is called, or None.
    """
    content = text.encode()
    media = StoredMedia(
        sid=call.sid("ME"),
        author=call.identity,
        category=category,
        content_type=content_type,
        served_type=served_type_of(content_type, content),
        filename=filename,
        size=len(content),
        content=content,
        conversation_sid=conversation_sid,
        message_sid=message_sid,
        date_created=call.now,
        date_updated=call.now,
    )
    tx.add_media(media)
    return media
