"""Messages that speak of the own user."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from itertools import islice
from typing import Final, TypeAlias, TypeVar

from reactivex import Observable

from rxconvo.model import Mention, Message
from rxconvo.operators._arguments import check_iterable, check_kind, check_text
from rxconvo.operators._stage import folding
from rxconvo.types import JSON, Identity

__all__ = ["mentions"]

C = TypeVar("C")

_Spans: TypeAlias = Iterable[tuple[int, int]]

_MOST: Final = 100
"""Places of one message that are told."""

# A name ends where nothing follows that could go on with it: a letter, a mark upon the last one, or a dot, a hyphen or
# an at sign with more behind it.
_PATTERN: Final = r"(?<![\w@])@(?:{})(?![\w\u0300-\u036f\u200d]|[.\-@]\w)"


def mentions(
    me: Identity,
    matcher: re.Pattern[str] | Callable[[str], _Spans] | None = None,
    *,
    names: Collection[str] = (),
    attribute: str | None = "mentions",
) -> Callable[[Observable[Message[C]]], Observable[Mention[C]]]:
    """Emit the messages that mention the own user, and where they do.

    With `a`: "pizza, @ada?", `b`: "sushi", `o`: the same by Ada herself, `c`: "you", with the attributes
    `{"mentions": ["ada"]}`:

        messages:  -a-b-o-c-|
        mentions:  -x-----y-|      x at 7 to 11, y listed
        messages:  -a-b#
        mentions:  -x--#
        messages:  -a-b-c-
        mentions:  -x--!           disposed

    Example:
        import asyncio
        from rxconvo import Service
        from rxconvo.operators import mentions

        async with Service() as service, service.client("ada") as ada, service.client("bob") as bob:
            lunch = await ada.create_conversation()
            await lunch.join()
            await lunch.add("bob")
            of_me = mentions("ada", names=["Ada Lovelace"])
            lunch.messages.added.pipe(of_me).subscribe(lambda mention: print(mention.spans))
            theirs = await bob.get_conversation_by_sid(lunch.sid)
            await theirs.send_message("@ada, or @Ada Lovelace?")
            await asyncio.sleep(1)  # -> ((0, 4), (9, 22))

    Args:
        me: The own user. Own messages are no mentions.
        matcher: Finds the places in a body: a pattern, or what returns where each begins and ends. By default, they are
            an at sign and *me* or a name, upper or lower case, standing by itself: neither within an address such as
            `bob@ada.example`, nor with more of a name behind it. That takes time in proportion to the body, whatever it
            says; of your own matcher it is you who knows.
        names: Other names of the own user, which the default *matcher* finds, too.
        attribute: The member of a message's attributes that lists who is mentioned: identities, or objects with an
            `identity`. None where there is none.

    Returns:
        An operator for messages, such as the view `messages.added`.

    Emits:
        One `Mention` for each message that does, with at most its first 100 places, as Python counts characters. It
        completes with the source, and keeps nothing.

    Errors:
        Those of the source, and what *matcher* raises.

    Raises:
        ArgumentError: `me` or a name is empty, or an argument is not of its type.
    """
    check_text("me", me, "an identity, which is not empty")
    check_iterable("names", names, "a collection of names")
    check_kind("attribute", attribute, (str, type(None)), "a text")
    others = tuple(names)
    for name in others:
        check_text("names", name, "names, none of them empty")
    find = _finder(matcher, me, others)

    def make() -> Callable[[Message[C]], Iterable[Mention[C]]]:
        def take(message: Message[C]) -> Iterable[Mention[C]]:
            if message.author == me:
                return ()
            spans = tuple(islice(find(message.body), _MOST)) if message.body else ()
            listed = attribute is not None and _lists(message.attributes, attribute, me)
            return (Mention(message, spans, listed),) if spans or listed else ()

        return take

    return folding(make)


def _finder(
    matcher: re.Pattern[str] | Callable[[str], _Spans] | None, me: Identity, names: Collection[str]
) -> Callable[[str], _Spans]:
    called = sorted({me, *names}, key=lambda name: (-len(name), name))  # the longest first, as the first one counts
    if matcher is None:
        matcher = re.compile(_PATTERN.format("|".join(map(re.escape, called))), re.IGNORECASE)
    if callable(matcher):
        return matcher
    check_kind("matcher", matcher, re.Pattern, "a pattern or a callable")
    check_kind("matcher", matcher.pattern, str, "a pattern of text")
    pattern = matcher

    def find(body: str) -> _Spans:
        return (match.span() for match in pattern.finditer(body))

    return find


def _lists(attributes: JSON, attribute: str, me: Identity) -> bool:
    """Tell whether attributes list somebody. They are whatever somebody has sent."""
    listed = attributes.get(attribute) if isinstance(attributes, dict) else None
    if not isinstance(listed, list):
        return False
    return any((entry.get("identity") if isinstance(entry, dict) else entry) == me for entry in listed)
