"""The content templates of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rxconvo.client.configuration import api_url, with_query
from rxconvo.client.core import ClientCore
from rxconvo.client.pages import Meta, all_pages
from rxconvo.client.resources import read_resource
from rxconvo.model.templates import TemplateItem, read_template

if TYPE_CHECKING:
    from rxconvo.model import ContentTemplate
    from rxconvo.streams import Cold

__all__ = ["TemplatesConcern"]

_PAGE_SIZE: Final = 100
_KEPT_FOR: Final = 5.0  # seconds


class _Page(msgspec.Struct, frozen=True):
    templates: list[TemplateItem]
    meta: Meta = Meta()


class TemplatesConcern(ClientCore):
    """What rich messages are made from."""

    def get_content_templates(self) -> Cold[list[ContentTemplate]]:
        """Read the content templates of the account, all pages of them.

        Returns:
            Cold; emits the templates. What was read less than five seconds ago is not asked for again.

        Errors:
            RequestError: The service does not tell them, after six attempts.

        Source: Conversations, content templates.
        """

        async def perform() -> list[ContentTemplate]:
            now = self._context.driver.now()
            if self._templates is None or now >= self._templates[0]:
                pages = await all_pages(self._template_page)
                templates = tuple(read_template(item) for page in pages for item in page.templates)
                self._templates = self._context.driver.now() + _KEPT_FOR, templates
            return list(self._templates[1])

        return self._context.query("get_content_templates", perform)

    async def _template_page(self, token: str | None) -> _Page:
        url = with_query(api_url(self._context.region, "ContentTemplates"), PageSize=_PAGE_SIZE, PageToken=token)
        return read_resource(await self._context.calls.fetch(url), _Page)
