"""A world for each test, once in process in virtual time and once over real sockets."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from rxconvo.testing import World


@pytest.fixture(params=["memory", pytest.param("websocket", marks=[pytest.mark.e2e, pytest.mark.real_time])])
async def world(request: pytest.FixtureRequest) -> AsyncGenerator[World]:
    """Return a service whose clients reach it over lines that can fail."""
    async with World(request.param) as world:
        yield world
