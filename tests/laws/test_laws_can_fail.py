"""Each law is broken on purpose, one way at a time, and its check says so: a check that cannot fail proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from reactivex import Observable

import rxconvo
from rxconvo.client.context import Context
from rxconvo.client.conversation.sources import Part
from rxconvo.client.driver import Driver
from rxconvo.errors import FramingError, PayloadError
from rxconvo.model import apply_collections
from rxconvo.model.apply_channels import Channels
from rxconvo.model.objects import reopened
from rxconvo.model.record import MessageList
from rxconvo.server.access import Sight, see
from rxconvo.server.api import messages, participants, subscriptions
from rxconvo.server.core import Core
from rxconvo.server.refusals import not_member
from rxconvo.server.session import Session
from rxconvo.server.storage.engine import Engine
from rxconvo.streams import Cold, HotStream
from rxconvo.streams.chains import LoopObservable
from rxconvo.streams.delivery import Delivery
from rxconvo.sync import Session as SyncSession
from rxconvo.sync.replica import Replica
from rxconvo.sync.requests import Composer
from rxconvo.testing import World, run
from tests.laws import test_law_01_memberships as memberships
from tests.laws import test_law_01_newcomers as newcomers
from tests.laws import test_law_01_observation as law_01
from tests.laws import test_law_02_state_first as law_02
from tests.laws import test_law_03_cold as law_03
from tests.laws import test_law_04_isolation_of_observers as law_04
from tests.laws import test_law_05_one_thread_one_clock as law_05
from tests.laws import test_law_06_disposal as law_06
from tests.laws import test_law_07_bounds as law_07
from tests.laws import test_law_08_ack_means_durable as law_08
from tests.laws import test_law_09_isolation_of_identities as law_09
from tests.laws import test_law_10_bad_input as law_10

Check = Callable[[], list[str]]


# ---- what is broken --------------------------------------------------------------------------------------------------


def forget_the_last_event(self: Composer, replicas: dict[str, Replica[Any]], **asked: Any) -> object:
    for replica in replicas.values():
        replica.last_event_id = 10**6
    return ESTABLISH(self, replicas, **asked)


def hear_of_no_removals(self: Replica[Any], key: int | str, event_id: int, *, ordered: bool) -> bool:
    return False


def replay_backwards(*arguments: Any, **options: Any) -> Any:
    step = STEP(*arguments, **options)
    return replace(step, changes=step.changes[::-1])


def advance_in_replays(self: Replica[Any], key: int | str, event_id: int, *, ordered: bool) -> bool | None:
    known = TAKE_EVENT(self, key, event_id, ordered=ordered)
    self.last_event_id = max(self.last_event_id, event_id)
    return known


def begin_where_it_is(self: Replica[Any], event_id: int) -> bool:
    self.last_event_id = event_id
    return True


def hear_of_no_leaving(self: Channels, change: object) -> None:
    """Stay."""


async def do_not_wait_for_the_echo(self: Context, sid: str, condition: Callable[[], bool]) -> None:
    """Give the result at once."""


def publish_one_by_one(self: Driver, changes: Sequence[Any], now: float) -> None:
    for change in changes:
        COMMIT(self, [change], now)


def draw_another_id(self: Cold[Any], attempt: object) -> None:
    self._running.discard(attempt)


def remember_no_results(
    _: Core, tx: object, call: object, *, handler: Callable[..., object], mutation_id: str
) -> object:
    return handler(tx, call)


def guard_nobody(self: HotStream[Any], value: object) -> None:
    for subscription in list(self.observers):
        subscription.on_next(value)


def deliver_at_once(self: Delivery, hand_over: Callable[[Iterator[Any]], None], values: Sequence[Any]) -> None:
    busy, self.busy = self.busy, True
    hand_over(iter(values))
    self.busy = busy


def supply_no_scheduler(self: LoopObservable[Any], *arguments: Any, scheduler: Any = None) -> object:
    return Observable.subscribe(self, *arguments, scheduler=scheduler)


def never_let_go(self: Part) -> None:
    """Stay."""


def forget_no_message(self: MessageList, message: rxconvo.Message) -> None:
    self._held[message.index] = message


def keep_everything(self: Session, message: bytes) -> None:
    if not self._outgoing:
        self._loop.call_soon(self._flush)
    self._outgoing.append(message)
    self._outgoing_size += len(message)


def commit_later(self: Engine, jobs: object) -> None:
    """Leave it to the next one."""


def perform_after_the_last(self: Engine, jobs: Any) -> bool:
    if self._connection.in_transaction:
        self._connection.execute("COMMIT")
    return PERFORM(self, jobs)


def forbid_what_is_there(tx: Any, call: Any, *right: Any, name: str | None = None) -> Sight:
    wanted = call.path["conversation"] if name is None else name
    try:
        return SEE(tx, call, *right, name=name)
    except Exception:
        if tx.conversation(wanted) is not None:
            raise not_member() from None
        raise


def revoke_nothing(live: object, *, identity: str, sids: list[str]) -> None:
    """Let them listen."""


def end_the_connection(self: SyncSession[Any], *arguments: Any) -> list[Any]:
    try:
        return RECEIVE(self, *arguments)
    except PayloadError as error:
        raise FramingError(str(error)) from error


def doubt_for_ever(replica: Any, error: Any, replicas: Any, journal: Any) -> object:
    replica.owner.doubted = False
    return REOPENED(replica, error, replicas, journal)


ESTABLISH, TAKE_EVENT, COMMIT, PERFORM = Composer.establish, Replica.take_event, Driver.commit, Engine.perform
SEE, STEP, REOPENED, RECEIVE = see, subscriptions._step, reopened, SyncSession.receive


# ---- who finds out ---------------------------------------------------------------------------------------------------


async def with_a_slow_reader() -> list[str]:
    async with World(options=law_07.NARROW) as world:
        return await law_07.slow_reader(world)


async def with_a_bad_observer(name: str) -> list[str]:
    async with World() as world:
        return await law_04.isolation(law_04.BAD[name], world=world)


async def with_strangers() -> list[str]:
    async with World() as world:
        return await law_09.everyone(world)


async def with_one_removed() -> list[str]:
    async with World() as world:
        return await law_09.overheard(world)


BROKEN: list[tuple[Any, str, Callable[..., Any], Check]] = [
    (Composer, "establish", forget_the_last_event, lambda: law_01.violations(range(20))),
    (Replica, "take_removal", hear_of_no_removals, lambda: law_01.violations(range(20))),
    (Replica, "take_event", advance_in_replays, lambda: law_01.violations(range(200))),
    (subscriptions, "_step", replay_backwards, lambda: law_01.violations(range(20))),
    (Replica, "begin", begin_where_it_is, lambda: newcomers.violations(range(20))),
    (Channels, "_removed", hear_of_no_leaving, lambda: memberships.violations(range(20))),
    (Context, "echoed", do_not_wait_for_the_echo, lambda: run(law_02.too_early)),
    (Driver, "commit", publish_one_by_one, lambda: run(law_02.half_packets)),
    (Cold, "_leave", draw_another_id, lambda: law_03.violations(range(20))),
    (Core, "_once", remember_no_results, lambda: law_03.violations(range(20))),
    (HotStream, "emit", guard_nobody, lambda: run(lambda: with_a_bad_observer("plain"))),
    (Delivery, "run", deliver_at_once, lambda: run(law_04.reentrant)),
    (LoopObservable, "subscribe", supply_no_scheduler, lambda: run(lambda: law_05.violations("debounce"))),
    (Part, "release", never_let_go, lambda: run(lambda: law_06.left_behind("documents", times=2))),
    (Part, "release", never_let_go, lambda: law_06.violations(range(5))),
    (MessageList, "put", forget_no_message, lambda: run(law_07.kept)),
    (Session, "send", keep_everything, lambda: run(with_a_slow_reader)),
    (messages, "see", forbid_what_is_there, lambda: run(with_strangers)),
    (participants, "_revoke", revoke_nothing, lambda: run(with_one_removed)),
    (SyncSession, "receive", end_the_connection, lambda: run(lambda: law_10.doubtful(law_10.UNREADABLE["no id"]))),
    (apply_collections, "reopened", doubt_for_ever, lambda: run(lambda: law_10.doubtful(law_10.SPOILT))),
]


@pytest.mark.parametrize("owner,name,broken,check", BROKEN, ids=[f"{entry[2].__name__}" for entry in BROKEN])
def test_what_is_broken_is_found(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, broken: Callable[..., Any], check: Check
) -> None:
    monkeypatch.setattr(owner, name, broken)
    try:
        found = check()
    except (rxconvo.RxconvoError, TimeoutError, AssertionError) as error:  # it does not even come to an end
        found = [repr(error)]
    assert found != []


@pytest.mark.real_time
async def test_commits_that_come_after_the_acknowledgement_are_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Engine, "commit", commit_later)
    monkeypatch.setattr(Engine, "perform", perform_after_the_last)
    assert await law_08.lost(tmp_path) != []
