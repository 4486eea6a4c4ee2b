"""What a read has shown before its event has come."""

from __future__ import annotations

from rxconvo.model.ahead import ReadAhead


def test_only_events_older_than_what_was_shown_are_overtaken() -> None:
    ahead = ReadAhead({1: (5, False)})
    assert [ahead.overtakes(1, event_id) for event_id in (4, 5, 6)] == [True, False, False]
    assert not ahead.overtakes(2, 4)


def test_the_event_of_what_was_shown_is_news_to_those_who_were_not_told() -> None:
    ahead = ReadAhead({1: (5, False), 2: (6, True)})
    assert [ahead.untold(key) for key in (1, 2, 3)] == [True, False, False]
    assert [ahead.arrived(key) for key in (1, 2, 3)] == [True, False, False]
    assert not ahead


def test_once_told_it_is_no_news() -> None:
    ahead = ReadAhead({1: (5, False)})
    ahead.told(1)
    ahead.told(2)
    assert ahead == {1: (5, True)}
    assert not ahead.untold(1)
    assert not ahead.arrived(1)
