"""One service over sockets, and the Node process in which the official SDK runs."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

import rxconvo
from tests.mixed.sdk import Node, missing, node


@pytest.fixture
async def sdk() -> AsyncGenerator[Node]:
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    async with node() as running:
        yield running


@pytest.fixture
async def service() -> AsyncGenerator[rxconvo.Service]:
    """A service in which typing, once signalled, ends with a message and not by itself."""
    async with rxconvo.Service(options=rxconvo.ServerOptions(typing_timeout=600)) as running:
        yield running
