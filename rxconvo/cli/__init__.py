"""The command line: `rxconvo serve`, `rxconvo token`, `rxconvo demo`."""

from __future__ import annotations

from rxconvo.cli.main import main

__all__ = ["main"]
