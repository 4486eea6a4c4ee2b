"""Clients start, or are turned away; they meet in a conversation and look around."""

from __future__ import annotations

import pytest

import rxconvo
from rxconvo.errors import DeniedError
from tests.surface.acts.play import CLIENT_STREAMS, STREAMS, Play
from tests.surface.stage import Stage

__all__ = ["meet", "turn_away"]


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
    for kinds in (see(limits).email_bodies_allowed_content_types, see(limits).email_histories_allowed_content_types):
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
