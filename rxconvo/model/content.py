"""The content of rich messages, which are made from content templates.

Source: Conversations, content templates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, TypeAlias, cast

import msgspec
import orjson
from msgspec import Struct

from rxconvo.display import Displayed
from rxconvo.model.decoding import integer

__all__ = [
    "ContentData",
    "ContentDataAction",
    "ContentDataActionOther",
    "ContentDataActionPhone",
    "ContentDataActionReply",
    "ContentDataActionUrl",
    "ContentDataCallToAction",
    "ContentDataCard",
    "ContentDataListItem",
    "ContentDataListPicker",
    "ContentDataLocation",
    "ContentDataMedia",
    "ContentDataOther",
    "ContentDataQuickReply",
    "ContentDataReply",
    "ContentDataText",
    "ContentTemplateVariable",
    "read_content",
]


class ContentDataReply(Struct, Displayed, frozen=True, gc=False):
    """A button that sends a text back.

    Attributes:
        title: What the button says, which is also what is sent back.
        id: What the application gets back besides, or None.
    """

    title: str
    id: str | None = None


class ContentDataListItem(Struct, Displayed, frozen=True, gc=False):
    """An item of a list to choose from.

    Attributes:
        id: Which item it is, for the application.
        item: What it says.
        description: More about it, or None.
    """

    id: str
    item: str
    description: str | None = None


class ContentDataActionUrl(Struct, Displayed, frozen=True, gc=False):
    """A button that leads to an address.

    Attributes:
        title: What the button says.
        url: The address.
        raw_data: All of the action, as JSON text.
    """

    type: ClassVar[str] = "url"
    title: str
    url: str
    raw_data: str


class ContentDataActionPhone(Struct, Displayed, frozen=True, gc=False):
    """A button that calls a number.

    Attributes:
        title: What the button says.
        phone: The number.
        raw_data: All of the action, as JSON text.
    """

    type: ClassVar[str] = "phone"
    title: str
    phone: str
    raw_data: str


class ContentDataActionReply(Struct, Displayed, frozen=True, gc=False):
    """A button that sends a text back.

    Attributes:
        title: What the button says, which is also what is sent back.
        id: What the application gets back besides; may be empty.
        index: The action's place.
        raw_data: All of the action, as JSON text.
    """

    type: ClassVar[str] = "reply"
    title: str
    id: str
    index: int
    raw_data: str


class ContentDataActionOther(Struct, Displayed, frozen=True, gc=False):
    """An action of a kind that is not known here, or that cannot be read as what it claims to be.

    Attributes:
        raw_data: All of the action, as JSON text.
    """

    type: ClassVar[str] = "other"
    raw_data: str


ContentDataAction: TypeAlias = (
    ContentDataActionUrl | ContentDataActionPhone | ContentDataActionReply | ContentDataActionOther
)
"""What a button of a call to action or of a card does."""


class ContentDataText(Struct, Displayed, frozen=True, gc=False):
    """A text (`twilio/text`).

    Attributes:
        body: The text.
        raw_data: All of the content, as JSON text.
    """

    type: ClassVar[str] = "text"
    body: str
    raw_data: str


class ContentDataMedia(Struct, Displayed, frozen=True, gc=False):
    """Files, and maybe a text (`twilio/media`).

    Attributes:
        media: Addresses of the files.
        body: The text, or None.
        raw_data: All of the content, as JSON text.
    """

    type: ClassVar[str] = "media"
    media: tuple[str, ...]
    raw_data: str
    body: str | None = None


class ContentDataLocation(Struct, Displayed, frozen=True, gc=False):
    """A place (`twilio/location`).

    Attributes:
        longitude: Degrees.
        latitude: Degrees.
        label: What to show beside it, or None.
        raw_data: All of the content, as JSON text.
    """

    type: ClassVar[str] = "location"
    longitude: float
    latitude: float
    raw_data: str
    label: str | None = None


class ContentDataQuickReply(Struct, Displayed, frozen=True, gc=False):
    """A text to be answered by a button (`twilio/quick-reply`).

    Attributes:
        body: The text.
        replies: The buttons.
        raw_data: All of the content, as JSON text.
    """

    type: ClassVar[str] = "quickReply"
    body: str
    replies: tuple[ContentDataReply, ...]
    raw_data: str


class ContentDataCallToAction(Struct, Displayed, frozen=True, gc=False):
    """A text with buttons that do something (`twilio/call-to-action`).

    Attributes:
        body: The text.
        actions: The buttons.
        raw_data: All of the content, as JSON text.
    """

    type: ClassVar[str] = "callToAction"
    body: str
    actions: tuple[ContentDataAction, ...]
    raw_data: str


class ContentDataListPicker(Struct, Displayed, frozen=True, gc=False):
    """A text with a list to choose from (`twilio/list-picker`).

    Attributes:
        body: The text.
        button: What the button says that opens the list.
        items: The list.
        raw_data: All of the content, as JSON text.
    """

    type: ClassVar[str] = "listPicker"
    body: str
    button: str
    items: tuple[ContentDataListItem, ...]
    raw_data: str


class ContentDataCard(Struct, Displayed, frozen=True, gc=False):
    """A card (`twilio/card`).

    Attributes:
        title: Its title.
        subtitle: Its subtitle, or None.
        media: Addresses of the files it shows.
        actions: Its buttons.
        raw_data: All of the content, as JSON text.
    """

    type: ClassVar[str] = "card"
    title: str
    raw_data: str
    subtitle: str | None = None
    media: tuple[str, ...] = ()
    actions: tuple[ContentDataAction, ...] = ()


class ContentDataOther(Struct, Displayed, frozen=True, gc=False):
    """Content of a kind that is not known here, or that cannot be read as what it claims to be.

    Attributes:
        raw_data: All of the content, as JSON text.
    """

    type: ClassVar[str] = "other"
    raw_data: str


ContentData: TypeAlias = (
    ContentDataText
    | ContentDataMedia
    | ContentDataLocation
    | ContentDataQuickReply
    | ContentDataCallToAction
    | ContentDataListPicker
    | ContentDataCard
    | ContentDataOther
)
"""The content of a rich message, or of a variant of a content template; `type` says which it is."""


class ContentTemplateVariable(Struct, Displayed, frozen=True, gc=False):
    """A variable of a content template.

    Attributes:
        name: What it is called in the template.
        value: What takes its place: its default, or what a message is to say.
    """

    name: str
    value: str

    def copy_with_value(self, value: str) -> ContentTemplateVariable:
        """Return the variable with another value; this one stays as it is."""
        return ContentTemplateVariable(self.name, value)


def read_content(kind: str, data: object) -> ContentData:
    """Read content.

    Args:
        kind: What it claims to be, for example `twilio/text`.
        data: Decoded JSON.

    Returns:
        What it is; `ContentDataOther` for all that is not known, or cannot be read as what it claims to be.
    """
    raw = orjson.dumps(data).decode()
    read = _READERS.get(kind)
    if read is not None and isinstance(data, Mapping):
        try:
            return read({**cast("Mapping[str, Any]", data), "raw_data": raw})
        except msgspec.ValidationError:
            pass
    return ContentDataOther(raw)


class _CallToAction(Struct):
    """What is read of a call to action."""

    body: str
    actions: list[Any]


class _Card(Struct):
    """What is read of a card."""

    title: str
    subtitle: str | None = None
    media: tuple[str, ...] | None = None
    actions: list[Any] | None = None


def _read_quick_reply(fields: dict[str, Any]) -> ContentData:
    return msgspec.convert({**fields, "replies": fields.get("actions")}, ContentDataQuickReply)


def _read_call_to_action(fields: dict[str, Any]) -> ContentData:
    read = msgspec.convert(fields, _CallToAction)
    return ContentDataCallToAction(read.body, _actions(read.actions), fields["raw_data"])


def _read_card(fields: dict[str, Any]) -> ContentData:
    read = msgspec.convert(fields, _Card)
    return ContentDataCard(
        read.title, fields["raw_data"], read.subtitle, read.media or (), _actions(read.actions or [])
    )


def _actions(values: list[Any]) -> tuple[ContentDataAction, ...]:
    return tuple(map(_action, values))


def _action(value: object) -> ContentDataAction:
    raw = orjson.dumps(value).decode()
    fields: Mapping[str, Any] = cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}
    title = fields.get("title")
    if isinstance(title, str):
        match fields.get("type"):
            case "QUICK_REPLY":
                return ContentDataActionReply(title, _text(fields, "id"), integer(fields.get("index")) or 0, raw)
            case "PHONE_NUMBER":
                return ContentDataActionPhone(title, _text(fields, "phone"), raw)
            case "URL":
                return ContentDataActionUrl(title, _text(fields, "url"), raw)
            case _:
                pass
    return ContentDataActionOther(raw)


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


_READERS: Final[dict[str, Callable[[dict[str, Any]], ContentData]]] = {
    "twilio/text": lambda fields: msgspec.convert(fields, ContentDataText),
    "twilio/media": lambda fields: msgspec.convert(fields, ContentDataMedia),
    "twilio/location": lambda fields: msgspec.convert(fields, ContentDataLocation, strict=False),
    "twilio/quick-reply": _read_quick_reply,
    "twilio/call-to-action": _read_call_to_action,
    "twilio/list-picker": lambda fields: msgspec.convert(fields, ContentDataListPicker),
    "twilio/card": _read_card,
}
