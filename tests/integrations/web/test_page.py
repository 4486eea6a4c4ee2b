"""What the documentation has a page do, in JavaScript, comes to the same as here."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from random import Random
from typing import Any

import pytest

from rxconvo import Append, DiffBatch, Insert, Remove, Reset, Set, Truncate
from rxconvo.integrations.web import jsonable
from rxconvo.model.diffs import apply

pytestmark = pytest.mark.node


def batches(chance: Random) -> list[DiffBatch[int]]:
    """Return batches that fit a list one after the other."""
    made: list[DiffBatch[int]] = [DiffBatch((Reset((1, 2, 3)),))]
    values = apply((), made[0])
    for number in range(200):
        place = chance.randrange(len(values) + 1)
        choices: list[Any] = [Append((number, -number)), Insert(place, number), Truncate(place)]
        if place < len(values):
            choices += [Set(place, number), Remove(place)] * 2
        if not chance.randrange(20):
            choices = [Reset((number, number))]
        made.append(DiffBatch((chance.choice(choices),)))
        values = apply(values, made[-1])
    return made


def test_lists_change_as_the_page_changes_them(root: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed")
    text = (root / "docs" / "dashboard.md").read_text(encoding="utf-8")
    script = re.findall(r"^```js\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[0]
    played = batches(Random(1))
    lists: list[tuple[int, ...]] = []
    for batch in played:
        lists.append(apply(lists[-1] if lists else (), batch))
    program = f"""{script}
        let list = [], lists = [];
        for (const batch of {json.dumps([jsonable(batch) for batch in played])}) {{
            list = applied(list, batch);
            lists.push(list);
        }}
        console.log(JSON.stringify(lists));
    """
    done = subprocess.run([node, "-"], input=program, capture_output=True, text=True, timeout=60, check=True)  # noqa: S603 - our own documentation
    assert [tuple(values) for values in json.loads(done.stdout)] == lists
