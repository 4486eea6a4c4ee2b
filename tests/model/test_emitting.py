"""The Node-style interface of entities: each method is that of what keeps the listeners."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest

from rxconvo.emitter import EventEmitter
from rxconvo.errors import DetachedError
from rxconvo.model import Emitter, Emitting, Message, Participant, User

VALUES = [Message("IM1", 0), Participant("MB1"), User("ada")]
"""Values that belong nowhere."""


class Entity(Emitting):
    """An entity, and what keeps its listeners."""

    def __init__(self, emitter: Emitter) -> None:
        self.emitter = emitter

    def _emitter(self) -> Emitter:
        return self.emitter


def listener(*_: object) -> None:
    """Listen to nothing."""


@pytest.mark.parametrize(
    "method,other",
    [
        ("on", "on"),
        ("add_listener", "on"),
        ("once", "once"),
        ("off", "remove_listener"),
        ("remove_listener", "remove_listener"),
        ("prepend_listener", "prepend_listener"),
        ("prepend_once_listener", "prepend_once_listener"),
        ("on_with_replay", "on_with_replay"),
        ("add_listener_with_replay", "on_with_replay"),
        ("once_with_replay", "once_with_replay"),
    ],
)
def test_methods_with_a_listener_return_the_entity(method: str, other: str) -> None:
    emitter = Mock()
    entity = Entity(emitter)
    assert getattr(entity, method)("updated", listener) is entity
    getattr(emitter, other).assert_called_once_with("updated", listener)
    assert len(emitter.method_calls) == 1


@pytest.mark.parametrize(
    "method,arguments",
    [
        ("emit", ("updated", 1, 2)),
        ("event_names", ()),
        ("listeners", ("updated",)),
        ("raw_listeners", ("updated",)),
        ("listener_count", ("updated", listener)),
        ("get_max_listeners", ()),
    ],
)
def test_methods_that_tell_something_return_it(method: str, arguments: tuple[Any, ...]) -> None:
    emitter = Mock()
    assert getattr(Entity(emitter), method)(*arguments) is getattr(emitter, method).return_value
    getattr(emitter, method).assert_called_once_with(*arguments)


@pytest.mark.parametrize(
    "method,arguments",
    [("remove_all_listeners", ("updated",)), ("remove_all_listeners", ()), ("set_max_listeners", (3,))],
)
def test_other_methods_return_the_entity(method: str, arguments: tuple[Any, ...]) -> None:
    emitter = Mock()
    entity = Entity(emitter)
    assert getattr(entity, method)(*arguments) is entity
    getattr(emitter, method).assert_called_once_with(*(arguments or (None,)))


def test_an_emitter_will_do() -> None:
    log: list[object] = []
    entity = Entity(EventEmitter()).on("a", log.append).once("a", log.append)
    assert entity.listener_count("a") == 2
    assert entity.listener_count("a", log.append) == 2
    assert entity.emit("a", 1)
    assert (log, entity.listener_count("a"), entity.event_names()) == ([1, 1], 1, ["a"])


def test_an_entity_says_what_keeps_its_listeners() -> None:
    with pytest.raises(NotImplementedError):
        Emitting().listeners("updated")


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_without_a_client_cannot_be_listened_to(value: Emitting) -> None:
    for method in ("on", "once", "prepend_listener", "prepend_once_listener", "on_with_replay", "once_with_replay"):
        with pytest.raises(DetachedError):
            getattr(value, method)("updated", listener)
    with pytest.raises(DetachedError):
        value.listener_count("updated")
    with pytest.raises(DetachedError):
        value.emit("updated")
    with pytest.raises(DetachedError):
        value.set_max_listeners(1)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_there_is_nothing_to_remove_from_a_value_without_a_client(value: Emitting) -> None:
    assert value.off("updated", listener) is value
    assert value.remove_all_listeners() is value


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_is_no_bigger_for_it(value: Emitting) -> None:
    assert not hasattr(value, "__dict__")
