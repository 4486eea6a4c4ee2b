"""The typing machine, against the plainest machine that could be right."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rxconvo.model import TypingMachine, Typist


def test_the_deadline_moves_with_each_confirmation() -> None:
    machine = TypingMachine()
    machine.start(("CH1", "MB1"), 6.0)
    machine.start(("CH1", "MB1"), 9.0)
    assert machine.count == 1
    assert machine.advance(6.0) == []
    assert machine.next_deadline() == 9.0
    assert machine.advance(9.0) == [("CH1", "MB1")]
    assert machine.next_deadline() is None


def test_it_may_move_forward() -> None:
    machine = TypingMachine()
    machine.start(("CH1", "MB1"), 60.0)
    machine.start(("CH1", "MB1"), 5.0)
    assert machine.next_deadline() == 5.0
    assert machine.advance(5.0) == [("CH1", "MB1")]


def test_a_place_left_over_from_a_deadline_that_moved_means_nothing() -> None:
    machine = TypingMachine()
    machine.start(("CH1", "MB1"), 60.0)
    machine.start(("CH1", "MB1"), 5.0)
    machine.start(("CH1", "MB2"), 70.0)
    assert machine.advance(5.0) == [("CH1", "MB1")]
    assert machine.advance(60.0) == []
    assert machine.advance(70.0) == [("CH1", "MB2")]


def test_ended_and_begun_again_it_is_asked_for_at_the_new_deadline() -> None:
    machine = TypingMachine()
    machine.start(("CH1", "MB1"), 60.0)
    machine.start(("CH1", "MB2"), 60.0)
    assert machine.end(("CH1", "MB1"))
    assert not machine.end(("CH1", "MB1"))
    machine.start(("CH1", "MB1"), 7.0)
    assert machine.advance(7.0) == [("CH1", "MB1")]


def test_all_are_ended_in_the_order_in_which_they_began() -> None:
    machine = TypingMachine()
    for sid in ("MB1", "MB2", "MB3"):
        machine.start(("CH1", sid), 60.0)
    machine.end(("CH1", "MB1"))
    machine.start(("CH1", "MB1"), 60.0)
    machine.start(("CH1", "MB2"), 70.0)  # confirmed
    assert machine.clear() == [("CH1", "MB2"), ("CH1", "MB3"), ("CH1", "MB1")]
    assert machine.count == 0


def test_nobody_typing_leaves_nothing_behind() -> None:
    machine = TypingMachine()
    machine.start(("CH1", "MB1"), 60.0)
    machine.end(("CH1", "MB1"))
    assert machine.next_deadline() is None
    assert not machine._deadlines
    assert not machine._queue


TYPISTS: st.SearchStrategy[Typist] = st.tuples(st.sampled_from(["CH1", "CH2"]), st.sampled_from(["MB1", "MB2", "MB3"]))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("start"), TYPISTS, st.integers(1, 10)),
        st.tuples(st.just("end"), TYPISTS, st.just(0)),
        st.tuples(st.just("advance"), TYPISTS, st.integers(0, 8)),
        st.tuples(st.just("clear"), TYPISTS, st.just(0)),
    ),
    max_size=40,
)


@given(steps=STEPS)
def test_any_history_gives_what_the_plain_machine_gives(steps: list[tuple[str, Typist, int]]) -> None:
    machine = TypingMachine()
    plain: dict[Typist, float] = {}
    now = 1.0
    for step, typist, number in steps:
        if step == "start":
            machine.start(typist, now + number)
            plain[typist] = now + number
        elif step == "end":
            assert machine.end(typist) is (plain.pop(typist, None) is not None)
        elif step == "clear":
            assert set(machine.clear()) == set(plain)
            plain.clear()
        else:
            now += number
            due = sorted((deadline, key) for key, deadline in plain.items() if deadline <= now)
            assert machine.advance(now) == [key for _, key in due]
            for _, key in due:
                del plain[key]
        assert machine.count == len(plain)
        assert all(key in machine for key in plain)
        assert ("CH3", "MB1") not in machine
        deadline = machine.next_deadline()
        assert (deadline is None) is (not plain)
        assert deadline is None or deadline <= min(plain.values())
        assert len(machine._queue) <= 2 * len(steps)
