"""Following users: finding their info maps, opening them, waiting for what they say.

Source: Conversations, users and reachability.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rxconvo.client.resources import UserResource, read_resource
from rxconvo.errors import ClosedError

if TYPE_CHECKING:
    from rxconvo.client.context import Context
    from rxconvo.model import User
    from rxconvo.types import Identity

__all__ = ["follow", "unfollow"]


async def follow(context: Context, identity: Identity, info_map: str | None = None) -> User:
    """Return a user who is followed from now on; who is known already costs no request.

    Args:
        context: The client's parts.
        identity: Who.
        info_map: Name of the info map, where it is known.

    Raises:
        NotFoundError: There is no such user.
        SyncError: The info map cannot be opened.
        OutcomeUnknownError: There is no connection for too long.
    """
    store, waiting = context.store, context.awaited_users
    user = store.user_of(identity)
    if user is not None:
        return user
    if not info_map and not store.follows(identity):
        answer = await context.calls.query(context.configuration.user_url(identity))
        info_map = read_resource(answer, UserResource).sync_objects.user_info_map
    waiting[identity] += 1
    try:
        return await _opened(context, identity, info_map or "")
    finally:
        waiting[identity] -= 1
        if not waiting[identity]:
            del waiting[identity]
            if store.user_of(identity) is None:
                unfollow(context, identity)


def unfollow(context: Context, identity: Identity) -> None:
    """Stop following a user, and say so; the own one is followed at once again."""
    context.driver.publish(context.store.close_user(identity))
    context.driver.pump()


async def _opened(context: Context, identity: Identity, info_map: str) -> User:
    """Open an info map, where that is not under way, and return its user when it is read."""
    store, driver = context.store, context.driver
    if not store.follows(identity):
        store.open_user(identity, info_map)
        driver.publish(())  # what is wrong with its name
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
        await context.settled((opening,))
        opening.result()
    finally:
        opening.cancel()
    return store.user_of(identity) or found[0]
