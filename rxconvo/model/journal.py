"""What is said while changes are applied: events for observers, and faults. Said when all of a packet is applied."""

from __future__ import annotations

from rxconvo.errors import RxconvoError
from rxconvo.model.events import Event

__all__ = ["Journal"]


class Journal:
    """Collects what the appliers have to say.

    Attributes:
        now: Seconds: when the changes being applied have come.
        events: Events of the changes applied so far.
        faults: What went wrong without ending anything.
    """

    __slots__ = ("events", "faults", "now")

    def __init__(self) -> None:
        self.now = 0.0
        self.events: list[Event] = []
        self.faults: list[RxconvoError] = []

    def take_events(self) -> list[Event]:
        """Return the events and start anew."""
        events, self.events = self.events, []
        return events

    def take_faults(self) -> list[RxconvoError]:
        """Return the faults and start anew."""
        faults, self.faults = self.faults, []
        return faults
