"""What the connections of one service share."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from rxconvo.errors import ClosedError
from rxconvo.server.call import Answer, Call, Handler, accepted, date_of
from rxconvo.server.events import broadcast
from rxconvo.server.people import ensure_user, set_online
from rxconvo.server.refusals import Refusal, bad_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from rxconvo.server.auth import Authority
    from rxconvo.server.broker import Broker
    from rxconvo.server.call import Live, Service
    from rxconvo.server.rates import Rates
    from rxconvo.server.router import Router
    from rxconvo.server.storage.base import Store, Transaction
    from rxconvo.server.storage.records import StoredChange
    from rxconvo.types import Clock, Identity, WallClock

__all__ = ["Core"]

R = TypeVar("R")

_log = logging.getLogger("rxconvo.server")
_MUTATION_ID = "x-twilio-mutation-id"
_MUTATION_ID_LENGTH = 128
_PURGE_INTERVAL = 600.0
_PURGE_LIMIT = 100


@dataclass(kw_only=True)
class Core:
    """The parts of a service, and the one way in which a request passes through them.

    Attributes:
        service: What handlers may know.
        store: The durable memory.
        router: Which handler answers what.
        broker: Who hears of what.
        authority: Whose tokens are good.
        rates: How often things may be done.
        clock: Seconds.
        wall: The time of day.
        conflicts: How many of the next mutations are carried out but answered with where the result is to be found.
    """

    service: Service
    store: Store
    router: Router
    broker: Broker
    authority: Authority
    rates: Rates
    clock: Clock
    wall: WallClock
    conflicts: int = 0
    _present: Counter[Identity] = field(default_factory=Counter[str])
    _purged: float = float("-inf")

    async def run(
        self,
        live: Live,
        call: Call,
        handler: Handler,
        then: Callable[[Answer], None],
        *,
        mutates: bool = False,
    ) -> None:
        """Answer a request in a transaction; publish what it changed, do its effects, and answer, in this order.

        All that happens after the commit happens at once, so a connection sees changes before the answers that show
        them, and the changes of one transaction before those of the next.

        Args:
            live: The connection that asks.
            call: Its request.
            handler: What answers it.
            then: Gets the answer.
            mutates: Whether it is a mutation, repeatable by its id.

        Raises:
            Refusal: It was refused, and nothing was changed.
        """
        mutation_id = call.headers.get(_MUTATION_ID) if mutates else None
        if mutation_id is not None and not 0 < len(mutation_id) <= _MUTATION_ID_LENGTH:
            raise bad_request("X-Twilio-Mutation-Id", f"1 to {_MUTATION_ID_LENGTH} characters")
        work = handler if mutation_id is None else partial(self._once, handler=handler, mutation_id=mutation_id)
        purge = mutation_id is not None and self._purge_is_due()

        def perform(tx: Transaction) -> tuple[Answer, list[StoredChange]]:
            answer = work(tx, call)
            if purge:
                oldest = self.wall() - timedelta(seconds=call.service.options.mutation_ttl)
                tx.purge_mutations(date_of(oldest), limit=_PURGE_LIMIT)
                unattached = self.wall() - timedelta(seconds=call.service.options.media_ttl)
                if tx.purge_media(date_of(unattached), limit=_PURGE_LIMIT) == _PURGE_LIMIT:
                    self._purged = float("-inf")  # there is more: go on with the next mutation
            return answer, tx.changes

        def settle(result: tuple[Answer, list[StoredChange]]) -> None:
            answer, changes = result
            broadcast(self.service, self.broker, changes)
            for effect in call.effects:
                effect(live)
            then(answer)
            for effect in call.sequels:
                effect(live)

        await self.store.run(perform, settle)

    async def act(self, work: Callable[[Transaction, Call], R]) -> R:
        """Do in a transaction what no connection has asked for, and publish what it changed.

        Args:
            work: What is to be done, on nobody's behalf. What it raises undoes it and reaches the caller.

        Returns:
            What *work* returned, once its changes are durable and published.
        """
        call = self.call("")

        def perform(tx: Transaction) -> tuple[R, list[StoredChange]]:
            return work(tx, call), tx.changes

        def settle(result: tuple[R, list[StoredChange]]) -> R:
            broadcast(self.service, self.broker, result[1])
            return result[0]

        return await self.store.run(perform, settle)

    async def arrive(self, live: Live, identity: Identity) -> None:
        """Count a connection of an identity; make the user if need be, and say that somebody is there."""
        self._present[identity] += 1
        try:
            await self.run(live, self.call(identity), _arrive, lambda _: None)
        except BaseException:
            self._present[identity] -= 1
            raise

    async def leave(self, live: Live, identity: Identity) -> None:
        """Count a connection out; when it was the identity's last, say that nobody is there.

        Whether it was the last is decided here, in the order in which connections come and go, which is the order in
        which the store gets to know of it.
        """
        self._present[identity] -= 1
        if self._present[identity] > 0:
            return
        del self._present[identity]
        try:
            await self.run(live, self.call(identity), _leave, lambda _: None)
        except ClosedError:
            pass  # the next process takes it back
        except Exception:  # noqa: BLE001 - the connection is gone, nobody is left to be told
            _log.exception("the presence of a user could not be changed")

    def call(self, identity: Identity) -> Call:
        """Make a call that no request asked for."""
        return Call(service=self.service, identity=identity, now=date_of(self.wall()))

    def _once(self, tx: Transaction, call: Call, *, handler: Handler, mutation_id: str) -> Answer:
        """Perform a mutation, or repeat what it was answered with when it comes again."""
        known = tx.result(call.identity, mutation_id)
        if known is not None:
            return Answer(known.status, known.body)
        answer = handler(tx, call)
        tx.remember_result(call.identity, mutation_id, answer.status, answer.body, at=call.now)
        if self.conflicts:
            self.conflicts -= 1
            return accepted({"resource_url": call.service.urls.mutation(mutation_id)})
        return answer

    def _purge_is_due(self) -> bool:
        """Tell, every now and then, that old results of mutations should go."""
        now = self.clock()
        due = now - self._purged >= _PURGE_INTERVAL
        if due:
            self._purged = now
        return due


def refusal_of(error: Exception, request_id: str) -> Refusal:
    """Turn what a handler raised into what the client is told: a refusal as it is, all else without any detail."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, ClosedError):
        return Refusal(503, 20503, "The service is shutting down")
    _log.error("request %s failed", request_id, exc_info=error)
    return Refusal(500, 20500, f"Internal error; the service has logged it as {request_id}")


def phrase_of(status: int) -> str:
    """Return the customary phrase of an HTTP status."""
    return HTTPStatus(status).phrase


def _arrive(tx: Transaction, call: Call) -> Answer:
    set_online(tx, call, ensure_user(tx, call, call.identity), online=True)
    return Answer(200)


def _leave(tx: Transaction, call: Call) -> Answer:
    set_online(tx, call, ensure_user(tx, call, call.identity), online=False)
    return Answer(200)
