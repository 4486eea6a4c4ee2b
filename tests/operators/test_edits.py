"""What is done to a list, told briefly; and what leads from one list to another."""

from __future__ import annotations

import operator
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxconvo.model import Append, Diff, DiffBatch, Insert, Remove, Reset, Set, Truncate
from rxconvo.model.diffs import apply
from rxconvo.operators._edits import Edits, changes

Lists = st.lists(st.integers(0, 6), max_size=8)


def same(value: int) -> int:
    return value


def between(before: list[int], after: list[int]) -> list[Diff[int]]:
    return list(changes(before, after, same, operator.eq))


class TestEdits:
    @pytest.mark.parametrize(
        "work,diffs",
        [
            pytest.param(lambda e: (e.insert(3, 7), e.insert(4, 8)), (Append((7, 8)),), id="appended one by one"),
            pytest.param(lambda e: (e.append([7]), e.append([8, 9])), (Append((7, 8, 9)),), id="appended"),
            pytest.param(lambda e: e.append([]), (), id="nothing appended"),
            pytest.param(lambda e: (e.remove(2), e.remove(1)), (Truncate(1),), id="removed at the end"),
            pytest.param(lambda e: e.remove(0), (Remove(0),), id="removed"),
            pytest.param(lambda e: e.truncate(3), (), id="truncated to what it is"),
            pytest.param(lambda e: (e.append([7, 8]), e.remove(4)), (Append((7,)),), id="appended and some removed"),
            pytest.param(lambda e: (e.append([7, 8]), e.truncate(3)), (), id="appended and removed"),
            pytest.param(lambda e: (e.append([7]), e.truncate(2)), (Truncate(2),), id="appended, more removed"),
            pytest.param(
                lambda e: (e.truncate(2), e.append([7]), e.truncate(1)), (Truncate(1),), id="truncated, twice"
            ),
            pytest.param(lambda e: (e.insert(0, 7), e.set(1, 8)), (Insert(0, 7), Set(1, 8)), id="inserted, set"),
            pytest.param(lambda e: (e.set(0, 5), e.reset([7]), e.append([8])), (Reset((7, 8)),), id="reset"),
        ],
    )
    def test_briefly(self, work: Callable[[Edits[int]], object], diffs: tuple[Diff[int], ...]) -> None:
        edits = Edits[int]()
        edits.append([1, 2, 3])
        edits.take()
        work(edits)
        batch = edits.take()
        assert batch.diffs == diffs
        assert apply([1, 2, 3], batch) == tuple(edits.values)
        assert edits.take() == DiffBatch(())

    @given(st.data())
    def test_what_it_tells_leads_to_what_it_is(self, data: st.DataObject) -> None:
        edits, seen = Edits[int](), tuple[int, ...]()
        for number in range(data.draw(st.integers(0, 20))):
            place = data.draw(st.integers(0, len(edits)))
            steps: list[Callable[[], None]] = [
                lambda: edits.insert(place, number),  # noqa: B023 - called at once
                lambda: edits.append([number, number]),  # noqa: B023
                lambda: edits.truncate(place),  # noqa: B023
                lambda: edits.reset([number]),  # noqa: B023
                lambda: edits.replace(data.draw(Lists), same, operator.eq),
            ]
            if place < len(edits):
                steps += [lambda: edits.set(place, number), lambda: edits.remove(place)]  # noqa: B023
            data.draw(st.sampled_from(steps))()
            if data.draw(st.booleans()):
                seen = apply(seen, edits.take())
                assert seen == tuple(edits.values)
        assert apply(seen, edits.take()) == tuple(edits.values)


class TestChanges:
    @given(Lists, Lists)
    def test_they_lead_there(self, before: list[int], after: list[int]) -> None:
        assert apply(before, DiffBatch(tuple(between(before, after)))) == tuple(after)

    @given(st.lists(st.integers(0, 6), unique=True), st.lists(st.integers(0, 6), unique=True))
    def test_no_more_is_touched_than_has_to_be(self, before: list[int], after: list[int]) -> None:
        longest = 0  # common subsequence, by trying all of them
        for bits in range(1 << len(before)):
            kept = [value for place, value in enumerate(before) if bits >> place & 1]
            rest = iter(after)
            if all(value in rest for value in kept):
                longest = max(longest, len(kept))
        inserted = removed = 0
        length = len(before)
        for diff in between(before, after):
            match diff:
                case Insert():
                    inserted += 1
                case Append(values):
                    inserted += len(values)
                case Remove():
                    removed += 1
                case Truncate(left):
                    removed += length - left
                case _:
                    raise AssertionError(diff)
        assert (inserted, removed) == (len(after) - longest, len(before) - longest)

    @pytest.mark.parametrize(
        "before,after,diffs",
        [
            ([1, 2, 3], [1, 2, 3], []),
            ([], [1, 2], [Append((1, 2))]),
            ([1, 2], [], [Truncate(0)]),
            ([1, 2, 3], [1, 3], [Remove(1)]),
            ([1, 3], [1, 2, 3], [Insert(1, 2)]),
            ([1, 2, 3], [2, 3, 4], [Remove(0), Append((4,))]),
            ([1, 2, 3, 4], [1, 4, 2, 3], [Truncate(3), Insert(1, 4)]),
            ([1, 1], [1, 1, 1], [Append((1,))]),
            ([1, 2], [3, 4], [Truncate(0), Append((3, 4))]),
        ],
    )
    def test_examples(self, before: list[int], after: list[int], diffs: list[Diff[int]]) -> None:
        assert between(before, after) == diffs

    def test_the_same_thing_may_have_changed(self) -> None:
        before, after = [("a", 1), ("b", 1)], [("b", 2), ("a", 1), ("c", 1)]
        diffs = list(changes(before, after, lambda pair: pair[0], operator.eq))
        assert diffs == [Truncate(1), Insert(0, ("b", 2)), Append((("c", 1),))]
        assert list(changes(before, [("b", 2)], lambda pair: pair[0], operator.eq)) == [Remove(0), Set(0, ("b", 2))]
