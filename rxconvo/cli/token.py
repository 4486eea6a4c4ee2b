"""`rxconvo token`: access tokens for a service that has the same keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rxconvo.client import Environment
from rxconvo.errors import ArgumentError
from rxconvo.server import Authority, keys_beside, load_keys
from rxconvo.server.auth import check_grant
from rxconvo.server.storage import store_path

__all__ = ["keys_at_hand", "mint_token"]


def mint_token(
    identity: str, ttl: float, store: str, environ: Mapping[str, str], *, warn: Callable[[str], None] = lambda _: None
) -> str:
    """Mint an access token.

    Args:
        identity: The user whom it is for.
        ttl: Seconds until it expires.
        store: The store whose keys sign it; they are made if there are none yet.
        environ: May name the keys instead.
        warn: Gets one line where the keys had to be made: the store may be another than was meant.

    Raises:
        ArgumentError: An argument is out of range, or the keys of a store in memory are asked for.
        StoreError: The keys cannot be read.
    """
    check_grant(identity, ttl)  # before keys are made for nothing
    path = keys_beside(store_path(store))
    if path is None and not environ.get("RXCONVO_API_KEY"):
        raise ArgumentError("store", "sqlite:PATH, or RXCONVO_API_KEY and the like set: memory keeps no keys", store)
    environment = Environment()
    known = path is None or path.exists()
    keys = load_keys(environ, ids=environment.ids, secrets=environment.secrets, path=path)
    if path is not None and not known and path.exists():  # they are not made where the environment names them all
        warn(f"new keys made at {path}: only a service with this store takes the token")
    return Authority(keys, wall=environment.wall, ids=environment.ids).mint(identity, ttl)


def keys_at_hand(store: str, environ: Mapping[str, str]) -> bool:
    """Tell whether there are keys already, beside a store or in the environment; none are made.

    Args:
        store: The store.
        environ: May name the keys instead.

    Raises:
        ArgumentError: The URL names no store.
    """
    path = keys_beside(store_path(store))
    return bool(environ.get("RXCONVO_API_KEY")) or (path is not None and path.exists())
