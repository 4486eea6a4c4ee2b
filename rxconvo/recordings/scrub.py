"""Recordings that can be handed on: who is who and what was said are replaced, and everything keeps its form."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from msgspec.structs import replace

from rxconvo.errors import FramingError
from rxconvo.recordings.pseudonyms import Pseudonyms
from rxconvo.recordings.scrub_values import Values, phrase
from rxconvo.recordings.tokens import without_secrets
from rxconvo.types import JSON
from rxconvo.wire import (
    ClientUpdate,
    Close,
    DeleteContext,
    HttpRequest,
    Init,
    Notification,
    Other,
    Packet,
    PutContext,
    Reply,
    Request,
    Status,
    Telemetry,
    decode,
    encode,
)

__all__ = ["Scrubber"]

_PACKET_ID: Final = re.compile(r"TM[0-9a-fA-F-]{32,36}")
_NAME: Final = re.compile(r"[A-Z_]{1,40}")
_HEADERS: Final = {"content-type": re.compile(r"application/(json|x-www-form-urlencoded)(; charset=utf-8)?")}
_HEADERS["retry-after"] = re.compile(r"\d{1,9}")
_HEADERS["twilio-request-id"] = re.compile(r"RQ[0-9a-f]{32}")
_HEADERS["x-twilio-mutation-id"] = re.compile(r"[0-9a-f-]{32,36}")
_MESSAGE_TYPES: Final = (
    "twilio.sync.event",
    "twilio.ipmsg.typing_indicator",
    "com.twilio.rtd.cds.document",
    "com.twilio.rtd.cds.list",
    "com.twilio.rtd.cds.map",
)
_METHODS: Final = ("GET", "POST", "PUT", "DELETE")


class Scrubber:
    """Replaces people and what they say by pseudonyms: the same one for the same text, as long as the key is the same.

    What stays is listed; whatever is not becomes a pseudonym. Sids stay: the service has drawn them, and they say
    nothing to somebody who may not look them up.

    Args:
        key: At least 16 unguessable bytes, of this recording alone.
    """

    def __init__(self, key: bytes) -> None:
        self._pseudonyms = Pseudonyms(key)
        self._values = Values(self._pseudonyms)
        self._scrubs: dict[type[Packet], Callable[[Any], Packet]] = {
            Init: lambda packet: Init(packet.id, packet.token, packet.continuation_token),
            Request: self._request,
            Reply: self._reply,
            Notification: self._notification,
            ClientUpdate: self._client_update,
            Close: self._close,
            Telemetry: lambda packet: Telemetry(packet.id),
            PutContext: lambda packet: PutContext(packet.id, self._id(packet.notification_ctx_id)),
            DeleteContext: lambda packet: DeleteContext(packet.id, self._id(packet.notification_ctx_id)),
            Other: self._other,
        }

    def text(self, text: str) -> str:
        """Return what stands for a text."""
        return self._pseudonyms.text(text)

    def sid(self, text: str) -> str:
        """Return what stands for what should be a sid: itself where it is one."""
        return self._values.sid(text)

    def frame(self, message: bytes) -> bytes:
        """Return what stands for a frame. Bytes that are no packet are not kept, only how many they are."""
        try:
            packet = decode(message)
        except FramingError:
            return b"?" * len(message)
        return encode(self._packet(without_secrets(packet)))

    def _packet(self, packet: Packet) -> Packet:
        packet = replace(packet, id=self._id(packet.id))
        scrub = self._scrubs.get(type(packet))
        return packet if scrub is None else scrub(packet)

    def _request(self, packet: Request) -> Request:
        return replace(
            packet,
            http_request=self._http(packet.http_request),
            payload=self._values.payload(packet.payload),
            payload_type=_header("content-type", packet.payload_type),
        )

    def _notification(self, packet: Notification) -> Notification:
        return replace(
            packet,
            message_type=self._one_of(_MESSAGE_TYPES, packet.message_type),
            notification_ctx_id="",
            payload=self._values.payload(packet.payload),
            payload_type=_header("content-type", packet.payload_type),
        )

    def _client_update(self, packet: ClientUpdate) -> ClientUpdate:
        known = self._one_of(("token_about_to_expire",), packet.client_update_type)
        return replace(packet, client_update_type=known)

    def _close(self, packet: Close) -> Close:
        status = None if packet.status is None else _status(packet.status)
        return replace(packet, status=status, payload=self._values.payload(packet.payload))

    def _other(self, packet: Other) -> Other:
        return replace(packet, method=self._one_of(("ping",), packet.method), payload=b"")

    def _reply(self, packet: Reply) -> Reply:
        http = packet.http_status
        return Reply(
            packet.id,
            _status(packet.status),
            None if http is None else Status(http.code, phrase(http.code, http.status)),
            _headers(packet.http_headers),
            self._values.payload(packet.payload),
            _header("content-type", packet.payload_type),
            packet.continuation_token,
            _reissued(packet.continuation_token_status),
            epoch=None if packet.epoch is None else self.text(packet.epoch),
        )

    def _http(self, http: HttpRequest) -> HttpRequest:
        values = self._values
        params: dict[str, str | list[str]] = {}
        for name, value in http.params.items():
            pairs = [values.query(name, each) for each in ([value] if isinstance(value, str) else value)]
            if pairs:
                params[pairs[0][0]] = pairs[0][1] if isinstance(value, str) else [each for _, each in pairs]
        return HttpRequest(
            host=values.host(http.host),
            path=values.path(http.path),
            method=self._one_of(_METHODS, http.method),
            params=params,
            headers=_headers(http.headers),
        )

    def _one_of(self, words: Collection[str], text: str) -> str:
        return text if text in words else self.text(text)

    def _id(self, packet_id: str) -> str:
        return packet_id if _PACKET_ID.fullmatch(packet_id) else self.text(packet_id)


def _status(status: Status) -> Status:
    """Keep the codes of a status; its description may quote what it is about."""
    return Status(status.code, status.status if _NAME.fullmatch(status.status) else "", error_code=status.error_code)


def _header(name: str, value: str) -> str:
    return value if _HEADERS[name].fullmatch(value) else "application/octet-stream"


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Keep the header fields whose values are of a known form."""
    return {
        name: value
        for name, value in headers.items()
        if (form := _HEADERS.get(name.lower())) is not None and form.fullmatch(value)
    }


def _reissued(status: JSON) -> JSON:
    """Keep whether a continuation token is a new one, and why: clients look at that."""
    if not isinstance(status, dict):
        return None
    reason = status.get("reissue_reason")
    known = reason if reason in ("MISSING", "UNKNOWN", "DIFFERENT_IDENTITY") else None
    kept: dict[str, JSON] = {"reissued": bool(status.get("reissued"))}
    return kept if known is None else kept | {"reissue_reason": known}
