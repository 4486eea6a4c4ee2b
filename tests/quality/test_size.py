"""A module that outgrows a reader's head is two modules."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Mapping

import pytest

LIMIT = 400  # aim at 150, think at 300

_BLANK = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}


def code_lines(source: str) -> int:
    """Count the lines that hold code: not those of docstrings (of attributes as well), comments and blank lines."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _BLANK:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def too_long(sources: Mapping[str, str]) -> list[str]:
    """Find modules with more than LIMIT lines of code."""
    counts = {path: code_lines(source) for path, source in sources.items()}
    return [f"{path} has {count} lines of code" for path, count in counts.items() if count > LIMIT]


def test_no_module_is_too_long(sources: dict[str, str]) -> None:
    assert not (found := too_long(sources)), "\n".join(found)


class TestTheRule:
    """The rule counts what it says, and finds what it is there for."""

    def test_a_long_module_is_found(self) -> None:
        source = "x = 1\n" * LIMIT
        assert too_long({"a.py": source}) == []
        assert too_long({"a.py": source + "x = 1\n"}) == ["a.py has 401 lines of code"]

    @pytest.mark.parametrize(
        "source,count",
        [
            ("", 0),
            ('"""Doc.\n\nMore.\n"""\n\n# why\n\nx = 1  # why\n', 1),
            ('X = 1\n"""What it is,\nat length."""\n', 1),
            ('def f():\n    """Doc."""\n    return """\n    text\n    """\n', 4),
            ("f(\n    1,\n\n    # why\n    2,\n)\n", 4),
        ],
    )
    def test_only_code_counts(self, source: str, count: int) -> None:
        assert code_lines(source) == count
