from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rxconvo.testing import UnhandledError, no_unhandled, settle


def fail() -> None:
    raise ZeroDivisionError("by zero")


async def test_a_quiet_block_passes() -> None:
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    with no_unhandled(loop):
        loop.call_soon(int)
        await settle()
    assert loop.get_exception_handler() is before


async def test_an_exception_of_a_callback_is_found_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.get_running_loop()
    report = r"Exception in callback fail.*ZeroDivisionError"
    with pytest.raises(UnhandledError, match=report) as caught, no_unhandled(loop):
        loop.call_soon(fail)
        await settle()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert "Exception in callback fail" in caplog.text


async def test_an_exception_that_nobody_retrieved_is_found() -> None:
    async def failing() -> None:
        fail()

    with pytest.raises(UnhandledError, match="never retrieved"), no_unhandled(asyncio.get_running_loop()):
        task = asyncio.create_task(failing())
        await settle()
        del task


async def test_a_report_without_an_exception_is_found() -> None:
    loop = asyncio.get_running_loop()
    with pytest.raises(UnhandledError, match="something: None"), no_unhandled(loop):
        loop.call_exception_handler({"message": "something"})


async def test_whoever_expects_a_report_sets_a_handler() -> None:
    loop = asyncio.get_running_loop()
    reports: list[dict[str, Any]] = []
    with no_unhandled(loop):
        loop.set_exception_handler(lambda _, context: reports.append(context))
        loop.call_soon(fail)
        await settle()
    assert len(reports) == 1


async def test_an_error_of_the_block_counts_more() -> None:
    loop = asyncio.get_running_loop()
    with pytest.raises(KeyError), no_unhandled(loop):
        loop.call_soon(fail)
        await settle()
        raise KeyError
