"""The client's side of a connection: Twilsock without a socket and without a clock.

The owner of the socket tells a `ClientConnection` what happened and at what time, takes the bytes to be sent from
`data_to_send`, and acts on the happenings that come back:

    connection.connect()                          # then open a socket
    connection.opened(token, now)                 # it is open
    for message in await socket.receive():
        for happening in connection.receive(message, now): ...
    socket.write(connection.data_to_send())       # after each of these calls, once for all of them
    connection.closed(now)                        # the socket has ended, or could not be opened

One timer serves it: for `next_deadline()`, which then calls `advance`. After `Denied`, `Refused`, `CloseRequested` and
a `FramingError` the owner sends what there is to be sent, closes the socket and calls `closed` before anything else.

Source: Twilsock, init, update, message, connection states.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, auto, unique
from typing import Final

import msgspec

from rxconvo.errors import (
    ClosedError,
    ConnectionError,
    DeniedError,
    OutcomeUnknownError,
    QueueFullError,
    RejectedError,
)
from rxconvo.types import JSON, Ids
from rxconvo.wire.backoff import read_backoff
from rxconvo.wire.codec import MAX_MESSAGE, acknowledge, decode, encode
from rxconvo.wire.happenings import (
    CloseRequested,
    Denied,
    Failed,
    Happening,
    Opened,
    Refused,
    Replied,
    TokenAboutToExpire,
    TokenUpdated,
)
from rxconvo.wire.packets import ClientUpdate, Close, HttpRequest, Init, Notification, Reply, Request, Status, Update
from rxconvo.wire.pending import Pending
from rxconvo.wire.states import LIVE_STATES, OPEN_STATES, ClientSignal, ClientState, next_state

__all__ = ["CAPABILITIES", "MESSAGE_TYPES", "ClientConnection"]

MESSAGE_TYPES: Final = (
    "twilio.ipmsg.typing_indicator",
    "twilio.sync.event",
    "com.twilio.rtd.cds.document",
    "com.twilio.rtd.cds.list",
    "com.twilio.rtd.cds.map",
)
"""Types of notification that a client registers for."""

CAPABILITIES: Final = ("client_update", "offline_storage", "telemetry.v1")
"""Protocol extensions that a client announces; the same as those of the JavaScript library."""

_TOKEN_EXPIRED = 20104
_OTHER_IDENTITY = Status(401, "UNAUTHORIZED", "The token is of another identity", 51130)
"""As an `update` with such a token is refused. An `init` is accepted, and would make this client somebody else."""

_QUEUE_STATES = (ClientState.CONNECTING, ClientState.INITIALISING, ClientState.RETRYING)
_TERMINAL_CODES = {
    401: ClientSignal.EXPIRED,
    410: ClientSignal.EXPIRED,
    406: ClientSignal.DISMISSED,
    417: ClientSignal.DISMISSED,
}


@unique
class _Sent(Enum):
    """What a pending packet was sent for."""

    INIT = auto()
    UPDATE = auto()
    REQUEST = auto()


class ClientConnection:
    """A client's protocol state over any number of sockets, one at a time.

    Args:
        ids: Source of packet ids.
        metadata: About the client, for `init`: library, version, platform.
        request_timeout: Seconds that a reply may take, also that to `init` and `update`.
        queue_timeout: Seconds that a request may wait for the connection.
        max_queued: How many requests may wait for the connection.
        max_message: Most bytes that a message of the service may have.
        renewable: Whether another token comes by itself when one is refused: then requests wait for it.
    """

    def __init__(
        self,
        *,
        ids: Ids,
        metadata: Mapping[str, JSON] | None = None,
        request_timeout: float = 30.0,
        queue_timeout: float = 20.0,
        max_queued: int = 1000,
        max_message: int = MAX_MESSAGE,
        renewable: bool = False,
    ) -> None:
        self._ids = ids
        self._metadata = dict(metadata or {})
        self._request_timeout = request_timeout
        self._queue_timeout = queue_timeout
        self._max_queued = max_queued
        self._max_message = max_message
        self._queue_states = (*_QUEUE_STATES, ClientState.REJECTED) if renewable else _QUEUE_STATES
        self._away: float | None = None  # seconds until the service wants us back, where it sent us away
        self._state = ClientState.DISCONNECTED
        self._open = False
        self._live_since = 0.0
        self._next_update: tuple[str, bytes] | None = None
        self._outbox: list[bytes] = []
        self._unsent: dict[str, bytes] = {}
        self._in_flight: Pending[_Sent] = Pending()
        self._queue: Pending[bytes] = Pending()
        self.continuation_token: str | None = None
        """From the latest accepted `init`, or None."""
        self.epoch: str | None = None
        """Of the service's store, from the latest accepted `init`, or None."""

    def __repr__(self) -> str:
        """Show state and counts."""
        return f"<ClientConnection {self._state.name}, {len(self._in_flight)} in flight, {len(self._queue)} queued>"

    @property
    def state(self) -> ClientState:
        """Where the connection stands."""
        return self._state

    # -- what the owner of the socket does and sees ------------------------------------------------------------------

    def connect(self) -> None:
        """Say that a socket is about to be opened.

        Raises:
            LocalProtocolError: There is one, or there must not be one any more.
        """
        self._signal(ClientSignal.CONNECT)

    def opened(self, token: str, now: float) -> None:
        """Say that the socket is open, so that `init` can be sent.

        Args:
            token: The newest access token.
            now: Seconds.

        Raises:
            LocalProtocolError: `connect` was not called, or the token cannot be sent.
        """
        packet = Init(
            self._packet_id(),
            token,
            self.continuation_token,
            self._metadata,
            [
                {
                    "product": "ip_messaging",
                    "type": "ers",
                    "notification_protocol_version": 0,
                    "message_types": list(MESSAGE_TYPES),
                }
            ],
            None,
            list(CAPABILITIES),
        )
        message = encode(packet)
        self._signal(ClientSignal.OPENED)
        self._next_update = None
        self._outbox = [message]
        self._in_flight.add(packet.id, now + self._request_timeout, _Sent.INIT)

    def closed(self, now: float) -> list[Happening]:
        """Say that the socket has ended, or could not be opened. Safe to repeat.

        Args:
            now: Seconds.

        Returns:
            A `Failed` for each request that still waits for its reply. Those that wait for the connection wait on, and
            those that had not been handed out to be sent now do, too.
        """
        self._signal(ClientSignal.CLOSED)
        self._outbox.clear()
        while self._unsent and len(self._queue) < self._max_queued:
            packet_id = next(iter(self._unsent))
            self._in_flight.pop(packet_id)
            self._queue.add(packet_id, now + self._queue_timeout, self._unsent.pop(packet_id))
        away, self._away = self._away, None
        return self._drop_in_flight(lambda: OutcomeUnknownError("disconnected", retry_after=away))

    def receive(self, message: bytes, now: float) -> list[Happening]:
        """Take one message of the service, and acknowledge it unless it is a reply.

        Args:
            message: The websocket message.
            now: Seconds.

        Returns:
            What it means, in order; often nothing. Nothing, too, for what still comes from a socket to be closed.

        Raises:
            FramingError: It is no packet; the socket is to be closed.
        """
        if not self._open:
            return []
        packet = decode(message, max_size=self._max_message)
        if type(packet) is Notification:  # by far the most frequent
            self._outbox.append(acknowledge(packet.id))
            return [packet]
        if isinstance(packet, Reply):
            return self._replied(packet, now)
        self._outbox.append(acknowledge(packet.id))
        if isinstance(packet, Close):
            return self._close_requested(packet)
        if isinstance(packet, ClientUpdate) and packet.client_update_type == "token_about_to_expire":
            return [TokenAboutToExpire()]
        return []

    def data_to_send(self) -> list[bytes]:
        """Return the messages to be written now, in order, each once.

        Requests that were made while the connection was live come before those that had been queued before it was: what
        the owner asks for on `Opened`, such as subscriptions, overtakes the mutations that waited.
        """
        messages = self._outbox
        self._outbox = []
        if self._state in LIVE_STATES:
            messages.extend(self._unsent.values())
            self._unsent.clear()
            for packet_id, message in self._queue.clear():
                self._in_flight.add(packet_id, self._live_since + self._request_timeout, _Sent.REQUEST)
                messages.append(message)
        return messages

    def next_deadline(self) -> float | None:
        """Return when `advance` is due, in seconds, or None if nothing is waited for."""
        deadlines = [d for d in (self._in_flight.next_deadline(), self._queue.next_deadline()) if d is not None]
        return min(deadlines, default=None)

    def advance(self, now: float) -> list[Happening]:
        """Give up what has waited too long.

        Args:
            now: Seconds.

        Returns:
            A `Failed` for each request given up; a `Refused` if it was the reply to `init` or `update`.
        """
        happenings: list[Happening] = []
        for packet_id, sent in self._in_flight.expire(now):
            if sent is _Sent.REQUEST:
                unsent = self._unsent.pop(packet_id, None)
                timeout = OutcomeUnknownError(f"no reply within {self._request_timeout:g} s")
                happenings.append(Failed(packet_id, timeout, unsent is None))
            elif self._open:
                self._signal(ClientSignal.FAILED)
                text = f"Connection error: {sent.name.lower()} was not answered within {self._request_timeout:g} s"
                happenings.append(Refused(ConnectionError(text), None))
        for packet_id, _ in self._queue.expire(now):
            timeout = OutcomeUnknownError(f"no connection within {self._queue_timeout:g} s; it was not sent")
            happenings.append(Failed(packet_id, timeout, sent=False))
        return happenings

    # -- what the client asks for ------------------------------------------------------------------------------------

    def request(self, http_request: HttpRequest, payload: bytes, payload_type: str, now: float) -> str:
        """Send an HTTP request, at once if the connection is live, else when it will be.

        Args:
            http_request: The request without its body.
            payload: The body.
            payload_type: The body's type.
            now: Seconds.

        Returns:
            The packet id that its `Replied` or `Failed` will carry.

        Raises:
            QueueFullError: Too many requests wait for the connection.
            ConnectionError: No connection is expected.
            LocalProtocolError: The request cannot be written.
        """
        live = self._state in LIVE_STATES
        if not live:
            self._check_queue()
        packet_id = self._packet_id()
        message = encode(Request(packet_id, http_request, payload, payload_type))
        if live:
            self._unsent[packet_id] = message
            self._in_flight.add(packet_id, now + self._request_timeout, _Sent.REQUEST)
        else:
            self._queue.add(packet_id, now + self._queue_timeout, message)
        return packet_id

    def withdraw(self, packet_id: str) -> bool:
        """Forget a request: nothing will be reported of it.

        Args:
            packet_id: Id that `request` returned.

        Returns:
            True if it had not been handed out to be sent, and never will be. False if it may have reached the service.
        """
        self._in_flight.pop(packet_id)
        return self._queue.pop(packet_id) is not None or self._unsent.pop(packet_id, None) is not None

    def update_token(self, token: str, now: float) -> None:
        """Make use of a new token.

        While the connection is live it is sent; `TokenUpdated` or `Refused` or `Denied` tells the outcome, of the
        newest token only. While `init` or another token is on its way it is sent after that. In the other states
        nothing is sent: the owner gives the token to the next `opened`; while disconnected, retrying or rejected, the
        state becomes `CONNECTING` and the owner opens a socket at once.

        Args:
            token: The new access token.
            now: Seconds.

        Raises:
            LocalProtocolError: The connection is shut down or unsupported, or the token cannot be sent.
        """
        if not self._open:
            if self._state is not ClientState.CONNECTING:
                self._signal(ClientSignal.UPDATE)
            return
        packet = Update(self._packet_id(), token)
        self._next_update = packet.id, encode(packet)
        if self._state is ClientState.CONNECTED:
            self._send_update(now)

    def shutdown(self) -> list[Happening]:
        """Say goodbye and give everything up.

        The owner sends what there is to be sent, closes the socket and calls `closed`, also if there was no socket.

        Returns:
            A `Failed` for each request that waits, for its reply or for the connection.
        """
        if self._open:
            self._outbox.append(encode(Close(self._packet_id())))
        self._signal(ClientSignal.SHUT_DOWN)
        return self._drop_in_flight(_shut_down) + self._drop_queue(_shut_down)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _signal(self, signal: ClientSignal) -> None:
        self._state = next_state(self._state, signal)
        self._open = self._state in OPEN_STATES

    def _packet_id(self) -> str:
        digits = self._ids()
        return f"TM{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def _check_queue(self) -> None:
        if self._state not in self._queue_states:
            remedy = ", the token was refused; call update_token with a new one"
            reason = f"{self._state.reported}{remedy if self._state is ClientState.REJECTED else ''}"
            raise ConnectionError(f"Unable to connect: {reason}", terminal=True)
        if len(self._queue) >= self._max_queued:
            raise QueueFullError(self._max_queued)

    def _send_update(self, now: float) -> None:
        if self._next_update is not None:
            packet_id, message = self._next_update
            self._next_update = None
            self._signal(ClientSignal.UPDATE)
            self._outbox.append(message)
            self._in_flight.add(packet_id, now + self._request_timeout, _Sent.UPDATE)

    def _replied(self, reply: Reply, now: float) -> list[Happening]:
        sent = self._in_flight.pop(reply.id)
        if sent is None:  # withdrawn, timed out, or never asked
            return []
        if sent is _Sent.REQUEST:
            return [_outcome(reply)]
        if sent is _Sent.INIT and _is_of_another(reply):
            reply = msgspec.structs.replace(reply, status=_OTHER_IDENTITY)
        if not reply.status.ok:
            return [self._refused(reply)]
        self._signal(ClientSignal.ACCEPTED)
        happenings: list[Happening] = []
        if sent is _Sent.INIT:
            self._live_since = now
            happenings.append(Opened(reply, self.epoch is not None and reply.epoch != self.epoch))
            self.continuation_token = reply.continuation_token or self.continuation_token
            self.epoch = reply.epoch
        elif self._next_update is None:
            happenings.append(TokenUpdated())
        self._send_update(now)
        return happenings

    def _refused(self, reply: Reply) -> Happening:
        """Return what the refusal of `init` or `update` means."""
        status = reply.status
        if status.code != 500:  # the JavaScript library says nothing to a broken service
            self._outbox.append(encode(Close(self._packet_id())))
        text = f"Connection error: {status.description or f'Transport failure: {status.status}'}"
        if status.code in (401, 403) and self._next_update is None:
            self._signal(ClientSignal.DENIED)
            error = DeniedError(text, terminal=True, http_status_code=status.code, error_code=status.error_code)
            return Denied(error, status.error_code == _TOKEN_EXPIRED)
        self._signal(ClientSignal.FAILED)
        # A newer token came while the refused one was on its way: it deserves an attempt of its own, at once.
        retry_after = read_backoff(reply.payload) if self._next_update is None else 0.0
        return Refused(ConnectionError(text, http_status_code=status.code, error_code=status.error_code), retry_after)

    def _close_requested(self, packet: Close) -> list[Happening]:
        status = packet.status or Status(0)
        signal = _TERMINAL_CODES.get(status.code, ClientSignal.OFFLOADED)
        self._signal(signal)
        terminal = signal is not ClientSignal.OFFLOADED
        self._away = read_backoff(packet.payload)
        happenings: list[Happening] = [
            CloseRequested(
                status.code,
                status.status,
                self._away,
                terminal,
                status.description,
                status.error_code,
            )
        ]
        if signal is ClientSignal.DISMISSED:  # nothing that waits for the connection has anything to wait for
            happenings += self._drop_queue(lambda: OutcomeUnknownError("the service does not support this client"))
        return happenings

    def _drop_in_flight(self, error: Callable[[], OutcomeUnknownError]) -> list[Happening]:
        failed: list[Happening] = [
            Failed(packet_id, error(), packet_id not in self._unsent)
            for packet_id, sent in self._in_flight.clear()
            if sent is _Sent.REQUEST
        ]
        self._unsent.clear()
        return failed

    def _drop_queue(self, error: Callable[[], OutcomeUnknownError]) -> list[Happening]:
        return [Failed(packet_id, error(), sent=False) for packet_id, _ in self._queue.clear()]


def _shut_down() -> OutcomeUnknownError:
    cause = ClosedError("the client was shut down")
    error = OutcomeUnknownError(str(cause))
    error.__cause__ = cause
    return error


def _is_of_another(reply: Reply) -> bool:
    """Tell whether an accepted `init` says that the continuation token it came with is of another identity."""
    status = reply.continuation_token_status
    return isinstance(status, dict) and status.get("reissue_reason") == "DIFFERENT_IDENTITY"


def _outcome(reply: Reply) -> Replied | Failed:
    """Return what the reply to a request means."""
    http, status = reply.http_status, reply.status
    if status.ok and http is not None:
        return Replied(reply.id, http.code, http.status, reply.http_headers, reply.payload, reply.payload_type)
    if status.ok:
        return Failed(reply.id, OutcomeUnknownError("the reply has no HTTP status"), sent=True)
    text = f"Transport failure: {status.status}"
    if status.answered:
        return Failed(reply.id, RejectedError(status.code, status.error_code, text), sent=True)
    error = OutcomeUnknownError(f"{text} (status {status.code})", retry_after=read_backoff(reply.payload))
    return Failed(reply.id, error, sent=True)
