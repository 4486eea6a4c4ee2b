"""The checks around each test, and a world for it, which `rxconvo.testing.plugin` registers.

They are there if pytest-asyncio is. What a test does is checked at its own end, so that it fails itself; what its
fixtures do, and what is left behind, can be known only after them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from rxconvo.testing.leaks import LeakError, held, leaks_since
from rxconvo.testing.plugin import time_of
from rxconvo.testing.unhandled import no_unhandled

if TYPE_CHECKING:
    from rxconvo.client.replay import Replay
    from rxconvo.testing.world import World

__all__ = [
    "pytest_pyfunc_call",
    "pytest_runtest_call",
    "pytest_runtest_makereport",
    "rxconvo_checks",
    "rxconvo_leaves_nothing",
    "rxconvo_recording",
    "rxconvo_settled",
    "rxconvo_world",
]

_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note which tests failed: what those leave behind is no news."""
    report = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Let the `rxconvo_world` of a test come to its end within the test, as far as it is to be compared."""
    __tracebackhide__ = True
    fixtures: dict[str, Any] = getattr(item, "funcargs", {})
    if isinstance(item, pytest.Function) and "rxconvo_world" in fixtures and pytest_asyncio.is_async_test(item):
        item.obj = _verifying(item.obj, fixtures["rxconvo_world"])
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Fail a test that leaves diagrams unplayed, or whose observers have raised."""
    __tracebackhide__ = True  # where it was noticed is of no interest
    if not time_of(pyfuncitem):
        return (yield)
    with _settling():
        return (yield)


@pytest.fixture(autouse=True)
def rxconvo_checks(request: pytest.FixtureRequest) -> None:
    """Apply the others where they belong: outside all other fixtures."""
    if time_of(request.node):
        request.getfixturevalue("rxconvo_settled")
    if _is_checked(request.node):
        request.getfixturevalue("rxconvo_leaves_nothing")


@pytest.fixture
def rxconvo_settled(request: pytest.FixtureRequest) -> Generator[None]:
    """Fail the test if its fixtures leave diagrams unplayed, or if observers have raised meanwhile."""
    found: list[str] = []
    try:
        with _settling():
            yield
    except AssertionError as error:
        found.append(str(error))
    if found and not request.node.stash.get(_FAILED, False):
        pytest.fail(found[0], pytrace=False)


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


@pytest_asyncio.fixture(loop_scope="function")
async def rxconvo_recording(request: pytest.FixtureRequest) -> AsyncGenerator[Replay]:
    """Return a `Replay` of the recording that the mark `rxconvo_recording` names, beside the test's file."""
    from rxconvo.client.replay import Replay  # noqa: PLC0415 - as above
    from rxconvo.errors import RecordingError  # noqa: PLC0415 - as above

    mark = request.node.get_closest_marker("rxconvo_recording")
    if mark is None or len(mark.args) != 1:
        pytest.fail('which recording? @pytest.mark.rxconvo_recording("PATH") names it', pytrace=False)
    replay = Replay(request.path.parent / mark.args[0])
    try:
        await replay.start()
    except RecordingError as error:
        pytest.fail(str(error), pytrace=False)
    async with replay:
        yield replay


@contextmanager
def _settling() -> Generator[None]:
    __tracebackhide__ = True
    # Not loaded before: this plugin is part of every run of pytest.
    from rxconvo.testing.marbles import no_unplayed  # noqa: PLC0415
    from rxconvo.testing.observers import no_observer_raises  # noqa: PLC0415

    with no_observer_raises(), no_unplayed():
        yield


def _verifying(test: Callable[..., Awaitable[None]], world: World) -> Callable[..., Awaitable[None]]:
    @wraps(test)
    async def verifying(*args: Any, **kwargs: Any) -> None:
        await test(*args, **kwargs)
        await world.verify()

    return verifying


def _is_checked(item: pytest.Item) -> bool:
    """Tell whether pytest-asyncio runs this test on a loop of ours that is made for this test alone."""
    mark = item.get_closest_marker("asyncio")
    if mark is None or not pytest_asyncio.is_async_test(item) or not time_of(item):
        return False
    scope = mark.kwargs.get("loop_scope") or item.config.getini("asyncio_default_test_loop_scope")
    return str(scope) == "function"
