"""Faults of observers that nobody observes are logged, and had by who asks for them."""

from __future__ import annotations

import logging

import pytest

import rxconvo
from rxconvo.client.unheard import hearing, unheard


def fault(name: str) -> rxconvo.ObserverError:
    return rxconvo.ObserverError(name, LookupError(name))


def test_the_innermost_block_has_them_in_order(caplog: pytest.LogCaptureFixture) -> None:
    two, three, four = map(fault, ("two", "three", "four"))
    with hearing() as outer:
        unheard(two)
        with hearing() as inner:
            unheard(three)
            unheard(four)
    assert (outer, inner) == ([two], [three, four])
    assert [record.message.split()[3] for record in caplog.records] == ["two", "three", "four"]


def test_blocks_may_overlap() -> None:
    first, second = hearing(), hearing()
    one, two = first.__enter__(), second.__enter__()
    first.__exit__(None, None, None)
    unheard(fault("messages"))
    second.__exit__(None, None, None)
    assert (len(one), len(two)) == (0, 1)


@pytest.mark.parametrize(
    "error,told",
    [(rxconvo.ConnectionError("down"), False), (rxconvo.SyncError("list", 404, None, "gone"), True)],
)
def test_other_faults_are_logged_only(
    error: rxconvo.RxconvoError, told: bool, caplog: pytest.LogCaptureFixture
) -> None:
    error.__cause__ = OSError("no route")
    with hearing() as faults:
        unheard(error)
    assert faults == []
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("rxconvo", logging.WARNING)
    assert bool(record.exc_info) is told
