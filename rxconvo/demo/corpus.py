"""Real chat to show and to measure with: the conversations of the Chit-Chat corpus, cleaned.

`chitchat-dataset` (MIT licence, Brigham Young University) holds what 1,315 people wrote to each other in 2018. A good
part of its conversations have one speaker only, and some are floods by a bot; those are left out. Nobody's name is in
it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from importlib import resources
from itertools import chain

import msgspec

from rxconvo.errors import MissingExtraError

__all__ = ["Chat", "Corpus", "Line", "clean", "load_corpus"]


class Line(msgspec.Struct, frozen=True, gc=False):
    """One message as it was written.

    Attributes:
        sender: UUID of who wrote it.
        text: What it says; may be empty.
        date: When, to the second.
    """

    sender: str
    text: str
    date: datetime = msgspec.field(name="timestamp")

    @property
    def at(self) -> float:
        """Unix time in seconds."""
        return self.date.timestamp()


class Chat(msgspec.Struct, frozen=True):
    """One conversation of two people.

    Attributes:
        name: Its UUID in the corpus, which serves as unique name.
        topic: The question it was started with, if there was one.
        people: UUIDs of the two, who spoke first first.
        lines: What they wrote, oldest first.
    """

    name: str
    topic: str | None
    people: tuple[str, str]
    lines: tuple[Line, ...]


class Corpus(msgspec.Struct, frozen=True):
    """The cleaned conversations.

    Attributes:
        chats: In order of their first message.
        left_out: How many conversations cleaning has left out.
    """

    chats: tuple[Chat, ...]
    left_out: int

    def __repr__(self) -> str:
        return f"<Corpus of {len(self.chats)} chats>"

    @property
    def people(self) -> frozenset[str]:
        """UUIDs of all who speak."""
        return frozenset(chain.from_iterable(chat.people for chat in self.chats))

    @property
    def messages(self) -> int:
        """How many messages there are."""
        return sum(len(chat.lines) for chat in self.chats)

    def busiest(self, duration: float) -> tuple[float, int]:
        """Find where most messages were written within *duration*.

        Args:
            duration: Seconds.

        Returns:
            Unix time at which the window starts, and how many messages fall within it.
        """
        times = sorted(line.at for chat in self.chats for line in chat.lines)
        counts = [bisect_left(times, at + duration, first) - first for first, at in enumerate(times)]
        most = max(counts, default=0)
        return (times[counts.index(most)], most) if times else (0.0, 0)

    def stretches(self, duration: float) -> list[float]:
        """Cut the corpus into stretches, the one that `busiest` finds being one of them.

        Args:
            duration: Seconds of each.

        Returns:
            Unix times, whole seconds, at which those start in which anything was written; where most was written first.
        """
        start, _ = self.busiest(duration)
        counts = Counter((line.at - start) // duration for chat in self.chats for line in chat.lines)
        return [start + round(number * duration) for number, _ in counts.most_common()]


class _Recorded(msgspec.Struct):
    """A conversation as the data set has it: turns, each a list of messages of one sender."""

    messages: list[list[Line]]
    prompt: str | None = None


def clean(recorded: Mapping[str, tuple[str | None, list[Line]]]) -> Corpus:
    """Keep the conversations of exactly two people with at most one message a second on average.

    Args:
        recorded: For each name the topic and the messages in order.
    """
    chats: list[Chat] = []
    for name, (topic, lines) in recorded.items():
        speakers = tuple(dict.fromkeys(line.sender for line in lines))
        if len(speakers) == 2 and len(lines) <= lines[-1].at - lines[0].at:
            chats.append(Chat(name, topic, speakers, tuple(lines)))
    chats.sort(key=lambda chat: (chat.lines[0].date, chat.name))
    return Corpus(tuple(chats), len(recorded) - len(chats))


def load_corpus() -> Corpus:
    """Read the data set (40 MB, about a second) and clean it.

    Returns:
        4,008 conversations, 242,020 messages, 1,196 people, 219 days of 2018.

    Raises:
        MissingExtraError: `chitchat-dataset` is not installed.
    """
    try:
        # Its own loader leaves the file open and takes several times as long.
        data = resources.files("chitchat_dataset").joinpath("dataset.json").read_bytes()
    except ModuleNotFoundError as error:
        raise MissingExtraError("demo", "the chat corpus") from error
    recorded = msgspec.json.decode(data, type=dict[str, _Recorded])
    return clean({name: (chat.prompt, list(chain.from_iterable(chat.messages))) for name, chat in recorded.items()})
