"""Content templates: all pages of them, kept for five seconds."""

from __future__ import annotations

from typing import Any

import pytest

from rxconvo import Client, ContentDataText, ContentTemplate
from rxconvo.errors import OutcomeUnknownError, PayloadError
from rxconvo.testing import advance, settle
from rxconvo.wire.packets import Packet, Request

TEMPLATE = {
    "friendly_name": "greeting",
    "variables": {"1": "world"},
    "variants": {"twilio/text": {"body": "hello {{1}}"}},
}


def asked(world: Any) -> list[Any]:
    return [request.http_request for request in world.line("ada").requests("GET", "/ContentTemplates")]


async def publish(world: Any, count: int) -> None:
    await world.service.server.control(
        "templates", templates=[{**TEMPLATE, "sid": f"HX{number:032x}"} for number in range(count)]
    )


async def test_templates_are_read(world: Any, ada: Client) -> None:
    await publish(world, 1)
    (template,) = await ada.get_content_templates()
    assert (template.sid, template.friendly_name) == (f"HX{0:032x}", "greeting")
    assert [(variable.name, variable.value) for variable in template.variables] == [("1", "world")]
    content = template.variants["twilio/text"]
    assert isinstance(content, ContentDataText)
    assert content.body == "hello {{1}}"
    assert template.date_created is not None
    (http,) = asked(world)
    assert (http.host, http.path, http.params) == (
        "aim.us1.twilio.com",
        "/Client/v2/ContentTemplates",
        {"PageSize": "100"},
    )


async def test_without_templates_the_list_is_empty(ada: Client) -> None:
    assert await ada.get_content_templates() == []


async def test_all_pages_are_read(world: Any, ada: Client) -> None:
    await publish(world, 120)
    templates = await ada.get_content_templates()
    assert [template.sid for template in templates] == [f"HX{number:032x}" for number in range(120)]
    first, *others = asked(world)
    assert "PageToken" not in first.params
    assert others
    for http in others:
        assert list(http.params) == ["PageSize", "PageToken"]


async def test_they_are_kept_for_five_seconds(world: Any, ada: Client) -> None:
    first = await ada.get_content_templates()
    first.append(ContentTemplate("mine"))
    await publish(world, 1)
    await advance(4.9)
    assert await ada.get_content_templates() == []
    await advance(0.2)
    assert len(await ada.get_content_templates()) == 1
    assert len(asked(world)) == 2


async def test_nothing_is_asked_before_subscription(world: Any, ada: Client) -> None:
    ada.get_content_templates()
    await settle()
    assert asked(world) == []


async def test_failures_are_tried_again_five_times(world: Any, ada: Client, packets: Any) -> None:
    def replying(packet: Packet) -> list[Packet] | None:
        if isinstance(packet, Request) and packet.http_request.path.endswith("/ContentTemplates"):
            return [packets.answer(packet, 500)]
        return None

    world.line("ada").replying = replying
    with pytest.raises(OutcomeUnknownError):
        await ada.get_content_templates()
    assert len(asked(world)) == 6
    world.line("ada").replying = lambda _: None
    assert await ada.get_content_templates() == []


@pytest.mark.parametrize(
    "page,error",
    [
        ({"templates": [], "meta": {"next_token": "again"}}, "follows itself"),
        ({"meta": {}}, "templates"),
        ({"templates": [{}], "meta": {}}, "sid"),
    ],
)
async def test_what_makes_no_sense_is_told(world: Any, ada: Client, packets: Any, page: Any, error: str) -> None:
    def replying(packet: Packet) -> list[Packet] | None:
        if isinstance(packet, Request) and packet.http_request.path.endswith("/ContentTemplates"):
            return [packets.answer(packet, 200, page)]
        return None

    world.line("ada").replying = replying
    with pytest.raises(PayloadError, match=error):
        await ada.get_content_templates()


async def test_a_list_may_tell_no_next_page_at_all(world: Any, ada: Client, packets: Any) -> None:
    world.line("ada").replying = lambda packet: (
        [packets.answer(packet, 200, {"templates": [{"sid": "HX1"}]})]
        if isinstance(packet, Request) and packet.http_request.path.endswith("/ContentTemplates")
        else None
    )
    assert [template.sid for template in await ada.get_content_templates()] == ["HX1"]
