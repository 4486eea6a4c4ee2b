"""`python -m tests.parity` writes docs/parity.md; with the path of `lib.d.ts`, the list of the SDK's members first."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.parity.document import PLACE, render
from tests.parity.sdk import read
from tests.parity.table import HERE


def main() -> None:
    """Write the list, where asked to, and the document."""
    for path in sys.argv[1:]:
        members = read(Path(path).read_text(encoding="utf-8"))
        (HERE / "sdk.txt").write_text("".join(f"{name}\n" for name in members), encoding="utf-8")
    PLACE.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
