"""Reactive streams over chat: conversations as Observables, against Twilio or the service that comes along.

Example:
    import rxconvo

    async with rxconvo.connect("memory:", identity="ada") as client:
        standup = await client.create_conversation(friendly_name="standup")
        await standup.join()
        standup.messages.added.map(lambda message: message.body).subscribe(print)
        await standup.send_message("hello").retry(3)  # -> hello
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from rxconvo.errors import (
    ArgumentError,
    ClosedError,
    ConnectionError,
    DeniedError,
    DetachedError,
    FramingError,
    LocalProtocolError,
    MissingExtraError,
    NotFoundError,
    ObserverError,
    OutcomeUnknownError,
    PayloadError,
    ProtocolError,
    QueueFullError,
    RejectedError,
    RemoteProtocolError,
    RequestError,
    RxconvoError,
    SlowConsumerError,
    StoreError,
    StoreLockedError,
    SyncError,
    TokenError,
)

if TYPE_CHECKING:
    from rxconvo.client import (
        BackoffPolicy,
        Client,
        ClientOptions,
        Connecting,
        Conversation,
        Environment,
        Limits,
        ServerOptions,
        Service,
        TokenAboutToExpire,
        TokenEvent,
        TokenExpired,
    )
    from rxconvo.client.connect import connect
    from rxconvo.model import (
        AggregatedDeliveryReceipt,
        ConversationAdded,
        ConversationEvent,
        ConversationJoined,
        ConversationLeft,
        ConversationRemoved,
        ConversationState,
        ConversationUpdated,
        Discontinuity,
        Event,
        LastMessage,
        Lifecycle,
        Media,
        Message,
        MessageAdded,
        MessageEvent,
        MessageRemoved,
        MessageUpdated,
        Participant,
        ParticipantEvent,
        ParticipantJoined,
        ParticipantLeft,
        ParticipantUpdated,
        Topic,
        TypingEnded,
        TypingEvent,
        TypingStarted,
        UnreadState,
        User,
        UserEvent,
        UserSubscribed,
        UserUnsubscribed,
        UserUpdated,
    )
    from rxconvo.streams import (
        Cold,
        ConversationStream,
        HotStream,
        LoopScheduler,
        MessageStream,
        Paginator,
        ParticipantStream,
        StateStream,
        TypingStream,
        UserStream,
        current_scheduler,
    )

__all__ = [
    "AggregatedDeliveryReceipt",
    "ArgumentError",
    "BackoffPolicy",
    "Client",
    "ClientOptions",
    "ClosedError",
    "Cold",
    "Connecting",
    "ConnectionError",
    "Conversation",
    "ConversationAdded",
    "ConversationEvent",
    "ConversationJoined",
    "ConversationLeft",
    "ConversationRemoved",
    "ConversationState",
    "ConversationStream",
    "ConversationUpdated",
    "DeniedError",
    "DetachedError",
    "Discontinuity",
    "Environment",
    "Event",
    "FramingError",
    "HotStream",
    "LastMessage",
    "Lifecycle",
    "Limits",
    "LocalProtocolError",
    "LoopScheduler",
    "Media",
    "Message",
    "MessageAdded",
    "MessageEvent",
    "MessageRemoved",
    "MessageStream",
    "MessageUpdated",
    "MissingExtraError",
    "NotFoundError",
    "ObserverError",
    "OutcomeUnknownError",
    "Paginator",
    "Participant",
    "ParticipantEvent",
    "ParticipantJoined",
    "ParticipantLeft",
    "ParticipantStream",
    "ParticipantUpdated",
    "PayloadError",
    "ProtocolError",
    "QueueFullError",
    "RejectedError",
    "RemoteProtocolError",
    "RequestError",
    "RxconvoError",
    "ServerOptions",
    "Service",
    "SlowConsumerError",
    "StateStream",
    "StoreError",
    "StoreLockedError",
    "SyncError",
    "TokenAboutToExpire",
    "TokenError",
    "TokenEvent",
    "TokenExpired",
    "Topic",
    "TypingEnded",
    "TypingEvent",
    "TypingStarted",
    "TypingStream",
    "UnreadState",
    "User",
    "UserEvent",
    "UserStream",
    "UserSubscribed",
    "UserUnsubscribed",
    "UserUpdated",
    "__version__",
    "connect",
    "current_scheduler",
]

__version__: Final = "0.1.0"

_LATE: Final = {
    "rxconvo.client": (
        "BackoffPolicy",
        "Client",
        "ClientOptions",
        "Connecting",
        "Conversation",
        "Environment",
        "Limits",
        "ServerOptions",
        "Service",
        "TokenAboutToExpire",
        "TokenEvent",
        "TokenExpired",
        "connect",
    ),
    "rxconvo.model": (
        "AggregatedDeliveryReceipt",
        "ConversationAdded",
        "ConversationEvent",
        "ConversationJoined",
        "ConversationLeft",
        "ConversationRemoved",
        "ConversationState",
        "ConversationUpdated",
        "Discontinuity",
        "Event",
        "LastMessage",
        "Lifecycle",
        "Media",
        "Message",
        "MessageAdded",
        "MessageEvent",
        "MessageRemoved",
        "MessageUpdated",
        "Participant",
        "ParticipantEvent",
        "ParticipantJoined",
        "ParticipantLeft",
        "ParticipantUpdated",
        "Topic",
        "TypingEnded",
        "TypingEvent",
        "TypingStarted",
        "UnreadState",
        "User",
        "UserEvent",
        "UserSubscribed",
        "UserUnsubscribed",
        "UserUpdated",
    ),
    "rxconvo.streams": (
        "Cold",
        "ConversationStream",
        "HotStream",
        "LoopScheduler",
        "MessageStream",
        "Paginator",
        "ParticipantStream",
        "StateStream",
        "TypingStream",
        "UserStream",
        "current_scheduler",
    ),
}
"""What is loaded when it is first asked for, by module: `import rxconvo` costs next to nothing."""

_MODULES: Final = {name: module for module, names in _LATE.items() for name in names}


def __getattr__(name: str) -> object:
    """Load what was not needed until now."""
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(module), name)


def __dir__() -> list[str]:
    """List what is loaded late, too."""
    return sorted({*globals(), *_MODULES})
