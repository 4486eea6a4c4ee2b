"""Push notifications: registering devices, and reading what these get."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from rxconvo.client.core import ClientCore
from rxconvo.client.registrations import Registrations
from rxconvo.model import limits, parse_push_notification

if TYPE_CHECKING:
    from rxconvo.model import PushNotification
    from rxconvo.streams import Cold

__all__ = ["PushConcern"]


class PushConcern(ClientCore):
    """Devices to be notified, and their notifications."""

    def set_push_registration_id(self, channel_type: Literal["fcm", "apn"], registration_id: str) -> Cold[None]:
        """Register a device for push notifications, in place of the one registered before.

        Args:
            channel_type: `fcm` or `apn`.
            registration_id: What FCM or APNs calls the device.

        Returns:
            Cold; emits None once the device is registered. It is tried until it succeeds, or somebody disposes; the
            device of before costs no request.

        Raises:
            ArgumentError: The channel is another one, or the id no non-empty string.

        Errors:
            RequestError: Another call for the channel runs, or the device registered before cannot be removed.

        Time: The loop's clock; 2 seconds after the first failure, twice as long after each further one, at most 120, up
            to a fifth more or less.
        """
        limits.check_channel_type(channel_type)
        limits.check_registration_id(registration_id)
        return self._context.query(
            "set_push_registration_id", lambda: self._registrations.register(channel_type, registration_id)
        )

    def unset_push_registration_id(self, channel_type: Literal["fcm", "apn"]) -> Cold[None]:
        """Remove the device that this client has registered. Without one nothing is asked.

        Args:
            channel_type: `fcm` or `apn`.

        Returns:
            Cold; emits None once the registration is gone.

        Raises:
            ArgumentError: The channel is another one.

        Errors:
            RequestError: Another call for the channel runs, or the third attempt failed, too.
        """
        limits.check_channel_type(channel_type)
        return self._context.query("unset_push_registration_id", lambda: self._registrations.unregister(channel_type))

    def remove_push_registrations(self, channel_type: Literal["fcm", "apn"], registration_id: str) -> Cold[None]:
        """Remove all registrations of a device, also those that other clients have made.

        Args:
            channel_type: `fcm` or `apn`.
            registration_id: What FCM or APNs calls the device.

        Returns:
            Cold; emits None once they are gone.

        Raises:
            ArgumentError: The channel is another one, or the id no non-empty string.

        Errors:
            RequestError: Another call for the channel runs, or the third attempt failed, too.
        """
        limits.check_channel_type(channel_type)
        limits.check_registration_id(registration_id)
        return self._context.query(
            "remove_push_registrations", lambda: self._registrations.remove(channel_type, registration_id)
        )

    def handle_push_notification(self, payload: Mapping[str, Any]) -> Cold[None]:
        """Publish a push notification that the application got.

        Args:
            payload: What APNs or FCM has handed over.

        Returns:
            Cold; emits None once observers of `push` have got the `PushNotification`.

        Raises:
            ArgumentError: It is no push notification of Conversations.
        """
        notification = parse_push_notification(payload)

        async def perform() -> None:
            self._push.push(notification)

        return self._context.query("handle_push_notification", perform)

    @staticmethod
    def parse_push_notification(payload: Mapping[str, Any]) -> PushNotification:
        """Read a push notification that the application got. It needs no client.

        Args:
            payload: What APNs or FCM has handed over: a JSON object with a member `aps` or `data`.

        Raises:
            ArgumentError: It is no push notification of Conversations.
        """
        return parse_push_notification(payload)

    @property
    def _registrations(self) -> Registrations:
        if self._devices is None:
            self._devices = Registrations(self._context)
        return self._devices
