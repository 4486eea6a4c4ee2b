"""A user: what the info map says of an identity."""

from __future__ import annotations

from typing import ClassVar, Literal, Protocol

from msgspec import Struct

from rxconvo.display import Card, Displayed, describe
from rxconvo.model.emitting import Emitter, Emitting
from rxconvo.model.fields import EMPTY_OBJECT, parse_json
from rxconvo.model.home import ClientHome, Outcome
from rxconvo.types import JSON, Identity, JSONInput

__all__ = ["User", "UserActions"]


class UserActions(Protocol):
    """What a `User` asks of its client."""

    def update_user_friendly_name(self, user: User, friendly_name: str) -> Outcome[User]:
        """Rename a user."""
        ...

    def update_user_attributes(self, user: User, attributes: JSONInput) -> Outcome[User]:
        """Replace a user's attributes."""
        ...

    def unsubscribe_user(self, user: User) -> Outcome[None]:
        """Stop following a user."""
        ...

    def is_subscribed(self, user: User) -> bool:
        """Tell whether the changes of a user are followed."""
        ...

    def user_emitter(self, identity: Identity) -> Emitter:
        """Return what keeps the listeners of a user."""
        ...


_NOWHERE: ClientHome[UserActions] = ClientHome()


class User(Struct, Emitting, Displayed, frozen=True, gc=False, repr_omit_defaults=True):
    """A user as it was known at one moment.

    Attributes:
        identity: Who it is.
        friendly_name: The name to show.
        attributes_json: The application's own data, as JSON text.
        is_online: Whether a client of this user is connected; None where the service does not tell.
        is_notifiable: Whether this user can get push notifications; None where the service does not tell.
        home: Weak link to the client.

    Source: Conversations, users and reachability.
    """

    UPDATED: ClassVar[Literal["updated"]] = "updated"
    """The user was changed: listeners get the `UserUpdated`."""
    USER_SUBSCRIBED: ClassVar[Literal["userSubscribed"]] = "userSubscribed"
    """The user is followed from now on: listeners get it; it is replayed while the user is followed."""
    USER_UNSUBSCRIBED: ClassVar[Literal["userUnsubscribed"]] = "userUnsubscribed"
    """The user is followed no more: listeners get it."""

    identity: Identity
    friendly_name: str | None = None
    attributes_json: str = EMPTY_OBJECT
    is_online: bool | None = None
    is_notifiable: bool | None = None
    home: ClientHome[UserActions] = _NOWHERE

    @property
    def attributes(self) -> JSON:
        """The application's own data, parsed anew for each reader."""
        return parse_json(self.attributes_json)

    def update_friendly_name(self, friendly_name: str) -> Outcome[User]:
        """Rename the user.

        Args:
            friendly_name: The new name, at most 256 characters.

        Returns:
            Cold; emits the user with its new name.

        Raises:
            ArgumentError: The name is no string or too long.
            DetachedError: The client is gone.
        """
        return self.home.get().update_user_friendly_name(self, friendly_name)

    def update_attributes(self, attributes: JSONInput) -> Outcome[User]:
        """Replace the user's attributes.

        Args:
            attributes: Any JSON value.

        Returns:
            Cold; emits the user with its new attributes.

        Raises:
            ArgumentError: The value is no JSON, or too long.
            DetachedError: The client is gone.
        """
        return self.home.get().update_user_attributes(self, attributes)

    @property
    def is_subscribed(self) -> bool:
        """Whether its changes are followed now.

        Raises:
            DetachedError: The client is gone.
        """
        return self.home.get().is_subscribed(self)

    def unsubscribe(self) -> Outcome[None]:
        """Stop following the user; the own one is followed at once again.

        Returns:
            Cold; emits None once observers of `users` have heard of it. Who is not followed costs nothing.

        Raises:
            DetachedError: The client is gone.
        """
        return self.home.get().unsubscribe_user(self)

    def __card__(self) -> Card:
        online = {True: "online", False: "offline", None: None}[self.is_online]
        notes = (self.identity if self.friendly_name else None, online)
        return describe(
            self,
            title=self.friendly_name or self.identity,
            note=notes,
            said=("identity", "friendly_name", "is_online"),
        )

    def _emitter(self) -> Emitter:
        return self.home.get().user_emitter(self.identity)
