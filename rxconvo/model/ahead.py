"""Items that a read has shown before the events of their change have come.

An observer is to hear of each change once, and the state is never to go back. So an event that is older than what a
read has shown changes nothing, and the event of that version, when it comes, is said even though it changes nothing.
Source: Sync, rule of order between events and reads.
"""

from __future__ import annotations

from rxconvo.sync import Key

__all__ = ["ReadAhead"]


class ReadAhead(dict[Key, tuple[int, bool]]):
    """By key: the id of the event that is to come, and whether observers know of that version already."""

    def overtakes(self, key: Key, event_id: int) -> bool:
        """Tell whether a read has shown a newer version than that of the event."""
        shown = self.get(key)
        return shown is not None and shown[0] > event_id

    def untold(self, key: Key) -> bool:
        """Tell whether a read has shown a version of which observers do not know."""
        shown = self.get(key)
        return shown is not None and not shown[1]

    def told(self, key: Key) -> None:
        """Note that observers know of the version shown."""
        if key in self:
            self[key] = (self[key][0], True)

    def arrived(self, key: Key) -> bool:
        """Note that the event has come.

        Returns:
            Whether a read had shown its version, and observers do not know of it.
        """
        untold = self.untold(key)
        self.pop(key, None)
        return untold
