"""The guide's test of a recording runs where it is copied to: a project of somebody else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rxconvo.testing import advance, run
from tests.recordings.conftest import scene

GUIDE = Path(__file__).parents[2] / "docs" / "recordings.md"


def test_the_guides_test_runs_in_another_project(pytester: pytest.Pytester) -> None:
    async def record() -> None:
        async with scene(pytester.path / "lunch.rxrec", raw=True) as at:
            his = await at.bob.get_conversation_by_sid(at.talks[0])
            await his.send_typing()
            await advance(3)
            await his.send_message("pizza?")
            await advance(1)

    run(record)
    (code,) = re.findall(r"^```py\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(code)
    pytester.runpytest_subprocess("-p", "rxconvo.testing.plugin").assert_outcomes(passed=1)
