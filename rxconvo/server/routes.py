"""The table of all requests that the service answers. A new concern adds its rows here."""

from __future__ import annotations

from rxconvo.server.api import (
    configuration,
    conversations,
    messages,
    my_conversations,
    participants,
    subscriptions,
    sync,
    typing,
    users,
)

__all__ = ["ROUTES"]

ROUTES = (
    *configuration.ROUTES,
    *sync.ROUTES,
    *subscriptions.ROUTES,
    *conversations.ROUTES,
    *participants.ROUTES,
    *messages.ROUTES,
    *my_conversations.ROUTES,
    *users.ROUTES,
    *typing.ROUTES,
)
