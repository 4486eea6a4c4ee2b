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


def signed(sid: str = SID, expires: int = 1000) -> dict[str, str]:
    return dict(parse_qsl(SIGNER.query(sid, expires)))


def test_an_address_holds_until_it_expires() -> None:
    assert SIGNER.allows(SID, signed(), now=999.9)
    assert not SIGNER.allows(SID, signed(), now=1000.0)


def test_an_address_is_for_one_media() -> None:
    assert not SIGNER.allows("ME" + "b" * 32, signed(), now=0.0)


def test_an_address_cannot_be_prolonged() -> None:
    for expires in ("1001", "01000", "1000 ", "+1000", "10_00", "\u0661\u0660\u0660\u0660", "", "9" * 400, "-1", "nan"):
        assert not SIGNER.allows(SID, signed() | {"Expires": expires}, now=0.0)
        mine = dict(parse_qsl(Signer("x" * 40).query(SID, 1))) | {"Expires": expires}
        assert not SIGNER.allows(SID, mine, now=0.0)


@pytest.mark.parametrize("position", range(64))
def test_every_digit_of_a_signature_counts(position: int) -> None:
    good = signed()["Signature"]
    other = "0" if good[position] != "0" else "1"
    bad = f"{good[:position]}{other}{good[position + 1 :]}"
    assert not SIGNER.allows(SID, signed() | {"Signature": bad}, now=0.0)


@given(st.text(st.characters(), max_size=100))
def test_other_signatures_are_refused_without_an_error(signature: str) -> None:
    assert not SIGNER.allows(SID, {"Expires": "1000", "Signature": signature}, now=0.0)
    assert not SIGNER.allows(SID, {"Expires": signature, "Signature": "0" * 64}, now=0.0)


def test_without_any_of_it_nothing_is_allowed() -> None:
    assert not SIGNER.allows(SID, {}, now=0.0)
    assert not SIGNER.allows(SID, {"Signature": signed()["Signature"]}, now=0.0)


def test_another_secret_signs_otherwise() -> None:
    assert not Signer("another horse battery staple another horse").allows(SID, signed(), now=0.0)
    assert SECRET not in repr(SIGNER)
