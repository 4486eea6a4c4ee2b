"""What a command could not do."""

from __future__ import annotations

from rxconvo.errors import RxconvoError

__all__ = ["CommandError"]


class CommandError(RxconvoError):
    """A command could not do what it was asked for. The message says why, and what helps; the exit code is 1."""
