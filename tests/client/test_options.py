from __future__ import annotations

from typing import Any

import pytest

from rxconvo.client.options import BackoffPolicy, ClientOptions
from rxconvo.errors import ArgumentError

DURATIONS = ["linger", "echo_timeout", "connect_timeout", "request_timeout", "queue_timeout"]
COUNTS = ["max_queued", "kept_messages", "max_message"]
NO_NUMBERS = ["1", None, True, float("nan"), float("inf"), -0.5]


@pytest.mark.parametrize("value", NO_NUMBERS)
@pytest.mark.parametrize("field", DURATIONS)
def test_a_duration_is_a_finite_number_and_not_negative(field: str, value: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        ClientOptions(**{field: value})
    assert caught.value.field == field
    assert "seconds" in str(caught.value)


@pytest.mark.parametrize("field", ["linger", "echo_timeout"])
def test_what_is_waited_besides_may_be_nothing(field: str) -> None:
    assert getattr(ClientOptions(**{field: 0}), field) == 0  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["connect_timeout", "request_timeout", "queue_timeout"])
def test_a_timeout_is_more_than_nothing(field: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        ClientOptions(**{field: 0})  # type: ignore[arg-type]
    assert caught.value.field == field


@pytest.mark.parametrize("value", [0, -1, 1.5, "1", None, True])
@pytest.mark.parametrize("field", COUNTS)
def test_a_bound_is_a_whole_number_of_at_least_one(field: str, value: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        ClientOptions(**{field: value})
    assert caught.value.field == field


@pytest.mark.parametrize("watch", ["documents", "all", "none"])
def test_three_ways_to_watch_are_known(watch: Any) -> None:
    assert ClientOptions(watch=watch).watch == watch


@pytest.mark.parametrize("watch", ["", "ALL", None, ["all"]])
def test_other_ways_to_watch_are_refused(watch: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        ClientOptions(watch=watch)
    assert caught.value.field == "watch"


@pytest.mark.parametrize("backoff", [1.0, None, {"minimum": 1}])
def test_the_delays_are_a_policy(backoff: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        ClientOptions(backoff=backoff)
    assert caught.value.field == "backoff"


@pytest.mark.parametrize(
    "policy, field",
    [
        ({"minimum": 0}, "minimum"),
        ({"minimum": -1}, "minimum"),
        ({"minimum": "1"}, "minimum"),
        ({"minimum": float("nan")}, "minimum"),
        ({"minimum": 10, "maximum": 9}, "minimum"),
        ({"maximum": float("inf")}, "maximum"),
        ({"maximum": None}, "maximum"),
        ({"randomness": -0.1}, "randomness"),
        ({"randomness": 1.1}, "randomness"),
        ({"randomness": "0"}, "randomness"),
    ],
)
def test_a_policy_out_of_range_is_refused(policy: dict[str, Any], field: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        BackoffPolicy(**policy)
    assert caught.value.field == field


def test_a_policy_may_be_constant() -> None:
    policy = BackoffPolicy(minimum=2, maximum=2, randomness=0)
    assert (policy.minimum, policy.maximum, policy.randomness) == (2, 2, 0)
