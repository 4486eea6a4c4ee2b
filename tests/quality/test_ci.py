"""`.ci/run` stops at the first thing that fails."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

FAKE = """#!/bin/sh
case "$*" in
    "-m venv "*) mkdir "$3/bin" && cp "$0" "$3/bin/python" && cp "$0" "$3/bin/pytest" ;;
    "--version") echo "Python of the test" ;;
    *) echo "$(basename "$0") $*" >> "$CALLED"; ! echo "$(basename "$0") $*" | grep -q -- "$FAILS" ;;
esac
"""


@pytest.mark.parametrize(
    "fails, called",
    [
        ("pip", ["python -m pip install .[test]"]),
        ("pytest", ["python -m pip install .[test]", "pytest "]),
        ("dev", ["python -m pip install .[test]", "pytest ", "python -m pip install .[dev]"]),
    ],
)
def test_it_stops_where_something_fails(root: Path, tmp_path: Path, fails: str, called: list[str]) -> None:
    python, record = tmp_path / "python", tmp_path / "called"
    python.write_text(FAKE, encoding="utf-8")
    python.chmod(0o755)
    done = subprocess.run(  # noqa: S603 - our own script
        [root / ".ci" / "run"],
        env={**os.environ, "PYTHON": os.fspath(python), "CALLED": os.fspath(record), "FAILS": fails},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    assert record.read_text(encoding="utf-8").splitlines() == called
