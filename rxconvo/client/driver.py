"""The driver: the one place where bytes, time and tasks meet the pure layers.

The way in has one direction and no `await` in it: what one read of the socket brought goes through `wire`, `sync` and
`model`, is published by the hub, then settles the requests that waited for it; last, everything to be sent is written
at once. One timer serves the deadlines of all three layers.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from rxconvo import wire
from rxconvo.client.calls import Answer
from rxconvo.client.configuration import quoted
from rxconvo.client.renewal import Renewal
from rxconvo.client.waits import Waits
from rxconvo.errors import (
    ClosedError,
    ConnectionError,
    FramingError,
    OutcomeUnknownError,
    PayloadError,
    RxconvoError,
)
from rxconvo.sync import TypingNotified

if TYPE_CHECKING:
    from rxconvo.client.backoff import Backoff
    from rxconvo.client.tokens import Tokens
    from rxconvo.model import ConversationRecord, Event, Owner, Store
    from rxconvo.recordings.tap import Tap
    from rxconvo.streams import Hub
    from rxconvo.sync import Change, Page, Session, SyncRequest
    from rxconvo.transport import Connector, Transport
    from rxconvo.types import Sid

__all__ = ["Driver", "Listener"]

T = TypeVar("T")

_NEVER: Final = float("inf")


class Listener(Protocol):
    """What hears of the connection: the client."""

    def connection_changed(self, state: str) -> None:
        """Take the state that is now in force, in the words of the SDK."""

    def token_about_to_expire(self) -> None:
        """Take the service's announcement that the token ends soon."""

    def token_expired(self) -> None:
        """Take the service's refusal of a token that has ended."""

    def moved(self, conversations: Sequence[ConversationRecord]) -> None:
        """Take which conversations a packet shows joined, left or removed, after its events were published."""

    def report(self, error: RxconvoError) -> None:
        """Take a fault that ends nothing."""


