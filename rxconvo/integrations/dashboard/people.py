"""Who there is: everybody in the joined conversations, and who of them is online."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

import reactivex as rx
from msgspec import Struct
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase

from rxconvo import Client, Conversation, Participant, RxconvoError, User, UserEvent, UserSubscribed
from rxconvo import operators as chat
from rxconvo.integrations.dashboard.each import of_each
from rxconvo.types import Identity, Sid

__all__ = ["Person", "follow", "names", "people", "roster", "who_is_online"]

MOST_FOLLOWED: Final = 99
"""People whose presence is followed: as many as the service tells about at once, the own user not counted."""

_HZ: Final = 1.0
"""Values a second at most."""


class Person(Struct, frozen=True):
    """Somebody who takes part in a conversation.

    Attributes:
        identity: Who.
        name: The name to show.
        online: Whether they are online; None where that is not known.
        conversations: In how many conversations they are.
    """

    identity: Identity
    name: str
    online: bool | None
    conversations: int


def people(client: Client, *, grace: float) -> Observable[tuple[Person, ...]]:
    """Follow everybody who is in one of the joined conversations.

    Args:
        client: Whose conversations.
        grace: Seconds for which somebody has to be gone before they show as offline.

    Returns:
        Emits all of them by name, at most once a second; starts to follow the presence of those who appear.
    """

    def everybody(
        conversations: Mapping[Identity, int], online: Mapping[Identity, bool], known: Mapping[Identity, str]
    ) -> tuple[Person, ...]:
        found = (
            Person(identity, known.get(identity, identity), online.get(identity), count)
            for identity, count in conversations.items()
        )
        return tuple(sorted(found, key=lambda person: (person.name.casefold(), person.identity)))

    counts = memberships(client).pipe(ops.share())
    parts: tuple[Observable[Any], ...] = (counts, who_is_online(client, grace=grace), names(client))
    return rx.combine_latest(*parts).pipe(
        chat.conflate(_HZ),
        ops.starmap(everybody),
        ops.merge(follow(client, counts.pipe(ops.map(frozenset)))),
        ops.distinct_until_changed(),
    )


def roster(conversation: Conversation) -> Observable[frozenset[Participant[Conversation]]]:
    """Follow who takes part in a conversation: counted by themselves, participants are a roster.

    Args:
        conversation: Which.
    """
    return conversation.participants.pipe(
        chat.occupancy(conversation.get_participants(), by=lambda participant: participant), ops.map(frozenset)
    )


def memberships(client: Client) -> Observable[Mapping[Identity, int]]:
    """Count the joined conversations that each person is in.

    Args:
        client: Whose conversations.
    """

    def start(_scheduler: SchedulerBase | None) -> Observable[Mapping[Identity, int]]:
        members: dict[Sid, frozenset[Identity]] = {}
        counts: Counter[Identity] = Counter()

        def take(entry: tuple[Sid, frozenset[Identity] | None]) -> Mapping[Identity, int]:
            sid, now = entry
            before = members.pop(sid, frozenset())
            if now is not None:
                members[sid] = now
            counts.update((now or frozenset()) - before)
            counts.subtract(before - (now or frozenset()))
            for identity in before:
                if not counts[identity]:
                    del counts[identity]
            return MappingProxyType(counts)

        nobody: Mapping[Identity, int] = MappingProxyType(counts)
        return of_each(client, identities).pipe(ops.map(take), ops.start_with(nobody))

    return rx.defer(start)


def identities(conversation: Conversation) -> Observable[frozenset[Identity]]:
    """Follow the identities of a conversation's participants.

    Args:
        conversation: Which.
    """
    return roster(conversation).pipe(ops.map(identities_of), ops.distinct_until_changed())


def identities_of(members: Iterable[Participant[Conversation]]) -> frozenset[Identity]:
    """Return the identities of participants; those of other channels have none.

    Args:
        members: The participants.
    """
    return frozenset(member.identity for member in members if member.identity is not None)


def known_users(client: Client) -> Observable[UserEvent]:
    """Emit who is followed already as if it had just begun, then what happens to users.

    Args:
        client: Whose users.
    """
    already: Observable[UserEvent] = subscribed_users(client).pipe(ops.map(UserSubscribed))
    return client.users.pipe(ops.merge(already))


def subscribed_users(client: Client) -> Observable[User]:
    """Emit who is followed now, one by one.

    Args:
        client: Whose users.
    """
    return client.get_subscribed_users().flat_map(rx.from_iterable)


def who_is_online(client: Client, *, grace: float) -> Observable[Mapping[Identity, bool]]:
    """Follow who of those whose presence is known is online.

    Args:
        client: Whose users.
        grace: Seconds for which somebody has to be gone before they show as offline.
    """

    def online(known: Mapping[Identity, str]) -> Mapping[Identity, bool]:
        return {identity: state == "online" for identity, state in known.items()}

    return known_users(client).pipe(chat.presence(grace), ops.map(online))


def names(client: Client) -> Observable[Mapping[Identity, str]]:
    """Follow the names of those who are followed.

    Args:
        client: Whose users.
    """

    def shown(known: Mapping[Identity, UserEvent]) -> Mapping[Identity, str]:
        return {identity: event.user.friendly_name or identity for identity, event in known.items()}

    newest = chat.latest_by(lambda event: event.user.identity, max_keys=1_000)
    return known_users(client).pipe(newest, ops.map(shown))


def follow(client: Client, wanted: Observable[frozenset[Identity]]) -> Observable[Any]:
    """Follow the presence of people as long as they are wanted, as many as the service tells about.

    Args:
        client: Who follows.
        wanted: Who is wanted.

    Returns:
        Emits nothing. Somebody who cannot be followed is left out.
    """

    def start(_scheduler: SchedulerBase | None) -> Observable[Any]:
        followed: set[Identity] = {client.identity}

        def change(now: frozenset[Identity]) -> Observable[Any]:
            gone = followed - now - {client.identity}
            followed.difference_update(gone)
            new = sorted(now - followed)[: MOST_FOLLOWED + 1 - len(followed)]
            followed.update(new)

            def is_gone(user: User) -> bool:
                return user.identity in gone and user.identity not in followed

            def forget(user: User) -> Observable[None]:
                return client.unsubscribe_user(user)

            forgotten = subscribed_users(client).pipe(ops.filter(is_gone), ops.flat_map(forget))
            found = (client.get_user(identity).pipe(ops.catch(_left_out)) for identity in new)
            return rx.merge(forgotten.pipe(ops.catch(_left_out)) if gone else rx.empty(), *found)

        return wanted.pipe(ops.distinct_until_changed(), ops.flat_map(change), ops.ignore_elements())

    return rx.defer(start)


def _left_out(error: Exception, _source: object) -> Observable[Any]:
    return rx.empty() if isinstance(error, RxconvoError) else rx.throw(error)
