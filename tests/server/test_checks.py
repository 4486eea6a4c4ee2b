"""Checks of what clients send."""

from __future__ import annotations

import pytest

from rxconvo.server import Limits, Refusal
from rxconvo.server.checks import check_json


def test_depth_and_members_count_over_the_whole_document() -> None:
    limits = Limits(json_depth=2, json_keys=2)
    assert check_json("x", b'{"a":{"b":1}}', limits) == {"a": {"b": 1}}
    for document in (b'{"a":{"b":1,"c":2}}', b"[[[1]]]"):
        with pytest.raises(Refusal):
            check_json("x", document, limits)
