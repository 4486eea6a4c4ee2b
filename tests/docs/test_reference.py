"""The reference tells of everything public, and its docstrings become what Sphinx reads."""

from __future__ import annotations

import re
from collections import Counter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

import rxconvo
import rxconvo.operators
import rxconvo.testing
from rxconvo.integrations import metrics, notebook, tracing, web

_MODULE = re.compile(r"^\.\. currentmodule:: (\S+)$", re.MULTILINE)
_DOCUMENTED = re.compile(r"^\.\. auto(?:class|data|exception|function):: (\w+)$", re.MULTILINE)


def documented(root: Path) -> Counter[str]:
    """Count how often each name has an entry, by its full name."""
    found: Counter[str] = Counter()
    for path in (root / "docs").rglob("*.md"):
        _, *parts = _MODULE.split(path.read_text(encoding="utf-8"))
        for module, text in zip(parts[::2], parts[1::2], strict=True):
            found.update(f"{module}.{name}" for name in _DOCUMENTED.findall(text))
    return found


def test_everything_public_has_one_entry(root: Path) -> None:
    modules: tuple[ModuleType, ...] = (rxconvo, rxconvo.operators, rxconvo.testing, web, metrics, notebook, tracing)
    public = {f"{module.__name__}.{name}" for module in modules for name in module.__all__}
    assert documented(root) == Counter(public - {"rxconvo.__version__"})


@pytest.fixture(scope="module")
def docstrings(root: Path) -> ModuleType:
    """Return the extension that translates."""
    spec = spec_from_file_location("docstrings", root / "docs" / "_ext" / "docstrings.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestTranslating:
    """Sections of Google's style, and diagrams."""

    @pytest.mark.parametrize(
        "docstring, expected",
        [
            ("It is so:\n\n    -a-|\n\nMore.", "It is so::\n\n    -a-|\n\nMore."),
            ("It is so:\nMore.", "It is so:\nMore."),
            ("Example:\n    f()\n\n    g()", "\n.. code-block:: python\n\n    f()\n\n    g()\n"),
            ("Args:\n    a: One,\n        two.\n    b: Three.", "\n:param a: One,\n    two.\n:param b: Three.\n"),
            ("Args:\n    *a: One.", "\n:param a: One.\n"),
            ("Emits:\n    One: two.\n\n    Three.", "\n:Emits: One: two.\n\n    Three.\n"),
            ("Errors:\n    Those of\n    it.", "\n:Errors: Those of\n    it.\n"),
            ("Errors:\n    AnError: No\n        luck.", "\n:Errors:\n    - **AnError**: No\n      luck.\n"),
            ("Raises:\n    AnError: No.\n\nEnd.", "\n:raises AnError: No.\n\nEnd."),
        ],
    )
    def test_it_becomes_what_sphinx_reads(self, docstrings: ModuleType, docstring: str, expected: str) -> None:
        assert "\n".join(docstrings.translate(docstring.splitlines())) == expected

    def test_a_section_of_names_without_one_is_an_error(self, docstrings: ModuleType) -> None:
        with pytest.raises(ValueError, match="nothing in particular"):
            docstrings.translate(["Args:", "    nothing in particular"])
