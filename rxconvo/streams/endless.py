"""Chains without an end of their own."""

from __future__ import annotations

from typing import NoReturn, TypeVar

from rxconvo.streams.chains import Piped

__all__ = ["Endless"]

T = TypeVar("T")


class Endless(Piped[T]):
    """A chain that goes on until what it tells of is over. To await its last value would be a mistake, and says so.

    What is piped onto it may well have an end, and can be awaited.
    """

    __slots__ = ()

    def __await__(self) -> NoReturn:
        raise TypeError(
            f"{self.name} has no last value to wait for: `subscribe` it, use `async for`, or await its `first()`"
        )
