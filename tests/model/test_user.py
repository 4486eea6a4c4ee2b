"""A user as a value: what it shows, and what it asks its client for."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import pytest

from rxconvo.errors import DetachedError
from rxconvo.model import ClientHome, User, UserActions

if TYPE_CHECKING:
    from tests.model.conftest import Actor

ACTIONS: dict[str, tuple[Callable[[User], object], tuple[object, ...]]] = {
    "update_user_friendly_name": (lambda user: user.update_friendly_name("Bob"), ("Bob",)),
    "update_user_attributes": (lambda user: user.update_attributes({"a": 1}), ({"a": 1},)),
}


def test_only_the_identity_is_needed() -> None:
    user = User("bob")
    assert (user.identity, user.attributes) == ("bob", {})
    assert (user.friendly_name, user.is_online, user.is_notifiable) == (None, None, None)


def test_attributes_are_parsed_anew_for_each_reader() -> None:
    user = User("bob", attributes_json='{"a":[]}')
    user.attributes["a"].append("mine alone")  # type: ignore[call-overload,index,union-attr]
    assert user.attributes == {"a": []}
    assert User("bob", attributes_json="{").attributes == {}


@pytest.mark.parametrize("name", ACTIONS)
def test_actions_are_those_of_the_client(name: str, actor: Actor) -> None:
    act, arguments = ACTIONS[name]
    user = User("bob", home=ClientHome(weakref.ref(cast("UserActions", actor))))
    assert act(user) == (name, user, *arguments)


@pytest.mark.parametrize("act", [act for act, _ in ACTIONS.values()])
def test_once_the_client_is_gone_it_can_only_be_read(act: Callable[[User], object]) -> None:
    gone: ClientHome[Any] = ClientHome(lambda: None)
    for user in (User("bob", home=gone), User("bob")):
        with pytest.raises(DetachedError):
            act(user)
        assert user.identity == "bob"
