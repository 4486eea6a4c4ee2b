"""Subscribing to replicated objects: what was missed first, without a gap before what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import msgspec
import orjson

from rxconvo.server.access import may_open
from rxconvo.server.api.sync import object_gone
from rxconvo.server.call import Answer
from rxconvo.server.events import encode_change, encode_established, encode_sync
from rxconvo.server.people import settle_presence
from rxconvo.server.refusals import Refusal, bad_request
from rxconvo.server.router import Route
from rxconvo.server.storage.records import Purpose

if TYPE_CHECKING:
    from rxconvo.server.call import Call, Live
    from rxconvo.server.storage.base import Transaction
    from rxconvo.server.storage.records import StoredChange, StoredObject

__all__ = ["ROUTES"]

_UNTOLD_BATCH = 100
"""Objects that clients ask for at once until the first answer tells them otherwise."""

_Integer: TypeAlias = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]


class _Request(msgspec.Struct, frozen=True):
    object_sid: Annotated[str, msgspec.Meta(max_length=64)]
    object_type: Annotated[str, msgspec.Meta(max_length=64)]
    last_event_id: _Integer | None = None


class _Body(msgspec.Struct, frozen=True):
    action: Literal["establish", "cancel"]
    correlation_id: _Integer
    requests: list[_Request]


_BODY = msgspec.json.Decoder(_Body)


@dataclass(frozen=True)
class _Wanted:
    """One object asked for, and how far its replay has come.

    Attributes:
        request: What was asked.
        seen: Id of the last change that was sent, or None before the first.
    """

    request: _Request
    seen: int | None = None


@dataclass(frozen=True)
class _Step:
    """What one work found out about one object.

    Attributes:
        wanted: What was asked, and how far it is now.
        found: The object; None where it is gone or may not be seen.
        changes: What the client has missed, or a first part of it.
        complete: Whether that is all.
    """

    wanted: _Wanted
    found: StoredObject | None
    changes: list[StoredChange]
    complete: bool


def _subscribe(tx: Transaction, call: Call) -> Answer:
    """Establish or cancel subscriptions. Source: Sync, subscriptions."""
    limits = call.service.options.limits
    body = _body(call.payload)
    most = max(limits.batch, _UNTOLD_BATCH)
    if len(body.requests) > most:
        raise bad_request("requests", f"at most {most} objects")
    if body.action == "cancel":
        call.effects.append(partial(_cancel, call=call, body=body))
    else:
        call.effects.append(partial(_reserve, body=body))
        wanted = [_Wanted(request) for request in body.requests]
        _establish(tx, call, wanted=wanted, correlation_id=body.correlation_id)
    options = call.service.options
    answer = {
        "estimated_delivery_in_ms": round(options.subscription_delivery * 1000),
        "max_batch_size": limits.batch,
        "ttl_in_s": options.subscription_ttl,
    }
    return Answer(202, orjson.dumps(answer))


def _body(payload: bytes) -> _Body:
    try:
        return _BODY.decode(payload)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        message = f"body does not describe subscriptions: {error}"
        raise Refusal(400, 20400, message[:200]) from None


def _cancel(live: Live, *, call: Call, body: _Body) -> None:
    """End subscriptions, and say so. Those that did not stand are as good as ended."""
    for request in body.requests:
        live.broker.cancel(live.listener, request.object_sid)
    events: list[dict[str, object]] = [
        {"object_sid": request.object_sid, "object_type": request.object_type} for request in body.requests
    ]
    message = encode_sync(call.service, "subscription_canceled", events, body.correlation_id)
    call.sequels.append(lambda live: live.listener.send(message))


def _reserve(live: Live, *, body: _Body) -> None:
    """Note which subscriptions are under way, so that a cancel in between ends them."""
    for request in body.requests:
        live.broker.reserve(live.listener, request.object_sid)


def _establish(tx: Transaction, call: Call, *, wanted: list[_Wanted], correlation_id: int) -> Answer:
    """Find out what the client has missed. What does not fit into one go is left to the next."""
    room = call.service.options.limits.page_bytes
    steps: list[_Step] = []
    while wanted and room > 0:
        step = _step(tx, call, wanted[0], room=room)
        steps.append(step)
        wanted = wanted[1:]
        room -= sum(len(change.data or b"") for change in step.changes)
    later = [step.wanted for step in steps if not step.complete] + wanted
    call.sequels.append(partial(_deliver, call=call, steps=steps, later=later, correlation_id=correlation_id))
    return Answer(202)


def _step(tx: Transaction, call: Call, wanted: _Wanted, *, room: int) -> _Step:
    """Look at one object."""
    request = wanted.request
    found = tx.find_object(request.object_sid)
    known = found is not None and (found.sid, found.purpose.kind) == (request.object_sid, request.object_type)
    if found is None or not known or not may_open(tx, call, found):
        return _Step(wanted, None, [], complete=True)
    if found.purpose is Purpose.USER_INFO and found.identity is not None:
        user = tx.user(found.identity)
        if user is not None:
            settle_presence(tx, call, user)
            found = tx.object(found.id)
    last_event_id = request.last_event_id
    if last_event_id is None:
        if found.purpose is not Purpose.DOCUMENT:
            return _Step(wanted, found, [], complete=True)
        last_event_id = -1
    limit = call.service.options.limits.page_items
    replay = tx.changes_after(found.id, last_event_id, seen=wanted.seen, limit=limit, max_bytes=room)
    seen = replay.changes[-1].id if replay.changes else wanted.seen
    return _Step(_Wanted(request, seen), found, replay.changes, replay.complete)


def _deliver(live: Live, *, call: Call, steps: list[_Step], later: list[_Wanted], correlation_id: int) -> None:
    """Send the replay, then that the subscriptions stand; from here on the broker sends the changes.

    It runs in commit order with all other publishing, so nothing falls between the replay and the first live event.
    """
    broker, listener = live.broker, live.listener
    established: list[StoredObject] = []
    failed: list[_Request] = []
    for step in steps:
        request = step.wanted.request
        if not broker.reserved(listener, request.object_sid):
            continue  # canceled, or revoked, before its turn came
        room = broker.count(listener) <= call.service.options.limits.subscriptions
        if step.found is None or not room:
            broker.cancel(listener, request.object_sid)
            failed.append(request)
            continue
        for change in step.changes:
            listener.send(encode_change(call.service, change, correlation_id))
        if step.complete:
            broker.subscribe(listener, request.object_sid)
            established.append(step.found)
    if established:
        listener.send(encode_established(call.service, established, correlation_id))
    if failed:
        listener.send(_encode_failed(call, failed, correlation_id))
    remaining = [wanted for wanted in later if broker.reserved(listener, wanted.request.object_sid)]
    if remaining:
        live.proceed(partial(_establish, wanted=remaining, correlation_id=correlation_id))


def _encode_failed(call: Call, failed: list[_Request], correlation_id: int) -> bytes:
    """Encode that objects are gone, as far as this client is concerned."""
    events: list[dict[str, object]] = []
    for request in failed:
        gone = object_gone(request.object_type)
        error = {"status": gone.status, "code": gone.code, "message": gone.message}
        events.append({"object_sid": request.object_sid, "object_type": request.object_type, "error": error})
    return encode_sync(call.service, "subscription_failed", events, correlation_id)


ROUTES = (Route("POST", "/v4/Subscriptions", _subscribe),)
