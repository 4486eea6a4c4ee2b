"""Everything public says what it is for."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

import pytest

_Documented = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def is_exempt(node: _Documented) -> bool:
    """Tell what needs no docstring: the private, the magic, and further faces of what has one already."""
    faces = {ast.unparse(decorator).rpartition(".")[2] for decorator in node.decorator_list}
    return node.name.startswith("_") or bool(faces & {"overload", "setter", "deleter"})


def undocumented(parent: ast.AST, prefix: str = "") -> Iterator[str]:
    """Yield the public classes, functions and methods without a docstring; not what functions define for themselves."""
    for node in ast.iter_child_nodes(parent):
        if not isinstance(node, _Documented):
            yield from undocumented(node, prefix)
        elif not is_exempt(node):
            if not ast.get_docstring(node):
                yield f"{prefix}{node.name}"
            if isinstance(node, ast.ClassDef):
                yield from undocumented(node, f"{prefix}{node.name}.")


def violations(sources: Mapping[str, str]) -> list[str]:
    """Find public modules, classes, functions and methods without a docstring."""
    found: list[str] = []
    for path, source in sources.items():
        tree = ast.parse(source)
        if not ast.get_docstring(tree):
            found.append(f"{path} has no docstring")
        found += [f"{path}: {name} has no docstring" for name in undocumented(tree)]
    return found


def test_everything_public_has_a_docstring(sources: dict[str, str]) -> None:
    assert not (found := violations(sources)), "\n".join(found)


class TestTheRule:
    """The rule finds what it is there for."""

    @pytest.mark.parametrize(
        "source,finding",
        [
            ("x = 1", "a.py has no docstring"),
            ("'''Doc.'''\ndef f(): ...", "a.py: f has no docstring"),
            ("'''Doc.'''\nasync def f(): ...", "a.py: f has no docstring"),
            ("'''Doc.'''\nclass C: ...", "a.py: C has no docstring"),
            ("'''Doc.'''\nclass C:\n    '''Doc.'''\n    def m(self): ...", "a.py: C.m has no docstring"),
            ("'''Doc.'''\nclass C:\n    '''Doc.'''\n    class D: ...", "a.py: C.D has no docstring"),
            ("'''Doc.'''\nif x:\n    pass\nelse:\n    def f(): ...", "a.py: f has no docstring"),
        ],
    )
    def test_a_missing_docstring_is_found(self, source: str, finding: str) -> None:
        assert violations({"a.py": source}) == [finding]

    def test_the_private_needs_none(self) -> None:
        source = """'''Doc.'''
class C:
    '''Doc.'''
    def __init__(self): ...
    def _m(self): ...
    @property
    def p(self):
        '''Doc.'''
        def inner(): ...
    @p.setter
    def p(self, value): ...
    @typing.overload
    def f(self): ...
class _D:
    def m(self): ...
"""
        assert violations({"a.py": source}) == []
