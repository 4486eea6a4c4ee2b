"""Changing what a conversation is called, what the application keeps with it, and whether it notifies."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, Self

import orjson

from rxconvo.client.conversation.streams import StreamsConcern
from rxconvo.model import limits

if TYPE_CHECKING:
    from rxconvo.streams import Cold
    from rxconvo.types import JSON, JSONInput

__all__ = ["SettingsConcern"]


class SettingsConcern(StreamsConcern):
    """Name, unique name, attributes, notification level."""

    __slots__ = ()

    def update_friendly_name(self, friendly_name: str) -> Cold[Self]:
        """Rename the conversation. Its own name again costs no request.

        Args:
            friendly_name: The name to show, at most 256 characters.

        Returns:
            Cold; emits this conversation once its properties show the name.

        Raises:
            ArgumentError: The name is no string or too long.
        """
        limits.check_friendly_name(friendly_name)
        return self._update(
            "update_friendly_name",
            "friendly_name",
            friendly_name,
            lambda: self._record.state.friendly_name == friendly_name,
        )

    def update_unique_name(self, unique_name: str | None) -> Cold[Self]:
        """Change the name by which the conversation can be looked up. Its own name again costs no request.

        Args:
            unique_name: The name, or None to have none.

        Returns:
            Cold; emits this conversation once its properties show the name.

        Raises:
            ArgumentError: The name is neither a string nor None, or too long.

        Errors:
            RejectedError: 409, another conversation has that name.
        """
        limits.check_unique_name(unique_name)
        wanted = unique_name or None
        return self._update(
            "update_unique_name", "unique_name", unique_name or "", lambda: self._record.state.unique_name == wanted
        )

    def get_attributes(self) -> Cold[JSON]:
        """Read the application's own data once the properties are true.

        Returns:
            Cold; emits the data. Nothing is asked where the properties are kept up to date already.

        Errors:
            SyncError: The conversation's document cannot be opened.
            ClosedError: The conversation is gone.
        """

        async def perform() -> JSON:
            await self.wait_until_known()
            return self._record.state.attributes

        return self._query("get_attributes", perform)

    def update_attributes(self, attributes: JSONInput) -> Cold[Self]:
        """Replace the application's own data.

        Args:
            attributes: Any JSON value, at most 16 KB as text.

        Returns:
            Cold; emits this conversation once its properties show the data.

        Raises:
            ArgumentError: The value is no JSON, or too long.
        """
        text = limits.conversation_attributes_text(attributes)
        wanted: JSON = orjson.loads(text)

        def shown(_: Self) -> bool:
            return self._record.document is None or self._record.state.attributes == wanted

        return self._mutation("update_attributes", "POST", self._url, {"attributes": text}, lambda _: self, echo=shown)

    def set_user_notification_level(self, level: Literal["default", "muted"]) -> Cold[None]:
        """Choose whether the own user gets push notifications of the conversation.

        Args:
            level: `default` or `muted`.

        Returns:
            Cold; emits None once the properties show the level.

        Raises:
            ArgumentError: The level is another one.
        """
        limits.check_notification_level(level)
        return self._mutation(
            "set_user_notification_level",
            "POST",
            self._my_url,
            {"notification_level": level},
            lambda _: None,
            echo=lambda _: self._record.state.notification_level == level,
        )

    def _update(self, name: str, field: str, value: str, shown: Callable[[], bool]) -> Cold[Self]:
        async def perform(mutation_id: str) -> Self:
            if not (self._record.document_known and shown()):
                await self._context.calls.mutate("POST", self._url, {field: value}, mutation_id)
                await self._context.echoed(self.sid, lambda: self._record.document is None or shown())
            return self

        return self._cold(name, perform)
