"""The service's side of a client that plays a recording.

What the recorded client was told is handed on as it was; what the playing client asks for is answered from the mirror.
It is answered when the recorded client was, where both have asked for the same, so that one thing follows the other as
it did. What the recording tells later waits until then; what it never tells is refused, and the refusal says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec
from msgspec.structs import replace

from rxconvo.errors import ConnectionError, PayloadError
from rxconvo.recordings.addresses import SUBSCRIPTIONS, request_key, sync_address
from rxconvo.recordings.files import Note
from rxconvo.recordings.line import Line
from rxconvo.recordings.mirror import Mirror, Subscribing, subscribing
from rxconvo.recordings.session import BEGINNING
from rxconvo.recordings.tape import Contents
from rxconvo.sync.decoding import (
    SubscriptionCanceled,
    SubscriptionEstablished,
    SubscriptionFailed,
    decode_notification,
)
from rxconvo.types import Sid
from rxconvo.wire import (
    Close,
    Init,
    Notification,
    Packet,
    Reply,
    Request,
    Status,
    Telemetry,
    Update,
    decode,
    encode,
)

__all__ = ["Peer"]

_OK: Final = Status(200, "OK")
_ACCEPTED: Final = Status(202, "Accepted")
_FORBIDDEN: Final = Status(403, "Forbidden")
_GONE: Final = Status(410, "Gone")
_SYNC: Final = "twilio.sync.event"
_PATIENCE: Final = 86_400_000  # milliseconds that a client may wait for its subscriptions

_SOON: Final = 1.0  # seconds in which the recorded client's subscription ends, where this one's does

_encode_json = msgspec.json.Encoder().encode


class Peer:
    """Answers one playing client. A `Connector`.

    Args:
        mirror: The service at this place of the recording.
        contents: What there is in the recording.
        position: Tells the number of the entry that comes next.
        time: Tells the place, seconds after the recording was begun.
        ids: Ids of packets.
    """

    def __init__(
        self,
        mirror: Mirror,
        contents: Contents,
        *,
        position: Callable[[], int],
        time: Callable[[], float],
        ids: Callable[[], str],
    ) -> None:
        self.mirror = mirror
        self._contents = contents
        self._position = position
        self._time = time
        self._ids = ids
        self._line: Line | None = None
        self._waiting: list[asyncio.Future[Line]] = []
        self._leaps = 0
        self._closed = False
        self._init: Init | None = None  # waits for the recorded answer
        self._updates: list[str] = []
        self._held: dict[str, Request] = {}
        self._wanted: dict[Sid, tuple[int, str]] = {}  # subscriptions that wait: correlation and kind
        self._unwanted: dict[Sid, tuple[int, str]] = {}  # likewise those that wait for their end
        self._subscribed: set[Sid] = set()
        self._out: list[bytes] = []
        self.answered = 0
        """How often anything was answered: while that grows, the client is busy."""

    # -- the connection ----------------------------------------------------------------------------------------------

    async def connect(self) -> Line:
        """Open a connection, as soon as the recorded client had one. See `Connector.connect`."""
        if self.mirror.open and not self._closed:
            return self._opened()
        future: asyncio.Future[Line] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        return await future

    @property
    def quiet(self) -> bool:
        """Whether the client has taken all that was sent, and is not about to connect."""
        if self._line is None:
            return self._closed or bool(self._waiting) or not self.mirror.open
        return self._line.quiet

    def holds(self, sids: AbstractSet[Sid]) -> bool:
        """Tell whether the client holds any of these objects."""
        return not self._subscribed.isdisjoint(sids)

    def leap(self, mirror: Mirror, *, back: bool) -> None:
        """Go to another place of the recording: the connection is lost, and what was missed is said on the next one.

        Args:
            mirror: The service at that place.
            back: Whether it lies before, or what happened in between cannot be known: nothing known holds there.
        """
        self.mirror = mirror
        self._leaps += back
        self._lose("the recording goes on at another place")
        self._connect_waiting()

    def close(self) -> None:
        """End the connection, and make no other."""
        self._closed = True
        self._lose("the recording was closed")

    def noted(self, note: Note) -> None:
        """Take a note that the mirror has taken."""
        match note.note:
            case "connected":
                self._lose("the connection was lost")
                self._connect_waiting()
            case "ready":  # as each file begins, where there is a connection
                self._connect_waiting()
            case "lost":
                self._lose(note.reason or "the connection was lost")
            case "failed":
                self._fail_waiting(note.reason or "there is no connection", note.status)
            case _:
                pass

    def _opened(self) -> Line:
        line = self._line = Line(self._take, self._gone)
        return line

    def _connect_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                if self.mirror.open and not self._closed:
                    future.set_result(self._opened())
                else:
                    self._waiting.append(future)

    def _fail_waiting(self, reason: str, status: int | None) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_exception(ConnectionError(reason, http_status_code=status))

    def _lose(self, reason: str) -> None:
        if self._line is not None:
            self.flush()
            self._line.end(reason)

    def _gone(self, line: Line) -> None:
        if line is self._line:
            self._line = None
            self._init = None
            self._updates.clear()
            self._held.clear()
            self._wanted.clear()
            self._unwanted.clear()
            self._subscribed.clear()
            self._out.clear()

    # -- what the recorded client was told ---------------------------------------------------------------------------

    def told(self, message: bytes, packet: Packet | None, request: Packet | None) -> None:
        """Hand on a frame that the mirror has taken, or answer what it answers.

        Args:
            message: The frame.
            packet: The packet in it, if it is one.
            request: What of the recorded client it answers, if anything.
        """
        match packet:
            case Reply():
                self._replied(packet, request)
            case Notification() if packet.message_type == _SYNC and b'"subscription_' in packet.payload:
                self._subscription_told(packet)
            case _:
                self._out.append(message)

    def refuse_held(self) -> None:
        """Refuse what waits, but for what the recorded client has waited for as well: the recording is over."""
        for packet_id, request in list(self._held.items()):
            if not self.mirror.awaits(request_key(request.http_request)):
                del self._held[packet_id]
                self._refuse(request)
        self.flush()

    def _replied(self, reply: Reply, request: Packet | None) -> None:
        if isinstance(request, Init):
            if self._init is not None:
                init, self._init = self._init, None
                self._out.append(encode(self._accepted(reply, init)))
            return
        if isinstance(request, Update):
            updates, self._updates = self._updates, []
            self._out += [encode(replace(reply, id=update)) for update in updates]
            return
        if not isinstance(request, Request):
            return
        key = request_key(request.http_request)
        for packet_id, held in list(self._held.items()):
            if request_key(held.http_request) == key:
                del self._held[packet_id]
                self._out.append(encode(replace(reply, id=packet_id)))
                self.answered += 1
            else:
                del self._held[packet_id]
                self._answer(held)  # which holds it again where there is still nothing to be said

    def _subscription_told(self, packet: Notification) -> None:
        """Answer subscriptions that wait, when and as the recorded ones were answered."""
        try:
            notification = decode_notification(packet.payload)
        except PayloadError:
            return
        groups: dict[int, list[dict[str, object]]] = {}
        name = "subscription_established"
        match notification:
            case SubscriptionEstablished():
                for event in notification.each:
                    members: dict[str, object] = {"replay_status": event.replay_status}
                    self._group(groups, self._wanted, event.sid, members | {"last_event_id": event.last_event_id})
            case SubscriptionFailed():
                name = "subscription_failed"
                for failed in notification.each:
                    self._group(groups, self._wanted, failed.sid, {"error": failed.error})
            case SubscriptionCanceled():
                name = "subscription_canceled"
                for canceled in notification.each:
                    self._group(groups, self._unwanted, canceled.sid, {})
            case _:
                self._out.append(encode(packet))
                return
        for correlation, events in groups.items():
            self._notify(name, events, correlation)

    def _group(
        self,
        groups: dict[int, list[dict[str, object]]],
        waiting: dict[Sid, tuple[int, str]],
        sid: Sid,
        members: dict[str, object],
    ) -> None:
        asked = waiting.pop(sid, None)
        if asked is not None:
            correlation, kind = asked
            groups.setdefault(correlation, []).append({"object_sid": sid, "object_type": kind, **members})

    # -- what the playing client asks for ----------------------------------------------------------------------------

    def _take(self, line: Line, message: bytes) -> None:
        if line is not self._line:
            return
        packet = decode(message)
        match packet:
            case Init():
                self._initialise(packet)
            case Update():
                if any(isinstance(asked, Update) for asked in self.mirror.asked.values()):
                    self._updates.append(packet.id)
                else:
                    self._out.append(encode(Reply(packet.id, _OK)))
            case Request():
                self._answer(packet)
            case Close():
                line.end("the connection was closed here")
            case Telemetry():
                self._out.append(encode(Reply(packet.id, _OK)))
            case _:
                pass  # an acknowledgement
        self.flush()

    def flush(self) -> None:
        """Send what was told and answered, all at once."""
        out, self._out = self._out, []
        if out and self._line is not None:
            self.answered += 1
            self._line.tell(out)

    def _initialise(self, init: Init) -> None:
        if self.mirror.live:
            self._out.append(encode(self._accepted(Reply(init.id, _OK), init)))
        else:
            self._init = init

    def _accepted(self, reply: Reply, init: Init) -> Reply:
        """Return the answer to an init: as recorded, but for what belongs to this client."""
        return replace(
            reply,
            id=init.id,
            continuation_token="recording" if reply.status.ok else None,
            capabilities=list(init.capabilities),
            epoch=f"{self.mirror.epoch or ''}#{self._leaps}" if reply.status.ok else None,
        )

    def _answer(self, request: Request) -> None:
        http = request.http_request
        if http.path == SUBSCRIPTIONS:
            self._subscribe(request)
        elif http.method != "GET":
            self._respond(request, _FORBIDDEN, _refusal(403, "this is a recording: nothing can be changed in it"))
        else:
            self._read(request)

    def _read(self, request: Request) -> None:
        http, mirror, position = request.http_request, self.mirror, self._position()
        key = request_key(http)
        if mirror.awaits(key):
            self._held[request.id] = request
            return
        address = sync_address(http)
        found = None if address is None else mirror.find(address)
        body: bytes | None = None
        if found is not None and address is not None:
            if address.query is None:
                body = found.descriptor(with_items=address.with_items)
            elif BEGINNING in http.params:
                body = found.beginning(address.query)
            else:
                body = found.page(address.query)
        if body is not None:
            self._respond(request, _OK, body)
            return
        known = mirror.reply(key)
        if known is not None:
            self._out.append(encode(replace(known, id=request.id)))
            self.answered += 1
            return
        later = self._contents.answered.get(key, -1)
        if address is not None and found is None:
            later = max(later, self._contents.described.get((address.kind, address.name), -1))
        if later >= position:
            self._held[request.id] = request
        else:
            self._refuse(request)

    def _refuse(self, request: Request) -> None:
        self._respond(request, _GONE, _refusal(410, "this is not in the recording"))

    def _respond(self, request: Request, status: Status, body: bytes) -> None:
        headers = {"content-type": "application/json"}
        self._out.append(encode(Reply(request.id, _OK, status, headers, body)))
        self.answered += 1

    # -- subscriptions -----------------------------------------------------------------------------------------------

    def _subscribe(self, request: Request) -> None:
        body = subscribing(request.payload)
        if body is None:
            self._refuse(request)
            return
        terms = {"estimated_delivery_in_ms": _PATIENCE, "max_batch_size": 100, "ttl_in_s": -1}
        self._respond(request, _ACCEPTED, _encode_json(terms))
        if body.action == "establish":
            self._establish(body)
        else:
            self._cancel(body)

    def _cancel(self, body: Subscribing) -> None:
        events: list[dict[str, object]] = []
        for asked in body.requests:
            sid, kind = asked.object_sid, asked.object_type
            self._wanted.pop(sid, None)
            self._subscribed.discard(sid)
            if any(0 <= t - self._time() <= _SOON for t in self._contents.canceled.get(sid, ())):
                self._unwanted[sid] = body.correlation_id, kind
            else:
                events.append({"object_sid": sid, "object_type": kind})
        if events:
            self._notify("subscription_canceled", events, body.correlation_id)

    def _establish(self, body: Subscribing) -> None:
        mirror, position, correlation = self.mirror, self._position(), body.correlation_id
        established: list[dict[str, object]] = []
        for asked in body.requests:
            sid, kind = asked.object_sid, asked.object_type
            found = mirror.object(sid)
            standing = sid in mirror.standing and sid not in mirror.asking
            awaited = sid not in mirror.released or self._contents.established.get(sid, -1) >= position
            if found is None or not (standing or awaited):
                self._fail(sid, kind, correlation, 404 if found is None else None)
                continue
            self._subscribed.add(sid)
            if asked.last_event_id is not None:
                for change in found.changes_after(asked.last_event_id):
                    self._out.append(encode(Notification(self._packet_id(), _SYNC, payload=change)))
            if standing:
                terms = {"replay_status": "completed", "last_event_id": found.last_event_id}
                established.append({"object_sid": sid, "object_type": kind, **terms})
            else:
                self._wanted[sid] = correlation, kind
        if established:
            self._notify("subscription_established", established, correlation)

    def _fail(self, sid: Sid, kind: str, correlation: int, status: int | None) -> None:
        text = "there is no such object" if status else "its changes are not in the recording"
        error = {"status": status or 410, "code": None, "message": text}
        self._notify("subscription_failed", [{"object_sid": sid, "object_type": kind, "error": error}], correlation)

    def _notify(self, event_type: str, events: list[dict[str, object]], correlation: int) -> None:
        payload = _encode_json(
            {
                "event_type": event_type,
                "correlation_id": correlation,
                "event_protocol_version": 4,
                "events": events,
            }
        )
        self._out.append(encode(Notification(self._packet_id(), _SYNC, payload=payload)))

    def _packet_id(self) -> str:
        return f"TM{self._ids()}"


def _refusal(status: int, message: str) -> bytes:
    return _encode_json({"status": status, "code": None, "message": message})
