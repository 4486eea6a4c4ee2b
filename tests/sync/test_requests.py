from __future__ import annotations

from itertools import count
from typing import Any

import orjson
import pytest

from rxconvo.sync import Kind, Purpose, Replica, SyncRequest
from rxconvo.sync.requests import Composer


@pytest.fixture
def composer() -> Composer:
    ids = count(1)
    return Composer(host="cds.example", request_ids=lambda: f"{next(ids):032x}")


def opened(kind: Kind, sid: str = "XX1", items_url: str = "") -> Replica[str]:
    replica = Replica("name", kind, "owner")
    replica.sid, replica.items_url, replica.last_event_id = sid, items_url, 7
    return replica


def body(request: SyncRequest) -> dict[str, Any]:
    result: dict[str, Any] = orjson.loads(request.body)
    return result


@pytest.mark.parametrize(
    "kind,path",
    [(Kind.DOCUMENT, "/v3/Documents/name"), (Kind.LIST, "/v3/Lists/name"), (Kind.MAP, "/v3/Maps/name")],
)
def test_an_object_is_opened_by_name(composer: Composer, kind: Kind, path: str) -> None:
    request = composer.open(Replica("name", kind, "owner"), "job")
    assert (request.method, request.host, request.path, request.params) == ("GET", "cds.example", path, {})
    assert (request.body, request.purpose, request.job) == (b"", Purpose.OPEN, "job")


def test_names_are_percent_encoded_as_browsers_do(composer: Composer) -> None:
    request = composer.open(Replica("é/ ?#%&=+'()*!~-_.😀", Kind.MAP, "owner"), None)
    assert request.path == "/v3/Maps/%C3%A9%2F%20%3F%23%25%26%3D%2B'()*!~-_.%F0%9F%98%80"


def test_an_object_that_was_open_is_opened_by_its_unique_name(composer: Composer) -> None:
    replica = Replica("MP1", Kind.MAP, "owner")
    replica.unique_name = "ada.info"
    assert composer.open(replica, None).path == "/v3/Maps/ada.info"


def test_items_are_asked_for_with_the_descriptor_where_that_is_wanted(composer: Composer) -> None:
    replica = Replica("name", Kind.MAP, "owner", include_items=True)
    assert composer.open(replica, None).params == {"Include": "items"}


def test_items_are_read_where_the_descriptor_says(composer: Composer) -> None:
    replica = opened(Kind.LIST, items_url="https://other.example:8443/v3/Services/IS1/Lists/ES1/Items?a=b%20c")
    request = composer.items(replica, {"PageSize": "5"}, Purpose.PAGE, "job")
    assert (request.host, request.path) == ("other.example:8443", "/v3/Services/IS1/Lists/ES1/Items")
    assert request.params == {"a": "b c", "HideExpired": "true", "PageSize": "5"}
    assert (request.method, request.purpose, request.job) == ("GET", Purpose.PAGE, "job")


def test_items_are_read_at_the_customary_place_where_the_descriptor_says_nothing(composer: Composer) -> None:
    request = composer.items(opened(Kind.MAP, "MP1"), {}, Purpose.ITEM, None)
    assert (request.host, request.path) == ("cds.example", "/v3/Maps/MP1/Items")


def test_subscriptions_are_asked_for_from_the_last_event_on(composer: Composer) -> None:
    replicas = {"ET1": opened(Kind.DOCUMENT, "ET1"), "ES1": opened(Kind.LIST, "ES1")}
    request = composer.establish(replicas, correlation=3, retried=1, renewal=False, job="job")
    assert (request.method, request.host, request.path, request.params) == (
        "POST",
        "cds.example",
        "/v4/Subscriptions",
        {},
    )
    assert (request.purpose, request.job) == (Purpose.ESTABLISH, "job")
    assert body(request) == {
        "event_protocol_version": 4,
        "action": "establish",
        "correlation_id": 3,
        "retried_requests": 1,
        "ttl_in_s": -1,
        "requests": [
            {"object_sid": "ET1", "object_type": "document", "last_event_id": 7},
            {"object_sid": "ES1", "object_type": "list", "last_event_id": 7},
        ],
    }


def test_a_renewal_says_why(composer: Composer) -> None:
    request = composer.establish({"MP1": opened(Kind.MAP)}, correlation=1, retried=0, renewal=True, job=None)
    assert body(request)["reason"] == "ttl"


def test_a_cancel_names_no_event(composer: Composer) -> None:
    request = composer.cancel({"MP1": Kind.MAP}, correlation=4, retried=2, job="job")
    assert (request.purpose, request.job) == (Purpose.CANCEL, "job")
    assert body(request) == {
        "event_protocol_version": 4,
        "action": "cancel",
        "correlation_id": 4,
        "retried_requests": 2,
        "ttl_in_s": -1,
        "requests": [{"object_sid": "MP1", "object_type": "map"}],
    }


def test_each_request_has_an_id_of_its_own(composer: Composer) -> None:
    replica = Replica("name", Kind.MAP, "owner")
    headers = [composer.open(replica, None).headers for _ in range(2)]
    assert [header["Twilio-Request-Id"] for header in headers] == [f"RQ{1:032x}", f"RQ{2:032x}"]
    assert headers[0]["Content-Type"] == "application/json"
    assert orjson.loads(headers[0]["Twilio-Sync-Client-Info"]) == {"sdk": "rxconvo"}
