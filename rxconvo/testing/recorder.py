"""Writes down what happens to one conversation of a world, for `check`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import orjson

from rxconvo.errors import ArgumentError, ClosedError, OutcomeUnknownError, RejectedError
from rxconvo.model import Message, Participant
from rxconvo.operators._arguments import check_text
from rxconvo.testing.consuming import Consumption
from rxconvo.testing.entries import (
    Answered,
    Counted,
    Gap,
    Heard,
    Held,
    History,
    Invoked,
    Left,
    Member,
    Observing,
    Told,
)
from rxconvo.testing.levels import Levels
from rxconvo.testing.lines import MemoryLine
from rxconvo.testing.noting import Teller, of_message, of_participant, of_typing, record_of
from rxconvo.testing.world import World

if TYPE_CHECKING:
    from reactivex.abc import DisposableBase

    from rxconvo.client.conversation import Conversation
    from rxconvo.server.storage import Transaction
    from rxconvo.streams import Cold
    from rxconvo.streams.backlog import Overflow
    from rxconvo.types import Identity, Sid

__all__ = ["Recorder", "persist"]

T = TypeVar("T")
E = TypeVar("E")

_PAUSE = 0.25  # between attempts
_IN_TIME = 1.0  # so long a result waits for its own change


class Recorder:
    """Does things in a conversation, observes it, and writes down both.

    Example:
        from rxconvo.testing import Cut, FaultPlan, Recorder, World, advance, check, play

        async with World() as world:
            ada, bob = await world.clients("ada", "bob")
            mine, his = await world.talk(ada, bob)
            recorder = Recorder(world, mine, his)
            await recorder.observe(his)
            async with play(FaultPlan((Cut("bob", after=100),)), world):
                await recorder.send(mine, "hello")
            await advance(60)
            print(check(await recorder.finish()))  # -> []

    Where the service loses what it had, there is a `Gap` in the history: `World.restart(forget=True)` writes it.

    Args:
        world: Where.
        handles: The conversation, as each of its members has it; those who have none may not see it.

    Attributes:
        history: What was written down so far.
    """

    def __init__(self, world: World, *handles: Conversation) -> None:
        self.history = History()
        self._world = world
        self._handles = [*handles]
        self._now = asyncio.get_running_loop().time
        self._count = 0
        self._subscriptions: list[DisposableBase] = []
        self._consumptions: list[Consumption] = []
        self._levels = Levels(world)
        self._holds = world.service.server.options.typing_timeout + 1.0  # so long watchers take a signal to hold
        self._members = {handle.identity for handle in handles}
        self._former: dict[Identity, list[bytes]] = {}  # and what was said since
        self._sid = handles[0].sid.encode()
        self._said: set[str] = set()
        for handle in handles:
            self.history.add(Member(self._now(), handle.identity))
        for name, line in world.lines.items():
            if isinstance(line, MemoryLine):
                line.taps.append(partial(self._pass, world.identities[name]))
        world.forgetting.append(self._note_gap)

    async def observe(self, conversation: Conversation, observer: str = "") -> None:
        """Observe the messages from now on, and wait until that has begun.

        Args:
            conversation: As one of the members has it.
            observer: Names the observer, where there is more than one of them.
        """
        newest = conversation.last_message
        note = self._noting(conversation, observer, of_message)
        self._subscriptions.append(conversation.messages.subscribe(note))
        await conversation.messages.opened
        since = 0 if newest is None else newest.index + 1
        who = observer or conversation.identity
        self.history.add(Observing(self._now(), who, "messages", since, conversation.identity))

    async def observe_participants(self, conversation: Conversation, observer: str = "") -> None:
        """Observe the participants, and wait until that has begun: from then on everything is written down.

        Args:
            conversation: As one of the members has it.
            observer: Names the observer, where there is more than one of them.
        """
        note = self._noting(conversation, observer, of_participant)
        who, actor = observer or conversation.identity, conversation.identity
        with conversation.participants.subscribe():
            await conversation.participants.opened
            present = tuple((one.sid, one.attributes_json) for one in record_of(conversation).participants)
            self.history.add(Observing(self._now(), who, "participants", actor=actor, present=present))
            self._subscriptions.append(conversation.participants.subscribe(note))

    async def observe_typing(self, conversation: Conversation, observer: str = "") -> None:
        """Observe who types, and wait until that has begun: from then on everything is written down.

        What is decided of it needs the signals, which `type` writes down; and that it ends with a message or with the
        participant is decided where the same client's messages and participants are observed as well.

        Args:
            conversation: As one of the members has it.
            observer: Names the observer, where there is more than one of them.
        """
        note = self._noting(conversation, observer, of_typing)
        who, actor = observer or conversation.identity, conversation.identity
        with conversation.typing.subscribe():
            await conversation.typing.opened
            typists = [one for one in record_of(conversation).participants if one.is_typing]
            present = tuple((one.sid, one.identity or "") for one in typists)
            self.history.add(Observing(self._now(), who, "typing", actor=actor, present=present, holds=self._holds))
            self._subscriptions.append(conversation.typing.subscribe(note))

    async def consume(
        self,
        conversation: Conversation,
        consumer: str,
        *,
        limit: int,
        overflow: Overflow = "error",
        every: float = 1.0,
    ) -> None:
        """Consume the messages slowly, and wait until that has begun. With `reset` it is a timeline that is consumed.

        Args:
            conversation: As one of the members has it.
            consumer: Names the consumer: no other one of this history.
            limit: How many values may wait.
            overflow: What becomes of one more.
            every: Seconds from one value to the next.

        Raises:
            ArgumentError: As for `operators.bounded_buffer`.
        """
        consuming = Consumption(self.history, consumer, limit=limit, overflow=overflow, every=every)
        self._name(conversation, consumer)
        await conversation.messages.opened
        self._subscriptions.append(consuming.begin(conversation))
        self._consumptions.append(consuming)

    async def type(self, conversation: Conversation) -> None:
        """Signal once that somebody is typing: the next signal may make up for one that is lost.

        One that the client swallows, since the last one still holds, is written down as any other.

        Args:
            conversation: As the one who types has it.
        """
        invoked = self._invoke(conversation, "type")
        outcome: Literal["ok", "rejected", "unknown"] = "unknown"
        try:
            await conversation.send_typing()
            outcome = "ok"
        except RejectedError:
            outcome = "rejected"
        except OutcomeUnknownError:
            pass
        finally:
            self.history.add(Answered(self._now(), invoked.actor, invoked.id, outcome))

    async def send(self, conversation: Conversation, text: str) -> int | None:
        """Send a message, again and again until that is answered.

        Args:
            conversation: As the author has it.
            text: What it says: no other one of this history.

        Returns:
            Its index, or None if it was rejected.

        Raises:
            ArgumentError: The text is empty, or was used before.
            ClosedError: The conversation is gone.
        """
        self._check_new("text", text)
        invoked = self._invoke(conversation, "send", text)
        _, index = await self._attempt(conversation, invoked, conversation.send_message(text))
        return index if isinstance(index, int) else None

    async def edit(self, conversation: Conversation, index: int, text: str) -> None:
        """Replace the text of a message, again and again until that is answered.

        Args:
            conversation: As the author has it.
            index: Which message.
            text: What it says from then on: no other one of this history.

        Raises:
            ArgumentError: The text is empty, or was used before.
            ClosedError: The conversation is gone.
        """
        self._check_new("text", text)
        message = await _message(conversation, index)
        invoked = self._invoke(conversation, "edit", text, index)
        await self._attempt(conversation, invoked, conversation.update_message_body(message, text))

    async def remove(self, conversation: Conversation, index: int) -> None:
        """Remove a message, again and again until that is answered.

        Args:
            conversation: As the author has it.
            index: Which message.
        """
        message = await _message(conversation, index)
        invoked = self._invoke(conversation, "remove", index=index)
        await self._attempt(conversation, invoked, conversation.remove_message(message))

    async def read(self, conversation: Conversation, index: int) -> None:
        """Read up to a message, again and again until that is answered.

        Args:
            conversation: As the reader has it.
            index: Which message.
        """
        invoked = self._invoke(conversation, "read", index=index)
        await self._attempt(conversation, invoked, conversation.advance_last_read_message_index(index))

    async def add(self, conversation: Conversation, identity: Identity, tag: str) -> Sid | None:
        """Add a participant, again and again until that is answered.

        Args:
            conversation: As a member has it.
            identity: Who: no member now.
            tag: Its attributes: no other ones of this history.

        Returns:
            Its sid, or None if it was rejected.

        Raises:
            ArgumentError: The tag is empty, or was used before.
            ClosedError: The conversation is gone.
        """
        self._check_new("tag", tag)
        self._members.add(identity)
        self._former.pop(identity, None)
        self.history.add(Member(self._now(), identity))
        invoked = self._invoke(conversation, "add", _attributes(tag), who=identity)
        _, added = await self._attempt(conversation, invoked, conversation.add(identity, {"tag": tag}))
        if isinstance(added, Participant):
            return added.sid
        self._members.remove(identity)
        self.history.add(Member(self._now(), identity, now=False))
        return None

    async def change(self, conversation: Conversation, sid: Sid, tag: str) -> None:
        """Replace a participant's attributes, again and again until that is answered.

        Args:
            conversation: As a member has it.
            sid: Whose.
            tag: The attributes from then on: no other ones of this history.

        Raises:
            ArgumentError: The tag is empty, or was used before.
            ClosedError: The conversation is gone.
        """
        self._check_new("tag", tag)
        participant = await persist(conversation.get_participant_by_sid(sid))
        invoked = self._invoke(conversation, "change", _attributes(tag), who=sid)
        mutation = conversation.update_participant_attributes(participant, {"tag": tag})
        await self._attempt(conversation, invoked, mutation)

    async def expel(self, conversation: Conversation, sid: Sid) -> None:
        """Remove a participant, again and again until that is answered. From then on it may hear nothing new.

        Args:
            conversation: As a member has it.
            sid: Whom.
        """
        participant = await persist(conversation.get_participant_by_sid(sid))
        invoked = self._invoke(conversation, "expel", who=sid)
        done, _ = await self._attempt(conversation, invoked, conversation.remove_participant(sid))
        if done and participant.identity is not None:
            self._members.discard(participant.identity)
            self._former[participant.identity] = []
            self.history.add(Member(self._now(), participant.identity, now=False))

    async def finish(self) -> History:
        """Write down what there is in the end, and stop to observe.

        Returns:
            What happened.
        """
        await asyncio.sleep(max((consuming.patience for consuming in self._consumptions), default=0.0))
        for handle in self._handles:
            for counted in await self._counts(handle):
                self.history.add(counted)
        self.history.add(await self._world.service.look(self._look))
        for consuming in self._consumptions:
            consuming.note_dropped()
        for entry in self._levels.highest(self._now()):
            self.history.add(entry)
        for subscription in self._subscriptions:
            subscription.dispose()
        self._subscriptions.clear()
        for handle in self._handles:
            if handle.messages.observed or handle.participants.observed or handle.typing.observed:
                self.history.add(Left(self._now(), f"somebody observes the conversation of {handle.identity}"))
        self._leave()
        return self.history

    async def _counts(self, handle: Conversation) -> list[Counted]:
        """Return what a client counts, as far as it has the conversation."""
        who, joined = handle.identity, handle.status == "joined"
        if who in self._former:
            return [Counted(self._now(), who, "presence", int(joined))]
        try:
            messages = await persist(handle.get_messages_count())
            unread = await persist(handle.get_unread_messages_count())
        except ClosedError:  # it is gone, as where the service has forgotten it
            return [Counted(self._now(), who, "presence", 0)]
        now, horizon = self._now(), handle.last_read_message_index
        return [
            Counted(now, who, "presence", int(joined)),
            Counted(now, who, "messages", messages),
            Counted(now, who, "unread", unread),
            Counted(now, who, "horizon", horizon),
        ]

    def _leave(self) -> None:
        """Look at the world no more."""
        for line in self._world.lines.values():
            if isinstance(line, MemoryLine):
                line.taps.clear()
        if self._note_gap in self._world.forgetting:
            self._world.forgetting.remove(self._note_gap)

    def _note_gap(self) -> None:
        self.history.add(Gap(self._now()))

    def _check_new(self, field: str, text: str) -> None:
        """Check that a text can be told from all others."""
        expected = "a text that is not empty, and no other one of this history"
        check_text(field, text, expected)
        if text in self._said:
            raise ArgumentError(field, expected, text)
        self._said.add(text)

    def _name(self, conversation: Conversation, observer: str) -> str:
        """Return what an observer is called, and keep its handle in view."""
        if conversation not in self._handles:
            self._handles.append(conversation)
        return observer or conversation.identity

    def _noting(
        self, conversation: Conversation, observer: str, tell: Callable[[E, Conversation, Teller], Told]
    ) -> Callable[[E], None]:
        """Make what writes down each event of a stream."""
        who = self._name(conversation, observer)
        thread = threading.get_ident()

        def note(event: E) -> None:
            told = partial(Told, self._now(), who, thread=threading.get_ident() - thread)
            self.history.add(tell(event, conversation, told))
            self._levels.look((conversation,))

        return note

    def _invoke(
        self, conversation: Conversation, op: str, text: str = "", index: int | None = None, who: str = ""
    ) -> Invoked:
        self._count += 1
        invoked = Invoked(self._now(), conversation.identity, f"{self._count}", op, text, index, who)
        if text:
            for said in self._former.values():
                said.append(orjson.dumps(text))
                said.append(orjson.dumps(orjson.dumps(text).decode()))
        self.history.add(invoked)
        self._levels.look(self._handles)
        return invoked

    async def _attempt(self, conversation: Conversation, invoked: Invoked, mutation: Cold[Any]) -> tuple[bool, object]:
        """Do it until it is answered, write down how it was, and return whether it was done, and what came of it."""
        actor, began = invoked.actor, self._now()

        async def once() -> object:
            nonlocal began
            began = self._now()
            return await mutation

        try:
            result = await persist(once)
        except RejectedError:
            self.history.add(Answered(self._now(), actor, invoked.id, "rejected"))
            return False, None
        except BaseException:
            self.history.add(Answered(self._now(), actor, invoked.id, "unknown"))
            raise
        index = result if invoked.op == "send" and isinstance(result, int) else invoked.index
        at, newest = self._now(), conversation.last_message
        shown = newest.index if newest is not None and at - began < _IN_TIME else None
        who = cast("Participant[Any]", result).sid if invoked.op == "add" else ""
        self.history.add(Answered(at, actor, invoked.id, "ok", index, shown, who))
        return True, result

    def _look(self, tx: Transaction) -> Held:
        """Look up what the service holds."""
        sid = self._handles[0].sid
        stored = tx.conversation(sid)
        if stored is None:
            return Held(self._now(), ())
        messages: list[tuple[int, str, str]] = []
        start: int | None = None
        while True:
            page = tx.items(stored.messages_id, start=start)
            for item in page.items:
                data = orjson.loads(item.data)
                messages.append((int(item.key), data["author"], data["text"]))
            if not page.has_next:
                break
            start = messages[-1][0] + 1
        roster = [(str(item.key), orjson.loads(item.data)) for item in tx.items(stored.roster_id).items]
        horizons = tuple((one["identity"], one["lastConsumedMessageIndex"]) for _, one in roster)
        participants = tuple((key, one["identity"], one["attributes"]) for key, one in roster)
        return Held(self._now(), tuple(messages), horizons, participants)

    def _pass(self, identity: Identity, message: bytes) -> None:
        """Write down what strangers are handed of the conversation, and former members of what was said since."""
        if identity in self._members:
            return
        said = self._former.get(identity)
        if self._sid in message if said is None else any(text in message for text in said):
            self.history.add(Heard(self._now(), identity, len(message)))


async def persist(cold: Callable[[], Awaitable[T]] | Awaitable[T]) -> T:
    """Await something again and again, until the outcome is known.

    Args:
        cold: A cold Observable, or what makes something to be awaited.

    Returns:
        What it gives in the end.

    Raises:
        RejectedError: It was answered so.
    """
    while True:
        try:
            return await (cold() if callable(cold) else cold)
        except OutcomeUnknownError:
            await asyncio.sleep(_PAUSE)


def _attributes(tag: str) -> str:
    """Return attributes as they are told."""
    return orjson.dumps({"tag": tag}).decode()


async def _message(conversation: Conversation, index: int) -> Message[Any]:
    """Read one message."""
    page = await persist(conversation.get_messages(1, index))
    return page.items[-1]
