"""What is done on the stage, act by act: each public member is used once at least, and its result looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

import rxconvo
from rxconvo import SendEmailOptions, SendMediaOptions
from rxconvo.errors import DeniedError, NotFoundError, ObserverError, RequestError
from tests.laws.world import Log
from tests.surface.stage import Stage, soon

__all__ = [
    "end",
    "listen_and_stop",
    "meet",
    "part",
    "post",
    "read",
    "renew",
    "talk",
    "tell_devices",
    "turn_away",
    "write_from_templates",
]

STREAMS = ("messages", "participants", "typing", "updated", "removed")
CLIENT_STREAMS = (*STREAMS, "conversations", "users", "connection_state", "tokens", "push", "errors")


class Play:
    """Who takes part, once they are there.

    Attributes:
        ada: Has created the conversation.
        bob: Was added to it.
        lunch: The conversation, as ada knows it.
        theirs: The same, as bob knows it.
        guest: Bob in it, as ada knows him.
        phone: Somebody with a telephone in it.
        streams: What ada's streams have brought, by name.
    """

    ada: rxconvo.Client
    bob: rxconvo.Client
    lunch: rxconvo.Conversation
    theirs: rxconvo.Conversation
    guest: rxconvo.Participant
    phone: rxconvo.Participant

    def __init__(self) -> None:
        self.streams: dict[str, Log] = {}

    def observe(self, at: Stage, entity: rxconvo.Client | rxconvo.Conversation, *names: str) -> None:
        """Observe streams, each of which has an Rx name as well."""
        for name in names:
            stream = getattr(at.see(entity), name)
            assert entity[f"{name}$"] is stream
            log = self.streams[f"{type(entity).__name__}.{name}"] = Log()
            stream.subscribe(log)


async def turn_away(at: Stage) -> None:
    """A client whose token is none does not come up, and says so."""
    eve = at.make("eve", "no token")
    with pytest.raises(DeniedError):
        await at.see(eve).start()
    error = await at.hear("Client eve", "initFailed")
    assert isinstance(error, DeniedError)
    assert await at.hear("Client eve", "stateChanged") == "failed"
    assert (await at.hear("Client eve", "connectionError")).terminal


async def meet(at: Stage, play: Play) -> None:
    """Three clients start; two of them meet in a conversation."""
    see = at.see
    ada, bob = play.ada, play.bob = at.make("ada"), at.make("bob")
    play.observe(at, ada, *CLIENT_STREAMS)
    for client in (ada, bob):
        assert await see(client).start() is client
        assert await at.hear(f"Client {client.identity}", "stateChanged") == "initialized"
        assert await at.hear(f"Client {client.identity}", "initialized") is None
        await at.hear(f"Client {client.identity}", "connectionStateChanged", lambda state: state == "connected")
    assert (see(ada).identity, see(ada).user.identity, see(ada).connection_state.value) == ("ada", "ada", "connected")
    assert (see(ada).reachability_enabled, see(rxconvo.Client).version) == (True, rxconvo.__version__)
    lunch = play.lunch = await see(ada).create_conversation(
        friendly_name="Lunch", unique_name="lunch", attributes={"topic": "food"}
    )
    assert await at.hear("Client ada", "conversationAdded") is lunch
    assert see(lunch).status == "notParticipating"
    at.listen(lunch, "lunch")
    play.observe(at, lunch, *STREAMS)
    assert await see(lunch).join() is lunch
    assert await at.hear("Client ada", "conversationJoined") is lunch
    await invite(at, play)
    await look_around(at, play)
    await rename(at, play)


async def invite(at: Stage, play: Play) -> None:
    """Others are added, also those who have but a telephone or an e-mail address."""
    see, lunch = at.see, play.lunch
    guest = play.guest = await see(lunch).add("bob", {"role": "guest"})
    for who in ("Client ada", "Conversation lunch"):
        joined = await at.hear(who, "participantJoined", lambda one: one.identity == "bob")
        assert joined.sid == see(guest).sid
    for event in ("conversationAdded", "conversationJoined"):
        assert (await at.hear("Client bob", event)).sid == see(lunch).sid
    play.theirs = await see(play.bob).get_conversation_by_sid(lunch.sid)
    phone = play.phone = await see(lunch).add_non_chat_participant("+15005550006", "+15005550001", {"k": 1})
    assert (see(phone).type, see(phone).identity, see(phone).attributes) == ("sms", None, {"k": 1})
    assert see(phone).bindings == {"sms": {"address": "+15005550001", "proxy_address": "+15005550006"}}
    mail = await see(lunch).add_non_chat_participant(
        "lunch@example.test",
        "ann@example.test",
        binding_options=rxconvo.ParticipantBindingOptions(email={"name": "Ann", "level": "cc"}),
    )
    assert see(mail).bindings.get("email", {}).get("level") == "cc"
    assert (see(guest).attributes, see(guest).type, see(guest).conversation) == ({"role": "guest"}, "chat", lunch)
    assert see(guest).conversation_sid == lunch.sid
    assert (see(guest).role_sid or "").startswith("RL")
    assert see(guest).last_read_message_index is None
    assert see(guest).last_read_timestamp is None
    at.listen(guest, "bob")
    changed = await see(guest).update_attributes({"role": "host"})
    assert changed.attributes == {"role": "host"}
    for who in ("Client ada", "Conversation lunch", "Participant bob"):
        update = await at.hear(who, "participantUpdated" if who != "Participant bob" else "updated")
        assert set(update.reasons) == {"attributes", "dateUpdated"}
    assert {one.sid for one in await see(lunch).get_participants()} >= {guest.sid, phone.sid, mail.sid}
    assert await see(lunch).get_participants_count() == 4
    assert await see(lunch).get_participant_by_sid(guest.sid) == changed
    assert await see(lunch).get_participant_by_identity("bob") == changed
    assert (see(changed).user_info or "").startswith("US")
    at.raw(changed)
    await see(mail).remove()
    await at.hear("Conversation lunch", "participantLeft", lambda one: one.sid == mail.sid)


async def look_around(at: Stage, play: Play) -> None:
    """The conversation has its properties, however it is found."""
    see, ada, lunch = at.see, play.ada, play.lunch
    assert await see(ada).get_conversation_by_unique_name("lunch") is lunch
    assert await see(ada).peek_conversation_by_sid(lunch.sid) is lunch
    assert see(ada).find_conversation(lunch.sid) is lunch
    page = await see(ada).get_subscribed_conversations()
    assert see(page).items == (lunch,)
    assert (see(page).has_next_page, see(page).has_prev_page) == (False, False)
    assert (see(lunch).status, see(lunch).identity, see(lunch).created_by) == ("joined", "ada", "ada")
    assert (see(lunch).friendly_name, see(lunch).unique_name) == ("Lunch", "lunch")
    assert see(lunch).attributes == await see(lunch).get_attributes() == {"topic": "food"}
    assert see(lunch).notification_level == "default"
    assert see(lunch).last_message is None
    assert see(lunch).last_read_message_index is None
    assert see(lunch).date_created is not None
    assert see(lunch).date_created == see(lunch).date_updated
    assert set(see(lunch).links) == {"self", "participants", "messages"}
    assert lunch.links["self"].endswith(f"/Conversations/{lunch.sid}")
    limits = see(lunch).limits
    assert (see(limits).media_attachments_count_limit, see(limits).media_attachment_size_limit_in_mb) == (10, 150)
    assert see(limits).media_attachments_total_size_limit_in_mb == 150
    for kinds in (see(limits).email_bodies_allowed_mime_types, see(limits).email_histories_allowed_mime_types):
        assert set(kinds) == {"text/plain", "text/html"}
    at.raw(see(lunch).snapshot)
    assert see(lunch.snapshot).sid == lunch.sid
    state = see(lunch).state
    assert state is not None
    assert (see(state).current, see(state).date_updated) == ("active", lunch.date_created)
    at.raw(state)


async def rename(at: Stage, play: Play) -> None:
    """Properties change, and everybody hears of it."""
    see, lunch = at.see, play.lunch
    for call, reason in (
        (see(lunch).update_friendly_name("Dinner"), "friendlyName"),
        (see(lunch).update_attributes(["wine"]), "attributes"),
        (see(lunch).update_unique_name("dinner"), "uniqueName"),
    ):
        assert await call is lunch
        for who in ("Client ada", "Conversation lunch", "Client bob"):
            event = "updated" if who == "Conversation lunch" else "conversationUpdated"
            update = await at.hear(who, event, lambda update, reason=reason: reason in update.reasons)
            assert update.conversation.sid == lunch.sid
    assert (lunch.friendly_name, lunch.attributes, lunch.unique_name) == ("Dinner", ["wine"], "dinner")
    await at.service.control("bindings", conversation=lunch.sid, bindings={"sms": {"address": "+15005550006"}})
    await at.hear("Conversation lunch", "updated", lambda update: "bindings" in update.reasons)
    assert see(lunch).bindings == {"sms": {"address": "+15005550006"}}
    for state in ("closed", "active"):
        await at.service.control("state", conversation=lunch.sid, state=state)
        await at.hear("Conversation lunch", "updated", lambda update: "state" in update.reasons)
        assert lunch.state is not None
        assert lunch.state.current == state


async def talk(at: Stage, play: Play) -> None:
    """Messages are sent, changed, removed, and read page by page; somebody types."""
    see, lunch, theirs = at.see, play.lunch, play.theirs
    at.listen(theirs, "theirs")
    await see(theirs).open(streams=True)
    await see(theirs).send_typing()
    for who in ("Client ada", "Conversation lunch", "Participant bob"):
        assert (await at.hear(who, "typingStarted")).identity == "bob"
    assert see(play.guest).is_typing
    assert await see(theirs).send_message("Hello", {"k": 1}, SendEmailOptions("greeting")) == 0
    for who in ("Client ada", "Conversation lunch", "Participant bob"):
        assert (await at.hear(who, "typingEnded")).identity == "bob"
    assert not see(play.guest).is_typing
    hello = await at.hear("Client ada", "messageAdded")
    assert (await at.hear("Conversation lunch", "messageAdded")).sid == see(hello).sid
    seen = see(hello)
    assert (seen.index, seen.author, seen.body, seen.subject, seen.type) == (0, "bob", "Hello", "greeting", "text")
    assert (seen.attributes, seen.participant_sid, seen.conversation) == ({"k": 1}, play.guest.sid, lunch)
    assert (seen.conversation_sid, seen.content_sid, seen.last_updated_by) == (lunch.sid, None, None)
    assert (seen.media, seen.medias, seen.attached_media) == (None, (), ())
    assert seen.aggregated_delivery_receipt is None
    assert seen.date_created == seen.date_updated
    assert (await seen.get_participant()).identity == "bob"
    await change(at, play, hello)
    for number in range(1, 6):
        assert await see(lunch).send_message(str(number)) == number
    assert lunch.last_message is not None
    assert see(lunch.last_message).index == 5
    at.raw(lunch.last_message)
    page = await see(lunch).get_messages(2)
    assert ([one.index for one in see(page).items], see(page).has_prev_page) == ([4, 5], True)
    older = await see(page).prev_page()
    assert [one.index for one in older.items] == [2, 3]
    assert [one.index for one in (await see(older).next_page()).items] == [4, 5]
    assert not page.has_next_page
    with pytest.raises(RequestError):
        page.next_page()
    assert await see(lunch).get_messages_count() == 5


async def change(at: Stage, play: Play, hello: rxconvo.Message) -> None:
    """A message is changed, heard of by its own listeners as well, and removed."""
    see = at.see
    at.listen(hello, "hello")
    mine = (await play.theirs.get_messages()).items[0]
    assert (await see(mine).update_body("Hello!")).body == "Hello!"
    assert (await see(mine).update_attributes({"k": 2})).attributes == {"k": 2}
    for reason in ("body", "attributes"):
        for who in ("Client ada", "Conversation lunch", "Message hello"):
            event = "updated" if who == "Message hello" else "messageUpdated"
            update = await at.hear(who, event, lambda update, reason=reason: reason in update.reasons)
            assert update.message.sid == hello.sid
    changed = update.after
    assert (changed.body, changed.last_updated_by) == ("Hello!", "bob")
    at.raw(changed)
    assert (await see(mine).remove()).sid == hello.sid
    for who in ("Client ada", "Conversation lunch", "Conversation theirs"):
        assert (await at.hear(who, "messageRemoved")).index == 0


async def read(at: Stage, play: Play) -> None:
    """The read horizon moves, and the others see it."""
    see, theirs = at.see, play.theirs
    assert await see(theirs).get_unread_messages_count() is None
    assert await see(theirs).update_last_read_message_index(2) == 3
    assert await see(theirs).advance_last_read_message_index(1) == 3
    assert see(theirs).last_read_message_index == 2
    update = await at.hear("Participant bob", "updated", lambda update: "lastReadMessageIndex" in update.reasons)
    assert see(update.participant).last_read_message_index == 2
    assert see(update.participant).last_read_timestamp is not None
    assert await see(theirs).set_all_messages_read() == 0
    assert theirs.last_read_message_index == 5
    assert await see(theirs).set_all_messages_unread() is None
    assert await soon(see(theirs).set_user_notification_level("muted")) is None
    await at.hear("Conversation theirs", "updated", lambda update: "notificationLevel" in update.reasons)
    assert see(theirs).notification_level == "muted"
    assert see(theirs).snapshot.last_read_message_index is None


async def post(at: Stage, play: Play) -> None:
    """Files and e-mails go there and back."""
    see, lunch = at.see, play.lunch
    builder = see(lunch).prepare_message()
    assert see(builder).set_body("look") is builder
    assert see(builder).set_subject("files") is builder
    assert see(builder).set_attributes({"k": 3}) is builder
    assert see(builder).add_media(SendMediaOptions("text/plain", "a note", "note.txt")) is builder
    assert see(builder).set_email_body("text/plain", SendMediaOptions(None, "plain")) is builder
    assert see(builder).set_email_history("text/html", SendMediaOptions(None, "<p>before</p>")) is builder
    unsent = see(builder).build()
    assert (see(unsent).body, see(unsent).subject, see(unsent).attributes) == ("look", "files", {"k": 3})
    assert [category for category, _ in see(unsent).media] == ["media", "body", "history"]
    assert (see(unsent).content_sid, see(unsent).content_variables) == (None, ())
    progress = Log()
    see(unsent).progress.subscribe(progress)
    assert await see(unsent).send() == 6
    assert (see(progress[-1]).transferred, see(progress[-1]).total) == (13, 13)
    assert (see(progress[-1]).part, see(progress[-1]).parts) == (2, 3)
    message = await at.hear("Conversation theirs", "messageAdded", lambda one: one.index == 6)
    note = see(message).media
    assert (see(message).attached_media, message.type) == ((note,), "media")
    assert see(message).get_media_by_categories("media", "body") == message.medias[:2]
    seen = see(note)
    assert (seen.filename, seen.content_type, seen.size, seen.category) == ("note.txt", "text/plain", 6, "media")
    assert (seen.temporary_url, seen.sid[:2]) == (None, "ME")
    body, history = see(message).get_email_body(), see(message).get_email_history("text/html")
    assert (body.size, history.size, message.get_email_body("text/html")) == (5, 13, None)
    assert await seen.read() == b"a note"
    assert (await seen.download(at.folder / "note.txt")).transferred == 6
    assert (at.folder / "note.txt").read_text() == "a note"
    urls = [
        await seen.get_content_temporary_url(),
        (await see(message).get_temporary_content_urls_for_attached_media())[note.sid],
        (await see(message).get_temporary_content_urls_for_media([body, note]))[note.sid],
        (await see(message).get_temporary_content_urls_for_media_sids([note.sid]))[note.sid],
        (await see(message).attach_temporary_urls_for([note]))[0].temporary_url,
        (await see(play.bob).get_temporary_content_urls_for_media([note]))[note.sid],
        (await see(play.bob).get_temporary_content_urls_for_media_sids([note.sid]))[note.sid],
    ]
    async with aiohttp.ClientSession() as session:
        for url in urls:
            async with session.get(str(url)) as response:
                assert await response.read() == b"a note"
    with pytest.raises(NotFoundError):
        await play.bob.get_temporary_content_urls_for_media_sids(["ME" + "0" * 32])


async def deliver(at: Stage, play: Play) -> None:
    """Messages arrive on other channels, more or less."""
    see, lunch, phone = at.see, play.lunch, play.phone
    (message,) = (await lunch.get_messages(1)).items
    at.listen(message, "delivered")
    where = {"conversation": lunch.sid, "message": message.sid}
    assert await see(message).get_channel_metadata() is None
    await at.service.control("delivery", **where, statuses={phone.sid: "undelivered"}, error_code=30003)
    update = await at.hear("Message delivered", "updated", lambda update: "deliveryReceipt" in update.reasons)
    total = see(see(update.after).aggregated_delivery_receipt)
    assert (total.total, total.sent, total.delivered, total.read) == (1, "none", "none", "none")
    assert (total.undelivered, total.failed) == ("all", "none")
    (receipt,) = await see(message).get_detailed_delivery_receipts()
    one = see(receipt)
    assert (one.message_sid, one.conversation_sid, one.participant_sid) == (message.sid, lunch.sid, phone.sid)
    assert (one.status, one.error_code, one.sid[:2]) == ("undelivered", 30003, "DY")
    assert one.channel_message_sid is not None
    at.raw(receipt)
    await at.service.control("metadata", **where, metadata={"type": "whatsapp", "data": {"a": 1}})
    flagged = (await lunch.get_messages(1)).items[0]
    assert see(flagged).has_channel_metadata
    metadata = await see(flagged).get_channel_metadata()
    assert metadata is not None
    assert (see(metadata).type, see(metadata).data) == ("whatsapp", {"a": 1})
    at.raw(metadata)
    known: dict[str, Any] = {"type": "email", "level": "to", "name": "Ann", "address": "ann@example.test"}
    recipients = [known | {"message_sid": message.sid}, {"type": "pigeon", "message_sid": message.sid}]
    await at.service.control("recipients", conversation=lunch.sid, recipients=recipients)
    ann, pigeon = await see(message).get_message_recipients()
    assert isinstance(ann, rxconvo.EmailRecipientDescriptor)
    assert isinstance(pigeon, rxconvo.UnknownRecipientDescriptor)
    assert (see(ann).type, see(ann).level, see(ann).name) == ("email", "to", "Ann")
    assert (see(ann).address, see(ann).message_sid) == ("ann@example.test", message.sid)
    assert (see(pigeon).type, see(pigeon).message_sid, "pigeon" in see(pigeon).raw_data) == (
        *("pigeon", message.sid),
        True,
    )
    first = await see(lunch).get_message_recipients(1)
    assert first.items == (ann,)
    assert (await first.next_page()).items == (pigeon,)


async def write_from_templates(at: Stage, play: Play) -> None:
    """A message is made from a template; its content is that with the variables filled in."""
    see, lunch = at.see, play.lunch
    template = {
        "friendly_name": "greeting",
        "variables": {"1": "world"},
        "variants": {"twilio/text": {"body": "hello {{1}}"}},
    }
    await at.service.control("templates", templates=[template])
    (greeting,) = await see(play.ada).get_content_templates()
    assert (see(greeting).sid[:2], see(greeting).friendly_name) == ("HX", "greeting")
    assert see(greeting).contents == tuple(see(greeting).variants.items())
    at.raw(greeting)
    (variable,) = see(greeting).variables
    assert (see(variable).name, see(variable).value) == ("1", "world")
    variable = see(variable).copy_with_value("bob")
    builder = lunch.prepare_message()
    assert see(builder).set_content_template(greeting.sid, [variable]) is builder
    index = await see(builder).build_and_send()
    message = await at.hear("Conversation lunch", "messageAdded", lambda one: one.index == index)
    assert see(message).content_sid == greeting.sid
    content = await see(message).get_content_data()
    assert (see(content).type, see(content).body) == ("text", "hello bob")
    assert "hello bob" in see(content).raw_data


async def follow(at: Stage, play: Play) -> None:
    """Somebody is followed, changes, and is followed no more."""
    see, ada = at.see, play.ada
    bob = await see(ada).get_user("bob")
    assert (await at.hear("Client ada", "userSubscribed")).identity == "bob"
    at.listen(bob, "bob")
    assert (see(bob).identity, see(bob).friendly_name, see(bob).attributes) == ("bob", "bob", {})
    assert (see(bob).is_online, see(bob).is_notifiable, see(bob).is_subscribed) == (True, False, True)
    assert await see(play.guest).get_user() == bob
    assert [user.identity for user in await see(ada).get_subscribed_users()] == ["ada", "bob"]
    own = see(play.bob).user
    assert (await see(own).update_friendly_name("Bob B.")).friendly_name == "Bob B."
    assert (await see(own).update_attributes({"mood": "fine"})).attributes == {"mood": "fine"}
    for reason in ("friendlyName", "attributes"):
        for who, event in (("Client ada", "userUpdated"), ("User bob", "updated")):
            update = await at.hear(who, event, lambda update, reason=reason: reason in update.reasons)
            assert update.user.identity == "bob"
    at.raw(update.after)
    assert await soon(see(bob).unsubscribe()) is None
    for who in ("Client ada", "User bob"):
        assert (await at.hear(who, "userUnsubscribed")).identity == "bob"
    assert not bob.is_subscribed
    await ada.get_user("bob")
    for who in ("Client ada", "User bob"):
        assert (await at.hear(who, "userSubscribed")).friendly_name == "Bob B."


async def tell_devices(at: Stage, play: Play) -> None:
    """A device is registered, and what it gets is read."""
    see, bob = at.see, play.bob
    assert await soon(see(bob).set_push_registration_id("fcm", "device")) is None
    await at.hear("User bob", "updated", lambda update: "reachabilityNotifiable" in update.reasons)
    assert await soon(see(bob).unset_push_registration_id("fcm")) is None
    assert await soon(see(bob).remove_push_registrations("fcm", "device")) is None
    data = {"conversation_sid": "CH1", "conversation_title": "Lunch", "message_sid": "IM1", "message_index": 7}
    payload = {
        "aps": {"alert": {"title": "bob", "body": "Hello"}, "sound": "ping", "badge": 3, "category": "open"},
        "twi_message_type": see(rxconvo.PushNotification).NEW_MESSAGE,
        **data,
        "media_count": 1,
        "media": '{"sid": "ME1"}',
    }
    pushed = see(rxconvo.Client).parse_push_notification(payload)
    seen = see(pushed)
    assert (seen.type, seen.title, seen.body) == ("twilio.conversations.new_message", "bob", "Hello")
    assert (seen.sound, seen.badge, seen.action) == ("ping", 3, "open")
    about = see(seen.data)
    assert (about.conversation_sid, about.conversation_title, about.message_sid) == ("CH1", "Lunch", "IM1")
    assert (about.message_index, about.media_count, about.media) == (7, 1, {"sid": "ME1"})
    at.raw(pushed.data)
    assert await soon(see(play.ada).handle_push_notification(payload)) is None
    assert await at.hear("Client ada", "pushNotification") == pushed
    kinds = see(rxconvo.PushNotification)
    assert "added" in kinds.ADDED_TO_CONVERSATION
    assert "removed" in kinds.REMOVED_FROM_CONVERSATION


async def listen_and_stop(at: Stage, play: Play) -> None:
    """Every entity has the Node-style interface; what a listener raises ends nothing."""
    (message,) = (await play.lunch.get_messages(1)).items
    for entity in (play.ada, play.lunch, message, play.guest, play.bob.user):
        use_emitter(at.see(entity), entity)

    def failing(*_: object) -> None:
        raise ValueError

    play.lunch.on("messageAdded", failing)
    await play.lunch.send_message("and on we go")
    await play.streams["Client.errors"].until(lambda errors: bool(errors.of(ObserverError)))
    play.lunch.off("messageAdded", failing)


def use_emitter(seen: Any, entity: object) -> None:
    """Use all of the interface with an event of one's own."""
    calls: list[tuple[str, object]] = []

    def listener(name: str) -> Callable[[object], None]:
        return lambda value: calls.append((name, value))

    first, second, third, fourth, fifth = map(listener, ("first", "second", "third", "fourth", "fifth"))
    assert seen.on("x", first) is entity
    assert seen.add_listener("x", second) is entity
    assert seen.prepend_listener("x", third) is entity
    assert seen.prepend_once_listener("x", fourth) is entity
    assert seen.once("x", fifth) is entity
    assert seen.listeners("x") == [fourth, third, first, second, fifth]
    assert [raw in (third, first, second) for raw in seen.raw_listeners("x")] == [False, True, True, True, False]
    assert (seen.listener_count("x"), seen.listener_count("x", first)) == (5, 1)
    assert "x" in seen.event_names()
    assert seen.emit("x", 1)
    assert calls == [(name, 1) for name in ("fourth", "third", "first", "second", "fifth")]
    assert seen.off("x", first) is seen.remove_listener("x", second) is entity
    assert seen.listeners("x") == [third]
    calls.clear()
    assert seen.on_with_replay("x", first) is seen.once_with_replay("x", second) is entity
    assert seen.add_listener_with_replay("x", fourth) is entity
    assert calls == [("first", 1), ("second", 1), ("fourth", 1)]
    assert seen.listeners("x") == [third, first, fourth]
    assert seen.set_max_listeners(3) is entity
    assert seen.get_max_listeners() == 3
    assert seen.remove_all_listeners("x") is entity
    assert (seen.listeners("x"), seen.emit("x", 2)) == ([], False)


