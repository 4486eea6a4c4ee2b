"""Users: the own one, and those who are followed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from rxconvo.client.core import ClientCore
from rxconvo.errors import ClosedError
from rxconvo.model import User, limits

if TYPE_CHECKING:
    from rxconvo.streams import Cold
    from rxconvo.types import JSONInput

__all__ = ["UsersConcern"]


class UsersConcern(ClientCore):
    """The own user and others, as they are known now."""

    @property
    def user(self) -> User:
        """The own user as it is known now.

        Raises:
            ClosedError: The client was shut down before it was ready.
        """
        user = self._context.store.user
        if user is None:
            raise ClosedError("the client was shut down before it was ready")
        return user

    def update_user_friendly_name(self, user: User, friendly_name: str) -> Cold[User]:
        """Rename a user; `User.update_friendly_name` calls this.

        Args:
            user: Who; usually only oneself may.
            friendly_name: The name to show, at most 256 characters.

        Returns:
            Cold; emits the user with its new name.

        Raises:
            ArgumentError: The name is no string or too long.
        """
        limits.check_friendly_name(friendly_name)
        return self._update_user(
            "update_user_friendly_name",
            user,
            {"friendly_name": friendly_name},
            msgspec.structs.replace(user, friendly_name=friendly_name),
            lambda held: held.friendly_name == friendly_name,
        )

    def update_user_attributes(self, user: User, attributes: JSONInput) -> Cold[User]:
        """Replace a user's attributes; `User.update_attributes` calls this.

        Args:
            user: Whose; usually only oneself may.
            attributes: Any JSON value.

        Returns:
            Cold; emits the user with its new attributes.

        Raises:
            ArgumentError: The value is no JSON, or too long.
        """
        text = limits.user_attributes_text(attributes)
        updated = msgspec.structs.replace(user, attributes_json=text)
        return self._update_user(
            "update_user_attributes",
            user,
            {"attributes": text},
            updated,
            lambda held: held.attributes == updated.attributes,
        )

    def _update_user(
        self, name: str, user: User, fields: dict[str, JSONInput], updated: User, done: Callable[[User], bool]
    ) -> Cold[User]:
        find = self._context.store.user_of

        async def perform(mutation_id: str) -> User:
            url = self._context.configuration.user_url(user.identity)
            await self._context.calls.mutate("POST", url, fields, mutation_id)
            await self._context.echoed("", lambda: (held := find(user.identity)) is None or done(held))
            held = find(user.identity)
            return held if held is not None and done(held) else updated

        return self._context.cold(name, perform)
