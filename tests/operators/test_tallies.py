"""What a tally keeps in mind is bounded, whatever happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import reactivex
from reactivex import Observable

from rxconvo.model import Message
from rxconvo.operators._tallies import MOST, Counted, Paged


@dataclass
class Page:
    """The newest of some messages by others, and the way to those before."""

    indices: Sequence[int]
    size: int

    @property
    def items(self) -> list[Message]:
        return [Message(sid=f"IM{index}", index=index, author="bob") for index in self.indices[-self.size :]]

    @property
    def has_prev_page(self) -> bool:
        return len(self.indices) > self.size

    def prev_page(self) -> Observable[Page]:
        return reactivex.just(Page(self.indices[: -self.size], self.size))


def paged(indices: Sequence[int]) -> Paged:
    return Paged("ada", lambda size: reactivex.just(Page(indices, size)))


def read(tally: Paged, horizon: int | None) -> int | None:
    while tally.count(horizon) is None:
        tally.query(horizon).subscribe(tally.answered)
    return tally.count(horizon)


def test_what_is_read_is_not_kept() -> None:
    tally = paged(range(1000))
    assert read(tally, 989) == 10
    assert len(tally._others) == 10
    assert tally._page is None
    assert tally._told is None


def test_of_very_many_only_the_newest_are_kept() -> None:
    tally = paged(range(10))
    assert read(tally, None) == 10
    for index in range(10, 2 * MOST):
        tally.present(index, mine=False, new=True)
    assert len(tally._others) == MOST == tally.count(None)


def test_what_comes_during_a_query_is_not_kept_without_end() -> None:
    tally = paged(range(3 * MOST))
    tally.query(None)
    for index in range(3 * MOST):
        tally.present(index, mine=False, new=True)
        assert len(tally._told or ()) <= MOST
    assert len(tally._others) == MOST


def test_an_answer_is_worth_nothing_when_too_much_came_meanwhile() -> None:
    tally = paged(range(3))
    query = tally.query(None)
    for index in range(MOST + 1):
        tally.removed(index, mine=None)
    query.subscribe(tally.answered)
    assert tally.count(None) is None


def test_what_came_after_a_number_becomes_part_of_it() -> None:
    tally = Counted(lambda: reactivex.just(5))
    tally.query(None).subscribe(tally.answered)
    arrivals = range(5, MOST + 105)
    for index in arrivals:
        tally.present(index, mine=False, new=True)
    assert tally.count(None) == MOST
    assert len(tally._others) == MOST
    for index in arrivals:
        tally.removed(index, mine=False)
    assert tally.count(None) == 5
