"""The pytest plugin: asynchronous tests on virtual time, which fail if they leave anything behind.

It comes with the package and does nothing until it is asked to, for all asynchronous tests in pytest's configuration:

    [tool.pytest.ini_options]
    asyncio_mode = "auto"
    rxconvo_time = "virtual"  # or "real"

or for one test, class or module with a mark, which goes before the configuration:

    @pytest.mark.virtual_time
    async def test_typing_expires() -> None: ...

    @pytest.mark.real_time
    async def test_over_a_real_socket() -> None: ...

The fixture `rxconvo_world` is a `World` that ends with the test:

    async def test_lunch(rxconvo_world: World) -> None:
        ada, bob = await rxconvo_world.clients("ada", "bob")

The fixture `rxconvo_recording` is a `Replay` of the recording that a mark names, beside the test's own file, so that an
incident becomes a regression test:

    @pytest.mark.rxconvo_recording("incident.rxrec")
    async def test_the_incident(rxconvo_recording: Replay) -> None:
        bodies = await rxconvo_recording.collect(lambda client: client.messages.added.map(lambda m: m.body))
        assert len(bodies) == 17

On virtual time the test runs on a `VirtualLoop`, on real time on a `RealLoop`. Either way it fails

- if a diagram of `Marbles` was never played, or nothing came of an `expect`,
- if an observer has raised and nobody observed that client's `errors` (unless within `observers_may_raise`),
- if, when it and its fixtures are done, a task, timer, descriptor or thread is left, or if an exception has reached
  the loop's handler. (Subscriptions end with their client; `World.released` finds those that are left before.)

The first two hold for all tests that the setting or mark reaches. The tests are run by pytest-asyncio; without it there
are no asynchronous tests, and this plugin does nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest

from rxconvo.testing.loop import virtual_loop_factory
from rxconvo.testing.timers import RealLoop

__all__ = ["pytest_addoption", "pytest_asyncio_loop_factories", "pytest_configure", "time_of"]

_SETTING = "rxconvo_time"

_FACTORIES: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "virtual": virtual_loop_factory,
    "real": RealLoop,
    "": asyncio.new_event_loop,  # what pytest-asyncio does by itself
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the setting."""
    parser.addini(
        _SETTING, "what time asynchronous tests run on: virtual, real, or empty to leave them alone", default=""
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marks, check the setting, and register the checks."""
    config.addinivalue_line("markers", "virtual_time: run this asynchronous test on virtual time, and check for leaks")
    config.addinivalue_line("markers", "real_time: run this asynchronous test on real time, and check for leaks")
    config.addinivalue_line("markers", "rxconvo_recording(path): what the fixture of that name plays")
    if config.getini(_SETTING) not in _FACTORIES:
        raise pytest.UsageError(f"{_SETTING} must be virtual, real or empty, not {config.getini(_SETTING)!r}")
    if config.pluginmanager.hasplugin("asyncio"):
        config.pluginmanager.import_plugin("rxconvo.testing.checks")


@pytest.hookimpl(optionalhook=True, trylast=True)
def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Tell pytest-asyncio which loop a test runs on."""
    time = time_of(item)
    return {time or "asyncio": _FACTORIES[time]}


def time_of(item: pytest.Item) -> str:
    """Tell which time a test wants, by the nearest mark or else by the setting.

    Args:
        item: A test.

    Returns:
        `virtual`, `real`, or nothing where the test is to be left alone.
    """
    for mark in item.iter_markers():
        if mark.name in ("virtual_time", "real_time"):
            return mark.name.removesuffix("_time")
    return str(item.config.getini(_SETTING))
