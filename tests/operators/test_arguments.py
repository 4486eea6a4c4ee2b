"""Seconds are checked at the call, of every operator alike."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import reactivex

from rxconvo import operators as chat
from rxconvo.errors import ArgumentError

Make = Callable[[Any], object]

POSITIVE: dict[str, Make] = {
    "audit t": chat.audit,
    "debounce t": chat.debounce,
    "dedupe window": lambda value: chat.dedupe(window=value),
    "enrich timeout": lambda value: chat.enrich(reactivex.just, timeout=value),
    "ewma half_life": chat.ewma,
    "in_order max_delay": lambda value: chat.in_order(int, value),
    "latest_by ttl": lambda value: chat.latest_by(str, ttl=value),
    "optimistic timeout": lambda value: chat.optimistic("", reactivex.never(), timeout=value),
    "presence away_after": lambda value: chat.presence(away_after=value),
    "rate window": chat.rate,
    "rate slide": lambda value: chat.rate(1.0, slide=value),
    "send_typing every": lambda value: chat.send_typing(Any, every=value),  # type: ignore[arg-type]
    "sessionize gap": chat.sessionize,
    "sla first": lambda value: chat.sla(value, answerer="bob"),
    "sla next": lambda value: chat.sla(1.0, value, answerer="bob"),
    "thread_by idle": lambda value: chat.thread_by(str, idle=value),
    "typing_indicator timeout": lambda value: chat.typing_indicator(timeout=value),
    "windowed_count size": lambda value: chat.windowed_count(value, by=str),
}
NOT_NEGATIVE: dict[str, Make] = {
    "auto_mark_read delay": lambda value: chat.auto_mark_read(Any, delay=value),  # type: ignore[arg-type]
    "bounded_buffer every": lambda value: chat.bounded_buffer(1, every=value),
    "notify coalesce": lambda value: chat.notify("ada", coalesce=value),
    "presence grace": chat.presence,
    "typing_indicator settle": lambda value: chat.typing_indicator(settle=value),
}


@pytest.mark.parametrize("name", [*POSITIVE, *NOT_NEGATIVE])
@pytest.mark.parametrize("value", [-1.0, math.inf, math.nan, True, "1"])
def test_what_is_no_time_is_refused(name: str, value: object) -> None:
    with pytest.raises(ArgumentError) as error:
        (POSITIVE | NOT_NEGATIVE)[name](value)
    assert error.value.field == name.split()[1]


@pytest.mark.parametrize("name", POSITIVE)
def test_neither_is_none_where_time_has_to_pass(name: str) -> None:
    with pytest.raises(ArgumentError):
        POSITIVE[name](0)


@pytest.mark.parametrize("name", NOT_NEGATIVE)
def test_elsewhere_it_is_at_once(name: str) -> None:
    NOT_NEGATIVE[name](0)
