"""What the tests of streams share: where faults are reported, and a hub that reports there."""

from __future__ import annotations

import pytest

from rxconvo.errors import ObserverError
from rxconvo.streams import Delivery, Hub, current_scheduler


@pytest.fixture
def faults() -> list[ObserverError]:
    return []


@pytest.fixture
async def delivery(faults: list[ObserverError]) -> Delivery:
    return Delivery(current_scheduler(), faults.append)


@pytest.fixture
async def hub(faults: list[ObserverError]) -> Hub:
    return Hub(faults.append)
