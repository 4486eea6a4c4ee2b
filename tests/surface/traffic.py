"""What a client asks for, in a form in which what was recorded and what we ask can be compared.

Ids become their two letters and a star. A subscription request for several objects becomes one for each. Of packets
that are no requests only the method is kept; acknowledgements are left out, and what they answer.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from rxconvo.testing.frames import FOLDER as FRAMES
from rxconvo.transport.http import PlainRequest
from rxconvo.wire import Packet, encode
from tests.wire.test_frames import lines

__all__ = ["Asked", "Traffic", "asked_by", "asked_of_media", "recorded"]

MEDIA = "http"
"""Who asks for media, in recordings: those requests do not tell."""

_SID = re.compile(r"\b([A-Z]{2})[0-9a-f]{32}")
_UUID = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_VARYING = {"Twilio-Sync-Client-Info": "what the client is"}


class Asked(NamedTuple):
    """A request, or another packet of the client.

    Attributes:
        what: Method and path of a request, or the packet's method.
        detail: Host, grant, parameters, headers, payload type and body, as JSON.
    """

    what: str
    detail: str = ""


Traffic = dict[str, list[Asked]]
"""What each identity has asked for."""


def _plain(text: str) -> str:
    return _UUID.sub("<uuid>", _SID.sub(r"\1*", text))


def _headers(headers: dict[str, str]) -> dict[str, str]:
    return {name: _VARYING.get(name, value) for name, value in headers.items()}


def _bodies(payload: Any) -> Iterator[Any]:
    """Take the body of a subscription request apart; what counts requests and events is not the same twice."""
    if not isinstance(payload, dict) or "requests" not in payload:
        yield payload
        return
    for each in payload["requests"]:
        numbers = {key: "<number>" for key, value in each.items() if isinstance(value, int)}
        yield payload | {"correlation_id": "<number>", "requests": [each | numbers]}


def _of_packet(header: dict[str, Any], payload: Any) -> Iterator[Asked]:
    """Tell what a packet asks for."""
    if header["method"] == "reply":
        return
    if header["method"] != "message":
        yield Asked(header["method"])
        return
    http = header["http_request"]
    for body in _bodies(payload):
        detail = {
            "host": http["host"],
            "grant": header["active_grant"],
            "params": http["params"],
            "headers": _headers(http["headers"]),
            "type": header["payload_type"],
            "body": body,
        }
        yield Asked(_plain(f"{http['method']} {http['path']}"), _plain(json.dumps(detail, sort_keys=True)))


def _of_http(request: str, headers: dict[str, str], body: bytes) -> Asked:
    """Tell what a plain request asks for."""
    method, _, url = request.partition(" ")
    parts = urlsplit(url)
    detail = {
        "query": parts.query,
        "headers": {name.lower(): "token" if "token" in name.lower() else value for name, value in headers.items()},
        "body": body.decode(),
    }
    return Asked(_plain(f"{method} {parts.path}"), _plain(json.dumps(detail, sort_keys=True)))


def recorded(scenario: str) -> Traffic:
    """Read what the official library asked for in a scenario."""
    traffic: Traffic = defaultdict(list)
    (path,) = FRAMES.glob(f"{scenario}-*.jsonl")
    names = {}  # of connections that had none yet
    for line in lines(path):
        name, _, number = line["conn"].partition("#")
        names[number] = name
    for line in lines(path):
        if line["dir"] == "c2s":
            traffic[names[line["conn"].partition("#")[2]]] += _of_packet(line["header"], line["payload"])
    for path in FRAMES.glob(f"http/{scenario}-*.jsonl"):
        for line in lines(path):
            if line["dir"] == "c2s":
                headers = dict(line["header"])
                request = headers.pop("http")
                traffic[MEDIA].append(_of_http(request, headers, (line["payload"] or "").encode()))
    return traffic


def asked_by(packets: Iterable[Packet]) -> list[Asked]:
    """Tell what our packets ask for."""
    found: list[Asked] = []
    for packet in packets:
        _, header, payload = encode(packet).split(b"\r\n", 2)
        found += _of_packet(json.loads(header), _payload(json.loads(header), payload))
    return found


def _payload(header: dict[str, Any], payload: bytes) -> Any:
    """Show a payload as recordings do."""
    if not payload:
        return None
    return json.loads(payload) if header["payload_type"].startswith("application/json") else payload.decode()


def asked_of_media(requests: Iterable[PlainRequest], bodies: Iterable[bytes | bytearray]) -> list[Asked]:
    """Tell what our plain requests ask for; the connection says how long their bodies are."""
    found: list[Asked] = []
    for request, body in zip(requests, bodies, strict=True):
        length = {} if request.length is None else {"Content-Length": str(request.length)}
        found.append(_of_http(f"{request.method} {request.url}", {**request.headers, **length}, bytes(body)))
    return found
