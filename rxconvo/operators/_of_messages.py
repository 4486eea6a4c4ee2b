"""What operators ask of a value: which conversation it belongs to, who wrote it, and when it was made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from reactivex.abc import SchedulerBase

from rxconvo.operators._arguments import identities
from rxconvo.types import Identity

__all__ = ["At", "By", "Who", "author_of", "conversation_of", "dates", "sides"]

T = TypeVar("T")

By: TypeAlias = Callable[[T], Hashable]
"""Returns what a value has in common with others."""

At: TypeAlias = Callable[[T], datetime | None]
"""Returns when a value was made, aware; None where it does not say."""

Who: TypeAlias = Identity | Collection[Identity] | Callable[[T], bool]
"""An author, several, or what tells whether a value is meant."""


def conversation_of(value: Any) -> Hashable:
    """Return the conversation that a value belongs to."""
    sid: Hashable = value.conversation_sid
    return sid


def author_of(value: object) -> Identity | None:
    """Return who wrote a value, None where it does not say."""
    return getattr(value, "author", None)


def dates(at: At[T] | None, scheduler: SchedulerBase) -> Callable[[T], datetime]:
    """Return what tells when a value was made.

    Args:
        at: Returns that; by default the value's `date_created`.
        scheduler: What its clock shows now is taken where a value does not say.
    """

    def date_of(value: T) -> datetime:
        date = getattr(value, "date_created", None) if at is None else at(value)
        return scheduler.now if date is None else date

    return date_of


def sides(asker: Who[T] | None, answerer: Who[T]) -> tuple[Callable[[T], bool], Callable[[T], bool]]:
    """Return what tells whether a value asks, and what tells whether it answers.

    Args:
        asker: None is everybody who does not answer.
        answerer: Who answers.

    Raises:
        ArgumentError: Either is none of what it may be.
    """
    answers = _matches("answerer", answerer)

    def others(value: T) -> bool:
        return not answers(value)

    return others if asker is None else _matches("asker", asker), answers


def _matches(field: str, who: Who[T]) -> Callable[[T], bool]:
    if callable(who):
        return who
    authors = identities(field, who)
    return lambda value: getattr(value, "author", None) in authors
