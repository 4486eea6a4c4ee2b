"""What a handler gets, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol, TypeAlias
from urllib.parse import unquote

import orjson

from rxconvo.server.checks import check_json, is_object
from rxconvo.server.refusals import bad_request
from rxconvo.server.urls import IN_PROCESS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rxconvo.server.broker import Broker, Listener
    from rxconvo.server.keys import Keys
    from rxconvo.server.options import ServerOptions
    from rxconvo.server.storage.base import Transaction
    from rxconvo.server.storage.records import Date
    from rxconvo.server.urls import Urls
    from rxconvo.types import Identity, Ids, Sid

__all__ = [
    "MAX_DIGITS",
    "Answer",
    "Call",
    "Effect",
    "Handler",
    "Live",
    "Service",
    "accepted",
    "created",
    "date_of",
    "decoded",
    "no_content",
    "ok",
]


@dataclass(frozen=True, kw_only=True)
class Service:
    """What all handlers may know. It never changes, so works on any thread may read it.

    Attributes:
        keys: The service's sids.
        options: Its settings.
        urls: Its addresses.
        ids: Makes sids and packet ids.
        started: When this process began to serve; who was marked online before is not.
    """

    keys: Keys
    options: ServerOptions
    urls: Urls
    ids: Ids
    started: Date

    @property
    def role_sid(self) -> Sid:
        """The role of every participant."""
        return f"RL{self.keys.service_sid[2:]}"


class Live(Protocol):
    """What an effect acts on, once the changes are durable: the connection that made the request, and all others."""

    @property
    def broker(self) -> Broker:
        """Everybody's subscriptions."""
        ...

    @property
    def listener(self) -> Listener:
        """The connection that made the request."""
        ...

    def proceed(self, handler: Handler) -> None:
        """Run a further handler for the same connection, once that has room for more. Its answer goes nowhere."""
        ...


Effect: TypeAlias = Callable[[Live], None]
"""What is to be done on the event loop after the changes were published. Must not raise."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer within 2xx.

    Attributes:
        status: HTTP status.
        body: Its JSON, or empty.
    """

    status: int
    body: bytes = b""


@dataclass(kw_only=True)
class Call:
    """One request, on its way through a work.

    Attributes:
        service: What all handlers may know.
        identity: Who asks.
        now: When.
        path: The variable segments of the path, decoded.
        query: The parameters, decoded; of repeated ones the last.
        headers: By lower-case name.
        payload: The body as it came.
        origin: How the client has reached the service: `http://HOST:PORT`, or what stands for it in process.
        effects: What is to be done before the answer goes out.
        sequels: What is to be done right after.
    """

    service: Service
    identity: Identity
    now: Date
    path: Mapping[str, str] = field(default_factory=dict[str, str])
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    payload: bytes = b""
    origin: str = IN_PROCESS
    effects: list[Effect] = field(default_factory=list[Effect])
    sequels: list[Effect] = field(default_factory=list[Effect])

    def sid(self, prefix: str) -> Sid:
        """Make a new sid."""
        return prefix + self.service.ids()

    def json(self) -> dict[str, object]:
        """Decode the body, which must be a JSON object. No body counts as an empty one.

        Raises:
            Refusal: 400.
        """
        if not self.payload:
            return {}
        body = check_json("body", self.payload, self.service.options.limits)
        if not is_object(body):
            raise bad_request("body", "a JSON object")
        return body

    def whole_number(self, name: str, *, least: int | None = None) -> int | None:
        """Read a query parameter that is a whole number, or None where it is absent.

        Raises:
            Refusal: 400, naming it.
        """
        text = self.query.get(name)
        if text is None:
            return None
        digits = text.removeprefix("-")
        if not digits.isascii() or not digits.isdigit() or len(digits) > MAX_DIGITS:
            raise bad_request(name, "a whole number")
        value = int(text)
        if least is not None and value < least:
            raise bad_request(name, f"at least {least}")
        return value


MAX_DIGITS = len(str(2**53))
"""As many as the largest index that a client may name."""

Handler: TypeAlias = "Callable[[Transaction, Call], Answer]"
"""Answers a request within a transaction; raises `Refusal` to refuse it. It may run on another thread."""


def ok(resource: object) -> Answer:
    """Answer 200 with a resource."""
    return Answer(200, orjson.dumps(resource))


def created(resource: object) -> Answer:
    """Answer 201 with a resource."""
    return Answer(201, orjson.dumps(resource))


def accepted(resource: object) -> Answer:
    """Answer 202 with a resource."""
    return Answer(202, orjson.dumps(resource))


def no_content() -> Answer:
    """Answer 204."""
    return Answer(204)


def date_of(instant: datetime) -> Date:
    """Write an instant as it stands in resources and items: UTC, with milliseconds."""
    return f"{instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def decoded(field_name: str, text: str) -> str:
    """Percent-decode one segment or parameter.

    Raises:
        Refusal: 400, naming it.
    """
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise bad_request(field_name, "percent-encoded UTF-8") from None
