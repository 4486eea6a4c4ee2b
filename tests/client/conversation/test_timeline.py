"""A conversation's timeline across lost connections, lost histories and the conversation's end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from reactivex import operators as ops

import rxconvo
from rxconvo.model import DiffBatch, Reset
from rxconvo.operators import apply_diffs
from rxconvo.testing import advance
from rxconvo.wire import Init, Reply, Status

if TYPE_CHECKING:
    from tests.client.conftest import World


class Shown:
    """What a timeline shows, as texts of messages."""

    def __init__(self, conversation: rxconvo.Conversation, limit: int = 100) -> None:
        self.kinds: list[str] = []
        self.lists: list[str] = []
        timeline = conversation.timeline(limit)
        timeline.subscribe(self._note)
        timeline.pipe(apply_diffs()).subscribe(self._show, on_completed=lambda: self.lists.append("|"))

    def _note(self, batch: DiffBatch[rxconvo.Message]) -> None:
        self.kinds.append(" ".join(type(diff).__name__ for diff in batch.diffs))

    def _show(self, messages: tuple[rxconvo.Message, ...]) -> None:
        self.lists.append("".join(message.body or "" for message in messages))


async def talk(ada: rxconvo.Client, bob: rxconvo.Client) -> rxconvo.Conversation:
    standup = await (await ada.create_conversation()).join()
    await standup.add("bob")
    his = await bob.get_conversation_by_sid(standup.sid)
    for body in "abc":
        await his.send_message(body)
    return standup


async def change(bob: rxconvo.Client, sid: str) -> None:
    """Change a text, remove a message, send one, all by somebody else."""
    his = await bob.get_conversation_by_sid(sid)
    page = await his.get_messages()
    await page.items[0].update_body("x")
    await page.items[1].remove()
    await his.send_message("d")


async def test_what_was_missed_is_made_up_for_by_diffs(world: World, ada: rxconvo.Client, bob: rxconvo.Client) -> None:
    standup = await talk(ada, bob)
    shown = Shown(standup)
    await advance(1)
    assert shown.lists == ["abc"]
    world.line("ada").down()
    await change(bob, standup.sid)
    world.line("ada").up = True
    await advance(3)
    assert shown.lists[-1] == "xcd"
    assert shown.kinds.count("Reset") == 1


async def test_a_store_that_is_not_the_one_it_was_is_read_anew(
    world: World, ada: rxconvo.Client, bob: rxconvo.Client
) -> None:
    standup = await talk(ada, bob)
    shown = Shown(standup)
    gaps: list[object] = []
    standup.messages.subscribe(lambda event: gaps.append(event) if isinstance(event, rxconvo.Discontinuity) else None)
    await advance(1)
    line = world.line("ada")
    line.passing = lambda packet: not (isinstance(packet, Reply) and packet.continuation_token is not None)
    line.cut()
    await change(bob, standup.sid)
    await advance(2)
    line.passing = lambda _: True
    line.tell(Reply(line.sent_of(Init)[-1].id, Status(200, "OK"), continuation_token="c", epoch="another"))
    await advance(3)
    assert len(gaps) == 1
    assert shown.lists[-1] == "xcd"
    assert shown.kinds.count("Reset") == 1
    await standup.send_message("e")
    assert shown.lists[-1] == "xcde"


async def test_it_is_complete_with_the_conversation(ada: rxconvo.Client, bob: rxconvo.Client) -> None:
    standup = await talk(ada, bob)
    shown, early = Shown(standup), Shown(standup, 2)
    await advance(1)
    late = Shown(standup)
    await standup.delete()
    await advance(2)  # what was being read then is asked for once more, in vain
    assert (shown.lists, early.lists) == (["abc", "|"], ["bc", "|"])
    assert late.lists[-1] == "|"


async def test_its_last_value_is_not_waited_for_and_its_first_is_what_there_is(
    ada: rxconvo.Client, bob: rxconvo.Client
) -> None:
    standup = await talk(ada, bob)
    timeline = standup.timeline(2)
    with pytest.raises(TypeError, match=rf"timeline of {standup.sid} has no last value .* `first\(\)`"):
        await timeline
    with pytest.raises(TypeError, match="cannot be iterated over at once"):
        iter(timeline)
    (reset,) = (await timeline.pipe(ops.first())).diffs
    assert isinstance(reset, Reset)
    assert [message.body for message in reset.values] == ["b", "c"]
    async for batch in timeline:
        assert batch.diffs == (reset,)
        break
    await advance(5)
    assert not standup.messages.observed
