"""Following users: finding their info maps, opening them, waiting for what they say."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rxconvo.client.resources import UserResource, read_resource
from rxconvo.errors import ClosedError

if TYPE_CHECKING:
    from rxconvo.client.context import Context
    from rxconvo.model import User
    from rxconvo.types import Identity

__all__ = ["Following"]


class Following:
    """Follows users for a client's handles.

    Args:
        context: The client's parts.

    Source: Conversations, users and reachability.
    """

    __slots__ = ("_context", "_waiting")

    def __init__(self, context: Context) -> None:
        self._context = context
        self._waiting: Counter[Identity] = Counter()

    async def follow(self, identity: Identity, info_map: str | None = None) -> User:
        """Return a user who is followed from now on; who is known already costs no request.

        Args:
            identity: Who.
            info_map: Name of the info map, where it is known.

        Raises:
            NotFoundError: There is no such user.
            SyncError: The info map cannot be opened.
            OutcomeUnknownError: There is no connection for too long.
        """
        store = self._context.store
        user = store.user_of(identity)
        if user is not None:
            return user
        if not info_map and not store.follows(identity):
            answer = await self._context.calls.query(self._context.configuration.user_url(identity))
            info_map = read_resource(answer, UserResource).sync_objects.user_info_map
        self._waiting[identity] += 1
        try:
            return await self._opened(identity, info_map or "")
        finally:
            self._waiting[identity] -= 1
            if not self._waiting[identity]:
                del self._waiting[identity]
                if store.user_of(identity) is None:
                    self.unfollow(identity)

    def unfollow(self, identity: Identity) -> None:
        """Stop following a user, and say so; the own one is followed at once again."""
        driver = self._context.driver
        driver.publish(self._context.store.close_user(identity))
        driver.pump()

    async def _opened(self, identity: Identity, info_map: str) -> User:
        """Open an info map, where that is not under way, and return its user when it is read."""
        store, driver = self._context.store, self._context.driver
        if not store.follows(identity):
            store.open_user(identity, info_map)
            driver.publish(())
            driver.pump()
        found: list[User] = []

        def known() -> bool:
            error = store.user_error(identity)
            if error is not None:
                raise error
            user = store.user_of(identity)
            if user is not None:
                found.append(user)
            elif not store.follows(identity):
                raise ClosedError(f"user {identity} was unsubscribed meanwhile")
            return user is not None

        opening = driver.waits.until("", known)
        try:
            await self._context.settled((opening,))
            opening.result()
        finally:
            opening.cancel()
        return store.user_of(identity) or found[0]
