"""A message that is to be sent: all that its mutation says, checked against what the service accepts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from rxconvo.client.attachments import media_size
from rxconvo.errors import ArgumentError
from rxconvo.model.content import ContentTemplateVariable

if TYPE_CHECKING:
    from rxconvo.client.attachments import SendMediaOptions
    from rxconvo.client.configuration import ConversationLimits
    from rxconvo.types import JSONInput, Sid

__all__ = ["Draft", "Part", "check_attachments"]

_MEGABYTE: Final = 2**20


@dataclass(frozen=True, slots=True)
class Part:
    """What is uploaded for a message.

    Attributes:
        category: `media`, `body` or `history`.
        options: What.
        content_type: Its MIME type.
    """

    category: str
    options: SendMediaOptions
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message, as its mutation says it.

    Attributes:
        body: Its text, or None.
        subject: Its subject, or None.
        attributes_json: The application's own data, as JSON text.
        parts: What is uploaded before, in this order; None where the mutation does not speak of media.
        content_sid: The content template it is made from, or None.
        content_variables: What to put into that.

    Source: Conversations, messages (resource).
    """

    body: str | None = None
    subject: str | None = None
    attributes_json: str
    parts: tuple[Part, ...] | None = None
    content_sid: Sid | None = None
    content_variables: tuple[ContentTemplateVariable, ...] = ()

    def fields(self, media_sids: Sequence[Sid]) -> dict[str, JSONInput]:
        """Return the body of the mutation.

        Args:
            media_sids: What was uploaded.
        """
        fields: dict[str, JSONInput] = {}
        if self.body is not None:
            fields["body"] = self.body
        if self.subject is not None:
            fields["subject"] = self.subject
        if self.parts is not None:
            fields["media_sids"] = media_sids
        fields["attributes"] = self.attributes_json
        if self.content_sid is not None:
            fields["content_sid"] = self.content_sid
            variables = {variable.name: variable.value for variable in self.content_variables}
            fields["content_variables"] = orjson.dumps(variables).decode()
        return fields


def check_attachments(media: Sequence[SendMediaOptions], limits: ConversationLimits) -> None:
    """Check the files of a message against what the service accepts, as far as their sizes are known.

    Raises:
        ArgumentError: They are too many, or too large, one or all together.
    """
    most = limits.media_attachments_count_limit
    if len(media) > most:
        raise ArgumentError("media", f"at most {most} files", len(media))
    sizes = [media_size(options.media) or 0 for options in media]
    one, together = limits.media_attachment_size_limit_in_mb, limits.media_attachments_total_size_limit_in_mb
    for size in sizes:
        _check_size(size, one, "each")
    _check_size(sum(sizes), together, "together")


def _check_size(size: int, megabytes: float, of_what: str) -> None:
    """Check bytes against a limit."""
    most = int(megabytes * _MEGABYTE)
    if size > most:
        raise ArgumentError("media", f"at most {megabytes:g} MB ({most} bytes) {of_what}, not {size} bytes")
