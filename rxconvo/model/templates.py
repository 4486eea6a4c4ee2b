"""Content templates: what rich messages are made from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from msgspec import Struct

from rxconvo.display import Displayed
from rxconvo.model.content import ContentData, ContentTemplateVariable, read_content
from rxconvo.model.fields import parse_date, parse_json
from rxconvo.types import Sid

__all__ = ["ContentTemplate", "TemplateItem", "read_template"]


class TemplateItem(Struct, gc=False):
    """A content template as the service tells it."""

    sid: Sid
    friendly_name: str | None = None
    variables: str | None = None
    variants: dict[str, Any] | None = None
    date_created: str | None = None
    date_updated: str | None = None


class ContentTemplate(Struct, Displayed, frozen=True, gc=False, repr_omit_defaults=True):
    """A content template: rich messages are made from it by `MessageBuilder.set_content_template`.

    Attributes:
        sid: The template's sid.
        friendly_name: What it is called; recipients do not see it.
        variables: What can be filled in, each with its default.
        contents: Its variants: each one's kind, for example `twilio/text`, and content.
        date_created_iso: When it was created, ISO 8601.
        date_updated_iso: When it was changed last, ISO 8601.

    Source: Conversations, content templates.
    """

    sid: Sid
    friendly_name: str = ""
    variables: tuple[ContentTemplateVariable, ...] = ()
    contents: tuple[tuple[str, ContentData], ...] = ()
    date_created_iso: str | None = None
    date_updated_iso: str | None = None

    @property
    def variants(self) -> dict[str, ContentData]:
        """Its content by kind, for example `twilio/text`; made anew for each reader."""
        return dict(self.contents)

    @property
    def date_created(self) -> datetime | None:
        """When it was created, aware, UTC."""
        return parse_date(self.date_created_iso)

    @property
    def date_updated(self) -> datetime | None:
        """When it was changed last, aware, UTC."""
        return parse_date(self.date_updated_iso)


def read_template(item: TemplateItem) -> ContentTemplate:
    """Read a content template as the service tells it."""
    variables = parse_json(item.variables or "{}")
    return ContentTemplate(
        item.sid,
        item.friendly_name or "",
        tuple(
            ContentTemplateVariable(name, value if isinstance(value, str) else orjson.dumps(value).decode())
            for name, value in (variables.items() if isinstance(variables, dict) else ())
        ),
        tuple((kind, read_content(kind, data)) for kind, data in (item.variants or {}).items()),
        item.date_created,
        item.date_updated,
    )
