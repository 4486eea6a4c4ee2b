"""How long a policy waits, and which policies there are."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxconvo.errors import ArgumentError
from rxconvo.model import Outgoing, RetryPolicy


@given(
    st.integers(1, 500),
    st.floats(0, 1, exclude_max=True),
    st.floats(0.01, 10.0),
    st.floats(0.0, 1.0),
    st.none() | st.floats(0.0, 100.0),
)
def test_pauses_are_within_their_bounds(
    failures: int, chance: float, minimum: float, randomness: float, at_least: float | None
) -> None:
    policy = RetryPolicy(minimum=minimum, maximum=20.0, randomness=randomness)
    delay = policy.delay(failures, chance, at_least=at_least)
    assert max(minimum * (1 - randomness), at_least or 0.0) <= delay
    assert delay <= max(20.0, at_least or 0.0) * (1 + randomness)
    assert math.isfinite(delay)


@pytest.mark.parametrize(
    "arguments",
    [{"attempts": 0}, {"minimum": 0.0}, {"minimum": 31.0}, {"maximum": math.inf}, {"randomness": 1.5}],
)
def test_bad_arguments(arguments: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=next(iter(arguments))):
        RetryPolicy(**arguments)


@pytest.mark.parametrize("id", [5, None, "", "a b", "a\n", "é", "x" * 129, b"5f"])
def test_an_item_has_an_id_that_can_be_sent(id: Any) -> None:
    with pytest.raises(ArgumentError, match="id must be a string of 1 to 128 printable ASCII characters"):
        Outgoing(id, "CH1")


@pytest.mark.parametrize("sid", [5, None, ""])
def test_an_item_goes_somewhere(sid: Any) -> None:
    with pytest.raises(ArgumentError, match="conversation_sid must be the sid of a conversation"):
        Outgoing("x" * 128, sid)
