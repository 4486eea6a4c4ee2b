from __future__ import annotations

from urllib.parse import unquote

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxconvo.client.configuration import Configuration, ConversationLimits, quoted
from rxconvo.client.resources import read_resource
from rxconvo.errors import PayloadError

BODY = {
    "identity": "ada",
    "sync_objects": {"my_conversations": "ada.channels", "my_user_info": "ada.info", "more": "x"},
    "links": {
        "my_conversations": "https://x/Me",
        "conversations": "https://x/C",
        "users": "https://x/U",
        "typing": "https://x/T",
    },
    "unknown": {},
}


@pytest.fixture
def configuration() -> Configuration:
    return read_resource(orjson.dumps(BODY), Configuration)


def test_what_is_read_of_a_configuration(configuration: Configuration) -> None:
    assert configuration.identity == "ada"
    assert configuration.sync_objects.my_conversations == "ada.channels"
    assert configuration.sync_objects.my_user_info == "ada.info"
    assert configuration.limits == ConversationLimits()
    assert (configuration.options.reachability_enabled, configuration.options.user_infos_to_subscribe) == (False, 100)
    assert configuration.receipts_url("CH1", "IM/1") == "https://x/C/CH1/Messages/IM%2F1/Receipts"


def test_limits_of_the_service_are_taken_over() -> None:
    options = {"media_attachments_count_limit": 3, "email_bodies_allowed_mime_types": ["text/plain"]}
    limits = read_resource(orjson.dumps({**BODY, "options": options}), Configuration).limits
    assert type(limits) is ConversationLimits
    assert limits.media_attachments_count_limit == 3
    assert limits.email_bodies_allowed_content_types == ("text/plain",)
    assert limits.media_attachment_size_limit_in_mb == ConversationLimits().media_attachment_size_limit_in_mb


def test_names_become_one_segment_of_an_address(configuration: Configuration) -> None:
    assert configuration.conversation_url("CH1") == "https://x/C/CH1"
    assert configuration.my_conversation_url("stand up/now?") == "https://x/Me/stand%20up%2Fnow%3F"
    assert configuration.user_url("a&b@c") == "https://x/U/a%26b%40c"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_segment_has_no_separator_and_can_be_read_back(text: str) -> None:
    segment = quoted(text)
    assert segment.isascii()
    assert not set(segment) & set("/?#&=+ :@")
    assert unquote(segment) == text


def with_media(**links: str | None) -> Configuration:
    return read_resource(orjson.dumps({**BODY, "links": {**BODY["links"], **links}}), Configuration)  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "media,media_set,url,set_url",
    [
        ("https://m/Media", "https://m/Sets", "https://m/Media", "https://m/Sets"),
        ("http://m/Media", None, "http://m/Media", "http://m/MediaSet"),
        ("/v1/Media", "/v1/Sets", "https://mcs.ie1.twilio.com/v1/Media", "https://mcs.ie1.twilio.com/v1/Sets"),
        ("/v1/Media", None, "https://mcs.ie1.twilio.com/v1/Media", "https://mcs.ie1.twilio.com/v1/MediaSet"),
    ],
)
def test_a_path_leads_to_the_media_service_of_the_region(
    media: str, media_set: str | None, url: str, set_url: str
) -> None:
    configuration = with_media(media_service=media, media_set_service=media_set)
    assert (configuration.media_url("ie1"), configuration.media_set_url("ie1")) == (url, set_url)


def test_without_a_media_service_all_else_works(configuration: Configuration) -> None:
    for address in (configuration.media_url, configuration.media_set_url, with_media(media_service="").media_url):
        with pytest.raises(PayloadError, match="no media service"):
            address("us1")
