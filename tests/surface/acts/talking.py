"""Texts are sent, changed, read and removed; somebody types."""

from __future__ import annotations

import pytest

import rxconvo
from rxconvo import SendEmailOptions
from rxconvo.errors import RequestError
from rxconvo.testing import Log
from tests.surface.acts.play import Play
from tests.surface.stage import Stage, soon

__all__ = ["read", "talk"]


async def talk(at: Stage, play: Play) -> None:
    """Messages are sent, changed, removed, and read page by page; somebody types."""
    see, lunch, theirs = at.see, play.lunch, play.theirs
    at.listen(theirs, "theirs")
    await see(theirs).watch(streams=True)
    assert see(theirs).typing_silence == 0
    await see(theirs).send_typing()
    assert 0 < see(theirs).typing_silence <= 5
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
    batches = Log()
    watching = see(lunch).timeline(2).subscribe(batches)
    await batches.until(bool)
    watching.dispose()
    assert [one.body for one in batches[0].diffs[0].values] == ["4", "5"]


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
