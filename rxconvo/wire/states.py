"""The states of a connection, as two tables.

A client's state changes by *signals*: what the application wants, what the socket does, what the service answers. A
service's changes by the *packets* it reads, and by its own answer to the first one.

Rules of both tables:

1. What is not listed must not happen: `next_state` raises `LocalProtocolError`, because all signals are ours;
   `next_server_state` raises `RemoteProtocolError`, because the packets are theirs.
2. Two signals of a client are listed for each state: the end of the socket, which may come at any time and more than
   once, and the shutdown.

The client's table is that of the JavaScript library without its three-second pauses: a service's `close` leads at once
to where the library arrives after them. An `init` or `update` that fails leads to `RETRYING` at once as well; whoever
owns the socket then closes it.

Source: Twilsock, connection states.
"""

from __future__ import annotations

from enum import Enum, auto, unique

from rxconvo.errors import LocalProtocolError, RemoteProtocolError
from rxconvo.wire.packets import (
    Close,
    DeleteContext,
    Init,
    Other,
    Packet,
    PutContext,
    Reply,
    Request,
    Telemetry,
    Update,
)

__all__ = [
    "LIVE_STATES",
    "OPEN_STATES",
    "SERVER_TRANSITIONS",
    "TRANSITIONS",
    "ClientSignal",
    "ClientState",
    "ServerState",
    "next_server_state",
    "next_state",
]


@unique
class ClientState(Enum):
    """Where a client's connection stands."""

    DISCONNECTED = auto()
    """No socket, and none wanted."""
    CONNECTING = auto()
    """A socket is being opened."""
    INITIALISING = auto()
    """The socket is open, `init` is on its way."""
    CONNECTED = auto()
    """Accepted."""
    UPDATING = auto()
    """Accepted; a new token is on its way."""
    RETRYING = auto()
    """Lost or refused for now; waits before the next attempt."""
    REJECTED = auto()
    """The token was refused; waits for another."""
    DISCONNECTING = auto()
    """Shut down; waits for the end of the socket."""
    UNSUPPORTED = auto()
    """The service does not want this client, for good."""

    @property
    def reported(self) -> str:
        """Name under which applications see this state, as in the JavaScript library."""
        return _REPORTED[self]


LIVE_STATES = (ClientState.CONNECTED, ClientState.UPDATING)
"""The service has accepted the client: requests are sent at once."""

OPEN_STATES = (ClientState.INITIALISING, *LIVE_STATES)
"""The socket is open: packets come and go."""

_REPORTED = {
    ClientState.DISCONNECTED: "disconnected",
    ClientState.CONNECTING: "connecting",
    ClientState.INITIALISING: "connecting",
    ClientState.CONNECTED: "connected",
    ClientState.UPDATING: "connected",
    ClientState.RETRYING: "connecting",
    ClientState.REJECTED: "denied",
    ClientState.DISCONNECTING: "disconnecting",
    ClientState.UNSUPPORTED: "disconnected",
}


@unique
class ClientSignal(Enum):
    """What moves a client's connection from state to state."""

    CONNECT = auto()
    """We are about to open a socket."""
    UPDATE = auto()
    """There is a new token."""
    SHUT_DOWN = auto()
    """The application is done."""
    OPENED = auto()
    """The socket is open."""
    CLOSED = auto()
    """The socket has ended, or could not be opened."""
    ACCEPTED = auto()
    """`init` or `update` succeeded."""
    DENIED = auto()
    """`init` or `update` was refused because of the token: 401, 403."""
    FAILED = auto()
    """`init` or `update` was refused for another reason, or not answered."""
    OFFLOADED = auto()
    """`close` 308 or of an unknown code: come back later."""
    EXPIRED = auto()
    """`close` 401, 410: come back with another token."""
    DISMISSED = auto()
    """`close` 406, 417: never come back."""


