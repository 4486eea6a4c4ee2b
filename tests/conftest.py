"""Settings of the whole suite.

It runs against the installed package, or, where none is installed, against the checkout; child processes likewise.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Generator
from pathlib import Path

import hypothesis
import pytest

_ROOT = Path(__file__).parent.parent

if importlib.util.find_spec("rxconvo") is None:
    sys.path.insert(0, str(_ROOT))
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))

# What is asserted beside the tests themselves is told as well where it fails. Here, since several folders import it.
pytest.register_assert_rewrite("tests.surface.acts", "tests.surface.stage")

pytest_plugins = ["rxconvo.testing.plugin", "pytester"]

hypothesis.settings.register_profile("plain", derandomize=True, max_examples=25, deadline=None)
hypothesis.settings.register_profile("ci", derandomize=True, max_examples=100, deadline=None)
hypothesis.settings.register_profile("long", max_examples=2000, deadline=None, print_blob=True)
hypothesis.settings.load_profile("plain")  # `pytest --hypothesis-profile=long` overrules it

# Kinds of tests, by their marks, that may not be skipped: `node,browser` where both must be there.
_REQUIRED = set(filter(None, os.environ.get("RXCONVO_REQUIRE", "").split(",")))


def pytest_report_header() -> str:
    """Tell which copy of the package is under test."""
    spec = importlib.util.find_spec("rxconvo.errors")
    return f"rxconvo: {Path(spec.origin).parent if spec and spec.origin else 'not found'}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a skipped test of a kind that is required."""
    report = yield
    kinds = _REQUIRED.intersection(mark.name for mark in item.iter_markers())
    if report.skipped and kinds and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but RXCONVO_REQUIRE names {', '.join(sorted(kinds))}: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a module that is skipped as a whole: nobody can tell what kinds of tests were in it."""
    report = yield
    if report.skipped and _REQUIRED:
        report.outcome = "failed"
        report.longrepr = f"skipped as a whole, but RXCONVO_REQUIRE is set: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the checkout's root."""
    return _ROOT
