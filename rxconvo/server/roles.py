"""Who may do what: a table, and nothing is allowed that it does not name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

__all__ = ["DEFAULT_RIGHTS", "Relation", "Right", "Roles"]


class Relation(Enum):
    """What an identity is to a conversation. Who is several of these has the rights of each."""

    MEMBER = "member"
    CREATOR = "creator"
    VISITOR = "visitor"
    """Anybody, as far as the conversation is public. Who is none of the three does not see it."""


class Right(Enum):
    """What can be allowed; the value completes "You may not"."""

    LOOK_UP = "look this conversation up"
    READ = "read this conversation"
    JOIN = "join this conversation"
    LEAVE = "leave this conversation"
    ADD_PARTICIPANT = "add participants"
    REMOVE_PARTICIPANT = "remove participants"
    EDIT_PARTICIPANT = "change participants"
    EDIT_CONVERSATION = "change this conversation"
    DELETE_CONVERSATION = "delete this conversation"
    SEND_MESSAGE = "send messages"
    EDIT_OWN_MESSAGE = "change your messages"
    EDIT_ANY_MESSAGE = "change messages of others"
    REMOVE_OWN_MESSAGE = "remove your messages"
    REMOVE_ANY_MESSAGE = "remove messages of others"
    TYPE = "signal typing"
    SET_HORIZON = "mark messages as read"


_MANAGE = frozenset(
    {
        Right.LOOK_UP,
        Right.READ,
        Right.JOIN,
        Right.ADD_PARTICIPANT,
        Right.REMOVE_PARTICIPANT,
        Right.EDIT_PARTICIPANT,
        Right.EDIT_CONVERSATION,
    }
)

DEFAULT_RIGHTS: Mapping[Relation, frozenset[Right]] = {
    Relation.MEMBER: _MANAGE
    | {
        Right.LEAVE,
        Right.SEND_MESSAGE,
        Right.EDIT_OWN_MESSAGE,
        Right.REMOVE_OWN_MESSAGE,
        Right.TYPE,
        Right.SET_HORIZON,
    },
    Relation.CREATOR: _MANAGE | {Right.DELETE_CONVERSATION},
    Relation.VISITOR: frozenset({Right.LOOK_UP, Right.JOIN}),
}
"""Members manage the conversation and their own messages; its creator, member or not, may also delete it."""


@dataclass(frozen=True, kw_only=True)
class Roles:
    """The rights of everybody.

    Attributes:
        rights: What each relation to a conversation allows.
        may_create: Whether anybody with a token may create conversations.
        may_edit_any_user: Whether users may change other users' names and attributes.
    """

    rights: Mapping[Relation, frozenset[Right]] = field(default_factory=lambda: DEFAULT_RIGHTS)
    may_create: bool = True
    may_edit_any_user: bool = False

    def allow(self, relations: frozenset[Relation], right: Right) -> bool:
        """Tell whether one who is all of *relations* has a right."""
        return any(right in self.rights.get(relation, ()) for relation in relations)
