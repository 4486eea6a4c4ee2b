"""Keys: from the environment, from a file, and never seen."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from rxconvo.errors import ArgumentError, StoreError
from rxconvo.server.keys import Keys, load_keys, make_keys
from rxconvo.testing.ids import seeded_ids

SECRET = "0123456789abcdef0123456789abcdef"
ENVIRON = {
    "RXCONVO_ACCOUNT_SID": "AC1",
    "RXCONVO_API_KEY": "SK1",
    "RXCONVO_API_SECRET": SECRET,
    "RXCONVO_SERVICE_SID": "IS1",
}


def load(environ: dict[str, str], path: Path | None = None, seed: int = 0) -> Keys:
    return load_keys(environ, ids=seeded_ids(seed), secrets=lambda: f"made {seed} {SECRET}", path=path)


def test_the_environment_wins(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    assert load(ENVIRON, path) == Keys(account_sid="AC1", key_sid="SK1", secret=SECRET, service_sid="IS1")
    assert not path.exists()


def test_made_once_and_kept_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    first, second = load({}, path, 1), load({}, path, 2)
    assert first == second
    assert first.secret.startswith("made 1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_the_environment_leaves_out_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    keys = load({"RXCONVO_SERVICE_SID": "IS7"}, path)
    assert keys.service_sid == "IS7"
    assert load({}, path).service_sid != "IS7"
    assert load({}, path).secret == keys.secret


def test_where_nothing_can_be_kept(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be kept there: No such file or directory"):
        load({}, tmp_path / "missing" / "keys")


def test_without_a_file_each_service_has_its_own() -> None:
    assert load({}, seed=1) != load({}, seed=2)


@pytest.mark.parametrize("missing", ["RXCONVO_API_KEY", "RXCONVO_API_SECRET"])
def test_half_a_key_is_refused(missing: str) -> None:
    with pytest.raises(ArgumentError, match=missing) as caught:
        load({**ENVIRON, missing: ""})
    assert SECRET not in str(caught.value)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ArgumentError, match="at least 32 bytes") as caught:
        load({**ENVIRON, "RXCONVO_API_SECRET": "short-secret"})
    assert "short-secret" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"secret": 7}'])
def test_a_broken_file_is_told_without_its_content(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keys"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="does not hold"):
        load({}, path)


def test_secrets_are_not_shown() -> None:
    keys = make_keys(seeded_ids(), lambda: SECRET)
    assert SECRET not in repr(keys)
    assert keys.secret_of(keys.key_sid) == SECRET
    assert keys.secret_of("SK9") is None
