"""How a subscription stands, as a table.

Two rules. What the service last said on this connection decides, never what we hope. And a subscription that stood goes
on standing while it is renewed, since the service goes on sending; only a lost connection ends it.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from rxconvo.errors import LocalProtocolError

__all__ = ["ESTABLISHED", "TRANSITIONS", "Signal", "Standing", "next_standing"]


class Standing(Enum):
    """Where one object's subscription is."""

    ABSENT = "absent"
    """Not wanted, or its sid is not known yet."""
    WAITING = "waiting"
    """To be asked for."""
    ASKED = "asked"
    """Asked for; the service has not answered."""
    GRANTED = "granted"
    """It stands."""
    EXPIRED = "expired"
    """It stands, and is to be asked for again."""
    RENEWING = "renewing"
    """It stands, and has been asked for again."""


class Signal(Enum):
    """What happens to a subscription."""

    WANT = "want"
    """The object was opened, or its connection is back."""
    SEND = "send"
    """A request for it goes out."""
    COMPLETE = "complete"
    """The service has established it and replayed all that was missed."""
    INTERRUPT = "interrupt"
    """The service has stopped replaying half-way."""
    UNANSWERED = "unanswered"
    """The request failed, or nothing came in time."""
    EXPIRE = "expire"
    """The time to live that the service gave is over."""
    END = "end"
    """Refused, released, or the connection is lost."""


TRANSITIONS: Final[dict[Standing, dict[Signal, Standing]]] = {
    Standing.ABSENT: {
        Signal.WANT: Standing.WAITING,
        Signal.EXPIRE: Standing.ABSENT,
        Signal.END: Standing.ABSENT,
    },
    Standing.WAITING: {
        Signal.SEND: Standing.ASKED,
        Signal.EXPIRE: Standing.WAITING,
        Signal.END: Standing.ABSENT,
    },
    Standing.ASKED: {
        Signal.COMPLETE: Standing.GRANTED,
        Signal.INTERRUPT: Standing.WAITING,
        Signal.UNANSWERED: Standing.WAITING,
        Signal.EXPIRE: Standing.ASKED,
        Signal.END: Standing.ABSENT,
    },
    Standing.GRANTED: {
        Signal.EXPIRE: Standing.EXPIRED,
        Signal.END: Standing.ABSENT,
    },
    Standing.EXPIRED: {
        Signal.SEND: Standing.RENEWING,
        Signal.EXPIRE: Standing.EXPIRED,
        Signal.END: Standing.ABSENT,
    },
    Standing.RENEWING: {
        Signal.COMPLETE: Standing.GRANTED,
        Signal.INTERRUPT: Standing.EXPIRED,
        Signal.UNANSWERED: Standing.EXPIRED,
        Signal.EXPIRE: Standing.RENEWING,
        Signal.END: Standing.ABSENT,
    },
}
"""What each signal makes of each standing. What is not in it cannot happen."""

ESTABLISHED: Final = frozenset({Standing.GRANTED, Standing.EXPIRED, Standing.RENEWING})
"""The standings in which the service sends every change."""


def next_standing(standing: Standing, signal: Signal) -> Standing:
    """Look up what *signal* makes of *standing*.

    Raises:
        LocalProtocolError: The table has no such transition.
    """
    try:
        return TRANSITIONS[standing][signal]
    except KeyError:
        raise LocalProtocolError(f"a subscription that is {standing.value} cannot {signal.value}") from None
