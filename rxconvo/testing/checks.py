"""The checks around each asynchronous test, and a world for it, which `rxconvo.testing.plugin` registers.

They are there if pytest-asyncio is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from rxconvo.testing.leaks import LeakError, held, leaks_since
from rxconvo.testing.plugin import time_of
from rxconvo.testing.unhandled import no_unhandled

if TYPE_CHECKING:
    from rxconvo.testing.world import World

__all__ = ["pytest_runtest_makereport", "rxconvo_checks", "rxconvo_leaves_nothing", "rxconvo_world"]

_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note which tests failed: what those leave behind is no news."""
    report = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    return report


@pytest.fixture(autouse=True)
def rxconvo_checks(request: pytest.FixtureRequest) -> None:
    """Apply `rxconvo_leaves_nothing` where it belongs: outside all other fixtures of an asynchronous test."""
    if _is_checked(request.node):
        request.getfixturevalue("rxconvo_leaves_nothing")


@pytest_asyncio.fixture(loop_scope="function")
async def rxconvo_leaves_nothing(request: pytest.FixtureRequest) -> AsyncGenerator[None]:
    """Fail the test if it and its fixtures leave something behind, or if the loop was told of an exception."""
    with no_unhandled(asyncio.get_running_loop()):
        before = held()
        yield
        if not request.node.stash.get(_FAILED, False) and (leaks := await leaks_since(before)):
            pytest.fail(str(LeakError(leaks)), pytrace=False)  # where it was noticed is of no interest


@pytest_asyncio.fixture(loop_scope="function")
async def rxconvo_world() -> AsyncGenerator[World]:
    """Return a `World`, in process, which ends with the test."""
    from rxconvo.testing.world import World  # noqa: PLC0415 - this plugin is part of every run of pytest

    async with World() as world:
        yield world


def _is_checked(item: pytest.Item) -> bool:
    """Tell whether pytest-asyncio runs this test on a loop of ours that is made for this test alone."""
    mark = item.get_closest_marker("asyncio")
    if mark is None or not pytest_asyncio.is_async_test(item) or not time_of(item):
        return False
    scope = mark.kwargs.get("loop_scope") or item.config.getini("asyncio_default_test_loop_scope")
    return str(scope) == "function"
