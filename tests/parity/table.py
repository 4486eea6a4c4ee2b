"""The table of all public members of the official SDK, and what they are here."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import rxconvo

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
VERDICTS = ("same", "superset", "deliberately different")
NONE = "none"
"""What has no counterpart here, and hence no test."""


class Row(NamedTuple):
    """What is said of one member.

    Attributes:
        sdk: Its name in the SDK: `Type`, or `Type.member`.
        ours: Its name here, within `rxconvo`, or `none`.
        verdict: One of `VERDICTS`.
        note: The reason, or how it is to be read.
        test: A test that exercises it, by its node id, or `none`.
    """

    sdk: str
    ours: str
    verdict: str
    note: str
    test: str


def rows() -> list[Row]:
    """Return the table, in the order of the file."""
    text = (HERE / "members.toml").read_text(encoding="utf-8")
    return [
        Row(name if member == "(type)" else f"{name}.{member}", *cells)
        for name, members in tomllib.loads(text).items()
        for member, cells in members.items()
    ]


def listed() -> list[str]:
    """Return the names of all members of the SDK, as they were read from it."""
    return (HERE / "sdk.txt").read_text(encoding="utf-8").split("\n")[:-1]


def find(name: str) -> Any:
    """Find what a name stands for, within `rxconvo`.

    Raises:
        AttributeError: There is nothing of that name.
    """
    found: Any = rxconvo
    for part in name.split("."):
        fields = {**getattr(found, "__annotations__", {}), **getattr(found, "__dataclass_fields__", {})}
        if not hasattr(found, part) and isinstance(found, type) and part in fields:
            return fields[part]
        found = getattr(found, part) if hasattr(found, part) else import_module(f"{found.__name__}.{part}")
    return found


@cache
def sources_of(path: str) -> dict[str, str]:
    """Return the source of each test of a module, by what follows the path in its node id."""
    source = (ROOT / path).read_text(encoding="utf-8")
    return {name: ast.get_source_segment(source, node) or "" for name, node in _tests(ast.parse(source).body, "")}


def _tests(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.stmt]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _tests(node.body, f"{prefix}{node.name}::")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield prefix + node.name, node
