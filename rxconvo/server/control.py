"""What no client can bring about, for those who test their own applications.

`POST /control` takes a JSON object: `op` and its fields (see `Control`), and is answered 2xx with JSON, or 4xx with a
message that names the field. It needs no token and reaches every conversation; so it is off unless it is asked for, is
offered on loopback addresses alone, and refuses what a browser sends on behalf of a page: requests with an `Origin`,
and those whose `Host` is a name that somebody else may have pointed here.

One of each, where a conversation goes by its sid or its unique name:

    {"op": "delivery", "conversation": "CH…", "message": "IM…", "statuses": {"MB…": "failed"}, "error_code": 30003}
    {"op": "recipients", "conversation": "CH…", "recipients": [
        {"message_sid": "IM…", "type": "email", "level": "to", "name": "Ann", "address": "ann@example.test"}]}
    {"op": "metadata", "conversation": "CH…", "message": "IM…", "metadata": {"type": "whatsapp", "data": {"a": 1}}}
    {"op": "templates", "templates": [
        {"friendly_name": "greeting", "variables": {"1": "you"}, "variants": {"twilio/text": {"body": "hi {{1}}"}}}]}
    {"op": "state", "conversation": "CH…", "state": "closed"}
    {"op": "bindings", "conversation": "CH…", "bindings": {
        "email": {"name": "Team", "projected_address": "team@example.test"}, "sms": {"address": "+15550001"}}}
    {"op": "close", "identity": "ada", "code": 308, "status": "OFFLOAD", "body": {
        "backoff_policy": {"reconnect_min_ms": 1000, "reconnect_max_ms": 5000}}}
    {"op": "conflict"}

- A *status* is `sent`, `delivered`, `read`, `failed` or `undelivered`; `error_code` is kept with the last two.
- A *recipient* of the type `email` has a `level` (`to`, `from`, `cc`), a `name` and an `address`; those of other types
  have whatever there is to tell, and clients get all of it as it is.
- A *template* has `variants` by kind of content: `twilio/text`, `twilio/media`, `twilio/location`,
  `twilio/quick-reply`, `twilio/call-to-action`, `twilio/list-picker`, `twilio/card`. It may have `sid`, `account_sid`,
  `friendly_name`, `language`, `variables` (defaults by name, an object or its JSON), `date_created` and `date_updated`.
- *Bindings* are objects by channel; clients know `email` and `sms`, and get others as they are.
- The *code* of a `close` is for the client to understand: 308, come back, after the time in `body` if there is one;
  401 and 410, come back with another token; 406 and 417, never come back. With any other it comes back.
"""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncGenerator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import orjson
from msgspec.structs import replace

from rxconvo.errors import ArgumentError
from rxconvo.server.auth import is_identity
from rxconvo.server.checks import check_json, check_known, check_text, check_value, is_object
from rxconvo.server.control_operations import OPERATIONS, Operation
from rxconvo.server.exchanges import answer_or_refuse, answered, read_small
from rxconvo.server.refusals import Refusal, bad_request
from rxconvo.server.resources import Fields
from rxconvo.transport.http import PlainRequest, PlainResponse
from rxconvo.wire import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from rxconvo.server.core import Core
    from rxconvo.types import Identity

__all__ = ["Control", "is_loopback"]

_BODY_SIZE = 1024 * 1024
_KEYS = 100_000
_STATUS_LENGTH = 64
_CODES = range(100, 600)


