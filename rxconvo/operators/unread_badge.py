"""How many messages of a conversation the own user has not read."""

from __future__ import annotations

from collections.abc import Callable

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase

from rxconvo.model import MessageEvent, UnreadHistory, UnreadState
from rxconvo.operators._arguments import check_scheduler
from rxconvo.operators._badge import Badge, check_unread_state

__all__ = ["unread_badge"]


def unread_badge(
    state: UnreadState | UnreadHistory, *, scheduler: SchedulerBase | None = None
) -> Callable[[Observable[MessageEvent]], Observable[int]]:
    """Emit how many messages by others are above the own read horizon, whenever that number changes.

    Own messages never count; where there is no horizon, all messages by others do. This is not the service's number,
    which holds own messages too, and is null without a horizon. With one mark a second, in a conversation that was
    empty (`b`, `c`, `d`: Bob writes, `a`: the own user does, `B`: Bob's first is removed; `r`: the own user has read
    up to Bob's third):

        messages:  --b--a--c--B--d-----|
        horizon:   -----------------r---
        badge:     0-1-----2--1--2--0--|
        messages:  --b-#
        horizon:   -----
        badge:     0-1-#
        messages:  --b-b
        horizon:   -----
        badge:     0-1!      ! disposed

    Example:
        from rxconvo import Service
        from rxconvo.operators import unread_badge

        async with Service() as service, service.client("ada") as ada, service.client("bob") as bob:
            lunch = await ada.create_conversation()
            await lunch.join()
            await lunch.add("bob")
            lunch.messages.pipe(unread_badge(lunch)).subscribe(print)  # -> 0
            await lunch.send_message("pizza?")
            await (await bob.get_conversation_by_sid(lunch.sid)).send_message("sushi!")  # -> 1
            await lunch.set_all_messages_read()  # -> 0

    Args:
        state: The conversation. A `Conversation` can be paged, and then the badge is exact: it reads, newest first,
            what is above the horizon, once, keeps which messages by others are there, and follows the stream. A state
            with nothing but a count is asked for that, and again where the horizon moves within what was counted; its
            number is taken as one of messages by others, as of when it was asked.
        scheduler: For repeating queries; by default that given to `subscribe`, else the running loop's.

    Returns:
        An operator for the stream `messages` of that conversation.

    Emits:
        The number once the first query is answered, then each other number; it completes with the source. What arrives
        while a query is under way is taken into account, and after a `Discontinuity` all is read anew, during which
        the number stays. It is 10,000 at most, and messages with 10,000 later ones do not count.

    Errors:
        Those of the source, and of a query that is refused. One whose outcome is unknown is repeated, as the connection
        may be lost, after 1 second, then 2, up to 30. So is one with a `SyncError`, as the list may just have been
        opened anew; if it is refused again, that is an error.

    Raises:
        ArgumentError: `state` is no conversation, or an argument is not of its type.
    """
    check_scheduler(scheduler)
    check_unread_state("state", state)

    def _unread_badge(source: Observable[MessageEvent]) -> Observable[int]:
        def subscribe(observer: ObserverBase[int], scheduler_: SchedulerBase | None = None) -> DisposableBase:
            badge = Badge(observer, state, scheduler or scheduler_)
            badge.start(scheduler_, source)
            return badge

        return Observable(subscribe)

    return _unread_badge
