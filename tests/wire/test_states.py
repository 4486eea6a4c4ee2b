"""Every transition of the reference is in our tables, and nothing else is."""

from __future__ import annotations

from typing import get_args

import pytest

from rxconvo.errors import LocalProtocolError, RemoteProtocolError
from rxconvo.wire import (
    ClientSignal,
    ClientState,
    ClientUpdate,
    Close,
    DeleteContext,
    Init,
    Notification,
    Other,
    Packet,
    PutContext,
    Reply,
    Request,
    ServerState,
    Telemetry,
    Update,
)
from rxconvo.wire.states import SERVER_TRANSITIONS, TRANSITIONS, next_server_state, next_state

# The reference's table, with its names for the events; its states `error`, `waitSocketClosed` and
# `waitOffloadSocketClosed` are passed over, since we do not pause in them.
REFERENCE = """
disconnected  connect             connecting
disconnected  update              connecting
connecting    opened              initialising
connecting    closed              retrying
connecting    shut_down           disconnecting
initialising  accepted            connected
initialising  denied              rejected
initialising  failed              retrying
initialising  offloaded           retrying
initialising  expired             disconnected
initialising  dismissed           unsupported
initialising  closed              retrying
connected     update              updating
connected     offloaded           retrying
connected     expired             disconnected
connected     dismissed           unsupported
connected     closed              retrying
connected     shut_down           disconnecting
updating      accepted            connected
updating      denied              rejected
updating      failed              retrying
updating      offloaded           retrying
updating      expired             disconnected
updating      dismissed           unsupported
updating      closed              retrying
retrying      connect             connecting
retrying      update              connecting
retrying      shut_down           disconnecting
rejected      connect             connecting
rejected      update              connecting
rejected      shut_down           disconnecting
disconnecting closed              disconnected
"""
# What we add, because an application may shut down at any time, and a socket may end at any time.
OURS = """
initialising  shut_down           disconnecting
updating      shut_down           disconnecting
disconnected  shut_down           disconnected
disconnecting shut_down           disconnecting
unsupported   shut_down           unsupported
disconnected  closed              disconnected
retrying      closed              retrying
rejected      closed              rejected
unsupported   closed              unsupported
"""
EXPECTED = {
    (ClientState[state], ClientSignal[signal]): ClientState[target]
    for state, signal, target in (line.upper().split() for line in (REFERENCE + OURS).splitlines() if line)
}


@pytest.mark.parametrize("signal", ClientSignal)
@pytest.mark.parametrize("state", ClientState)
def test_each_signal_leads_where_the_reference_says(state: ClientState, signal: ClientSignal) -> None:
    if (state, signal) in EXPECTED:
        assert next_state(state, signal) is EXPECTED[state, signal]
    else:
        with pytest.raises(LocalProtocolError, match=f"{signal.name} is not possible while {state.name}"):
            next_state(state, signal)


@pytest.mark.parametrize("state", ClientState)
def test_shutdown_and_the_end_of_the_socket_lead_out_of_every_state(state: ClientState) -> None:
    after = next_state(next_state(state, ClientSignal.SHUT_DOWN), ClientSignal.CLOSED)
    assert after.reported == "disconnected"


def test_every_state_can_be_reached() -> None:
    reached = {ClientState.DISCONNECTED}
    for _ in ClientState:
        reached |= {target for state in reached for target in TRANSITIONS[state].values()}
    assert reached == set(ClientState)


@pytest.mark.parametrize(
    "state, reported",
    [
        (ClientState.DISCONNECTED, "disconnected"),
        (ClientState.CONNECTING, "connecting"),
        (ClientState.INITIALISING, "connecting"),
        (ClientState.CONNECTED, "connected"),
        (ClientState.UPDATING, "connected"),
        (ClientState.RETRYING, "connecting"),
        (ClientState.REJECTED, "denied"),
        (ClientState.DISCONNECTING, "disconnecting"),
        (ClientState.UNSUPPORTED, "disconnected"),
    ],
)
def test_states_are_reported_as_in_the_library(state: ClientState, reported: str) -> None:
    assert state.reported == reported


ALLOWED: dict[ServerState, set[type[Packet]]] = {
    ServerState.AWAITING_INIT: {Init, Close},
    ServerState.AUTHENTICATING: {Reply, Telemetry, Other, Close},
    ServerState.LIVE: {Update, Request, Reply, Telemetry, PutContext, DeleteContext, Other, Close},
    ServerState.CLOSED: set(),
}


@pytest.mark.parametrize("packet", get_args(Packet))
@pytest.mark.parametrize("state", ServerState)
def test_each_packet_leads_on_or_is_not_allowed(state: ServerState, packet: type[Packet]) -> None:
    if packet not in ALLOWED[state]:
        with pytest.raises(RemoteProtocolError, match=f"{packet.__name__} is not allowed while {state.name}"):
            next_server_state(state, packet)
    elif packet is Close:
        assert next_server_state(state, packet) is ServerState.CLOSED
    elif packet is Init:
        assert next_server_state(state, packet) is ServerState.AUTHENTICATING
    else:
        assert next_server_state(state, packet) is state


def test_what_only_a_service_sends_is_never_taken_from_a_client() -> None:
    taken = {packet for packets in SERVER_TRANSITIONS.values() for packet in packets}
    assert taken == set(get_args(Packet)) - {Notification, ClientUpdate}
