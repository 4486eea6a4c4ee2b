"""What operators check of their arguments, at the call: each helper names the argument and what it must be."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from typing import Any, TypeVar, cast

from reactivex import Observable
from reactivex.abc import SchedulerBase

from rxconvo.errors import ArgumentError
from rxconvo.model import DiffBatch
from rxconvo.types import Identity

__all__ = [
    "check_batch",
    "check_callable",
    "check_choice",
    "check_flag",
    "check_iterable",
    "check_kind",
    "check_members",
    "check_number",
    "check_observable",
    "check_range",
    "check_scheduler",
    "check_seconds",
    "check_text",
    "checked",
    "identities",
]


T = TypeVar("T")


def check_kind(field: str, value: object, kind: type | tuple[type, ...], expected: str) -> None:
    """Check what an argument is an instance of.

    Raises:
        ArgumentError: It is none.
    """
    if not isinstance(value, kind):
        raise ArgumentError(field, expected, value)


def check_batch(value: DiffBatch[T]) -> DiffBatch[T]:
    """Return a batch of diffs.

    Raises:
        ArgumentError: The source emits something else, such as the events of `messages`, or whole lists.
    """
    batch: Any = value
    if not isinstance(batch, DiffBatch):
        raise ArgumentError("source", "a stream of diffs, as `timeline` and `to_diffs` make it", value)
    return value


def check_callable(field: str, value: object, *, optional: bool = False) -> None:
    """Check that something can be called; None will do if it is *optional*.

    Raises:
        ArgumentError: It cannot.
    """
    if not callable(value) and not (optional and value is None):
        raise ArgumentError(field, "a callable", value)


def check_choice(field: str, value: object, choices: tuple[str, ...]) -> None:
    """Check that a text is one of several.

    Raises:
        ArgumentError: It is another, or none at all.
    """
    if not isinstance(value, str) or value not in choices:
        *others, last = (f'"{choice}"' for choice in choices)
        raise ArgumentError(field, f"{', '.join(others)} or {last}", value)


def check_flag(field: str, value: object) -> None:
    """Check that something is True or False.

    Raises:
        ArgumentError: It is neither.
    """
    check_kind(field, value, bool, "True or False")


def check_iterable(field: str, value: object, expected: str) -> None:
    """Check that something can be iterated over, and is no text.

    Raises:
        ArgumentError: It cannot, or is one.
    """
    if not isinstance(value, Iterable) or isinstance(value, str | bytes):
        raise ArgumentError(field, expected, value)


def check_members(field: str, value: object, expected: str, *members: str) -> None:
    """Check that something has what its Protocol asks for.

    Raises:
        ArgumentError: It lacks a member, which is named.
    """
    for member in members:
        # The class first: to look a property up there does not evaluate it.
        if not hasattr(type(value), member) and not hasattr(value, member):
            raise ArgumentError(field, f"{expected} with `{member}`", value)


def checked(field: str, values: Iterable[T], check: Callable[[str, T], object]) -> tuple[T, ...]:
    """Return what an argument has several of, each checked.

    Args:
        field: Names the argument.
        values: Its values; taken as they are now, so that what can be gone through but once is.
        check: Gets the field and each of them.

    Raises:
        ArgumentError: As *check* does.
    """
    found = tuple(values)
    for value in found:
        check(field, value)
    return found


def check_number(field: str, value: object, least: int | None = 1, expected: str = "") -> int:
    """Return a number of things, or, where *least* is None, any integer.

    Raises:
        ArgumentError: It is no integer, or less than *least*.
    """
    if not isinstance(value, int) or isinstance(value, bool) or (least is not None and value < least):
        number = "an integer" if least is None else f"an integer, {least} or more"
        raise ArgumentError(field, expected or number, value)
    return value


def check_observable(field: str, value: object, *, optional: bool = False) -> None:
    """Check that something is an Observable; None will do if it is *optional*.

    Raises:
        ArgumentError: It is none.
    """
    if not isinstance(value, Observable) and not (optional and value is None):
        raise ArgumentError(field, "an Observable", value)


def check_range(field: str, value: object, low: float, high: float, expected: str) -> None:
    """Check that a number is between two others.

    Raises:
        ArgumentError: It is not, or no number.
    """
    if not isinstance(value, int | float) or isinstance(value, bool) or not low < value < high:
        raise ArgumentError(field, expected, value)


def check_scheduler(value: object) -> None:
    """Check the argument `scheduler`, for which None will do.

    Raises:
        ArgumentError: It is no scheduler.
    """
    if value is not None and not isinstance(value, SchedulerBase):
        raise ArgumentError("scheduler", "a scheduler of reactivex", value)


def check_seconds(field: str, value: object, *, zero: bool = False) -> float:
    """Return seconds.

    Raises:
        ArgumentError: They are no finite number above 0, or, with *zero*, of 0 or more.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and (0 < value < inf or (zero and value == 0)):
        return value
    raise ArgumentError(field, "0 seconds or more" if zero else "more than 0 seconds", value)


def check_text(field: str, value: object, expected: str) -> None:
    """Check that something is a text, and not empty.

    Raises:
        ArgumentError: It is none, or empty.
    """
    if not isinstance(value, str) or not value:
        raise ArgumentError(field, expected, value)


def identities(field: str, value: object) -> frozenset[Identity]:
    """Return those of an argument that is one identity, or several.

    Raises:
        ArgumentError: It is neither.
    """
    if isinstance(value, str):
        return frozenset((value,))
    if not isinstance(value, Iterable):
        raise ArgumentError(field, "an identity, or several", value)
    found: list[Identity] = []
    for identity in cast("Iterable[object]", value):
        if not isinstance(identity, str):
            raise ArgumentError(field, "an identity, or several", identity)
        found.append(identity)
    return frozenset(found)
