"""Expectations are said before they are compared, and tell what was not as expected."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest
import reactivex
from reactivex import operators as ops

from rxconvo.testing import MarbleError, Marbles


@pytest.fixture
async def marbles() -> Marbles:
    return Marbles()


async def test_what_is_said_after_the_flush_is_refused(marbles: Marbles) -> None:
    expectation = marbles.expect(marbles.hot("a"))
    await marbles.flush()
    with pytest.raises(MarbleError, match="said after `flush`"):
        expectation.to_be("b")
    assert expectation.seen == [(0.0, "next", "a")]


async def test_an_unexpected_error_is_told_with_its_place(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("-a-b").pipe(ops.map(lambda _: 1 / 0))).to_be("-a-b")
    with pytest.raises(MarbleError) as caught:
        await marbles.flush()
    assert "# is ZeroDivisionError('division by zero') from test_expectations.py:" in str(caught.value)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


async def test_another_error_than_the_expected_one_is_told_beside_it(marbles: Marbles) -> None:
    marbles.expect(marbles.cold("-#", error=KeyError("x"))).to_be("-#", error=ValueError)
    with pytest.raises(MarbleError) as caught:
        await marbles.flush()
    assert str(caught.value).endswith("  # is KeyError('x')\n  # was to be <class 'ValueError'>")
    assert isinstance(caught.value.__cause__, KeyError)


async def test_an_expected_error_at_another_moment_is_no_cause(marbles: Marbles) -> None:
    marbles.expect(marbles.cold("-#", error=KeyError("x"))).to_be("--#", error=KeyError)
    with pytest.raises(MarbleError, match="# is KeyError") as caught:
        await marbles.flush()
    assert caught.value.__cause__ is None


class Near:
    """Something that is equal to whatever is near it."""

    def __eq__(self, other: object) -> bool:
        return other == pytest.approx(1.0)

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    "expected,value",
    [({"ada": "online"}, MappingProxyType({"ada": "online"})), (1, 1.0), (Near(), 1.0), (None, None), (True, True)],
)
async def test_what_is_equal_is_the_same(marbles: Marbles, expected: Any, value: Any) -> None:
    marbles.expect(reactivex.of(value).pipe(ops.concat(reactivex.never()))).to_be("x", {"x": expected})
    await marbles.flush()


@pytest.mark.parametrize("expected,value", [(1, True), (False, 0), (1, "1"), ((1,), [1])])
async def test_what_is_not_is_not(marbles: Marbles, expected: Any, value: Any) -> None:
    marbles.expect(reactivex.of(value).pipe(ops.concat(reactivex.never()))).to_be("x", {"x": expected})
    with pytest.raises(MarbleError):
        await marbles.flush()
