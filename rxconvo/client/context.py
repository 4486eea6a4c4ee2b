"""What the handles of one client share."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from rxconvo.client.emitters import Emitters
from rxconvo.client.recent import Recent
from rxconvo.errors import ClosedError, OutcomeUnknownError
from rxconvo.streams import Cold, Followers

if TYPE_CHECKING:
    from rxconvo.client.calls import Calls
    from rxconvo.client.configuration import Configuration
    from rxconvo.client.driver import Driver
    from rxconvo.client.environment import Environment
    from rxconvo.client.media_calls import MediaCalls
    from rxconvo.client.options import ClientOptions
    from rxconvo.model import ChannelMetadata, Owner, RecipientDescriptor, Store
    from rxconvo.streams import Hub
    from rxconvo.sync import Session
    from rxconvo.types import Identity, Sid

__all__ = ["Context"]

T = TypeVar("T")

_KEPT_RECIPIENTS: Final = 1_000  # as many messages as the official SDK keeps them of
_KEPT_METADATA: Final = 100


@dataclass(slots=True, eq=False)
class Context:
    """The parts of a running client, for its handles.

    Attributes:
        driver: Moves everything.
        calls: Mutations and queries.
        media: Uploads, and what else the media service does.
        session: The replicated objects.
        store: The entities.
        hub: Delivers events.
        loop: The client's event loop.
        options: What was chosen for this client.
        environment: Ids and chance.
        closed: Whether the client was shut down.
        awaited_users: How many wait until a user is followed.
        recipients: Whom messages were addressed to, as far as it was asked for, by conversation and message.
        metadata: What channels tell of messages, likewise.
        region: Whose hosts requests name, where the service does not.
        upstream: What the client is connected to, as people call it.
        emitters: Those of the client's entities that have listeners.
        followers: Who follows the attempts at mutations.
    """

    driver: Driver
    calls: Calls
    media: MediaCalls
    session: Session[Owner]
    store: Store
    hub: Hub
    loop: asyncio.AbstractEventLoop
    options: ClientOptions
    environment: Environment
    closed: bool = False
    region: str = "us1"
    upstream: str = ""
    awaited_users: Counter[Identity] = field(default_factory=Counter["Identity"])
    recipients: Recent[tuple[RecipientDescriptor, ...]] = field(
        default_factory=lambda: Recent[tuple["RecipientDescriptor", ...]](_KEPT_RECIPIENTS)
    )
    metadata: Recent[ChannelMetadata | None] = field(
        default_factory=lambda: Recent["ChannelMetadata | None"](_KEPT_METADATA)
    )
    emitters: Emitters = field(init=False)
    followers: Followers = field(init=False)
    _configuration: Configuration | None = None
    _timers: set[asyncio.TimerHandle] = field(default_factory=set[asyncio.TimerHandle])

    def __post_init__(self) -> None:
        """Make what needs the other parts."""
        self.emitters = Emitters(self.hub.context)
        self.followers = Followers(self.hub.context)

    @property
    def configuration(self) -> Configuration:
        """What the service told at the start.

        Raises:
            ClosedError: The client was shut down before it was ready.
        """
        if self._configuration is None:
            raise ClosedError("the client is not ready")
        return self._configuration

    @configuration.setter
    def configuration(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def cold(
        self,
        name: str,
        perform: Callable[[str], Awaitable[T]],
        admit: Callable[[], Awaitable[None]] | None = None,
        *,
        sid: Sid | None = None,
    ) -> Cold[T]:
        """Make a mutation: a cold Observable of which each subscription is one attempt of *perform*.

        Args:
            name: What reports call it.
            perform: Takes the mutation id.
            admit: Awaited before, unless the attempt resumes one that was not answered.
            sid: The conversation, if it is about one.

        Errors:
            ClosedError: The client was shut down before the attempt was made.
        """
        return self._cold(name, perform, admit, followers=self.followers, sid=sid)

    def query(self, name: str, perform: Callable[[], Awaitable[T]]) -> Cold[T]:
        """Make a cold Observable that reads: each subscription reads anew."""
        return self._cold(name, lambda _: perform())

    def later(self, delay: float, action: Callable[[], None]) -> None:
        """Do *action* in *delay* seconds, unless the client is shut down before."""

        def ring() -> None:
            self._timers.discard(timer)
            action()

        if not self.closed:
            timer = self.loop.call_later(delay, ring)
            self._timers.add(timer)

    def close(self) -> None:
        """Cancel what is to be done later, and do nothing later any more."""
        self.closed = True
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    async def settled(self, openings: Collection[asyncio.Future[None]]) -> None:
        """Wait until what was asked for is open, or will not be, no longer than a request may wait for the connection.

        Raises:
            OutcomeUnknownError: It takes too long; nothing was sent.
        """
        if openings:
            timeout = self.options.queue_timeout
            _, pending = await asyncio.wait(openings, timeout=timeout)
            if pending:
                raise OutcomeUnknownError(f"not open within {timeout:g} s; not sent")

    async def echoed(self, sid: Sid, condition: Callable[[], bool]) -> None:
        """Wait until *condition* holds for a conversation, at most `echo_timeout`.

        Ours tells the change before it answers. Another service may do it the other way round.
        """
        if condition():
            return
        wait = self.driver.waits.until(sid, condition)
        try:
            await asyncio.wait((wait,), timeout=self.options.echo_timeout)
        finally:
            wait.cancel()

    def _cold(
        self,
        name: str,
        perform: Callable[[str], Awaitable[T]],
        admit: Callable[[], Awaitable[None]] | None = None,
        *,
        followers: Followers | None = None,
        sid: Sid | None = None,
    ) -> Cold[T]:
        async def attempt(mutation_id: str) -> T:
            if self.closed:
                raise ClosedError("the client was shut down")
            return await perform(mutation_id)

        return Cold(
            attempt,
            admit=admit,
            ids=self.environment.uuid,
            context=self.hub.context,
            name=name,
            followers=followers,
            conversation_sid=sid,
        )
