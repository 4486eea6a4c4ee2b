"""Addresses that carry their own proof."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxconvo.server.media.signing import Signer

SECRET = "correct horse battery staple correct horse"
SID = "ME" + "a" * 32
SIGNER = Signer(SECRET)


def signed(sid: str = SID, expires: int = 1000, identity: str = "ada") -> dict[str, str]:
    return dict(parse_qsl(SIGNER.query(sid, identity, expires)))


def test_an_address_holds_until_it_expires() -> None:
    assert SIGNER.identity(SID, signed(), now=999.9) == "ada"
    assert SIGNER.identity(SID, signed(), now=1000.0) is None


@pytest.mark.parametrize("identity", ["bob", "ada ", "", "ada\0", "Ada"])
def test_an_address_is_one_user_s(identity: str) -> None:
    assert SIGNER.identity(SID, signed() | {"Identity": identity}, now=0.0) is None


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=256))
def test_an_address_tells_whose_it_is(identity: str) -> None:
    assert SIGNER.identity(SID, signed(identity=identity), now=0.0) == identity


def test_an_address_is_for_one_media() -> None:
    assert SIGNER.identity("ME" + "b" * 32, signed(), now=0.0) is None


def test_an_address_cannot_be_prolonged() -> None:
    for expires in ("1001", "01000", "1000 ", "+1000", "10_00", "\u0661\u0660\u0660\u0660", "", "9" * 400, "-1", "nan"):
        assert SIGNER.identity(SID, signed() | {"Expires": expires}, now=0.0) is None
        mine = dict(parse_qsl(Signer("x" * 40).query(SID, "ada", 1))) | {"Expires": expires}
        assert SIGNER.identity(SID, mine, now=0.0) is None


@pytest.mark.parametrize("position", range(64))
def test_every_digit_of_a_signature_counts(position: int) -> None:
    good = signed()["Signature"]
    other = "0" if good[position] != "0" else "1"
    bad = f"{good[:position]}{other}{good[position + 1 :]}"
    assert SIGNER.identity(SID, signed() | {"Signature": bad}, now=0.0) is None


@given(st.text(st.characters(), max_size=100))
def test_other_signatures_are_refused_without_an_error(signature: str) -> None:
    assert SIGNER.identity(SID, signed() | {"Signature": signature}, now=0.0) is None
    assert SIGNER.identity(SID, signed() | {"Expires": signature}, now=0.0) is None


def test_without_any_of_it_nothing_is_allowed() -> None:
    assert SIGNER.identity(SID, {}, now=0.0) is None
    for name in signed():
        assert SIGNER.identity(SID, {key: value for key, value in signed().items() if key != name}, now=0.0) is None


def test_another_secret_signs_otherwise() -> None:
    assert Signer("another horse battery staple another horse").identity(SID, signed(), now=0.0) is None
    assert SECRET not in repr(SIGNER)
