"""Who is typing, calm enough to be shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from math import inf
from typing import Final, NamedTuple, TypeAlias

from reactivex import Observable
from reactivex.abc import ObserverBase, SchedulerBase

from rxconvo.model import TypingEvent, TypingStarted
from rxconvo.operators._arguments import check_scheduler, check_seconds, identities
from rxconvo.operators._timed import Timed, timed
from rxconvo.types import Identity

__all__ = ["typing_indicator"]

_MAX_TYPISTS: Final = 1000
"""As many as a conversation may have participants; who is more is not shown."""

_Times: TypeAlias = tuple[float, float]
"""Of a person: when it was last heard that they type, and when their last change settles; infinity if it is not so."""

_NO_TIMES: Final = inf, inf
"""Of who does not type, and is not shown."""


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
    rules = _Rules(settle, timeout, excluded)
    return timed(scheduler, lambda observer, own: _Indicator(observer, own, rules))


class _Rules(NamedTuple):
    """What was asked for: the same for all subscriptions."""

    settle: float
    timeout: float
    excluded: frozenset[Identity]


class _Indicator(Timed[TypingEvent, frozenset[Identity]]):
    """One subscription.

    It shows everybody who is typing and whose state has settled, and everybody who is not but whose end has not.

    Where there are very many, each event finds another one, and costs what it takes to get at its memory. So one person
    who is typing, which is the rule, is kept in the subscription itself: of them, an event sets a time and no more. The
    place in the queue stays where it is, and is looked at when it comes up.
    """

    __slots__ = ("_first", "_heard", "_others", "_rules", "_settles")

    def __init__(self, observer: ObserverBase[frozenset[Identity]], scheduler: SchedulerBase, rules: _Rules) -> None:
        super().__init__(observer, scheduler)
        self._rules = rules
        self._first: Identity | None = None  # that one person
        self._heard, self._settles = _NO_TIMES  # theirs
        self._others: dict[Identity, _Times] | None = None

    def on_next(self, value: TypingEvent) -> None:
        identity = value.participant.identity
        types = type(value) is TypingStarted
        if types and identity == self._first:  # if both are None, it is nobody's time
            self._heard = self.clock()
        elif identity is not None:
            self._hear(identity, types=types)

    def due(self, now: float) -> None:
        settle, timeout, _ = self._rules
        people = self._people()
        self.forget()
        following = inf
        settled = False
        for identity, times in people:
            heard, settles = times
            if heard + timeout <= now:
                heard, settles = inf, _toggled(settles, now + settle)
            if settles <= now:
                settles = inf
                settled = True
            self._put(identity, heard, settles)
            following = min(following, heard + timeout, settles)
        if following < inf:
            self.arm(following)
        if settled and self.observer is not None:
            self.observer.on_next(self._shown())

    def last(self) -> Iterable[frozenset[Identity]]:
        return (frozenset(),) if self._shown() else ()

    def forget(self) -> None:
        self._first = self._others = None

    def _hear(self, identity: Identity, *, types: bool) -> None:
        """Take that somebody types, or does not. If that is news, note when it settles, or that all is as it was."""
        now = self.clock()
        heard, settles = self._take(identity)
        typed = heard < inf
        if types and not typed and settles == inf and not self._has_room_for(identity):
            return
        heard = now if types else inf
        if types == typed:
            self._put(identity, heard, settles)
            return
        settle, timeout, _ = self._rules
        settles = _toggled(settles, now + settle)
        self._put(identity, heard, settles)
        until = min(heard + timeout, settles)
        if until <= now:
            self.due(now)
        elif until < inf:
            self.arm(until)

    def _has_room_for(self, identity: Identity) -> bool:
        return (
            self.observer is not None
            and identity not in self._rules.excluded
            and (self._first is not None) + len(self._others or ()) < _MAX_TYPISTS
        )

    def _take(self, identity: Identity) -> _Times:
        """Remove somebody and return their times."""
        if identity == self._first:
            self._first = None
            return self._heard, self._settles
        return _NO_TIMES if self._others is None else self._others.pop(identity, _NO_TIMES)

    def _put(self, identity: Identity, heard: float, settles: float) -> None:
        """Add somebody who is not in, if there is anything to keep."""
        if heard < inf and self._first is None:
            self._first, self._heard, self._settles = identity, heard, settles
        elif (heard, settles) != _NO_TIMES:
            self._others = self._others or {}
            self._others[identity] = heard, settles

    def _people(self) -> list[tuple[Identity, _Times]]:
        people = [] if self._first is None else [(self._first, (self._heard, self._settles))]
        return [*people, *self._others.items()] if self._others else people

    def _shown(self) -> frozenset[Identity]:
        return frozenset(identity for identity, (heard, settles) in self._people() if (heard < inf) == (settles == inf))


def _toggled(settles: float, otherwise: float) -> float:
    """Return when a change settles: never, if it takes back one that has not."""
    return otherwise if settles == inf else inf
