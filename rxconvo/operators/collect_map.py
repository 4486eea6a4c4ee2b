"""All that is there, by key."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeVar, overload

from reactivex import Observable

from rxconvo.model import (
    ConversationEvent,
    ListEvent,
    Message,
    MessageEvent,
    Participant,
    ParticipantEvent,
    User,
    UserEvent,
)
from rxconvo.operators._arguments import check_callable, check_number
from rxconvo.operators._items import key_of
from rxconvo.operators._ordered import Ordered, snapshots
from rxconvo.operators._stage import folding

__all__ = ["collect_map"]

C = TypeVar("C")
K = TypeVar("K", bound=Hashable)


class _Maps(Protocol, Generic[K]):
    """The operator. That the streams have a few events in common is no matter: these have no items."""

    @overload
    def __call__(  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
        self, source: Observable[MessageEvent[C] | ListEvent[Message[C]]], /
    ) -> Observable[Mapping[K, Message[C]]]: ...
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, source: Observable[ParticipantEvent[C] | ListEvent[Participant[C]]], /
    ) -> Observable[Mapping[K, Participant[C]]]: ...
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, source: Observable[ConversationEvent[C] | ListEvent[C]], /
    ) -> Observable[Mapping[K, C]]: ...
    @overload
    def __call__(self, source: Observable[UserEvent | ListEvent[User]], /) -> Observable[Mapping[K, User]]: ...


@overload
def collect_map(key: None = None, *, limit: int = 1000) -> _Maps[Any]: ...
@overload
def collect_map(key: Callable[[Any], K], *, limit: int = 1000) -> _Maps[K]: ...
def collect_map(key: Callable[[Any], Any] | None = None, *, limit: int = 1000) -> _Maps[Any]:
    """Emit all messages, participants, conversations or users that events tell of by key, whenever that changes.

    With `a`, `b`: a participant joins, `A`: the first one is changed, `r`: it leaves:

        people:  -a-b-A-r-|
        maps:    -1-2-3-4-|      1 {a}, 2 {a, b}, 3 {A, b}, 4 {b}, each by sid
        people:  -a-b#
        maps:    -1-2#
        people:  -a-b-
        maps:    -1!      ! disposed

    Example:
        from rxconvo import Service
        from rxconvo.operators import collect_map

        async with Service() as service, service.client("ada") as ada:
            lunch = await ada.create_conversation()
            await lunch.join()
            by_author = collect_map(lambda message: message.author)
            lunch.messages.pipe(by_author).subscribe(lambda newest: print(newest["ada"].body))
            await lunch.send_message("pizza?")  # -> pizza?
            await lunch.send_message("sushi?")  # -> sushi?

    Args:
        key: Tells what an item is found by; of two with the same key the later one takes the place of the other. By
            default the index of a message, the sid of a participant or conversation, the identity of a user.
        limit: Items at most; where there are more, the first ones go: of messages those of the least index.

    Returns:
        An operator for the streams `messages`, `participants`, `conversations` or `users`, of a conversation or, with
        a *key* that tells messages of several conversations apart, of the client; or for such a stream joined
        to its history by `catch_up`; without that, the map has what has come since the subscription. Of conversations
        it has those that one has come to know or join and has not left, as handles.

    Emits:
        Mappings that never change, each other than the one before; only where a conversation has changed, which is the
        same handle then, an equal one comes again. With `CaughtUp` comes the empty one, if there was none yet. It is
        empty after a `Discontinuity`, which `catch_up` prevents. It completes with the source.

    Raises:
        ArgumentError: `limit` is not positive, or an argument is not of its type.

    Errors:
        Those of the source, what *key* raises, and `ArgumentError` for events of other streams.
    """
    check_callable("key", key, optional=True)
    check_number("limit", limit)
    return folding(
        lambda: snapshots(Ordered(key or key_of, None, limit), lambda ordered: MappingProxyType(ordered.mapping))
    )
