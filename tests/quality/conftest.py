"""The house rules work on sources: a module's path below `rxconvo/`, with its text."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def sources(root: Path) -> dict[str, str]:
    """Return every module of the checkout's package, for example `wire/codec.py`."""
    package = root / "rxconvo"
    return {
        path.relative_to(package).as_posix(): path.read_text(encoding="utf-8") for path in sorted(package.rglob("*.py"))
    }
