"""What is in the repository makes sense to everyone, everywhere: nothing of one machine, nothing of how it was made."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

import rxconvo.errors

# Written so that no pattern matches its own line.
FOREIGN = {
    "a path of one machine": re.compile(r"/w[o]rk/|/t[m]p/(?:venv|plan)|/h[o]me/\w|/r[o]ot/"),
    "a package registry's host": re.compile(
        r"p[y]pi\.org|p[y]thonhosted|registry\.n[p]mjs|registry\.y[a]rnpkg|n[p]mjs\.com|deb\.d[e]bian\.org"
        r"|proxy\.g[o]lang|c[r]ates\.io|a[n]aconda\.org",
    ),
    "a place that only its makers know": re.compile(r"(?<![\w-])s[h]ared/|c[o]ntract\.md|e[x]amples\.md"),
}

README_COMMAND = "python -m pip install '.[test]' && pytest"


def tracked(root: Path) -> list[Path]:
    """List the files under version control; without one (an unpacked archive), all that are not made by tools."""
    if (root / ".git").exists():
        listing = subprocess.run(  # noqa: S603 - a fixed command
            ["git", "-C", str(root), "ls-files", "-z"],  # noqa: S607 - whichever git there is
            check=True,
            capture_output=True,
            text=True,
        )
        files = [root / name for name in listing.stdout.split("\0") if name]
    else:
        made = (".", "__")
        files = [
            path for path in root.rglob("*") if not any(part.startswith(made) for part in path.relative_to(root).parts)
        ]
    return [path for path in files if path.is_file()]


def foreign(texts: Mapping[str, str]) -> list[str]:
    """Find lines that make sense only on one machine or to whoever wrote them."""
    return [
        f"{name}:{number} names {what}: {match[0]}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), start=1)
        for what, pattern in FOREIGN.items()
        if (match := pattern.search(line))
    ]


@pytest.fixture(scope="module")
def texts(root: Path) -> dict[str, str]:
    """Return the repository's text files, by their paths."""
    found: dict[str, str] = {}
    for path in tracked(root):
        content = path.read_bytes()
        if b"\0" not in content:
            found[path.relative_to(root).as_posix()] = content.decode()
    return found


def test_files_make_sense_everywhere(texts: dict[str, str]) -> None:
    assert not (found := foreign(texts)), "\n".join(found)


def test_lines_end_alike(texts: dict[str, str]) -> None:
    assert [name for name, text in texts.items() if "\r" in text] == []
    assert [name for name, text in texts.items() if text and not text.endswith("\n")] == []


def test_the_package_under_test_is_this_one(root: Path) -> None:
    """An installed copy may be out of date or incomplete; then all other tests would tell of something else."""
    package = Path(rxconvo.errors.__file__).parent
    for path in (root / "rxconvo").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            tested = package / path.relative_to(root / "rxconvo")
            assert tested.is_file(), f"{tested} is missing: install the package again"
            assert tested.read_bytes() == path.read_bytes(), f"{tested} is out of date: install the package again"


def test_the_build_runs_the_command_of_the_readme(texts: dict[str, str]) -> None:
    assert README_COMMAND in texts["README.md"]
    assert README_COMMAND in texts[".ci/run"]


def test_the_changelog_knows_the_version(texts: dict[str, str]) -> None:
    version = re.search(r'^version = "(.+)"$', texts["pyproject.toml"], re.MULTILINE)
    assert version
    headings = re.findall(r"^## \[(.+?)\]", texts["CHANGELOG.md"], re.MULTILINE)
    assert headings[0] == "Unreleased" or headings[0] == version[1]
    kinds = set(re.findall(r"^### (.+)$", texts["CHANGELOG.md"], re.MULTILINE))
    assert kinds <= {"Removed", "Deprecated", "Added", "Changed", "Fixed"}


class TestTheRule:
    """The rule finds what it is there for."""

    @pytest.mark.parametrize(
        "line",
        [
            "see /w" + "ork/main/docs",
            "/t" + "mp/venv/bin/python",
            "/h" + "ome/ada/rxconvo",
            "pip install --index-url https://p" + "ypi.org/simple",
            "as in s" + "hared/notes.md",
        ],
    )
    def test_what_is_foreign_is_found(self, line: str) -> None:
        (finding,) = foreign({"README.md": f"fine\n{line}\n"})
        assert finding.startswith("README.md:2 names a ")

    @pytest.mark.parametrize("line", ["a framework/app", "subscriptions shared between all", "pip install rxconvo"])
    def test_what_is_not_foreign_is_fine(self, line: str) -> None:
        assert foreign({"README.md": line}) == []
