"""Links within the repository lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

_LINK = re.compile(r'\[[^\]]*\]\((?P<target>[^)\s]+)\)|(?:href|src|srcset)="(?P<quoted>[^"]+)"')
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ +(?P<title>.+)$", re.MULTILINE)


def anchors(text: str) -> set[str]:
    """Return the names that headings can be linked by."""
    titles = (heading["title"].lower() for heading in _HEADING.finditer(_FENCED.sub("", text)))
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles}


def dead(path: Path) -> Iterator[str]:
    """Yield the targets within the repository that a document names and that are not there."""
    for link in _LINK.finditer(_FENCED.sub("", path.read_text(encoding="utf-8"))):
        told = link["target"] or link["quoted"]
        name, _, anchor = told.partition("#")
        if re.match(r"[a-z]+:", name):
            continue
        target = path.parent / name if name else path
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            yield told


def test_links_lead_somewhere(root: Path) -> None:
    documents = [root / "README.md", root / "CHANGELOG.md", *sorted((root / "docs").rglob("*.md"))]
    assert {path.name: found for path in documents if (found := list(dead(path)))} == {}


class TestTheRule:
    """The rule finds what it is there for."""

    @pytest.fixture
    def document(self, tmp_path: Path) -> Path:
        (tmp_path / "other.md").write_text("# Other things, too\n", encoding="utf-8")
        return tmp_path / "a.md"

    @pytest.mark.parametrize("target", ["none.md", "other.md#none", "#none", "none/other.md"])
    @pytest.mark.parametrize(
        "form", ["[there]({})", '<img src="{}">', '<source srcset="{}">', '<a href="{}">there</a>']
    )
    def test_a_dead_link_is_found(self, document: Path, target: str, form: str) -> None:
        document.write_text(f"# A\n\nsee {form.format(target)}\n", encoding="utf-8")
        assert list(dead(document)) == [target]

    @pytest.mark.parametrize("target", ["other.md", "other.md#other-things-too", "#a", "https://example.org/none"])
    def test_others_are_fine(self, document: Path, target: str) -> None:
        document.write_text(f"# A\n\nsee [there]({target})\n\n```text\n[no](link)\n```\n", encoding="utf-8")
        assert list(dead(document)) == []
