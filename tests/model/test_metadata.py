from __future__ import annotations

from rxconvo.model import ChannelMetadata


def test_what_a_channel_tells_is_parsed_for_each_reader() -> None:
    metadata = ChannelMetadata("whatsapp", '{"a": [1]}')
    assert metadata.data == {"a": [1]}
    assert metadata.data is not metadata.data
    assert ChannelMetadata("x").data == {}
