"""What is attached to a message, as a value."""

from __future__ import annotations

from typing import Any

import pytest

from rxconvo.errors import DetachedError
from rxconvo.model import Home, Media
from rxconvo.model.media import MAX_READ


def test_only_the_sid_is_needed() -> None:
    media = Media("ME1")
    assert (media.category, media.filename, media.size) == ("media", None, 0)
    assert media.content_type == "application/octet-stream"


def test_equal_is_what_has_the_same_fields() -> None:
    assert Media("ME1", size=12) == Media("ME1", "media", size=12)
    assert Media("ME1", size=12) != Media("ME1", size=13)
    assert len({Media("ME1"), Media("ME1"), Media("ME2")}) == 2


def test_it_is_asked_of_its_conversation(home: Home[Any], actor: object) -> None:
    media = Media("ME1", home=home)
    asked: list[object] = [
        media.get_content_temporary_url(),
        media.download("cat.png"),
        media.read(),
        media.read(5),
    ]
    assert asked == [
        ("get_media_temporary_url", media),
        ("download_media", media, "cat.png"),
        ("read_media", media, MAX_READ),
        ("read_media", media, 5),
    ]


@pytest.mark.parametrize("media", [Media("ME1"), Media("ME1", home=Home("CH1", lambda: None))])
def test_once_the_client_is_gone_it_can_only_be_read(media: Media) -> None:
    for act in (media.get_content_temporary_url, media.read, lambda: media.download("x")):
        with pytest.raises(DetachedError):
            act()
    assert media.sid == "ME1"
