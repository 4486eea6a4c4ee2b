from __future__ import annotations

import pytest

from rxconvo.sync import Kind, Replica
from rxconvo.sync.replica import MAX_REMOVED
from rxconvo.sync.standing import Signal, Standing


@pytest.fixture
def replica() -> Replica[str]:
    """Return a list that stands at event 10, and holds nothing."""
    replica = Replica("name", Kind.LIST, "owner")
    establish(replica, 10)
    return replica


def establish(replica: Replica[str], event_id: int) -> None:
    for signal in (Signal.END, Signal.WANT, Signal.SEND, Signal.COMPLETE):
        replica.move(signal)
    replica.catch_up(event_id)


def event(replica: Replica[str], key: int, event_id: int, *, ordered: bool = True) -> bool | None:
    return replica.take_event(key, event_id, ordered=ordered)


def removal(replica: Replica[str], key: int, event_id: int, *, ordered: bool = True) -> bool:
    return replica.take_removal(key, event_id, ordered=ordered)


# ---- events ----------------------------------------------------------------------------------------------------------


def test_an_event_is_news_once(replica: Replica[str]) -> None:
    assert event(replica, 0, 11) is False
    assert replica.knows(0)
    assert event(replica, 0, 11) is None
    assert event(replica, 0, 12) is True
    assert replica.last_event_id == 12


@pytest.mark.parametrize("event_id", [9, 10])
def test_an_event_in_order_is_old_if_the_object_is_as_new(replica: Replica[str], event_id: int) -> None:
    assert event(replica, 0, event_id) is None
    assert not removal(replica, 0, event_id)
    assert not replica.knows(0)


def test_an_event_out_of_order_is_compared_with_its_item_alone(replica: Replica[str]) -> None:
    assert event(replica, 0, 9, ordered=False) is False
    assert event(replica, 0, 9, ordered=False) is None
    assert event(replica, 0, 8, ordered=False) is None
    assert removal(replica, 0, 9, ordered=False) is False
    assert removal(replica, 1, 3, ordered=False)
    assert replica.last_event_id == 10


def test_the_object_advances_only_while_its_subscription_stands() -> None:
    replica = Replica("name", Kind.LIST, "owner")
    replica.last_event_id = 10
    replica.move(Signal.WANT)
    replica.move(Signal.SEND)
    assert event(replica, 0, 12) is False
    assert removal(replica, 1, 13)
    replica.skip_event(14, ordered=True)
    assert replica.last_event_id == 10
    assert event(replica, 0, 12) is None  # replayed once more
    assert not removal(replica, 1, 13)


def test_events_of_an_earlier_subscription_are_for_nobody(replica: Replica[str]) -> None:
    replica.move(Signal.END)
    replica.move(Signal.WANT)
    replica.muted = True
    for ordered in (True, False):
        assert event(replica, 0, 11, ordered=ordered) is None
        assert not removal(replica, 0, 12, ordered=ordered)
    replica.muted = False
    assert event(replica, 0, 11) is False


def test_other_events_of_the_object_advance_it(replica: Replica[str]) -> None:
    replica.skip_event(15, ordered=True)
    assert replica.last_event_id == 15
    replica.skip_event(14, ordered=True)
    replica.skip_event(20, ordered=False)
    assert replica.last_event_id == 15


def test_a_good_event_ends_the_doubt_and_an_old_one_does_not(replica: Replica[str]) -> None:
    replica.doubted = True
    event(replica, 0, 10)
    removal(replica, 0, 10)
    assert replica.doubted
    event(replica, 0, 11)
    after_event, replica.doubted = replica.doubted, True
    removal(replica, 0, 12)
    assert [after_event, replica.doubted] == [False, False]


# ---- removals --------------------------------------------------------------------------------------------------------


def test_a_removal_is_news_once_even_of_an_unknown_item(replica: Replica[str]) -> None:
    assert removal(replica, 7, 11)
    assert not removal(replica, 7, 11, ordered=False)
    assert replica.last_event_id == 11


def test_a_removed_item_is_unknown(replica: Replica[str]) -> None:
    event(replica, 0, 11)
    assert removal(replica, 0, 12)
    assert not replica.knows(0)


def test_nothing_as_old_as_the_removal_brings_an_item_back(replica: Replica[str]) -> None:
    removal(replica, 0, 12)
    assert event(replica, 0, 12, ordered=False) is None
    assert not replica.take_read(0, 12)
    assert not replica.knows(0)
    assert event(replica, 0, 13) is False


def test_a_read_from_after_its_removal_brings_an_item_back(replica: Replica[str]) -> None:
    removal(replica, 0, 12)
    assert replica.take_read(0, 13)
    assert replica.knows(0)


