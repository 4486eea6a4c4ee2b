"""Content templates: the list of them, and messages made from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from rxconvo.server import Refusal
from rxconvo.server.templates import render

if TYPE_CHECKING:
    from tests.server.conftest import Peer, Response, World

PATH = "/Client/v2/ContentTemplates"
GREETING: dict[str, Any] = {
    "sid": "HX1",
    "friendly_name": "greeting",
    "variables": '{"1":"world","mood":"fine"}',
    "variants": {"twilio/text": {"body": "hello {{1}}, {{ mood }}, {{2}}"}, "twilio/card": {"title": "{{1}}"}},
}


async def replace(world: World, *templates: object) -> dict[str, Any]:
    return await world.server.control("templates", templates=list(templates))


async def test_templates_are_listed_in_pages(world: World) -> None:
    ada = await world.peer("ada")
    assert (await ada.get(PATH, PageSize="100")).body == {
        "templates": [],
        "meta": {"next_token": None, "previous_token": None},
    }
    quick = {"variants": {"twilio/quick-reply": {"body": "?", "actions": []}}, "language": "en"}
    made = await replace(world, GREETING, quick)
    first = (await ada.get(PATH, PageSize="1")).body
    second = (await ada.get(PATH, PageSize="1", PageToken=first["meta"]["next_token"])).body
    (one,), (other,) = first["templates"], second["templates"]
    assert made == {"templates": [one["sid"], other["sid"]]}
    assert second["meta"]["next_token"] is None
    back = (await ada.get(PATH, PageToken=second["meta"]["previous_token"])).body
    assert back["templates"] == first["templates"]
    assert back["meta"]["previous_token"] is None
    stamps = {"account_sid": world.keys.account_sid, **{key: one[key] for key in ("date_created", "date_updated")}}
    assert one == {**stamps, **GREETING}
    sid = other["sid"]
    assert other == {**stamps, "sid": sid, "friendly_name": sid, "variables": "{}", **quick}
    assert await replace(world) == {"templates": []}
    assert (await ada.get(PATH)).body["templates"] == []


async def test_variables_may_be_an_object(world: World) -> None:
    ada = await world.peer("ada")
    await replace(world, {**GREETING, "variables": {"1": "all"}})
    (template,) = (await ada.get(PATH)).body["templates"]
    assert orjson.loads(template["variables"]) == {"1": "all"}


def text(**fields: object) -> dict[str, object]:
    return {"variants": {"twilio/text": {"body": "x"}}, **fields}


@pytest.mark.parametrize(
    "template, named",
    [
        (7, "templates[0] "),
        ({}, "templates[0].variants"),
        (text(variants={}), "templates[0].variants"),
        (text(variants={"text": {}}), "templates[0].variants"),
        (text(variants={"twilio/text": 7}), "templates[0].variants.twilio/text"),
        (text(variants={"twilio/text": {}}), "templates[0].variants.twilio/text.body"),
        (text(variants={"twilio/location": {"latitude": 1, "longitude": True}}), "templates[0].variants.twilio/loc"),
        (text(sid=7), "templates[0].sid"),
        (text(sid=""), "templates[0].sid"),
        (text(friendly_name=7), "templates[0].friendly_name"),
        (text(variables="x"), "templates[0].variables"),
        (text(variables="[]"), "templates[0].variables"),
        (text(variables={"1": 7}), "templates[0].variables"),
        (text(language="x" * 17_000), "templates[0] "),
        (text(varaibles={"1": "x"}), "templates[0].varaibles must be absent; the fields are account_sid, "),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_changes(world: World, template: object, named: str) -> None:
    ada = await world.peer("ada")
    await replace(world, GREETING)
    with pytest.raises(Refusal) as caught:
        await replace(world, template)
    assert caught.value.status == 400
    assert caught.value.message.startswith(named)
    with pytest.raises(Refusal, match=r"templates\[1\]\.sid"):
        await replace(world, GREETING, GREETING)
    assert [each["sid"] for each in (await ada.get(PATH)).body["templates"]] == ["HX1"]


@pytest.mark.parametrize(
    "values, filled",
    [
        ({}, "hello world, fine, {{2}}"),
        ({"1": "you", "2": "{{1}}", "3": "unused"}, "hello you, fine, {{1}}"),
    ],
)
def test_places_are_filled_once(values: dict[str, str], filled: str) -> None:
    rendered = render(orjson.dumps(GREETING), values)
    assert rendered.content_type == "application/x-vnd.com.twilio.rich.twilio.text"
    assert orjson.loads(rendered.text) == {"data": {"body": filled}}


def test_places_are_filled_wherever_there_are_texts() -> None:
    fields = {"body": "{{1}}", "actions": [{"title": "{{1}}", "id": 7}], "{{1}}": None}
    template = {"variables": "{}", "variants": {"x/y-z": fields}}
    rendered = render(orjson.dumps(template), {"1": "\u2713"})
    assert rendered.content_type == "application/x-vnd.com.twilio.rich.x.y-z"
    filled = {"body": "\u2713", "actions": [{"title": "\u2713", "id": 7}], "{{1}}": None}
    assert orjson.loads(rendered.text) == {"data": filled}


# Messages


@pytest.fixture
async def ada(world: World) -> Peer:
    return await world.peer("ada")


@pytest.fixture
async def sid(world: World, ada: Peer) -> str:
    sid = await world.create(ada)
    await world.join(ada, sid)
    await ada.watch(sid)
    ada.forget()
    await replace(world, GREETING)
    return sid


async def test_a_message_of_a_template_has_its_content(world: World, ada: Peer, sid: str) -> None:
    sent = await world.send(ada, sid, content_sid="HX1", content_variables='{"1":"you"}', media_sids=[])
    await ada.catch_up()
    item = ada.notifications()[0]["events"][0]["item_data"]
    (media,) = item["medias"]
    assert (item["contentSid"], item["text"]) == ("HX1", "hello")
    assert (media["category"], media["contentType"]) == ("body", "application/x-vnd.com.twilio.rich.twilio.text")
    assert [each["sid"] for each in sent.body["media"]] == [media["sid"]]
    stored = await world.store.run(lambda tx: tx.media(media["sid"]), lambda found: found)
    assert stored is not None
    assert stored.content is not None
    assert orjson.loads(stored.content) == {"data": {"body": "hello you, fine, {{2}}"}}
    assert media["size"] == len(stored.content)


async def test_its_content_is_what_the_template_was(world: World, ada: Peer, sid: str) -> None:
    await world.send(ada, sid, content_sid="HX1")
    await replace(world)
    (item,) = (await ada.get(f"/v3/Lists/{sid}.messages/Items")).body["items"]
    stored = await world.store.run(lambda tx: tx.media(item["data"]["medias"][0]["sid"]), lambda found: found)
    assert stored is not None


@pytest.mark.parametrize(
    "changes, named",
    [
        ({"content_sid": "HX2"}, "content_sid"),
        ({"content_sid": 7}, "content_sid"),
        ({"content_sid": "HX1", "content_variables": "x"}, "content_variables"),
        ({"content_sid": "HX1", "content_variables": '{"1":7}'}, "content_variables"),
        ({"content_sid": "HX1", "content_variables": {"1": "x"}}, "content_variables"),
        ({"content_sid": "HX1", "content_variables": '{"1":"' + "x" * 17_000 + '"}'}, "content_variables"),
    ],
)
async def test_a_message_that_cannot_be_made_is_not_sent(
    world: World, ada: Peer, sid: str, changes: dict[str, Any], named: str
) -> None:
    response: Response = await ada.request("POST", world.path(sid, "Messages"), {"body": "x", **changes})
    assert response.status == 400
    assert response.body["message"].startswith(named)
    await ada.catch_up()
    assert ada.events() == []


async def test_content_has_a_limit(world: World, ada: Peer, sid: str) -> None:
    await replace(world, {"sid": "HX1", "variants": {"twilio/text": {"body": "{{1}}" * 10}}})
    body = {"content_sid": "HX1", "content_variables": orjson.dumps({"1": "x" * 7000}).decode()}
    response = await ada.request("POST", world.path(sid, "Messages"), body)
    assert (response.status, "65536" in response.body["message"]) == (400, True)