class Driver:
    """Keeps one connection alive and moves everything through the layers.

    Args:
        connector: Opens the socket.
        tokens: Where tokens come from.
        connection: The protocol machine.
        session: The replicated objects.
        store: The entities.
        hub: Delivers events.
        listener: Hears of the connection.
        backoff: Delays between connections.
        loop: Whose clock counts, and on whose timers things are due.

    Attributes:
        taps: Who hears of everything that goes over the connection.
    """

    def __init__(
        self,
        *,
        connector: Connector,
        tokens: Tokens,
        connection: wire.ClientConnection,
        session: Session[Owner],
        store: Store,
        hub: Hub,
        listener: Listener,
        backoff: Backoff,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._connector = connector
        self._tokens = tokens
        self._connection = connection
        self._session = session
        self._store = store
        self._hub = hub
        self._listener = listener
        self._backoff = backoff
        self._clock = loop.time
        self._loop = loop
        self._now = loop.time()  # when what is handled now came in; no time passes while it is
        self.taps: list[Tap] = []
        self._transport: Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._due = _NEVER  # when the timer rings
        self._ringing = False
        self._wake = asyncio.Event()  # ends a pause between connections
        self._closing = False
        self._hang_up = False  # this connection must end; the next one may follow
        self._retry_after: float | None = None
        self._reported = connection.state.reported
        self._calls: dict[str, asyncio.Future[Answer]] = {}
        self._reads: dict[str, tuple[SyncRequest, asyncio.Future[Page] | None]] = {}
        self._renewal = Renewal(tokens, use=self._use, report=listener.report, clock=loop.time)
        self.waits = Waits(self._loop)
        self._handlers: dict[type, Callable[..., None]] = {
            wire.Notified: self._on_notified,
            wire.Replied: self._on_replied,
            wire.Failed: self._on_failed,
            wire.Opened: self._on_opened,
            wire.Denied: self._on_denied,
            wire.Refused: self._on_refused,
            wire.CloseRequested: self._on_close_requested,
            wire.TokenAboutToExpire: self._on_token_about_to_expire,
            wire.TokenUpdated: self._on_token_updated,
        }

    # -- the life of the connection --------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connect, and connect again whenever the connection is lost, until a refusal for good."""
        while True:
            self._connection.connect()
            self._note_state()
            await self._attempt()
            if self._closing or self._connection.state is wire.ClientState.UNSUPPORTED:
                return
            delay = self._backoff.next_delay(at_least=self._retry_after) if self._tokens.usable else None
            await self._paused(delay)

    async def close(self) -> None:
        """Say goodbye, close the socket and end everything that waits. Whoever runs `run` cancels it afterwards."""
        self._closing = True
        self._renewal.close()
        for happening in self._connection.shutdown():
            self._handlers[type(happening)](happening)
        self._flush()
        for tap in tuple(self.taps):
            tap.ended()
        if self._transport is not None:
            await self._transport.close()
        self._lost()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.waits.fail(lambda: ClosedError("the client was shut down"))

    async def _attempt(self) -> None:
        """Open a socket and speak over it until it ends."""
        self._hang_up = False
        self._retry_after = None
        try:
            await self._tokens.current()  # before there is a socket, which would not wait for a slow provider
            await self._converse(await self._connector.connect())
        except Exception as error:  # noqa: BLE001 - whatever a connector raises, the next attempt may succeed
            fault = error if isinstance(error, ConnectionError) else _fault(error)
            self._lost(fault)
            if not (self._closing or self._hang_up):
                self._listener.report(fault)

    async def _converse(self, transport: Transport) -> None:
        """Speak over one socket until it ends."""
        self._transport = transport
        try:
            token = await self._tokens.current()
            now = self._now = self._clock()
            for tap in tuple(self.taps):
                tap.connected(now)
            self._connection.opened(token, now)
            self._settle()
            while not self._hang_up and not self._closing:
                self._receive(await transport.receive())
            self._lost()
            await transport.close()  # rather than cut: what was said last is to be heard
        finally:
            transport.abort()

    def _lost(self, fault: ConnectionError | None = None) -> None:
        """Take the end of a socket, or of the attempt to open one. Safe to repeat."""
        now = self._now = self._clock()
        for tap in tuple(self.taps):
            tap.lost(now, fault, opened=self._transport is not None)
        self._transport = None
        self._wake.clear()
        self._session.lost()
        for happening in self._connection.closed(now):
            self._handlers[type(happening)](happening)
        self.publish(self._store.disconnected(now))
        self._renewal.settle()  # the next connection begins with the newest token
        self._settle()

    async def _paused(self, delay: float | None) -> None:
        """Wait *delay* seconds, or without end, or until something wakes us."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._wake.wait()

    def _note_state(self) -> None:
        state = self._connection.state.reported
        if state != self._reported:
            self._reported = state
            self._listener.connection_changed(state)

    # -- the way in ------------------------------------------------------------------------------------------------

    def _receive(self, messages: Sequence[bytes]) -> None:
        """Take what one read brought: all of it is handled before the next await."""
        now = self._now = self._clock()
        if self.taps:
            for tap in tuple(self.taps):
                tap.received(messages, now)
        try:
            for message in messages:
                for happening in self._connection.receive(message, now):
                    self._handlers[type(happening)](happening)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not leave a client that only looks alive
            self._listener.report(error if isinstance(error, FramingError) else _fault(error))
            self._hang_up = True
        finally:
            self._settle()  # acknowledgements go out even when handling failed

    def commit(self, changes: Sequence[Change[Owner]], now: float) -> None:
        """Apply *changes* to the entities, publish what follows from them, and wake those who waited for it."""
        if not changes:
            return
        self.publish(self._store.commit(changes, now))
        if self.waits:
            sids = {_conversation(change) for change in changes}
            self.waits.recheck(self.waits.keys if "" in sids else (*sids, ""))

    def publish(self, events: Sequence[Event]) -> None:
        """Tell observers what became of changes, and what went wrong with them."""
        if events:
            self._hub.publish(events)
        if self._store.moved:
            self._listener.moved(self._store.moved)
            self._store.told()
        for fault in self._store.take_faults():
            self._listener.report(fault)

    def _on_notified(self, happening: wire.Notified) -> None:
        now = self._now
        try:
            changes = self._session.receive(happening.message_type, happening.payload, now)
        except PayloadError as error:
            self._listener.report(error)
        else:
            self.commit(changes, now)

    def _on_replied(self, happening: wire.Replied) -> None:
        read = self._reads.pop(happening.id, None)
        if read is None:
            future = self._calls.pop(happening.id, None)
            if future is not None and not future.done():
                future.set_result(Answer(happening.status, happening.reason, happening.payload, happening.headers))
            return
        request, page = read
        now = self._now
        self.commit(self._session.replied(request, happening.status, happening.payload, now), now)
        if page is not None and not page.done():
            try:
                page.set_result(self._session.page_result(request))
            except RxconvoError as error:
                page.set_exception(error)

    def _on_failed(self, happening: wire.Failed) -> None:
        future: asyncio.Future[Answer] | asyncio.Future[Page] | None
        read = self._reads.pop(happening.id, None)
        if read is None:
            future = self._calls.pop(happening.id, None)
        else:
            request, future = read
            self._session.failed(request, self._now)
        if future is not None and not future.done():
            future.set_exception(happening.error)

    def _on_opened(self, happening: wire.Opened) -> None:
        self._backoff.reset()
        self._renewal.settle()
        self._note_state()
        now = self._now
        self.commit(self._session.connected(now, epoch_changed=happening.epoch_changed), now)

    def _on_denied(self, happening: wire.Denied) -> None:
        self._tokens.spend()
        self._hang_up = True
        self._renewal.settle(happening.error)
        if happening.token_expired:
            self._listener.token_expired()
        self._listener.report(happening.error)

    def _on_refused(self, happening: wire.Refused) -> None:
        self._hang_up = True
        self._retry_after = happening.retry_after
        self._renewal.settle(happening.error)
        self._listener.report(happening.error)

    def _on_close_requested(self, happening: wire.CloseRequested) -> None:
        self._hang_up = True
        self._retry_after = happening.retry_after
        if happening.code in {401, 410}:
            self._tokens.spend()
        if happening.code == 410:
            self._listener.token_expired()
        if happening.terminal:
            reason = happening.description or f"Transport failure: {happening.status or happening.code}"
            self._listener.report(
                ConnectionError(
                    f"Connection error: {reason}",
                    terminal=True,
                    http_status_code=happening.code,
                    error_code=happening.error_code,
                )
            )

    def _on_token_about_to_expire(self, happening: wire.TokenAboutToExpire) -> None:
        del happening  # it says nothing more
        self._listener.token_about_to_expire()
        self._renewal.begin()

    def _on_token_updated(self, happening: wire.TokenUpdated) -> None:
        del happening  # it says nothing more
        self._renewal.settle()

    # -- the way out -----------------------------------------------------------------------------------------------

    async def exchange(self, http: wire.HttpRequest, payload: bytes, payload_type: str) -> Answer:
        """Send one request and wait for its reply; being cancelled withdraws what was not sent."""
        if self._closing:
            raise OutcomeUnknownError("the client was shut down") from ClosedError("the client was shut down")
        try:
            packet_id = self._connection.request(http, payload, payload_type, self._clock())
        except ConnectionError as error:
            raise OutcomeUnknownError(str(error)) from error
        future: asyncio.Future[Answer] = self._loop.create_future()
        self._calls[packet_id] = future
        self._settle()
        return await self._answered(packet_id, future)

    async def pause(self, seconds: float) -> None:
        """Wait before an attempt to come.

        Raises:
            ClosedError: The client was shut down meanwhile.
        """
        await self.waits.pause(seconds)

    async def read(self, request: SyncRequest) -> Page:
        """Read items of a replicated object through the one door and return which they were."""
        future: asyncio.Future[Page] = self._loop.create_future()
        packet_id = self._send(request, future)
        self._settle()
        return await self._answered(packet_id, future)

    async def ask(self, request: SyncRequest) -> Answer:
        """Send a request whose answer is the caller's alone, and changes nothing here."""
        return await self.exchange(_http(request), request.body, "application/json")

    async def update_token(self, token: str) -> None:
        """Put *token* in force, on this connection or the next.

        Raises:
            ConnectionError: The service did not take it, or there will be no connection any more.
        """
        if self._connection.state is wire.ClientState.UNSUPPORTED:
            raise ConnectionError(f"Unable to connect: {self._connection.state.reported}", terminal=True)
        await self._renewal.update(token)

    def _use(self, token: str) -> bool:
        """Send the token that is now in force, or open the next connection with it; tell whether it was sent."""
        if self._connection.state in wire.OPEN_STATES:
            self._connection.update_token(token, self._clock())
            self._settle()
        else:
            self._backoff.reset()
            self._wake.set()
        return self._connection.state is wire.ClientState.UPDATING

    def now(self) -> float:
        """Return the time of the loop's clock, seconds."""
        return self._clock()

    @property
    def live(self) -> bool:
        """Whether the service has accepted this client, and what is sent reaches it."""
        return self._connection.state in wire.LIVE_STATES

    @property
    def epoch(self) -> str | None:
        """Of the service's store, if it has told one."""
        return self._connection.epoch

    def pump(self) -> None:
        """Send what the layers have to send by now: for those who asked them for something outside of a read."""
        self._settle()

    async def _answered(self, packet_id: str, future: asyncio.Future[T]) -> T:
        try:
            return await future
        except asyncio.CancelledError:
            self._calls.pop(packet_id, None)
            self._reads.pop(packet_id, None)
            self._connection.withdraw(packet_id)
            raise

    def _send(self, request: SyncRequest, page: asyncio.Future[Page] | None = None) -> str:
        packet_id = self._connection.request(_http(request), request.body, "application/json", self._clock())
        self._reads[packet_id] = (request, page)
        return packet_id

    def _settle(self) -> None:
        """Write everything that is to be sent, at once, and set the timer for what comes next."""
        if self._connection.state in wire.LIVE_STATES:
            for request in self._session.take_requests():
                self._send(request)
        self._flush()
        self._note_state()
        self._arm()

    def _flush(self) -> None:
        messages = self._connection.data_to_send()
        transport = self._transport
        if messages and transport is not None:
            now = self._clock()
            self._tell_rang(now)
            for tap in tuple(self.taps):
                tap.sent(messages, now)
            transport.write(messages)

    # -- time ------------------------------------------------------------------------------------------------------

    def _arm(self) -> None:
        """See that the timer rings no later than the earliest deadline. It may ring early: then it is set anew."""
        due = _NEVER
        for layer in (self._connection, self._session, self._store):
            deadline = layer.next_deadline()
            if deadline is not None and deadline < due:
                due = deadline
        if due < self._due and not self._closing:
            if self._timer is not None:
                self._timer.cancel()
            self._due = due
            self._timer = self._loop.call_at(due, self._ring)

    def _ring(self) -> None:
        self._timer, self._due = None, _NEVER
        now = self._now = self._clock()
        self._ringing = True
        for happening in self._connection.advance(now):
            self._handlers[type(happening)](happening)
        self.commit(self._session.advance(now), now)
        events = self._store.advance(now)
        if events:
            self._tell_rang(now)
        self.publish(events)
        if self._hang_up and self._transport is not None:
            self._transport.abort()
        self._settle()
        self._ringing = False

    def _tell_rang(self, now: float) -> None:
        """Tell that the timer has rung, once what follows from it is known to be worth telling."""
        if self._ringing:
            self._ringing = False
            for tap in tuple(self.taps):
                tap.rang(now)


def _http(request: SyncRequest) -> wire.HttpRequest:
    return wire.HttpRequest(
        host=request.host,
        path=request.path,
        method=request.method,
        params={name: quoted(value) for name, value in request.params.items()},
        headers=dict(request.headers),
    )


def _fault(error: Exception) -> ConnectionError:
    """Return what nobody foresaw as what it means here: the connection is of no more use."""
    fault = ConnectionError(f"the connection failed: {error!r}")
    fault.__cause__ = error
    return fault


def _conversation(change: Change[Owner]) -> Sid:
    """Return the conversation that a change is about, `""` where it may be about any of them."""
    if isinstance(change, TypingNotified):
        return change.conversation_sid
    record = change.replica.owner.record
    return "" if record is None else record.sid
