"""Users: who somebody is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from rxconvo.server.call import ok
from rxconvo.server.checks import check_attributes, check_text
from rxconvo.server.people import settle_presence
from rxconvo.server.refusals import Refusal, bad_request, forbidden
from rxconvo.server.resources import user_resource
from rxconvo.server.router import Route

if TYPE_CHECKING:
    from rxconvo.server.call import Answer, Call
    from rxconvo.server.storage.base import Transaction
    from rxconvo.server.storage.records import StoredUser

__all__ = ["ROUTES"]

_USER = "/Client/v2/Services/{service}/Users/{user}"


def _find(tx: Transaction, call: Call) -> StoredUser:
    """Find the user of the path, by identity or sid."""
    name = call.path["user"]
    user = tx.user(name) or tx.user_by_sid(name)
    if user is None:
        raise Refusal(404, 50200, "User not found")
    return user


def _read(tx: Transaction, call: Call) -> Answer:
    """Describe a user. Everybody may see everybody."""
    user = _find(tx, call)
    settle_presence(tx, call, user)
    return ok(user_resource(tx, call.service, user))


def _update(tx: Transaction, call: Call) -> Answer:
    """Change a user's name or attributes: one's own, unless the roles say otherwise."""
    user = _find(tx, call)
    if user.identity != call.identity and not call.service.options.roles.may_edit_any_user:
        raise forbidden("change other users")
    body, limits = call.json(), call.service.options.limits
    changes: dict[str, str] = {}
    if "friendly_name" in body:
        changes["friendlyName"] = check_text("friendly_name", body["friendly_name"], length=limits.name_length)
    if "attributes" in body:
        changes["attributes"] = check_attributes("attributes", body["attributes"], limits, size=limits.attributes)
    if not changes:
        raise bad_request("body", "an object with friendly_name or attributes")
    for key, value in changes.items():
        tx.put_map_item(user.info_id, key, orjson.dumps({"value": value}), at=call.now)
    return ok(user_resource(tx, call.service, user))


ROUTES = (Route("GET", _USER, _read), Route("POST", _USER, _update, mutates=True))
