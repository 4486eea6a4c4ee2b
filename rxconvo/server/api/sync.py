"""Reading replicated objects and their items."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

from rxconvo.server.access import may_open
from rxconvo.server.call import ok
from rxconvo.server.people import settle_presence
from rxconvo.server.refusals import Refusal, bad_request
from rxconvo.server.resources import descriptor, item_resource, page_resource
from rxconvo.server.router import Route
from rxconvo.server.storage.records import Purpose

if TYPE_CHECKING:
    from rxconvo.server.call import Answer, Call
    from rxconvo.server.storage.base import Transaction
    from rxconvo.server.storage.records import Key, Order, StoredObject

__all__ = ["ROUTES", "object_gone"]

_Kind = Literal["document", "list", "map", "stream"]

_GONE: dict[str, int] = {"document": 54100, "list": 54150, "map": 54200, "stream": 54250}
_ITEM_GONE = {"list": 54151, "map": 54201}
_ORDERS: dict[str, Order] = {"asc": "asc", "desc": "desc"}


def object_gone(kind: str) -> Refusal:
    """Make the answer for an object that does not exist or may not be seen.

    Args:
        kind: What the asker believes it to be.
    """
    return Refusal(404, _GONE.get(kind, 20404), "Unique name or sid does not name an object")


def _find(tx: Transaction, call: Call, kind: _Kind) -> StoredObject:
    """Find the object of the path, if the asker may see it."""
    found = tx.find_object(call.path["object"])
    if found is None or found.purpose.kind != kind or not may_open(tx, call, found):
        raise object_gone(kind)
    if found.purpose is Purpose.USER_INFO and found.identity is not None:
        user = tx.user(found.identity)
        if user is not None:
            settle_presence(tx, call, user)
            return tx.object(found.id)
    return found


def _open(tx: Transaction, call: Call, *, kind: _Kind) -> Answer:
    """Open an object. Source: Sync, open an object."""
    found = _find(tx, call, kind)
    resource = descriptor(call.service, found)
    if kind == "map" and call.query.get("Include") == "items":
        resource["items"] = _page(tx, call, found, start=None, order="asc")["items"]
    return ok(resource)


def _read_items(tx: Transaction, call: Call, *, kind: _Kind) -> Answer:
    """Read items: one by its key, or a page. Source: Sync, read items."""
    found = _find(tx, call, kind)
    wanted = call.whole_number("Index") if kind == "list" else call.query.get("Key")
    if wanted is not None:
        item = tx.item(found.id, wanted)
        items = [] if item is None else [item_resource(call.service, found, item)]
        return ok(page_resource("items", items, after=None, before=None))
    order = _ORDERS.get(call.query.get("Order", "asc"))
    if order is None:
        raise bad_request("Order", "asc or desc")
    start = call.whole_number("From") if kind == "list" else call.query.get("From")
    return ok(_page(tx, call, found, start=start, order=order))


def _page(tx: Transaction, call: Call, found: StoredObject, *, start: Key | None, order: Order) -> dict[str, object]:
    """Read one page, cut where it becomes too long or too large. The tokens only say whether there is more."""
    limits = call.service.options.limits
    size = call.whole_number("PageSize", least=1)
    page = tx.items(
        found.id,
        start=start,
        order=order,
        limit=min(limits.page_items, size or limits.page_items),
        max_bytes=limits.page_bytes,
    )
    items = [item_resource(call.service, found, item) for item in page.items]
    after, before = ("next" if page.has_next else None), ("previous" if page.has_previous else None)
    return page_resource("items", items, after=after, before=before)


def _read_item(tx: Transaction, call: Call, *, kind: _Kind) -> Answer:
    """Read one item by its own address."""
    found = _find(tx, call, kind)
    text = call.path["key"]
    key: Key | None = text
    if kind == "list":
        key = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(found.next_index)) else None
    item = None if key is None else tx.item(found.id, key)
    if item is None:
        raise Refusal(404, _ITEM_GONE[kind], "Item does not exist")
    return ok(item_resource(call.service, found, item))


def _read_context(tx: Transaction, call: Call) -> Answer:
    """Read a list's context, which is always empty here."""
    found = _find(tx, call, "list")
    return ok({"data": {}, "last_event_id": found.last_event_id})


def _routes() -> list[Route]:
    """List the rows, each with the service in its path and without."""
    collections: list[tuple[str, _Kind]] = [("Documents", "document"), ("Lists", "list"), ("Maps", "map")]
    routes: list[Route] = []
    for base in ("/v3", "/v3/Services/{service}"):
        for name, kind in collections:
            path = f"{base}/{name}/{{object}}"
            routes.append(Route("GET", path, partial(_open, kind=kind)))
            if kind != "document":
                routes.append(Route("GET", f"{path}/Items", partial(_read_items, kind=kind)))
                routes.append(Route("GET", f"{path}/Items/{{key}}", partial(_read_item, kind=kind)))
        routes.append(Route("GET", f"{base}/Lists/{{object}}/Context", _read_context))
    return routes


ROUTES = tuple(_routes())
