"""The command line: `rxconvo`, and what each of its commands does."""

from __future__ import annotations

from rxconvo.cli.main import main

__all__ = ["main"]
