"""Who takes part in a conversation, and the conversation's end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, cast

import msgspec

from rxconvo.client.configuration import quoted
from rxconvo.client.conversation.streams import StreamsConcern
from rxconvo.client.following import follow
from rxconvo.client.resources import ParticipantResource, read_resource
from rxconvo.errors import ArgumentError, NotFoundError, OutcomeUnknownError
from rxconvo.model import Participant, limits
from rxconvo.model.bindings import binding_fields
from rxconvo.model.decoding import text_of
from rxconvo.model.fields import attributes_text

if TYPE_CHECKING:
    from rxconvo.model import ParticipantBindingOptions, User
    from rxconvo.streams import Cold
    from rxconvo.types import Identity, JSONInput, Sid

__all__ = ["MembershipConcern"]


class MembershipConcern(StreamsConcern):
    """Joining and leaving, adding and removing, looking people up."""

    __slots__ = ()

    def join(self) -> Cold[Self]:
        """Become a participant, or one again: also where this handle is dead since the own user has left.

        Returns:
            Cold; emits the conversation once its status is `joined`: this handle, or, if it is dead, the live one that
            the return has brought.

        Errors:
            RejectedError: 409, one is already.
            NotFoundError: The conversation was deleted, or one may not return by oneself.
            OutcomeUnknownError: Also where a conversation that one returns to does not appear in time.
        """

        async def perform(mutation_id: str) -> Self:
            await self._openings()
            body = {"identity": self.identity}
            await self._context.calls.mutate("POST", self._participants_url, body, mutation_id)
            await self._context.echoed(self.sid, self._is_joined)
            return await self._live()

        return self._context.cold("join", perform, sid=self.sid)

    def leave(self) -> Cold[Self]:
        """Stop being a participant, which ends this handle: a return makes another one. Who is none costs no request.

        Returns:
            Cold; emits this conversation once its status is `notParticipating`.
        """

        async def perform(mutation_id: str) -> Self:
            if self._record.state.status == "joined":
                url = f"{self._participants_url}/{quoted(self.identity)}"
                await self._context.calls.mutate("DELETE", url, {}, mutation_id)
                await self._context.echoed(self.sid, lambda: self._record.state.status != "joined")
            return self

        return self._cold("leave", perform)

    def delete(self) -> Cold[Self]:
        """Delete the conversation for everybody.

        Returns:
            Cold; emits this conversation once it is gone.

        Errors:
            RejectedError: 403, one may not.
        """
        return self._mutation("delete", "DELETE", self._url, {}, lambda _: self, echo=lambda _: self._record.removed)

    def add(self, identity: Identity, attributes: JSONInput = None) -> Cold[Participant[Self]]:
        """Add a user as a participant.

        Args:
            identity: Who; a user not heard of before is made on the spot.
            attributes: The application's own data of the participant: any JSON value, at most 4 KB as text.

        Returns:
            Cold; emits the participant.

        Raises:
            ArgumentError: The identity is empty or too long, or the attributes are no JSON or too long.

        Errors:
            RejectedError: 409, that user is a participant already; 403, one may not.
        """
        limits.check_identity(identity)
        text = limits.participant_attributes_text({} if attributes is None else attributes)
        body = {"identity": identity, "attributes": text}
        return self._mutation("add", "POST", self._participants_url, body, self._participant, echo=self._is_in_roster)

    def add_non_chat_participant(
        self,
        proxy_address: str,
        address: str,
        attributes: JSONInput = None,
        *,
        binding_options: ParticipantBindingOptions | None = None,
    ) -> Cold[Participant[Self]]:
        """Add somebody of another channel, as SMS or e-mail, as a participant.

        Args:
            proxy_address: The service's address, which that person sees.
            address: That person's address.
            attributes: The application's own data of the participant: any JSON value, at most 4 KB as text.
            binding_options: For e-mail: the name to show, and whether mails go to or in copy to that person.

        Returns:
            Cold; emits the participant.

        Raises:
            ArgumentError: An address is no non-empty string, the attributes are no JSON or too long, or the options are
                none.

        Errors:
            RejectedError: 409, the pair of addresses is in use; 400, an address makes no sense; 403, one may not.
        """
        limits.check_key("proxy_address", proxy_address)
        limits.check_key("address", address)
        text = limits.participant_attributes_text({} if attributes is None else attributes)
        binding = {"address": address, "proxy_address": proxy_address, **binding_fields(binding_options)}
        return self._mutation(
            "add_non_chat_participant",
            "POST",
            self._participants_url,
            {"attributes": text, "messaging_binding": binding},
            self._participant,
            echo=self._is_in_roster,
        )

    def remove_participant(self, participant: Participant | Identity | Sid) -> Cold[None]:
        """Remove somebody from the conversation.

        Args:
            participant: A participant, its sid, or its identity.

        Returns:
            Cold; emits None once the participant is gone.

        Raises:
            ArgumentError: It is none of these.

        Errors:
            NotFoundError: There is no such participant.
        """
        key = participant.sid if isinstance(participant, Participant) else participant
        limits.check_key("participant", key)
        return self._mutation(
            "remove_participant",
            "DELETE",
            f"{self._participants_url}/{quoted(key)}",
            {},
            lambda _: None,
            echo=lambda _: not self._knows(key),
        )

    def update_participant_attributes(self, participant: Participant, attributes: JSONInput) -> Cold[Participant[Self]]:
        """Replace the application's own data of a participant; `Participant.update_attributes` calls this.

        Args:
            participant: Whose.
            attributes: Any JSON value, at most 4 KB as text.

        Returns:
            Cold; emits the participant with its new data.

        Raises:
            ArgumentError: The value is no JSON, or too long.
        """
        text = limits.participant_attributes_text(attributes)
        updated = msgspec.structs.replace(participant, attributes_json=text)

        def shown() -> Participant | None:
            held = self._record.participant(participant.sid)
            return held if held is not None and held.attributes == updated.attributes else None

        return self._mutation(
            "update_participant_attributes",
            "POST",
            f"{self._participants_url}/{quoted(participant.sid)}",
            {"attributes": text},
            lambda _: shown() or updated,
            echo=lambda _: not self._context.store.roster_watched(self._record) or shown() is not None,
        )

    def get_participants(self) -> Cold[list[Participant[Self]]]:
        """Read who takes part. The roster is opened for it, where it is not.

        Returns:
            Cold; emits the participants, in the order of their joining.
        """

        async def perform() -> list[Participant]:
            async with self._roster.visit():
                return sorted(self._record.participants, key=lambda one: (one.date_created_iso or "", one.sid))

        return self._context.query("get_participants", perform)

    def get_participant_by_sid(self, sid: Sid) -> Cold[Participant[Self]]:
        """Find a participant.

        Args:
            sid: Its sid.

        Returns:
            Cold; emits the participant.

        Raises:
            ArgumentError: The sid is no non-empty string.

        Errors:
            NotFoundError: There is none.
        """
        limits.check_key("sid", sid)

        async def perform() -> Participant:
            async with self._roster.visit():
                participant = self._record.participant(sid)
            return _found(participant, f"Participant with SID {sid} was not found")

        return self._context.query("get_participant_by_sid", perform)

    def get_participant_by_identity(self, identity: Identity) -> Cold[Participant[Self]]:
        """Find the participant that a user is.

        Args:
            identity: The user.

        Returns:
            Cold; emits the participant.

        Raises:
            ArgumentError: The identity is no non-empty string.

        Errors:
            NotFoundError: That user is none.
        """
        limits.check_key("identity", identity)

        async def perform() -> Participant:
            async with self._roster.visit():
                participant = self._record.participant_of(identity)
            return _found(participant, f"Participant with identity {identity} was not found")

        return self._context.query("get_participant_by_identity", perform)

    def get_participant_user(self, participant: Participant) -> Cold[User]:
        """Find the user that a participant is, and follow its changes; `Participant.get_user` calls this.

        Args:
            participant: Who, of type `chat`.

        Returns:
            Cold; emits the user.

        Raises:
            ArgumentError: The participant is of another channel.
        """
        identity = participant.identity
        if participant.type != "chat" or identity is None:
            raise ArgumentError("participant", 'of type "chat", which alone are users', participant.type)
        return self._context.query(
            "get_participant_user", lambda: follow(self._context, identity, participant.user_info)
        )

    def is_typing(self, participant: Participant) -> bool:
        """Tell whether a participant is typing, as far as the typing signals are observed."""
        return self._context.store.is_typing(participant)

    def _is_joined(self) -> bool:
        """Tell whether the own user takes part: also as another handle knows it, once this one is dead."""
        record = self._context.store.conversations.get(self.sid)
        return record is not None and record.joined

    async def _live(self) -> Self:
        """Return this handle, or, if it is dead, the one that has taken its place, when its properties are known."""
        if not self._record.removed:
            return self
        record = self._context.store.conversations.get(self.sid)
        if record is None:
            raise OutcomeUnknownError(f"conversation {self.sid} has not appeared")
        live = cast("Self", record.home.get())
        await live.wait_until_known()
        return live

    def _participant(self, answer: bytes) -> Participant:
        """Return the participant that an answer speaks of: the one of the roster, else what the answer tells."""
        resource = read_resource(answer, ParticipantResource)
        binding = resource.messaging_binding or {}
        kind = text_of(binding.pop("type", None)) or "chat"
        return self._record.participant(resource.sid) or Participant(
            resource.sid,
            identity=resource.identity,
            type=kind,
            bindings_json=attributes_text({kind: binding} if binding else None),
            attributes_json=resource.attributes,
            date_created_iso=resource.date_created,
            date_updated_iso=resource.date_updated,
            role_sid=resource.role_sid,
            home=self._record.home,
        )

    def _is_in_roster(self, participant: Participant) -> bool:
        return not self._context.store.roster_watched(self._record) or self._knows(participant.sid)

    def _knows(self, key: str) -> bool:
        return (self._record.participant(key) or self._record.participant_of(key)) is not None


def _found(participant: Participant | None, message: str) -> Participant:
    if participant is None:
        raise NotFoundError(404, 50432, message)
    return participant
