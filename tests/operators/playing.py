"""Diagrams with several cases: what an operator makes of completion, of an error, and of being disposed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from reactivex import Observable

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

END = 100.0


def play_cases(
    make: Callable[[], Marbles], compose: Callable[..., Observable[Any]], rows: Sequence[str], inputs: int = 1
) -> None:
    """Play the cases of a diagram, and look that all is left when it ends.

    Args:
        make: Makes what plays one case.
        compose: The operator, or what makes one Observable of several.
        rows: For each case as many rows as there are inputs, and what is made of them; `!` is where it is disposed.
        inputs: How many there are.
    """
    assert rows
    assert len(rows) % (inputs + 1) == 0
    for start in range(0, len(rows), inputs + 1):
        *sources, emitted = rows[start : start + inputs + 1]
        marbles = make()
        until = float(emitted.index("!")) if "!" in emitted else END
        played = marbles.play(compose, *sources, until=until)
        assert played == marbles.expect(emitted.partition("!")[0]), f"{sources} -> {emitted}, not {played}"
        assert max(marbles.left) == next((at for at, mark in enumerate(emitted) if mark in "|#!"), END)
