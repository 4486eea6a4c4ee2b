"""The service's side of a connection: Twilsock without a socket and without a clock.

The owner of the socket hands each message to `receive` and acts on the packet that comes back; the other methods return
the bytes of an answer, to be sent in the order in which they were called. Notifications are encoded by `codec.encode`,
once for all connections they go to.

Source: Twilsock, init, update, message, close from the server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rxconvo.errors import LocalProtocolError
from rxconvo.types import JSON
from rxconvo.wire.backoff import write_backoff
from rxconvo.wire.codec import decode, encode
from rxconvo.wire.packets import JSON_TYPE, Close, Init, Packet, Reply, Status
from rxconvo.wire.states import ServerState, next_server_state

__all__ = ["SERVER_MAX_MESSAGE", "ServerConnection"]

SERVER_MAX_MESSAGE = 256 * 1024
"""Longest message in bytes that a service accepts unless told otherwise."""

_OK = Status(200, "OK")


class ServerConnection:
    """A service's protocol state for one socket.

    Args:
        max_message: Most bytes that a message of the client may have.
    """

    def __init__(self, *, max_message: int = SERVER_MAX_MESSAGE) -> None:
        self._max_message = max_message
        self._init: Init | None = None
        self._state = ServerState.AWAITING_INIT
        self.heard_at: float | None = None
        """When the client was last heard of, in seconds, or None."""

    def __repr__(self) -> str:
        """Show the state."""
        return f"<ServerConnection {self._state.name}>"

    @property
    def state(self) -> ServerState:
        """Where the connection stands."""
        return self._state

    def receive(self, message: bytes, now: float) -> Packet | None:
        """Take one message of the client.

        Args:
            message: The websocket message.
            now: Seconds.

        Returns:
            What is to be answered. `Init` comes first and once, and wants `accept` or `refuse`; a `Request` wants
            `respond`; a `Close` wants the socket closed; all others want `acknowledge`, or `refuse`. None for what
            wants nothing: an acknowledgement of ours, and what still comes after the end.

        Raises:
            FramingError: It is no packet; the socket is to be closed.
            RemoteProtocolError: The client must not send this now; the socket is to be closed.
        """
        if self._state is ServerState.CLOSED:
            return None
        packet = decode(message, max_size=self._max_message)
        self._state = next_server_state(self._state, type(packet))
        self.heard_at = now
        if isinstance(packet, Init):
            self._init = packet
        return None if isinstance(packet, Reply) else packet

    def accept(
        self,
        *,
        continuation_token: str,
        continuation_token_status: Mapping[str, JSON] | None = None,
        capabilities: Sequence[str] | None = None,
        storage_id: str | None = None,
        init_registrations: Sequence[JSON] | None = None,
        epoch: str | None = None,
    ) -> bytes:
        """Return the answer that accepts `init`; the connection is live then.

        Args:
            continuation_token: What the client's next `init` will carry.
            continuation_token_status: Whether and why that is a new one.
            capabilities: The protocol extensions that both sides know; unless given, those that the client named.
            storage_id: Name space of the user's storage in browsers; different users must have different ones.
            init_registrations: The registrations made.
            epoch: Identifies the store; a client that sees another one than before forgets what it knows.

        Raises:
            LocalProtocolError: No `init` waits for its answer.
        """
        init = self._answer_init()
        message = encode(
            Reply(
                init.id,
                _OK,
                continuation_token=continuation_token,
                continuation_token_status=dict(continuation_token_status) if continuation_token_status else None,
                capabilities=list(init.capabilities if capabilities is None else capabilities),
                offline_storage={"ip_messaging": {"storage_id": storage_id}} if storage_id else None,
                init_registrations=list(init_registrations) if init_registrations else None,
                epoch=epoch,
            )
        )
        self._state = ServerState.LIVE
        return message

    def refuse(self, packet_id: str, status: Status, *, retry_after: float | None = None) -> bytes:
        """Return the answer that refuses a packet as such, whatever it asked for. Refusing `init` is the last word.

        Args:
            packet_id: Id of the packet.
            status: Why: 401 and 403 because of the token, 429 to come back later, 5xx for a failure of ours.
            retry_after: For 429: seconds to wait at least.
        """
        message = encode(Reply(packet_id, status, payload=b"" if retry_after is None else write_backoff(retry_after)))
        if self._state is ServerState.AUTHENTICATING:
            self._state = ServerState.CLOSED
        return message

    def respond(
        self,
        packet_id: str,
        http_status: Status,
        payload: bytes = b"",
        *,
        headers: Mapping[str, str] | None = None,
        payload_type: str = JSON_TYPE,
    ) -> bytes:
        """Return the answer to a `Request`.

        Args:
            packet_id: Id of the request.
            http_status: How the HTTP request fared.
            payload: Body of the response.
            headers: Header fields of the response.
            payload_type: Type of the body.
        """
        return encode(Reply(packet_id, _OK, http_status, dict(headers or {}), payload, payload_type))

    def close(self, packet_id: str, status: Status, payload: bytes = b"") -> bytes:
        """Return the packet that ends the connection; the socket is to be closed after it.

        Args:
            packet_id: A new packet id.
            status: Why: 308 offload, 401 and 410 token, 406 and 417 never come back.
            payload: JSON that goes with it; for 308 what `write_backoff` returns.
        """
        self._state = ServerState.CLOSED
        return encode(Close(packet_id, status, payload))

    def _answer_init(self) -> Init:
        if self._state is not ServerState.AUTHENTICATING or self._init is None:
            raise LocalProtocolError(f"no init waits for its answer while {self._state.name}")
        init, self._init = self._init, None
        return init
