"""Content templates: the list of them, the same for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rxconvo.server.pages import answer_page
from rxconvo.server.resources import fields_of
from rxconvo.server.router import Route

if TYPE_CHECKING:
    from rxconvo.server.call import Answer, Call
    from rxconvo.server.storage.base import Transaction

__all__ = ["ROUTES"]


def _read(tx: Transaction, call: Call) -> Answer:
    """List the content templates. Source: Conversations, content templates."""
    return answer_page(
        call,
        "templates",
        tx.templates,
        number=lambda template: template.position,
        resource=lambda template: fields_of(template.data),
    )


ROUTES = (Route("GET", "/Client/v2/ContentTemplates", _read),)
