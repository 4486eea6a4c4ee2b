"""Who may import whom. Late and type-only imports count: they are dependencies, only better hidden."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

import pytest

# Each part of the package may import those to its left.
ORDER = (
    "version",
    "display",  # what shows itself says how, and imports nothing: the leftmost values do
    "errors",
    "types",
    "listeners",
    "wire",
    "sync",
    "model",
    "streams",
    "abort",
    "emitter",
    "operators",
    "recordings",
    "client",
    "rxconvo",  # the package itself, as in `import rxconvo`
    "integrations",
    "demo",
    "cli",
    "__main__",
)

# Parts beside that order, with what they may import.
BESIDE = {
    "transport": {"errors", "types"},
    "server": {"errors", "types", "wire", "sync", "model", "transport"},
    "testing": {*ORDER, "server", "transport"},
}

# Who may import those; parts, or single modules.
SEE = {
    "transport": {"recordings", "client", "demo", "cli", "server", "testing", "integrations"},
    "server": {"client/connect.py", "client/service.py", "demo", "cli", "testing"},
    "testing": set[str](),
}

# Time, chance and bytes are arguments of these.
PURE = {"display", "wire", "sync", "model"}
IMPURE_MODULES = {"asyncio", "logging", "os", "random", "reactivex", "secrets", "socket", "time", "uuid"}
IMPURE_CALLS = {"now", "today", "utcnow"}  # of datetime and date
EXCEPTIONS = {("model/home.py", "reactivex")}  # names Observable for annotations


def dotted(path: str) -> str:
    """Name the module at *path*: `rxconvo.wire` for `wire/__init__.py`."""
    return ".".join(["rxconvo", *path.removesuffix(".py").split("/")]).removesuffix(".__init__")


def part_of(module: str) -> str:
    """Name the part of the package that a module belongs to: `wire` for `rxconvo.wire.codec`."""
    return module.split(".")[1] if "." in module else module


def imported(path: str, source: str, modules: set[str]) -> Iterator[str]:
    """Yield the modules that the one at *path* imports, wherever it does; *modules* are those that we have."""
    package = dotted(path).split(".")
    if not path.endswith("__init__.py"):
        package.pop()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                name = f"{base}.{alias.name}"
                yield name if name in modules else base


def imports_of_ours(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """Map the path of each module to those of ours that it imports."""
    modules = {dotted(path) for path in sources}
    return {
        path: {name for name in imported(path, source, modules) if name.split(".")[0] == "rxconvo"}
        for path, source in sources.items()
    }


def may_import(path: str, module: str) -> bool:
    """Tell whether the module at *path* may import *module*."""
    own, other = part_of(dotted(path)), part_of(module)
    if own == other:
        return True
    if other in SEE:
        return bool(SEE[other] & {own, path})
    if own in BESIDE:
        return other in BESIDE[own]
    return ORDER.index(other) < ORDER.index(own)


def unplaced(sources: Mapping[str, str]) -> list[str]:
    """Find parts of the package that no rule knows."""
    return sorted({part_of(dotted(path)) for path in sources} - {*ORDER, *BESIDE})


def imports_to_the_right(sources: Mapping[str, str]) -> list[str]:
    """Find imports that the order does not allow."""
    return [
        f"{path} may not import {module}"
        for path, modules in imports_of_ours(sources).items()
        for module in sorted(modules)
        if not may_import(path, module)
    ]


def cycle(sources: Mapping[str, str]) -> list[str]:
    """Find modules that import each other in a ring, each the next."""
    graph = {dotted(path): modules - {dotted(path)} for path, modules in imports_of_ours(sources).items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        ring: list[str] = error.args[1]
        return ring[::-1]
    return []


def impurities(sources: Mapping[str, str]) -> list[str]:
    """Find where a pure part reaches for time, chance or the outer world."""
    found: list[str] = []
    for path, source in sources.items():
        if part_of(dotted(path)) not in PURE:
            continue
        names = {name.split(".")[0] for name in imported(path, source, set())}
        found += [f"{path} imports {name}" for name in sorted(names & IMPURE_MODULES) if (path, name) not in EXCEPTIONS]
        found += [
            f"{path}:{node.lineno} calls {ast.unparse(node.func)}"
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in IMPURE_CALLS
        ]
    return found


def test_every_part_has_a_place_in_the_order(sources: dict[str, str]) -> None:
    assert not (found := unplaced(sources)), "\n".join(found)


def test_imports_go_to_the_left(sources: dict[str, str]) -> None:
    assert not (found := imports_to_the_right(sources)), "\n".join(found)


def test_no_module_is_in_a_cycle(sources: dict[str, str]) -> None:
    assert not (found := cycle(sources)), "\n".join(found)


def test_pure_parts_are_pure(sources: dict[str, str]) -> None:
    assert not (found := impurities(sources)), "\n".join(found)


class TestTheRules:
    """Each rule finds what it is there for."""

    def test_an_unknown_part_has_no_place(self) -> None:
        assert unplaced({"wire/codec.py": "", "utils/misc.py": "", "helpers.py": ""}) == ["helpers", "utils"]

    @pytest.mark.parametrize(
        "path,statement,module",
        [
            ("wire/codec.py", "from rxconvo.sync import Session", "rxconvo.sync"),
            ("wire/codec.py", "import rxconvo.sync.session", "rxconvo.sync.session"),
            ("wire/codec.py", "from rxconvo.sync import session as s", "rxconvo.sync.session"),
            ("wire/codec.py", "from ..sync import session", "rxconvo.sync.session"),
            ("wire/codec.py", "from .. import sync", "rxconvo.sync"),
            ("wire/codec.py", "from rxconvo import Client", "rxconvo"),
            ("wire/codec.py", "def late():\n    from rxconvo.model.home import Home", "rxconvo.model.home"),
            ("wire/codec.py", "if TYPE_CHECKING:\n    from rxconvo.model.home import Home", "rxconvo.model.home"),
            ("errors.py", "from rxconvo.types import Sid", "rxconvo.types"),
            ("streams/hub.py", "from rxconvo.transport import Transport", "rxconvo.transport"),
            ("client/driver.py", "from rxconvo.server import Server", "rxconvo.server"),
            ("integrations/web.py", "from rxconvo.server import Server", "rxconvo.server"),
            ("server/app.py", "from rxconvo.client import Client", "rxconvo.client"),
            ("transport/memory.py", "from rxconvo.wire import Packet", "rxconvo.wire"),
            ("cli/main.py", "from rxconvo.testing import World", "rxconvo.testing"),
            ("__init__.py", "from rxconvo.testing import World", "rxconvo.testing"),
        ],
    )
    def test_an_import_to_the_right_is_found(self, path: str, statement: str, module: str) -> None:
        sources = {"sync/session.py": "", "sync/__init__.py": "", "model/home.py": "", path: statement}
        assert imports_to_the_right(sources) == [f"{path} may not import {module}"]

    @pytest.mark.parametrize(
        "path,statement",
        [
            ("wire/codec.py", "import asyncio.queues"),
            ("wire/codec.py", "from rxconvo.wire.packets import Packet"),
            ("wire/codec.py", "from .packets import Packet"),
            ("sync/session.py", "from rxconvo.wire import Packet\nfrom rxconvo.errors import PayloadError"),
            ("client/connect.py", "from rxconvo.server import Server"),
            ("client/driver.py", "from rxconvo.transport import Transport"),
            ("demo/main.py", "import rxconvo"),
            ("testing/world.py", "from rxconvo.server import Server\nfrom rxconvo.client import Client"),
        ],
    )
    def test_an_import_to_the_left_is_fine(self, path: str, statement: str) -> None:
        assert imports_to_the_right({path: statement}) == []

    def test_a_cycle_is_found(self) -> None:
        sources = {
            "wire/a.py": "def late():\n    from rxconvo.wire import b",
            "wire/b.py": "from .c import C",
            "wire/c.py": "if TYPE_CHECKING:\n    import rxconvo.wire.a",
        }
        ring = cycle(sources)
        assert ring[0] == ring[-1]
        assert set(ring) == {"rxconvo.wire.a", "rxconvo.wire.b", "rxconvo.wire.c"}

    def test_a_module_that_imports_its_package_is_in_a_cycle(self) -> None:
        sources = {"wire/__init__.py": "from rxconvo.wire.a import A", "wire/a.py": "from rxconvo.wire import B"}
        assert set(cycle(sources)) == {"rxconvo.wire", "rxconvo.wire.a"}

    def test_a_line_of_imports_is_no_cycle(self) -> None:
        assert cycle({"wire/__init__.py": "from .a import A", "wire/a.py": "from . import b", "wire/b.py": ""}) == []

    @pytest.mark.parametrize(
        "statement,finding",
        [
            ("import time", "sync/session.py imports time"),
            ("import os.path", "sync/session.py imports os"),
            ("from asyncio import Queue", "sync/session.py imports asyncio"),
            ("def late():\n    import random", "sync/session.py imports random"),
            ("from reactivex import Observable", "sync/session.py imports reactivex"),
            ("x = datetime.now(UTC)", "sync/session.py:1 calls datetime.now"),
        ],
    )
    def test_an_impurity_is_found(self, statement: str, finding: str) -> None:
        assert impurities({"sync/session.py": statement}) == [finding]

    def test_what_is_allowed_is_no_impurity(self) -> None:
        sources = {
            "client/driver.py": "import asyncio, time",
            "model/home.py": "from reactivex import Observable",
            "sync/session.py": "from datetime import datetime\nfrom rxconvo.wire import time",
        }
        assert impurities(sources) == []
