"""From the messages of one conversation to everything that its two people do."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import msgspec

from rxconvo.demo.actions import Action, Edit, Join, Leave, Read, Remove, Send, Typing
from rxconvo.demo.corpus import Chat, Line
from rxconvo.demo.people import Person

__all__ = ["Span", "act_out", "span_of", "typing_time"]

TYPING_SPEED = 3.35
"""Characters a second: the median of what the corpus shows."""

TYPING_REFRESH = 5.0
"""Seconds between two signals while somebody types."""

EDITED = 0.01
REMOVED = 0.005
"""Shares of the messages that are edited and removed, which the corpus does not record."""

SECOND_THOUGHTS = (2.0, 20.0)
"""Seconds between a message and its edit or removal."""

LINGER = 5.0
"""Seconds that both stay after the last message."""


class Span(msgspec.Struct, frozen=True):
    """The part of a conversation that falls in a window, and when it is played.

    Attributes:
        chat: The conversation.
        first: Position of the first line in the window.
        last: One behind that of the last.
        start: When both join, Unix time in seconds.
        end: When both leave.
        shift: Seconds by which all of it is played later than it was written.
    """

    chat: Chat
    first: int
    last: int
    start: float
    end: float
    shift: float = 0.0


def typing_time(text: str, gap: float | None) -> float:
    """Tell for how long somebody typed before they sent *text*.

    Args:
        text: What they typed.
        gap: Seconds since the message before, None for the first.
    """
    time = len(text) / TYPING_SPEED
    return time if gap is None else min(gap, time)


def span_of(chat: Chat, start: float, end: float, *, shift: float = 0.0) -> Span | None:
    """Cut out what falls in a window, or None if nothing does.

    Args:
        chat: A conversation.
        start: Unix time in seconds of the window's start.
        end: That of its end; a message at this very time is out.
        shift: Seconds by which it is played later than it was written.
    """
    if chat.lines[-1].at < start or chat.lines[0].at >= end:
        return None  # spares looking at each line of thousands
    within = [number for number, line in enumerate(chat.lines) if start <= line.at < end]
    if not within:
        return None
    opening = chat.lines[0]
    return Span(
        chat,
        within[0],
        within[-1] + 1,
        max(start, opening.at - typing_time(opening.text, None)) + shift,
        min(end, chat.lines[-1].at + LINGER) + shift,
        shift,
    )


def act_out(span: Span, people: dict[str, Person], *, seed: int) -> Iterator[Action]:
    """Yield what the two people do, in order of time.

    Args:
        span: A part of a conversation.
        people: Everybody by UUID.
        seed: Decides what is edited and removed; the same message meets the same fate in every window.
    """
    name = span.chat.name
    both = [people[uuid].identity for uuid in span.chat.people]
    actions: list[Action] = [Join(span.start, identity, name) for identity in both]
    fate = Random(f"{seed} {name}")
    horizons = dict.fromkeys(both, -1)
    latest = dict.fromkeys(both, -1)  # index of each one's last message
    before: Line | None = None
    for number, line in enumerate(span.chat.lines[: span.last]):
        chance, thought = fate.random(), fate.uniform(*SECOND_THOUGHTS)
        if number >= span.first:
            index, at, identity = number - span.first, line.at + span.shift, people[line.sender].identity
            began = max(span.start, at - typing_time(line.text, None if before is None else line.at - before.at))
            # Nothing came since they began to type, so what they have read by the time they send they had read then.
            if any(latest[other] > horizons[identity] for other in both if other != identity):
                horizons[identity] = index - 1
                actions.append(Read(began, identity, name, index - 1))
            actions += _typing(began, at, identity, name)
            actions.append(Send(at, identity, name, index, line.text))
            latest[identity] = index
            later = at + thought
            if later < span.end and chance < EDITED:
                actions.append(Edit(later, identity, name, index, f"{line.text} (edited)"))
            elif later < span.end and chance < EDITED + REMOVED:
                actions.append(Remove(later, identity, name, index))
        before = line
    actions += [Leave(span.end, identity, name) for identity in both]
    actions.sort(key=lambda action: action.at)  # stable: what happens in the same second stays in order
    return iter(actions)


def _typing(began: float, sent: float, identity: str, name: str) -> Iterator[Typing]:
    signals = 0
    while (at := began + signals * TYPING_REFRESH) < sent:
        yield Typing(at, identity, name)
        signals += 1
