"""Which values wait."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxconvo.errors import ArgumentError
from rxconvo.model import Append, DiffBatch, Reset, Truncate
from rxconvo.streams import Backlog, Overflow
from rxconvo.streams.backlog import check_overflow


def appended(*values: int) -> DiffBatch[int]:
    return DiffBatch((Append(values),))


@pytest.mark.parametrize(
    "overflow, kept, dropped",
    [("error", [1, 2], 0), ("disconnect", [1, 2], 0), ("drop_oldest", [2, 3], 1), ("drop_newest", [1, 2], 1)],
)
def test_policies(overflow: Overflow, kept: list[int], dropped: int) -> None:
    backlog = Backlog[int](2, overflow)
    assert [backlog.put(value) for value in (1, 2, 3)] == [True, True, overflow.startswith("drop")]
    assert (list(backlog.items), backlog.dropped) == (kept, dropped)


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 4), st.sampled_from(["drop_oldest", "drop_newest"]))
def test_never_more_than_the_limit_and_none_unaccounted_for(puts: list[bool], limit: int, overflow: Overflow) -> None:
    backlog = Backlog[int](limit, overflow)
    taken = put = 0
    for puts_one in puts:
        if puts_one:
            backlog.put(put)
            put += 1
        elif backlog.items:
            backlog.take()
            taken += 1
        assert len(backlog.items) <= limit
        assert taken + len(backlog.items) + backlog.dropped == put


def test_a_reset_has_what_was_taken_too() -> None:
    backlog = Backlog[DiffBatch[int]](1, "reset")
    backlog.put(appended(1, 2))
    assert backlog.take() == appended(1, 2)
    backlog.put(appended(3))
    backlog.put(DiffBatch((Truncate(2), Append((4,)))))
    assert list(backlog.items) == [DiffBatch((Reset((1, 2, 4)),))]
    assert backlog.dropped == 1
    backlog.take()
    backlog.put(appended(5))
    backlog.put(appended(6))
    assert backlog.take() == DiffBatch((Reset((1, 2, 4, 5, 6)),))


def test_a_reset_needs_diffs() -> None:
    backlog = Backlog[int](1, "reset")
    backlog.put(1)
    with pytest.raises(ArgumentError, match="reset is for diffs"):
        backlog.put(2)


def test_no_such_policy() -> None:
    check_overflow("overflow", "reset")
    with pytest.raises(ArgumentError, match="overflow must be one of error, disconnect"):
        check_overflow("overflow", "block")
