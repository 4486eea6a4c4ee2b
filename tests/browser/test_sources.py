"""What the page is made of: nothing that parses markup or evaluates text, nothing from elsewhere, nothing unused."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

LIMIT = 400  # lines of a module, comments and blank ones not counted
STYLES = 800  # of a style sheet

FORBIDDEN = {
    "parses markup": r"\b(innerHTML|outerHTML|insertAdjacentHTML|setHTML\w*|DOMParser|createContextualFragment|srcdoc)"
    r"|document\.write",
    "evaluates text": r"\beval\(|\bnew Function\b|set(Timeout|Interval)\(\s*[\"'`]|javascript:",
    "is styled inline": r"[\"' ]style=|setAttribute\([\"']style|cssText",
    "is scripted inline": r"<script(?! (src|type=\"module\" src)=\"/assets/)|<[^>]+ on\w+=",
    "loads from elsewhere": r"https?://(?!www\.w3\.org/2000/svg|html\.spec\.whatwg\.org)|[\"'(]//\w|@import|url\(",
}

PAGE = {
    file.name: file.read_text(encoding="utf-8")
    for file in (files("rxconvo.integrations.dashboard") / "page").iterdir()
    if file.name.endswith((".html", ".css", ".js", ".svg"))
}


def code_lines(source: str) -> int:
    without_comments = re.sub(r"/\*.*?\*/|^\s*//.*?$", "", source, flags=re.DOTALL | re.MULTILINE)
    return sum(1 for line in without_comments.splitlines() if line.strip())


@pytest.mark.parametrize("what", FORBIDDEN)
def test_it_does_without_what_is_dangerous(what: str) -> None:
    found = {name: match[0] for name, text in PAGE.items() if (match := re.search(FORBIDDEN[what], text))}
    assert found == {}


def test_all_is_used_and_there() -> None:
    references = {
        reference for text in PAGE.values() for reference in re.findall(r"(?:\"/assets/|from \"\./)([\w.-]+)\"", text)
    }
    assert references == PAGE.keys() - {"index.html"}


def test_elements_that_are_asked_for_are_there() -> None:
    identifiers = set(re.findall(r"\bid=\"([\w-]+)\"", PAGE["index.html"]))
    asked = {
        identifier
        for source in PAGE.values()
        for identifier in re.findall(r"(?:getElementById|\bby)\(\"([\w-]+)\"\)", source)
    }
    assert asked
    assert asked <= identifiers
    assert set(re.findall(r"icon\(\"(\w+)\"", "".join(PAGE.values()))) <= {
        identifier.removeprefix("i-") for identifier in identifiers
    }


@pytest.mark.parametrize("name", sorted(PAGE))
def test_no_file_is_too_long(name: str) -> None:
    assert code_lines(PAGE[name]) <= (STYLES if name.endswith(".css") else LIMIT)


class TestTheRules:
    """The rules find what they are there for."""

    @pytest.mark.parametrize(
        "what,text",
        [
            ("parses markup", "element.innerHTML = body"),
            ("evaluates text", "setTimeout('run()', 1)"),
            ("is styled inline", '<p style="color: red">'),
            ("is scripted inline", "<script>run()</script>"),
            ("is scripted inline", '<p onclick="run()">'),
            ("loads from elsewhere", '<link href="https://fonts.example/inter.css">'),
            ("loads from elsewhere", '<script src="//cdn.example/x.js">'),
        ],
    )
    def test_what_is_dangerous_is_found(self, what: str, text: str) -> None:
        assert re.search(FORBIDDEN[what], text)

    def test_only_code_counts(self) -> None:
        assert code_lines("// a\n/* b\nc */\n\nx; // d\ny\n") == 2
