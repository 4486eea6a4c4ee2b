"""Rules for the Node-style interface, which several classes have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tests.surface import values
from tests.surface.places import Place
from tests.surface.rules.base import Call, Rule


def _listening(owner: Callable[[Place], Any], name: str) -> Call:
    return lambda at, value: getattr(owner(at), name)("anything", value)


def _most_listeners(owner: Callable[[Place], Any]) -> Call:
    return lambda at, value: owner(at).set_max_listeners(value)


_OWNERS: Final[dict[str, Callable[[Place], Any]]] = {
    "Client": lambda at: at.client,
    "Conversation": lambda at: at.conversation,
    "Message": lambda at: at.message,
    "Participant": lambda at: at.participant,
    "User": lambda at: at.user,
}

LISTENERS: Final[dict[str, Rule]] = {}
"""By argument."""

for _class, _owner in _OWNERS.items():
    for _name in (
        *("on", "add_listener", "once", "prepend_listener", "prepend_once_listener"),
        *("on_with_replay", "add_listener_with_replay", "once_with_replay"),
    ):
        LISTENERS[f"{_class}.{_name}(listener)"] = Rule(
            "listener", _listening(_owner, _name), values.NOT_CALLABLE, (print, lambda: None)
        )
    LISTENERS[f"{_class}.set_max_listeners(n)"] = Rule(
        "n",
        _most_listeners(_owner),
        {"None": None, "a text": "10", "below none": -1, "a truth": True, "NaN": float("nan"), "a list": [1]},
        (0, 1, 2.5, float("inf")),
    )
