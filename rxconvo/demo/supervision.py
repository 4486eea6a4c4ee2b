"""A dashboard of all that is played, for whoever has its link."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from rxconvo import Connecting, DeniedError, Service, connect
from rxconvo.integrations.dashboard import Desk, dashboard, listen_dashboard
from rxconvo.types import Identity

__all__ = ["SUPERVISOR", "supervision"]

SUPERVISOR: Final[Identity] = "supervisor"
"""Who is a member of every conversation, and whose dashboard it is."""

_PATIENCE: Final = 30.0
"""Seconds of the corpus within which an answer is promised: half of all answers take less."""

_GRACE: Final = 2.0
"""Seconds after which somebody who has gone shows as offline."""


@asynccontextmanager
async def supervision(service: Service, url: str, *, speed: float) -> AsyncGenerator[str]:
    """Offer a dashboard on this machine for the length of a block.

    Its link is short, so that it fits a terminal: instead of an access token it holds a secret of this block's, for
    which the dashboard connects with a token that it asks for itself.

    Args:
        service: Where it is played.
        url: The service's address.
        speed: Seconds of the corpus that pass in one second.

    Returns:
        The link.
    """
    secret = secrets.token_urlsafe(16)

    async def token() -> str:
        return service.token(SUPERVISOR)

    def enter(shown: str) -> Connecting:
        if not secrets.compare_digest(shown, secret):
            raise DeniedError("this is not the secret of the link", terminal=True)
        return connect(url, token=token, watch="all")

    promised = _PATIENCE / speed
    desk = Desk(first=promised, following=promised, bucket=1.0, grace=_GRACE)
    page = await listen_dashboard(dashboard(enter, desk=desk))
    try:
        yield page.link(secret)
    finally:
        await page.close()
