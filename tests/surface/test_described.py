"""What no recording has: our client asks for it as the reference describes it.

Source: Conversations (resources), Push notifications, Media.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

import rxconvo
from rxconvo import SendEmailOptions, SendMediaOptions
from tests.surface.places import TEMPLATE, Place, place
from tests.surface.traffic import Asked, asked_by, asked_of_media

HERE = "/Client/v2/Services/IS*/Conversations/CH*"
JSON = "application/json; charset=utf-8"
NOTE = SendMediaOptions(None, "x")


@dataclass(frozen=True)
class Described:
    """A call, and the requests that it makes.

    Attributes:
        call: Makes it.
        what: Methods and paths.
        body: The body of the last one.
        params: Its parameters.
        fetch: Whether it is a resource fetch: typed as a mutation is, but without an id.
        uploads: Methods and paths of requests for media, with their queries.
    """

    call: Callable[[Place], Awaitable[object]]
    what: tuple[str, ...]
    body: Any = None
    params: dict[str, str] = field(default_factory=dict)
    fetch: bool = False
    uploads: tuple[str, ...] = ()


def media(category: str, name: str = "") -> str:
    return f"POST /v1/Services/IS*/Media?Category={category}{name}"


async def all_recipients(at: Place) -> object:
    recipients = [{"type": "pigeon", "message_sid": at.message.sid}] * 2
    await at.control("recipients", conversation=at.conversation.sid, recipients=recipients)
    return await (await at.conversation.get_message_recipients(1)).next_page()


async def metadata(at: Place) -> object:
    where = {"conversation": at.conversation.sid, "message": at.message.sid}
    await at.control("metadata", **where, metadata={"type": "whatsapp", "data": {}})
    await at.settle()
    flagged = at.client._context.store.conversations[at.conversation.sid].message(at.message.index)
    assert flagged is not None
    return await flagged.get_channel_metadata()


DESCRIBED = {
    "an empty text": Described(
        lambda at: at.conversation.send_message(None), (f"POST {HERE}/Messages",), {"body": "", "attributes": "{}"}
    ),
    "a text with all that it may have": Described(
        lambda at: at.conversation.send_message("x", [1], SendEmailOptions("y")),
        (f"POST {HERE}/Messages",),
        {"body": "x", "subject": "y", "attributes": "[1]"},
    ),
    "a file": Described(
        lambda at: at.conversation.send_message(SendMediaOptions("text/plain", "x", "a b.txt")),
        (f"POST {HERE}/Messages",),
        {"media_sids": ["ME*"], "attributes": "{}"},
        uploads=(media("media", "&Filename=a+b.txt"),),
    ),
    "an e-mail": Described(
        lambda at: (
            at.builder.set_subject("x")
            .set_email_history("text/plain", NOTE)
            .set_email_body("text/html", NOTE)
            .add_media(SendMediaOptions("text/plain", "x"))
            .build_and_send()
        ),
        (f"POST {HERE}/Messages",),
        {"subject": "x", "media_sids": ["ME*"] * 3, "attributes": "{}"},
        uploads=(media("media"), media("body"), media("history")),
    ),
    "a message from a template": Described(
        lambda at: at.builder.set_content_template(
            str(TEMPLATE["sid"]), [rxconvo.ContentTemplateVariable("1", "é")]
        ).build_and_send(),
        (f"POST {HERE}/Messages",),
        {"media_sids": [], "attributes": "{}", "content_sid": "HX*", "content_variables": '{"1":"é"}'},
    ),
    "no variables": Described(
        lambda at: at.builder.set_content_template(str(TEMPLATE["sid"])).build_and_send(),
        (f"POST {HERE}/Messages",),
        {"media_sids": [], "attributes": "{}", "content_sid": "HX*", "content_variables": "{}"},
    ),
    "an e-mail address": Described(
        lambda at: at.conversation.add_non_chat_participant(
            "lunch@example.test",
            "ann@example.test",
            {"k": 1},
            binding_options=rxconvo.ParticipantBindingOptions(email={"name": "Ann", "level": "cc"}),
        ),
        (f"POST {HERE}/Participants",),
        {
            "attributes": '{"k":1}',
            "messaging_binding": {
                "address": "ann@example.test",
                "proxy_address": "lunch@example.test",
                "name": "Ann",
                "level": "cc",
            },
        },
    ),
    "a participant that goes": Described(lambda at: at.participant.remove(), (f"DELETE {HERE}/Participants/MB*",), {}),
    "a participant that goes by its sid": Described(
        lambda at: at.conversation.remove_participant(at.participant), (f"DELETE {HERE}/Participants/MB*",), {}
    ),
    "no unique name any more": Described(
        lambda at: at.conversation.update_unique_name(None), (f"POST {HERE}",), {"unique_name": ""}
    ),
    "the same names": Described(lambda at: at.conversation.update_friendly_name("lunch"), ()),
    "a horizon that stays": Described(
        lambda at: at.conversation.advance_last_read_message_index(2),
        ("POST /Client/v2/Services/IS*/Users/US*/Conversations/CH*",),
        {"last_read_message_index": 2},
    ),
    "templates": Described(
        lambda at: at.client.get_content_templates(),
        ("GET /Client/v2/ContentTemplates",),
        params={"PageSize": "100"},
        fetch=True,
    ),
    "recipients of a message": Described(
        lambda at: at.message.get_message_recipients(),
        (f"GET {HERE}/MessageRecipients",),
        params={"MessageSid": "IM*"},
        fetch=True,
    ),
    "metadata where there is none": Described(lambda at: at.message.get_channel_metadata(), ()),
    "metadata": Described(metadata, (f"GET {HERE}/Messages/IM*/ChannelMetadata",), fetch=True),
    "a device of Apple": Described(
        lambda at: at.client.set_push_registration_id("apn", "x"),
        ("POST /v1/registrations",),
        {
            "endpoint_platform": "web",
            "channel_type": "apn",
            "version": "4",
            "message_types": [
                "twilio.conversations.new_message",
                "twilio.conversations.added_to_conversation",
                "twilio.conversations.removed_from_conversation",
                "twilio.ipmsg.typing_indicator",
                "twilio.channel.consumption_update",
            ],
            "data": {"registration_id": "x"},
        },
        params={"productId": "ip_messaging"},
    ),
    "no device": Described(lambda at: at.client.unset_push_registration_id("fcm"), ()),
    "another token": Described(lambda at: at.client.update_token(at.token), ("update",)),
    "the end": Described(lambda at: at.client.shutdown(), ("close",)),
}


@pytest.mark.parametrize("name", DESCRIBED)
async def test_what_is_not_recorded_is_asked_for_as_described(name: str) -> None:
    described = DESCRIBED[name]
    async with place() as at:
        packets, requests = at.said()
        await described.call(at)
        await at.settle()
        found = [asked for asked in asked_by(at.line.sent[packets:]) if "/v3/" not in asked.what]
        assert tuple(asked.what for asked in found) == described.what
        check(found, described)
        uploads = asked_of_media(at.office.asked[requests:], at.office.bodies[requests:])
        assert tuple(f"{asked.what}?{json.loads(asked.detail)['query']}" for asked in uploads) == described.uploads


def check(found: list[Asked], described: Described) -> None:
    """Check the details of the last request."""
    if not found or not found[-1].detail:
        return
    detail = json.loads(found[-1].detail)
    assert (detail["body"], detail["params"]) == (described.body, described.params)
    registration = "registrations" in found[-1].what
    assert detail["grant"] == "ip_messaging"
    assert detail["type"] == ("application/json" if registration else JSON)
    assert detail["headers"] == (
        {"Content-Type": detail["type"]}
        | ({} if described.fetch or registration else {"X-Twilio-Mutation-Id": "<uuid>"})
    )


async def test_the_pages_of_recipients_are_asked_for_by_their_tokens() -> None:
    async with place() as at:
        packets, _ = at.said()
        await all_recipients(at)
        first, second = asked_by(at.line.sent[packets:])
        assert first.what == second.what == f"GET {HERE}/MessageRecipients"
        assert json.loads(first.detail)["params"] == {"PageSize": "1"}
        assert json.loads(second.detail)["params"].keys() == {"PageToken"}
