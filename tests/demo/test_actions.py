"""Actions: values, and honest about what was recorded."""

from __future__ import annotations

import typing

import pytest

from rxconvo.demo import actions
from rxconvo.demo.actions import Action, Send, Typing


def test_only_messages_were_recorded() -> None:
    assert [kind for kind in typing.get_args(Action) if not kind.derived] == [Send]


def test_every_kind_is_an_action() -> None:
    assert {kind.__name__ for kind in typing.get_args(Action)} == set(actions.__all__) - {"Action"}


def test_actions_are_values() -> None:
    assert Send(1.0, "ada", "x", 0, "hi") == Send(1.0, "ada", "x", 0, "hi") != Send(1.0, "ada", "x", 0, "ho")
    with pytest.raises(AttributeError):
        setattr(Typing(1.0, "ada", "x"), "at", 2.0)  # noqa: B010 - a checker would not let it pass otherwise
