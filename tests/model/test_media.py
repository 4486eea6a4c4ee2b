"""What is attached to a message, as a value."""

from __future__ import annotations

from rxconvo.model import Media


def test_only_the_sid_is_needed() -> None:
    media = Media("ME1")
    assert (media.category, media.filename, media.size) == ("media", None, 0)
    assert media.content_type == "application/octet-stream"


def test_equal_is_what_has_the_same_fields() -> None:
    assert Media("ME1", size=12) == Media("ME1", "media", size=12)
    assert Media("ME1", size=12) != Media("ME1", size=13)
    assert len({Media("ME1"), Media("ME1"), Media("ME2")}) == 2
