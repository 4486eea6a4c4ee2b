from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxconvo.client.backoff import Backoff
from rxconvo.client.options import BackoffPolicy

POLICY = BackoffPolicy(minimum=1.0, maximum=120.0, randomness=0.2)

policies = st.builds(
    lambda minimum, factor, randomness: BackoffPolicy(minimum=minimum, maximum=minimum * factor, randomness=randomness),
    st.floats(0.001, 10),
    st.floats(1, 1000),
    st.floats(0, 1),
)


def always(chance: float) -> Callable[[], float]:
    return lambda: chance


def steady(policy: BackoffPolicy = POLICY) -> Backoff:
    """Return a series that chance does not vary."""
    return Backoff(policy, chance=always(0.5))


def drawn(chances: list[float]) -> Callable[[], float]:
    numbers: Iterator[float] = iter(chances)
    return lambda: next(numbers)


def test_delays_double_from_the_minimum_to_the_maximum() -> None:
    backoff = steady()
    delays = [backoff.next_delay() for _ in range(12)]
    assert delays[0] == POLICY.minimum
    rising = delays[: delays.index(POLICY.maximum) + 1]
    assert all(later == min(2 * earlier, POLICY.maximum) for earlier, later in pairwise(rising))
    assert set(delays[len(rising) :]) == {POLICY.maximum}


@given(policies, st.lists(st.floats(0, 1, exclude_max=True), min_size=12, max_size=12))
def test_each_delay_stays_within_the_policys_share_of_the_unvaried_one(
    policy: BackoffPolicy, chances: list[float]
) -> None:
    varied, unvaried = Backoff(policy, chance=drawn(chances)), steady(policy)
    for _ in chances:
        base = unvaried.next_delay()
        spread = base * (policy.randomness + 1e-12)
        assert base - spread <= varied.next_delay() <= base + spread


@pytest.mark.parametrize("chance, share", [(0.0, -1), (0.5, 0), (1.0, 1)])
def test_the_whole_share_is_made_use_of(chance: float, share: int) -> None:
    delay = Backoff(POLICY, chance=always(chance)).next_delay()
    assert delay == pytest.approx(POLICY.minimum * (1 + share * POLICY.randomness))


def test_chance_does_not_add_up_from_delay_to_delay() -> None:
    backoff = Backoff(POLICY, chance=drawn([1.0, 1.0, 0.5]))
    backoff.next_delay()
    backoff.next_delay()
    assert backoff.next_delay() == 4 * POLICY.minimum


def test_reset_starts_the_series_anew() -> None:
    backoff = steady()
    first = [backoff.next_delay() for _ in range(4)]
    backoff.reset()
    assert [backoff.next_delay() for _ in range(4)] == first


def test_a_longer_wish_of_the_service_replaces_the_next_delay_and_carries_on() -> None:
    backoff = steady()
    assert [backoff.next_delay(at_least=5.0), backoff.next_delay()] == [5.0, 10.0]


def test_a_shorter_wish_of_the_service_changes_nothing() -> None:
    backoff = steady()
    backoff.next_delay()
    assert backoff.next_delay(at_least=0.5) == 2 * POLICY.minimum


def test_a_wish_above_the_maximum_holds_and_does_not_grow() -> None:
    backoff = steady(BackoffPolicy(minimum=1.0, maximum=10.0))
    assert [backoff.next_delay(at_least=60.0), backoff.next_delay()] == [60.0, 60.0]


def test_a_wish_above_the_maximum_is_forgotten_by_reset() -> None:
    backoff = steady(BackoffPolicy(minimum=1.0, maximum=10.0))
    backoff.next_delay(at_least=60.0)
    backoff.reset()
    assert backoff.next_delay() == 1.0
