"""What of a payload is the service's own and stays, member by member. Whatever is not listed becomes a pseudonym.

Source: Sync, events, REST; Conversations, all resources.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, unquote, urlsplit

import msgspec

from rxconvo.recordings.pseudonyms import DEEPEST, Pseudonyms
from rxconvo.types import JSON

__all__ = ["Values", "phrase"]

SID: Final = re.compile(r"[A-Z]{2}[0-9a-f]{32}")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_DIGITS: Final = re.compile(r"-?\d{1,19}")
_PERIOD: Final = re.compile(r"PT?\d{1,9}[DHMS]")
_NAME: Final = re.compile(r"(.*)(\.(?:channels|info|channel|roster|messages))", re.DOTALL)
_HOST: Final = re.compile(r"([a-z0-9-]+\.)*twilio\.com")
_CHARSET: Final = re.compile(r"; ?charset=(utf-8|us-ascii|iso-8859-1)", re.IGNORECASE)
_TYPE: Final = re.compile(r"application/x-vnd\.com\.twilio\.rich\.twilio\.[a-z.-]{1,40}")

_ELSEWHERE: Final = "recording.invalid"
"""Stands for a host, which may tell whose it is."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SEGMENTS: Final = _words(
    "Client Services Users Conversations Messages Participants Receipts Configuration ContentTemplates Documents Lists"
    " Maps Streams Items Context Subscriptions Instances Typing registrations Media MediaSet ChannelMetadata"
    " MessageRecipients v1 v2 v3 v4 %s"
)
_NAMED: Final = _words("Users Conversations Documents Lists Maps Streams registrations")
"""After these segments comes a name, whatever it looks like."""

_CONTENT_TYPES: Final = _words(
    "application/json application/octet-stream application/pdf application/zip application/x-www-form-urlencoded"
    " audio/mpeg audio/mp4 audio/ogg audio/wav image/gif image/jpeg image/png image/svg+xml image/webp text/csv"
    " text/html text/plain text/x-rxconvo video/mp4 video/mpeg video/quicktime video/webm"
)

_INNER: Final = _words(
    "events event requests items meta links sync_objects options data item_data document_data medias media delivery"
    " reachability state lastMessage error conversations participants delivery_receipts message_recipients templates"
    " variants bindings email sms whatsapp messaging_binding backoff_policy twilio/text twilio/media twilio/location"
    " twilio/quick-reply twilio/call-to-action twilio/list-picker twilio/card actions since"
)
"""Members that hold others: what is in them is looked at by this table, too."""

_NUMBERS: Final = _words(
    "id last_event_id index item_index correlation_id event_protocol_version retried_requests ttl_in_s"
    " estimated_delivery_in_ms max_batch_size typing_timeout lastConsumedMessageIndex last_read_message_index"
    " messages_count participants_count unread_messages_count user_infos_to_subscribe my_conversations_page_size"
    " media_attachment_size_limit_in_mb media_attachments_count_limit media_attachments_total_size_limit_in_mb"
    " reconnect_min_ms reconnect_max_ms size total code error_code errorCode revision item_revision list_revision"
    " map_revision document_revision online notifiable is_online is_notifiable reachability_enabled version"
    " messages roster"
)
_CODES: Final = _words("code error_code errorCode")
"""As texts they are those of templates, to be typed in somewhere."""

_SIDS: Final = _words(
    "sid account_sid service_sid chat_service_sid conversation_sid channel_sid message_sid channel_message_sid"
    " participant_sid user_sid role_sid roleSid memberSid contentSid content_sid list_sid map_sid document_sid"
    " object_sid media_sids id"
)
_DATES: Final = _words(
    "date_created date_updated date_expires dateCreated dateUpdated timestamp lastConsumptionTimestamp"
)
_PLACES: Final = _words(
    "url item_url resource_url self conversation conversations participants messages messages_receipts my_conversations"
    " users current_user user_conversations typing media_service media_set_service items context my_user_info"
    " user_info_map userInfo channel roster unique_name list_unique_name map_unique_name document_unique_name"
    " uniqueName"
)
"""Addresses, and names of replicated objects, which may be made of identities."""

