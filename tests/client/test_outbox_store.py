"""What is kept in a file, in which order, and by whom."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxconvo.client.outbox_store import SqliteOutbox
from rxconvo.errors import ArgumentError, StoreError, StoreLockedError
from rxconvo.model import OutboxStore, Outgoing


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


def item(number: int, payload: Any = None) -> Outgoing:
    return Outgoing(f"{number:032x}", "CH1", payload)


def test_what_was_added_is_there_again(path: Path) -> None:
    items = [item(3, {"body": "pizza?", "n": [1, None, "é"]}), item(1), item(2, "sushi")]
    with SqliteOutbox(path) as store:
        for one in items:
            store.add(one)
    with SqliteOutbox(path) as store:
        assert store.load() == items
        store.remove(items[0].id)
        store.remove("unknown")
        store.add(items[0])
    with SqliteOutbox(str(path)) as store:
        assert store.load() == [*items[1:], items[0]]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=20))
def test_it_is_a_dict_in_the_order_of_adding(steps: list[tuple[bool, int]]) -> None:
    expected: dict[str, Outgoing] = {}
    with SqliteOutbox() as store:
        for adds, number in steps:
            one = item(number, number)
            if not adds:
                store.remove(one.id)
                expected.pop(one.id, None)
            elif one.id not in expected:
                store.add(one)
                expected[one.id] = one
            else:
                with pytest.raises(StoreError):
                    store.add(one)
        assert store.load() == list(expected.values())


def test_one_at_a_time_has_the_file(path: Path) -> None:
    with SqliteOutbox(path):
        with pytest.raises(StoreLockedError) as caught:
            SqliteOutbox(path)
        assert caught.value.path == str(path)
    SqliteOutbox(path).close()


def test_only_its_owner_may_read_it(path: Path) -> None:
    with SqliteOutbox(path) as store:
        store.add(item(1, "secret"))
        modes = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.glob("outbox.db*")}
    assert modes == {0o600}


def test_what_cannot_be_kept(path: Path) -> None:
    with SqliteOutbox(path) as store:
        with pytest.raises(StoreError):
            store.add(item(1, object()))
        assert store.load() == []
    with pytest.raises(StoreError):
        store.load()
    with pytest.raises(StoreError):
        SqliteOutbox(path.parent / "nowhere" / "outbox.db")
    path.write_bytes(b"this is no database, however long it may be" * 100)
    with pytest.raises(StoreError):
        SqliteOutbox(path)


def test_it_is_a_store() -> None:
    store: OutboxStore
    with SqliteOutbox() as store:
        assert list(store.load()) == []


@pytest.mark.parametrize("path", [3, "", b"outbox.db", True])
def test_what_is_no_path_is_refused(path: Any) -> None:
    with pytest.raises(ArgumentError, match="path must be the path of a file, or None"):
        SqliteOutbox(path)


def test_a_locked_file_says_what_to_do(path: Path) -> None:
    with SqliteOutbox(path), pytest.raises(StoreLockedError) as caught:
        SqliteOutbox(path)
    assert "close the other SqliteOutbox" in str(caught.value)
    assert "rxconvo serve" not in str(caught.value)


def test_what_is_no_item_is_refused() -> None:
    with SqliteOutbox() as store, pytest.raises(ArgumentError, match="item must be an Outgoing, not 'pizza'"):
        store.add("pizza")  # type: ignore[arg-type]
