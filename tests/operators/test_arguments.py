"""Arguments are checked at the call, of every operator alike: what is wrong is named, and what it must be."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from inspect import Parameter, signature
from types import SimpleNamespace
from typing import Any

import pytest
import reactivex
from reactivex.testing import TestScheduler

from rxconvo import Service
from rxconvo import operators as chat
from rxconvo.errors import ArgumentError

Bad = tuple[Any, ...]

PERIOD: Bad = (-1.0, 0, math.inf, math.nan, True, "1", [])
DELAY: Bad = (-1.0, math.inf, math.nan, True, "1", [])
COUNT: Bad = (0, -1, True, 1.5, math.nan, math.inf, "1", [])
CALLABLE: Bad = (1, "sid", [], object())
OBSERVABLE: Bad = (1, "CH1", [], object(), reactivex.just)
SCHEDULER: Bad = (1, "loop", object(), TestScheduler)
FLAG: Bad = (0, 1, "yes", [])
CHOICE: Bad = (1, "other", "", [], {})
NAME: Bad = (1, "", [], b"ada")
SOMEBODY: Bad = (1, object(), [1], ["ada", None], b"ada", math.nan)
EVERYBODY: Bad = (1, "ada", b"ada", object(), int, ["ada"], [None], {"ada": 1}, [[]])
HANDLE: Bad = (1, "CH1", [], object(), {})

NOBODY = SimpleNamespace(identity="ada", last_read_message_index=None, updated=reactivex.never())
STATE = SimpleNamespace(**vars(NOBODY), get_unread_messages_count=reactivex.never)
HANDLES: dict[str, tuple[str, Any]] = {
    "auto_mark_read": (
        "conversation",
        SimpleNamespace(last_read_message_index=None, advance_last_read_message_index=reactivex.just),
    ),
    "catch_up": ("history", SimpleNamespace(get_messages=reactivex.just)),
    "from_emitter": ("emitter", SimpleNamespace(on=print, remove_listener=print)),
    "outbox": ("store", SimpleNamespace(load=list, add=print, remove=print)),
    "send_typing": ("conversation", SimpleNamespace(typing_silence=1.0, send_typing=reactivex.never)),
    "unread_badge": ("state", STATE),
}
"""Operators that are given a handle, its argument, and one that has no more than it needs."""

GOOD: dict[str, dict[str, Any]] = {
    "audit": {"t": 1.0},
    "bounded_buffer": {"maxsize": 1},
    "conflate": {"max_hz": 1.0},
    "debounce": {"t": 1.0},
    "enrich": {"fn": reactivex.just},
    "ewma": {"half_life": 1.0},
    "from_async_iter": {"source": list},
    "from_emitter": {"event": "value"},
    "head": {"count": 1},
    "in_order": {"key": int, "max_delay": 1.0},
    "isolate_errors": {"sink": print},
    "latest_by": {"key": str},
    "live_filter": {"predicate": bool},
    "live_sort": {"order": int},
    "mentions": {"me": "ada"},
    "notify": {"me": "ada"},
    "optimistic": {"local": "", "messages": reactivex.never()},
    "outbox": {"send": reactivex.just},
    "probe": {"name": "place"},
    "rate": {"window": 1.0},
    "response_time": {"answerer": "bob"},
    "sessionize": {"gap": 1.0},
    "sla": {"first": 1.0, "answerer": "bob"},
    "tail": {"count": 1},
    "thread_by": {"parent": str},
    "windowed_count": {"size": 1.0, "by": str},
}
"""What operators have to be given, beside a handle; nothing is what the others have to be."""

ROWS: dict[str, dict[str, Bad]] = {
    "apply_diffs": {},
    "audit": {"t": PERIOD},
    "auto_mark_read": {"conversation": HANDLE, "delay": DELAY},
    "bounded_buffer": {"maxsize": COUNT, "overflow": CHOICE, "every": DELAY, "name": NAME},
    "catch_up": {"history": HANDLE, "key": CALLABLE, "limit": COUNT},
    "collect_list": {"key": CALLABLE, "order": CALLABLE, "limit": COUNT},
    "collect_map": {"key": CALLABLE, "limit": COUNT},
    "conflate": {"max_hz": PERIOD, "max_diffs": COUNT},
    "debounce": {"t": PERIOD, "leading": FLAG, "trailing": (*FLAG, False), "max_wait": (*PERIOD, 0.5)},
    "dedupe": {"key": CALLABLE, "window": PERIOD, "max_keys": COUNT},
    "enrich": {
        "fn": CALLABLE,
        "max_concurrent": COUNT,
        "ordered": FLAG,
        "timeout": PERIOD,
        "on_error": CHOICE,
        "max_waiting": COUNT,
    },
    "ewma": {"half_life": PERIOD},
    "from_async_iter": {"source": (1, "", [], object())},
    "from_emitter": {"emitter": HANDLE, "event": ([], {})},
    "head": {"count": (-1, True, 1.5, math.nan, "1", [])},
    "in_order": {
        "key": CALLABLE,
        "max_delay": PERIOD,
        "first": (1.5, True, "1", math.nan),
        "max_pending": COUNT,
        "late": CHOICE,
    },
    "isolate_errors": {"sink": CALLABLE},
    "latest_by": {"key": CALLABLE, "ttl": PERIOD, "max_keys": COUNT},
    "live_filter": {"predicate": CALLABLE},
    "live_sort": {"order": CALLABLE},
    "mentions": {
        "me": NAME,
        "matcher": (1, "@ada", [], re.compile(b"@ada")),
        "names": (1, "Ada", b"Ada", [""], ["Ada", 1], [[]]),
        "attribute": (1, [], b"mentions"),
    },
    "notify": {"me": NAME, "level": CHOICE, "focus": OBSERVABLE, "own": FLAG, "coalesce": DELAY},
    "occupancy": {"roster": EVERYBODY, "by": CALLABLE},
    "optimistic": {"messages": OBSERVABLE, "match": CALLABLE, "timeout": PERIOD, "max_held": COUNT},
    "outbox": {
        "store": HANDLE,
        "send": CALLABLE,
        "connection": OBSERVABLE,
        "aborted": OBSERVABLE,
        "per": CHOICE,
        "max_waiting": COUNT,
        "policy": (1, {}, object()),
        "chance": (*CALLABLE, 0.5),
    },
    "presence": {"grace": DELAY, "away_after": PERIOD, "max_users": COUNT},
    "probe": {"name": NAME, "at": CALLABLE},
    "rate": {"window": PERIOD, "slide": (*PERIOD, 0.3)},
    "read_receipts": {"roster": EVERYBODY, "exclude": SOMEBODY},
    "response_time": {
        "answerer": SOMEBODY,
        "asker": SOMEBODY,
        "by": CALLABLE,
        "at": CALLABLE,
        "max_keys": COUNT,
    },
    "retry_mutation": {"policy": (1, {}, object()), "chance": (*CALLABLE, 0.5)},
    "send_typing": {"conversation": HANDLE, "every": PERIOD},
    "sessionize": {"gap": PERIOD, "by": CALLABLE, "at": CALLABLE, "max_items": COUNT, "max_keys": COUNT},
    "sla": {
        "first": PERIOD,
        "next": PERIOD,
        "answerer": SOMEBODY,
        "asker": SOMEBODY,
        "warn": (0, 1, -1.0, math.nan, True, "0.5"),
        "hours": CALLABLE,
        "closed": OBSERVABLE,
        "by": CALLABLE,
        "max_keys": COUNT,
    },
    "tail": {"count": (-1, True, 1.5, math.nan, "1", [])},
    "thread_by": {"parent": CALLABLE, "idle": PERIOD, "max_groups": COUNT},
    "timeline": {"limit": COUNT, "order": CALLABLE},
    "to_async_iter": {"maxsize": COUNT, "overflow": CHOICE},
    "to_diffs": {"key": CALLABLE, "eq": CALLABLE},
    "typing_indicator": {"settle": DELAY, "timeout": PERIOD, "exclude": SOMEBODY},
    "typing_text": {"name": CALLABLE, "language": (1, "xx", [], {"en"}, object())},
    "unread_badge": {"state": HANDLE},
    "unread_total": {"conversations": EVERYBODY, "changes": OBSERVABLE, "weight": CALLABLE},
    "windowed_count": {"size": PERIOD, "by": CALLABLE, "slide": (*PERIOD, 0.3), "max_keys": COUNT},
}
"""Operators, their arguments, and what these must not be. Each that is called `scheduler` is alike."""

ANYTHING = {
    ("catch_up", "since"): "it is compared with what `key` returns",
    ("optimistic", "local"): "it is handed on",
}
"""Arguments for which nothing is wrong, and why."""

NONE_IS_FINE = {("from_emitter", "event"), ("mentions", "attribute")}
"""Arguments that may be None, beside those that are by default."""


def parameters(name: str) -> dict[str, Parameter]:
    return dict(signature(getattr(chat, name)).parameters)


def cases() -> Iterable[tuple[str, str, Any]]:
    for name, row in ROWS.items():
        given = parameters(name)
        for field, bad in row.items():
            optional = given[field].default is None or (name, field) in NONE_IS_FINE
            for value in bad if optional else (*bad, None):
                yield name, field, value
        if "scheduler" in given:
            for value in SCHEDULER:
                yield name, "scheduler", value


def call(name: str, /, **arguments: Any) -> object:
    handle = dict([HANDLES[name]]) if name in HANDLES else {}
    return getattr(chat, name)(**{**handle, **GOOD.get(name, {}), **arguments})


def test_every_argument_of_every_operator_has_a_row() -> None:
    found = {(name, field) for name in chat.__all__ for field in parameters(name) if field != "scheduler"}
    assert {(name, field) for name, row in ROWS.items() for field in row} | set(ANYTHING) == found
    assert set(ROWS) == set(chat.__all__)


@pytest.mark.parametrize("name", ROWS)
def test_what_is_right_is_taken(name: str) -> None:
    call(name)


@pytest.mark.parametrize("name,field,value", [*cases()])
def test_what_is_wrong_is_refused_at_the_call(name: str, field: str, value: object) -> None:
    with pytest.raises(ArgumentError, match=f"^{field} must be ") as error:
        call(name, **{field: value})
    assert error.value.field == field


@pytest.mark.parametrize(
    "name,field,member",
    [(name, field, member) for name, (field, handle) in HANDLES.items() for member in vars(handle)],
)
def test_the_member_that_a_handle_lacks_is_named(name: str, field: str, member: str) -> None:
    members = dict(vars(HANDLES[name][1]))
    del members[member]
    with pytest.raises(ArgumentError, match=f"^{field} must be .* with `{member}`"):
        call(name, **{field: SimpleNamespace(**members)})


async def test_a_client_is_no_conversation() -> None:
    async with Service() as service, service.client("ada") as ada:
        for name in ("auto_mark_read", "send_typing", "unread_badge"):
            with pytest.raises(ArgumentError, match="must be a conversation with `"):
                call(name, **{HANDLES[name][0]: ada})


async def test_a_conversation_that_is_gone_is_one() -> None:
    async with Service() as service, service.client("ada") as ada:
        lunch = await ada.create_conversation()
        await lunch.delete()
        for name in ("auto_mark_read", "catch_up", "from_emitter", "send_typing", "unread_badge"):
            call(name, **{HANDLES[name][0]: lunch})


@pytest.mark.parametrize(
    "name,field",
    [(name, field) for name, row in ROWS.items() for field, bad in row.items() if bad is DELAY],
)
def test_a_delay_may_be_none_at_all(name: str, field: str) -> None:
    call(name, **{field: 0})


@pytest.mark.parametrize(
    "name,field",
    [(name, field) for name, row in ROWS.items() for field, bad in row.items() if bad is SOMEBODY],
)
@pytest.mark.parametrize("who", ["ada", [], ["ada", "bob"], {"ada"}, ("ada",)])
def test_somebody_is_one_or_several(name: str, field: str, who: object) -> None:
    call(name, **{field: who})


@pytest.mark.parametrize("name", [name for name in chat.__all__ if "scheduler" in parameters(name)])
def test_a_scheduler_is_one_of_reactivex(name: str) -> None:
    call(name, scheduler=TestScheduler())
