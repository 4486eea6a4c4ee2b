"""Requests over a sender that answers as it is told: what is sent, what is repeated, what errors mean."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from rxconvo.client.calls import Answer, Calls
from rxconvo.errors import ClosedError, NotFoundError, OutcomeUnknownError, RejectedError, RequestError
from rxconvo.wire import HttpRequest

URL = "https://aim.us1.twilio.com/Client/v2/Things"


class Sender:
    """Answers with what is left of a list, and notes what was asked when."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[HttpRequest, bytes, str]] = []
        self.times: list[float] = []

    async def exchange(self, http: HttpRequest, payload: bytes, payload_type: str) -> Answer:
        self.asked.append((http, payload, payload_type))
        self.times.append(asyncio.get_running_loop().time())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    @property
    def http(self) -> HttpRequest:
        """The last request."""
        return self.asked[-1][0]


def answered(status: int, body: object = None, reason: str = "") -> Answer:
    return Answer(status, reason, b"" if body is None else orjson.dumps(body))


def raw(status: int, body: bytes) -> Answer:
    return Answer(status, "Bad Request", body)


LOST = OutcomeUnknownError("disconnected")


# -- mutations


async def test_a_mutation_carries_its_id_and_its_body_as_json() -> None:
    sender = Sender(answered(201, {"sid": "CH1"}))
    body = await Calls(sender).mutate("POST", URL, {"name": "é"}, "id-1")
    http, payload, payload_type = sender.asked[0]
    assert orjson.loads(body) == {"sid": "CH1"}
    assert (http.method, http.host, http.path) == ("POST", "aim.us1.twilio.com", "/Client/v2/Things")
    assert http.headers["X-Twilio-Mutation-Id"] == "id-1"
    assert http.headers["Content-Type"] == payload_type == "application/json; charset=utf-8"
    assert orjson.loads(payload) == {"name": "é"}


@pytest.mark.parametrize("failure", [answered(500), answered(503), answered(429), LOST])
async def test_a_mutation_is_never_repeated(failure: Answer | Exception) -> None:
    sender = Sender(failure)
    with pytest.raises(OutcomeUnknownError):
        await Calls(sender).mutate("POST", URL, {}, "id-1")
    assert len(sender.asked) == 1


async def test_a_202_is_answered_where_it_says() -> None:
    sender = Sender(answered(202, {"resource_url": f"{URL}/CH1"}), answered(404), answered(200, {"sid": "CH1"}))
    body = await Calls(sender).mutate("POST", URL, {}, "id-1")
    assert orjson.loads(body) == {"sid": "CH1"}
    assert (sender.http.method, sender.http.path) == ("GET", "/Client/v2/Things/CH1")


async def test_a_202_that_says_nothing_is_the_answer() -> None:
    sender = Sender(answered(202, {"sid": "CH1"}))
    assert orjson.loads(await Calls(sender).mutate("POST", URL, {}, "id-1")) == {"sid": "CH1"}
    assert len(sender.asked) == 1


async def test_a_204_has_an_empty_body() -> None:
    assert await Calls(Sender(answered(204))).mutate("DELETE", URL, {}, "id-1") == b""


async def test_a_form_is_sent_as_it_is() -> None:
    sender = Sender(answered(200, {"typing_timeout": 5}))
    await Calls(sender).submit_form(URL, b"ChannelSid=CH1")
    http, payload, payload_type = sender.asked[0]
    assert payload == b"ChannelSid=CH1"
    assert http.headers["Content-Type"] == payload_type == "application/x-www-form-urlencoded"


# -- what a status means


@pytest.mark.parametrize("status", [400, 401, 403, 409, 412, 418, 499])
async def test_a_refusal_is_rejected_with_all_that_it_says(status: int) -> None:
    refusal = {"status": status, "code": 50430, "message": "not a participant", "more": [1]}
    with pytest.raises(RejectedError, match="not a participant") as caught:
        await Calls(Sender(answered(status, refusal))).mutate("POST", URL, {}, "id-1")
    assert (caught.value.status, caught.value.code, caught.value.body) == (status, 50430, refusal)


async def test_404_is_not_found() -> None:
    with pytest.raises(NotFoundError) as caught:
        await Calls(Sender(answered(404, {"code": 50350}))).mutate("POST", URL, {}, "id-1")
    assert (caught.value.status, caught.value.code) == (404, 50350)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"text"', b"<html>", b"\xff", b"[" * 100_000, b'{"code": {}}'])
async def test_a_refusal_whose_body_cannot_be_read_is_a_refusal_all_the_same(body: bytes) -> None:
    with pytest.raises(RejectedError, match="Bad Request") as caught:
        await Calls(Sender(raw(400, body))).mutate("POST", URL, {}, "id-1")
    assert caught.value.code is None


