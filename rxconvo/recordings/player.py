"""Plays a recording: moves its clock from one thing to the next, and hands each to those who play it.

Two things bring something about, frames and time. In the recorded client, time did so when its timer rang, which may
have been a little late; the recording says when that was (`rang`), and then it is here, so that nothing changes places.
"""

from __future__ import annotations

import asyncio
import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Final

import msgspec

from rxconvo.recordings.files import Entry, Frame, Note
from rxconvo.recordings.loop import RecordedLoop
from rxconvo.recordings.mirror import Mirror, decoded
from rxconvo.recordings.peer import Peer
from rxconvo.recordings.tape import TURN, Contents, Tape
from rxconvo.wire import Reply

__all__ = ["Player"]

_EQUAL: Final = 1e-6  # seconds by which times that are the same may differ, having been added up differently
_LATE: Final = 0.05  # seconds by which a timer may have rung late in the recorded client
_AHEAD: Final = 0.01  # seconds after it in which what was sent counts as caused by what had been received
_QUIET: Final = 8  # rounds of the loop in which nothing may happen before time goes on
_PATIENCE: Final = 2_000  # rounds after which time goes on in any case


class _Group(msgspec.Struct):
    """What is handed over at once: a note, or what one read brought, with what the recorded client sent then."""

    number: int  # of its first entry
    entries: list[Entry]