TRANSITIONS: dict[ClientState, dict[ClientSignal, ClientState]] = {
    ClientState.DISCONNECTED: {
        ClientSignal.CONNECT: ClientState.CONNECTING,
        ClientSignal.UPDATE: ClientState.CONNECTING,
        ClientSignal.SHUT_DOWN: ClientState.DISCONNECTED,
        ClientSignal.CLOSED: ClientState.DISCONNECTED,
    },
    ClientState.CONNECTING: {
        ClientSignal.OPENED: ClientState.INITIALISING,
        ClientSignal.SHUT_DOWN: ClientState.DISCONNECTING,
        ClientSignal.CLOSED: ClientState.RETRYING,
    },
    ClientState.INITIALISING: {
        ClientSignal.ACCEPTED: ClientState.CONNECTED,
        ClientSignal.DENIED: ClientState.REJECTED,
        ClientSignal.FAILED: ClientState.RETRYING,
        ClientSignal.OFFLOADED: ClientState.RETRYING,
        ClientSignal.EXPIRED: ClientState.DISCONNECTED,
        ClientSignal.DISMISSED: ClientState.UNSUPPORTED,
        ClientSignal.SHUT_DOWN: ClientState.DISCONNECTING,
        ClientSignal.CLOSED: ClientState.RETRYING,
    },
    ClientState.CONNECTED: {
        ClientSignal.UPDATE: ClientState.UPDATING,
        ClientSignal.OFFLOADED: ClientState.RETRYING,
        ClientSignal.EXPIRED: ClientState.DISCONNECTED,
        ClientSignal.DISMISSED: ClientState.UNSUPPORTED,
        ClientSignal.SHUT_DOWN: ClientState.DISCONNECTING,
        ClientSignal.CLOSED: ClientState.RETRYING,
    },
    ClientState.UPDATING: {
        ClientSignal.ACCEPTED: ClientState.CONNECTED,
        ClientSignal.DENIED: ClientState.REJECTED,
        ClientSignal.FAILED: ClientState.RETRYING,
        ClientSignal.OFFLOADED: ClientState.RETRYING,
        ClientSignal.EXPIRED: ClientState.DISCONNECTED,
        ClientSignal.DISMISSED: ClientState.UNSUPPORTED,
        ClientSignal.SHUT_DOWN: ClientState.DISCONNECTING,
        ClientSignal.CLOSED: ClientState.RETRYING,
    },
    ClientState.RETRYING: {
        ClientSignal.CONNECT: ClientState.CONNECTING,
        ClientSignal.UPDATE: ClientState.CONNECTING,
        ClientSignal.SHUT_DOWN: ClientState.DISCONNECTING,
        ClientSignal.CLOSED: ClientState.RETRYING,
    },
    ClientState.REJECTED: {
        ClientSignal.CONNECT: ClientState.CONNECTING,
        ClientSignal.UPDATE: ClientState.CONNECTING,
        ClientSignal.SHUT_DOWN: ClientState.DISCONNECTING,
        ClientSignal.CLOSED: ClientState.REJECTED,
    },
    ClientState.DISCONNECTING: {
        ClientSignal.SHUT_DOWN: ClientState.DISCONNECTING,
        ClientSignal.CLOSED: ClientState.DISCONNECTED,
    },
    ClientState.UNSUPPORTED: {
        ClientSignal.SHUT_DOWN: ClientState.UNSUPPORTED,
        ClientSignal.CLOSED: ClientState.UNSUPPORTED,
    },
}
"""Where each signal leads a client."""


@unique
class ServerState(Enum):
    """Where a service's side of a connection stands."""

    AWAITING_INIT = auto()
    """Nothing has come yet."""
    AUTHENTICATING = auto()
    """`init` has come and is not answered."""
    LIVE = auto()
    """`init` was accepted."""
    CLOSED = auto()
    """One of the two has said the last word."""


SERVER_TRANSITIONS: dict[ServerState, dict[type[Packet], ServerState]] = {
    ServerState.AWAITING_INIT: {
        Init: ServerState.AUTHENTICATING,
        Close: ServerState.CLOSED,
    },
    ServerState.AUTHENTICATING: {
        Reply: ServerState.AUTHENTICATING,
        Telemetry: ServerState.AUTHENTICATING,
        Other: ServerState.AUTHENTICATING,
        Close: ServerState.CLOSED,
    },
    ServerState.LIVE: {
        Update: ServerState.LIVE,
        Request: ServerState.LIVE,
        Reply: ServerState.LIVE,
        Telemetry: ServerState.LIVE,
        PutContext: ServerState.LIVE,
        DeleteContext: ServerState.LIVE,
        Other: ServerState.LIVE,
        Close: ServerState.CLOSED,
    },
    ServerState.CLOSED: {},
}
"""Where each packet of a client leads a service.

The answer to `init` leads from `AUTHENTICATING` to `LIVE` or `CLOSED`.
"""


def next_state(state: ClientState, signal: ClientSignal) -> ClientState:
    """Return where *signal* leads a client.

    Raises:
        LocalProtocolError: *signal* must not happen in *state*.
    """
    try:
        return TRANSITIONS[state][signal]
    except KeyError:
        raise LocalProtocolError(f"{signal.name} is not possible while {state.name}") from None


def next_server_state(state: ServerState, packet: type[Packet]) -> ServerState:
    """Return where a client's packet of this type leads a service.

    Raises:
        RemoteProtocolError: The client must not send such a packet in *state*.
    """
    try:
        return SERVER_TRANSITIONS[state][packet]
    except KeyError:
        raise RemoteProtocolError(f"{packet.__name__} is not allowed while {state.name}") from None