_TEXTS: Final = _words(
    "identity author body text subject friendlyName friendly_name createdBy created_by lastUpdatedBy filename message"
    " name address proxy_address projected_address title subtitle label button item"
)
_JSON_TEXTS: Final = _words("attributes value variables")
_ENUMERATIONS: Final[Mapping[str, frozenset[str]]] = {
    "event_type": _words(
        "list_item_added list_item_updated list_item_removed list_context_updated list_removed map_item_added"
        " map_item_updated map_item_removed map_removed document_updated document_removed subscription_established"
        " subscription_canceled subscription_failed stream_message_published stream_removed"
    ),
    "object_type": _words("document list map stream"),
    "replay_status": _words("completed interrupted"),
    "action": _words("establish cancel"),
    "reason": _words("ttl"),
    "status": _words("joined notParticipating queued sent delivered read undelivered failed"),
    "type": _words("text media chat sms whatsapp email messenger rcs viber apple document list map stream"),
    "category": _words("media body history"),
    "level": _words("to cc from"),
    "current": _words("active inactive closed"),
    "state": _words("active inactive closed"),
    "notificationLevel": _words("default muted"),
    "notification_level": _words("default muted"),
    "delivered": _words("all some none"),
    "read": _words("all some none"),
    "sent": _words("all some none"),
    "undelivered": _words("all some none"),
    "failed": _words("all some none"),
    "next_token": frozenset(),
    "previous_token": frozenset(),
}
_KEYS: Final = _words("friendlyName attributes reachability")
"""Keys of the items of a user's map."""

_QUERY: Final[Mapping[str, frozenset[str]]] = {
    "HideExpired": _words("true false"),
    "Order": _words("asc desc"),
    "Include": _words("items"),
    "Key": _KEYS,
    "From": _KEYS,
    "Index": frozenset(),
    "PageSize": frozenset(),
    "PageToken": frozenset(),
    "MessageSid": frozenset(),
    "ChannelSid": frozenset(),
}


def phrase(code: int, text: str) -> str:
    """Return the name of a status if it is the usual one, else nothing."""
    try:
        usual = HTTPStatus(code).phrase
    except ValueError:
        return ""
    return text if text in (usual, usual.upper().replace(" ", "_")) else ""


