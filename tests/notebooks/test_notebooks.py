"""The notebooks run in a kernel of their own, and show what is stored in them.

`jupyter execute --inplace notebooks/*.ipynb` stores what they show now.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))

Shown = list[tuple[str, str]]
"""What a cell shows: the kind of each output with its text."""

pytestmark = pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in NOTEBOOKS])


def code_of(notebook: Any) -> list[Any]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def shown(cell: Any) -> Shown:
    """Return what a cell shows. Printed in several pieces is printed all the same."""
    found: Shown = []
    for output in cell["outputs"]:
        kind = output.get("name", output["output_type"])
        text = "".join(output.get("text") or output.get("data", {}).get("text/plain") or output.get("traceback", []))
        if found and found[-1][0] == kind:
            text = found.pop()[1] + text
        found.append((kind, text))
    return found


@pytest.fixture
def of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what kernels write apart from the user's."""
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, os.fspath(tmp_path / name.lower()))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")


@pytest.mark.notebook
@pytest.mark.usefixtures("of_its_own")
def test_it_shows_what_is_stored(path: Path) -> None:
    pytest.importorskip("chitchat_dataset", reason="needs chitchat-dataset (extra: demo)")
    pytest.importorskip("ipykernel", reason="needs ipykernel (extra: notebook)")
    nbformat: Any = pytest.importorskip("nbformat", reason="needs nbformat (extra: notebook)")
    nbclient: Any = pytest.importorskip("nbclient", reason="needs nbclient (extra: notebook)")
    stored = nbformat.read(path, as_version=4)
    fresh = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(fresh, timeout=60, kernel_name="python3").execute()
    for number, (before, now) in enumerate(zip(code_of(stored), code_of(fresh), strict=True), start=1):
        assert shown(now) == shown(before), f"code cell {number}: {before.source.splitlines()[0]}"


def test_it_is_stored_as_it_was_run_from_top_to_bottom(path: Path) -> None:
    cells = code_of(json.loads(path.read_text(encoding="utf-8")))
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert {kind for cell in cells for kind, _ in shown(cell)} <= {"stdout", "execute_result", "display_data"}


def test_it_uses_what_is_public_alone(path: Path) -> None:
    source = "\n".join("".join(cell["source"]) for cell in code_of(json.loads(path.read_text(encoding="utf-8"))))
    assert "._" not in source
