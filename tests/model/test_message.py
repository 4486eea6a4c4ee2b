"""A message as a value: what it shows, and what it asks its conversation for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from rxconvo.errors import ArgumentError, DetachedError
from rxconvo.model import Home, Media, Message

ACTIONS: dict[str, tuple[Callable[[Message], object], tuple[object, ...]]] = {
    "update_message_body": (lambda message: message.update_body("ho"), ("ho",)),
    "update_message_attributes": (lambda message: message.update_attributes({"a": 1}), ({"a": 1},)),
    "remove_message": (lambda message: message.remove(), ()),
    "get_message_participant": (lambda message: message.get_participant(), ()),
    "get_message_content_data": (lambda message: message.get_content_data(), ()),
}


def test_only_sid_and_index_are_needed() -> None:
    message = Message("IM1", 5)
    assert (message.sid, message.index, message.type, message.attributes) == ("IM1", 5, "text", {})
    assert (message.body, message.author, message.date_created, message.date_updated) == (None, None, None, None)
    assert message.medias == message.attached_media == ()
    assert message.conversation_sid == ""


def test_attributes_are_parsed_anew_for_each_reader() -> None:
    message = Message("IM1", 5, attributes_json='{"a":[]}')
    message.attributes["a"].append("mine alone")  # type: ignore[call-overload,index,union-attr]
    assert message.attributes == {"a": []}


def test_malformed_attributes_are_empty() -> None:
    assert Message("IM1", 5, attributes_json="{").attributes == {}


def test_dates_are_aware() -> None:
    message = Message("IM1", 5, date_created_iso="2026-01-31T13:00:00+01:00", date_updated_iso="2026-02-01")
    assert message.date_created == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert message.date_updated == datetime(2026, 2, 1, tzinfo=UTC)


def test_media_are_found_by_category() -> None:
    image, page, past = Media("ME1"), Media("ME2", "body"), Media("ME3", "history")
    message = Message("IM1", 5, medias=(page, image, past))
    assert message.attached_media == (image,)
    assert message.get_media_by_categories("body", "history") == (page, past)
    assert message.get_media_by_categories("media", "body") == (page, image)
    assert message.get_media_by_categories(["media", "body"]) == (page, image)
    assert message.get_media_by_categories("video") == message.get_media_by_categories() == ()
    assert message.media == image
    with pytest.raises(ArgumentError, match="categories"):
        message.get_media_by_categories("body", ["media"])
    with pytest.raises(ArgumentError, match="categories"):
        message.get_media_by_categories(7)  # type: ignore[arg-type]
    assert Message("IM1", 5, medias=(page,)).media is None


def test_parts_of_an_email_are_found_by_content_type() -> None:
    plain, page = Media("ME1", "body", None, "text/plain"), Media("ME2", "body", None, "text/html")
    past = Media("ME3", "history", None, "text/plain")
    message = Message("IM1", 5, medias=(Media("ME0", content_type="text/plain"), plain, page, past))
    assert (message.get_email_body(), message.get_email_body("text/html")) == (plain, page)
    assert (message.get_email_history(), message.get_email_history("text/html")) == (past, None)
    for find in (message.get_email_body, message.get_email_history):
        for wrong in ("", None, 1):
            with pytest.raises(ArgumentError, match="content_type"):
                find(wrong)  # type: ignore[arg-type]


MEDIA = (Media("ME1"), Media("ME2", "body"), Media("ME3"))


def test_addresses_are_asked_of_its_conversation(home: Home[Any], actor: object) -> None:
    message = Message("IM1", 5, medias=MEDIA, home=home)
    asked: list[object] = [
        message.get_temporary_content_urls_for_media(MEDIA[:2]),
        message.get_temporary_content_urls_for_media_sids(["ME9"]),
        message.get_temporary_content_urls_for_attached_media(),
        message.attach_temporary_urls_for(MEDIA),
    ]
    assert asked == [
        ("get_temporary_content_urls", ("ME1", "ME2")),
        ("get_temporary_content_urls", ("ME9",)),
        ("get_temporary_content_urls", ("ME1", "ME3")),
        ("attach_temporary_urls", MEDIA),
    ]


@pytest.mark.parametrize("wrong", [(), [], None, 1, "ME1", b"ME1", [1], [""], [None], ["ME1", "\ud800"], MEDIA])
def test_wrong_sids_are_refused(home: Home[Any], actor: object, wrong: Any) -> None:
    with pytest.raises(ArgumentError, match="sids"):
        Message("IM1", 5, home=home).get_temporary_content_urls_for_media_sids(wrong)


@pytest.mark.parametrize("wrong", [(), [], None, 1, "ME1", MEDIA[0], ["ME1"], [*MEDIA, None]])
def test_wrong_media_are_refused(home: Home[Any], actor: object, wrong: Any) -> None:
    message = Message("IM1", 5, home=home)
    for ask in (message.get_temporary_content_urls_for_media, message.attach_temporary_urls_for):
        with pytest.raises(ArgumentError, match="media"):
            ask(wrong)


def test_where_nothing_is_attached_there_are_no_addresses(home: Home[Any], actor: object) -> None:
    with pytest.raises(ArgumentError, match="non-empty"):
        Message("IM1", 5, medias=MEDIA[1:2], home=home).get_temporary_content_urls_for_attached_media()


def test_its_conversation_is_found_by_its_home(home: Home[Any], actor: object) -> None:
    message = Message("IM1", 5, home=home)
    assert message.conversation is actor
    assert message.conversation_sid == "CH1"


@pytest.mark.parametrize("name", ACTIONS)
def test_actions_are_those_of_its_conversation(name: str, home: Home[Any], actor: object) -> None:
    act, arguments = ACTIONS[name]
    message = Message("IM1", 5, "ada", "hi", home=home)
    assert act(message) == (name, message, *arguments)
    assert message == Message("IM1", 5, "ada", "hi", home=home)


@pytest.mark.parametrize("act", [*(act for act, _ in ACTIONS.values()), lambda message: message.conversation])
def test_once_the_client_is_gone_it_can_only_be_read(act: Callable[[Message], object]) -> None:
    gone: Home[Any] = Home("CH1", lambda: None)
    for message in (Message("IM1", 5, body="hi", home=gone), Message("IM1", 5, body="hi")):
        with pytest.raises(DetachedError):
            act(message)
        assert message.body == "hi"
