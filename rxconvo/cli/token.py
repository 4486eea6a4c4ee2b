"""`rxconvo token`: access tokens for a service that has the same keys."""

from __future__ import annotations

from collections.abc import Mapping

from rxconvo.client import Environment
from rxconvo.errors import ArgumentError
from rxconvo.server import Authority, keys_beside, load_keys
from rxconvo.server.storage import store_path

__all__ = ["mint_token"]


def mint_token(identity: str, ttl: float, store: str, environ: Mapping[str, str]) -> str:
    """Mint an access token.

    Args:
        identity: The user whom it is for.
        ttl: Seconds until it expires.
        store: The store whose keys sign it; they are made if there are none yet.
        environ: May name the keys instead.

    Raises:
        ArgumentError: An argument is out of range, or the keys of a store in memory are asked for.
        StoreError: The keys cannot be read.
    """
    path = keys_beside(store_path(store))
    if path is None and not environ.get("RXCONVO_API_KEY"):
        raise ArgumentError("store", "sqlite:PATH, or RXCONVO_API_KEY and the like set: memory keeps no keys", store)
    environment = Environment()
    keys = load_keys(environ, ids=environment.ids, secrets=environment.secrets, path=path)
    return Authority(keys, wall=environment.wall, ids=environment.ids).mint(identity, ttl)
