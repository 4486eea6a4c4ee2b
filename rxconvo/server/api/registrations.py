"""Push registrations: the devices to which notifications would go.

Nothing is pushed by this service; it keeps who could be notified, and says so.

Source: Push notifications.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from rxconvo.server.call import created, no_content
from rxconvo.server.checks import check_text, is_array, is_object, is_text
from rxconvo.server.people import ensure_user, set_notifiable
from rxconvo.server.refusals import Refusal, bad_request, not_found
from rxconvo.server.resources import Fields
from rxconvo.server.router import Route
from rxconvo.server.storage.records import StoredRegistration

if TYPE_CHECKING:
    from rxconvo.server.call import Answer, Call
    from rxconvo.server.storage.base import Transaction

__all__ = ["ROUTES"]

_REGISTRATIONS = "/v1/registrations"
_PRODUCT = "ip_messaging"
_CHANNELS = ("fcm", "apn")
_PLATFORM_LENGTH, _VERSION_LENGTH, _TYPE_LENGTH, _TYPES, _ADDRESS_LENGTH = 128, 16, 128, 20, 4096


def _register(tx: Transaction, call: Call) -> Answer:
    """Register a device of the asker's; one that is registered already keeps its id."""
    _check_product(call)
    body = call.json()
    channel_type = _channel(body, "channel_type")
    data = body.get("data")
    address = _address(data.get("registration_id") if is_object(data) else None, "data.registration_id")
    kept: Fields = {
        "endpoint_platform": check_text(
            "endpoint_platform", body.get("endpoint_platform"), length=_PLATFORM_LENGTH, least=1
        ),
        "version": check_text("version", body.get("version"), length=_VERSION_LENGTH, least=1),
        "message_types": _message_types(body.get("message_types")),
    }
    user = ensure_user(tx, call, call.identity)
    limit = call.service.options.limits.registrations
    devices = {(each.channel_type, each.address) for each in tx.registrations(call.identity)}
    if len(devices | {(channel_type, address)}) > limit:
        raise Refusal(403, 20403, f"A user has at most {limit} push registrations")
    made = tx.put_registration(
        StoredRegistration(
            sid=call.sid("RG"),
            identity=call.identity,
            channel_type=channel_type,
            address=address,
            data=orjson.dumps(kept),
            date_created=call.now,
        )
    )
    set_notifiable(tx, call, user, notifiable=True)
    return created({"id": made.sid})


def _unregister(tx: Transaction, call: Call) -> Answer:
    """Forget a registration of the asker's by its id."""
    _check_product(call)
    own = {each.sid for each in tx.registrations(call.identity)}
    if call.path["registration"] not in own:
        raise not_found("Registration")
    _forget(tx, call, own & {call.path["registration"]})
    return no_content()


def _unregister_device(tx: Transaction, call: Call) -> Answer:
    """Forget the asker's registration of a device, if there is one."""
    _check_product(call)
    body = call.json()
    binding = (_channel(body, "binding_type"), _address(body.get("address"), "address"))
    _forget(
        tx,
        call,
        {each.sid for each in tx.registrations(call.identity) if (each.channel_type, each.address) == binding},
    )
    return no_content()


def _forget(tx: Transaction, call: Call, sids: set[str]) -> None:
    """Forget registrations of the asker's; with the last of them nobody can be notified any more."""
    for sid in sids:
        tx.remove_registration(sid)
    if not tx.registrations(call.identity):
        set_notifiable(tx, call, ensure_user(tx, call, call.identity), notifiable=False)


def _check_product(call: Call) -> None:
    if call.query.get("productId") != _PRODUCT:
        raise bad_request("productId", _PRODUCT)


def _channel(body: Fields, name: str) -> str:
    """Check which push service a device is known to."""
    channel = body.get(name)
    if not is_text(channel) or channel not in _CHANNELS:
        raise bad_request(name, " or ".join(_CHANNELS))
    return channel


def _address(value: object, name: str) -> str:
    """Check what a device is known by."""
    return check_text(name, value, length=_ADDRESS_LENGTH, least=1)


def _message_types(value: object) -> list[str]:
    """Check what a device wants to be told."""
    if not is_array(value) or len(value) > _TYPES:
        raise bad_request("message_types", f"an array of at most {_TYPES} texts")
    return [check_text("message_types", each, length=_TYPE_LENGTH, least=1) for each in value]


ROUTES = (
    Route("POST", _REGISTRATIONS, _register, mutates=True),
    Route("DELETE", _REGISTRATIONS, _unregister_device, mutates=True),
    Route("DELETE", f"{_REGISTRATIONS}/{{registration}}", _unregister, mutates=True),
)
