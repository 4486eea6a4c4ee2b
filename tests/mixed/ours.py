"""Clients of rxconvo that do and tell just what those of the official SDK do and tell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import rxconvo
from rxconvo.testing import SocketLine
from tests.mixed.sdk import RefusedError, UnknownHereError

Plain = dict[str, Any]

QUICK = rxconvo.BackoffPolicy(minimum=0.02, maximum=0.1)


def plain_message(message: rxconvo.Message[Any]) -> Plain:
    return {
        "sid": message.sid,
        "index": message.index,
        "author": message.author,
        "body": message.body,
        "subject": message.subject,
        "attributes": message.attributes,
        "dateCreated": message.date_created_iso,
        "dateUpdated": message.date_updated_iso,
        "lastUpdatedBy": message.last_updated_by,
        "participantSid": message.participant_sid,
        "type": message.type,
    }


def plain_participant(participant: rxconvo.Participant[Any]) -> Plain:
    return {
        "sid": participant.sid,
        "identity": participant.identity,
        "type": participant.type,
        "attributes": participant.attributes,
        "dateCreated": participant.date_created_iso,
        "dateUpdated": participant.date_updated_iso,
        "roleSid": participant.role_sid,
        "lastReadMessageIndex": participant.last_read_message_index,
        "lastReadTimestamp": participant.last_read_timestamp_iso,
        "bindings": participant.bindings,
    }


def plain_conversation(state: rxconvo.ConversationState) -> Plain:
    newest = state.last_message
    return {
        "sid": state.sid,
        "friendlyName": state.friendly_name,
        "uniqueName": state.unique_name,
        "attributes": state.attributes,
        "createdBy": state.created_by,
        "dateCreated": state.date_created_iso,
        "dateUpdated": state.date_updated_iso,
        "state": state.state.current if state.state else None,
        "lastMessage": {"index": newest.index, "dateCreated": newest.date_created_iso} if newest else None,
        "status": state.status,
        "lastReadMessageIndex": state.last_read_message_index,
        "notificationLevel": state.notification_level,
    }


def plain_user(user: rxconvo.User) -> Plain:
    return {"identity": user.identity, "friendlyName": user.friendly_name, "attributes": user.attributes}


def _of_message(event: Any) -> tuple[str, Plain | None]:
    return f"message {event.message.index}", plain_message(event.message)


def _of_removed(event: rxconvo.MessageRemoved[Any]) -> tuple[str, Plain | None]:
    return f"message {event.index}", plain_message(event.message) if event.message else None


def _of_participant(event: Any) -> tuple[str, Plain | None]:
    return f"participant {event.participant.sid}", plain_participant(event.participant)


def _of_conversation(event: Any) -> tuple[str, Plain | None]:
    return "conversation", plain_conversation(event.state)


_SAYS: dict[type, Callable[[Any], tuple[str, Plain | None]]] = {
    rxconvo.MessageAdded: _of_message,
    rxconvo.MessageUpdated: _of_message,
    rxconvo.MessageRemoved: _of_removed,
    rxconvo.ParticipantJoined: _of_participant,
    rxconvo.ParticipantUpdated: _of_participant,
    rxconvo.ParticipantLeft: _of_participant,
    rxconvo.TypingStarted: _of_participant,
    rxconvo.TypingEnded: _of_participant,
    rxconvo.ConversationAdded: _of_conversation,
    rxconvo.ConversationJoined: _of_conversation,
    rxconvo.ConversationLeft: _of_conversation,
    rxconvo.ConversationRemoved: _of_conversation,
    rxconvo.ConversationUpdated: lambda event: ("conversation", plain_conversation(event.after)),
    rxconvo.UserUpdated: lambda event: (f"user {event.user.identity}", plain_user(event.user)),
    rxconvo.Discontinuity: lambda event: (f"all {event.topic.value}", {}),
}
"""What each event is about, and what it shows of that."""


class OurClient:
    """A client of rxconvo.

    Attributes:
        name: How reports call it.
        identity: The user.
        outages: How often its line was cut.
        faults: What it has reported as wrong, but for the line.
    """

    kind = "rxconvo"

    def __init__(self, name: str, identity: str) -> None:
        self.name = name
        self.identity = identity
        self.down = False
        self.outages = 0
        self.faults: list[str] = []
        self._history: list[Plain] = []
        self._messages: dict[str, dict[int, rxconvo.Message[rxconvo.Conversation]]] = {}
        self._waiting: list[asyncio.Future[None]] = []

    async def start(self, url: str, token: str) -> None:
        self._line = SocketLine(url)
        await self._line.start()

        async def provide() -> str:
            return token

        self._client = await rxconvo.connect(self._line.url, token=provide, watch="all", backoff=QUICK, linger=0.02)
        for stream in (
            self._client.conversations,
            self._client.messages,
            self._client.participants,
            self._client.typing,
            self._client.users,
        ):
            stream.subscribe(self._take)
        self._client.connection_state.subscribe(lambda _: self._wake())
        self._client.errors.subscribe(self._fail)

    async def cut(self) -> None:
        self.down = True
        self.outages += 1
        self._line.refusing = True
        self._line.cut()
        await self._until(lambda: self._client.connection_state.value != "connected")

    async def restore(self) -> None:
        self.down = False
        self._line.refusing = False

    async def told(self) -> list[Plain]:
        """Return all events so far."""
        return self._history

    async def shutdown(self) -> None:
        await self._client.shutdown()
        await self._line.close()

    async def do(self, what: str, **details: Any) -> Any:
        """Do something.

        Raises:
            RefusedError: It was not done, or nobody can tell.
        """
        try:
            return await getattr(self, f"_{what}")(**details)
        except rxconvo.RxconvoError as error:
            raise RefusedError(f"{type(error).__name__}: {error}") from error

    # -- what is told ----------------------------------------------------------------------------------------------

    def _take(self, event: Any) -> None:
        said = _SAYS.get(type(event))
        if said is None:
            return  # of users: nobody is subscribed to here but the own one
        sid = getattr(event, "conversation_sid", None)
        if isinstance(event, rxconvo.MessageAdded) or (isinstance(event, rxconvo.MessageUpdated) and event.before):
            self._messages.setdefault(event.conversation_sid, {})[event.message.index] = event.message
        elif isinstance(event, rxconvo.MessageRemoved):
            self._messages.get(event.conversation_sid, {}).pop(event.index, None)
        elif isinstance(event, rxconvo.ConversationRemoved):
            self._messages.pop(event.conversation_sid, None)
        entity, after = said(event)
        reasons = getattr(event, "reasons", None)
        kind = type(event).__name__
        told = {
            "kind": kind[0].lower() + kind[1:],
            "conversation": sid,
            "entity": entity,
            "reasons": None if reasons is None else list(reasons),
            "after": after,
        }
        if isinstance(event, rxconvo.TypingEnded):
            told["ended"] = event.reason
        if isinstance(event, (rxconvo.MessageUpdated, rxconvo.ParticipantUpdated)):
            told["unheld"] = event.before is None
        if isinstance(event, rxconvo.MessageRemoved):
            told["unheld"] = event.message is None
        self._history.append(told)
        self._wake()

    def _fail(self, error: rxconvo.RxconvoError) -> None:
        if not isinstance(error, rxconvo.ConnectionError):
            self.faults.append(repr(error))

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)

    async def _until(self, holds: Callable[[], bool]) -> None:
        """Wait until something is so, looking whenever something is told."""
        while not holds():
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            await waiter

    # -- waiting for what happens ----------------------------------------------------------------------------------

    def _joined(self) -> set[str]:
        """Return the sids of the conversations that are told to be joined."""
        joined: set[str] = set()
        for event in self._history:
            if event["kind"] == "conversationJoined":
                joined.add(event["conversation"])
            elif event["kind"] == "conversationRemoved":
                joined.discard(event["conversation"])
        return joined

    async def _home(self, joined: list[str]) -> None:
        await self._until(lambda: self._client.connection_state.value == "connected")
        await self._until(lambda: self._joined() == set(joined))
        for sid in joined:
            conversation = self._conversation(sid)
            await conversation.participants.opened
            await conversation.messages.opened

    async def _times_typing(self, conversation: str, identity: str) -> int:
        return sum(
            event["kind"] == "typingStarted"
            and event["conversation"] == conversation
            and event["after"]["identity"] == identity
            for event in self._history
        )

    async def _saw_typing(self, conversation: str, identity: str, times: int) -> None:
        while await self._times_typing(conversation, identity) < times:
            seen = len(self._history)
            await self._until(lambda seen=seen: len(self._history) > seen)  # type: ignore[misc]

    async def _saw_marker(self, conversation: str, index: int, identity: str) -> None:
        def shown() -> bool:
            found = self._client.find_conversation(conversation)
            newest = found.last_message if found else None
            return (
                newest is not None
                and newest.index == index
                and index in self._messages.get(conversation, {})
                and (identity != self.identity or self._conversation(conversation).last_read_message_index == index)
            )

        await self._until(shown)
        while True:
            seen = len(self._history)
            participants = await self._conversation(conversation).get_participants()
            if any(one.identity == identity and one.last_read_message_index == index for one in participants):
                return
            await self._until(lambda seen=seen: len(self._history) > seen)  # type: ignore[misc]

    async def _saw_name(self, friendly_name: str) -> None:
        await self._until(lambda: self._client.user.friendly_name == friendly_name)

    # -- reading everything ----------------------------------------------------------------------------------------

    async def _view(self, page_size: int, *, counters: bool) -> Plain:
        conversations: dict[str, Plain] = {}
        for sid in sorted(self._joined()):
            conversation = self._conversation(sid)
            messages: list[Plain] = []
            page = await conversation.get_messages(page_size)
            while True:
                messages[:0] = map(plain_message, page.items)
                if not page.has_prev_page:
                    break
                page = await page.prev_page()
            participants = [plain_participant(one) for one in await conversation.get_participants()]
            conversations[sid] = plain_conversation(conversation.snapshot) | {
                "messages": messages,
                "participants": sorted(participants, key=lambda one: str(one["sid"])),
                "counts": {
                    "messages": await conversation.get_messages_count(),
                    "participants": await conversation.get_participants_count(),
                    "unread": await conversation.get_unread_messages_count(),
                }
                if counters
                else None,
            }
        return {"user": plain_user(self._client.user), "conversations": conversations}

    # -- doing something -------------------------------------------------------------------------------------------

    def _conversation(self, sid: str) -> rxconvo.Conversation:
        found = self._client.find_conversation(sid)
        if found is None:
            raise UnknownHereError(f"conversation {sid}")
        return found

    def _message(self, sid: str, index: int) -> rxconvo.Message[rxconvo.Conversation]:
        found = self._messages.get(sid, {}).get(index)
        if found is None:
            raise UnknownHereError(f"message {index} of {sid}")
        return found

    async def _create(self, friendly_name: str | None, unique_name: str | None, attributes: Any) -> str:
        conversation = await self._client.create_conversation(
            friendly_name=friendly_name, unique_name=unique_name, attributes=attributes
        )
        await conversation.join()
        return conversation.sid

    async def _add(self, conversation: str, identity: str, attributes: Any) -> None:
        await self._conversation(conversation).add(identity, attributes)

    async def _add_phone(self, conversation: str, proxy: str, address: str) -> None:
        await self._conversation(conversation).add_non_chat_participant(proxy, address)

    async def _remove(self, conversation: str, identity: str) -> None:
        await self._conversation(conversation).remove_participant(identity)

    async def _leave(self, conversation: str) -> None:
        await self._conversation(conversation).leave()

    async def _delete(self, conversation: str) -> None:
        await self._conversation(conversation).delete()

    async def _type(self, conversation: str) -> None:
        await self._conversation(conversation).send_typing()

    async def _send(self, conversation: str, body: str, attributes: Any, subject: str | None) -> int:
        return await self._conversation(conversation).send_message(body, attributes, subject=subject)

    async def _edit_body(self, conversation: str, index: int, body: str) -> None:
        await self._message(conversation, index).update_body(body)

    async def _edit_attributes(self, conversation: str, index: int, attributes: Any) -> None:
        await self._message(conversation, index).update_attributes(attributes)

    async def _remove_message(self, conversation: str, index: int) -> None:
        await self._message(conversation, index).remove()

    async def _rename(self, conversation: str, friendly_name: str) -> None:
        await self._conversation(conversation).update_friendly_name(friendly_name)

    async def _rename_uniquely(self, conversation: str, unique_name: str | None) -> None:
        await self._conversation(conversation).update_unique_name(unique_name)

    async def _describe(self, conversation: str, attributes: Any) -> None:
        await self._conversation(conversation).update_attributes(attributes)

    async def _describe_participant(self, conversation: str, identity: str, attributes: Any) -> None:
        participant = await self._conversation(conversation).get_participant_by_identity(identity)
        await participant.update_attributes(attributes)

    async def _name_user(self, friendly_name: str) -> None:
        await self._client.user.update_friendly_name(friendly_name)

    async def _describe_user(self, attributes: Any) -> None:
        await self._client.user.update_attributes(attributes)

    async def _set_horizon(self, conversation: str, index: int | None) -> None:
        await self._conversation(conversation).update_last_read_message_index(index)

    async def _advance_horizon(self, conversation: str, index: int) -> None:
        await self._conversation(conversation).advance_last_read_message_index(index)

    async def _read_all(self, conversation: str) -> None:
        await self._conversation(conversation).set_all_messages_read()

    async def _unread_all(self, conversation: str) -> None:
        await self._conversation(conversation).set_all_messages_unread()

    async def _notify(self, conversation: str, level: Any) -> None:
        await self._conversation(conversation).set_user_notification_level(level)
