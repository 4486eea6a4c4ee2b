"""The devices that a client has registered for push notifications, one a channel.

Source: Push notifications.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import msgspec

from rxconvo.client.backoff import Backoff
from rxconvo.client.configuration import quoted
from rxconvo.client.options import BackoffPolicy
from rxconvo.client.resources import read_resource
from rxconvo.errors import ClosedError, NotFoundError, RequestError

if TYPE_CHECKING:
    from rxconvo.client.context import Context
    from rxconvo.types import JSONInput, Sid

__all__ = ["Registrations"]

_VERSIONS: Final = {"fcm": "3", "apn": "4"}
_MESSAGE_TYPES: Final = (
    "twilio.conversations.new_message",
    "twilio.conversations.added_to_conversation",
    "twilio.conversations.removed_from_conversation",
    "twilio.ipmsg.typing_indicator",
    "twilio.channel.consumption_update",
)
_POLICY: Final = BackoffPolicy(minimum=2.0, maximum=120.0, randomness=0.2)
_REMOVALS: Final = 3  # attempts


class _Registered(msgspec.Struct, frozen=True):
    id: str


class Registrations:
    """Registers devices, and ends that.

    Args:
        context: The client's parts.
    """

    __slots__ = ("_busy", "_context", "_devices")

    def __init__(self, context: Context) -> None:
        self._context = context
        self._devices: dict[str, tuple[str, Sid]] = {}  # by channel: the device, and what its registration is called
        self._busy: set[str] = set()

    async def register(self, channel_type: str, device: str) -> None:
        """Register a device in place of the one before; tried until it succeeds. Its own again costs no request.

        Raises:
            RequestError: The channel is busy, or the device before cannot be removed.
            ClosedError: The client was shut down meanwhile.
        """
        with self._turn(channel_type):
            if channel_type in self._devices:
                if self._devices[channel_type][0] == device:
                    return
                await self._unregister(channel_type)
            body: dict[str, JSONInput] = {
                "endpoint_platform": "web",
                "channel_type": channel_type,
                "version": _VERSIONS[channel_type],
                "message_types": _MESSAGE_TYPES,
                "data": {"registration_id": device},
            }
            answer = await self._persist("POST", self._url(), body, attempts=None)
            self._devices[channel_type] = device, read_resource(answer, _Registered).id

    async def unregister(self, channel_type: str) -> None:
        """Remove the device that was registered; three attempts. Without one nothing is asked.

        Raises:
            RequestError: The channel is busy, or the last failure.
            ClosedError: The client was shut down meanwhile.
        """
        with self._turn(channel_type):
            if channel_type in self._devices:
                await self._unregister(channel_type)

    async def remove(self, channel_type: str, device: str) -> None:
        """Remove all registrations of a device, whoever made them; three attempts.

        Raises:
            RequestError: The channel is busy, or the last failure.
            ClosedError: The client was shut down meanwhile.
        """
        with self._turn(channel_type):
            body = {"binding_type": channel_type, "address": device}
            await self._persist("DELETE", self._url(), body, attempts=_REMOVALS)
            registered = self._devices.get(channel_type)
            if registered is not None and registered[0] == device:
                del self._devices[channel_type]

    @contextmanager
    def _turn(self, channel_type: str) -> Generator[None]:
        if channel_type in self._busy:
            raise RequestError(f"One registration attempt is already in progress for {channel_type}")
        self._busy.add(channel_type)
        try:
            yield
        finally:
            self._busy.remove(channel_type)

    async def _unregister(self, channel_type: str) -> None:
        with suppress(NotFoundError):  # whoever has removed it: it is gone
            await self._persist("DELETE", self._url(self._devices[channel_type][1]), {}, attempts=_REMOVALS)
        del self._devices[channel_type]

    async def _persist(self, method: str, url: str, body: Mapping[str, JSONInput], *, attempts: int | None) -> bytes:
        """Send until it succeeds, or so many times."""
        backoff = Backoff(_POLICY, chance=self._context.environment.chance)
        while True:
            try:
                return await self._context.calls.register(method, url, body)
            except RequestError as error:
                if self._context.closed:
                    raise ClosedError("the client was shut down") from error
                attempts = None if attempts is None else attempts - 1
                if attempts == 0:
                    raise
                await self._context.driver.pause(backoff.next_delay())

    def _url(self, registration: Sid | None = None) -> str:
        """Return the address of a registration, or of all. The host is but a field of the packet."""
        path = "" if registration is None else f"/{quoted(registration)}"
        return f"https://ers.{self._context.region}.twilio.com/v1/registrations{path}?productId=ip_messaging"
