from __future__ import annotations

import orjson
import pytest

from rxconvo.errors import LocalProtocolError, PayloadError, SyncError
from rxconvo.sync import ItemsRead, Kind, Page, Replica
from rxconvo.sync.reading import (
    Lookup,
    background_query,
    item_query,
    page_query,
    read_page,
    take_items,
)


@pytest.fixture
def replica() -> Replica[str]:
    replica = Replica("name", Kind.LIST, "owner")
    replica.last_event_id = 10
    return replica


def page(*rows: tuple[int, int], **meta: str | None) -> bytes:
    items = [{"index": index, "last_event_id": event_id, "data": {}} for index, event_id in rows]
    return orjson.dumps({"items": items, "meta": meta})


def test_a_page_is_asked_for_by_start_order_and_size() -> None:
    assert page_query(None, "desc", 30) == {"PageSize": "30", "Order": "desc"}
    assert page_query(0, "asc", 1) == {"From": "0", "PageSize": "1", "Order": "asc"}
    assert page_query("", "asc", 1) == {"From": "", "PageSize": "1", "Order": "asc"}
    assert background_query("MB1") == {"From": "MB1", "PageSize": "100", "Order": "asc"}


def test_one_item_is_asked_for_by_index_or_key() -> None:
    assert item_query(Kind.LIST, 7) == {"Index": "7"}
    assert item_query(Kind.MAP, "CH1") == {"Key": "CH1"}


@pytest.mark.parametrize("kind,member", [(Kind.LIST, "index"), (Kind.MAP, "key")])
def test_items_have_an_index_in_a_list_and_a_key_in_a_map(kind: Kind, member: str) -> None:
    given = {"key": "k", "index": 3}
    portion = read_page(kind, orjson.dumps({"items": [{**given, "last_event_id": 1, "data": None}]}))
    assert [item.key for item in portion.items] == [given[member]]
    del given[member]
    with pytest.raises(PayloadError, match="without a key"):
        read_page(kind, orjson.dumps({"items": [{**given, "last_event_id": 1, "data": None}]}))


@pytest.mark.parametrize(
    "meta,more,previous",
    [
        ({}, False, False),
        ({"next_token": None, "previous_token": None}, False, False),
        ({"next_token": "x"}, True, False),
        ({"previous_token": ""}, False, True),
        ({"next_token": 1, "previous_token": {}}, True, True),
        (None, False, False),
    ],
)
def test_of_the_tokens_only_whether_they_are_null_matters(meta: object, more: bool, previous: bool) -> None:
    portion = read_page(Kind.LIST, orjson.dumps({"items": [], "meta": meta}))
    assert (portion.has_more, portion.has_previous) == (more, previous)


def test_items_that_are_no_news_are_left_out(replica: Replica[str]) -> None:
    replica.take_event(1, 5, ordered=False)
    (read,) = take_items(replica, read_page(Kind.LIST, page((0, 3), (1, 5), (2, 4))).items)
    assert isinstance(read, ItemsRead)
    assert [item.key for item in read.items] == [0, 2]
    assert take_items(replica, read_page(Kind.LIST, page((0, 3), (1, 5))).items) == []


def test_a_page_holds_the_keys_of_all_items_that_are_there_news_or_not(replica: Replica[str]) -> None:
    replica.take_event(1, 5, ordered=False)
    replica.take_removal(2, 11, ordered=False)
    lookup = Lookup(replica, 1)
    (read,) = lookup.take(read_page(Kind.LIST, page((3, 4), (2, 4), (1, 5), next_token="x")))
    assert isinstance(read, ItemsRead)
    assert [item.key for item in read.items] == [3]
    assert lookup.result() == Page([3, 1], has_more=True, has_previous=False)


def test_a_page_that_was_refused_says_why(replica: Replica[str]) -> None:
    lookup = Lookup(replica, 1)
    lookup.fail(403, 54007, "not yours")
    with pytest.raises(SyncError, match="not yours") as caught:
        lookup.result()
    assert (caught.value.name, caught.value.status, caught.value.code) == ("name", 403, 54007)


def test_a_page_that_was_not_answered_is_no_page(replica: Replica[str]) -> None:
    with pytest.raises(LocalProtocolError, match="has not been answered"):
        Lookup(replica, 1).result()
