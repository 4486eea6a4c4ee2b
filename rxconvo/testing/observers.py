"""Observers that raise: a stream goes on without them, so the test that they belong to must not.

What an observer raises ends that observer and nothing else: it is published on `client.errors`, and logged where nobody
observes that. An `assert` in an observer is no different. So a `World`, `run` and the plugin fail where it happened
and nobody has observed it. A mutation that the end of its own client has cut off is no such failure.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from rxconvo.client.unheard import hearing
from rxconvo.errors import ClosedError, ObserverError, OutcomeUnknownError, RxconvoError

__all__ = ["UnheardError", "failures", "no_observer_raises", "observers_may_raise"]


class UnheardError(RxconvoError, AssertionError):
    """An observer raised, and nobody observed `client.errors`. `__cause__` is what the first one raised.

    Attributes:
        faults: What became of each.
    """

    def __init__(self, faults: list[ObserverError]) -> None:
        self.faults = faults
        self.__cause__ = faults[0].__cause__
        super().__init__(
            f"observers raised, and nobody observed `client.errors`:{_told(faults)}\n"
            "(where they are meant to, observe it, or say so by `with observers_may_raise():`)"
        )


@contextmanager
def observers_may_raise() -> Generator[list[ObserverError]]:
    """Say that observers are meant to raise within the block.

    Example:
        from rxconvo.testing import World, observers_may_raise

        async with World() as world:
            lunch = await world.conversation(await world.client("ada"))
            lunch.messages.subscribe(lambda event: 1 / 0)
            with observers_may_raise() as faults:
                await lunch.send_message("hello")
            print(len(faults))  # -> 1

    Returns:
        What they did raise, as far as nobody has observed it on `client.errors`; empty if nothing.
    """
    with hearing() as faults:
        yield faults


@contextmanager
def no_observer_raises() -> Generator[list[ObserverError]]:
    """Fail if an observer raises within the block, and nobody observes `client.errors`.

    Returns:
        What they have raised so far. What is taken out is none any more.

    Raises:
        UnheardError: On leaving the block, if one did. Not if the block raised: then that counts, with a note.
    """
    __tracebackhide__ = True  # pytest then shows where the exception comes from
    with hearing() as faults:
        try:
            yield faults
        except BaseException as error:
            if meant := failures(faults):
                error.add_note(f"besides, observers raised:{_told(meant)}")
            raise
    if meant := failures(faults):
        raise UnheardError(meant)


def failures(faults: list[ObserverError]) -> list[ObserverError]:
    """Return those faults that are failures.

    Args:
        faults: What observers have raised.
    """
    return [
        fault
        for fault in faults
        if not (isinstance(fault.__cause__, OutcomeUnknownError) and isinstance(fault.__cause__.__cause__, ClosedError))
    ]


def _told(faults: list[ObserverError]) -> str:
    return "".join(f"\n  {fault}" for fault in faults)
