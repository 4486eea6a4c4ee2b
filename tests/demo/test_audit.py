"""The books of who observed what: they find everything that may go wrong."""

from __future__ import annotations

import pytest

from rxconvo.demo.audit import Audit, Verdict


def audited(*observed: tuple[str, int], messages: int = 3) -> Verdict:
    """Judge what Ada and Bob observed of messages that were sent while both were there."""
    audit = Audit()
    for index in range(messages):
        audit.sent("x", index, ("ada", "bob"))
    for identity, index in observed:
        audit.observed("x", identity, index)
    return audit.verdict()


ALL = [(identity, index) for index in range(3) for identity in ("ada", "bob")]


def test_everything_as_it_should_be() -> None:
    verdict = audited(*ALL)
    assert verdict.passed
    assert (verdict.sent, verdict.expected, verdict.observed) == (3, 6, 6)


def test_nothing_at_all_proves_nothing() -> None:
    assert not Audit().verdict().passed


@pytest.mark.parametrize(
    "observed, found",
    [
        pytest.param(ALL[:-1], {"missing": 1, "observed": 5}, id="lost"),
        pytest.param([entry for entry in ALL if entry[0] == "ada"], {"missing": 3, "observed": 3}, id="saw nothing"),
        pytest.param([*ALL, ("bob", 2)], {"repeated": 1, "observed": 7}, id="twice"),
        pytest.param([*ALL, ("bob", 2), ("bob", 2)], {"repeated": 2, "observed": 8}, id="three times"),
        pytest.param([*ALL, ("eve", 0)], {"unexpected": 1, "observed": 7}, id="by somebody who was not there"),
        pytest.param([*ALL, ("ada", 9)], {"unexpected": 1, "observed": 7}, id="never sent"),
        pytest.param([ALL[2], ALL[0], *ALL[4:], *ALL[1:4:2]], {"disordered": 2}, id="in another order, both"),
        pytest.param([ALL[1], ALL[3], ALL[5], ALL[4], ALL[0], ALL[2]], {"disordered": 1}, id="in another order, one"),
        pytest.param([*ALL[1:], ALL[2]], {"missing": 1, "repeated": 1, "disordered": 1}, id="all at once"),
    ],
)
def test_what_is_wrong_is_found(observed: list[tuple[str, int]], found: dict[str, int]) -> None:
    verdict = audited(*observed)
    assert not verdict.passed
    faults = {"missing": 0, "repeated": 0, "unexpected": 0, "disordered": 0, "observed": 6}
    assert {name: getattr(verdict, name) for name in faults} == faults | found


def test_conversations_are_audited_apart() -> None:
    audit = Audit()
    audit.sent("x", 0, ("ada",))
    audit.sent("y", 0, ("ada",))
    audit.observed("x", "ada", 0)
    audit.observed("x", "ada", 0)
    verdict = audit.verdict()
    assert (verdict.missing, verdict.repeated) == (1, 1)


def test_who_came_later_is_not_expected_to_have_seen_what_was_before() -> None:
    audit = Audit()
    audit.sent("x", 0, ("ada",))
    audit.sent("x", 1, ("ada", "bob"))
    for identity, index in (("ada", 0), ("ada", 1), ("bob", 1)):
        audit.observed("x", identity, index)
    assert audit.verdict().passed
    audit.observed("x", "bob", 0)
    assert audit.verdict().unexpected == 1
