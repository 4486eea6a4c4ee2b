"""A stage over real sockets: who plays, what each of them hears, and which members were touched."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import orjson

import rxconvo
from rxconvo.client.tokens import Tokens
from rxconvo.testing import DEADLINE, Log
from rxconvo.transport.websocket import WebSocketConnector

__all__ = ["Heard", "Stage", "Touched", "constants", "public", "soon"]

T = TypeVar("T")


class Heard(NamedTuple):
    """What a listener got.

    Attributes:
        who: Whose listener, beginning with the class that was listened to.
        event: The event's name.
        arguments: What the listener got.
    """

    who: str
    event: str
    arguments: tuple[Any, ...]


class Touched:
    """Notes which members of which classes are used through it: `touched(thing).member`."""

    def __init__(self) -> None:
        self.members: set[str] = set()

    def __call__(self, thing: T) -> T:
        """Return what behaves like the thing, and tells of every member that is used."""
        return cast("T", _Seen(thing, self.members))


class _Seen:
    __slots__ = ("_members", "_thing")

    def __init__(self, thing: object, members: set[str]) -> None:
        self._thing = thing
        self._members = members

    def __getattr__(self, name: str) -> Any:
        owner = self._thing if isinstance(self._thing, type) else type(self._thing)
        self._members.add(f"{owner.__name__}.{name}")
        return getattr(self._thing, name)


def public(owner: type) -> Iterator[str]:
    """List the public members of a class, as `Class.member`."""
    return (f"{owner.__name__}.{name}" for name in dir(owner) if not name.startswith("_"))


def constants(owner: type) -> list[str]:
    """List the names of events that a class has constants for, by constant."""
    return [name for name in dir(owner) if name.isupper() and not name.startswith("_")]


@dataclass
class Stage:
    """Where the play is.

    Attributes:
        service: What serves.
        url: Where it listens.
        folder: For files.
        see: Notes what is touched.
        log: All that listeners got.
    """

    service: rxconvo.Service
    url: str
    folder: Path
    see: Touched = field(default_factory=Touched)
    log: Log = field(default_factory=Log)
    _taken: set[int] = field(default_factory=set)

    def make(self, identity: str, token: str | None = None) -> rxconvo.Client:
        """Make a client that is not started yet, so that nothing of its start is missed."""
        token = self.service.token(identity) if token is None else token
        options = rxconvo.ClientOptions(linger=0.02, backoff=rxconvo.BackoffPolicy(minimum=0.02, maximum=0.1))
        client = rxconvo.Client(WebSocketConnector(self.url), Tokens(token), options, rxconvo.Environment())
        self.listen(client, identity)
        return client

    def listen(self, entity: Any, name: str) -> str:
        """Listen to all events of an entity that its class has constants for; returns who hears them."""
        who = f"{type(entity).__name__} {name}"
        for constant in constants(type(entity)):
            event = getattr(self.see(type(entity)), constant)
            entity.on(event, partial(self._note, who, event))
        return who

    def _note(self, who: str, event: str, *arguments: object) -> None:
        self.log(Heard(who, event, arguments))

    async def hear(self, who: str, event: str, holds: Callable[..., bool] = lambda *_: True) -> Any:
        """Wait until somebody hears of something, once for each time; returns what the listener got first."""

        def found() -> int | None:
            for number, heard in enumerate(self.log):
                if number not in self._taken and heard[:2] == (who, event) and holds(*heard.arguments):
                    return number
            return None

        try:
            await self.log.until(lambda _: found() is not None)
        except TimeoutError:
            told = [heard.event for heard in self.log if heard.who == who]
            raise AssertionError(f"{who} never hears {event}, but {told}") from None
        number = found()
        assert number is not None
        self._taken.add(number)
        return next(iter(self.log[number].arguments), None)

    def raw(self, value: object) -> None:
        """Compare what values hold as text with what they make of it."""
        seen = self.see(value)
        for name in dir(value):
            if name.endswith("_json"):
                text = getattr(seen, name)
                assert text is None or orjson.loads(text) == getattr(seen, name.removesuffix("_json"))
            elif name.endswith("_iso"):
                text, date = getattr(seen, name), getattr(seen, name.removesuffix("_iso"))
                assert (text is None) == (date is None)
                assert text is None or date.isoformat(timespec="milliseconds").replace("+00:00", "Z") == text


async def soon(awaited: Any) -> Any:
    """Await something, but not for ever."""
    async with asyncio.timeout(DEADLINE):
        return await awaited
