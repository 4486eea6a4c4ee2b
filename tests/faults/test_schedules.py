"""Schedules of faults, each drawn from its seed, and no law is broken.

`RXCONVO_SEED=4711 pytest tests/faults/test_schedules.py -k test_replay` plays one of them again; `RXCONVO_SCHEDULES`
says how many there are: ten thousand where every change is checked, fewer in passing.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import rxconvo
from rxconvo.model.apply_typing import Typists
from rxconvo.model.record import MessageList
from rxconvo.server.api import subscriptions
from rxconvo.server.broker import Broker
from rxconvo.server.core import Core
from rxconvo.streams import Backlog, Cold
from rxconvo.testing import FaultError, FaultPlan, explore, outcome
from tests.faults.session import guest_session, session

SCHEDULES = int(os.environ.get("RXCONVO_SCHEDULES", "375"))
SHARE = 125  # of one test, so that workers can divide them

ENOUGH = 200
"""So many schedules find each way to break the laws below."""


@pytest.mark.parametrize("first", range(0, SCHEDULES, SHARE))
def test_no_schedule_breaks_a_law(first: int) -> None:
    assert explore(session, range(first, first + SHARE)) == SHARE


def test_no_schedule_lets_a_former_member_hear_more() -> None:
    assert explore(guest_session, range(SHARE), make=with_guest) == SHARE


def test_that_a_former_member_hears_more_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Broker, "revoke", lambda *_: None)
    outcomes = (outcome(guest_session, with_guest(seed)) for seed in range(ENOUGH))
    assert "law 9: foreign bytes" in str(next(filter(None, outcomes))[0])


def with_guest(seed: int) -> FaultPlan:
    """Draw a plan in which the guest's line may fail as well."""
    return FaultPlan.seeded(seed, lines=("ada", "bob", "carol"))


@pytest.mark.skipif("RXCONVO_SEED" not in os.environ, reason="RXCONVO_SEED names none")
def test_replay() -> None:
    explore(session, [int(os.environ["RXCONVO_SEED"])])


# ---- a schedule that finds nothing proves nothing --------------------------------------------------------------------


def replay_nothing(*arguments: Any, **options: Any) -> Any:
    """Break the resume rule in the service: say that nothing was missed."""
    step = STEP(*arguments, **options)
    return replace(step, changes=[])


def draw_another_id(self: Cold[Any], attempt: object) -> None:
    """Break the mutation id rule in the client: resume under another id."""
    self._running.discard(attempt)


def remember_no_results(
    _: Core, tx: object, call: object, *, handler: Callable[..., object], mutation_id: str
) -> object:
    """Break the mutation id rule in the service: do again what was done already."""
    return handler(tx, call)


def publish_first(self: MessageList, message: rxconvo.Message) -> None:
    """Break the commit order in the client: tell of a message before the state shows it."""
    asyncio.get_running_loop().call_soon(PUT, self, message)


def replay_backwards(*arguments: Any, **options: Any) -> Any:
    """Break the commit order in the service: tell of changes in another order than they were made in."""
    step = STEP(*arguments, **options)
    return replace(step, changes=step.changes[::-1])


def let_all_wait(self: Backlog[Any], value: object) -> bool:
    """Break the bounds in the client: whatever the limit is."""
    self.items.append(value)
    return True


def drop_without_a_word(self: Backlog[Any], value: object) -> bool:
    """Break the bounds in the client: do not tell who is too slow."""
    if len(self.items) < self.limit:
        self.items.append(value)
    return True


def type_on(self: Typists, reason: str) -> None:
    """Break the end of typing in the client: forget it when the connection is lost."""
    self.machine.clear()


STEP, PUT = subscriptions._step, MessageList.put

BROKEN: list[tuple[Any, str, Callable[..., Any], int]] = [
    (subscriptions, "_step", replay_nothing, 1),
    (subscriptions, "_step", replay_backwards, 1),
    (Cold, "_leave", draw_another_id, 3),
    (Core, "_once", remember_no_results, 3),
    (MessageList, "put", publish_first, 2),
    (Backlog, "put", let_all_wait, 7),
    (Backlog, "put", drop_without_a_word, 7),
    (Typists, "end_all", type_on, 1),
]


@pytest.mark.parametrize("owner,name,broken,law", BROKEN, ids=[entry[2].__name__ for entry in BROKEN])
def test_what_is_broken_is_found(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, broken: Callable[..., Any], law: int
) -> None:
    monkeypatch.setattr(owner, name, broken)
    with pytest.raises(FaultError) as caught:
        explore(session, range(ENOUGH))
    assert f"law {law}" in str(caught.value)
    # What has to meet one moment of the session may need a second fault, which shifts the session there.
    assert len(caught.value.shrunk.faults) <= 2
    assert "FaultPlan(" in str(caught.value)
