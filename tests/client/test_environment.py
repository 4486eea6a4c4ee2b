from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime

import pytest

from rxconvo.client.environment import Environment
from rxconvo.testing import seeded_ids
from rxconvo.testing.loop import EPOCH


def test_ids_are_hexadecimal_and_differ() -> None:
    ids = [Environment().ids() for _ in range(100)]
    assert len(set(ids)) == len(ids)
    assert all(len(bytes.fromhex(each)) == 16 for each in ids)


def test_secrets_are_long_enough_for_a_signing_key_and_differ() -> None:
    secrets = [Environment().secrets() for _ in range(10)]
    assert len(set(secrets)) == len(secrets)
    assert all(len(secret) >= 32 for secret in secrets)


def test_chance_is_a_share() -> None:
    assert all(0 <= Environment().chance() < 1 for _ in range(100))


def test_a_uuid_is_the_next_id_with_hyphens() -> None:
    environment = Environment(ids=seeded_ids("a"))
    assert uuid.UUID(environment.uuid()).hex == seeded_ids("a")()


async def test_the_time_of_day_is_that_of_a_virtual_loop() -> None:
    await asyncio.sleep(3600)
    assert (Environment().wall() - EPOCH).total_seconds() == 3600


@pytest.mark.real_time
async def test_the_time_of_day_is_the_real_one_elsewhere() -> None:
    before = datetime.now(UTC)
    assert before <= Environment().wall() <= datetime.now(UTC)


def test_the_time_of_day_needs_no_loop() -> None:
    before = datetime.now(UTC)
    assert before <= Environment().wall() <= datetime.now(UTC)
