"""The items of a user's info map: every form in which they may come, and what counts as a difference."""

from __future__ import annotations

from typing import Any

import pytest

from rxconvo.model import User
from rxconvo.model.user_data import merge_user

BOB = User("bob", "Bob", '{"a":1}', is_online=True, is_notifiable=False)


@pytest.mark.parametrize(
    "key,item,reasons,after",
    [
        ("friendlyName", {"value": "Rob"}, ("friendlyName",), User("bob", "Rob", '{"a":1}', True, False)),
        ("friendlyName", {"value": None}, ("friendlyName",), User("bob", None, '{"a":1}', True, False)),
        ("friendlyName", {"value": 7}, ("friendlyName",), User("bob", None, '{"a":1}', True, False)),
        ("attributes", {"value": "[]"}, ("attributes",), User("bob", "Bob", "[]", True, False)),
        ("attributes", {"value": {"b": 2}}, ("attributes",), User("bob", "Bob", '{"b":2}', True, False)),
        ("attributes", {}, ("attributes",), User("bob", "Bob", "{}", True, False)),
        (
            "reachability",
            {"online": False, "notifiable": True},
            ("reachabilityOnline", "reachabilityNotifiable"),
            User("bob", "Bob", '{"a":1}', False, True),
        ),
        (
            "reachability",
            {"notifiable": True, "online": True},
            ("reachabilityNotifiable",),
            User("bob", "Bob", '{"a":1}', True, True),
        ),
        (
            "reachability",
            {"online": None, "notifiable": "yes"},
            ("reachabilityOnline", "reachabilityNotifiable"),
            User("bob", "Bob", '{"a":1}', None, None),
        ),
    ],
)
def test_what_differs_is_taken_and_named(key: str, item: dict[str, Any], reasons: tuple[str, ...], after: User) -> None:
    assert merge_user(BOB, key, item) == (after, reasons)


@pytest.mark.parametrize(
    "key,item",
    [
        ("friendlyName", {"value": "Bob"}),
        ("friendlyName", {"value": "Bob", "shoeSize": 40}),
        ("attributes", {"value": ' { "a" : 1 } '}),
        ("attributes", {"value": {"a": 1}}),
        ("reachability", {"online": True, "notifiable": False}),
        ("shoeSize", {"value": 40}),
        ("", {}),
    ],
)
def test_what_means_the_same_and_unknown_keys_change_nothing(key: str, item: dict[str, Any]) -> None:
    assert merge_user(BOB, key, item) == (BOB, ())
