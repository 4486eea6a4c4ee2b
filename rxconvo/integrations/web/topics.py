"""One named stream of a feed: how its values become messages, and what a newcomer gets to begin with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias, cast

from rxconvo.errors import ArgumentError
from rxconvo.integrations.web.encoding import diff_json, is_happening
from rxconvo.integrations.web.messages import WebMessage
from rxconvo.model import Append, Diff, DiffBatch, Insert, Remove, Reset, Set, Truncate
from rxconvo.model.diffs import check_place

__all__ = ["First", "Topic"]

First: TypeAlias = Literal["latest", "nothing"]
"""What a newcomer gets of values: the newest, as of a state, or nothing, as of events."""


class Topic:
    """A named stream. Its first value says what it is of, unless that was said: of lists, of states or of events.

    Args:
        name: What viewers know it by.
        number: Its place among the topics of its feed.
        first: What a newcomer gets of it; None leaves it to the first value.
        encoded: Returns a value as JSON.

    Attributes:
        name: The same.
        number: The same.
        count: Messages so far.
        newest: Number of the newest of them in the feed, 0 before there is one.
        ended: Whether it has completed.
    """

    __slots__ = ("_encoded", "_first", "_list", "_snapshot", "count", "ended", "name", "newest", "number")

    def __init__(self, name: str, number: int, first: First | None, encoded: Callable[[Any], bytes]) -> None:
        self.name = name
        self.number = number
        self.count = 0
        self.newest = 0
        self.ended = False
        self._first = first
        self._encoded = encoded
        self._list: list[bytes] | None = None  # each value as JSON
        self._snapshot: WebMessage | None = None

    @property
    def may_be_of_events(self) -> bool:
        """Whether each of its values counts, as far as is known yet, so that one that is left out has to be told."""
        return self._list is None and self._first != "latest"

    @property
    def is_of_states(self) -> bool:
        """Whether only its newest value counts."""
        return self._list is None and self._first == "latest"

    def encode(self, value: object) -> bytes | None:
        """Return a value as the data of a message; None where there is nothing to tell.

        Raises:
            ArgumentError: It cannot be said in JSON, or does not fit what was before.
            Exception: Whatever the application's own `encode` raises.
        """
        is_batch = isinstance(value, DiffBatch)
        if is_batch is not (self._list is not None) and self.count:
            raise ArgumentError(self.name, "a stream of DiffBatch alone, or of other values alone", value)
        if is_batch:
            data = self._fold(cast("DiffBatch[Any]", value))
        else:
            if self._first is None:
                self._first = "nothing" if is_happening(value) else "latest"
            data = self._encoded(value)
        if data is not None:
            self._snapshot = None if is_batch or self._first == "nothing" else WebMessage("", self.name, data)
        return data

    def snapshot(self) -> WebMessage | None:
        """Return what a newcomer gets, the same as the one before him if nothing came between; None if that is nothing.

        Its id is missing, since a feed may have several topics: who has got one of them has not got all.
        """
        if self._snapshot is None and self._list is not None:
            reset = b'{"diffs":[{"op":"reset","values":[%b]}]}' % b",".join(self._list)
            self._snapshot = WebMessage("", self.name, reset)
        return self._snapshot

    def _fold(self, batch: DiffBatch[Any]) -> bytes | None:
        is_first = self._list is None
        values: list[bytes] = [] if self._list is None else self._list
        texts: list[bytes] = []
        for diff in batch.diffs:
            text, encoded = diff_json(diff, self._encoded)
            _apply(values, encoded)
            texts.append(text)
        self._list = values
        if is_first:  # whatever a viewer has of this list, it is of another time
            texts = [b'{"op":"reset","values":[%b]}' % b",".join(values)]
        return b'{"diffs":[%b]}' % b",".join(texts) if texts else None


def _apply(values: list[bytes], diff: Diff[bytes]) -> None:
    """Change a list in place.

    Raises:
        ArgumentError: The diff belongs to another one.
    """
    match diff:
        case Append():
            values += diff.values
        case Insert():
            values.insert(check_place(diff.index, len(values)), diff.value)
        case Set():
            values[check_place(diff.index, len(values) - 1)] = diff.value
        case Remove():
            del values[check_place(diff.index, len(values) - 1)]
        case Truncate():
            del values[check_place(diff.length, len(values)) :]
        case Reset():
            values[:] = diff.values
