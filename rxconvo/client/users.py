"""Users: the own one, and those who are followed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from rxconvo.client.core import ClientCore
from rxconvo.client.following import follow, unfollow
from rxconvo.errors import ClosedError
from rxconvo.model import User, limits

if TYPE_CHECKING:
    from rxconvo.streams import Cold
    from rxconvo.types import Identity, JSONInput

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

    @property
    def reachability_enabled(self) -> bool:
        """Whether the service tells who is online and who can get push notifications.

        Raises:
            ClosedError: The client was shut down before it was ready.
        """
        return self._context.configuration.options.reachability_enabled

    def get_user(self, identity: Identity) -> Cold[User]:
        """Find a user, and follow its changes from now on.

        The service names how many are followed at once; beyond that, who was followed first is followed no more, and
        observers of `users` get `UserUnsubscribed`.

        Args:
            identity: Who.

        Returns:
            Cold; emits the user. Who is followed already costs no request.

        Raises:
            ArgumentError: The identity is no non-empty string.

        Errors:
            NotFoundError: There is no such user.
            SyncError: What is known of the user cannot be opened.
        """
        limits.check_key("identity", identity)
        return self._context.query("get_user", lambda: follow(self._context, identity))

    def get_subscribed_users(self) -> Cold[list[User]]:
        """List the users who are followed. Nothing is asked.

        Returns:
            Cold; emits the own user and then the others, who was followed first comes first.
        """

        async def perform() -> list[User]:
            own = self.user
            return [own, *(user for user in self._context.store.users if user.identity != own.identity)]

        return self._context.query("get_subscribed_users", perform)

    def unsubscribe_user(self, user: User) -> Cold[None]:
        """Stop following a user; `User.unsubscribe` calls this.

        Args:
            user: Who; the own one is followed at once again.

        Returns:
            Cold; emits None once observers of `users` have heard of it.
        """

        async def perform() -> None:
            unfollow(self._context, user.identity)

        return self._context.query("unsubscribe_user", perform)

    def is_subscribed(self, user: User) -> bool:
        """Tell whether the changes of a user are followed."""
        return self._context.store.is_subscribed(user.identity)

    def update_user_friendly_name(self, user: User, friendly_name: str) -> Cold[User]:
        """Rename a user; `User.update_friendly_name` calls this.

        Args:
            user: Who; usually only oneself may.
            friendly_name: The name to show, at most 256 characters.

        Returns:
            Cold; emits the user with its new name.

        Raises:
            ArgumentError: The name is no string or too long.

        Errors:
            RejectedError: 403, one may not.
            ClosedError: The user is not followed.
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

        Errors:
            RejectedError: 403, one may not.
            ClosedError: The user is not followed.
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

        async def admit() -> None:
            if user.identity != self.identity and not self._context.store.is_subscribed(user.identity):
                raise ClosedError(f"user {user.identity} is not subscribed")

        async def perform(mutation_id: str) -> User:
            url = self._context.configuration.user_url(user.identity)
            await self._context.calls.mutate("POST", url, fields, mutation_id)
            await self._context.echoed("", lambda: (held := find(user.identity)) is None or done(held))
            held = find(user.identity)
            return held if held is not None and done(held) else updated

        return self._context.cold(name, perform, admit)
