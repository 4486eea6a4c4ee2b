"""What was done in the recorded scenarios, done with our clients: one long story, as the recordings are one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import rxconvo
from rxconvo import SendMediaOptions
from rxconvo.testing import advance, seeded_ids
from tests.client.conftest import World
from tests.surface.traffic import MEDIA, Traffic, asked_by, asked_of_media

__all__ = ["told"]

QUIET = 3.0
"""Seconds after which nothing is left to be said: what was joined or left is subscribed or not."""


@dataclass
class Teller:
    """Runs the story, and notes what is asked for in each scenario."""

    world: World
    traffic: dict[str, Traffic] = field(default_factory=lambda: defaultdict(dict))

    async def client(self, identity: str) -> rxconvo.Client:
        """Start a client that keeps everything subscribed, as the official library does."""
        return await self.world.client(identity, watch="all")

    @asynccontextmanager
    async def scenario(self, number: str) -> AsyncGenerator[None]:
        """Note what is asked for meanwhile."""
        await advance(QUIET)
        lines = {name: len(line.sent) for name, line in self.world.lines.items()}
        offices = {name: len(office.asked) for name, office in self.world.offices.items()}
        yield
        await advance(QUIET)
        for name, line in self.world.lines.items():
            if asked := asked_by(line.sent[lines.get(name, 0) :]):
                self.traffic[number][name] = asked
        for name, office in self.world.offices.items():
            start = offices.get(name, 0)
            if office.asked[start:]:
                found = asked_of_media(office.asked[start:], office.bodies[start:])
                self.traffic[number].setdefault(MEDIA, []).extend(found)


async def told() -> dict[str, Traffic]:
    """Tell the story, and return what was asked for by scenario."""
    environment = rxconvo.Environment(ids=seeded_ids("service"))
    async with rxconvo.Service(environment=environment) as service, AsyncExitStack() as stack:
        teller = Teller(World(service, stack))
        await begin(teller)
        return dict(teller.traffic)


async def begin(teller: Teller) -> None:
    async with teller.scenario("01"):
        await (await teller.client("alice")).shutdown()
    alice, bob = await teller.client("alice"), await teller.client("bob")
    async with teller.scenario("02"):
        lunch = await alice.create_conversation(
            friendly_name="Lunch", unique_name="lunch", attributes={"topic": "food"}
        )
        await lunch.join()
    async with teller.scenario("03"):
        guest = await lunch.add("bob", {"role": "guest"})
        await lunch.add_non_chat_participant("+15005550006", "+15005550001")
        await guest.update_attributes({"role": "host"})
    theirs = await bob.get_conversation_by_sid(lunch.sid)
    heard: list[rxconvo.Message] = []
    theirs.messages.added.subscribe(heard.append)
    await talk(teller, lunch, theirs, heard)
    await change(teller, alice, bob, lunch)
    await around(teller, alice, heard[-1])
    async with teller.scenario("22"):
        await lunch.remove_participant("carol")
        await theirs.leave()
    await lunch.add("bob")
    async with teller.scenario("23"):
        await lunch.delete()


async def talk(
    teller: Teller, lunch: rxconvo.Conversation, theirs: rxconvo.Conversation, heard: list[rxconvo.Message]
) -> None:
    async with teller.scenario("04"):
        await lunch.send_message("Hello, bob 😀", {"k": 1})
    async with teller.scenario("05"):
        (hello,) = (await lunch.get_messages()).items
        await hello.update_body("Hello, Bob!")
        await hello.update_attributes({"k": 2})
        await hello.remove()
    async with teller.scenario("06"):
        builder = lunch.prepare_message().set_body("see the file")
        await builder.add_media(SendMediaOptions("text/plain", "file content", "note.txt")).build_and_send()
        assert heard[-1].media is not None
        await heard[-1].media.get_content_temporary_url()
        await heard[-1].get_temporary_content_urls_for_attached_media()
    async with teller.scenario("07"):
        await lunch.send_typing()
        await lunch.send_typing()
    for number in range(2, 16):
        await lunch.send_message(f"message {number}")
    async with teller.scenario("08"):
        await theirs.update_last_read_message_index(5)
        await theirs.get_unread_messages_count()
        await theirs.set_all_messages_read()
        await theirs.set_user_notification_level("muted")
        await theirs.set_all_messages_unread()


async def change(teller: Teller, alice: rxconvo.Client, bob: rxconvo.Client, lunch: rxconvo.Conversation) -> None:
    async with teller.scenario("09"):
        carol = await teller.client("carol")
        await lunch.add("carol")
        page = await (await carol.get_conversation_by_sid(lunch.sid)).get_messages(10)
        await page.prev_page()
        await carol.shutdown()
    async with teller.scenario("10"):
        await lunch.update_friendly_name("Dinner")
        await lunch.update_attributes({"topic": "wine"})
        await lunch.update_unique_name("dinner")
        await lunch.get_messages_count()
        await lunch.get_participants_count()
        await alice.get_conversation_by_unique_name("dinner")
        await alice.peek_conversation_by_sid(lunch.sid)
    async with teller.scenario("11"):
        friend = await alice.get_user("bob")
        await advance(QUIET)
        await bob.user.update_friendly_name("Bob B.")
        await bob.user.update_attributes({"mood": "fine"})
        await friend.unsubscribe()


async def around(teller: Teller, alice: rxconvo.Client, heard: rxconvo.Message) -> None:
    async with teller.scenario("18"):
        await heard.get_detailed_delivery_receipts()
    async with teller.scenario("19"):
        await alice.set_push_registration_id("fcm", "fake-device-token")
        await alice.unset_push_registration_id("fcm")
        await alice.remove_push_registrations("fcm", "fake-device-token")
    async with teller.scenario("20"):
        await teller.world.service.control("conflict")
        await alice.create_conversation(friendly_name="via 202")
