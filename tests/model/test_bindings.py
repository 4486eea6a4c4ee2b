from __future__ import annotations

from typing import Any

import pytest

from rxconvo.errors import ArgumentError
from rxconvo.model import ParticipantBindingOptions
from rxconvo.model.bindings import conversation_bindings, participant_bindings


def test_bindings_are_objects_whatever_comes() -> None:
    assert conversation_bindings('{"sms": {"address": "+1500"}}') == {"sms": {"address": "+1500"}}
    assert participant_bindings('{"email": {"level": "cc"}}') == {"email": {"level": "cc"}}
    for text in ("", "{", "[]", "null", "5"):
        assert conversation_bindings(text) == participant_bindings(text) == {}


@pytest.mark.parametrize("email", [None, {}, {"name": "Ann"}, {"name": "Ann", "level": "cc"}, {"level": "to"}])
def test_options_are_taken(email: Any) -> None:
    assert ParticipantBindingOptions(email).email == email


@pytest.mark.parametrize(
    "email,field",
    [
        ("x", "email"),
        (5, "email"),
        ({"name": 5}, "email.name"),
        ({"name": "é" * 257}, "email.name"),
        ({"name": "\ud800"}, "email.name"),
        ({"level": "bcc"}, "email.level"),
        ({"level": None}, "email.level"),
    ],
)
def test_wrong_options_are_named(email: Any, field: str) -> None:
    with pytest.raises(ArgumentError) as error:
        ParticipantBindingOptions(email=email)
    assert error.value.field == field
