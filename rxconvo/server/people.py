"""Users: making them, and keeping what is said about their presence true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from rxconvo.server.resources import fields_of

if TYPE_CHECKING:
    from rxconvo.server.call import Call
    from rxconvo.server.storage.base import Transaction
    from rxconvo.server.storage.records import StoredUser
    from rxconvo.types import Identity

__all__ = ["ensure_user", "set_notifiable", "set_online", "settle_presence"]


def ensure_user(tx: Transaction, call: Call, identity: Identity) -> StoredUser:
    """Find a user, or make one: with both maps, the identity for a name, and nobody there yet."""
    user = tx.user(identity)
    if user is not None:
        return user
    user = tx.create_user(
        identity=identity,
        sid=call.sid("US"),
        info_sid=call.sid("MP"),
        channels_sid=call.sid("MP"),
        at=call.now,
    )
    tx.put_map_item(user.info_id, "friendlyName", orjson.dumps({"value": identity}), at=call.now)
    tx.put_map_item(user.info_id, "attributes", orjson.dumps({"value": "{}"}), at=call.now)
    _put_reachability(tx, call, user, {"online": False, "notifiable": False})
    return user


def set_online(tx: Transaction, call: Call, user: StoredUser, *, online: bool) -> None:
    """Say whether a user is connected, if something else is said so far."""
    item = tx.item(user.info_id, "reachability")
    data = {"notifiable": False} if item is None else fields_of(item.data)
    stale = item is not None and item.date_updated < call.service.started
    if data.get("online") is not online or (online and stale):
        _put_reachability(tx, call, user, {**data, "online": online})


def set_notifiable(tx: Transaction, call: Call, user: StoredUser, *, notifiable: bool) -> None:
    """Say whether a user has a device that can be notified, if something else is said so far."""
    settle_presence(tx, call, user)  # the new item looks as if all of it were said by this process
    item = tx.item(user.info_id, "reachability")
    data = {"online": False} if item is None else fields_of(item.data)
    if data.get("notifiable") is not notifiable:
        _put_reachability(tx, call, user, {**data, "notifiable": notifiable})


def settle_presence(tx: Transaction, call: Call, user: StoredUser) -> None:
    """Before a user is shown, take back what a killed process said of the connections that ended with it."""
    item = tx.item(user.info_id, "reachability")
    if item is not None and item.date_updated < call.service.started and fields_of(item.data).get("online"):
        set_online(tx, call, user, online=False)


def _put_reachability(tx: Transaction, call: Call, user: StoredUser, data: dict[str, object]) -> None:
    tx.put_map_item(user.info_id, "reachability", orjson.dumps(data), at=call.now)
