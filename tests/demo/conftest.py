"""The corpus, read once, and a service to play on."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from rxconvo import Service
from rxconvo.demo.corpus import Corpus, load_corpus


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    return load_corpus()


@pytest.fixture
async def service() -> AsyncGenerator[Service]:
    async with Service() as service:
        yield service