class Values:
    """Scrubs what is in packets.

    Args:
        pseudonyms: What stands for the rest.
    """

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._pseudonyms = pseudonyms
        self._rules: dict[str, Callable[[str], str]] = {
            **dict.fromkeys(_TEXTS, pseudonyms.text),
            **dict.fromkeys(_NUMBERS, self._number),
            **dict.fromkeys(_SIDS, self.sid),
            **dict.fromkeys(_DATES, self._date),
            **dict.fromkeys(_PLACES, self.place),
            **dict.fromkeys(_JSON_TEXTS, self._json),
            **dict.fromkeys(("contentType", "content_type"), self.content_type),
            **dict.fromkeys(
                ("email_bodies_allowed_mime_types", "email_histories_allowed_mime_types"), self.content_type
            ),
            **dict.fromkeys(("http_cache_interval", "consumption_report_interval"), self._period),
            **dict.fromkeys(("key", "item_key"), self._key),
            **dict.fromkeys(_CODES, pseudonyms.text),
            **{name: self._one_of(words) for name, words in _ENUMERATIONS.items()},
        }

    def payload(self, payload: bytes) -> bytes:
        """Scrub a body: JSON member by member, a form likewise, anything else as a whole."""
        if not payload:
            return payload
        try:
            value: JSON = msgspec.json.decode(payload)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            return self._form(payload)
        return msgspec.json.encode(self._member("", value, DEEPEST))

    def place(self, text: str) -> str:
        """Scrub an address, a path, or the name of a replicated object."""
        if text.startswith(("http://", "https://")):
            try:
                url = urlsplit(text)
            except ValueError:
                return self._pseudonyms.text(text)
            query = "&".join(f"{self._pseudonyms.text(pair)}=" for pair in filter(None, url.query.split("&")))
            return f"{url.scheme}://{self.host(url.netloc)}{self.path(url.path)}{'?' if query else ''}{query}"
        return self.path(text) if text.startswith("/") else self.name(text)

    def path(self, path: str) -> str:
        """Scrub a path, segment by segment; it is and stays percent-encoded."""
        before = ""
        segments: list[str] = []
        for segment in path.split("/"):
            plain = unquote(segment)
            known = not segment or segment in _SEGMENTS or (before == "Items" and _DIGITS.fullmatch(plain) is not None)
            if (known and before not in _NAMED) or segment in ("", "%s"):
                segments.append(segment)
            else:
                segments.append(quote(self._key(plain) if before == "Items" else self.name(plain), safe=""))
            before = segment
        return "/".join(segments)

    def host(self, host: str) -> str:
        """Scrub a host."""
        return host if _HOST.fullmatch(host) else _ELSEWHERE

    def name(self, name: str) -> str:
        """Scrub the name of something: a sid stays, and so does what the service adds to one or to an identity."""
        match = _NAME.fullmatch(name)
        if match is None:
            return self.sid(name)
        return self.sid(match[1]) + match[2]

    def sid(self, text: str) -> str:
        """Scrub what should be a sid."""
        return text if SID.fullmatch(text) else self._pseudonyms.text(text)

    def content_type(self, text: str) -> str:
        """Scrub the type of a body."""
        kind, more, parameter = text.partition(";")
        if kind.strip().lower() not in _CONTENT_TYPES and _TYPE.fullmatch(kind) is None:
            return "application/octet-stream"
        return text if _CHARSET.fullmatch(more + parameter) else kind

    def query(self, name: str, value: str) -> tuple[str, str]:
        """Scrub a parameter; its value is and stays percent-encoded."""
        words, plain = _QUERY.get(name), unquote(value)
        if words is None:
            return self._pseudonyms.text(name), self._pseudonyms.text(plain)
        known = plain in words or _DIGITS.fullmatch(plain) or SID.fullmatch(plain)
        return name, value if known else self._pseudonyms.text(plain)

    # -- members of JSON ---------------------------------------------------------------------------------------------

    def _member(self, name: str, value: JSON, depth: int) -> JSON:
        match value:
            case dict():
                if (name and name not in _INNER) or not depth:
                    return self._pseudonyms.value(value)
                return {
                    key if key in self._rules or key in _INNER else self._pseudonyms.text(key): (
                        self._member(key, member, depth - 1)
                        if key in self._rules or key in _INNER
                        else self._pseudonyms.value(member)
                    )
                    for key, member in value.items()
                }
            case list():
                return [self._member(name, member, depth - 1) for member in value] if depth else []
            case str():
                return self._rules.get(name, self._pseudonyms.text)(value)
            case bool() | None:
                return value
            case _:
                return value if name in _NUMBERS or name in ("status", "key") else self._pseudonyms.number(value)

    def _one_of(self, words: frozenset[str]) -> Callable[[str], str]:
        return lambda text: text if text in words else self._pseudonyms.text(text)

    def _number(self, text: str) -> str:
        return text if _DIGITS.fullmatch(text) or SID.fullmatch(text) else self._pseudonyms.text(text)

    def _date(self, text: str) -> str:
        return text if _DATE.fullmatch(text) else self._pseudonyms.text(text)

    def _period(self, text: str) -> str:
        return text if _PERIOD.fullmatch(text) else self._pseudonyms.text(text)

    def _key(self, text: str) -> str:
        return text if text in _KEYS else self.sid(text)

    def _json(self, text: str) -> str:
        """Scrub a text that should be JSON, so that it still is; a text that is none becomes one that is none."""
        if text[:1] not in ("{", "["):
            return self._pseudonyms.text(text)
        try:
            value: JSON = msgspec.json.decode(text)
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            return self._pseudonyms.text(text)
        return msgspec.json.encode(self._pseudonyms.value(value)).decode()

    def _form(self, payload: bytes) -> bytes:
        pairs = payload.decode("utf-8", "replace").split("&")
        if not all("=" in pair for pair in pairs):
            return self._pseudonyms.text(payload.decode("latin-1")).encode()
        return "&".join("=".join(self.query(*pair.split("=", 1))) for pair in pairs).encode()
