from __future__ import annotations

from typing import get_args, get_origin

import msgspec
import pytest

from rxconvo import sync
from rxconvo.sync import Change

KINDS: list[type[msgspec.Struct]] = [get_origin(kind) or kind for kind in get_args(Change)]


@pytest.mark.parametrize("kind", KINDS)
def test_changes_are_frozen_and_exported(kind: type[msgspec.Struct]) -> None:
    assert kind.__struct_config__.frozen
    assert getattr(sync, kind.__name__) is kind


def test_a_change_names_its_replica_first_so_that_its_owner_is_at_hand() -> None:
    assert {kind.__name__: kind.__struct_fields__[0] for kind in KINDS} == {
        **{kind.__name__: "replica" for kind in KINDS},
        "TypingNotified": "conversation_sid",
    }