@pytest.mark.parametrize("status", [100, 302, 429, 500, 502, 599])
async def test_any_other_status_leaves_the_outcome_unknown(status: int) -> None:
    with pytest.raises(OutcomeUnknownError, match=str(status)):
        await Calls(Sender(answered(status, reason="Why"))).mutate("POST", URL, {}, "id-1")


@pytest.mark.parametrize(
    "headers, body, seconds",
    [
        ({"Retry-After": "7"}, b'{"backoff_policy":{"reconnect_min_ms":1500}}', 7.0),
        ({"retry-after": "9" * 30}, b"", 86_400.0),
        ({"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}, b'{"backoff_policy":{"reconnect_min_ms":1500}}', 1.5),
        ({}, b"", None),
    ],
)
async def test_the_service_says_when_to_ask_again(headers: dict[str, str], body: bytes, seconds: float | None) -> None:
    with pytest.raises(OutcomeUnknownError) as caught:
        await Calls(Sender(Answer(429, "Too Many Requests", body, headers))).mutate("POST", URL, {}, "id-1")
    assert caught.value.retry_after == seconds


# -- queries


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_query_is_tried_again_twice_where_the_service_is_busy(status: int) -> None:
    sender = Sender(answered(status), answered(status), answered(200, {"a": 1}))
    assert orjson.loads(await Calls(sender).query(URL)) == {"a": 1}
    assert sender.times == [0.0, 1.0, 3.0]


async def test_a_query_has_a_type_but_no_headers_as_with_the_official_client() -> None:
    sender = Sender(answered(503), answered(503), answered(200))
    await Calls(sender).query(URL)
    assert [(http.headers, payload, kind) for http, payload, kind in sender.asked] == [
        ({}, b"", "application/json")
    ] * 3


async def test_a_query_gives_up_after_three_attempts() -> None:
    sender = Sender(answered(503))
    with pytest.raises(OutcomeUnknownError):
        await Calls(sender).query(URL)
    assert len(sender.asked) == 3


@pytest.mark.parametrize(
    "answer, error", [(answered(404), NotFoundError), (answered(403), RejectedError), (LOST, OutcomeUnknownError)]
)
async def test_a_query_takes_anything_else_for_an_answer(answer: Answer | Exception, error: type[Exception]) -> None:
    sender = Sender(answer)
    with pytest.raises(error):
        await Calls(sender).query(URL)
    assert len(sender.asked) == 1


@pytest.mark.parametrize(
    "query, params",
    [
        ("", {}),
        ("?a=b", {"a": "b"}),
        ("?a=b&c=d%20e", {"a": "b", "c": "d%20e"}),
        ("?a=1&a=2", {"a": ["1", "2"]}),
        ("?a=1&a=2&a=3&b=", {"a": ["1", "2", "3"], "b": ""}),
        ("?a", {"a": ""}),
        ("?&a=1&", {"a": "1"}),
    ],
)
async def test_a_query_string_is_cut_and_stays_encoded(query: str, params: dict[str, Any]) -> None:
    sender = Sender(answered(200))
    await Calls(sender).query(URL + query)
    assert sender.http.params == params
    assert sender.http.path == "/Client/v2/Things"


async def test_a_path_stays_encoded() -> None:
    sender = Sender(answered(200))
    await Calls(sender).query(f"{URL}/a%2Fb%3F")
    assert sender.http.path == "/Client/v2/Things/a%2Fb%3F"


# -- fetches


async def test_a_fetch_is_tried_six_times_in_growing_intervals() -> None:
    sender = Sender(answered(403))
    with pytest.raises(RejectedError):
        await Calls(sender).fetch(URL)
    assert sender.times == pytest.approx([0.0, 0.05, 0.15, 0.35, 0.75, 1.55])


async def test_a_fetch_ends_with_its_first_success() -> None:
    sender = Sender(answered(500), LOST, answered(404), answered(200, {"a": 1}))
    assert orjson.loads(await Calls(sender).fetch(URL)) == {"a": 1}
    assert len(sender.asked) == 4


async def test_a_fetch_fails_with_the_last_failure() -> None:
    sender = Sender(*[answered(500)] * 5, answered(403, {"code": 7}))
    with pytest.raises(RequestError) as caught:
        await Calls(sender).fetch(URL)
    assert isinstance(caught.value, RejectedError)
    assert caught.value.code == 7


async def test_a_conflict_that_is_not_cleared_up_before_the_end_is_of_unknown_outcome() -> None:
    sender = Sender(answered(202, {"resource_url": f"{URL}/CH1"}), LOST)

    async def pause(_: float) -> None:
        raise ClosedError("the client was shut down")

    sender.pause = pause  # type: ignore[method-assign, assignment]
    with pytest.raises(OutcomeUnknownError, match="shut down"):
        await Calls(sender).mutate("POST", URL, {}, "id-1")
    assert len(sender.asked) == 2
