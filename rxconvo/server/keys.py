"""Whose tokens the service accepts: its account, its service sid, and the key that signs."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import msgspec

from rxconvo.errors import ArgumentError, StoreError
from rxconvo.types import Ids, Sid

__all__ = ["MIN_SECRET_BYTES", "Keys", "Secrets", "keys_beside", "load_keys", "make_keys"]

MIN_SECRET_BYTES = 32
"""A shorter secret is weaker than the digest it feeds (RFC 7518, section 3.2)."""

Secrets: TypeAlias = Callable[[], str]
"""A source of unguessable text: at least 32 bytes a call."""

_NAMES = {
    "account_sid": "RXCONVO_ACCOUNT_SID",
    "key_sid": "RXCONVO_API_KEY",
    "secret": "RXCONVO_API_SECRET",
    "service_sid": "RXCONVO_SERVICE_SID",
}


@dataclass(frozen=True, kw_only=True)
class Keys:
    """What a token must fit.

    Attributes:
        account_sid: The token's `sub`.
        service_sid: The chat grant's `service_sid`.
        key_sid: The `iss` of the tokens that this service mints.
        secret: The HMAC secret of `key_sid`; never shown.
        accepted: Further keys whose tokens are accepted: sid to secret; never shown.
        revoked: Key sids (`iss`) and token ids (`jti`) that are refused though they verify.
    """

    account_sid: Sid
    service_sid: Sid
    key_sid: Sid
    secret: str = field(repr=False)
    accepted: Mapping[Sid, str] = field(default_factory=dict[str, str], repr=False)
    revoked: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for sid, secret in {self.key_sid: self.secret, **self.accepted}.items():
            if len(secret.encode()) < MIN_SECRET_BYTES:
                name = f"secret of {sid}"
                raise ArgumentError(name, f"at least {MIN_SECRET_BYTES} bytes")

    def secret_of(self, key_sid: str) -> str | None:
        """Find the secret of a signing key, or None for a key that is unknown or revoked."""
        if key_sid in self.revoked:
            return None
        return self.secret if key_sid == self.key_sid else self.accepted.get(key_sid)


def make_keys(ids: Ids, secrets: Secrets) -> Keys:
    """Make keys that no other service has.

    Args:
        ids: Gives the three sids.
        secrets: Gives the signing secret.
    """
    return Keys(account_sid=f"AC{ids()}", service_sid=f"IS{ids()}", key_sid=f"SK{ids()}", secret=secrets())


def keys_beside(store: Path | None) -> Path | None:
    """Return where the keys of a store are kept: beside its file, or nowhere for a store in memory."""
    return None if store is None else store.with_name(f"{store.name}.keys")


def load_keys(environ: Mapping[str, str], *, ids: Ids, secrets: Secrets, path: Path | None = None) -> Keys:
    """Take the keys from the environment; make what it does not name, once, and keep it beside the store.

    Args:
        environ: Where `RXCONVO_ACCOUNT_SID`, `RXCONVO_API_KEY`, `RXCONVO_API_SECRET` and `RXCONVO_SERVICE_SID` are
            looked up. Empty values count as absent.
        ids: Gives new sids.
        secrets: Gives a new secret.
        path: The file that keeps the made ones, mode 0600; None keeps nothing.

    Raises:
        ArgumentError: One of `RXCONVO_API_KEY` and `RXCONVO_API_SECRET` is set without the other, or the secret is
            short.
        StoreError: The file cannot be made or read.
    """
    given = {name: value for name, variable in _NAMES.items() if (value := environ.get(variable, ""))}
    if ("key_sid" in given) != ("secret" in given):
        missing = "secret" if "key_sid" in given else "key_sid"
        expected = "set, where the other of the key's two variables is"
        raise ArgumentError(_NAMES[missing], expected)
    if len(given) < len(_NAMES):
        kept = make_keys(ids, secrets) if path is None else _kept(path, ids, secrets)
        given = {name: getattr(kept, name) for name in _NAMES} | given
    return Keys(
        account_sid=given["account_sid"],
        service_sid=given["service_sid"],
        key_sid=given["key_sid"],
        secret=given["secret"],
    )


class _File(msgspec.Struct, frozen=True):
    """What the file holds."""

    account_sid: str
    key_sid: str
    secret: str
    service_sid: str


def _kept(path: Path, ids: Ids, secrets: Secrets) -> Keys:
    """Read the file, making it first if need be. Of two processes that make it at once, one wins."""
    try:
        if not path.exists():
            _write(path, make_keys(ids, secrets))
    except OSError as error:
        raise StoreError(f"{path}: the service's keys cannot be kept there: {error.strerror}") from error
    try:
        file = msgspec.json.decode(path.read_bytes(), type=_File)
    except (OSError, msgspec.MsgspecError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise StoreError(f"{path} does not hold the service's keys: {reason}") from None
    return Keys(account_sid=file.account_sid, service_sid=file.service_sid, key_sid=file.key_sid, secret=file.secret)


def _write(path: Path, keys: Keys) -> None:
    """Put the file in place whole, so that nobody ever reads half of it."""
    content = msgspec.json.encode(_File(keys.account_sid, keys.key_sid, keys.secret, keys.service_sid))
    draft = path.with_name(f"{path.name}.{keys.key_sid}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # unlike a rename, a link never replaces what another process has put there
    finally:
        draft.unlink()
