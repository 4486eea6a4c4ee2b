from __future__ import annotations

import pytest

from rxconvo.errors import ObserverError
from rxconvo.streams import Delivery, HotStream


async def test_what_is_pushed_by_an_observer_comes_later_to_everybody_in_the_same_order(delivery: Delivery) -> None:
    numbers: HotStream[int] = HotStream(delivery, "numbers")
    letters: HotStream[str] = HotStream(delivery, "letters")
    first: list[object] = []
    second: list[object] = []

    def answer(number: int) -> None:
        first.append(number)
        if number < 3:
            letters.push(f"after {number}")
            numbers.push(number + 1)
        first.append(f"end of {number}")

    numbers.subscribe(answer)
    letters.subscribe(first.append)
    numbers.subscribe(second.append)
    letters.subscribe(second.append)
    numbers.push(1)
    assert first == [1, "end of 1", "after 1", 2, "end of 2", "after 2", 3, "end of 3"]
    assert second == [1, "after 1", 2, "after 2", 3]


async def test_what_is_pushed_meanwhile_comes_after_the_whole_batch(delivery: Delivery) -> None:
    seen: list[str] = []

    def hand_over(values: object) -> None:
        for value in values:  # type: ignore[attr-defined]
            seen.append(value)
            if value == "a":
                delivery.run(hand_over, ("x", "y"))

    delivery.run(hand_over, ("a", "b"))
    assert seen == ["a", "b", "x", "y"]
    assert not delivery.busy


async def test_completing_waits_for_what_was_pushed_before(delivery: Delivery) -> None:
    stream: HotStream[int] = HotStream(delivery, "numbers")
    seen: list[object] = []

    def on_next(value: int) -> None:
        seen.append(value)
        if value == 1:
            stream.push(2)
            stream.complete()
            stream.push(3)

    stream.subscribe(on_next, on_completed=lambda: seen.append("|"))
    stream.push(1)
    assert seen == [1, 2, "|"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
async def test_what_is_meant_for_the_program_passes_and_nothing_is_lost(
    delivery: Delivery, faults: list[ObserverError], error: type[BaseException]
) -> None:
    stream: HotStream[int] = HotStream(delivery, "numbers")
    seen: list[int] = []

    def interrupted(value: int) -> None:
        if value == 1:
            stream.push(2)
            stream.subscribe(seen.append)
            raise error

    stream.subscribe(interrupted)
    with pytest.raises(error):
        stream.push(1)
    assert not delivery.busy
    assert seen == []
    stream.push(3)
    assert seen == [2, 3]
    assert not faults


async def test_the_rest_of_an_interrupted_batch_comes_first_next_time(delivery: Delivery) -> None:
    seen: list[int] = []

    def hand_over(values: object) -> None:
        for value in values:  # type: ignore[attr-defined]
            if value == 2:
                delivery.run(hand_over, (10,))
                raise KeyboardInterrupt
            seen.append(value)

    with pytest.raises(KeyboardInterrupt):
        delivery.run(hand_over, (1, 2, 3, 4))
    delivery.run(hand_over, (20,))
    assert seen == [1, 3, 4, 10, 20]
