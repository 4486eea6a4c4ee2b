from __future__ import annotations

import asyncio

from rxconvo.errors import ObserverError
from rxconvo.streams import Context, current_scheduler


async def test_a_fault_is_reported_and_handed_to_its_observer(faults: list[ObserverError]) -> None:
    context = Context(current_scheduler(), faults.append)
    cause = ValueError("boom")
    handed: list[Exception] = []
    context.failed("numbers", cause, handed.append)
    assert [(fault.stream, fault.__cause__) for fault in faults] == [("numbers", cause)]
    assert handed == [cause]


async def test_what_is_no_exception_is_handed_over_as_the_report(faults: list[ObserverError]) -> None:
    context = Context(current_scheduler(), faults.append)
    handed: list[Exception] = []
    context.failed("numbers", asyncio.CancelledError(), handed.append)
    assert handed == faults


async def test_the_same_error_is_reported_once(faults: list[ObserverError]) -> None:
    context = Context(current_scheduler(), faults.append)

    def raise_it_again(error: Exception) -> None:
        context.unhandled("numbers", error)
        raise error

    context.failed("numbers", ValueError("boom"), raise_it_again)
    assert len(faults) == 1
    context.failed("numbers", asyncio.CancelledError(), raise_it_again)
    assert len(faults) == 2


async def test_another_error_is_reported_too(faults: list[ObserverError]) -> None:
    context = Context(current_scheduler(), faults.append)

    def raise_another(_: Exception) -> None:
        raise KeyError("other")

    context.failed("numbers", ValueError("boom"), raise_another)
    assert [type(fault.__cause__) for fault in faults] == [ValueError, KeyError]


async def test_faults_within_faults_are_kept_apart(faults: list[ObserverError]) -> None:
    context = Context(current_scheduler(), faults.append)
    outer, inner = ValueError("outer"), ValueError("inner")

    def fail_again(_: Exception) -> None:
        context.failed("letters", inner, lambda error: context.unhandled("letters", error))
        context.unhandled("numbers", outer)

    context.failed("numbers", outer, fail_again)
    assert [fault.__cause__ for fault in faults] == [outer, inner]
