"""The content of rich messages: every kind that is known, and all others as they came."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from rxconvo.model.content import (
    ContentData,
    ContentDataActionOther,
    ContentDataActionPhone,
    ContentDataActionReply,
    ContentDataActionUrl,
    ContentDataCallToAction,
    ContentDataCard,
    ContentDataListItem,
    ContentDataListPicker,
    ContentDataLocation,
    ContentDataMedia,
    ContentDataOther,
    ContentDataQuickReply,
    ContentDataReply,
    ContentDataText,
    ContentTemplateVariable,
    read_content,
)


def raw(value: object) -> str:
    return orjson.dumps(value).decode()


URL = {"type": "URL", "title": "go", "url": "https://example.test"}
PHONE = {"type": "PHONE_NUMBER", "title": "call", "phone": "+1500"}
REPLY = {"type": "QUICK_REPLY", "title": "yes", "id": "y", "index": 2}
BARE = {"type": "QUICK_REPLY", "title": "no"}
COUPON = {"type": "COUPON", "title": "save", "code": "X"}
ACTIONS = (
    ContentDataActionUrl("go", "https://example.test", raw(URL)),
    ContentDataActionPhone("call", "+1500", raw(PHONE)),
    ContentDataActionReply("yes", "y", 2, raw(REPLY)),
    ContentDataActionReply("no", "", 0, raw(BARE)),
    ContentDataActionOther(raw(COUPON)),
)

KNOWN: list[tuple[str, dict[str, Any], ContentData]] = [
    ("twilio/text", {"body": "hi"}, ContentDataText("hi", raw({"body": "hi"}))),
    ("twilio/media", {"media": ["u"]}, ContentDataMedia(("u",), raw({"media": ["u"]}))),
    (
        "twilio/media",
        {"media": [], "body": "see"},
        ContentDataMedia((), raw({"media": [], "body": "see"}), "see"),
    ),
    (
        "twilio/location",
        {"longitude": 1.5, "latitude": "2", "label": "here"},
        ContentDataLocation(1.5, 2.0, raw({"longitude": 1.5, "latitude": "2", "label": "here"}), "here"),
    ),
    (
        "twilio/quick-reply",
        {"body": "?", "actions": [{"title": "a", "id": "1"}, {"title": "b", "id": None}]},
        ContentDataQuickReply(
            "?",
            (ContentDataReply("a", "1"), ContentDataReply("b")),
            raw({"body": "?", "actions": [{"title": "a", "id": "1"}, {"title": "b", "id": None}]}),
        ),
    ),
    (
        "twilio/call-to-action",
        {"body": "!", "actions": [URL, PHONE, REPLY, BARE, COUPON]},
        ContentDataCallToAction("!", ACTIONS, raw({"body": "!", "actions": [URL, PHONE, REPLY, BARE, COUPON]})),
    ),
    (
        "twilio/list-picker",
        {"body": "pick", "button": "open", "items": [{"id": "1", "item": "x", "description": "d"}]},
        ContentDataListPicker(
            "pick",
            "open",
            (ContentDataListItem("1", "x", "d"),),
            raw({"body": "pick", "button": "open", "items": [{"id": "1", "item": "x", "description": "d"}]}),
        ),
    ),
    ("twilio/card", {"title": "t"}, ContentDataCard("t", raw({"title": "t"}))),
    (
        "twilio/card",
        {"title": "t", "subtitle": "s", "media": ["u"], "actions": [URL], "more": 1},
        ContentDataCard(
            "t",
            raw({"title": "t", "subtitle": "s", "media": ["u"], "actions": [URL], "more": 1}),
            "s",
            ("u",),
            ACTIONS[:1],
        ),
    ),
]


@pytest.mark.parametrize("kind,data,content", KNOWN)
def test_known_content_is_read(kind: str, data: dict[str, Any], content: ContentData) -> None:
    assert read_content(kind, data) == content


def test_each_kind_says_what_it_is() -> None:
    assert [content.type for _, _, content in KNOWN] == [
        "text",
        "media",
        "media",
        "location",
        "quickReply",
        "callToAction",
        "listPicker",
        "card",
        "card",
    ]
    assert [action.type for action in ACTIONS] == ["url", "phone", "reply", "reply", "other"]


@pytest.mark.parametrize(
    "kind,data",
    [
        ("twilio/flows", {"body": "x"}),
        ("", {}),
        ("twilio/text", {}),
        ("twilio/text", {"body": 1}),
        ("twilio/text", ["body"]),
        ("twilio/text", None),
        ("twilio/media", {"media": "u"}),
        ("twilio/location", {"longitude": 1}),
        ("twilio/quick-reply", {"body": "x"}),
        ("twilio/call-to-action", {"body": "x", "actions": 1}),
        ("twilio/list-picker", {"body": "x", "button": "y", "items": [{"id": "1"}]}),
        ("twilio/card", {"title": "t", "actions": 1}),
    ],
)
def test_what_cannot_be_read_is_kept_as_it_came(kind: str, data: Any) -> None:
    content = read_content(kind, data)
    assert content == ContentDataOther(raw(data))
    assert content.type == "other"


@pytest.mark.parametrize("action", [1, None, {}, {"type": "URL"}, {"type": "URL", "title": 1}, {"type": ["URL"]}])
def test_an_action_that_cannot_be_read_harms_no_other(action: Any) -> None:
    content = read_content("twilio/card", {"title": "t", "actions": [action, URL]})
    assert isinstance(content, ContentDataCard)
    assert content.actions == (ContentDataActionOther(raw(action)), ACTIONS[0])


def test_a_variable_is_copied_with_another_value() -> None:
    variable = ContentTemplateVariable("1", "world")
    assert variable.copy_with_value("moon") == ContentTemplateVariable("1", "moon")
    assert variable == ContentTemplateVariable("1", "world")
