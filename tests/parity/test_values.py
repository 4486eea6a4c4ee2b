"""Values have the fields of the SDK's types; those of conversations as they come over a real websocket."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, get_args

import orjson
import pytest

import rxconvo
from rxconvo import (
    ContentDataCallToAction,
    ContentDataQuickReply,
    ConversationBindings,
    ConversationEmailBinding,
    ConversationUpdated,
    EmailRecipientDescriptor,
    MessageUpdated,
    ParticipantBindingOptions,
    ParticipantBindings,
    ParticipantEmailBinding,
    ParticipantUpdated,
    PushNotificationType,
    RecipientDescriptor,
    UnknownRecipientDescriptor,
    UserUpdated,
)
from rxconvo.model.content import read_content
from rxconvo.types import JSON

CONTENTS: dict[str, dict[str, Any]] = {
    "text": {"body": "hi"},
    "media": {"media": ["https://example.test/a"]},
    "location": {"longitude": 1.5, "latitude": 2.5},
    "quick-reply": {"body": "?", "actions": [{"title": "yes", "id": "1"}]},
    "call-to-action": {"body": "!", "actions": [{"type": "URL", "title": "go", "url": "https://example.test"}]},
    "list-picker": {"body": "pick", "button": "open", "items": [{"id": "1", "item": "x"}]},
    "card": {"title": "t"},
    "flows": {"body": "of a kind that is not known"},
}
ACTIONS: tuple[dict[str, Any], ...] = (
    {"type": "URL", "title": "go", "url": "https://example.test"},
    {"type": "PHONE_NUMBER", "title": "call", "phone": "+15005550001"},
    {"type": "QUICK_REPLY", "title": "yes", "id": "1", "index": 0},
    {"type": "COUPON", "title": "save"},
)


@pytest.fixture
async def service() -> AsyncGenerator[rxconvo.Service]:
    async with rxconvo.Service() as running:
        yield running


@pytest.fixture
async def lunch(service: rxconvo.Service) -> AsyncGenerator[rxconvo.Conversation]:
    listener = await service.listen()
    async with rxconvo.connect(listener.url, token=service.token("ada")) as ada:
        created = await ada.create_conversation(friendly_name="lunch")
        yield await created.join()


@pytest.mark.e2e
@pytest.mark.real_time
async def test_those_of_participants(lunch: rxconvo.Conversation) -> None:
    level: ParticipantEmailBinding = {"name": "Ann", "level": "cc"}
    ann = await lunch.add_non_chat_participant(
        "chat@example.test", "ann@example.test", binding_options=ParticipantBindingOptions(email=level)
    )
    bindings: ParticipantBindings = (await lunch.get_participant_by_sid(ann.sid)).bindings
    email = bindings.get("email", {})
    assert (email.get("name"), email.get("address"), email.get("level")) == ("Ann", "ann@example.test", "cc")


@pytest.mark.e2e
@pytest.mark.real_time
async def test_those_of_conversations(service: rxconvo.Service, lunch: rxconvo.Conversation) -> None:
    email: ConversationEmailBinding = {"name": "Lunch", "projected_address": "lunch@example.test"}
    told: ConversationBindings = {"email": email, "sms": {"address": "+15005550001"}}
    changed = lunch.updated.next()
    await service.control("bindings", conversation=lunch.sid, bindings=told)
    assert (await changed).reasons == ("dateUpdated", "bindings")
    assert lunch.bindings == told


@pytest.mark.e2e
@pytest.mark.real_time
async def test_json_is_one_type(lunch: rxconvo.Conversation) -> None:
    value: JSON = {"object": {"list": [1, 2.5, "text", True, None]}}
    await lunch.update_attributes(value)
    assert lunch.attributes == value


@pytest.mark.e2e
@pytest.mark.real_time
async def test_events_of_changes_have_the_object_and_the_reasons(lunch: rxconvo.Conversation) -> None:
    added, updated = lunch.messages.added.next(), lunch.messages.updated.next()
    participants = lunch.participants.updated.next()
    renamed = lunch.updated.next()
    await lunch.update_friendly_name("dinner")
    conversation: ConversationUpdated[rxconvo.Conversation] = await renamed
    assert (conversation.conversation, conversation.reasons[0]) == (lunch, "friendlyName")
    await lunch.send_message("hello")
    await (await added).update_body("edited")
    message: MessageUpdated[rxconvo.Conversation] = await updated
    # Within the same millisecond the date is no other one.
    assert (message.message.body, message.reasons[:2]) == ("edited", ("body", "lastUpdatedBy"))
    await lunch.update_last_read_message_index(0)
    participant: ParticipantUpdated[rxconvo.Conversation] = await participants
    assert participant.participant.last_read_message_index == 0
    assert participant.reasons[-2:] == ("lastReadMessageIndex", "lastReadTimestamp")


@pytest.mark.e2e
@pytest.mark.real_time
async def test_events_of_users_have_the_user_and_the_reasons(service: rxconvo.Service) -> None:
    listener = await service.listen()
    async with rxconvo.connect(listener.url, token=service.token("ada")) as ada:
        changed = ada.users.next()
        await ada.user.update_friendly_name("Ada")
        event = await changed
        assert isinstance(event, UserUpdated)
        assert (event.user.friendly_name, event.reasons) == ("Ada", ("friendlyName",))


@pytest.mark.parametrize("kind", CONTENTS)
def test_contents_keep_their_raw_data(kind: str) -> None:
    content = read_content(f"twilio/{kind}", CONTENTS[kind])
    assert orjson.loads(content.raw_data) == CONTENTS[kind]


def test_actions_keep_their_raw_data() -> None:
    content = read_content("twilio/call-to-action", {"body": "!", "actions": list(ACTIONS)})
    assert isinstance(content, ContentDataCallToAction)
    assert tuple(orjson.loads(action.raw_data) for action in content.actions) == ACTIONS


def test_quick_replies_have_replies() -> None:
    content = read_content("twilio/quick-reply", CONTENTS["quick-reply"])
    assert isinstance(content, ContentDataQuickReply)
    assert [(reply.title, reply.id) for reply in content.replies] == [("yes", "1")]


def test_recipients_are_one_of_two() -> None:
    assert get_args(RecipientDescriptor) == (EmailRecipientDescriptor, UnknownRecipientDescriptor)


@pytest.mark.parametrize("kind", ["new_message", "added_to_conversation", "removed_from_conversation", "of_tomorrow"])
def test_types_of_push_notifications_are_an_open_set(kind: str) -> None:
    word: PushNotificationType = f"twilio.conversations.{kind}"
    data = {"conversation_sid": "CH1"}
    told = {"data": {"twi_message_type": word, **data}}
    assert rxconvo.parse_push_notification(told).type == word


@pytest.mark.parametrize("field", ["minimum", "maximum", "randomness"])
def test_delays_can_be_set_and_are_checked(field: str) -> None:
    with pytest.raises(rxconvo.ArgumentError, match=field):
        rxconvo.BackoffPolicy(**{field: -1.0})
    assert rxconvo.BackoffPolicy(minimum=0.5, maximum=60, randomness=0).minimum == 0.5
