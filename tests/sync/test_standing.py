from __future__ import annotations

from itertools import product

import pytest

from rxconvo.errors import LocalProtocolError
from rxconvo.sync.standing import ESTABLISHED, TRANSITIONS, Signal, Standing, next_standing


def follow(*signals: Signal) -> Standing:
    standing = Standing.ABSENT
    for signal in signals:
        standing = next_standing(standing, signal)
    return standing


def test_a_subscription_is_wanted_asked_for_and_granted() -> None:
    assert follow(Signal.WANT) is Standing.WAITING
    assert follow(Signal.WANT, Signal.SEND) is Standing.ASKED
    assert follow(Signal.WANT, Signal.SEND, Signal.COMPLETE) is Standing.GRANTED


@pytest.mark.parametrize("signal", [Signal.INTERRUPT, Signal.UNANSWERED])
def test_what_was_asked_for_without_success_is_asked_for_again(signal: Signal) -> None:
    assert follow(Signal.WANT, Signal.SEND, signal) is Standing.WAITING
    assert follow(Signal.WANT, Signal.SEND, Signal.COMPLETE, Signal.EXPIRE, Signal.SEND, signal) is Standing.EXPIRED


def test_a_subscription_that_stood_goes_on_standing_while_it_is_renewed() -> None:
    for standing, signal in product(ESTABLISHED, Signal):
        following = TRANSITIONS[standing].get(signal)
        assert following in {None, *ESTABLISHED} or signal is Signal.END


def test_only_the_words_of_the_service_establish() -> None:
    for standing, signal in product(set(Standing) - ESTABLISHED, Signal):
        following = TRANSITIONS[standing].get(signal)
        assert following not in ESTABLISHED or signal is Signal.COMPLETE


@pytest.mark.parametrize("standing", Standing)
def test_every_subscription_can_end_and_any_time_to_live_can(standing: Standing) -> None:
    assert next_standing(standing, Signal.END) is Standing.ABSENT
    assert (next_standing(standing, Signal.EXPIRE) in ESTABLISHED) == (standing in ESTABLISHED)


@pytest.mark.parametrize(
    "standing,signal", [pair for pair in product(Standing, Signal) if pair[1] not in TRANSITIONS[pair[0]]]
)
def test_what_is_not_in_the_table_cannot_happen(standing: Standing, signal: Signal) -> None:
    with pytest.raises(LocalProtocolError, match=f"{standing.value} cannot {signal.value}"):
        next_standing(standing, signal)
