"""What a channel tells of a message."""

from __future__ import annotations

from msgspec import Struct

from rxconvo.display import Displayed
from rxconvo.model.fields import EMPTY_OBJECT, parse_json
from rxconvo.types import JSON

__all__ = ["ChannelMetadata"]


class ChannelMetadata(Struct, Displayed, frozen=True, gc=False):
    """What a channel tells of a message that went through it.

    Attributes:
        type: The channel, for example `whatsapp`.
        data_json: What it tells, as JSON text.

    Source: Conversations, delivery receipts, recipients, channel metadata.
    """

    type: str
    data_json: str = EMPTY_OBJECT

    @property
    def data(self) -> JSON:
        """What it tells, parsed anew for each reader."""
        return parse_json(self.data_json)
