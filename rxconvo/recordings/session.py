"""Replicated objects as a client that plays a recording keeps them."""

from __future__ import annotations

from typing import Final, TypeVar

from rxconvo.sync import Kind, Purpose, Replica, Session, Since, SyncRequest

__all__ = ["BEGINNING", "PlayedSession"]

O = TypeVar("O")  # noqa: E741 - the owner's type, a single letter like any type variable

BEGINNING: Final = "Bounds"
"""Parameter of a request for what a list begins with; no other request has it."""


class PlayedSession(Session[O]):
    """Reads of each list what the recorded client held of it, since what an update says depends on that."""

    def want(
        self,
        name: str,
        kind: Kind,
        owner: O,
        *,
        read_items: bool = False,
        include_items: bool = False,
        since: int | Since = Since.OPENING,
    ) -> Replica[O]:
        """Open an object. See `Session.want`."""
        read = read_items or kind is Kind.LIST
        return super().want(name, kind, owner, read_items=read, include_items=include_items, since=since)

    def take_requests(self) -> list[SyncRequest]:
        """Take the requests to send now. See `Session.take_requests`."""
        requests = super().take_requests()
        for request in requests:
            if request.purpose is Purpose.READ and "/Lists/" in request.path:
                request.params[BEGINNING] = "recorded"
        return requests
