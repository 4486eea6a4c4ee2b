from __future__ import annotations

import pytest

from rxconvo.sync import Kind, Replica
from rxconvo.sync.registry import Registry


@pytest.fixture
def registry() -> Registry[str]:
    return Registry()


def held(registry: Registry[str], name: str) -> Replica[str]:
    replica = Replica(name, Kind.MAP, "owner")
    registry.add(replica)
    return replica


def test_a_replica_is_found_by_each_name_it_has(registry: Registry[str]) -> None:
    replica = held(registry, "wanted")
    registry.bind(replica, "MP1", "unique")
    assert [registry.find(name) for name in ("wanted", "unique", "MP1")] == [replica] * 3
    assert registry.by_sid == {"MP1": replica}
    assert (replica.sid, replica.unique_name) == ("MP1", "unique")
    assert list(registry) == [replica]


def test_nothing_is_found_of_a_replica_that_was_let_go_but_it_keeps_its_sid(registry: Registry[str]) -> None:
    replica = held(registry, "wanted")
    registry.bind(replica, "MP1", "unique")
    registry.remove(replica)
    assert [registry.find(name) for name in ("wanted", "unique", "MP1")] == [None] * 3
    assert (len(registry), replica.sid) == (0, "MP1")
    registry.remove(replica)


def test_a_sid_that_means_nothing_any_more_is_not_found(registry: Registry[str]) -> None:
    replica = held(registry, "wanted")
    registry.bind(replica, "MP1", None)
    registry.unbind(replica)
    registry.unbind(replica)
    assert registry.find("MP1") is None
    assert replica.sid is None
    assert registry.find("wanted") is replica


def test_the_first_one_of_a_name_keeps_it(registry: Registry[str]) -> None:
    first, second = held(registry, "name"), held(registry, "MP2")
    registry.bind(second, "MP2", "name")
    assert registry.find("name") is first
    registry.remove(second)
    assert registry.find("name") is first


def test_a_sid_that_went_to_another_replica_stays_there(registry: Registry[str]) -> None:
    first, second = held(registry, "a"), held(registry, "b")
    registry.bind(first, "MP1", None)
    registry.bind(second, "MP1", None)
    registry.unbind(first)
    assert registry.by_sid == {"MP1": second}
    first.sid = "MP1"
    registry.remove(first)
    assert registry.by_sid == {"MP1": second}
