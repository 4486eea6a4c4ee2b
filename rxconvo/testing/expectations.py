"""What an Observable has to do by a diagram, and in what way it did not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from rxconvo.errors import RxconvoError
from rxconvo.testing.diagrams import Diagram, Mark, aligned, parse

__all__ = ["Expectation", "MarbleError"]

_NAMES = "1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class MarbleError(RxconvoError, AssertionError):
    """What was seen is not what was expected, or nothing was compared. `__cause__` is an error that was not meant."""


class Expectation:
    """What an Observable has to do. Made by `Marbles.expect` and `World.expect`."""

    def __init__(self, tick: float) -> None:
        self._seen: list[tuple[float, str, Any]] = []
        self._looked_at = False
        self._over = False
        self._tick = tick
        self._expected: Diagram | None = None
        self._values: Mapping[str, Any] = {}
        self._error: BaseException | type[BaseException] | None = None

    def to_be(
        self,
        diagram: str,
        values: Mapping[str, Any] | None = None,
        *,
        error: BaseException | type[BaseException] | None = None,
    ) -> None:
        """Say what must be seen, which `flush` then compares.

        Args:
            diagram: When what has to happen, as `rxconvo.testing.diagrams` explains; `flush` lasts as long as the
                longest of them.
            values: What the names stand for; a name that is not among them stands for itself. Values are compared by
                `==`; only True and False are no numbers.
            error: What `#` is: an exception of the same type and arguments, or any of a type. None is any at all.

        Raises:
            ArgumentError: The diagram is none.
            MarbleError: It was flushed already, and would not be compared.
        """
        if self._over:
            raise MarbleError("said after `flush`, which compares: say `to_be` before it")
        self._expected = parse(diagram, tick=self._tick)
        self._values = values or {}
        self._error = error

    @property
    def seen(self) -> Sequence[tuple[float, str, Any]]:
        """What it has done: the moment, the kind (`next`, `error`, `completed`), the value."""
        self._looked_at = True
        return self._seen

    @property
    def end(self) -> float:
        """Seconds after the start at which all that is expected has happened."""
        return 0.0 if self._expected is None else self._expected.end

    @property
    def vain(self) -> bool:
        """Whether nothing came of it: nobody has said what it has to be, or has looked at what was seen."""
        return self._expected is None and not self._looked_at

    @property
    def unexpected(self) -> BaseException | None:
        """The error that was seen and not expected, or None."""
        errors = [value for _, kind, value in self._seen if kind == "error"]
        expected = self._expected is not None and any(mark.kind == "error" for mark in self._expected.marks)
        return errors[0] if errors and not (expected and self._is_expected(errors[0])) else None

    def note(self, at: float, kind: str, value: object = None) -> None:
        """Write down what it does.

        Args:
            at: Seconds after the start.
            kind: `next`, `error` or `completed`.
            value: The value, or the error.
        """
        self._seen.append((at, kind, value))

    def close(self) -> None:
        """Take that it was compared."""
        self._over = True

    def difference(self) -> str | None:
        """Return in what way it was not so, on two lines that are aligned and a legend; None where it was."""
        if self._expected is None:
            return None
        expected = self._expected.marks
        legend: dict[str, str] = {}
        seen = [self._named(each, legend) for each in self._seen]
        if tuple(seen) == expected:
            return None
        first, second = aligned(expected, seen, tick=self._tick)
        at = next((at for at, (one, other) in enumerate(zip(first, second, strict=True)) if one != other), len(first))
        legend |= {mark.name: repr(self._values[mark.name]) for mark in expected if mark.name in self._values}
        names = "".join(f"\n  {name} is {text}" for name, text in legend.items())
        if self._error is not None and self.unexpected is not None:
            names += f"\n  # was to be {self._error!r}"
        return f"expected  {first}\nseen      {second}\n          {' ' * at}^{names}"

    def _named(self, seen: tuple[float, str, Any], legend: dict[str, str]) -> Mark:
        """Make a mark of what was seen: with the name of its value, or a new one that the legend explains."""
        at, kind, value = seen
        if kind == "completed":
            return Mark(at, "completed")
        if kind == "error":
            legend["#"] = f"{value!r}{_place(value)}"
            # One that is not the expected one is a mark of another kind that looks alike.
            return Mark(at, "error") if self._is_expected(value) else Mark(at, "next", "#")
        names = dict.fromkeys(mark.name for mark in (self._expected.marks if self._expected else ()) if mark.name)
        for name in [*names, *self._values]:
            if _same(self._values.get(name, name), value):
                return Mark(at, "next", name)
        known = next((name for name, text in legend.items() if text == repr(value)), None)
        name = known or next(name for name in _NAMES if name not in {*names, *legend, *self._values})
        legend[name] = repr(value)
        return Mark(at, "next", name)

    def _is_expected(self, error: BaseException) -> bool:
        if self._error is None:
            return True
        if isinstance(self._error, type):
            return isinstance(error, self._error)
        return (type(error), error.args) == (type(self._error), self._error.args)


def _same(expected: object, value: object) -> bool:
    """Tell whether a value is the one expected: True is not 1, else what is equal is the same."""
    return isinstance(expected, bool) == isinstance(value, bool) and bool(expected == value)


def _place(error: BaseException) -> str:
    """Tell where an error was raised; nothing where it was not."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f" from {PurePath(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
