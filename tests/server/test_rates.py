"""How often things may be done."""

from __future__ import annotations

import pytest

from rxconvo.server import Limits, Refusal
from rxconvo.server.rates import Rates


def test_rates_forget_what_is_long_past() -> None:
    now = 0.0
    rates = Rates(Limits(identity_rate=1.0), lambda: now)
    for number in range(20_002):
        now += 2.0
        rates.check(identity=str(number), conversation=None)
    assert len(rates._due) <= 10_002
    rates.check(identity="x", conversation=None)
    rates.check(identity="x", conversation=None)
    with pytest.raises(Refusal) as caught:
        rates.check(identity="x", conversation=None)
    assert (caught.value.status, caught.value.code) == (429, 50074)
