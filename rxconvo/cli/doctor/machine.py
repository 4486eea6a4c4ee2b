"""This machine: Python, the library, what it needs, and what else can be installed."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Final

from rxconvo.cli.doctor.finding import Finding
from rxconvo.version import __version__

__all__ = ["check_machine"]

_LEAST: Final = (3, 11)
_NEEDED: Final = ("aiohttp", "msgspec", "orjson", "PyJWT", "reactivex")
_EXTRAS: Final = {
    "demo": "chitchat_dataset",
    "metrics": "prometheus_client",
    "notebook": "ipykernel",
    "otel": "opentelemetry",
    "speed": "uvloop",
}
"""A module of each extra that somebody may miss."""


def _importable(module: str) -> bool:
    return find_spec(module) is not None


def check_machine(*, installed: Callable[[str], bool] = _importable) -> Iterator[Finding]:
    """Check what runs here.

    Args:
        installed: Tells whether a module can be imported.
    """
    python = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info >= _LEAST:
        yield Finding("ok", "python", python)
    else:
        yield Finding("fail", "python", python, f"install Python {'.'.join(map(str, _LEAST))} or later")
    yield _libraries()
    missing = [extra for extra, module in _EXTRAS.items() if not installed(module)]
    there = [extra for extra in _EXTRAS if extra not in missing]
    told = f"cli{''.join(f', {extra}' for extra in there)}"
    if missing:
        advice = f"if you miss them: python -m pip install 'rxconvo[{','.join(missing)}]'"
        yield Finding("ok", "extras", f"{told}; not installed: {', '.join(missing)}", advice)
    else:
        yield Finding("ok", "extras", told)


def _libraries() -> Finding:
    found: list[str] = []
    missing: list[str] = []
    for name in _NEEDED:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    told = f"{__version__} with {', '.join(found)}"
    if missing:
        return Finding("fail", "rxconvo", f"{told}; missing: {', '.join(missing)}", "install rxconvo anew with pip")
    return Finding("ok", "rxconvo", told)
