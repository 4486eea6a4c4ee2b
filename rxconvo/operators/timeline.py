"""The newest of what is there, as a list that tells its changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar, overload

from reactivex import Observable

from rxconvo.model import (
    CaughtUp,
    ConversationEvent,
    DiffBatch,
    Discontinuity,
    ListEvent,
    Message,
    MessageEvent,
    Participant,
    ParticipantEvent,
    Reset,
    User,
    UserEvent,
)
from rxconvo.operators._arguments import check_callable, check_number
from rxconvo.operators._ordered import Ordered
from rxconvo.operators._stage import folding

__all__ = ["timeline"]

C = TypeVar("C")


class _Timelines(Protocol):
    """The operator. That the streams have a few events in common is no matter: these have no items."""

    @overload
    def __call__(  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
        self, source: Observable[MessageEvent[C] | ListEvent[Message[C]]], /
    ) -> Observable[DiffBatch[Message[C]]]: ...
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, source: Observable[ParticipantEvent[C] | ListEvent[Participant[C]]], /
    ) -> Observable[DiffBatch[Participant[C]]]: ...
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, source: Observable[ConversationEvent[C] | ListEvent[C]], /
    ) -> Observable[DiffBatch[C]]: ...
    @overload
    def __call__(self, source: Observable[UserEvent | ListEvent[User]], /) -> Observable[DiffBatch[User]]: ...


def timeline(limit: int = 100, *, order: Callable[[Any], Any] | None = None) -> _Timelines:
    """Emit the newest messages as a list: what there is as the first batch, then what changes in it.

    With `limit=2` (`a`, `b`, `d`: a message is added, `u`: caught up, `B`: the second one is changed, `r`: the first
    one is removed, `A`: it is changed, which is too late):

        messages:  -ab-u--d-B-r-A-|
        list:      ----1--2-3-----|      1 Reset(a, b), 2 Remove(0) Append(d), 3 Set(0, B)
        messages:  -ab-u#
        list:      ----1#
        messages:  -ab-u-d
        list:      ----1!      ! disposed

    Example:
        from rxconvo import Service
        from rxconvo.operators import catch_up, timeline

        async with Service() as service, service.client("ada") as ada:
            lunch = await ada.create_conversation()
            await lunch.join()
            await lunch.send_message("pizza?")
            newest = lunch.messages.pipe(catch_up(lunch, limit=50), timeline(50))
            newest.subscribe(lambda batch: print([type(diff).__name__ for diff in batch.diffs]))
            await lunch.send_message("sushi!")
            # -> ['Reset']
            # -> ['Append']

    Args:
        limit: Items at most; where there are more, the first ones of the list go.
        order: Returns what the list is sorted by. By default messages are sorted by index, all else as it came.

    Returns:
        An operator for what `catch_up` makes of a stream and its history. A stream that has no history says so with
        `ops.start_with(Reset(()))`; without `CaughtUp` or `Reset`, nothing is ever known of the list. As for
        `collect_list`, it may be a stream of participants, conversations or users, too.

    Emits:
        With `CaughtUp` or a `Reset` the list, as a `Reset`; then one batch of as few diffs as possible for each event
        that changes it. Who applies them (`apply_diffs`) has the list. After a `Discontinuity` that `catch_up` could
        not mend, it begins anew. It completes with the source.

    Raises:
        ArgumentError: `limit` is not positive, or an argument is not of its type.

    Errors:
        Those of the source, what *order* raises, and `ArgumentError` for events of other streams.
    """
    check_callable("order", order, optional=True)
    check_number("limit", limit)

    def make() -> Callable[[Any], Iterable[DiffBatch[Any]]]:
        ordered = Ordered(None, order, limit)
        known = False

        def take(event: object) -> Iterable[DiffBatch[Any]]:
            nonlocal known
            ordered.tell(event)
            if isinstance(event, Discontinuity):
                known = False
            elif isinstance(event, Reset | CaughtUp):
                known = True
            if known and (batch := ordered.take()).diffs:
                yield batch

        return take

    return folding(make)
