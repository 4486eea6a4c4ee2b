"""From a frame to the observer of its conversation, whatever the number of conversations.

Ours is a real client with one observer in each conversation, over the transport in process: what one read brings is
checked, decoded, applied and published, and all of it is acknowledged. Each message is new and stays held. The peers do
a part of that: LIMIT parses the same frames; a dict of callbacks also finds the one to call; a `Subject` filtered for
each conversation is what one would compose with `reactivex` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from time import process_time
from typing import Any, Final

from reactivex import Subject
from reactivex import operators as ops

from benchmarks.budgets import BUDGETS
from benchmarks.harness import Contender, Row, Scale, Timings, Unit, race
from benchmarks.limit import LIMIT, limit_of, parse
from benchmarks.upstream import Traffic, Upstream, client_of, conversation_sid, list_sid
from rxconvo import Client
from rxconvo.transport import Transport

__all__ = ["measure"]

_SIZES: Final = {
    Scale.FULL: ((10, 1_000, 100_000), 10_000, 9),
    Scale.QUICK: ((10, 1_000, 10_000), 5_000, 5),
    Scale.TINY: ((2, 5), 20, 1),
}
"""Numbers of conversations, frames a round, rounds."""

_READ: Final = 1000
"""Frames that one read brings."""

_FILTERED: Final = 200_000
"""Predicates that a round of the filtered `Subject` asks; with many conversations, that is few frames."""


class Observer:
    """Counts what one conversation says."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0

    def take(self, _event: object) -> None:
        """Count."""
        self.count += 1


class Contest:
    """Ours and the peers with so many conversations.

    Args:
        conversations: How many.
        amount: Frames a round.
    """

    def __init__(self, conversations: int, amount: int) -> None:
        self._amount = amount
        self._traffic = Traffic(conversations)
        self._frames: list[bytes] = []
        self._observers = [Observer() for _ in range(conversations)]
        self._observed = [Observer() for _ in range(conversations)]
        self._callbacks = {list_sid(number): self._observed[number].take for number in range(conversations)}
        self._client: Client
        self._transport: Transport
        self._subject: Subject[Any] = Subject()
        self._through_filters = [Observer() for _ in range(conversations)]
        for number, observer in enumerate(self._through_filters):
            self._subject.pipe(ops.filter(_is_of(list_sid(number)))).subscribe(observer.take)
        self._few = min(amount, max(2, _FILTERED // conversations))

    async def set_up(self) -> None:
        """Connect the client, let it observe every conversation, and see that it does."""
        upstream = Upstream(len(self._observers))
        client = self._client = await client_of(upstream, kept_messages=10**9)
        for number, observer in enumerate(self._observers):
            conversation = client.find_conversation(conversation_sid(number))
            assert conversation is not None
            conversation.messages.subscribe(observer.take)
        self._transport = await upstream.hand_over()
        await self._deliver(self._traffic.one_each())
        assert all(observer.count == 1 for observer in self._observers)

    def contenders(self) -> dict[str, Contender]:
        """Return what a round consists of. Ours draws the frames, the peers take those of its last turn."""
        return {"ours": self.ours, LIMIT: self.limit, "a dict": self.a_dict, "a filtered Subject": self.filtered}

    async def ours(self) -> float:
        """Let the client take new frames."""
        self._frames = self._traffic.frames(self._amount)
        before = _total(self._observers)
        seconds = await self._deliver(self._frames)
        assert _total(self._observers) - before == self._amount
        return seconds

    async def limit(self) -> float:
        """Parse the frames."""
        return await limit_of(self._frames)()

    async def a_dict(self) -> float:
        """Parse the frames, and look up whom to call."""
        frames = self._frames
        before = _total(self._observed)
        start = process_time()
        _call_all(frames, self._callbacks)
        seconds = process_time() - start
        assert _total(self._observed) - before == len(frames)
        return seconds / len(frames)

    async def filtered(self) -> float:
        """Parse the frames, and let each conversation's filter pick its own."""
        frames = self._frames[: self._few]
        before = _total(self._through_filters)
        start = process_time()
        for frame in frames:
            self._subject.on_next(parse(frame)["events"][0])
        seconds = process_time() - start
        assert _total(self._through_filters) - before == len(frames)
        return seconds / len(frames)

    async def close(self) -> None:
        """Shut the client down."""
        await self._client.shutdown()
        self._subject.dispose()

    async def _deliver(self, frames: Sequence[bytes]) -> float:
        """Send frames and wait for their acknowledgements; returns the seconds a frame."""
        transport, acknowledged = self._transport, 0
        start = process_time()
        for first in range(0, len(frames), _READ):
            transport.write(frames[first : first + _READ])
            acknowledged += len(await transport.receive())
        seconds = process_time() - start
        assert acknowledged == len(frames)
        return seconds / len(frames)


async def measure(scale: Scale) -> list[Row]:
    """Measure it."""
    sizes, amount, rounds = _SIZES[scale]
    contests = {size: Contest(size, amount) for size in sizes}
    for contest in contests.values():
        await contest.set_up()
    timings = await race(
        rounds,
        {f"{name}, {size}": run for size, contest in contests.items() for name, run in contest.contenders().items()},
    )
    for contest in contests.values():
        await contest.close()
    return [*_rows(timings, sizes), _flatness(timings, sizes[0], sizes[-1])]


def _rows(timings: Timings, sizes: Sequence[int]) -> list[Row]:
    rows: list[Row] = []
    for size in sizes:
        for peer in (LIMIT, "a dict", "a filtered Subject"):
            budget = BUDGETS["frame"] if (size, peer) == (1_000, LIMIT) else None
            what = f"frame to observer, {size:,} conversations"
            rows.append(timings.row(what, f"ours, {size}", f"{peer}, {size}", peer=peer, budget=budget))
    return rows


def _flatness(timings: Timings, few: int, many: int) -> Row:
    """Compare what a frame costs with many and with few conversations, each in terms of the dict."""
    ours = timings.ratios(f"ours, {many}", f"a dict, {many}")
    theirs = timings.ratios(f"ours, {few}", f"a dict, {few}")
    return Row(
        what=f"ours to a dict, {many:,} conversations",
        ours=median(ours),
        peer=f"with {few:,}",
        theirs=median(theirs),
        ratio=median(one / other for one, other in zip(ours, theirs, strict=True)),
        unit=Unit.TIMES,
        budget=BUDGETS["flatness"],
    )


def _call_all(frames: Sequence[bytes], callbacks: Mapping[str, Callable[[object], None]]) -> None:
    for frame in frames:
        event = parse(frame)["events"][0]
        callbacks[event["list_sid"]](event)


def _is_of(sid: str) -> Callable[[Any], bool]:
    def is_of(event: Any) -> bool:
        return bool(event["list_sid"] == sid)

    return is_of


def _total(observers: Sequence[Observer]) -> int:
    return sum(observer.count for observer in observers)
