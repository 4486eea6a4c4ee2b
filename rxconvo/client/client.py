"""The client: one user's connection, and everything that is reached through it."""

from __future__ import annotations

from rxconvo.client.conversations import ConversationsConcern
from rxconvo.client.emitting import EmittingConcern
from rxconvo.client.media import MediaConcern
from rxconvo.client.users import UsersConcern

__all__ = ["Client"]


class Client(ConversationsConcern, UsersConcern, MediaConcern, EmittingConcern):
    """One user's connection to a Conversations service.

    Made by `connect` or `Service.client`; as a context manager it shuts down at the end.
    """
