"""What goes wrong here on purpose is not worth a line in the log each time."""

from __future__ import annotations

import logging

import pytest


@pytest.fixture(autouse=True)
def no_log(caplog: pytest.LogCaptureFixture) -> None:
    """Log nothing."""
    caplog.set_level(logging.CRITICAL, logger="rxconvo")
