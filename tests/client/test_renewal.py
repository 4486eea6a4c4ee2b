"""Putting tokens in force, without a connection: what is used when, and who is told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rxconvo.client.renewal import Renewal
from rxconvo.client.tokens import Tokens
from rxconvo.errors import ConnectionError, DeniedError
from rxconvo.testing import advance, settle


class Desk:
    """A renewal, and what it does.

    Attributes:
        used: The tokens it made use of.
        reported: The failures it reported.
        live: Whether what is used is sent.
    """

    def __init__(self, tokens: Tokens, *, live: bool) -> None:
        self.used: list[str] = []
        self.reported: list[ConnectionError] = []
        self.live = live
        clock = asyncio.get_running_loop().time
        self.renewal = Renewal(tokens, use=self._use, report=self.reported.append, clock=clock)

    def _use(self, token: str) -> bool:
        self.used.append(token)
        return self.live


async def updating(desk: Desk, token: str) -> asyncio.Future[None]:
    """Have a token put in force, and return its update."""
    update = asyncio.ensure_future(desk.renewal.update(token))
    await settle()
    return update


async def test_a_token_that_was_sent_is_waited_for() -> None:
    desk = Desk(Tokens("old"), live=True)
    first, again = await updating(desk, "new"), await updating(desk, "new")
    assert desk.used == ["new"]
    assert not first.done()
    desk.renewal.settle()
    await asyncio.gather(first, again)


async def test_whoever_waits_is_told_of_a_refusal() -> None:
    desk = Desk(Tokens("old"), live=True)
    update = await updating(desk, "new")
    refusal = DeniedError("no", terminal=True)
    desk.renewal.settle(refusal)
    with pytest.raises(DeniedError) as caught:
        await update
    assert caught.value is refusal


async def test_a_token_for_the_next_connection_is_waited_for_only_where_the_last_one_was_spent() -> None:
    tokens = Tokens("old")
    desk = Desk(tokens, live=False)
    await desk.renewal.update("new")
    tokens.spend()
    update = await updating(desk, "newer")
    assert not update.done()
    desk.renewal.settle()
    await update
    assert desk.used == ["new", "newer"]


async def test_one_that_gave_up_waiting_is_told_nothing() -> None:
    desk = Desk(Tokens("old"), live=True)
    update = await updating(desk, "new")
    update.cancel()
    await settle()
    desk.renewal.settle(DeniedError("no", terminal=True))
    assert update.cancelled()


async def test_the_provider_is_asked_for_the_next_token_but_not_all_the_time() -> None:
    numbers = iter("abc")

    async def provide() -> str:
        return next(numbers)

    desk = Desk(Tokens(provide), live=True)
    for _ in range(5):
        desk.renewal.begin()
    await settle()
    assert desk.used == ["a"]
    desk.renewal.begin()
    await advance(9)
    assert desk.used == ["a"]
    await advance(2)
    assert desk.used == ["a", "b"]


async def test_a_provider_that_fails_is_reported() -> None:
    async def provide() -> str:
        raise LookupError("vault is sealed")

    desk = Desk(Tokens(provide), live=True)
    desk.renewal.begin()
    await settle()
    assert [type(error.__cause__) for error in desk.reported] == [LookupError]
    assert desk.used == []


async def test_at_the_end_nobody_waits_and_nobody_is_asked() -> None:
    asked: list[Any] = []

    async def provide() -> str:
        asked.append(await asyncio.get_running_loop().create_future())
        raise AssertionError

    desk = Desk(Tokens(provide), live=True)
    update = await updating(desk, "new")
    desk.renewal.begin()
    await settle()
    desk.renewal.close()
    with pytest.raises(ConnectionError) as caught:
        await update
    assert caught.value.terminal
    await settle()
    assert asked == desk.reported == []
