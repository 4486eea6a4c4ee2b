"""What mutations came to, for those that were answered before they told: 202, with the address where it is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rxconvo.server.call import Answer
from rxconvo.server.refusals import not_found
from rxconvo.server.router import Route

if TYPE_CHECKING:
    from rxconvo.server.call import Call
    from rxconvo.server.storage.base import Transaction

__all__ = ["ROUTES"]


def _read(tx: Transaction, call: Call) -> Answer:
    """Give the result of a mutation of the asker's. Source: Conversations, requests in general, mutation conflict."""
    result = tx.result(call.identity, call.path["mutation"])
    if result is None:
        raise not_found("Mutation")
    return Answer(200 if result.body else 204, result.body)


ROUTES = (Route("GET", "/Client/v2/Services/{service}/Mutations/{mutation}", _read),)
