"""Weighs things, one after the other, in a fresh process: prints the bytes that Python has allocated for each."""

from __future__ import annotations

import asyncio
import gc
import sys
import tracemalloc
from collections.abc import Awaitable, Callable
from typing import Any, Final

from reactivex import Subject

from benchmarks.children import say
from benchmarks.typing_events import Armed, debouncers, indicators
from benchmarks.upstream import Upstream, client_of, conversation_sid
from rxconvo import Client

__all__ = ["main"]


class _WithSubjects:
    """A handle as one would write it with `reactivex` alone."""

    def __init__(self, sid: str) -> None:
        self.sid = sid
        self.messages: Subject[Any] = Subject()
        self.participants: Subject[Any] = Subject()
        self.typing: Subject[Any] = Subject()
        self.updated: Subject[Any] = Subject()


async def _conversation(amount: int) -> float:
    """Weigh a joined conversation with its data and its handle."""
    await (await _client(1)).shutdown()
    sids = _sids(amount)
    before = _allocated()
    client = await _client(amount)
    handles = [client.find_conversation(sid) for sid in sids]
    assert None not in handles
    weight = _allocated() - before
    await client.shutdown()
    return weight / amount


async def _handle(amount: int) -> float:
    """Weigh the handle of a conversation whose data are there."""
    client = await _client(amount)
    sids = _sids(amount)
    before = _allocated()
    handles = [client.find_conversation(sid) for sid in sids]
    weight = _allocated() - before
    assert None not in handles
    await client.shutdown()
    return weight / amount


async def _subjects(amount: int) -> float:
    sids = _sids(amount)
    before = _allocated()
    handles = [_WithSubjects(sid) for sid in sids]
    return (_allocated() - before) / len(handles)


async def _indicator(amount: int) -> float:
    return await _armed(indicators(amount), amount)


async def _debouncer(amount: int) -> float:
    return await _armed(debouncers(amount), amount)


async def _armed(armed: Armed, amount: int) -> float:
    """Weigh what it takes to be armed."""
    before = _allocated()
    armed.arm()
    weight = _allocated() - before
    await armed.wait_until_shown()
    armed.dispose()
    return weight / amount


_WEIGHED: Final[dict[str, Callable[[int], Awaitable[float]]]] = {
    "conversation": _conversation,
    "handle": _handle,
    "subjects": _subjects,
    "indicator": _indicator,
    "debouncer": _debouncer,
}


async def _client(conversations: int) -> Client:
    """Return a client that keeps the properties of its conversations up to date."""
    upstream = Upstream(conversations)
    client = await client_of(upstream, watch="documents")
    await upstream.hand_over()
    upstream.subscribed.clear()
    return client


def _sids(amount: int) -> list[str]:
    """Return sids to look conversations up by; they are not weighed."""
    return [conversation_sid(number) for number in range(amount)]


def _allocated() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


async def main(amount: int) -> None:
    """Weigh so many of each thing and print the bytes of one, by name."""
    tracemalloc.start()
    say({name: await weigh(amount) for name, weigh in _WEIGHED.items()})


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