class Control:
    """Carries out commands in place of the world outside. It is an `HttpExchange`.

    | `op` | fields | effect, and what it answers |
    |---|---|---|
    | `delivery` | `conversation`, `message`, `statuses`, `error_code`? | records receipts: `{"MB…": "delivered"}` |
    | `recipients` | `conversation`, `recipients` | adds recipients of messages, each with its `message_sid` |
    | `metadata` | `conversation`, `message`, `metadata` | keeps what a channel tells: `{"type", "data"}` |
    | `templates` | `templates` | replaces the content templates |
    | `state` | `conversation`, `state` | `active`, `inactive` or `closed` |
    | `bindings` | `conversation`, `bindings` | sets the conversation's bindings |
    | `close` | `identity`, `code`, `status`, `body`? | sends a `close` packet to the user's sessions |
    | `conflict` | | the next mutation is carried out, but answered 202 with `resource_url` |

    Args:
        core: What the service shares.
        dismiss: Sends a `close` packet with this status and body to an identity's sessions, and returns to how many.
    """

    def __init__(self, core: Core, dismiss: Callable[[Identity, Status, bytes], int]) -> None:
        self._core = core
        self._dismiss = dismiss

    async def __call__(self, op: str, /, **fields: object) -> Fields:
        """Carry out a command.

        Args:
            op: Which.
            fields: Its fields, as JSON has them.

        Returns:
            What it answers.

        Raises:
            ArgumentError: The fields are no JSON.
            Refusal: It makes no sense here; the message names the field.
            ClosedError: The service is closed.
        """
        try:
            body = orjson.dumps({"op": op, **fields})
        except orjson.JSONEncodeError as error:
            raise ArgumentError("fields", f"JSON ({error})") from None
        return await self._execute(body)

    @asynccontextmanager
    async def exchange(self, request: PlainRequest) -> AsyncGenerator[PlainResponse]:
        """Answer a request. See `HttpExchange.exchange`."""
        yield await answer_or_refuse(self._answer(request), self._core.service.ids)

    async def _answer(self, request: PlainRequest) -> PlainResponse:
        _check_request(request)
        return answered(200, await self._execute(await read_small(request, _BODY_SIZE)))

    async def _execute(self, body: bytes) -> Fields:
        limits = replace(self._core.service.options.limits, json_keys=_KEYS)
        command = check_json("body", body, limits)
        if not is_object(command):
            raise bad_request("body", "a JSON object")
        check_value("body", command, size=2 * _BODY_SIZE)
        op = command.pop("op", None)
        if op == "close":
            return self._close(_fields(command, {"identity", "code", "status"}, {"body"}))
        if op == "conflict":
            _fields(command, set())
            self._core.conflicts += 1
            return {"conflicts": self._core.conflicts}
        operation = OPERATIONS.get(op) if isinstance(op, str) else None
        if operation is None:
            raise bad_request("op", f"one of {', '.join((*OPERATIONS, 'close', 'conflict'))}")
        return await self._change(operation, _fields(command, operation.required, operation.optional))

    async def _change(self, operation: Operation, command: Fields) -> Fields:
        return await self._core.act(lambda tx, call: operation.act(tx, call, command))

    def _close(self, command: Fields) -> Fields:
        """Send a `close` packet to the sessions of a user."""
        identity = command["identity"]
        if not is_identity(identity):
            raise bad_request("identity", "text of 1 to 256 characters without control characters")
        code = command["code"]
        if not isinstance(code, int) or isinstance(code, bool) or code not in _CODES:
            raise bad_request("code", f"a whole number from {_CODES[0]} to {_CODES[-1]}")
        status = check_text("status", command["status"], length=_STATUS_LENGTH, least=1)
        body = orjson.dumps(command["body"]) if "body" in command else b""
        return {"closed": self._dismiss(identity, Status(code, status), body)}


def is_loopback(host: str) -> bool:
    """Tell whether a host, a name or an address, is this machine itself."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False


def _fields(command: Fields, required: AbstractSet[str], optional: AbstractSet[str] = frozenset()) -> Fields:
    """Insist on the fields that a command has, and on no others."""
    for name in sorted(required - command.keys()):
        raise bad_request(name, "there")
    check_known(command, required | optional)
    return command


def _check_request(request: PlainRequest) -> None:
    """Let in who asks as a program on this machine does."""
    if request.method != "POST":
        raise Refusal(405, 20004, "Method not allowed")
    if "origin" in request.headers:
        raise Refusal(403, 20403, "Origin must be absent: pages may not ask")
    if not _names_loopback(request.headers):
        raise Refusal(403, 20403, "Host must be a loopback address or localhost")


def _names_loopback(headers: Mapping[str, str]) -> bool:
    host = headers.get("host", "")
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return name is not None and "@" not in host and is_loopback(name)
