"""What is to be sent, kept until it is."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from functools import partial
from typing import Literal, Never, TypeAlias

from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase, SchedulerBase
from reactivex.disposable import SerialDisposable

from rxconvo.errors import AbortError, ArgumentError, ClosedError, DetachedError, QueueFullError
from rxconvo.model import Failed, OutboxStore, Outgoing, Pending, RetryPolicy, SendState, Sent
from rxconvo.operators._arguments import (
    check_callable,
    check_kind,
    check_members,
    check_number,
    check_observable,
    check_scheduler,
)
from rxconvo.operators._stage import Stage, staged
from rxconvo.operators.retry_mutation import retry_mutation
from rxconvo.streams.cold import Cold
from rxconvo.streams.scheduler import current_scheduler

__all__ = ["outbox"]

_State: TypeAlias = SendState[Outgoing, Never]

_CONNECTED = "connected"

_WITHOUT_END = RetryPolicy(attempts=None)


def outbox(
    store: OutboxStore,
    send: Callable[[Outgoing], Observable[int]],
    *,
    connection: Observable[str] | None = None,
    aborted: Observable[str] | None = None,
    per: Literal["conversation"] | Callable[[Outgoing], Hashable] = "conversation",
    max_waiting: int = 1000,
    policy: RetryPolicy = _WITHOUT_END,
    chance: Callable[[], float] = random.random,
    scheduler: SchedulerBase | None = None,
) -> Callable[[Observable[Outgoing]], Observable[_State]]:
    """Send what is put in, one after the other in each conversation, and keep it in a store until it is sent.

    With three of one conversation, each taking 2 seconds, of which `c` is refused; `p`, `q`, `r`: `a`, `b`, `c` are
    pending, `s`, `t` sent, `f` failed; `C`: connected, `D`: disconnected:

        items:       --ab-----|
        connection:  -C--------
        states:      --pqs-t--|
        items:       --ac-----|
        connection:  -C--------
        states:      --prs-f--|
        items:       --ab---------|
        connection:  -C-D---C------
        states:      --pq-----s-t-|
        items:       --a#
        connection:  -C--
        states:      --p#
        items:       --ab--
        connection:  -C----
        states:      --pq!          disposed

    `concat_map` sends one after the other, too, but all conversations wait for the slowest, the first refusal ends it,
    and what waits is lost with the process.

    Example:
        import reactivex
        from reactivex import operators as ops
        from rxconvo import Outgoing, Service, SqliteOutbox
        from rxconvo.operators import outbox

        async with Service() as service, service.client("ada") as ada:
            lunch = await (await ada.create_conversation()).join()
            with SqliteOutbox() as store:  # in memory; of a file, it survives a restart
                items = reactivex.of(Outgoing("5f" * 16, lunch.sid, "pizza?"))
                states = items.pipe(outbox(store, lambda item: lunch.send_message(item.payload)))
                await states.pipe(ops.do_action(lambda state: print(type(state).__name__, state.local.payload)))
                # -> Pending pizza?
                # -> Sent pizza?

    Args:
        store: Where items are kept. Those that are there already, as after a restart, come first.
        send: Makes the mutation that sends an item, once. A `Cold` is sent under the item's id: so the service knows an
            item again that was sent before a restart and not answered, and sends it at most once. Of anything else,
            each attempt may send it, unless it hands on the id: where the conversation has to be found first, by
            `find(item).flat_map(lambda lunch: lunch.send_message(item.payload).resume(item.id))`.
        connection: The state of the connection: nothing is sent unless it is `connected`, and what is under way when it
            ends goes on afterwards, at once. By default, it is always tried.
        aborted: Ids of items that are not to be sent after all. It is too late once the first attempt was made.
        per: What is sent in order; by default, each conversation.
        max_waiting: How many items may wait. One more fails with a `QueueFullError`, and is not kept.
        policy: How often what is not answered is tried; by default without end, as what follows has to wait.
        chance: A source of numbers in [0, 1), by which pauses are varied.
        scheduler: Whose clock counts; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for items. One whose id waits already is the same one, and is passed over.

    Emits:
        `Pending` for each item, as soon as it is kept; then `Sent` or `Failed`, when it is kept no more. It failed
        where it was refused, aborted (`AbortError`), could not be kept, or *policy* has given it up. It completes when
        the source has, and nothing waits.

    Errors:
        Those of the source, of *connection*, of *aborted*, and of the store; what *per* raises; an `ArgumentError` for
        what is no `Outgoing`. A `ClosedError` or
        `DetachedError` of a mutation: there is nothing to send by. What waits stays in the store then, as it does after
        dispose.

    Time:
        A timer for each pause of *policy*, all shared. The store's methods run in between: a slow one holds up the
        loop.

    Raises:
        ArgumentError: `max_waiting` is less than 1, or `per` neither "conversation" nor a callable, or an argument is
            not of its type.
    """
    check_members("store", store, "a store", "load", "add", "remove")
    check_callable("send", send)
    check_observable("connection", connection, optional=True)
    check_observable("aborted", aborted, optional=True)
    check_kind("policy", policy, RetryPolicy, "a RetryPolicy")
    check_callable("chance", chance)
    check_scheduler(scheduler)
    check_number("max_waiting", max_waiting)
    if not (callable(per) or per == "conversation"):
        raise ArgumentError("per", '"conversation" or a callable', per)

    def start(stage: Stage[_State], source: Observable[Outgoing], scheduler_: SchedulerBase | None) -> None:
        clock = scheduler or scheduler_ or current_scheduler()
        retry = retry_mutation(policy, chance=chance, scheduler=clock)

        def begin(item: Outgoing) -> Observable[int]:
            mutation = send(item)
            if isinstance(mutation, Cold):
                mutation.resume(item.id)
            return mutation.pipe(retry, ops.first())

        key = _conversation if per == "conversation" else per
        queues = _Queues(stage, store, begin, key, limit=max_waiting, scheduler=clock, online=connection is None)
        stage.own(queues)
        stage.run(queues.load)
        if connection is not None:
            stage.follow(connection, queues.connected, scheduler_)
        if aborted is not None:
            stage.follow(aborted, queues.abort, scheduler_)
        if not stage.ended:
            stage.follow(source, queues.put, scheduler_, completed=lambda: stage.run(queues.end))

    return staged(start)


def _conversation(item: Outgoing) -> Hashable:
    return item.conversation_sid


class _Queue:
    """What is to be sent in order.

    Attributes:
        items: The items, the next one first.
        mutation: What sends that, None until its first attempt.
        running: The attempts under way.
    """

    __slots__ = ("items", "mutation", "running")

    def __init__(self) -> None:
        self.items: deque[Outgoing] = deque()
        self.mutation: Observable[int] | None = None
        self.running: SerialDisposable | None = None

    def stop(self) -> None:
        """Make no attempt for now."""
        running, self.running = self.running, None
        if running is not None:
            running.dispose()


class _Queues(DisposableBase):
    """All queues of one subscription."""

    def __init__(
        self,
        stage: Stage[_State],
        store: OutboxStore,
        begin: Callable[[Outgoing], Observable[int]],
        key: Callable[[Outgoing], Hashable],
        *,
        limit: int,
        scheduler: SchedulerBase,
        online: bool,
    ) -> None:
        self._stage = stage
        self._store = store
        self._begin = begin
        self._key = key
        self._limit = limit
        self._scheduler = scheduler
        self._online = online
        self._ending = False
        self._queues: dict[Hashable, _Queue] = {}
        self._ids: dict[str, Hashable] = {}

    def load(self) -> Iterable[_State]:
        """Take what the store has kept."""
        items = tuple(self._store.load())
        for item in items:
            self._enqueue(item, self._key(item))
        return tuple(Pending(item) for item in items)

    def put(self, item: Outgoing) -> Iterable[_State]:
        """Take an item."""
        check_kind("source", item, Outgoing, "a stream of Outgoing")
        if item.id in self._ids:
            return ()
        if len(self._ids) >= self._limit:
            return (Failed(item, QueueFullError(self._limit)),)
        key = self._key(item)
        try:
            self._store.add(item)
        except Exception as error:  # noqa: BLE001 - it is a value
            return (Failed(item, error),)
        self._enqueue(item, key)
        return (Pending(item),)

    def connected(self, state: str) -> Iterable[_State]:
        """Take the state of the connection."""
        self._online = state == _CONNECTED
        for queue in self._queues.values():
            if self._online:
                self._stage.run(partial(self._next, queue))
            else:
                queue.stop()
        return ()

    def abort(self, id: str) -> Iterable[_State]:
        """Take that an item is not to be sent."""
        key = self._ids.get(id)
        queue = self._queues.get(key)
        if queue is None or id not in self._ids:
            return ()
        item = next(item for item in queue.items if item.id == id)
        if item is queue.items[0] and queue.mutation is not None:
            return ()
        return self._over(queue, item, Failed(item, AbortError()))

    def end(self) -> Iterable[_State]:
        """Take that there will be no more items."""
        self._ending = True
        if not self._ids:
            self._stage.finish()
        return ()

    def dispose(self) -> None:
        """Cancel what is under way."""
        queues, self._queues = self._queues, {}
        for queue in queues.values():
            queue.stop()

    def _enqueue(self, item: Outgoing, key: Hashable) -> None:
        self._ids[item.id] = key
        queue = self._queues.setdefault(key, _Queue())
        queue.items.append(item)
        self._stage.run(partial(self._next, queue))

    def _next(self, queue: _Queue) -> Iterable[_State]:
        """Send the next item of a queue, if that may be."""
        if not self._online or queue.running is not None or not queue.items:
            return ()
        item = queue.items[0]
        running = queue.running = SerialDisposable()
        try:
            mutation = queue.mutation = queue.mutation or self._begin(item)
        except Exception as error:  # noqa: BLE001 - it is a value, or the end
            return self._failed(queue, item, error)
        running.disposable = mutation.subscribe(
            lambda index: self._told(queue, running, partial(self._sent, queue, item, index)),
            lambda error: self._told(queue, running, partial(self._failed, queue, item, error)),
            scheduler=self._scheduler,
        )
        return ()

    def _told(self, queue: _Queue, running: SerialDisposable, work: Callable[[], Iterable[_State]]) -> None:
        self._stage.run(lambda: work() if queue.running is running else ())

    def _sent(self, queue: _Queue, item: Outgoing, index: int) -> Iterable[_State]:
        return self._over(queue, item, Sent(item, index))

    def _failed(self, queue: _Queue, item: Outgoing, error: Exception) -> Iterable[_State]:
        if isinstance(error, ClosedError | DetachedError):
            raise error
        return self._over(queue, item, Failed(item, error))

    def _over(self, queue: _Queue, item: Outgoing, state: _State) -> Iterable[_State]:
        """Let go of an item that is over, and send the next."""
        self._store.remove(item.id)
        key = self._ids.pop(item.id)
        if queue.items[0] is item:
            queue.stop()
            queue.mutation = None
        queue.items.remove(item)
        if queue.items:
            self._stage.run(partial(self._next, queue))
        else:
            self._queues.pop(key, None)
        if self._ending and not self._ids:
            self._stage.finish()
        return (state,)
