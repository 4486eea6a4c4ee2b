"""Displays in a real kernel: what streams bring between cells gets to the page."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

CELLS = [
    """
import rxconvo
from rxconvo.integrations.notebook import marbles, show

ada = await rxconvo.connect("memory:", identity="ada")
lunch = await ada.create_conversation(friendly_name="lunch")
await lunch.join()
lunch
""",
    "view = show(lunch.messages, hz=1000.0)\nview",
    'await lunch.messages.opened\nsent = await lunch.send_message("<b>pizza?")',
    "await marbles(lunch.messages, seconds=0.1)",
    "await ada.shutdown()\nview",
]


@pytest.fixture
def of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what the kernel writes apart from the user's."""
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, os.fspath(tmp_path / name.lower()))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")


@pytest.mark.notebook
@pytest.mark.usefixtures("of_its_own")
def test_a_display_in_a_kernel() -> None:
    nbformat: Any = pytest.importorskip("nbformat", reason="needs nbformat (extra: notebook)")
    nbclient: Any = pytest.importorskip("nbclient", reason="needs nbclient (extra: notebook)")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source.strip()) for source in CELLS])
    nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3", store_widget_state=True).execute()
    conversation, live, _, diagram, ended = (cell.outputs[0].data if cell.outputs else {} for cell in notebook.cells)
    assert "lunch" in conversation["text/html"]
    assert set(live) == {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    assert set(diagram) == {"image/svg+xml", "text/html", "text/plain"}
    assert set(ended) == {"text/html", "text/plain"}
    assert ended["text/plain"].startswith("messages: complete · 1 value\n  Message added · ada · <b>pizza?")
    state = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    model = state[live["application/vnd.jupyter.widget-view+json"]["model_id"]]["state"]
    assert model["html"] == ended["text/html"]  # nothing of what came after the cell is missing
    assert "&lt;b&gt;pizza?" in model["html"]
