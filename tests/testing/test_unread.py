"""A plain state is what a badge asks for, and says what it was told to."""

from __future__ import annotations

import subprocess
import sys

import pytest
from reactivex.subject import Subject

import rxconvo.testing
from rxconvo import UnreadState
from rxconvo.operators import unread_badge
from rxconvo.testing import PlainUnreadState


def test_it_is_an_unread_state() -> None:
    state: UnreadState = PlainUnreadState("ada", last_read_message_index=4)
    assert (state.identity, state.last_read_message_index) == ("ada", 4)


def test_setting_the_horizon_tells_observers() -> None:
    state, seen = PlainUnreadState("ada"), list[int | None]()
    with state.updated.subscribe(seen.append):
        state.last_read_message_index = 3
        state.last_read_message_index = None
    state.last_read_message_index = 5
    assert (seen, state.last_read_message_index) == ([3, None], 5)


def test_a_query_is_cold_and_answers_what_the_count_is_then() -> None:
    state, seen = PlainUnreadState("ada"), list[int | None]()
    query = state.get_unread_messages_count()
    assert state.queries == 0
    query.subscribe(seen.append)
    state.unread_messages_count = 2
    query.subscribe(seen.append)
    assert (seen, state.queries) == ([None, 2], 2)


def test_a_badge_follows_it() -> None:
    state, seen = PlainUnreadState("ada", last_read_message_index=1, unread_messages_count=3), list[int]()
    Subject[rxconvo.MessageEvent]().pipe(unread_badge(state)).subscribe(seen.append)
    state.unread_messages_count = 0
    state.last_read_message_index = 4
    assert seen == [3, 0]


def test_the_other_tools_do_without_reactivex() -> None:
    """The plugin is part of every run of pytest, wherever rxconvo is installed."""
    code = "import sys, rxconvo.testing.plugin; sys.exit('reactivex' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - our own code


def test_other_names_are_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = rxconvo.testing.nothing  # pyright: ignore[reportAttributeAccessIssue]
