"""What a client says of a connection that fails or is refused: each situation, with all fields.

Source: Errors, connection errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

import rxconvo
from rxconvo.errors import ConnectionError, DeniedError
from rxconvo.testing import advance, settle
from rxconvo.wire.packets import Close, Init, Packet, Reply, Status

SECONDS = 3.0  # time for the next attempt


def fields(errors: Sequence[ConnectionError]) -> list[tuple[bool, int | None, int | None]]:
    return [(error.terminal, error.http_status_code, error.error_code) for error in errors]


@pytest.fixture
async def errors(ada: rxconvo.Client) -> list[Any]:
    collected: list[Any] = []
    ada.errors.subscribe(collected.append)
    return collected


def answering_init(world: Any, status: Status) -> None:
    """Have the service answer each `init` of ada's client like that."""
    world.line("ada").replying = lambda packet: [Reply(packet.id, status)] if isinstance(packet, Init) else None


async def test_a_socket_that_cannot_be_opened(world: Any, ada: rxconvo.Client, errors: list[Any]) -> None:
    world.line("ada").down()
    await advance(SECONDS)
    assert len(errors) > 1
    assert set(fields(errors)) == {(False, None, None)}
    assert errors[-1].message == str(errors[-1]) == "the line is down"
    world.line("ada").up = True
    await advance(10)
    assert ada.connection_state.value == "connected"


@pytest.mark.parametrize("code", [401, 403])
async def test_a_refused_token(world: Any, service: rxconvo.Service, code: int) -> None:
    ada = await world.client("ada", token=service.token("ada"))
    errors: list[Any] = []
    ada.errors.subscribe(errors.append)
    answering_init(world, Status(code, "UNAUTHORIZED", "Invalid Access Token", 20101))
    world.line("ada").cut()
    await advance(600)
    refused = [error for error in errors if error.http_status_code is not None]
    assert fields(refused) == [(True, code, 20101)]
    assert isinstance(refused[0], DeniedError)
    assert refused[0].message == "Connection error: Invalid Access Token"
    assert ada.connection_state.value == "denied"
    world.line("ada").replying = lambda _: None
    await ada.update_token(service.token("ada"))
    await settle()
    assert ada.connection_state.value == "connected"


@pytest.mark.parametrize("code", [429, 500, 503, 400])
async def test_any_other_refusal(world: Any, ada: rxconvo.Client, errors: list[Any], code: int) -> None:
    answering_init(world, Status(code, "BUSY", error_code=51202))
    world.line("ada").cut()
    await advance(SECONDS)
    refused = [error for error in errors if error.http_status_code is not None]
    assert set(fields(refused)) == {(False, code, 51202)}
    assert refused[0].message == "Connection error: Transport failure: BUSY"
    world.line("ada").replying = lambda _: None
    await advance(30)
    assert ada.connection_state.value == "connected"


async def test_an_init_that_is_not_answered(world: Any, ada: rxconvo.Client, errors: list[Any]) -> None:
    def silent(packet: Packet) -> list[Packet] | None:
        return [] if isinstance(packet, Init) else None

    world.line("ada").replying = silent
    world.line("ada").cut()
    await advance(60)
    assert set(fields(errors)) == {(False, None, None)}  # the official library says that it does not come back
    world.line("ada").replying = lambda _: None
    await advance(60)
    assert ada.connection_state.value == "connected"


@pytest.mark.parametrize(
    "status,message",
    [
        (Status(406, "NOT_ACCEPTABLE", "Too old", 51201), "Connection error: Too old"),
        (Status(406, "NOT_ACCEPTABLE", error_code=51201), "Connection error: Transport failure: NOT_ACCEPTABLE"),
        (Status(406, "", error_code=51201), "Connection error: Transport failure: 406"),
    ],
)
async def test_a_close_for_good(
    world: Any, ada: rxconvo.Client, errors: list[Any], status: Status, message: str
) -> None:
    world.line("ada").tell(Close("close", status))
    await settle()
    assert fields(errors) == [(True, 406, 51201)]
    assert errors[0].message == message
    await advance(600)
    assert ada.connection_state.value == "disconnected"
    assert world.line("ada").opened == 1


async def test_an_offload_is_no_error(world: Any, ada: rxconvo.Client, errors: list[Any]) -> None:
    world.line("ada").tell(Close("close", Status(308, "OFFLOAD")))
    await advance(10)
    assert errors == []
    assert world.line("ada").opened == 2
