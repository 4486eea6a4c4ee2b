from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Sequence
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from rxconvo.errors import (
    ClosedError,
    ConnectionError,
    DeniedError,
    FramingError,
    LocalProtocolError,
    OutcomeUnknownError,
    QueueFullError,
    RejectedError,
)
from rxconvo.types import JSON
from rxconvo.wire import (
    ClientConnection,
    ClientState,
    ClientUpdate,
    Close,
    CloseRequested,
    DeleteContext,
    Denied,
    Failed,
    Happening,
    HttpRequest,
    Init,
    Notification,
    Opened,
    Other,
    Packet,
    PutContext,
    Refused,
    Replied,
    Reply,
    Request,
    Status,
    Telemetry,
    TokenAboutToExpire,
    TokenUpdated,
    Update,
    acknowledge,
    decode,
    encode,
)
from rxconvo.wire.backoff import write_backoff
from rxconvo.wire.states import TRANSITIONS

T = TypeVar("T")

OK = Status(200, "OK")
GET = HttpRequest("h", "/v3/Maps/a.channels", "GET")
BACKOFF = b'{"backoff_policy":{"reconnect_min_ms":7000}}'


class Ids:
    """Numbers as ids."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> str:
        self.count += 1
        return f"{self.count:032x}"


def new(**options: float) -> ClientConnection:
    return ClientConnection(ids=Ids(), **options)  # type: ignore[arg-type]


def state_of(connection: ClientConnection) -> ClientState:
    """Return the state; a type checker would remember that of the attribute over calls that change it."""
    return connection.state


def sent(connection: ClientConnection) -> list[Packet]:
    return [decode(message) for message in connection.data_to_send()]


def one(packets: Sequence[object], kind: type[T]) -> T:
    (found,) = packets
    assert isinstance(found, kind)
    return found


def opening(now: float = 0.0, **options: float) -> tuple[ClientConnection, Init]:
    """Return a connection that waits for the answer to its init."""
    connection = new(**options)
    connection.connect()
    connection.opened("token", now)
    return connection, one(sent(connection), Init)


def live(now: float = 0.0, *, epoch: str | None = None, **options: float) -> ClientConnection:
    """Return a connection that was accepted."""
    connection, init = opening(now, **options)
    one(receive(connection, Reply(init.id, OK, continuation_token="c1", epoch=epoch), now), Opened)
    return connection


def receive(connection: ClientConnection, packet: Packet, now: float = 0.0) -> list[Happening]:
    return connection.receive(encode(packet), now)


def ask(connection: ClientConnection, now: float = 0.0) -> str:
    return connection.request(GET, b"", "application/json", now)


# -- init ------------------------------------------------------------------------------------------------------------


def test_init_carries_the_token_and_describes_the_client() -> None:
    connection = ClientConnection(ids=Ids(), metadata={"sdk": "PY"})
    assert state_of(connection) is ClientState.DISCONNECTED
    connection.connect()
    assert state_of(connection) is ClientState.CONNECTING
    assert connection.data_to_send() == []
    connection.opened("token", 5.0)
    init = one(sent(connection), Init)
    assert (init.token, init.continuation_token, init.metadata) == ("token", None, {"sdk": "PY"})
    assert init.id == "TM00000000-0000-0000-0000-000000000001"
    assert state_of(connection) is ClientState.INITIALISING
    assert connection.data_to_send() == []
    assert connection.next_deadline() == 35.0


def test_an_accepted_init_opens_the_connection() -> None:
    connection, init = opening()
    reply = Reply(init.id, OK, continuation_token="c1", capabilities=["client_update"], epoch="e1")
    assert receive(connection, reply, 1.0) == [Opened(reply, epoch_changed=False)]
    assert state_of(connection) is ClientState.CONNECTED
    assert (connection.continuation_token, connection.epoch) == ("c1", "e1")
    assert connection.next_deadline() is None


def test_the_next_init_carries_the_continuation_token() -> None:
    connection = live()
    connection.closed(1.0)
    connection.connect()
    connection.opened("newer", 2.0)
    init = one(sent(connection), Init)
    assert (init.token, init.continuation_token) == ("newer", "c1")
    receive(connection, Reply(init.id, OK), 3.0)
    assert connection.continuation_token == "c1"


@pytest.mark.parametrize(
    "before, after, changed",
    [("e1", "e1", False), ("e1", "e2", True), ("e1", None, True), (None, "e1", False), (None, None, False)],
)
def test_a_changed_epoch_is_told(before: str | None, after: str | None, changed: bool) -> None:
    connection = live(epoch=before)
    connection.closed(1.0)
    connection.connect()
    connection.opened("token", 2.0)
    init = one(sent(connection), Init)
    assert one(receive(connection, Reply(init.id, OK, epoch=after), 3.0), Opened).epoch_changed is changed
    assert connection.epoch == after


@pytest.mark.parametrize("code", [401, 403])
@pytest.mark.parametrize("error_code, expired", [(20104, True), (20101, False), (None, False)])
def test_a_refused_token_is_denied(code: int, error_code: int | None, expired: bool) -> None:
    connection, init = opening()
    status = Status(code, "UNAUTHORIZED", "Invalid Access Token", error_code)
    denied = one(receive(connection, Reply(init.id, status)), Denied)
    assert denied.token_expired is expired
    assert type(denied.error) is DeniedError
    assert denied.error.terminal
    assert (denied.error.http_status_code, denied.error.error_code) == (code, error_code)
    assert str(denied.error) == "Connection error: Invalid Access Token"
    assert state_of(connection) is ClientState.REJECTED
    assert one(sent(connection), Close).status is None
    assert connection.closed(1.0) == []
    assert state_of(connection) is ClientState.REJECTED
    assert connection.next_deadline() is None


def denied(**options: float) -> ClientConnection:
    connection, init = opening(**options)
    receive(connection, Reply(init.id, Status(401, "UNAUTHORIZED")))
    connection.closed(1.0)
    sent(connection)
    return connection


def test_a_client_that_is_denied_takes_no_requests() -> None:
    with pytest.raises(ConnectionError, match="denied, the token was refused; call update_token"):
        ask(denied(), 1.0)


def test_where_another_token_will_come_requests_wait_for_it() -> None:
    connection = denied(renewable=True)
    waiting = ask(connection, 1.0)
    connection.connect()
    connection.opened("another", 2.0)
    receive(connection, Reply(one(sent(connection), Init).id, OK), 3.0)
    assert one(sent(connection), Request).id == waiting


OTHER_IDENTITY: JSON = {"reissued": True, "reissue_reason": "DIFFERENT_IDENTITY"}


def test_an_init_that_would_make_the_client_somebody_else_is_denied() -> None:
    connection = live(epoch="e1")
    connection.closed(1.0)
    connection.connect()
    waiting = ask(connection, 1.0)
    connection.opened("of bob", 2.0)
    init = one(sent(connection), Init)
    reply = Reply(init.id, OK, continuation_token="c2", continuation_token_status=OTHER_IDENTITY, epoch="e2")
    denied = one(receive(connection, reply, 3.0), Denied)
    assert (denied.token_expired, denied.error.terminal, denied.error.error_code) == (False, True, 51130)
    assert state_of(connection) is ClientState.REJECTED
    one(sent(connection), Close)
    assert (connection.continuation_token, connection.epoch) == ("c1", "e1")
    assert connection.withdraw(waiting)


@pytest.mark.parametrize("status", [None, "?", {}, {"reissued": False}, {"reissue_reason": "EXPIRED"}])
def test_a_continuation_token_may_be_reissued_for_other_reasons(status: JSON) -> None:
    connection = live()
    connection.closed(1.0)
    connection.connect()
    connection.opened("token", 2.0)
    reply = Reply(one(sent(connection), Init).id, OK, continuation_token="c2", continuation_token_status=status)
    one(receive(connection, reply, 3.0), Opened)
    assert connection.continuation_token == "c2"


@pytest.mark.parametrize(
    "code, payload, retry_after, says_goodbye",
    [
        (429, BACKOFF, 7.0, True),
        (429, b"", None, True),
        (429, b"?", None, True),
        (500, b"", None, False),
        (503, b"", None, True),
        (400, b"", None, True),
        (308, b"", None, True),
    ],
)
def test_any_other_refusal_is_to_be_retried(
    code: int, payload: bytes, retry_after: float | None, says_goodbye: bool
) -> None:
    connection, init = opening()
    refused = one(receive(connection, Reply(init.id, Status(code, "NO"), payload=payload)), Refused)
    assert type(refused.error) is ConnectionError
    assert not refused.error.terminal
    assert (refused.error.http_status_code, refused.retry_after) == (code, retry_after)
    assert str(refused.error) == "Connection error: Transport failure: NO"
    assert state_of(connection) is ClientState.RETRYING
    assert [type(packet) for packet in sent(connection)] == [Close] * says_goodbye


def test_an_init_that_is_not_answered_is_to_be_retried() -> None:
    connection, _ = opening(10.0)
    assert connection.advance(39.9) == []
    refused = one(connection.advance(40.0), Refused)
    assert str(refused.error) == "Connection error: init was not answered within 30 s"
    assert (refused.error.terminal, refused.retry_after) == (False, None)
    assert state_of(connection) is ClientState.RETRYING
    assert connection.next_deadline() is None


def test_a_token_that_cannot_be_sent_is_our_error() -> None:
    connection = new()
    connection.connect()
    with pytest.raises(LocalProtocolError):
        connection.opened("\ud800", 0.0)
    assert state_of(connection) is ClientState.CONNECTING


# -- what the service sends ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "packet",
    [
        Notification("N1", "twilio.sync.event", "", b"{}"),
        Notification("N1", "anything", "", b"not json"),
        ClientUpdate("N1", "token_about_to_expire"),
        ClientUpdate("N1", "else"),
        Close("N1", Status(308)),
        Other("N1", "ping", b"?"),
        Telemetry("N1"),
        Init("N1", "t"),
        Update("N1", "t"),
        Request("N1", GET),
        PutContext("N1", "c"),
        DeleteContext("N1", "c"),
    ],
    ids=lambda packet: type(packet).__name__,
)
@pytest.mark.parametrize("state", ["initialising", "connected", "updating"])
def test_everything_but_a_reply_is_acknowledged_first(packet: Packet, state: str) -> None:
    connection = opening()[0] if state == "initialising" else live()
    if state == "updating":
        connection.update_token("newer", 0.0)
        connection.data_to_send()
    receive(connection, packet)
    assert connection.data_to_send() == [acknowledge("N1")]


def test_a_reply_is_not_acknowledged() -> None:
    connection = live()
    assert receive(connection, Reply("TM?", OK)) == []
    assert connection.data_to_send() == []


def test_notifications_are_handed_on_as_they_came() -> None:
    connection = live()
    event = Notification("N1", "twilio.sync.event", "ctx", b'{"a":1}', "application/json; charset=utf-8")
    assert receive(connection, event) == [event]


def test_a_hint_about_the_token_is_handed_on_and_no_other_one() -> None:
    connection = live()
    assert receive(connection, ClientUpdate("N1", "token_about_to_expire")) == [TokenAboutToExpire()]
    assert receive(connection, ClientUpdate("N2", "else")) == []
    assert receive(connection, Other("N3", "ping")) == []


@pytest.mark.parametrize(
    "status, state, terminal",
    [
        (Status(308, "OFFLOAD"), ClientState.RETRYING, False),
        (Status(500, "?"), ClientState.RETRYING, False),
        (None, ClientState.RETRYING, False),
        (Status(401, "UNAUTHORIZED"), ClientState.DISCONNECTED, True),
        (Status(410, "TOKEN_EXPIRED"), ClientState.DISCONNECTED, True),
        (Status(406, "NOT_ACCEPTABLE"), ClientState.UNSUPPORTED, True),
        (Status(417, "EXPECTATION_FAILED"), ClientState.UNSUPPORTED, True),
    ],
)
@pytest.mark.parametrize("payload", [b"", BACKOFF, b"\xff"])
def test_a_close_leads_to_the_state_of_its_code(
    status: Status | None, state: ClientState, terminal: bool, payload: bytes
) -> None:
    for connection in (opening()[0], live()):
        happening = one(receive(connection, Close("N1", status, payload)), CloseRequested)
        assert happening == CloseRequested(
            status.code if status else 0,
            status.status if status else "",
            7.0 if payload == BACKOFF else None,
            terminal,
        )
        assert state_of(connection) is state
        assert connection.data_to_send() == [acknowledge("N1")]
        assert connection.closed(1.0) == []
        assert state_of(connection) is state


def test_an_unsupported_client_has_nothing_to_wait_for() -> None:
    connection, _ = opening()
    waiting = ask(connection)
    happenings = receive(connection, Close("N1", Status(406)))
    assert isinstance(happenings[0], CloseRequested)
    failed = one(happenings[1:], Failed)
    assert (failed.id, failed.sent, type(failed.error)) == (waiting, False, OutcomeUnknownError)
    with pytest.raises(LocalProtocolError):
        connection.connect()


@pytest.mark.parametrize("code", [308, 401, 410, 500])
def test_a_client_that_may_come_back_keeps_what_waits_for_the_connection(code: int) -> None:
    connection, _ = opening()
    waiting = ask(connection)
    one(receive(connection, Close("N1", Status(code))), CloseRequested)
    connection.closed(1.0)
    connection.connect()
    connection.opened("token", 1.0)
    init = one(sent(connection), Init)
    receive(connection, Reply(init.id, OK), 1.0)
    assert one(sent(connection), Request).id == waiting


def test_what_comes_from_a_socket_to_be_closed_is_ignored() -> None:
    connection = live()
    request = ask(connection)
    connection.data_to_send()
    receive(connection, Close("N1", Status(308)))
    connection.data_to_send()
    assert receive(connection, Notification("N2", "twilio.sync.event")) == []
    assert receive(connection, Reply(request, OK, OK)) == []
    assert connection.receive(b"garbage", 0.0) == []
    assert connection.data_to_send() == []
    assert one(connection.closed(1.0), Failed).id == request


def test_requests_that_a_departing_service_leaves_unanswered_know_when_it_is_back() -> None:
    connection = live()
    ask(connection)
    connection.data_to_send()
    receive(connection, Close("N1", Status(308), write_backoff(4.0)))
    failed = one(connection.closed(1.0), Failed)
    assert isinstance(failed.error, OutcomeUnknownError)
    assert failed.error.retry_after == 4.0
    assert connection.closed(1.0) == []


def test_bytes_that_are_no_packet_are_refused() -> None:
    connection = live(max_message=200)
    with pytest.raises(FramingError):
        connection.receive(b"garbage", 0.0)
    with pytest.raises(FramingError, match="200 are allowed"):
        receive(connection, Notification("N1", "x" * 200))


# -- requests --------------------------------------------------------------------------------------------------------


def test_a_request_is_sent_at_once_while_live() -> None:
    connection = live()
    first = connection.request(GET, b"", "application/json", 1.0)
    second = connection.request(GET, b"data_sync", "text/plain", 1.0)
    assert connection.next_deadline() == 31.0
    assert sent(connection) == [Request(first, GET), Request(second, GET, b"data_sync", "text/plain")]
    assert connection.data_to_send() == []


def test_replies_come_in_any_order() -> None:
    connection = live()
    first, second = ask(connection), ask(connection)
    reply = Reply(second, OK, Status(201, "Created"), {"a": "b"}, b"{}")
    assert receive(connection, reply) == [Replied(second, 201, "Created", {"a": "b"}, b"{}", "application/json")]
    assert receive(connection, reply) == []
    assert one(receive(connection, Reply(first, OK, Status(503))), Replied).status == 503
    assert connection.next_deadline() is None


@pytest.mark.parametrize(
    "status, kind, text",
    [
        (Status(400, "BAD", "no", 20001), RejectedError, "Transport failure: BAD (status 400, code 20001)"),
        (Status(404, "NO"), RejectedError, "Transport failure: NO (status 404, code None)"),
        (Status(429, "SLOW"), OutcomeUnknownError, "Transport failure: SLOW (status 429)"),
        (Status(500, "OOPS"), OutcomeUnknownError, "Transport failure: OOPS (status 500)"),
        (Status(302, "AWAY"), OutcomeUnknownError, "Transport failure: AWAY (status 302)"),
        (Status(0, ""), OutcomeUnknownError, "Transport failure:  (status 0)"),
        (Status(200, "OK"), OutcomeUnknownError, "the reply has no HTTP status"),
    ],
)
def test_a_packet_that_was_not_carried_out_failed(status: Status, kind: type[Exception], text: str) -> None:
    connection = live()
    request = ask(connection)
    connection.data_to_send()
    failed = one(receive(connection, Reply(request, status)), Failed)
    assert (failed.id, failed.sent, type(failed.error), str(failed.error)) == (request, True, kind, text)


def test_a_packet_that_was_not_carried_out_has_no_response_whatever_it_says() -> None:
    connection = live()
    request = ask(connection)
    connection.data_to_send()
    assert one(receive(connection, Reply(request, Status(500), Status(201, "Created"))), Failed).id == request


def test_a_request_without_a_reply_is_given_up() -> None:
    connection = live()
    first = ask(connection, 1.0)
    connection.data_to_send()
    ask(connection, 2.0)
    connection.data_to_send()
    assert connection.next_deadline() == 31.0
    failed = one(connection.advance(31.0), Failed)
    assert (failed.id, failed.sent, type(failed.error)) == (first, True, OutcomeUnknownError)
    assert str(failed.error) == "no reply within 30 s"
    assert connection.next_deadline() == 32.0
    assert receive(connection, Reply(first, OK, OK), 31.5) == []


def test_a_request_that_was_never_handed_out_is_given_up_as_unsent() -> None:
    connection = live()
    request = ask(connection, 1.0)
    failed = one(connection.advance(31.0), Failed)
    assert (failed.id, failed.sent) == (request, False)
    assert connection.data_to_send() == []


def test_requests_wait_for_the_connection() -> None:
    connection, init = opening()
    request = ask(connection, 1.0)
    assert connection.data_to_send() == []
    assert connection.next_deadline() == 21.0
    receive(connection, Reply(init.id, OK), 3.0)
    assert one(sent(connection), Request).id == request
    assert connection.next_deadline() == 33.0
    assert one(receive(connection, Reply(request, OK, OK), 4.0), Replied).id == request


def test_what_is_asked_for_on_opening_overtakes_what_waited() -> None:
    connection, init = opening()
    waited = [ask(connection), ask(connection)]
    receive(connection, Reply(init.id, OK), 1.0)
    subscription = ask(connection, 1.0)
    packets = sent(connection)
    assert [packet.id for packet in packets] == [subscription, *waited]


def test_a_request_that_waited_too_long_is_given_up() -> None:
    connection = new()
    connection.connect()
    request = ask(connection, 1.0)
    assert connection.advance(20.9) == []
    failed = one(connection.advance(21.0), Failed)
    assert (failed.id, failed.sent, type(failed.error)) == (request, False, OutcomeUnknownError)
    assert str(failed.error) == "no connection within 20 s; it was not sent"


def test_the_queue_is_bounded() -> None:
    connection, init = opening(max_queued=2)
    ask(connection)
    ask(connection)
    with pytest.raises(QueueFullError, match="2 requests wait"):
        ask(connection)
    receive(connection, Reply(init.id, OK))
    for _ in range(5):  # not for what can be sent at once
        ask(connection)
    assert len(sent(connection)) == 7


@pytest.mark.parametrize("state", ["disconnected", "denied", "disconnecting", "unsupported"])
def test_nothing_can_be_asked_where_no_connection_is_expected(state: str) -> None:
    connection = new() if state == "disconnected" else live()
    if state == "denied":
        connection.update_token("bad", 0.0)
        update = one(sent(connection), Update)
        receive(connection, Reply(update.id, Status(401)))
    elif state == "disconnecting":
        connection.shutdown()
    elif state == "unsupported":
        receive(connection, Close("N1", Status(406)))
    with pytest.raises(ConnectionError, match=r"^Unable to connect: ") as raised:
        ask(connection)
    assert raised.value.terminal
    assert len(connection._in_flight) == len(connection._queue) == 0 or state == "denied"


def test_a_request_that_cannot_be_written_is_our_error() -> None:
    connection = live()
    with pytest.raises(LocalProtocolError):
        connection.request(HttpRequest("h", "/" + "x" * 20_000, "GET"), b"", "application/json", 0.0)
    assert connection.next_deadline() is None
    assert connection.data_to_send() == []


@pytest.mark.parametrize("handed_out", [False, True])
def test_a_withdrawn_request_is_not_heard_of_again(handed_out: bool) -> None:
    connection = live()
    request = ask(connection)
    if handed_out:
        connection.data_to_send()
    assert connection.withdraw(request) is not handed_out
    assert connection.withdraw(request) is False
    assert connection.data_to_send() == []
    assert connection.next_deadline() is None
    assert receive(connection, Reply(request, OK, OK)) == []
    assert connection.closed(1.0) == []


def test_a_waiting_request_can_be_withdrawn() -> None:
    connection, init = opening()
    request = ask(connection)
    assert connection.withdraw(request) is True
    receive(connection, Reply(init.id, OK))
    assert connection.data_to_send() == []
    assert connection.withdraw("TM?") is False


# -- a lost connection -----------------------------------------------------------------------------------------------


def test_requests_in_flight_are_lost_with_the_connection() -> None:
    connection = live()
    request = ask(connection)
    connection.data_to_send()
    receive(connection, Other("N1", "ping"))
    failed = one(connection.closed(1.0), Failed)
    assert (failed.id, failed.sent, type(failed.error)) == (request, True, OutcomeUnknownError)
    assert str(failed.error) == "disconnected"
    assert state_of(connection) is ClientState.RETRYING
    assert connection.data_to_send() == []
    assert connection.next_deadline() is None


def test_requests_that_were_not_handed_out_wait_for_the_next_connection() -> None:
    connection = live()
    request = ask(connection, 1.0)
    assert connection.closed(2.0) == []
    assert connection.next_deadline() == 22.0
    connection.connect()
    connection.opened("token", 3.0)
    init = one(sent(connection), Init)
    receive(connection, Reply(init.id, OK), 4.0)
    assert one(sent(connection), Request).id == request


def test_but_no_more_of_them_than_the_queue_holds() -> None:
    connection = live(max_queued=1)
    first, second = ask(connection), ask(connection)
    failed = one(connection.closed(2.0), Failed)
    assert (failed.id, failed.sent) == (second, False)
    assert connection.withdraw(first) is True


def test_a_request_stays_queued_over_reconnects_until_its_deadline() -> None:
    connection, _ = opening()
    request = ask(connection, 1.0)
    assert connection.closed(2.0) == []
    connection.connect()
    assert connection.closed(5.0) == []
    assert connection.next_deadline() == 21.0
    assert one(connection.advance(21.0), Failed).id == request


def test_the_end_of_the_socket_may_be_told_twice() -> None:
    connection = live()
    assert connection.closed(1.0) == []
    assert connection.closed(1.0) == []
    assert state_of(connection) is ClientState.RETRYING


def test_deadlines_after_a_refusal_do_no_harm() -> None:
    """Between a close packet and the end of the socket an update may still wait for its reply."""
    connection = live()
    connection.update_token("newer", 0.0)
    receive(connection, Close("N1", Status(308)))
    assert connection.advance(100.0) == []
    assert state_of(connection) is ClientState.RETRYING


# -- tokens ----------------------------------------------------------------------------------------------------------


def test_a_new_token_is_sent_while_live() -> None:
    connection = live()
    connection.update_token("newer", 1.0)
    update = one(sent(connection), Update)
    assert update.token == "newer"
    assert state_of(connection) is ClientState.UPDATING
    assert connection.next_deadline() == 31.0
    request = ask(connection, 1.0)  # as ever
    assert one(sent(connection), Request).id == request
    assert receive(connection, Reply(update.id, OK), 2.0) == [TokenUpdated()]
    assert state_of(connection) is ClientState.CONNECTED


def test_a_token_newer_than_the_one_on_its_way_follows_it() -> None:
    connection = live()
    connection.update_token("newer", 1.0)
    first = one(sent(connection), Update)
    connection.update_token("even newer", 2.0)
    connection.update_token("newest", 3.0)
    assert connection.data_to_send() == []
    assert receive(connection, Reply(first.id, OK), 4.0) == []
    second = one(sent(connection), Update)
    assert second.token == "newest"
    assert connection.next_deadline() == 34.0
    assert receive(connection, Reply(second.id, OK), 5.0) == [TokenUpdated()]


def test_a_token_that_comes_during_init_follows_it() -> None:
    connection, init = opening()
    connection.update_token("newer", 1.0)
    one(receive(connection, Reply(init.id, OK), 2.0), Opened)
    assert state_of(connection) is ClientState.UPDATING
    update = one(sent(connection), Update)
    assert receive(connection, Reply(update.id, OK), 3.0) == [TokenUpdated()]


def test_a_token_that_waited_on_a_lost_connection_is_that_of_the_next_init_and_not_sent_again() -> None:
    connection, _ = opening()
    connection.update_token("newer", 1.0)
    connection.closed(2.0)
    connection.connect()
    connection.opened("newer", 3.0)
    init = one(sent(connection), Init)
    one(receive(connection, Reply(init.id, OK), 4.0), Opened)
    assert state_of(connection) is ClientState.CONNECTED
    assert connection.data_to_send() == []


@pytest.mark.parametrize("during", ["init", "update"])
def test_a_token_refused_when_a_newer_one_waits_is_no_denial(during: str) -> None:
    if during == "init":
        connection, init = opening()
        packet_id = init.id
    else:
        connection = live()
        connection.update_token("old", 0.0)
        packet_id = one(sent(connection), Update).id
    connection.update_token("newer", 1.0)
    refused = one(receive(connection, Reply(packet_id, Status(401, "NO", error_code=20104)), 2.0), Refused)
    assert refused.retry_after == 0.0
    assert state_of(connection) is ClientState.RETRYING
    connection.closed(2.0)
    connection.connect()
    connection.opened("newer", 3.0)
    assert one(sent(connection), Init).token == "newer"
    assert state_of(connection) is ClientState.INITIALISING


@pytest.mark.parametrize("code, state", [(401, ClientState.REJECTED), (403, ClientState.REJECTED)])
def test_an_update_may_be_denied(code: int, state: ClientState) -> None:
    connection = live()
    request = ask(connection)
    connection.update_token("bad", 0.0)
    update, _ = sent(connection)
    assert one(receive(connection, Reply(update.id, Status(code, "NO", error_code=20104))), Denied).token_expired
    assert state_of(connection) is state
    one(sent(connection), Close)
    assert one(connection.closed(1.0), Failed).id == request


@pytest.mark.parametrize("code, retry_after", [(429, 7.0), (500, None)])
def test_an_update_may_be_refused(code: int, retry_after: float | None) -> None:
    connection = live()
    connection.update_token("newer", 0.0)
    update = one(sent(connection), Update)
    payload = BACKOFF if retry_after else b""
    refused = one(receive(connection, Reply(update.id, Status(code), payload=payload)), Refused)
    assert refused.retry_after == retry_after
    assert state_of(connection) is ClientState.RETRYING


def test_an_update_that_is_not_answered_is_refused() -> None:
    connection = live()
    connection.update_token("newer", 1.0)
    assert str(one(connection.advance(31.0), Refused).error) == (
        "Connection error: update was not answered within 30 s"
    )
    assert state_of(connection) is ClientState.RETRYING


@pytest.mark.parametrize("state", ["disconnected", "retrying", "rejected"])
def test_a_new_token_calls_for_a_socket(state: str) -> None:
    connection = new()
    if state != "disconnected":
        connection, init = opening()
        receive(connection, Reply(init.id, Status(401 if state == "rejected" else 500)))
        connection.closed(0.0)
    connection.data_to_send()
    connection.update_token("newer", 1.0)
    assert state_of(connection) is ClientState.CONNECTING
    assert connection.data_to_send() == []


def test_a_new_token_while_connecting_waits_for_opened() -> None:
    connection = new()
    connection.connect()
    connection.update_token("newer", 1.0)
    assert state_of(connection) is ClientState.CONNECTING


def test_a_new_token_after_the_end_is_our_error() -> None:
    connection = live()
    connection.shutdown()
    with pytest.raises(LocalProtocolError):
        connection.update_token("newer", 1.0)


def test_a_new_token_that_cannot_be_sent_changes_nothing() -> None:
    connection = live()
    with pytest.raises(LocalProtocolError):
        connection.update_token("\ud800", 1.0)
    assert state_of(connection) is ClientState.CONNECTED
    assert connection.data_to_send() == []


# -- shutdown --------------------------------------------------------------------------------------------------------


def test_shutdown_says_goodbye_and_gives_everything_up() -> None:
    connection = live()
    first = ask(connection)
    connection.data_to_send()
    second = ask(connection)
    receive(connection, Other("N1", "ping"))
    failures = connection.shutdown()
    assert [(failed.id, failed.sent) for failed in failures if isinstance(failed, Failed)] == [
        (first, True),
        (second, False),
    ]
    for failed in failures:
        assert isinstance(failed, Failed)
        assert isinstance(failed.error, OutcomeUnknownError)
        assert isinstance(failed.error.__cause__, ClosedError)
    assert state_of(connection) is ClientState.DISCONNECTING
    assert next(decode(data).id for data in connection.data_to_send()) == "N1"
    assert connection.shutdown() == []
    assert connection.closed(1.0) == []
    assert state_of(connection) is ClientState.DISCONNECTED
    assert connection.next_deadline() is None


def test_shutdown_says_goodbye_with_a_close_packet() -> None:
    connection = live()
    connection.shutdown()
    assert one(sent(connection), Close).status is None


def test_shutdown_without_a_socket_gives_up_what_waits() -> None:
    connection = live()
    connection.closed(0.0)
    request = ask(connection)
    failed = one(connection.shutdown(), Failed)
    assert (failed.id, failed.sent) == (request, False)
    assert connection.data_to_send() == []
    connection.closed(0.0)
    assert state_of(connection) is ClientState.DISCONNECTED


def test_each_failure_has_an_error_of_its_own() -> None:
    """Each is raised somewhere else, and collects another traceback."""
    for end in (ClientConnection.shutdown, lambda connection: connection.closed(0.0)):
        connection = live()
        for _ in range(3):
            ask(connection)
        connection.data_to_send()
        errors = [failed.error for failed in end(connection) if isinstance(failed, Failed)]
        assert len({id(error) for error in errors}) == 3


def test_repr_tells_state_and_counts() -> None:
    connection = live()
    ask(connection)
    assert repr(connection) == "<ClientConnection CONNECTED, 1 in flight, 0 queued>"


# -- every way through the table -------------------------------------------------------------------------------------


def answer(connection: ClientConnection, status: Status) -> None:
    """Answer what waits for an answer: an init or an update."""
    packet_id = next(iter(connection._in_flight._items))
    receive(connection, Reply(packet_id, status))


STEPS: dict[str, Callable[[ClientConnection], object]] = {
    "CONNECT": lambda connection: connection.connect(),
    "UPDATE": lambda connection: connection.update_token("newer", 0.0),
    "SHUT_DOWN": lambda connection: connection.shutdown(),
    "OPENED": lambda connection: connection.opened("token", 0.0),
    "CLOSED": lambda connection: connection.closed(0.0),
    "ACCEPTED": lambda connection: answer(connection, OK),
    "DENIED": lambda connection: answer(connection, Status(401)),
    "FAILED": lambda connection: answer(connection, Status(500)),
    "OFFLOADED": lambda connection: receive(connection, Close("N", Status(308))),
    "EXPIRED": lambda connection: receive(connection, Close("N", Status(410))),
    "DISMISSED": lambda connection: receive(connection, Close("N", Status(406))),
}
WAYS: dict[ClientState, list[str]] = {
    ClientState.DISCONNECTED: [],
    ClientState.CONNECTING: ["CONNECT"],
    ClientState.INITIALISING: ["CONNECT", "OPENED"],
    ClientState.CONNECTED: ["CONNECT", "OPENED", "ACCEPTED"],
    ClientState.UPDATING: ["CONNECT", "OPENED", "ACCEPTED", "UPDATE"],
    ClientState.RETRYING: ["CONNECT", "CLOSED"],
    ClientState.REJECTED: ["CONNECT", "OPENED", "DENIED", "CLOSED"],
    ClientState.DISCONNECTING: ["CONNECT", "SHUT_DOWN"],
    ClientState.UNSUPPORTED: ["CONNECT", "OPENED", "DISMISSED", "CLOSED"],
}


@pytest.mark.parametrize("state", ClientState)
def test_the_connection_walks_every_transition(state: ClientState) -> None:
    for signal, target in TRANSITIONS[state].items():
        connection = new()
        for step in [*WAYS[state], signal.name]:
            STEPS[step](connection)
        assert state_of(connection) is target, signal


class Driver(RuleBasedStateMachine):
    """Whatever happens in whatever order: each request has exactly one outcome, and nothing is left over."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.connection = new(max_queued=5)
        self.open: set[str] = set()
        self.outcomes: list[str] = []
        self.socket: list[Packet] = []

    def note(self, happenings: list[Happening]) -> None:
        for happening in happenings:
            if isinstance(happening, Replied | Failed):
                assert happening.id in self.open
                self.open.remove(happening.id)
            elif isinstance(happening, Denied | Refused | CloseRequested):
                self.write()
                self.socket.clear()
                self.note(self.connection.closed(self.now))

    def write(self) -> None:
        packets = sent(self.connection)
        assert not packets or self.connection.state is not ClientState.CONNECTING
        self.socket.extend(packet for packet in packets if not isinstance(packet, Reply | Close))

    @rule(seconds=st.floats(0, 25))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.note(self.connection.advance(self.now))

    @rule()
    @precondition(lambda self: self.connection.state in (ClientState.DISCONNECTED, ClientState.RETRYING))
    def connect(self) -> None:
        self.connection.connect()

    @rule()
    @precondition(lambda self: self.connection.state is ClientState.CONNECTING)
    def opened(self) -> None:
        self.connection.opened("token", self.now)
        self.write()

    @rule()
    def lose(self) -> None:
        self.socket.clear()
        self.note(self.connection.closed(self.now))

    @rule()
    def request(self) -> None:
        with contextlib.suppress(ConnectionError, QueueFullError):
            self.open.add(ask(self.connection, self.now))

    @rule()
    def writes(self) -> None:
        self.write()

    @rule(which=st.integers(0, 10))
    @precondition(lambda self: self.open)
    def withdraw(self, which: int) -> None:
        packet_id = sorted(self.open)[which % len(self.open)]
        self.open.remove(packet_id)
        handed_out = any(packet.id == packet_id for packet in self.socket)
        assert self.connection.withdraw(packet_id) is not handed_out

    @rule(which=st.integers(0, 10), code=st.sampled_from([200, 200, 200, 400, 401, 429, 500]))
    @precondition(lambda self: self.socket)
    def answer(self, which: int, code: int) -> None:
        packet = self.socket.pop(which % len(self.socket))
        http = OK if isinstance(packet, Request) else None
        self.note(receive(self.connection, Reply(packet.id, Status(code), http), self.now))

    @rule(code=st.sampled_from([308, 410]))
    @precondition(lambda self: self.connection.state.reported == "connected")
    def offload(self, code: int) -> None:
        self.note(receive(self.connection, Close("N", Status(code)), self.now))

    @rule()
    @precondition(lambda self: self.connection.state is not ClientState.DISCONNECTING)
    def token(self) -> None:
        self.connection.update_token("newer", self.now)

    @rule()
    def shut_down(self) -> None:
        self.note(self.connection.shutdown())
        assert not self.open
        self.write()
        self.lose()
        assert self.connection.state is ClientState.DISCONNECTED

    @invariant()
    def nothing_is_forgotten(self) -> None:
        connection = self.connection
        waiting = set(connection._queue._items) | {
            packet_id for packet_id, (_, kind) in connection._in_flight._items.items() if kind.name == "REQUEST"
        }
        assert waiting == self.open
        assert set(connection._unsent) <= waiting
        assert len(connection._queue) <= 5
        assert (connection.next_deadline() is None) == (not connection._queue and not connection._in_flight)


TestDriver = Driver.TestCase


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_no_bytes_raise_anything_but_a_framing_error(messages: list[bytes]) -> None:
    connection = live()
    for message, framed in itertools.product(messages, (False, True)):
        data = b"TWILSOCK V3.0 %d\r\n%b\r\n" % (len(message), message) if framed else message
        with contextlib.suppress(FramingError):
            connection.receive(data, 0.0)
