"""Who takes part in the play, and what they observe."""

from __future__ import annotations

import rxconvo
from rxconvo.testing import Log
from tests.surface.stage import Stage

__all__ = ["CLIENT_STREAMS", "STREAMS", "Play"]


STREAMS = ("messages", "participants", "typing", "updated", "removed")
CLIENT_STREAMS = (*STREAMS, "conversations", "users", "connection_state", "tokens", "push", "errors")


class Play:
    """Who takes part, once they are there.

    Attributes:
        ada: Has created the conversation.
        bob: Was added to it.
        lunch: The conversation, as ada knows it.
        theirs: The same, as bob knows it.
        guest: Bob in it, as ada knows him.
        phone: Somebody with a telephone in it.
        streams: What ada's streams have brought, by name.
    """

    ada: rxconvo.Client
    bob: rxconvo.Client
    lunch: rxconvo.Conversation
    theirs: rxconvo.Conversation
    guest: rxconvo.Participant
    phone: rxconvo.Participant

    def __init__(self) -> None:
        self.streams: dict[str, Log] = {}

    def observe(self, at: Stage, entity: rxconvo.Client | rxconvo.Conversation, *names: str) -> None:
        """Observe streams, each of which has an Rx name as well."""
        for name in names:
            stream = getattr(at.see(entity), name)
            assert entity[f"{name}$"] is stream
            log = self.streams[f"{type(entity).__name__}.{name}"] = Log()
            stream.subscribe(log)
