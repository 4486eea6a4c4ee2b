"""One connection: its handshake, its token, its requests, and what waits to be sent on it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from rxconvo.errors import ConnectionError, FramingError, RemoteProtocolError, TokenError
from rxconvo.server.call import Answer, Call, Handler, date_of, decoded
from rxconvo.server.core import phrase_of, refusal_of
from rxconvo.server.refusals import Refusal
from rxconvo.wire import (
    ClientUpdate,
    Close,
    Init,
    Other,
    Request,
    ServerConnection,
    Status,
    Update,
    acknowledge,
    encode,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from rxconvo.server.auth import Grant
    from rxconvo.server.broker import Broker
    from rxconvo.server.core import Core
    from rxconvo.transport.base import Transport
    from rxconvo.types import JSON, Identity
    from rxconvo.wire import Packet

__all__ = ["Session"]

_CAPABILITIES = ("client_update", "offline_storage", "telemetry.v1")
_QUOTA_PAUSE = 10.0
_DISMISSAL = 1.0
"""Seconds that requests under way may take before a connection is closed on purpose."""
_REISSUED = {
    "MISSING": "Continuation token is not provided",
    "UNKNOWN": "Continuation token is not of this service",
    "DIFFERENT_IDENTITY": "Continuation token is of another identity",
}

_NORMAL, _PROTOCOL_ERROR, _POLICY, _TOO_BIG, _TRY_LATER = 1000, 1002, 1008, 1009, 1013


class _End(Exception):  # noqa: N818 - control flow
    """The connection is to be closed."""

    def __init__(self, code: int = _NORMAL) -> None:
        self.code = code
        super().__init__(code)


class Session:
    """One connection of one identity.

    Args:
        core: What all connections share.
        transport: What carries this one.
        origin: How the client has reached the service.

    Source: Twilsock; access token, life cycle.
    """

    def __init__(self, core: Core, transport: Transport, *, origin: str) -> None:
        self._core = core
        self._options = core.service.options
        self._transport = transport
        self._origin = origin
        self._wire = ServerConnection(max_message=self._options.max_message)
        self._loop = asyncio.get_running_loop()
        self._grant: Grant | None = None
        self._outgoing: list[bytes] = []
        self._outgoing_size = 0
        self._ending: asyncio.Task[None] | None = None
        self._dismissed = False
        self._requests: set[asyncio.Task[None]] = set()
        self._room: asyncio.Future[None] | None = None  # what the reader waits for while too much is under way
        self._reads = asyncio.Semaphore(core.service.options.max_reads)
        self._timers: list[asyncio.TimerHandle] = []
        self._idle: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<Session of {self._grant.identity!r}>" if self._grant else "<Session before its init>"

    # What the broker and effects see

    @property
    def identity(self) -> Identity:
        """Whose connection it is; empty before the token was checked."""
        return "" if self._grant is None else self._grant.identity

    @property
    def broker(self) -> Broker:
        """Everybody's subscriptions."""
        return self._core.broker

    @property
    def listener(self) -> Session:
        """This connection."""
        return self

    def send(self, message: bytes) -> None:
        """Queue one message. What is queued in one turn of the loop is written at once.

        A reader that leaves too much waiting loses the connection; nobody else waits for it.
        """
        if self._ending is not None:
            return
        if not self._outgoing:
            self._loop.call_soon(self._flush)
        self._outgoing.append(message)
        self._outgoing_size += len(message)
        if self._outgoing_size + self._transport.buffered > self._options.max_outbound:
            self._outgoing.clear()
            self.end(_TRY_LATER)

    def proceed(self, handler: Handler) -> None:
        """Run a further handler for this connection, once its reader has caught up."""
        self._spawn(self._proceed(handler))

    def dismiss(self, status: Status, payload: bytes) -> None:
        """Tell the client to go, once what it has asked for is answered, and close the connection.

        Args:
            status: Why.
            payload: JSON that goes with it.
        """
        if not self._dismissed:
            self._dismissed = True
            self._spawn(self._dismiss(status, payload))

    async def _dismiss(self, status: Status, payload: bytes) -> None:
        # What is not answered before, the client waits for in vain, and for long.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DISMISSAL):
                while pending := self._requests - {asyncio.current_task()}:
                    await asyncio.wait(pending)
        self.send(self._wire.close(f"TM{self._core.service.ids()}", status, payload))
        self.end()

    # Its life

    async def run(self) -> None:
        """Serve the connection to its end. Never raises for what the other side does."""
        code = _NORMAL
        try:
            await self._live()
        except _End as end:
            code = end.code
        except ConnectionError:
            pass  # it has ended: nothing is left to be said
        finally:
            self.end(code)
            await self._wind_up()

    def end(self, code: int = _NORMAL) -> None:
        """Close the connection. From now on nothing is sent and nothing is heard.

        Args:
            code: Close code of the websocket.
        """
        if self._ending is None:
            self._flush()
            self._ending = self._loop.create_task(self._transport.close(code))
            self._core.broker.detach(self)
            self._stop_timers()
            self._make_room()

    async def _live(self) -> None:
        """Shake hands, then read packet after packet."""
        try:
            async with asyncio.timeout(self._options.handshake_timeout):
                messages = iter(await self._transport.receive())
        except TimeoutError:
            raise _End(_POLICY) from None
        await self._shake_hands(self._decode(next(messages)))
        while True:
            for message in messages:
                await self._take(self._decode(message))
            messages = iter(await self._transport.receive())

    async def _wind_up(self) -> None:
        """Tell that the user may be gone, and let what was begun come to its end."""
        if self._grant is not None:
            await self._core.leave(self, self._grant.identity)
        if self._ending is not None:
            await asyncio.wait([self._ending, *self._requests])

    def _decode(self, message: bytes) -> Packet | None:
        """Read a packet. Bytes that are none, or not now, end this connection, and only this one."""
        try:
            return self._wire.receive(message, self._core.clock())
        except (FramingError, RemoteProtocolError):
            raise _End(_TOO_BIG if len(message) > self._options.max_message else _PROTOCOL_ERROR) from None

    def _flush(self) -> None:
        if self._outgoing:
            outgoing, self._outgoing, self._outgoing_size = self._outgoing, [], 0
            self._transport.write(outgoing)

    async def _drain(self) -> None:
        """Wait until the reader has taken most of what was sent."""
        self._flush()
        await self._transport.drain()

    # Handshake and tokens

    async def _shake_hands(self, packet: Packet | None) -> None:
        """Check the first packet, which must be an init, and let the client in."""
        if not isinstance(packet, Init):
            raise _End(_PROTOCOL_ERROR)
        grant = self._verify(packet)
        limit = self._options.limits.connections
        if limit is not None and len(self.broker.of(grant.identity)) >= limit:
            status = Status(429, "TOO_MANY_REQUESTS", "Too many connections", 51201)
            self._refuse(packet, status, retry_after=_QUOTA_PAUSE)
        try:
            await self._core.arrive(self, grant.identity)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client must hear of it
            refusal = refusal_of(error, f"RQ{self._core.service.ids()}")
            self._refuse(packet, Status(refusal.status, phrase_of(refusal.status), refusal.message, refusal.code))
        self._grant = grant
        if self._ending is not None:
            raise _End
        self.broker.attach(self)
        self.send(self._welcome(packet, grant))
        self._start_timers(grant)
        self._watch_silence()

    def _welcome(self, packet: Init, grant: Grant) -> bytes:
        """Answer an init that was accepted."""
        token, status = self._continuation(packet.continuation_token, grant.identity)
        return self._wire.accept(
            continuation_token=token,
            continuation_token_status=status,
            capabilities=[name for name in _CAPABILITIES if name in packet.capabilities],
            storage_id=self._storage_id(grant.identity),
            init_registrations=[self._registration(wanted) for wanted in packet.registrations],
            epoch=self._core.store.epoch,
        )

    def _registration(self, wanted: JSON) -> JSON:
        """Confirm a registration."""
        fields = wanted if isinstance(wanted, dict) else {}
        echo = {name: fields.get(name) for name in ("type", "product", "message_types")}
        return {"notification_ctx_id": self._core.service.ids(), **echo}

    def _continuation(self, token: str | None, identity: Identity) -> tuple[str, dict[str, JSON]]:
        """Accept a continuation token of this identity, or make one for a new endpoint."""
        endpoint, _, whose = (token or "").rpartition(".")
        name, _, ours = endpoint.partition(".")
        if not token:
            reason = "MISSING"
        elif not self._sealed(ours, "endpoint", name):
            reason = "UNKNOWN"
        elif not self._sealed(whose, "endpoint", name, identity):
            reason = "DIFFERENT_IDENTITY"
        else:
            return token, {"reissued": False}
        name = self._core.service.ids()
        status: dict[str, JSON] = {"reissued": True, "reissue_reason": reason, "reissue_message": _REISSUED[reason]}
        return ".".join((name, self._seal("endpoint", name), self._seal("endpoint", name, identity))), status

    def _storage_id(self, identity: Identity) -> str:
        """Name a browser's storage: another one for each user, and for each store."""
        return self._seal("storage", identity, self._core.store.epoch)[:40]

    def _seal(self, purpose: str, *parts: str) -> str:
        """Make a name that nobody else can make."""
        secret = self._core.service.keys.secret.encode()
        return hmac.new(secret, "\0".join((purpose, *parts)).encode(), hashlib.sha256).hexdigest()

    def _sealed(self, seal: str, purpose: str, *parts: str) -> bool:
        """Tell whether a name is one that `_seal` has made."""
        return hmac.compare_digest(seal.encode(), self._seal(purpose, *parts).encode())

    def _verify(self, packet: Init | Update) -> Grant:
        """Check the token of a packet, or refuse the packet."""
        try:
            grant = self._core.authority.verify(packet.token)
            self._check_identity(grant)
        except TokenError as error:
            name = "FORBIDDEN" if error.status == 403 else "UNAUTHORIZED"
            description = str(error).removesuffix(f" (code {error.code})")
            self._refuse(packet, Status(error.status, name, description, error.code))
        return grant

    def _check_identity(self, grant: Grant) -> None:
        """Refuse a new token of somebody else."""
        if self._grant is not None and grant.identity != self._grant.identity:
            raise TokenError(51130, "The updated token is of another identity")

    def _refuse(self, packet: Init | Update, status: Status, *, retry_after: float | None = None) -> NoReturn:
        """Answer that a token is not good, and end the connection."""
        self.send(self._wire.refuse(packet.id, status, retry_after=retry_after))
        raise _End(_POLICY)

    def _update(self, packet: Update) -> None:
        """Take a new token for the same identity."""
        self._grant = self._verify(packet)
        self._start_timers(self._grant)
        self.send(acknowledge(packet.id))

    def _start_timers(self, grant: Grant) -> None:
        """Arm both timers of a token: the notice, and the end."""
        self._stop_timers()
        left = grant.expires_at - self._core.authority.now()
        self._timers = [
            self._loop.call_later(max(0.0, left - self._options.expiry_notice), self._give_notice),
            # Way B of the protocol: no close packet, and the next init is refused with 20104.
            self._loop.call_later(max(0.0, left), self.end),
        ]

    def _give_notice(self) -> None:
        self.send(encode(ClientUpdate(f"TM{self._core.service.ids()}", "token_about_to_expire")))

    def _stop_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers = []
        if self._ending is not None and self._idle is not None:
            self._idle.cancel()

    def _watch_silence(self) -> None:
        """Ask a client that says nothing for long whether it is there, and drop it when it does not answer."""
        timeout = self._options.idle_timeout
        if timeout is None or self._ending is not None:
            return
        now = self._core.clock()
        heard_at = self._wire.heard_at
        silence = 0.0 if heard_at is None else now - heard_at
        if silence >= 2 * timeout:
            self.end()
            return
        if silence >= timeout:
            self.send(encode(Other(f"TM{self._core.service.ids()}", "ping")))
        wait = (2 * timeout if silence >= timeout else timeout) - silence
        self._idle = self._loop.call_later(wait, self._watch_silence)

    # Packets

    async def _take(self, packet: Packet | None) -> None:
        """Act on a packet of a client that was let in."""
        match packet:
            case None:
                return  # an acknowledgement; that it came says enough
            case Request():
                await self._await_room()
                self._spawn(self._answer(packet))
            case Update():
                self._update(packet)
            case Close():
                raise _End
            case _:  # telemetry, contexts and whatever else: read, and that is all
                self.send(acknowledge(packet.id))

    async def _await_room(self) -> None:
        """Wait until few requests are under way and the reader has caught up. Until then nothing more is read."""
        await self._drain()
        while len(self._requests) >= self._options.max_in_flight:
            self._room = self._loop.create_future()
            await self._room

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = self._loop.create_task(work)
        self._requests.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._requests.discard(task)
        self._make_room()

    def _make_room(self) -> None:
        if self._room is not None and not self._room.done():
            self._room.set_result(None)

    async def _answer(self, packet: Request) -> None:
        """Answer one request, whatever happens."""
        request_id = f"RQ{self._core.service.ids()}"

        def reply(answer: Answer) -> None:
            status = Status(answer.status, phrase_of(answer.status))
            self._reply(packet, status, answer.body, request_id)

        try:
            await self._route(packet, reply)
        except Exception as error:  # noqa: BLE001 - nothing that a request does may end the connection
            refusal = refusal_of(error, request_id)
            status = Status(refusal.status, refusal.message)
            self._reply(packet, status, refusal.body, request_id, **refusal.headers)

    async def _route(self, packet: Request, reply: Callable[[Answer], None]) -> None:
        """Find the handler of a request and run it."""
        request, grant = packet.http_request, self._grant
        if grant is None or grant.expires_at <= self._core.authority.now():
            self.end()  # the clock was set, and the timer does not know
            raise Refusal(401, 20104, "Access Token expired")
        found = self._core.router.match(request.method, request.path)
        query = {
            name: decoded(name, value if isinstance(value, str) else value[-1])
            for name, value in request.params.items()
            if value != []
        }
        if found.route.mutates:
            self._core.rates.check(identity=grant.identity, conversation=found.path.get("conversation"))
        call = Call(
            service=self._core.service,
            identity=grant.identity,
            now=date_of(self._core.wall()),
            path=found.path,
            query=query,
            headers={name.lower(): value for name, value in request.headers.items()},
            payload=packet.payload,
            origin=self._origin,
        )
        run = partial(self._core.run, self, call, found.route.handler, reply, mutates=found.route.mutates)
        if found.route.mutates:
            await run()
            return
        # What is read can be large. A few answers at a time, and none before the reader has taken the last ones: so a
        # client that asks for much at once gets it, and only one that does not read is dropped.
        async with self._reads:
            await self._drain()
            if self._ending is None:
                await run()

    def _reply(self, packet: Request, status: Status, body: bytes, request_id: str, **headers: str) -> None:
        """Send the answer to a request."""
        headers = {"content-type": "application/json", "twilio-request-id": request_id, **headers}
        self.send(self._wire.respond(packet.id, status, body, headers=headers))

    async def _proceed(self, handler: Handler) -> None:
        await self._drain()
        if self._ending is not None:
            return
        try:
            await self._core.run(self, self._core.call(self.identity), handler, lambda _: None)
        except Exception as error:  # noqa: BLE001 - the client asks again for what does not come
            refusal_of(error, f"RQ{self._core.service.ids()}")
