"""`python -m rxconvo` is `rxconvo`."""

from __future__ import annotations

from rxconvo.cli import main

main()
