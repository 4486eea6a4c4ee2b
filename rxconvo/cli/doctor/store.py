"""The store of a service on this machine, and the keys beside it."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from rxconvo.cli.doctor.finding import Finding
from rxconvo.client import Environment
from rxconvo.errors import ArgumentError, StoreError
from rxconvo.server import Keys, keys_beside, load_keys
from rxconvo.server.storage import store_path

__all__ = ["check_keys", "check_store", "keys_here"]


def check_store(store: str, *, wanted: bool) -> Iterator[Finding]:
    """Check a store without touching it.

    Args:
        store: Its URL.
        wanted: Whether it is to be opened in this process, so that nobody else may have it.

    Raises:
        ArgumentError: The URL names none.
        StoreError: Its path cannot be resolved.
    """
    path = store_path(store)
    if path is None:
        yield Finding("ok", "store", "in memory: gone with the process")
    elif not path.parent.is_dir():
        yield Finding("fail", "store", f"there is no directory {path.parent}", "make it, or name another --store")
    elif not path.exists():
        yield Finding("ok", "store", f"{_shown(path)} is not there yet: `rxconvo serve` makes it")
    else:
        yield _opened(path, wanted=wanted)


def _shown(path: Path) -> str:
    """Return a path as one would say it here."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _opened(path: Path, *, wanted: bool) -> Finding:
    name = _shown(path)
    try:
        # Read only, so that nothing of it changes, and without waiting for who holds it.
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=0.0)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            return Finding("fail", "store", f"{name} cannot be read: {error}", "check who owns it, and its mode")
        if wanted:
            advice = "connect to that service by --url ws://…, or stop it"
            return Finding("fail", "store", f"{name} is held by a running service", advice)
        return Finding("ok", "store", f"{name}, held by a running service")
    except sqlite3.DatabaseError:
        return Finding("fail", "store", f"{name} is no database", "name another --store, or move that file away")
    return Finding("ok", "store", f"{name}, which no service holds now")


def check_keys(store: str, environ: Mapping[str, str], *, needed: bool) -> Iterator[Finding]:
    """Check the keys that sign tokens. None are made.

    Args:
        store: The store that they are beside.
        environ: May name them instead.
        needed: Whether a token is to be made.

    Raises:
        ArgumentError: The URL names no store.
        StoreError: Its path cannot be resolved.
    """
    path = keys_beside(store_path(store))
    from_environment = bool(environ.get("RXCONVO_API_KEY"))
    if not from_environment and (path is None or not path.exists()):
        told = "memory keeps none, and RXCONVO_API_KEY is not set" if path is None else f"{_shown(path)} is not there"
        advice = "name the --store of the service, or give a --token that its operator made"
        yield Finding("fail", "keys", told, advice) if needed else Finding("ok", "keys", f"{told}: none are needed")
        return
    try:
        keys = keys_here(store, environ)
    except (ArgumentError, StoreError) as error:
        yield Finding("fail", "keys", str(error), "set RXCONVO_API_KEY and RXCONVO_API_SECRET both, or mend the file")
        return
    where = "RXCONVO_API_KEY and the like" if from_environment else "" if path is None else _shown(path)
    yield Finding("ok", "keys", f"{keys.key_sid[:10]}… from {where}" if keys else where)
    if path is not None and path.exists():
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            advice = f"chmod 600 {_shown(path)}"
            yield Finding(
                "warn", "keys", f"others can read {_shown(path)} (mode {mode:o}), and make tokens for anybody", advice
            )


def keys_here(store: str, environ: Mapping[str, str]) -> Keys | None:
    """Return the keys at hand; None where there are none, which are not made then.

    Args:
        store: The store that they are beside.
        environ: May name them instead.

    Raises:
        ArgumentError: Those of the environment are incomplete, or the URL names no store.
        StoreError: The file cannot be read.
    """
    path = keys_beside(store_path(store))
    kept = path if path is not None and path.exists() else None
    if kept is None and not environ.get("RXCONVO_API_KEY"):
        return None
    world = Environment()
    return load_keys(environ, ids=world.ids, secrets=world.secrets, path=kept)
