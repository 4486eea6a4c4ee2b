"""The table of all requests that the service answers. A new concern adds its rows here."""

from __future__ import annotations

from rxconvo.server.api import (
    configuration,
    conversations,
    delivery,
    messages,
    mutations,
    my_conversations,
    participants,
    registrations,
    subscriptions,
    sync,
    templates,
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
    *delivery.ROUTES,
    *my_conversations.ROUTES,
    *users.ROUTES,
    *typing.ROUTES,
    *registrations.ROUTES,
    *templates.ROUTES,
    *mutations.ROUTES,
)
