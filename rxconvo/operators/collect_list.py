"""All that is there, as lists."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Protocol, TypeVar, overload

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
from rxconvo.operators._ordered import Ordered, snapshots
from rxconvo.operators._stage import folding

__all__ = ["collect_list"]

C = TypeVar("C")


class _Lists(Protocol):
    """The operator. That the streams have a few events in common is no matter: these have no items."""

    @overload
    def __call__(  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
        self, source: Observable[MessageEvent[C] | ListEvent[Message[C]]], /
    ) -> Observable[tuple[Message[C], ...]]: ...
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, source: Observable[ParticipantEvent[C] | ListEvent[Participant[C]]], /
    ) -> Observable[tuple[Participant[C], ...]]: ...
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, source: Observable[ConversationEvent[C] | ListEvent[C]], /
    ) -> Observable[tuple[C, ...]]: ...
    @overload
    def __call__(self, source: Observable[UserEvent | ListEvent[User]], /) -> Observable[tuple[User, ...]]: ...


def collect_list(
    key: Callable[[Any], Hashable] | None = None, *, order: Callable[[Any], Any] | None = None, limit: int = 1000
) -> _Lists:
    """Emit the list of all messages, participants, conversations or users that events tell of, whenever it changes.

    What is told to be there is in the list, what changes is replaced, what is gone is out. With `a`, `b`: a message
    comes, `A`: the first one is changed, `r`: it is removed:

        messages:  -a-b-A-r-|
        lists:     -1-2-3-4-|      1 (a,), 2 (a, b), 3 (A, b), 4 (b,)
        messages:  -a-b#
        lists:     -1-2#
        messages:  -a-b-
        lists:     -1!      ! disposed

    Example:
        from rxconvo import Service
        from rxconvo.operators import collect_list

        async with Service() as service, service.client("ada") as ada:
            lunch = await ada.create_conversation()
            await lunch.join()
            lunch.messages.pipe(collect_list(limit=2)).subscribe(lambda all: print([each.body for each in all]))
            await lunch.send_message("pizza?")  # -> ['pizza?']
            await lunch.send_message("sushi?")  # -> ['pizza?', 'sushi?']
            await lunch.send_message("salad!")  # -> ['sushi?', 'salad!']

    Args:
        key: Tells what an item is known by; of two with the same key the later one takes the place of the other. By
            default the conversation and index of a message, the sid of a participant or conversation, the identity of
            a user.
        order: Returns what the list is sorted by. By default messages are sorted by index, all else as it came; for the
            messages of several conversations, the date would do.
        limit: Items at most; where there are more, the first ones of the list go, and do not come back by themselves.

    Returns:
        An operator for the streams `messages`, `participants`, `conversations` or `users`, or for such a stream joined
        to its history by `catch_up`; without that, the list has what has come since the subscription. Of conversations
        it has those that one has come to know or join and has not left, as handles.

    Emits:
        Tuples that share their items, each other than the one before; only where a conversation has changed, which is
        the same handle then, the same tuple comes again. With `CaughtUp` comes the empty one, if there was none yet. It
        is empty after a `Discontinuity`, which `catch_up` prevents. It completes with the source.

    Raises:
        ArgumentError: `limit` is not positive, or an argument is not of its type.

    Errors:
        Those of the source, what *key* and *order* raise, and `ArgumentError` for events of other streams.
    """
    check_callable("key", key, optional=True)
    check_callable("order", order, optional=True)
    check_number("limit", limit)

    return folding(lambda: snapshots(Ordered(key, order, limit), lambda ordered: ordered.items))
