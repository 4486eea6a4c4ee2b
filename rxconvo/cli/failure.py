"""How a command ends that could not do what it was asked for, or was not let."""

from __future__ import annotations

from typing import Final

from rxconvo.errors import RxconvoError

__all__ = ["INTERRUPTED", "AbsentError", "CommandError"]

INTERRUPTED: Final = 130
"""The exit code of what SIGINT has ended, by convention."""


class CommandError(RxconvoError):
    """A command could not do what it was asked for. The message says why, and what helps; the exit code is 1."""


class AbsentError(CommandError):
    """There is no conversation of that name for who asks."""
