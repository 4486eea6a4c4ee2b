from __future__ import annotations

from typing import get_args

import pytest

from rxconvo.wire import HttpRequest, Init, Packet, Reply, Request, Status


@pytest.mark.parametrize(
    "code, ok, answered",
    [
        (199, False, False),
        (200, True, True),
        (299, True, True),
        (308, False, False),
        (399, False, False),
        (400, False, True),
        (404, False, True),
        (429, False, False),
        (499, False, True),
        (500, False, False),
        (0, False, False),
    ],
)
def test_status_tells_success_and_decision(code: int, ok: bool, answered: bool) -> None:
    status = Status(code)
    assert (status.ok, status.answered) == (ok, answered)


@pytest.mark.parametrize("kind", get_args(Packet))
def test_packets_are_frozen_and_begin_with_their_id(kind: type[Packet]) -> None:
    config = kind.__struct_config__
    assert config.frozen
    assert kind.__struct_fields__[0] == "id"


def test_defaults_are_not_shared() -> None:
    assert HttpRequest("h", "/", "GET").params is not HttpRequest("h", "/", "GET").params
    assert Init("1", "t").metadata is not Init("1", "t").metadata
    assert Reply("1", Status(200)).http_headers is not Reply("1", Status(200)).http_headers


def test_a_request_is_json_for_the_chat_product_unless_told_otherwise() -> None:
    request = Request("1", HttpRequest("h", "/", "GET"))
    assert (request.payload, request.payload_type, request.active_grant) == (b"", "application/json", "ip_messaging")
