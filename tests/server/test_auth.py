"""Tokens: every check, and the code that its failure gives."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import jwt
import orjson
import pytest

from rxconvo.errors import ArgumentError, TokenError
from rxconvo.server.auth import MAX_LIFETIME, Authority
from rxconvo.server.keys import Keys
from rxconvo.testing.ids import seeded_ids

NOW = 1_760_000_000
SECRET = "0123456789abcdef0123456789abcdef"
OTHER = "fedcba9876543210fedcba9876543210"
KEYS = Keys(
    account_sid="AC1",
    service_sid="IS1",
    key_sid="SK1",
    secret=SECRET,
    accepted={"SK2": OTHER, "SK3": OTHER},
    revoked=frozenset({"SK3", "gone"}),
)
HEADER: dict[str, Any] = {"typ": "JWT", "cty": "twilio-fpa;v=1"}
CLAIMS: dict[str, Any] = {
    "jti": "SK1-1",
    "iss": "SK1",
    "sub": "AC1",
    "nbf": NOW,
    "exp": NOW + 3600,
    "grants": {"identity": "ada", "chat": {"service_sid": "IS1"}},
}


def authority() -> Authority:
    return Authority(KEYS, wall=lambda: datetime.fromtimestamp(NOW, UTC), ids=seeded_ids())


def sign(claims: dict[str, Any], secret: str = SECRET, **header: Any) -> str:
    return jwt.PyJWS().encode(json.dumps(claims).encode(), secret, "HS256", {**HEADER, **header})


def part(value: object) -> str:
    return base64.urlsafe_b64encode(value if isinstance(value, bytes) else orjson.dumps(value)).decode().rstrip("=")


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    claims = copy.deepcopy(CLAIMS)
    change(claims)
    return claims


def code_of(token: object) -> int:
    with pytest.raises(TokenError) as caught:
        authority().verify(token)
    assert caught.value.status == (403 if caught.value.code == 20106 else 401)
    return caught.value.code


def test_a_minted_token_is_good() -> None:
    grant = authority().verify(authority().mint("ada", 60))
    assert (grant.identity, grant.expires_at, grant.key_sid) == ("ada", NOW + 60, "SK1")


def test_the_older_name_of_the_grant_is_good() -> None:
    claims = changed(lambda c: c["grants"].update(ip_messaging=c["grants"].pop("chat")))
    assert authority().verify(sign(claims)).identity == "ada"


def test_a_further_key_is_good() -> None:
    assert authority().verify(sign({**CLAIMS, "iss": "SK2"}, OTHER)).key_sid == "SK2"


@pytest.mark.parametrize("missing", ["jti", "nbf"])
def test_some_claims_may_be_missing(missing: str) -> None:
    assert authority().verify(sign(changed(lambda c: c.pop(missing)))).identity == "ada"


@pytest.mark.parametrize(
    "token",
    [
        None,
        7,
        b"a.b.c",
        "",
        "a.b",
        "a.b.c.d",
        "é.b.c",
        f"{part([])}.{part({})}.x",
        f"{part(b'{')}.{part({})}.x",
        f"{part(b'[' * 5000)}.{part({})}.x",
        f"{part(HEADER | {'alg': 'HS256'})}.{part(b'[' * 5000)}.x",
        f"{part(HEADER | {'alg': 'HS256'})}.{part([])}.x",
        f"{part(HEADER | {'alg': 'HS256'})}.{part(b'{}')[:-1] + '!'}.x",
        "x" * 8193,
        sign({**CLAIMS, "padding": "x" * 8192}),
    ],
)
def test_what_is_no_token_is_invalid(token: object) -> None:
    assert code_of(token) == 20101


@pytest.mark.parametrize(
    "header",
    [
        {"cty": "twilio-fpa;v=2"},
        {"cty": None},
        {"typ": "at+jwt"},
        {"crit": ["x"]},
        {"b64": False},
    ],
)
def test_a_wrong_header_is_invalid(header: dict[str, Any]) -> None:
    body = f"{part({**HEADER, 'alg': 'HS256', **header})}.{part(CLAIMS)}"
    signature = jwt.get_algorithm_by_name("HS256").sign(body.encode(), SECRET.encode())
    assert code_of(f"{body}.{part(signature)}") == 20102


@pytest.mark.parametrize("algorithm", ["none", "HS512", "RS256", "hs256"])
def test_other_algorithms_are_invalid(algorithm: str) -> None:
    assert code_of(f"{part({**HEADER, 'alg': algorithm})}.{part(CLAIMS)}.") == 20102


@pytest.mark.parametrize(
    "change", [{"iss": "SK9"}, {"iss": None}, {"iss": ["SK1"]}, {"iss": "SK3"}, {"sub": "AC2"}, {"sub": None}]
)
def test_issuer_and_subject_must_fit(change: dict[str, Any]) -> None:
    assert code_of(sign({**CLAIMS, **change})) == 20103


def test_the_signature_must_fit() -> None:
    assert code_of(sign(CLAIMS, OTHER)) == 20107
    assert code_of(sign({**CLAIMS, "iss": "SK2"})) == 20107
    head, body, _ = sign(CLAIMS).split(".")
    assert code_of(f"{head}.{body}.") == 20107
    assert code_of(f"{head}.{part({**CLAIMS, 'exp': NOW + 7200})}.{sign(CLAIMS).split('.')[2]}") == 20107


@pytest.mark.parametrize(
    "change, code",
    [
        ({"exp": NOW}, 20104),
        ({"exp": NOW - 1}, 20104),
        ({"exp": NOW + MAX_LIFETIME + 1}, 20104),
        ({"exp": 10**30}, 20101),
        ({"exp": NOW + 3600, "nbf": NOW + 3600 - MAX_LIFETIME - 1}, 20104),
        ({"exp": True}, 20101),
        ({"exp": str(NOW + 3600)}, 20101),
        ({"exp": NOW + 3600.5}, 20101),
        ({"exp": None}, 20101),
        ({"nbf": NOW + 60}, 20105),
        ({"iat": NOW + 60}, 20105),
        ({"nbf": "now"}, 20101),
        ({"iat": True}, 20101),
        ({"jti": 7}, 20101),
        ({"jti": "gone"}, 20101),
        ({"grants": None}, 20106),
        ({"grants": []}, 20106),
        ({"grants": {"identity": "ada"}}, 20106),
        ({"grants": {"chat": {"service_sid": "IS1"}}}, 20106),
    ],
)
def test_each_claim_is_checked(change: dict[str, Any], code: int) -> None:
    assert code_of(sign({**CLAIMS, **change})) == code


def test_without_a_start_the_life_counts_from_now() -> None:
    claims = changed(lambda c: c.pop("nbf"))
    assert authority().verify(sign({**claims, "exp": NOW + MAX_LIFETIME})).identity == "ada"
    assert code_of(sign({**claims, "exp": NOW + MAX_LIFETIME + 6})) == 20104


def test_clocks_may_differ_a_little() -> None:
    assert authority().verify(sign({**CLAIMS, "nbf": NOW + 5})).identity == "ada"


@pytest.mark.parametrize("identity", ["", "x" * 257, "a\nb", "a\x00", "a\x7f", "a\x85", 7, None, ["ada"]])
def test_identities_are_checked(identity: object) -> None:
    assert code_of(sign(changed(lambda c: c["grants"].update(identity=identity)))) == 20106
    if isinstance(identity, str):
        with pytest.raises(ArgumentError, match="identity"):
            authority().mint(identity)


@pytest.mark.parametrize("identity", ["x" * 256, "Ada Lovelace", "ada@example.test", "😀", "a/b%2F.channels"])
def test_odd_identities_are_good(identity: str) -> None:
    assert authority().verify(authority().mint(identity)).identity == identity


@pytest.mark.parametrize("service_sid", ["IS2", None, ["IS1"]])
def test_other_services_are_refused(service_sid: object) -> None:
    assert code_of(sign(changed(lambda c: c["grants"]["chat"].update(service_sid=service_sid)))) == 20106


@pytest.mark.parametrize("ttl", [0, -1, MAX_LIFETIME + 1, float("nan"), float("inf")])
def test_a_lifetime_that_would_be_refused_is_not_minted(ttl: float) -> None:
    with pytest.raises(ArgumentError, match="ttl"):
        authority().mint("ada", ttl)


def test_the_longest_lifetime_is_good() -> None:
    assert authority().verify(authority().mint("ada", MAX_LIFETIME)).expires_at == NOW + MAX_LIFETIME


@pytest.mark.parametrize("ttl, least", [(1, 1), (0.25, 0.25), (2, 1), (10.5, 10), (600, 599)])
@pytest.mark.parametrize("second", [0.0, 0.5, 0.999])
def test_a_short_life_is_a_life(ttl: float, least: float, second: float) -> None:
    now = NOW + second
    young = Authority(KEYS, wall=lambda: datetime.fromtimestamp(now, UTC), ids=seeded_ids())
    left = young.verify(young.mint("ada", ttl)).expires_at - now
    assert least <= left <= max(ttl, 1) + 1