def test_a_removal_older_than_the_item_is_old(replica: Replica[str]) -> None:
    event(replica, 0, 12)
    assert not removal(replica, 0, 11, ordered=False)
    assert replica.knows(0)


def test_the_oldest_removals_go_first_and_one_said_again_is_young(replica: Replica[str]) -> None:
    for key in range(MAX_REMOVED):
        removal(replica, key, 100 + key)
    removal(replica, 0, 5000)
    removal(replica, MAX_REMOVED, 5001)
    assert not replica.take_read(0, 99)
    assert replica.take_read(1, 99)  # forgotten
    assert not replica.take_read(2, 99)


# ---- reads -----------------------------------------------------------------------------------------------------------


def test_an_item_that_was_read_is_news_once(replica: Replica[str]) -> None:
    assert replica.take_read(0, 5)
    assert replica.knows(0)
    assert not replica.take_read(0, 5)
    assert not replica.take_read(0, 4)
    assert replica.take_read(0, 10)
    assert event(replica, 0, 10, ordered=False) is None  # all up to the object's own event was said
    assert event(replica, 0, 11) is True


def test_a_read_never_takes_the_place_of_an_event_to_come(replica: Replica[str]) -> None:
    assert replica.take_read(0, 12)
    assert not replica.take_read(0, 12)
    assert replica.knows(0)
    assert event(replica, 0, 11) is False  # it was added
    assert event(replica, 0, 12) is True
    assert not replica.take_read(0, 12)


def test_a_removal_may_be_newer_than_what_a_read_has_shown_or_older(replica: Replica[str]) -> None:
    replica.take_read(0, 11)
    replica.take_read(1, 14)
    assert removal(replica, 0, 12)
    assert removal(replica, 1, 13)
    assert not replica.knows(0)
    assert replica.knows(1)  # it is there again, and that will be said
    assert event(replica, 1, 14) is False


# ---- forgetting ------------------------------------------------------------------------------------------------------


def test_a_forgotten_item_is_news_when_it_is_read_again_but_not_when_it_is_said_again(replica: Replica[str]) -> None:
    event(replica, 0, 11)
    replica.take_read(1, 12)
    replica.forget([0, 1, 2])
    assert not replica.knows(0)
    assert not replica.knows(1)
    assert event(replica, 0, 11) is None
    assert replica.take_read(0, 11)


def test_what_is_forgotten_during_a_replay_is_forgotten_after_it(replica: Replica[str]) -> None:
    for signal in (Signal.END, Signal.WANT, Signal.SEND):
        replica.move(signal)
    event(replica, 0, 11)
    replica.forget([0])
    assert event(replica, 0, 11) is None  # replayed once more
    replica.move(Signal.COMPLETE)
    replica.catch_up(11)
    assert not replica.knows(0)
    assert replica.take_read(0, 11)


def test_everything_is_forgotten_at_once(replica: Replica[str]) -> None:
    event(replica, 0, 11)
    removal(replica, 1, 12)
    replica.take_read(2, 13)
    replica.items_came, replica.loaded, replica.cursor = True, True, 2
    replica.forget_all()
    assert not any(replica.knows(key) for key in range(3))
    assert [replica.items_came, replica.loaded, replica.cursor] == [False, False, None]
    assert replica.generation == 1
    assert replica.last_event_id == 12
    assert [replica.take_read(key, 11) for key in range(3)] == [True, True, True]


def test_what_was_to_be_forgotten_before_everything_was_is_not_forgotten_after_it(replica: Replica[str]) -> None:
    for signal in (Signal.END, Signal.WANT, Signal.SEND):
        replica.move(signal)
    replica.forget([0])
    replica.forget_all()
    event(replica, 0, 11)
    replica.move(Signal.COMPLETE)
    replica.catch_up(11)
    assert replica.knows(0)


# ---- the rest --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind,options,wants",
    [
        (Kind.LIST, {}, False),
        (Kind.LIST, {"read_items": True}, True),
        (Kind.MAP, {"include_items": True}, True),
        (Kind.DOCUMENT, {"read_items": True}, False),
    ],
)
def test_items_are_wanted_until_they_are_loaded(kind: Kind, options: dict[str, bool], wants: bool) -> None:
    replica = Replica("name", kind, "owner", **options)
    assert replica.wants_items is wants
    replica.loaded = True
    assert not replica.wants_items


def test_it_is_established_where_the_service_says_so(replica: Replica[str]) -> None:
    established = [replica.established]
    for signal in (Signal.EXPIRE, Signal.SEND, Signal.END):
        replica.move(signal)
        established.append(replica.established)
    assert established == [True, True, True, False]
    assert replica.standing is Standing.ABSENT


def test_its_text_says_what_it_is(replica: Replica[str]) -> None:
    event(replica, 0, 11)
    assert repr(replica) == "<Replica list name granted at 11, 1 items>"
