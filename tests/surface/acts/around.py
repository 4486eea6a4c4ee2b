"""What is around conversations: users, devices, listeners, tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import rxconvo
from rxconvo.errors import ObserverError
from tests.surface.acts.play import Play
from tests.surface.stage import Stage, soon

__all__ = ["follow", "listen_and_stop", "renew", "tell_devices"]


async def follow(at: Stage, play: Play) -> None:
    """Somebody is followed, changes, and is followed no more. That is recorded."""
    see, ada = at.see, play.ada
    recording = await see(ada).record(at.folder / "follow.rxrec")
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
    await recording.close()
    assert recording.frames > 0


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
