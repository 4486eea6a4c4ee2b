"""What the mirror answers equals what the service answered: objects, pages, and what was missed."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxconvo.recordings.addresses import request_key, sync_address
from rxconvo.recordings.coverage import END, START, Coverage, bound, page_stretch
from rxconvo.recordings.mirror import Mirror
from rxconvo.recordings.replicas import MirroredObject, Query
from rxconvo.sync import Kind
from rxconvo.sync.decoding import decode_descriptor, decode_page
from rxconvo.wire import HttpRequest, Notification, Reply, Request, Status

LIST = "ES" + "0" * 32
OK = Status(200, "OK")


def get(path: str, **params: str) -> HttpRequest:
    return HttpRequest("cds.us1.twilio.com", path, "GET", dict(params))


def descriptor(kind: str, sid: str, last_event_id: int, **more: object) -> bytes:
    return orjson.dumps({"sid": sid, "unique_name": f"x.{kind}", "last_event_id": last_event_id, **more})


def mirrored(last_event_id: int = 0) -> MirroredObject:
    text = descriptor("list", LIST, last_event_id)
    return MirroredObject(Kind.LIST, decode_descriptor(text), text)


class Service:
    """A list as the service has it, to compare with."""

    def __init__(self) -> None:
        self.items: dict[int, tuple[int, int]] = {}  # created, changed
        self.removed: dict[int, int] = {}
        self.event = 0
        self.next = 0

    def page(self, start: int | None, *, descending: bool, size: int) -> dict[str, Any]:
        keys = sorted(self.items, reverse=descending)
        after = [key for key in keys if start is None or (key <= start if descending else key >= start)]
        items = [{"index": key, "last_event_id": self.items[key][1], "data": {"n": key}} for key in after[:size]]
        meta = {
            "next_token": "n" if len(after) > size else None,
            "previous_token": "p" if len(after) < len(keys) else None,
        }
        return {"items": items, "meta": meta}


acts = st.lists(
    st.one_of(
        st.just(("add",)),
        st.tuples(st.just("change"), st.integers(0, 30)),
        st.tuples(st.just("remove"), st.integers(0, 30)),
        st.tuples(st.just("read"), st.none() | st.integers(0, 30), st.booleans(), st.integers(1, 6)),
    ),
    max_size=60,
)


@given(before=st.integers(0, 12), made=acts, since=st.integers(0, 60), asked=st.data())
def test_a_list_is_as_the_service_has_it_as_far_as_it_was_shown(
    before: int, made: list[tuple[Any, ...]], since: int, asked: st.DataObject
) -> None:
    service = Service()
    for index in range(before):
        service.event += 1
        service.items[index] = (service.event, service.event)
        service.next += 1
    mirror = mirrored(service.event)
    opened = service.event
    for act in made:
        play(service, mirror, act)
    start = asked.draw(st.none() | st.integers(0, 30))
    descending, size = asked.draw(st.booleans()), asked.draw(st.integers(1, 40))
    answer = mirror.page(Query(None, start, descending, size))
    if answer is not None:
        page, truth = decode_page(answer), service.page(start, descending=descending, size=size)
        shown = [item.index for item in page.items]
        assert shown == [item["index"] for item in truth["items"]][: len(shown)]
        if len(shown) < len(truth["items"]):
            assert page.has_more
        else:
            assert page.has_more or truth["meta"]["next_token"] is None
    event_id = opened + since
    told = [orjson.loads(change) for change in mirror.changes_after(event_id)]
    expected = [
        (changed, "added" if created > event_id else "updated", key)
        for key, (created, changed) in service.items.items()
        if changed > event_id
    ] + [(gone, "removed", key) for key, gone in service.removed.items() if gone > event_id]
    assert [
        (change["events"][0]["id"], change["event_type"].removeprefix("list_item_"), change["events"][0]["item_index"])
        for change in told
    ] == sorted(expected)


def play(service: Service, mirror: MirroredObject, act: tuple[Any, ...]) -> None:
    """Do something in the service, and show the mirror what a client would have seen of it."""
    match act:
        case ("add",):
            service.event += 1
            service.items[service.next] = (service.event, service.event)
            mirror.item_set(service.next, raw(service.next), service.event, added=True)
            service.next += 1
        case ("change", key) if key in service.items:
            service.event += 1
            service.items[key] = (service.items[key][0], service.event)
            mirror.item_set(key, raw(key), service.event, added=False)
        case ("remove", key) if key in service.items:
            service.event += 1
            del service.items[key]
            service.removed[key] = service.event
            mirror.item_removed(key, service.event)
        case ("read", start, descending, size):
            page = decode_page(orjson.dumps(service.page(start, descending=descending, size=size)))
            mirror.page_read(Query(None, start, descending, size), page.items, has_more=page.has_more)
        case _:
            pass


def raw(key: int) -> msgspec.Raw:
    return msgspec.Raw(orjson.dumps({"n": key}))


class TestCoverage:
    """Stretches of keys."""

    @given(
        made=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)).map(sorted), max_size=12),
        asked=st.integers(0, 20),
    )
    def test_it_knows_what_was_added(self, made: list[list[int]], asked: int) -> None:
        coverage = Coverage()
        for first, last in made:
            coverage.add(bound(first), bound(last))
        known = {key for first, last in made for key in range(first, last + 1)}
        around = coverage.around(bound(asked))
        assert (around is not None) == (asked in known)
        if around is not None:
            (_, low), (_, high) = around
            assert known >= set(range(int(low), int(high) + 1))
            assert not {int(low) - 1, int(high) + 1} & known

    def test_pages(self) -> None:
        assert page_stretch([], None, descending=True, has_more=False) == (START, END)
        assert page_stretch([7, 6], None, descending=True, has_more=True) == (bound(6), END)
        assert page_stretch([3, 4], 3, descending=False, has_more=True) == (bound(3), bound(4))
        assert page_stretch(["b", "a"], "c", descending=True, has_more=False) == (START, bound("c"))

    def test_keys_that_are_texts(self) -> None:
        coverage = Coverage()
        coverage.add(START, bound("m"))
        coverage.add(bound("m"), END)
        assert coverage.newest == (START, END)
        coverage.clear()
        assert coverage.newest is None


class TestAddresses:
    """What requests are for."""

    @pytest.mark.parametrize(
        "http, expected",
        [
            (get("/v3/Documents/CH1.channel"), (Kind.DOCUMENT, "CH1.channel", None, False)),
            (get("/v3/Maps/a%40b.channels"), (Kind.MAP, "a@b.channels", None, False)),
            (get("/v3/Maps/US1.info", Include="items"), (Kind.MAP, "US1.info", None, True)),
            (get("/v3/Services/IS1/Lists/ES1/Items"), (Kind.LIST, "ES1", Query(), False)),
            (
                get("/v3/Lists/ES1/Items", Order="desc", PageSize="7", From="3"),
                (Kind.LIST, "ES1", Query(None, 3, True, 7), False),
            ),
            (get("/v3/Maps/MP1/Items", Key="a%2Fb"), (Kind.MAP, "MP1", Query("a/b"), False)),
            (get("/v3/Lists/ES1/Items", From="x", PageSize="9" * 30), (Kind.LIST, "ES1", Query(), False)),
            (get("/v3/Lists/ES1/Items/3"), None),
            (get("/v3/Streams/TO1"), None),
            (get("/v3"), None),
            (get("/Client/v2/Configuration"), None),
            (HttpRequest("x", "/v3/Maps/MP1", "POST"), None),
        ],
    )
    def test_objects(self, http: HttpRequest, expected: tuple[Any, ...] | None) -> None:
        assert sync_address(http) == expected

    def test_requests_for_the_same_thing(self) -> None:
        assert request_key(get("/a", x="1", y="2")) == request_key(get("/a", y="2", x="1"))
        assert request_key(get("/a", x="1")) != request_key(get("/a", x="2"))


class TestMirror:
    """Requests with their answers, and what comes by itself."""

    def answered(self, mirror: Mirror, http: HttpRequest, payload: bytes, status: int = 200) -> None:
        mirror.sent(Request("TM1", http))
        mirror.received(Reply("TM1", OK, Status(status), payload=payload))

    def test_an_object_is_found_by_all_its_names(self) -> None:
        mirror = Mirror()
        self.answered(mirror, get("/v3/Lists/lunch"), descriptor("list", LIST, 3))
        for name in ("lunch", LIST, "x.list"):
            address = sync_address(get(f"/v3/Lists/{name}"))
            assert address is not None
            found = mirror.find(address)
            assert found is not None
            assert found.sid == LIST
        other = sync_address(get(f"/v3/Maps/{LIST}"))
        assert other is not None
        assert mirror.find(other) is None

    def test_answers_that_were_not_asked_for_and_what_cannot_be_read_change_nothing(self) -> None:
        mirror = Mirror()
        mirror.received(Reply("TM9", OK, OK, payload=b"{}"))
        self.answered(mirror, get("/v3/Lists/lunch"), b"nonsense")
        mirror.received(Notification("TM2", "twilio.sync.event", payload=b"nonsense"))
        mirror.received(Notification("TM2", "something.else", payload=b"nonsense"))
        assert mirror.object(LIST) is None

    def test_keys_of_another_kind_are_nobodys(self) -> None:
        mirror = Mirror()
        self.answered(mirror, get("/v3/Lists/lunch"), descriptor("list", LIST, 3))
        told = (
            {
                "event_type": "list_item_added",
                "events": [{"id": 4, "list_sid": LIST, "item_index": 0, "item_data": {}}],
            },
            {"event_type": "map_item_added", "events": [{"id": 5, "map_sid": LIST, "item_key": "a", "item_data": {}}]},
            {"event_type": "map_item_removed", "events": [{"id": 6, "map_sid": LIST, "item_key": "a"}]},
        )
        for each in told:
            payload = orjson.dumps({"event_protocol_version": 4, **each})
            mirror.received(Notification("TM2", "twilio.sync.event", payload=payload))
        found = mirror.object(LIST)
        assert found is not None
        assert found.last_event_id == 4
        assert b'"a"' not in found.beginning(Query())
        assert len(list(found.changes_after(0))) == 1

    def test_what_has_changed_while_nobody_looked_is_a_lapse(self) -> None:
        mirror = Mirror()
        mirror.standing.add(LIST)
        self.answered(mirror, get("/v3/Lists/lunch"), descriptor("list", LIST, 3))
        self.answered(mirror, get("/v3/Lists/lunch"), descriptor("list", LIST, 4))
        assert not mirror.lapsed
        mirror.standing.clear()
        self.answered(mirror, get("/v3/Lists/lunch"), descriptor("list", LIST, 4))
        assert not mirror.lapsed
        self.answered(mirror, get("/v3/Lists/lunch"), descriptor("list", LIST, 9))
        assert mirror.lapsed == {LIST}

    def test_refusals_are_remembered(self) -> None:
        mirror = Mirror()
        self.answered(mirror, get("/v3/Lists/none"), b'{"status":404}', status=404)
        known = mirror.reply(request_key(get("/v3/Lists/none")))
        assert known is not None
        assert known.http_status == Status(404)
