"""Where RXCONVO_REQUIRE names a kind of tests, skipping one of them fails the run."""

from __future__ import annotations

from pathlib import Path

import pytest

MODULE = """
import pytest

@pytest.mark.node
def test_node():
    pytest.skip("no node")

@pytest.mark.browser
@pytest.mark.skipif(True, reason="no browser")
def test_browser(): ...

@pytest.mark.node
@pytest.mark.xfail(reason="known", strict=True)
def test_known():
    assert False

def test_plain(): ...
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, root: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Make a suite with our own conftest."""
    monkeypatch.delenv("RXCONVO_REQUIRE", raising=False)
    pytester.makeini("[pytest]\nmarkers = node\n    browser\nasyncio_default_fixture_loop_scope = function")
    pytester.makeconftest((root / "tests" / "conftest.py").read_text(encoding="utf-8"))
    return pytester


def test_skipped_tests_pass_where_nothing_is_required(suite: pytest.Pytester) -> None:
    suite.makepyfile(MODULE)
    suite.runpytest_inprocess().assert_outcomes(skipped=2, xfailed=1, passed=1)


def test_a_required_test_that_is_skipped_fails(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RXCONVO_REQUIRE", "node")
    suite.makepyfile(MODULE)
    result = suite.runpytest_inprocess()
    result.assert_outcomes(failed=1, skipped=1, xfailed=1, passed=1)
    result.stdout.fnmatch_lines("*skipped, but RXCONVO_REQUIRE names node:*no node*")


def test_several_kinds_can_be_required(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RXCONVO_REQUIRE", "node,browser")
    suite.makepyfile(MODULE)
    suite.runpytest_inprocess().assert_outcomes(failed=1, errors=1, xfailed=1, passed=1)


def test_a_module_that_is_skipped_as_a_whole_fails(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    suite.makepyfile("import pytest\npytest.importorskip('no_such_module')")
    suite.runpytest_inprocess().assert_outcomes(skipped=1)
    monkeypatch.setenv("RXCONVO_REQUIRE", "node")
    result = suite.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines("*skipped as a whole, but RXCONVO_REQUIRE is set:*no_such_module*")
