"""Who sees which conversation, and what they may do to it. Everything that touches one comes through here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rxconvo.server.refusals import conversation_not_found, forbidden, not_found, not_member
from rxconvo.server.roles import Relation, Right
from rxconvo.server.storage.records import Purpose

if TYPE_CHECKING:
    from rxconvo.server.call import Call, Service
    from rxconvo.server.storage.base import Transaction
    from rxconvo.server.storage.records import StoredConversation, StoredItem, StoredMember, StoredObject
    from rxconvo.types import Identity, Sid

__all__ = ["Sight", "find_message", "may_open", "object_sids", "see", "see_conversation"]


@dataclass(frozen=True, kw_only=True)
class Sight:
    """A conversation as one identity sees it.

    Attributes:
        service: Whose roles count.
        conversation: Which.
        identity: Who sees it.
        member: The membership, or None.
        relations: What the identity is to the conversation; never nothing.
    """

    service: Service
    conversation: StoredConversation
    identity: Identity
    member: StoredMember | None
    relations: frozenset[Relation]

    def may(self, right: Right) -> bool:
        """Tell whether the identity has a right here."""
        return self.service.options.roles.allow(self.relations, right)

    def require(self, right: Right) -> None:
        """Insist on a right.

        Raises:
            Refusal: 403: a participant who lacks the right, or somebody who is no participant.
        """
        if not self.may(right):
            raise not_member() if self.member is None else forbidden(right.value)

    def require_member(self, right: Right) -> StoredMember:
        """Insist on a right that only participants can use, and return the membership.

        Raises:
            Refusal: 403, as `require`.
        """
        if self.member is None:
            raise not_member()
        self.require(right)
        return self.member


def see(tx: Transaction, call: Call, right: Right = Right.LOOK_UP, *, name: str | None = None) -> Sight:
    """Find the conversation a request is about, as its asker sees it.

    Args:
        tx: Where to look.
        call: The request; its path names the conversation.
        right: What the request needs.
        name: Sid or unique name, where it does not stand in the path.

    Raises:
        Refusal: 404, the same for an unknown conversation and for one that the asker may not see; 403 for who sees it
            but lacks the right.
    """
    wanted = call.path["conversation"] if name is None else name
    conversation = tx.conversation(wanted) or tx.conversation_by_unique_name(wanted)
    sight = None if conversation is None else see_conversation(tx, call.service, conversation, call.identity)
    if sight is None:
        raise conversation_not_found()
    sight.require(right)
    return sight


def see_conversation(
    tx: Transaction, service: Service, conversation: StoredConversation, identity: Identity
) -> Sight | None:
    """Look at a conversation with somebody's eyes; None for who does not see it."""
    member = tx.member(conversation.sid, identity)
    candidates = {
        Relation.MEMBER: member is not None,
        Relation.CREATOR: conversation.created_by == identity,
        Relation.VISITOR: conversation.access == "public",
    }
    relations = frozenset(relation for relation, holds in candidates.items() if holds)
    if not service.options.roles.allow(relations, Right.LOOK_UP):
        return None
    return Sight(service=service, conversation=conversation, identity=identity, member=member, relations=relations)


def find_message(tx: Transaction, conversation: StoredConversation, sid: Sid) -> StoredItem:
    """Find a message by its sid.

    Raises:
        Refusal: 404.
    """
    item = tx.item_by_name(conversation.messages_id, sid)
    if item is None:
        raise not_found("Message")
    return item


def may_open(tx: Transaction, call: Call, found: StoredObject) -> bool:
    """Tell whether the asker may open and subscribe to a replicated object.

    Everybody may open everybody's info map and their own map of conversations; the objects of a conversation are for
    who sees it, its messages and roster for who may read it.
    """
    if found.purpose is Purpose.USER_INFO:
        return True
    if found.conversation_sid is None:
        return found.identity == call.identity
    conversation = tx.conversation(found.conversation_sid)
    sight = None if conversation is None else see_conversation(tx, call.service, conversation, call.identity)
    return sight is not None and (found.purpose is Purpose.DOCUMENT or sight.may(Right.READ))


def object_sids(tx: Transaction, conversation: StoredConversation) -> list[Sid]:
    """List the replicated objects of a conversation."""
    ids = (conversation.document_id, conversation.messages_id, conversation.roster_id)
    return [tx.object(object_id).sid for object_id in ids]
