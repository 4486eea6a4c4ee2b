"""Ids that are the same in every run."""

from __future__ import annotations

import random

from rxconvo.types import Ids

__all__ = ["seeded_ids"]


def seeded_ids(seed: int | str = 0) -> Ids:
    """Make a source of ids that depend on nothing but *seed*.

    Args:
        seed: Different seeds give different ids, so two clients of one test each take their own.

    Returns:
        A source of ids, 32 hexadecimal digits each, which do not repeat.
    """
    chance = random.Random(seed)

    def draw() -> str:
        return f"{chance.getrandbits(128):032x}"

    return draw
