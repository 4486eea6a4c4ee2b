"""The client: one user's connection, and everything that is reached through it."""

from __future__ import annotations

from typing import ClassVar

from rxconvo.client.conversations import ConversationsConcern
from rxconvo.client.emitting import EmittingConcern
from rxconvo.client.inspecting import InspectingConcern
from rxconvo.client.media import MediaConcern
from rxconvo.client.mutations import MutationsConcern
from rxconvo.client.push import PushConcern
from rxconvo.client.recording import RecordingConcern
from rxconvo.client.templates import TemplatesConcern
from rxconvo.client.users import UsersConcern
from rxconvo.version import __version__

__all__ = ["Client"]


class Client(
    ConversationsConcern,
    UsersConcern,
    MediaConcern,
    TemplatesConcern,
    PushConcern,
    EmittingConcern,
    InspectingConcern,
    MutationsConcern,
    RecordingConcern,
):
    """One user's connection to a Conversations service.

    Made by `connect` or `Service.client`; as a context manager it shuts down at the end.
    """

    version: ClassVar[str] = __version__
    """The version of this library."""