class Player:
    """A recording, at some place.

    Args:
        tape: The recording.
        contents: What is on it.
        real: The loop that runs.

    Attributes:
        loop: Its clock.
        contents: What is on the tape.
        position: Seconds after the recording was begun at which it is.
        number: That of the entry that comes next.
        peers: Who plays it.
        mirror: The service at this place.
    """

    def __init__(self, tape: Tape, contents: Contents, real: asyncio.AbstractEventLoop) -> None:
        self.contents = contents
        self.loop = RecordedLoop(real, contents.start)  # type: ignore[abstract]  # it has what is called
        self.peers: list[Peer] = []
        self.mirror = Mirror()
        self.position = contents.start
        self.number = 0
        self._tape = tape
        self._real = real
        self._moving = asyncio.Lock()
        self._sought = asyncio.Event()
        self._passing: Callable[[], float] | None = None
        self._playing = False
        self._closed = False
        self._leaps = 0
        self._shift = 0.0  # seconds by which the clock, which never goes back, is ahead of the recording
        self._entries = self._rewound()

    def _rewound(self) -> _Entries:
        """Go to the first place from which it can be played."""
        entries = _Entries(iter(self._tape))
        self.mirror = Mirror()
        for entry in islice(entries, self.contents.begin):
            self.mirror.take(entry)
        self.number = entries.number
        self._rang = bisect_right(self.contents.rang, self.contents.start)
        return entries

    @property
    def reached(self) -> float:
        """Where it is on its way from one thing to the next."""
        return self.position if self._passing is None else max(self.position, self._passing())

    @property
    def over(self) -> bool:
        """Whether everything was played."""
        return self.number >= self.contents.count

    def close(self) -> None:
        """Let go of the file, and of who plays it."""
        self._closed = True
        self._leap()
        self._entries.close()
        for peer in self.peers:
            peer.close()

    # -- moving ------------------------------------------------------------------------------------------------------

    async def play(self, speed: float, until: float) -> None:
        """Play, at some speed, up to some place.

        Args:
            speed: How much faster than it happened; infinite for as fast as it can be.
            until: Seconds after the recording was begun.

        Raises:
            RuntimeError: It is being played already.
        """
        if self._playing:
            raise RuntimeError("the recording is being played already")
        self._playing = True
        self._go()
        try:
            await self._play(speed, min(until, self.contents.end))
        finally:
            self._playing = False
            self.loop.standing = True

    async def _play(self, speed: float, until: float) -> None:
        leaps, began, origin = -1, 0.0, 0.0
        while not self._closed and (
            self.position < until or (self.position == until and not self.over and self._next_time() <= until)
        ):
            if leaps != self._leaps:  # now, or since somebody went elsewhere
                leaps, began, origin = self._leaps, self._real.time(), self.position
            target = min(self._next_time(), until)
            if speed != math.inf:
                await self._pass(began, origin, target, speed)
            async with self._moving:
                if leaps == self._leaps:
                    await self._step(target)

    async def _pass(self, began: float, origin: float, target: float, speed: float) -> None:
        """Wait until it is time for the next thing, or somebody has gone elsewhere; meanwhile, time goes by."""
        self._sought.clear()
        leaps = self._leaps
        self._passing = lambda: min(target, origin + (self._real.time() - began) * speed)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(began + (target - origin) / speed):
                    await self._sought.wait()
        finally:
            reached, self._passing = self._passing(), None
            if leaps == self._leaps and reached > self.position:
                self.position = reached
                self.loop.move(reached + self._shift)

    def _go(self) -> None:
        """Have time go by no more but by what is played; what it has crept on stays."""
        self._shift = self.loop.time() - self.position
        self.loop.standing = False

    async def seek(self, target: float) -> None:
        """Go to another place at once: connections are lost, and what was missed is said on the next ones.

        Args:
            target: Seconds after the recording was begun.
        """
        async with self._moving:
            self._go()
            self._leap()
            target = min(max(target, self.contents.start), self.contents.end)
            back = target < self.position
            self.mirror.lapsed.clear()
            if back:
                self._entries.close()
                self._entries = self._rewound()
            while (entry := self._entries.peek()) is not None and entry.t <= target:
                self._pop()
                self.mirror.take(entry)
                if self.number % TURN == 0:
                    await asyncio.sleep(0)
            for peer in self.peers:
                peer.leap(self.mirror, back=back or peer.holds(self.mirror.lapsed))
            if back:
                self._shift += self.position - target
            self.position = target
            self._leap()  # for who has begun to play on the way
            now = target + self._shift
            self.loop.move(now, due=now)
            self.loop.standing = True
            await self.settle()
            self._go()
            self.loop.standing = not self._playing

    def _leap(self) -> None:
        self._leaps += 1
        self._sought.set()

    async def settle(self) -> None:
        """Wait until all that follows from the last thing has happened."""
        quiet, before = 0, -1
        for _ in range(_PATIENCE):
            await asyncio.sleep(0)
            answered = sum(peer.answered for peer in self.peers)
            busy = answered != before or not all(peer.quiet for peer in self.peers)
            quiet, before = 0 if busy else quiet + 1, answered
            if quiet == _QUIET:
                return

    # -- one step ----------------------------------------------------------------------------------------------------

    def _next_time(self) -> float:
        """Return when something happens next: something recorded, or something that is due clearly before that."""
        entry, due = self._entries.peek(), self._due()
        at = self.contents.end if entry is None else entry.t
        return max(due, self.position) if due is not None and due < at - _EQUAL else at

    def _due(self) -> float | None:
        """Return when time brings something about next: where the recording says, or else when it is due."""
        when = self.loop.next_due()
        if when is None:
            return None
        when -= self._shift
        number = bisect_left(self.contents.rang, when - _EQUAL, self._rang)
        rang = self.contents.rang[number] if number < len(self.contents.rang) else math.inf
        return rang if rang <= when + _LATE else when

    async def _step(self, target: float) -> None:
        """Go on to *target*, at which or before which at most one thing happens."""
        entry, due = self._entries.peek(), self._due()
        self.position = max(self.position, target)
        now = self.position + self._shift
        if due is not None and due <= target and (entry is None or due < entry.t - _EQUAL):
            self.loop.move(now, due=now)
        else:
            self.loop.move(now)
            if entry is None or entry.t > target:
                return
            self._hand_over(self._group(), now)
        await self.settle()

    def _hand_over(self, group: _Group, now: float) -> None:
        for entry in group.entries:
            if isinstance(entry, Frame) and entry.sent:
                self.mirror.take(entry)
        self.mirror.lapsed.clear()
        for number, entry in enumerate(group.entries, group.number):
            if isinstance(entry, Note):
                self._note(entry, now)
            elif not entry.sent:
                self._tell(entry, number)
        self.number = self._entries.number
        for peer in self.peers:
            if peer.holds(self.mirror.lapsed):
                peer.leap(self.mirror, back=True)
            elif self.over:
                peer.refuse_held()
            peer.flush()

    def _note(self, note: Note, now: float) -> None:
        if note.note == "rang":
            self._rang += 1
            self.loop.move(now, due=now + _EQUAL)
            return
        self.mirror.noted(note)
        for peer in self.peers:
            peer.noted(note)

    def _tell(self, frame: Frame, number: int) -> None:
        packet = decoded(frame.data)
        asked = self.mirror.asked.get(packet.id) if isinstance(packet, Reply) else None
        if packet is not None:
            self.mirror.received(packet)
        self.number = number + 1
        for peer in self.peers:
            peer.told(frame.data, packet, asked)

    def _pop(self) -> Entry:
        entry = next(self._entries)
        self.number = self._entries.number
        if isinstance(entry, Note) and entry.note == "rang":
            self._rang += 1
        return entry

    def _group(self) -> _Group:
        """Take what comes next: a note, or frames of one moment; with what was sent right after that."""
        entries = self._entries
        group = _Group(entries.number, [next(entries)])
        first = group.entries[0]
        if isinstance(first, Note) and first.note != "rang":
            return group
        while (entry := entries.peek()) is not None and isinstance(entry, Frame):
            together = entry.t <= first.t + _AHEAD if entry.sent else _received(group.entries) and entry.t == first.t
            if not together:
                break
            group.entries.append(next(entries))
        return group


class _Entries(Iterator[Entry]):
    """Entries, of which the next one can be looked at.

    Attributes:
        number: That of the next one.
    """

    def __init__(self, entries: Iterator[Entry]) -> None:
        self._entries = entries
        self._next: Entry | None = None
        self.number = 0

    def __next__(self) -> Entry:
        entry = self.peek()
        if entry is None:
            raise StopIteration
        self._next = None
        self.number += 1
        return entry

    def peek(self) -> Entry | None:
        """Return the next entry without taking it; None at the end."""
        if self._next is None:
            self._next = next(self._entries, None)
        return self._next

    def close(self) -> None:
        """Let go of the file."""
        close = getattr(self._entries, "close", None)
        if close is not None:
            close()


def _received(entries: list[Entry]) -> bool:
    """Tell whether all of these are frames that were received."""
    return all(isinstance(entry, Frame) and not entry.sent for entry in entries)
