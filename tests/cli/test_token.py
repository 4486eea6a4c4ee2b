"""Tokens that a service with the same keys takes, and no other."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import jwt
import pytest

from rxconvo import ArgumentError, StoreError
from rxconvo.cli.token import mint_token

ENVIRON = {
    "RXCONVO_ACCOUNT_SID": "AC1",
    "RXCONVO_API_KEY": "SK1",
    "RXCONVO_API_SECRET": "0123456789abcdef0123456789abcdef",
    "RXCONVO_SERVICE_SID": "IS1",
}


def claims(token: str) -> dict[str, Any]:
    """Read a token without asking who signed it."""
    return jwt.decode(token, options={"verify_signature": False})


def test_what_a_token_says() -> None:
    said = claims(mint_token("ada", 600.0, "memory:", ENVIRON))
    assert said["exp"] - said["iat"] == 600
    assert (said["iss"], said["sub"]) == ("SK1", "AC1")
    assert said["grants"] == {"identity": "ada", "chat": {"service_sid": "IS1"}}


def test_it_is_signed_with_the_secret_of_the_environment() -> None:
    token = mint_token("ada", 600.0, "memory:", ENVIRON)
    assert jwt.decode(token, ENVIRON["RXCONVO_API_SECRET"], algorithms=["HS256"], options={"verify_iat": False})
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, "f" * 32, algorithms=["HS256"])


def test_keys_are_made_once_and_kept_beside_the_store(place: Path) -> None:
    first, second = (claims(mint_token(who, 600.0, "sqlite:chat.db", {})) for who in ("ada", "bob"))
    assert (first["iss"], first["sub"]) == (second["iss"], second["sub"])
    (keys,) = place.iterdir()
    assert keys.name == "chat.db.keys"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    other = claims(mint_token("ada", 600.0, "sqlite:other.db", {}))
    assert other["iss"] != first["iss"], "another store, other keys"


def test_no_keys_are_made_for_nothing(place: Path) -> None:
    with pytest.raises(ArgumentError, match="ttl"):
        mint_token("ada", 0.0, "sqlite:chat.db", {})
    assert list(place.iterdir()) == []


def test_the_environment_spares_the_file(place: Path) -> None:
    told: list[str] = []
    mint_token("ada", 600.0, "sqlite:chat.db", ENVIRON, warn=told.append)
    assert list(place.iterdir()) == []
    assert told == []


def test_memory_keeps_no_keys() -> None:
    with pytest.raises(ArgumentError, match="memory keeps no keys"):
        mint_token("ada", 600.0, "memory:", {})


@pytest.mark.parametrize(
    "held, reason", [("{}", "Object missing required field `account_sid`"), ("x", "JSON is malformed")]
)
def test_keys_that_cannot_be_read(place: Path, held: str, reason: str) -> None:
    (place / "chat.db.keys").write_text(held)
    with pytest.raises(StoreError, match=rf"chat\.db\.keys does not hold the service's keys: {reason}"):
        mint_token("ada", 600.0, "sqlite:chat.db", {})
