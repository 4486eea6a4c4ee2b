from __future__ import annotations

import orjson
import pytest

from rxconvo.errors import PayloadError
from rxconvo.sync import DocumentChanged, ItemsRead, Kind, Opened, Replica
from rxconvo.sync.opening import read_descriptor, take_descriptor


def descriptor(**members: object) -> bytes:
    return orjson.dumps({"sid": "XX1", "last_event_id": 5, **members})


def test_a_document_comes_with_its_data() -> None:
    replica = Replica("name", Kind.DOCUMENT, "owner")
    found = read_descriptor(Kind.DOCUMENT, descriptor(data={"a": 1}))
    opened, changed = take_descriptor(replica, found)
    assert opened == Opened(replica)
    assert isinstance(changed, DocumentChanged)
    assert (bytes(changed.data), changed.read) == (b'{"a":1}', True)
    assert take_descriptor(replica, found) == [Opened(replica)]  # no news


def test_null_is_data_of_a_document_and_nothing_is_not() -> None:
    assert bytes(read_descriptor(Kind.DOCUMENT, descriptor(data=None)).data) == b"null"
    with pytest.raises(PayloadError, match="a document without data"):
        read_descriptor(Kind.DOCUMENT, descriptor())


def test_a_list_says_where_its_items_are() -> None:
    replica = Replica("name", Kind.LIST, "owner")
    found = read_descriptor(Kind.LIST, descriptor(links={"items": "https://host/Items", "context": "x"}))
    assert take_descriptor(replica, found) == [Opened(replica)]
    assert replica.items_url == "https://host/Items"


@pytest.mark.parametrize("members", [{}, {"links": None}, {"links": {}}, {"links": {"items": None}}])
def test_where_the_items_are_need_not_be_said(members: dict[str, object]) -> None:
    assert read_descriptor(Kind.LIST, descriptor(**members)).items_url == ""


def test_items_come_with_a_map_if_they_were_asked_for() -> None:
    items = [{"key": "a", "last_event_id": "2", "data": 1}, {"key": "b", "last_event_id": 6, "data": 2}]
    found = read_descriptor(Kind.MAP, descriptor(items=items))
    replica = Replica("name", Kind.MAP, "owner", include_items=True)
    replica.last_event_id = 5
    opened, read = take_descriptor(replica, found)
    assert opened == Opened(replica)
    assert isinstance(read, ItemsRead)
    assert [(item.key, bytes(item.data), item.event_id) for item in read.items] == [("a", b"1", 2), ("b", b"2", 6)]
    assert replica.items_came
    plain = Replica("name", Kind.MAP, "owner")
    assert take_descriptor(plain, found) == [Opened(plain)]
    assert not plain.items_came


def test_an_empty_map_came_whole_and_one_without_items_did_not() -> None:
    for members, came in (({"items": []}, True), ({"items": None}, False), ({}, False)):
        replica = Replica("name", Kind.MAP, "owner", include_items=True)
        assert take_descriptor(replica, read_descriptor(Kind.MAP, descriptor(**members))) == [Opened(replica)]
        assert replica.items_came is came


@pytest.mark.parametrize(
    "kind,payload",
    [
        (Kind.MAP, b""),
        (Kind.MAP, b"[]"),
        (Kind.MAP, descriptor(sid="")),
        (Kind.MAP, descriptor(last_event_id=None)),
        (Kind.MAP, descriptor(last_event_id=2**63)),
        (Kind.MAP, descriptor(links={"items": "https://[/Items"})),
        (Kind.MAP, descriptor(items=[{"last_event_id": 2, "data": 1}])),
        (Kind.MAP, descriptor(items=[{"index": 1, "last_event_id": 2, "data": 1}])),
        (Kind.MAP, descriptor(items=[{"key": "a", "last_event_id": 2}])),
    ],
)
def test_what_cannot_be_used_is_refused(kind: Kind, payload: bytes) -> None:
    with pytest.raises(PayloadError):
        read_descriptor(kind, payload)
