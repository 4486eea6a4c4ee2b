"""Every public member of every class, used by real clients over real websockets, with what it is to mean."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

import rxconvo
from rxconvo.model import Lifecycle
from tests.surface.acts.around import follow, listen_and_stop, renew, tell_devices
from tests.surface.acts.meeting import meet, turn_away
from tests.surface.acts.parting import end, part
from tests.surface.acts.play import Play
from tests.surface.acts.posting import deliver, post, write_from_templates
from tests.surface.acts.talking import read, talk
from tests.surface.stage import Heard, Stage, constants, public

pytestmark = [pytest.mark.e2e, pytest.mark.real_time]

CLASSES = (
    rxconvo.Client,
    rxconvo.Conversation,
    rxconvo.Message,
    rxconvo.Participant,
    rxconvo.User,
    rxconvo.Media,
    rxconvo.Paginator,
    rxconvo.MessageBuilder,
    rxconvo.UnsentMessage,
    rxconvo.TransferProgress,
    rxconvo.AggregatedDeliveryReceipt,
    rxconvo.DetailedDeliveryReceipt,
    rxconvo.EmailRecipientDescriptor,
    rxconvo.UnknownRecipientDescriptor,
    rxconvo.ChannelMetadata,
    rxconvo.PushNotification,
    rxconvo.PushNotificationData,
    rxconvo.ContentTemplate,
    rxconvo.ContentTemplateVariable,
    rxconvo.ContentDataText,
    rxconvo.ConversationLimits,
    rxconvo.LastMessage,
    Lifecycle,
)
ACTS = (meet, talk, read, post, deliver, write_from_templates, follow, tell_devices, listen_and_stop, part, end)
LISTENED_TO = (rxconvo.Client, rxconvo.Conversation, rxconvo.Message, rxconvo.Participant, rxconvo.User)

CALLED_BY = {
    "Client.is_subscribed": "User.is_subscribed",
    "Client.unsubscribe_user": "User.unsubscribe",
    "Client.update_user_attributes": "User.update_attributes",
    "Client.update_user_friendly_name": "User.update_friendly_name",
    "Client.user_emitter": "User.on",
    "Conversation.attach_temporary_urls": "Message.attach_temporary_urls_for",
    "Conversation.download_media": "Media.download",
    "Conversation.get_media_temporary_url": "Media.get_content_temporary_url",
    "Conversation.get_message_channel_metadata": "Message.get_channel_metadata",
    "Conversation.get_message_content_data": "Message.get_content_data",
    "Conversation.get_message_delivery_receipts": "Message.get_detailed_delivery_receipts",
    "Conversation.get_message_participant": "Message.get_participant",
    "Conversation.get_participant_user": "Participant.get_user",
    "Conversation.get_recipients_of_message": "Message.get_message_recipients",
    "Conversation.get_temporary_content_urls": "Message.get_temporary_content_urls_for_media_sids",
    "Conversation.is_typing": "Participant.is_typing",
    "Conversation.message_emitter": "Message.on",
    "Conversation.participant_emitter": "Participant.on",
    "Conversation.read_media": "Media.read",
    "Conversation.remove_message": "Message.remove",
    "Conversation.source": "Conversation.messages",
    "Conversation.update_message_attributes": "Message.update_attributes",
    "Conversation.update_message_body": "Message.update_body",
    "Conversation.update_participant_attributes": "Participant.update_attributes",
    "Media.home": "Media.read",
    "Message.home": "Message.conversation",
    "Participant.home": "Participant.conversation",
    "User.home": "User.unsubscribe",
}
"""Members that are there for another one, which is used."""

TOLD_BY_THE_DRIVER = {
    "Client.connection_changed": (rxconvo.Client, "connectionStateChanged"),
    "Client.moved": (rxconvo.Client, "conversationJoined"),
    "Client.report": (rxconvo.Client, "connectionError"),
    "Client.token_about_to_expire": (rxconvo.Client, "tokenAboutToExpire"),
    "Client.token_expired": (rxconvo.Client, "tokenExpired"),
}
"""Members by which the driver tells of what has happened, with what is heard of that."""


OF_CONVERSATIONS = (
    *("friendlyName dateUpdated", "attributes dateUpdated", "uniqueName dateUpdated", "bindings dateUpdated"),
    *("state dateUpdated", "lastMessage", "lastReadMessageIndex", "notificationLevel"),
)
OF_MESSAGES = ("body lastUpdatedBy dateUpdated", "attributes dateUpdated", "deliveryReceipt")
OF_PARTICIPANTS = ("attributes dateUpdated", "lastReadMessageIndex lastReadTimestamp", "lastReadTimestamp")
OF_USERS = ("friendlyName", "attributes", "reachabilityNotifiable")
REASONS = {
    "Client conversationUpdated": OF_CONVERSATIONS,
    "Client messageUpdated": OF_MESSAGES,
    "Client participantUpdated": OF_PARTICIPANTS,
    "Client userUpdated": OF_USERS,
    "Conversation updated": OF_CONVERSATIONS,
    "Conversation messageUpdated": OF_MESSAGES,
    "Conversation participantUpdated": OF_PARTICIPANTS,
    "Message updated": OF_MESSAGES,
    "Participant updated": OF_PARTICIPANTS,
    "User updated": OF_USERS,
}
"""All combinations of reasons that are heard; of what was not held before there are none."""


def ticking() -> Callable[[], datetime]:
    """Make a time of day that is never the same twice, so that each change has a date of its own."""
    ticks = count(1)
    return lambda: datetime.now(UTC) + timedelta(milliseconds=next(ticks))


def reasons(log: Iterable[Heard]) -> dict[str, set[frozenset[str]]]:
    """Collect the combinations of reasons that were heard, by class and event."""
    found: dict[str, set[frozenset[str]]] = defaultdict(set)
    for one in log:
        if any(given := getattr(argument, "reasons", ()) for argument in one.arguments):
            found[f"{one.who.partition(' ')[0]} {one.event}"].add(frozenset(given))
    return found


async def test_every_member_does_what_it_is_for(tmp_path: Path) -> None:
    environment = rxconvo.Environment(wall=ticking())
    async with rxconvo.Service(environment=environment) as service, asyncio.timeout(60.0):
        listener = await service.listen()
        at, play = Stage(service, listener.url, tmp_path), Play()
        renewal = asyncio.create_task(renew(at))
        await turn_away(at)
        for act in ACTS:
            await act(at, play)
        await renewal
    members = {member for owner in CLASSES for member in public(owner)}
    assert members - at.see.members == CALLED_BY.keys() | TOLD_BY_THE_DRIVER.keys()
    assert set(CALLED_BY.values()) <= at.see.members
    heard = {(one.who.partition(" ")[0], one.event) for one in at.log if isinstance(one, Heard)}
    events = {(owner.__name__, getattr(owner, name)) for owner in LISTENED_TO for name in constants(owner)}
    assert heard == events
    assert {(owner.__name__, event) for owner, event in TOLD_BY_THE_DRIVER.values()} <= heard
    assert reasons(at.log) == {name: {frozenset(each.split()) for each in all_} for name, all_ in REASONS.items()}
