"""Marble diagrams, played in virtual time: those of the tests, and those of the operators' own docstrings."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from reactivex import Observable
from reactivex.testing import ReactiveTest, TestScheduler
from reactivex.testing.recorded import Recorded

START = 100  # the scheduler's time of the first mark

Emitted = tuple[float, str, object]
"""Seconds after the first mark, kind (`N`, `E`, `C`), value."""


class Marbles:
    """Plays diagrams, one mark a second; the first is the moment of subscription.

    `-` is nothing, `|` completion, `#` an error; each other mark is a value.

    Args:
        values: What the marks stand for.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.scheduler = TestScheduler()
        self.left: list[float] = []
        self._values = values

    def play(self, compose: Callable[..., Observable[Any]], *diagrams: str, until: float = 100.0) -> list[Emitted]:
        """Return what *compose* makes of hot Observables, by diagrams.

        Afterwards `left` has the times at which they were left; and all were.
        """
        sources = [self.scheduler.create_hot_observable(self._marks(diagram)) for diagram in diagrams]
        result = self.scheduler.start(
            lambda: compose(*sources), created=START - 1, subscribed=START, disposed=START + until
        )
        assert [source.observers for source in sources] == [[] for _ in sources]
        self.left = [source.subscriptions[-1].unsubscribe - START for source in sources]
        return self.emitted(result.messages)

    def expect(self, diagram: str) -> list[Emitted]:
        """Return what a diagram says."""
        return self.emitted(self._marks(diagram))

    @staticmethod
    def emitted(messages: list[Recorded[Any]]) -> list[Emitted]:
        """Make what was recorded comparable, and readable where it differs."""
        return [
            (round(message.time - START, 3), getattr(message.value, "kind", ""), getattr(message.value, "value", None))
            for message in messages
        ]

    def _marks(self, diagram: str) -> list[Recorded[Any]]:
        recorded: list[Recorded[Any]] = []
        for second, mark in enumerate(diagram):
            at = START + second
            if mark == "|":
                recorded.append(ReactiveTest.on_completed(at))
            elif mark == "#":
                recorded.append(ReactiveTest.on_error(at, LookupError("broken")))
            elif mark != "-":
                recorded.append(ReactiveTest.on_next(at, self._values[mark]))
        return recorded


def diagrams_of(operator: Callable[..., Any]) -> list[str]:
    """Return the rows of the diagram in an operator's docstring: the inputs, and last what it makes of them.

    A row is a name with a colon, the marks, and perhaps a legend for readers; the first indented block has them:

        typing:  -a---ab-A-----|
        shown:   --x----y-z-0--|      x {ada}, y {ada, bob}, z {bob}, 0 {}
    """
    paragraphs = (inspect.getdoc(operator) or "").split("\n\n")
    block = next(paragraph for paragraph in paragraphs if paragraph.startswith("    "))
    return [line.split()[1] for line in block.splitlines()]


@pytest.fixture(scope="session")
def make_marbles() -> type[Marbles]:
    return Marbles


@pytest.fixture(scope="session")
def diagrams() -> Callable[[Callable[..., Any]], list[str]]:
    return diagrams_of
