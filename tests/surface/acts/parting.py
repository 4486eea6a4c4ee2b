"""Everything comes to its end."""

from __future__ import annotations

from collections import Counter

from tests.surface.acts.play import STREAMS, Play
from tests.surface.stage import Stage, soon

__all__ = ["end", "part"]


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
    assert await see(peeked).watch() is peeked
    assert await soon(see(peeked).wait_until_known()) is None
    assert await see(peeked).unwatch() is peeked
    ended: list[BaseException | None] = []
    with see(play.ada).observe_mutations(lambda _: ended.append):
        assert await see(lunch).delete() is lunch
    assert ended == [None]
    for who, event in (("Client ada", "conversationRemoved"), ("Conversation lunch", "removed")):
        assert await at.hear(who, event) is lunch


async def end(at: Stage, play: Play) -> None:
    """The clients shut down, and everything is complete."""
    closed: list[str] = []

    async def closer() -> None:
        closed.append("closed")

    at.see(play.ada).on_shutdown(closer)
    assert {"messages", "connection_state"} <= {report.name for report in at.see(play.ada).inspect()}
    for client in (play.ada, play.bob):
        await at.see(client).shutdown()
    assert closed == ["closed"]
    check_listeners(at, play, "Client ada", "conversations", "users", *STREAMS[:-1])
    check_listeners(at, play, "Conversation lunch", *STREAMS)
    silent = [name for name, log in play.streams.items() if not log]
    assert silent == ["Client.tokens"]


def check_listeners(at: Stage, play: Play, who: str, *streams: str) -> None:
    """Compare what listeners have heard with what the streams have brought: the same, as often."""
    owner, told = who.partition(" ")[0], Counter[str]()
    for stream in streams:
        for event in play.streams[f"{owner}.{stream}"]:
            kind = type(event).__name__.removeprefix("Conversation" if owner == "Conversation" else "")
            if (stream, kind) != ("conversations", "ConversationUpdated"):  # told by `updated` as well
                told[kind[0].lower() + kind[1:]] += 1
    assert told == Counter(one.event for one in at.log if one.who == who and one.event in told)
