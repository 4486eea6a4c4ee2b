"""What a package exports is said in its `__init__.py`, which says nothing else."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator, Mapping

import pytest

# May bring names in on demand, by `__getattr__` and a table: importing them loads what not everyone needs.
MAY_BE_LAZY = {"__init__.py", "testing/__init__.py"}
LAZY_NAMES = {"__dir__", "__getattr__"}


def is_type_checking(statement: ast.stmt) -> bool:
    """Recognise `if TYPE_CHECKING:`, which tells checkers what is brought in on demand."""
    return isinstance(statement, ast.If) and ast.unparse(statement.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def assigned(statement: ast.stmt) -> str | None:
    """Return the name that a simple assignment or a function definition binds."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
        case ast.FunctionDef(name=name):
            return name
        case _:
            return None


def reexported(statement: ast.stmt) -> set[str]:
    """Return the names that an import from this package brings in."""
    if isinstance(statement, ast.ImportFrom) and (statement.level or (statement.module or "").startswith("rxconvo")):
        return {alias.asname or alias.name for alias in statement.names}
    return set()


def other_code(path: str, tree: ast.Module) -> Iterator[str]:
    """Yield what a package's `__init__.py` holds beside a docstring, imports and `__all__`."""
    lazy = path in MAY_BE_LAZY
    for statement in tree.body:
        name = assigned(statement)
        is_docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        is_import = isinstance(statement, ast.ImportFrom | ast.Import)
        is_table = lazy and name is not None and (name in LAZY_NAMES or name.startswith("_"))
        is_named = name in ("__all__", "__version__")
        if not (is_docstring or is_import or is_named or is_table or (lazy and is_type_checking(statement))):
            yield f"{path}:{statement.lineno} is more than names"


def violations(sources: Mapping[str, str]) -> list[str]:
    """Find packages whose `__init__.py` is more than names, or whose `__all__` is not what it re-exports."""
    found: list[str] = []
    for path, source in sources.items():
        if not path.endswith("__init__.py"):
            continue
        tree = ast.parse(source)
        found += other_code(path, tree)
        lists = [node.value for node in tree.body if isinstance(node, ast.Assign) and assigned(node) == "__all__"]
        listed: list[str] = ast.literal_eval(lists[0]) if lists else []
        inner = [inner for node in tree.body if isinstance(node, ast.If) for inner in node.body]
        names = set[str]().union(*(reexported(node) for node in [*tree.body, *inner]))
        names |= {"__version__"} & {assigned(node) for node in tree.body}
        found += [f"{path} lists {name} twice" for name in sorted({each for each in listed if listed.count(each) > 1})]
        found += [f"{path} re-exports {name}, but does not list it" for name in sorted(names - set(listed))]
        found += [f"{path} lists {name}, but does not re-export it" for name in sorted(set(listed) - names)]
        found += [f"{path} exports {name}, which is private" for name in sorted(names) if name[0] == "_" != name[1]]
    return found


def test_packages_export_what_they_list_and_hold_nothing_else(sources: dict[str, str]) -> None:
    assert not (found := violations(sources)), "\n".join(found)


def test_what_is_listed_can_be_had(sources: dict[str, str]) -> None:
    for path in sources:
        if path.endswith("__init__.py"):
            package = importlib.import_module(".".join(["rxconvo", *path.split("/")[:-1]]))
            missing = [name for name in getattr(package, "__all__", []) if not hasattr(package, name)]
            assert missing == [], path


def test_what_is_listed_is_all_that_dir_shows() -> None:
    package = importlib.import_module("rxconvo")
    assert dir(package) == sorted(package.__all__)


class TestTheRule:
    """The rule finds what it is there for."""

    @pytest.mark.parametrize(
        "source,finding",
        [
            ("from .codec import decode", "re-exports decode, but does not list it"),
            ("from rxconvo.wire.codec import decode\n__all__ = []", "re-exports decode, but does not list it"),
            ("__all__ = ['decode']", "lists decode, but does not re-export it"),
            ("from json import decode\n__all__ = ['decode']", "lists decode, but does not re-export it"),
            ("from .codec import decode\n__all__ = ['decode', 'decode']", "lists decode twice"),
            ("from .codec import _decode\n__all__ = ['_decode']", "exports _decode, which is private"),
            ("__all__ = []\ndef decode(): ...", "wire/__init__.py:2 is more than names"),
            ("__all__ = []\n_table = {}", "wire/__init__.py:2 is more than names"),
            ("__all__ = []\ndef __getattr__(name): ...", "wire/__init__.py:2 is more than names"),
        ],
    )
    def test_a_violation_is_found(self, source: str, finding: str) -> None:
        (found,) = violations({"wire/__init__.py": source})
        assert finding in found

    def test_names_only_are_fine(self) -> None:
        source = "'''Doc.'''\nfrom __future__ import annotations\nfrom .codec import a as b, c\n__all__ = ['b', 'c']"
        assert violations({"wire/__init__.py": source, "wire/codec.py": "def a(): ..."}) == []

    def test_names_on_demand_are_fine_where_they_are_allowed(self) -> None:
        source = """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from rxconvo.client import Client
__all__ = ["Client", "__version__"]
__version__ = "1"
_ON_DEMAND = {"Client": "rxconvo.client"}
def __getattr__(name): ...
"""
        assert violations({"__init__.py": source}) == []
