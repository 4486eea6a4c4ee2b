from __future__ import annotations

import json

import pytest

from rxconvo.errors import FramingError, LocalProtocolError, RemoteProtocolError
from rxconvo.wire import (
    ClientConnection,
    ClientState,
    ClientUpdate,
    Close,
    CloseRequested,
    DeleteContext,
    Denied,
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
    ServerConnection,
    ServerState,
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

OK = Status(200, "OK")
GET = HttpRequest("h", "/v3/Maps/a.channels", "GET", {"PageSize": "100"}, {"X": "y"})
REQUEST = Request("TM2", GET)


def state_of(service: ServerConnection) -> ServerState:
    """Return the state; a type checker would remember that of the attribute over calls that change it."""
    return service.state


def live() -> ServerConnection:
    service = ServerConnection()
    service.receive(encode(Init("TM1", "t", capabilities=["client_update"])), 0.0)
    service.accept(continuation_token="c")
    return service


# -- the states ------------------------------------------------------------------------------------------------------


def test_init_comes_first_and_is_accepted() -> None:
    service = ServerConnection()
    assert state_of(service) is ServerState.AWAITING_INIT
    assert not service.heard_at
    init = Init("TM1", "token", capabilities=["client_update", "telemetry.v1"])
    assert service.receive(encode(init), 5.0) == init
    assert state_of(service) is ServerState.AUTHENTICATING
    assert service.heard_at == 5.0
    reply = decode(service.accept(continuation_token="c", storage_id="s", epoch="e"))
    assert state_of(service) is ServerState.LIVE
    assert reply == Reply(
        "TM1",
        OK,
        continuation_token="c",
        capabilities=["client_update", "telemetry.v1"],
        offline_storage={"ip_messaging": {"storage_id": "s"}},
        epoch="e",
    )


def test_the_shortest_acceptance_is_the_one_that_works() -> None:
    service = ServerConnection()
    service.receive(encode(Init("TM1", "token")), 0.0)
    header = json.loads(service.accept(continuation_token="c").split(b"\r\n")[1])
    assert header == {
        "method": "reply",
        "id": "TM1",
        "status": {"code": 200, "status": "OK"},
        "continuation_token": "c",
        "capabilities": [],
    }


def test_an_acceptance_can_say_more() -> None:
    service = ServerConnection()
    service.receive(encode(Init("TM1", "token", capabilities=["a"])), 0.0)
    reply = decode(
        service.accept(
            continuation_token="c",
            continuation_token_status={"reissued": False},
            capabilities=["b"],
            init_registrations=[{"notification_ctx_id": "x"}],
        )
    )
    assert reply == Reply(
        "TM1",
        OK,
        continuation_token="c",
        continuation_token_status={"reissued": False},
        capabilities=["b"],
        init_registrations=[{"notification_ctx_id": "x"}],
    )


def test_a_refused_init_is_the_end() -> None:
    service = ServerConnection()
    service.receive(encode(Init("TM1", "token")), 0.0)
    status = Status(401, "UNAUTHORIZED", "Access Token expired", 20104)
    assert decode(service.refuse("TM1", status)) == Reply("TM1", status)
    assert state_of(service) is ServerState.CLOSED
    assert service.receive(encode(Close("TM2")), 1.0) is None
    assert service.receive(b"garbage", 1.0) is None
    with pytest.raises(LocalProtocolError, match="no init waits for its answer while CLOSED"):
        service.accept(continuation_token="c")


def test_a_refused_update_is_not() -> None:
    service = live()
    service.receive(encode(Update("TM2", "bad")), 0.0)
    service.refuse("TM2", Status(401))
    assert state_of(service) is ServerState.LIVE


@pytest.mark.parametrize(
    "packet",
    [
        REQUEST,
        Update("TM2", "t"),
        Reply("TM2", OK),
        Telemetry("TM2"),
        PutContext("TM2", "c"),
        DeleteContext("TM2", "c"),
        Other("TM2", "ping"),
        Notification("TM2", "x"),
        ClientUpdate("TM2", "x"),
    ],
    ids=lambda packet: type(packet).__name__,
)
def test_nothing_comes_before_init(packet: Packet) -> None:
    service = ServerConnection()
    with pytest.raises(RemoteProtocolError, match=f"{type(packet).__name__} is not allowed while AWAITING_INIT"):
        service.receive(encode(packet), 0.0)


def test_init_comes_once() -> None:
    service = ServerConnection()
    init = encode(Init("TM1", "t"))
    service.receive(init, 0.0)
    with pytest.raises(RemoteProtocolError):
        service.receive(init, 0.0)
    with pytest.raises(RemoteProtocolError):
        live().receive(init, 0.0)
    with pytest.raises(LocalProtocolError):
        live().accept(continuation_token="c")


def test_a_request_has_to_wait_for_the_answer_to_init() -> None:
    service = ServerConnection()
    service.receive(encode(Init("TM1", "t")), 0.0)
    with pytest.raises(RemoteProtocolError, match="Request is not allowed while AUTHENTICATING"):
        service.receive(encode(REQUEST), 0.0)


def test_acknowledgements_count_as_a_sign_of_life_and_nothing_else() -> None:
    service = live()
    assert service.receive(acknowledge("N1"), 9.0) is None
    assert service.heard_at == 9.0


@pytest.mark.parametrize(
    "packet",
    [REQUEST, Update("TM2", "t"), Telemetry("TM2"), PutContext("TM2", "c"), DeleteContext("TM2", "c"), Other("a", "b")],
    ids=lambda packet: type(packet).__name__,
)
def test_everything_else_is_handed_out(packet: Packet) -> None:
    assert live().receive(encode(packet), 0.0) == packet


def test_a_close_of_the_client_is_its_last_word() -> None:
    for service in (live(), ServerConnection()):
        assert service.receive(encode(Close("TM2")), 0.0) == Close("TM2")
        assert state_of(service) is ServerState.CLOSED


def test_messages_are_bounded() -> None:
    service = ServerConnection(max_message=100)
    with pytest.raises(FramingError, match="100 are allowed"):
        service.receive(encode(Init("TM1", "t" * 100)), 0.0)
    big = encode(Request("TM2", GET, b"x" * 256 * 1024))
    with pytest.raises(FramingError, match="262144 are allowed"):
        live().receive(big, 0.0)


def test_repr_tells_the_state() -> None:
    assert repr(ServerConnection()) == "<ServerConnection AWAITING_INIT>"


# -- both sides, joined back to back ---------------------------------------------------------------------------------


class Pair:
    """A client and a service, and the messages between them."""

    def __init__(self) -> None:
        self.now = 0.0
        numbers = iter(range(1, 1000))
        self.client = ClientConnection(ids=lambda: f"{next(numbers):032x}")
        self.service = ServerConnection()
        self.connect("token")

    def connect(self, token: str) -> None:
        self.service = ServerConnection()
        if self.client.state is not ClientState.CONNECTING:
            self.client.connect()
        self.client.opened(token, self.now)

    def to_service(self) -> list[Packet]:
        packets = [self.service.receive(message, self.now) for message in self.client.data_to_send()]
        return [packet for packet in packets if packet is not None]

    def to_client(self, *messages: bytes) -> list[object]:
        return [happening for message in messages for happening in self.client.receive(message, self.now)]

    def accept(self) -> None:
        (init,) = self.to_service()
        assert isinstance(init, Init)
        (opened,) = self.to_client(self.service.accept(continuation_token="c", epoch="e"))
        assert isinstance(opened, Opened)


def test_a_request_and_its_response() -> None:
    pair = Pair()
    pair.accept()
    packet_id = pair.client.request(GET, b'{"a":1}', "application/json", 0.0)
    assert pair.to_service() == [Request(packet_id, GET, b'{"a":1}')]
    response = pair.service.respond(packet_id, Status(201, "Created"), b"{}", headers={"a": "b"})
    assert pair.to_client(response) == [Replied(packet_id, 201, "Created", {"a": "b"}, b"{}", "application/json")]
    assert pair.client.data_to_send() == []


def test_a_response_without_content() -> None:
    pair = Pair()
    pair.accept()
    packet_id = pair.client.request(GET, b"", "application/json", 0.0)
    pair.to_service()
    (replied,) = pair.to_client(pair.service.respond(packet_id, Status(204, "No Content")))
    assert replied == Replied(packet_id, 204, "No Content", {}, b"", "application/json")


def test_a_notification_and_its_acknowledgement() -> None:
    pair = Pair()
    pair.accept()
    event = Notification("N1", "twilio.sync.event", "", b"{}")
    assert pair.to_client(encode(event)) == [event]
    pair.now = 3.0
    assert pair.to_service() == []
    assert pair.service.heard_at == 3.0


def test_a_token_is_about_to_expire_and_is_updated() -> None:
    pair = Pair()
    pair.accept()
    assert pair.to_client(encode(ClientUpdate("N1", "token_about_to_expire"))) == [TokenAboutToExpire()]
    pair.client.update_token("newer", 0.0)
    (update,) = pair.to_service()
    assert isinstance(update, Update)
    assert update.token == "newer"
    assert pair.to_client(acknowledge(update.id)) == [TokenUpdated()]


def test_a_token_is_refused() -> None:
    pair = Pair()
    (init,) = pair.to_service()
    (denied,) = pair.to_client(pair.service.refuse(init.id, Status(401, "UNAUTHORIZED", error_code=20104)))
    assert isinstance(denied, Denied)
    assert denied.token_expired
    assert pair.to_service() == []  # its goodbye comes after our last word


def test_a_connection_is_refused_for_a_while() -> None:
    pair = Pair()
    (init,) = pair.to_service()
    (refused,) = pair.to_client(pair.service.refuse(init.id, Status(429, "TOO_MANY"), retry_after=2.5))
    assert isinstance(refused, Refused)
    assert refused.retry_after == 2.5


def test_a_client_is_sent_away_and_comes_back() -> None:
    pair = Pair()
    pair.accept()
    close = pair.service.close("N1", Status(308, "OFFLOAD"), write_backoff(1.0))
    assert pair.service.state is ServerState.CLOSED
    assert pair.to_client(close) == [CloseRequested(308, "OFFLOAD", 1.0, terminal=False)]
    assert pair.to_service() == []
    pair.client.closed(0.0)
    waiting = pair.client.request(GET, b"", "application/json", 0.0)
    pair.connect("token")
    pair.accept()
    assert pair.to_service() == [Request(waiting, GET)]
    assert pair.to_client(pair.service.close("N2", Status(401)))[0] == CloseRequested(401, "", None, terminal=True)


def test_a_client_says_goodbye() -> None:
    pair = Pair()
    pair.accept()
    pair.client.shutdown()
    (close,) = pair.to_service()
    assert isinstance(close, Close)
    assert pair.service.state is ServerState.CLOSED
    pair.client.closed(0.0)
    assert pair.client.state is ClientState.DISCONNECTED