async def renew(at: Stage) -> None:
    """A token expires, and another takes its place."""
    dora = at.make("dora", at.service.token("dora", ttl=1))
    await dora.start()
    assert await at.hear("Client dora", "tokenAboutToExpire") is None
    assert await at.hear("Client dora", "tokenExpired") is None
    assert await at.see(dora).update_token(at.service.token("dora")) is dora
    await at.hear("Client dora", "connectionStateChanged", lambda state: state == "connected")
    await dora.shutdown()


async def part(at: Stage, play: Play) -> None:
    """Some leave, some are removed, and in the end the conversation is."""
    see, lunch = at.see, play.lunch
    assert await soon(see(lunch).remove_participant(play.phone)) is None
    await at.hear("Conversation lunch", "participantLeft", lambda one: one.sid == play.phone.sid)
    assert await see(play.theirs).leave() is play.theirs
    left = await at.hear("Client ada", "participantLeft", lambda one: one.identity == "bob")
    assert left.sid == play.guest.sid
    for event in ("conversationLeft", "conversationRemoved"):
        assert await at.hear("Client bob", event) is play.theirs
    assert await at.hear("Conversation theirs", "removed") is play.theirs
    assert play.theirs.status == "notParticipating"
    public = await play.ada.create_conversation(access="public")
    peeked = await see(play.bob).peek_conversation_by_sid(public.sid)
    assert await see(peeked).open() is peeked
    assert await soon(see(peeked).wait_until_known()) is None
    assert await see(peeked).close() is peeked
    assert await see(lunch).delete() is lunch
    for who, event in (("Client ada", "conversationRemoved"), ("Conversation lunch", "removed")):
        assert await at.hear(who, event) is lunch


async def end(at: Stage, play: Play) -> None:
    """The clients shut down, and everything is complete."""
    closed: list[str] = []

    async def closer() -> None:
        closed.append("closed")

    at.see(play.ada).on_shutdown(closer)
    for client in (play.ada, play.bob):
        await at.see(client).shutdown()
    assert closed == ["closed"]
    silent = [name for name, log in play.streams.items() if not log]
    assert silent == ["Client.tokens"]
