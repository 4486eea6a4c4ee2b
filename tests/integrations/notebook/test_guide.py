"""The picture in the guide is what the example beside it draws.

`python -m tests.integrations.notebook.test_guide` draws it anew.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[3] / "docs"
PICTURE = DOCS / "marbles.svg"


async def draw() -> str:
    """Run the example, and return its diagram."""
    text = (DOCS / "notebooks.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n([^`]*TestScheduler[^`]*)```", text)
    body = "\n".join(f"    {line}" for line in example.splitlines())
    namespace: dict[str, Any] = {"print": lambda *_: None}
    program = f"from rxconvo.integrations.notebook import marbles\nasync def run():\n{body}\n    return diagram\n"
    exec(program, namespace)  # noqa: S102 - our own documentation
    diagram = await namespace["run"]()
    return f"{diagram.svg}\n"


async def test_the_picture_is_what_the_example_draws() -> None:
    assert PICTURE.read_text(encoding="utf-8") == await draw()


if __name__ == "__main__":
    PICTURE.write_text(asyncio.run(draw()), encoding="utf-8")
