"""Faults of observers that nobody hears of on `client.errors`: they are logged, and those who test can have them."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rxconvo.errors import ConnectionError, ObserverError

if TYPE_CHECKING:
    from rxconvo.errors import RxconvoError

__all__ = ["hearing", "unheard"]

_log = logging.getLogger("rxconvo")

_LISTS: list[list[ObserverError]] = []
"""Those of the blocks of `hearing` that run, the innermost last."""


def unheard(error: RxconvoError) -> None:
    """Log a fault that nobody observes.

    Args:
        error: The fault.
    """
    # What keeps a connection from coming up is said anew with each attempt, and the message says it all.
    _log.warning("%s", error, exc_info=None if isinstance(error, ConnectionError) else error.__cause__)
    if _LISTS and isinstance(error, ObserverError):
        _LISTS[-1].append(error)


@contextmanager
def hearing() -> Generator[list[ObserverError]]:
    """Collect the faults of observers within the block that nobody observes. Of nested blocks the innermost gets them.

    Returns:
        The list, in the order of the faults; whoever deals with them may take them out.
    """
    faults: list[ObserverError] = []
    _LISTS.append(faults)
    try:
        yield faults
    finally:
        position = next(place for place, each in enumerate(_LISTS) if each is faults)  # blocks of tasks may overlap
        del _LISTS[position]
