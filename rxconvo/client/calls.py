"""Requests of the client: HTTP exchanges that travel inside the socket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

import msgspec
import orjson

from rxconvo.client.resources import Conflict, Refusal, read_resource
from rxconvo.errors import ClosedError, NotFoundError, OutcomeUnknownError, PayloadError, RejectedError, RequestError
from rxconvo.wire import HttpRequest
from rxconvo.wire.backoff import read_retry_after

if TYPE_CHECKING:
    from rxconvo.types import JSONInput

__all__ = ["NO_METADATA", "Answer", "Calls", "Sender", "check_answer"]

NO_METADATA: Final = 50530
"""Code of the answer that a message has no channel metadata."""

_JSON_TYPE: Final = "application/json; charset=utf-8"
_QUERY_TYPE: Final = "application/json"  # as the official client has it; nothing is of that type
_QUERY_RETRIES: Final = (1.0, 2.0)  # seconds before the second and third attempt of a query
_FETCH_RETRIES: Final = (0.05, 0.1, 0.2, 0.4, 0.8)  # likewise for resources that a start or a conflict depends on
_TRANSIENT: Final = frozenset({429, 502, 503, 504})


class Answer(msgspec.Struct, frozen=True):
    """A reply that came: its HTTP status, reason, body and header fields as received."""

    status: int
    reason: str
    body: bytes
    headers: dict[str, str] = {}


class Sender(Protocol):
    """What carries requests: the driver."""

    async def exchange(self, http: HttpRequest, payload: bytes, payload_type: str) -> Answer:
        """Send one request and wait for its reply; being cancelled withdraws what was not sent.

        Raises:
            OutcomeUnknownError: No reply came.
            RejectedError: The service refused to carry the request.
        """
        ...

    async def pause(self, seconds: float) -> None:
        """Wait before an attempt to come.

        Raises:
            ClosedError: There will be none: the client was shut down.
        """
        ...


class Calls:
    """Mutations, queries and fetches over a `Sender`, with their rules of repetition.

    Source: Conversations, requests in general; errors, retry rules.
    """

    __slots__ = ("_sender",)

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def mutate(self, method: str, url: str, body: Mapping[str, JSONInput], mutation_id: str) -> bytes:
        """Send a mutation once and return the body of its answer.

        A 202 names a resource that holds the answer; it is fetched.

        Raises:
            RejectedError: It was answered and refused.
            OutcomeUnknownError: It may or may not have been applied.
        """
        headers = {"Content-Type": _JSON_TYPE, "X-Twilio-Mutation-Id": mutation_id}
        answer = await self._send(method, url, headers, orjson.dumps(body))
        check_answer(answer)
        resource = read_resource(answer.body, Conflict).resource_url if answer.status == 202 else None
        if resource is not None:
            try:
                return await self.fetch(resource)
            except ClosedError as error:
                raise OutcomeUnknownError(str(error)) from error
        return answer.body

    async def submit_form(self, url: str, body: bytes) -> bytes:
        """Send a form, as the typing signal is one, and return the body of its answer."""
        content_type = "application/x-www-form-urlencoded"
        return _body(await self._send("POST", url, {"Content-Type": content_type}, body, content_type))

    async def register(self, method: str, url: str, body: Mapping[str, JSONInput]) -> bytes:
        """Send once what registers a device for push notifications or ends that, and return the body of its answer."""
        content_type = "application/json"
        return _body(await self._send(method, url, {"Content-Type": content_type}, orjson.dumps(body), content_type))

    async def query(self, url: str) -> bytes:
        """Read a resource; throttling and outages are tried again twice, 1 and 2 s later.

        Raises:
            NotFoundError: There is none, or none that this identity may see.
            RejectedError: It was refused.
            OutcomeUnknownError: No answer came.
            ClosedError: The client was shut down before another attempt.
        """
        for pause in _QUERY_RETRIES:
            answer = await self._send("GET", url, {}, b"", _QUERY_TYPE)
            if answer.status not in _TRANSIENT:
                return _body(answer)
            await self._sender.pause(pause)
        return _body(await self._send("GET", url, {}, b"", _QUERY_TYPE))

    async def fetch(self, url: str) -> bytes:
        """Read a resource that something depends on; any failure is tried again five times within 1.6 s.

        Only that a message has no channel metadata is believed at once.

        Raises:
            RequestError: The last failure.
            ClosedError: The client was shut down before another attempt.
        """
        for pause in _FETCH_RETRIES:
            try:
                return _body(await self._send("GET", url, {"Content-Type": _JSON_TYPE}, b""))
            except RequestError as error:
                if isinstance(error, NotFoundError) and error.code == NO_METADATA:
                    raise
                await self._sender.pause(pause)
        return _body(await self._send("GET", url, {"Content-Type": _JSON_TYPE}, b""))

    async def _send(
        self, method: str, url: str, headers: dict[str, str], body: bytes, content_type: str = _JSON_TYPE
    ) -> Answer:
        parts = urlsplit(url)
        http = HttpRequest(
            host=parts.netloc, path=parts.path, method=method, params=_params(parts.query), headers=headers
        )
        return await self._sender.exchange(http, body, content_type)


def _params(query: str) -> dict[str, str | list[str]]:
    """Cut a query at `&` and `=`; values stay percent-encoded, a repeated name becomes a list."""
    params: dict[str, str | list[str]] = {}
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        known = params.get(name)
        if known is None:
            params[name] = value
        elif isinstance(known, list):
            known.append(value)
        else:
            params[name] = [known, value]
    return params


def _body(answer: Answer) -> bytes:
    check_answer(answer)
    return answer.body


def check_answer(answer: Answer) -> None:
    """Raise what a status outside 2xx means.

    Raises:
        NotFoundError: 404.
        RejectedError: 4xx but 429: answered.
        OutcomeUnknownError: Anything else: not answered.
    """
    if 200 <= answer.status < 300:
        return
    if answer.status == 429 or not 400 <= answer.status < 500:
        text = f"the service answered {answer.status} {answer.reason}".rstrip()
        raise OutcomeUnknownError(text, retry_after=read_retry_after(answer.headers, answer.body))
    try:
        refusal = read_resource(answer.body, Refusal)
        body = orjson.loads(answer.body or b"null")
    except (PayloadError, orjson.JSONDecodeError):  # the status says enough
        refusal, body = Refusal(), None
    kind = NotFoundError if answer.status == 404 else RejectedError
    raise kind(answer.status, refusal.code, refusal.message or answer.reason, body)
