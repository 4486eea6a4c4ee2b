"""What an outbox has kept survives the end of its process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rxconvo.client.outbox_store import SqliteOutbox

pytestmark = pytest.mark.e2e

_PROGRAM = """
import os, signal, sys
from rxconvo.client.outbox_store import SqliteOutbox
from rxconvo.model import Outgoing
store = SqliteOutbox(sys.argv[1])
for number in range(100):
    store.add(Outgoing(str(number), "CH1", {"body": f"message {number}"}))
    if number % 2:
        store.remove(str(number))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_killed(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    ended = subprocess.run([sys.executable, "-c", _PROGRAM, str(path)], timeout=60, check=False)  # noqa: S603 - ours
    assert ended.returncode < 0
    with SqliteOutbox(path) as store:
        kept = store.load()
    assert [item.id for item in kept] == [str(number) for number in range(0, 100, 2)]
    assert kept[1].payload == {"body": "message 2"}
