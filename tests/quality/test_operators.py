"""One operator, one module, one test of the same name."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

_TYPE_VARIABLES = {"ParamSpec", "TypeVar", "TypeVarTuple"}


def public_names(source: str) -> list[str]:
    """Return the public names that a module defines at its top; type variables are no news to anyone."""
    names: list[str] = []
    for node in ast.parse(source).body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.append(name)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=func)):
                if ast.unparse(func).rpartition(".")[2] not in _TYPE_VARIABLES:
                    names.append(name)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                names.append(name)
            case _:
                pass
    return list(dict.fromkeys(name for name in names if not name.startswith("_")))  # overloads: once


def operators(sources: Mapping[str, str]) -> dict[str, str]:
    """Return the modules of operators, by name. A module with a leading underscore is shared by several."""
    prefix = "operators/"
    return {
        path.removeprefix(prefix).removesuffix(".py"): source
        for path, source in sources.items()
        if path.startswith(prefix) and not path.startswith(f"{prefix}_")
    }


def violations(sources: Mapping[str, str], tests: set[str]) -> list[str]:
    """Find operators that share a module, bear another name than theirs, are not re-exported or have no test.

    Args:
        sources: The package.
        tests: The names of the files that test operators.
    """
    found: list[str] = []
    package = ast.parse(sources.get("operators/__init__.py", ""))
    imports = [node for node in package.body if isinstance(node, ast.ImportFrom)]
    exported = {alias.name for node in imports for alias in node.names}
    for name, source in operators(sources).items():
        if (names := public_names(source)) != [name]:
            found.append(f"operators/{name}.py defines {', '.join(names) or 'nothing'} instead of {name} alone")
        if name not in exported:
            found.append(f"operators/__init__.py does not re-export {name}")
        if f"test_{name}.py" not in tests:
            found.append(f"operators/{name}.py has no tests/operators/test_{name}.py")
    return found


def test_each_operator_has_its_module_and_its_test(sources: dict[str, str], root: Path) -> None:
    assert not (found := violations(sources, {path.name for path in (root / "tests" / "operators").glob("*.py")})), (
        "\n".join(found)
    )


class TestTheRule:
    """The rule finds what it is there for."""

    EXPORTS = "from rxconvo.operators.badge import badge\n"

    @pytest.mark.parametrize(
        "source",
        [
            "def badge(): ...",
            "def badge(): ...\ndef _helper(): ...\n_LIMIT = 1\nT = TypeVar('T')\nP = typing.ParamSpec('P')",
            "@overload\ndef badge(x: int): ...\n@overload\ndef badge(x: str): ...\ndef badge(x): ...",
        ],
    )
    def test_one_public_name_is_fine(self, source: str) -> None:
        modules = {"operators/__init__.py": self.EXPORTS, "operators/badge.py": source, "operators/_shared.py": "X = 1"}
        assert violations(modules, {"test_badge.py"}) == []

    @pytest.mark.parametrize(
        "source,names",
        [
            ("def badge(): ...\ndef more(): ...", "badge, more"),
            ("def badge(): ...\nLIMIT = 1", "badge, LIMIT"),
            ("def badge(): ...\nLIMIT: int = 1", "badge, LIMIT"),
            ("def badge(): ...\nclass Badge: ...", "badge, Badge"),
            ("def other(): ...", "other"),
            ("", "nothing"),
        ],
    )
    def test_other_names_are_found(self, source: str, names: str) -> None:
        modules = {"operators/__init__.py": self.EXPORTS, "operators/badge.py": source}
        assert violations(modules, {"test_badge.py"}) == [f"operators/badge.py defines {names} instead of badge alone"]

    def test_a_missing_export_is_found(self) -> None:
        modules = {"operators/__init__.py": "", "operators/badge.py": "def badge(): ..."}
        assert violations(modules, {"test_badge.py"}) == ["operators/__init__.py does not re-export badge"]

    def test_a_missing_test_is_found(self) -> None:
        modules = {"operators/__init__.py": self.EXPORTS, "operators/badge.py": "def badge(): ..."}
        assert violations(modules, set()) == ["operators/badge.py has no tests/operators/test_badge.py"]
