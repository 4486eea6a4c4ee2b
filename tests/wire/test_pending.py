from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rxconvo.wire.pending import Pending


def test_items_come_out_once() -> None:
    pending: Pending[str] = Pending()
    pending.add("a", 1.0, "x")
    assert "a" in pending
    assert (pending.pop("a"), pending.pop("a")) == ("x", None)
    assert "a" not in pending
    assert not pending


def test_a_deadline_is_reached_at_its_very_moment() -> None:
    pending: Pending[int] = Pending()
    pending.add("a", 1.0, 1)
    pending.add("b", 2.0, 2)
    pending.add("c", 3.0, 3)
    assert pending.next_deadline() == 1.0
    assert pending.expire(0.999) == []
    assert pending.expire(2.0) == [("a", 1), ("b", 2)]
    assert pending.next_deadline() == 3.0
    assert pending.clear() == [("c", 3)]
    assert pending.next_deadline() is None


def test_a_clock_that_starts_anew_after_clear_is_fine() -> None:
    pending: Pending[int] = Pending()
    pending.add("a", 100.0, 1)
    pending.clear()
    pending.add("b", 1.0, 2)
    pending.add("c", 2.0, 3)
    assert pending.expire(5.0) == [("b", 2), ("c", 3)]


@given(st.lists(st.floats(0, 100), max_size=30), st.floats(0, 100))
def test_deadlines_may_come_in_any_order(deadlines: list[float], now: float) -> None:
    pending: Pending[float] = Pending()
    for number, deadline in enumerate(deadlines):
        pending.add(str(number), deadline, deadline)
    assert pending.next_deadline() == min(deadlines, default=None)
    assert [item for _, item in pending.expire(now)] == sorted(d for d in deadlines if d <= now)
    assert [item for _, item in pending.clear()] == sorted(d for d in deadlines if d > now)


class Model(RuleBasedStateMachine):
    """`Pending` against a plain dict."""

    def __init__(self) -> None:
        super().__init__()
        self.pending: Pending[int] = Pending()
        self.model: dict[str, float] = {}
        self.count = 0

    @rule(deadline=st.floats(0, 50))
    def add(self, deadline: float) -> None:
        self.count += 1
        self.pending.add(str(self.count), deadline, self.count)
        self.model[str(self.count)] = deadline

    @rule(which=st.integers(1, 20))
    def pop(self, which: int) -> None:
        known = self.model.pop(str(which), None) is not None
        assert self.pending.pop(str(which)) == (which if known else None)

    @rule(now=st.floats(0, 50))
    def expire(self, now: float) -> None:
        expected = {item_id for item_id, deadline in self.model.items() if deadline <= now}
        assert {item_id for item_id, _ in self.pending.expire(now)} == expected
        self.model = {item_id: at for item_id, at in self.model.items() if item_id not in expected}

    @rule()
    def clear(self) -> None:
        assert [item_id for item_id, _ in self.pending.clear()] == sorted(self.model, key=self.model.__getitem__)
        self.model.clear()

    @invariant()
    def same(self) -> None:
        assert len(self.pending) == len(self.model)
        assert self.pending.next_deadline() == min(self.model.values(), default=None)


TestModel = Model.TestCase
