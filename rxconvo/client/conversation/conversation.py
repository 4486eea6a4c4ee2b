"""The handle of one conversation."""

from __future__ import annotations

from rxconvo.client.conversation.delivery import DeliveryConcern
from rxconvo.client.conversation.emitting import EmittingConcern
from rxconvo.client.conversation.keeping import KeepingConcern
from rxconvo.client.conversation.media import MediaConcern
from rxconvo.client.conversation.membership import MembershipConcern
from rxconvo.client.conversation.messages import MessagesConcern
from rxconvo.client.conversation.reading import ReadingConcern
from rxconvo.client.conversation.sending import SendingConcern
from rxconvo.client.conversation.settings import SettingsConcern
from rxconvo.client.conversation.state import StateConcern

__all__ = ["Conversation"]


class Conversation(
    StateConcern,
    SettingsConcern,
    MembershipConcern,
    SendingConcern,
    MessagesConcern,
    MediaConcern,
    DeliveryConcern,
    ReadingConcern,
    KeepingConcern,
    EmittingConcern,
):
    """One conversation: its properties, its hot streams, its mutations and queries as cold Observables, its listeners.

    Handles come from a `Client`; there is one for each conversation. After `removed` it is dead: its streams are
    complete, and its mutations and queries fail with `ClosedError` before anything is sent. Only `join` does not: it
    emits the handle that a return makes; and `unwatch`, since there is nothing to let go of.
    """

    __slots__ = ()
