"""Who is typing, calm enough to be shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from math import inf

from reactivex import Observable
from reactivex.abc import ObserverBase, SchedulerBase

from rxconvo.model import TypingEvent, TypingStarted
from rxconvo.operators._arguments import check_scheduler, check_seconds, identities
from rxconvo.operators._timed import Timed, timed
from rxconvo.types import Identity

__all__ = ["typing_indicator"]

_MAX_TYPISTS = 1000
"""As many as a conversation may have participants; who is more is not shown."""


def typing_indicator(
    *,
    settle: float = 0.3,
    timeout: float = 6.0,
    exclude: Identity | Collection[Identity] | None = None,
    scheduler: SchedulerBase | None = None,
) -> Callable[[Observable[TypingEvent]], Observable[frozenset[Identity]]]:
    """Emit the identities that are typing now, whenever that changes for good.

    A change of one person shows once it has held for *settle* seconds, so that somebody who stops for a moment does
    not flicker; a person who goes on and off does not hold up the others. With one mark a second, `settle=1` and
    `timeout=4` (`a`, `b`: Ada, Bob type or still do; `A`: Ada ends; Bob expires):

        typing:  -a---ab-A-----|
        shown:   --x----y-z-0--|      x {ada}, y {ada, bob}, z {bob}, 0 {}
        typing:  -a-#
        shown:   --x#
        typing:  -a---
        shown:   --x!      ! disposed

    Example:
        import asyncio
        from rxconvo import Service
        from rxconvo.operators import typing_indicator

        async with Service() as service, service.client("ada") as ada, service.client("bob") as bob:
            lunch = await ada.create_conversation()
            await lunch.join()
            await lunch.add("bob")
            lunch.typing.pipe(typing_indicator()).subscribe(lambda who: print(sorted(who)))
            await (await bob.get_conversation_by_sid(lunch.sid)).send_typing()
            await asyncio.sleep(10)
            # -> ['bob']
            # -> []

    Args:
        settle: Seconds that a change has to hold before it shows; 0 shows it at once.
        timeout: Seconds after which somebody of whom nothing more was heard is taken to have stopped.
        exclude: An identity, or several, never to be shown.
        scheduler: Whose clock counts; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for the stream `typing` of a conversation, or of any part of it.

    Emits:
        Sets of identities, each different from the one before, and nothing before somebody shows: the empty set comes
        only after another. When the source completes, the empty set comes if anybody was shown, then completion; what
        has not settled by then never shows. At most 1,000 people are kept.

    Errors:
        Those of the source, at once.

    Time:
        All indicators of a scheduler share one timer, which is gone when nobody types. One that expires ends as if
        it was said, so that this, too, shows *settle* seconds later.

    Raises:
        ArgumentError: `settle` is negative, or `timeout` is not positive, or either is no finite number, or an argument
            is not of its type.
    """
    check_scheduler(scheduler)
    check_seconds("settle", settle, zero=True)
    check_seconds("timeout", timeout)
    excluded = identities("exclude", () if exclude is None else exclude)
    return timed(scheduler, lambda observer, own: _Indicator(observer, own, settle, timeout, excluded))


class _Indicator(Timed[TypingEvent, frozenset[Identity]]):
    """One subscription.

    It shows everybody who is typing and whose state has settled, and everybody who is not but whose end has not: that
    is, each who is in exactly one of its two dicts.
    """

    __slots__ = ("_excluded", "_settle", "_timeout", "_typing", "_unsettled")

    def __init__(
        self,
        observer: ObserverBase[frozenset[Identity]],
        scheduler: SchedulerBase,
        settle: float,
        timeout: float,
        excluded: frozenset[Identity],
    ) -> None:
        super().__init__(observer, scheduler)
        self._settle = settle
        self._timeout = timeout
        self._excluded = excluded
        self._typing = _Times()  # when each expires
        self._unsettled = _Times()  # when the change of each settles

    def on_next(self, value: TypingEvent) -> None:
        identity = value.participant.identity
        if identity is None:
            return
        if type(value) is TypingStarted:
            now = self.clock()
            until = now + self._timeout
            typing = self._typing
            if identity == typing.first:  # in the rule; it saves a call
                typing.time = until  # the place in the queue is looked at when it comes up
            elif typing.move(identity, until):
                pass
            elif self.observer is not None and identity not in self._excluded and len(typing) < _MAX_TYPISTS:
                typing.add(identity, until)
                self._changed(identity, now, until)
        elif self._typing.pop(identity):
            self._changed(identity, self.clock(), inf)

    def due(self, now: float) -> None:
        for identity in self._typing.pop_until(now):
            if not self._unsettled.pop(identity):
                self._unsettled.add(identity, now + self._settle)
        settled = self._unsettled.pop_until(now)
        following = min(self._typing.earliest(), self._unsettled.earliest())
        if following < inf:
            self.arm(following)
        if settled and self.observer is not None:
            self.observer.on_next(self._shown())

    def last(self) -> Iterable[frozenset[Identity]]:
        return (frozenset(),) if self._shown() else ()

    def forget(self) -> None:
        self._typing = _Times()
        self._unsettled = _Times()

    def _changed(self, identity: Identity, now: float, until: float) -> None:
        """Take that somebody has just started or ended: note when that settles, or that all is as it was."""
        if not self._unsettled.pop(identity):
            at = now + self._settle
            self._unsettled.add(identity, at)
            until = min(at, until)
        if until <= now:
            self.due(now)
        elif until < inf:
            self.arm(until)

    def _shown(self) -> frozenset[Identity]:
        return frozenset(self._typing.people()) ^ frozenset(self._unsettled.people())


class _Times:
    """A time for each of a few people. About one person, which is the rule, it costs no dict.

    Attributes:
        first: That one person, or None.
        time: Their time, infinity if there is none.
    """

    __slots__ = ("_others", "first", "time")

    def __init__(self) -> None:
        self.first: Identity | None = None
        self.time = inf
        self._others: dict[Identity, float] | None = None

    def __len__(self) -> int:
        return (self.first is not None) + len(self._others or ())

    def people(self) -> list[Identity]:
        """Return who is in."""
        people = [] if self.first is None else [self.first]
        return [*people, *self._others] if self._others else people

    def add(self, identity: Identity, time: float) -> None:
        """Add somebody who is not in."""
        if self.first is None:
            self.first, self.time = identity, time
        elif self._others is None:
            self._others = {identity: time}
        else:
            self._others[identity] = time

    def move(self, identity: Identity, time: float) -> bool:
        """Change somebody's time. Return whether they are in at all."""
        if identity == self.first:
            self.time = time
            return True
        if self._others is not None and identity in self._others:
            self._others[identity] = time
            return True
        return False

    def pop(self, identity: Identity) -> bool:
        """Remove somebody. Return whether they were in."""
        if identity == self.first:
            self.first, self.time = None, inf
            return True
        return self._others is not None and self._others.pop(identity, None) is not None

    def pop_until(self, now: float) -> list[Identity]:
        """Remove all whose time has come, and return them."""
        gone: list[Identity] = []
        if self.first is not None and self.time <= now:
            gone.append(self.first)
        if self._others is not None:
            gone += [identity for identity, time in self._others.items() if time <= now]
        for identity in gone:
            self.pop(identity)
        if not self._others:
            self._others = None
        return gone

    def earliest(self) -> float:
        """Return the first of all times, infinity if there is none."""
        return min(self.time, min(self._others.values(), default=inf)) if self._others else self.time
