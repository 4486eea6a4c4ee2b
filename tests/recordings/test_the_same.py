"""The law of recordings: played, they give the same events as the client that was recorded has had, to the bit."""

from __future__ import annotations

import math
from datetime import timedelta
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxconvo
from rxconvo.testing import advance, run
from tests.recordings.conftest import Ear, play_at_random, replayed, scene


def differences(heard: Ear, again: Ear) -> str:
    """Say where two ears differ first."""
    for number, (before, after) in enumerate(zip_longest(heard.heard, again.heard)):
        if before != after:
            return f"{number}: {before}\nthen: {after}"
    return ""


async def recorded_and_replayed(seed: int, acts: int, speed: float) -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "a.rxrec"
        async with scene(path, seed=seed, raw=True) as at:
            await play_at_random(at, seed, acts)
        again = await replayed(path, speed=speed)
        assert at.ear.heard == again.heard, differences(at.ear, again)


@given(seed=st.integers(0, 2**32), acts=st.integers(1, 40), speed=st.sampled_from([0.5, 1.0, 60.0, 1e6, math.inf]))
def test_any_session_is_the_same_at_any_speed(seed: int, acts: int, speed: float) -> None:
    run(lambda: recorded_and_replayed(seed, acts, speed))


@pytest.mark.parametrize("speed", [1.0, math.inf])
async def test_typing_ends_when_it_did(path: Path, speed: float) -> None:
    async with scene(path, raw=True) as at:
        his = await at.bob.get_conversation_by_sid(at.talks[0])
        await his.send_typing()
        await advance(3)
        await his.update_friendly_name("while he types")
        await advance(3)
        await his.update_friendly_name("in the very moment in which it ends")
        await advance(10)
    assert [name for name, _ in at.ear.heard if name in ("typing", "updated")].count("typing") == 2
    again = await replayed(path, speed=speed)
    assert at.ear.heard == again.heard


@pytest.mark.e2e
@pytest.mark.parametrize("seed", range(3))
async def test_over_sockets(path: Path, seed: int) -> None:
    async with scene(path, seed=seed, kind="websocket", raw=True) as at:
        await play_at_random(at, seed, 20)
    again = await replayed(path, speed=math.inf)
    assert at.ear.heard == again.heard, differences(at.ear, again)


async def test_a_broken_connection_and_a_refused_token_are_as_they_were(path: Path) -> None:
    async with scene(path, raw=True) as at:
        await at.world.restart(down=5.0)
        his = await at.bob.get_conversation_by_sid(at.talks[0])
        await his.send_message("after the restart")
        at.world.skew = timedelta(hours=2)
        at.world.lines["ada"].cut()
        await advance(10)
        at.world.skew = timedelta(0)
        await advance(60)
        await at.world.restart(forget=True)
        await advance(60)
    again = await replayed(path, speed=math.inf)
    assert at.ear.heard == again.heard, differences(at.ear, again)


def test_a_difference_would_be_found() -> None:
    before, after = Ear([("messages", 1), ("messages", 2)]), Ear([("messages", 1), ("messages", 3)])
    assert differences(before, after).startswith("1: ('messages', 2)")
    assert differences(before, before) == ""


async def test_a_recording_of_a_replay_is_the_same_too(path: Path) -> None:
    async with scene(path, seed=3, raw=True) as at:
        await play_at_random(at, 3, 30)
    again, ear = path.with_name("again.rxrec"), Ear()
    async with rxconvo.Replay(path) as replay, replay.client() as client:
        await ear.listen(client)
        async with client.record(again, raw=True):
            ear.heard.clear()
            await replay.play(speed=math.inf)
    assert ear.heard == at.ear.heard
    assert (await replayed(again, speed=math.inf)).heard == at.ear.heard
