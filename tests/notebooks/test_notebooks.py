"""The notebooks run in a kernel of their own, and show what is stored in them.

`python tests/notebooks/test_notebooks.py` stores what they show now, and nothing of when and where they ran.

Charts are compared by the data in them, as how they are drawn else is the drawing library's affair. Sids are not
compared, being drawn by chance where clients and service draw from one source at once.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from html import unescape
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))

PACKAGES = {
    "altair": "notebook",
    "anywidget": "notebook",
    "chitchat_dataset": "demo",
    "ipykernel": "notebook",
    "nbclient": "notebook",
    "nbformat": "notebook",
    "pandas": "notebook",
    "vl_convert": "notebook",
}
"""What they need, with the extra that it is in."""

Shown = list[tuple[str, str]]
"""What a cell shows: the kind of each output with its text."""

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}

by_notebook = pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in NOTEBOOKS])


def read(path: Path) -> Any:
    nbformat: Any = import_module("nbformat")
    return nbformat.read(path, as_version=4)


def executed(path: Path) -> Any:
    """Run a notebook, and return it with what it shows."""
    nbclient: Any = import_module("nbclient")
    notebook = read(path)
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3", coalesce_streams=True).execute()
    return notebook


def store(path: Path) -> None:
    """Run a notebook, and store what it shows."""
    notebook = executed(path)
    notebook.metadata = METADATA
    for cell in notebook.cells:
        cell.metadata = {}
    import_module("nbformat").write(notebook, path)


def code_of(notebook: Any) -> list[Any]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def text_of(page: str) -> str:
    """Return what can be read of HTML."""
    without_styles = re.sub(r"<(style|script)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", without_styles)).split())


def written_in(picture: str) -> str:
    """Return all of a picture of ours; of a chart what is written in it, what each mark stands for, and how lines run.

    Lines run in whole pixels: the data are in them, and nowhere else.
    """
    if "Marble diagram" in picture:
        return picture
    found = re.findall(r'aria-label="([^"]*)"|<text[^>]*>([^<]*)</text>|(?:area|line) mark" d="([^"]*)"', picture)
    return "\n".join(unescape(label or text) or re.sub(r"\.\d+", "", line) for label, text, line in found)


FORMS: Mapping[str, Callable[[str], str]] = {"image/svg+xml": written_in, "text/html": text_of, "text/plain": str}
"""Forms of a value, the one that is compared first."""


def content_of(output: Any) -> str:
    """Return the content of an output in one form, without what chance has drawn."""
    if (text := output.get("text") or output.get("traceback")) is None:
        form = next(form for form in FORMS if form in output["data"])
        text = FORMS[form]("".join(output["data"][form]))
    return re.sub(r"\b([A-Z]{2})[0-9a-f]{32}\b", r"\1…", "".join(text))


def shown(cell: Any) -> Shown:
    return [(output.get("name", output["output_type"]), content_of(output)) for output in cell["outputs"]]


@pytest.fixture
def of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what kernels write apart from the user's."""
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, os.fspath(tmp_path / name.lower()))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")


@pytest.mark.notebook
@pytest.mark.usefixtures("of_its_own")
@by_notebook
def test_it_shows_what_is_stored(path: Path) -> None:
    for package, extra in PACKAGES.items():
        pytest.importorskip(package, reason=f"needs {package} (extra: {extra})")
    stored, fresh = read(path), executed(path)
    for number, (before, now) in enumerate(zip(code_of(stored), code_of(fresh), strict=True), start=1):
        assert shown(now) == shown(before), f"code cell {number}: {before.source.splitlines()[0]}"


@by_notebook
def test_it_is_stored_as_it_was_run_from_top_to_bottom(path: Path) -> None:
    cells = code_of(json.loads(path.read_text(encoding="utf-8")))
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert {kind for cell in cells for kind, _ in shown(cell)} <= {"stdout", "execute_result", "display_data"}


@by_notebook
def test_what_is_stored_can_be_shown_by_whoever_keeps_it(path: Path) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    forms = [output["data"] for cell in code_of(notebook) for output in cell["outputs"] if "data" in output]
    assert not [form for form in forms if set(form) - set(FORMS)], "a form that needs a program to be shown"
    assert not [form for form in forms if "<svg" in "".join(form.get("text/html", ""))], "code hosts take it away"


@by_notebook
def test_it_knows_nothing_of_the_machine_that_ran_it(path: Path) -> None:
    stored = path.read_text(encoding="utf-8")
    assert not re.findall(r"/(?:home|root|tmp|work|Users)/|ipykernel_\d|127\.0\.0\.1:\d", stored)
    notebook = json.loads(stored)
    assert notebook["metadata"] == METADATA
    assert not any(cell["metadata"] for cell in notebook["cells"])
    assert path.stat().st_size < 300_000


@by_notebook
def test_it_uses_what_is_public_alone(path: Path) -> None:
    source = "\n".join("".join(cell["source"]) for cell in code_of(json.loads(path.read_text(encoding="utf-8"))))
    assert not re.findall(r"(?<!self)\._(?!_)\w*", source)


@by_notebook
def test_its_links_lead_somewhere(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    targets = re.findall(r"\]\((?!https:)([^)]+)\)", text)
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_they_lead_from_one_to_the_next() -> None:
    assert [path.name[:2] for path in NOTEBOOKS] == [f"{number:02}" for number in range(1, len(NOTEBOOKS) + 1)]
    for path, following in pairwise(NOTEBOOKS):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert f"]({following.name})" in "".join(cells[-1]["source"])


if __name__ == "__main__":
    for each in NOTEBOOKS:
        store(each)
