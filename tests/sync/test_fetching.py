from __future__ import annotations

import pytest

from rxconvo.sync import Kind, Purpose, Replica, SyncRequest
from rxconvo.sync.fetching import MAX_IN_FLIGHT, Fetch, Fetches


def compose(fetch: Fetch[str]) -> SyncRequest:
    return SyncRequest("GET", "host", "/", {}, {}, b"", fetch.purpose, fetch)


@pytest.fixture
def fetches() -> Fetches[str]:
    return Fetches(compose)


@pytest.fixture
def replica() -> Replica[str]:
    return Replica("name", Kind.MAP, "owner")


def taken(fetches: Fetches[str]) -> tuple[Fetch[str], SyncRequest]:
    (request,) = fetches.take()
    assert isinstance(request.job, Fetch)
    return request.job, request


def test_a_read_is_taken_once_and_lands_once(fetches: Fetches[str], replica: Replica[str]) -> None:
    fetches.submit(replica, Purpose.OPEN)
    assert replica in fetches
    fetch, request = taken(fetches)
    assert (fetch.replica, fetch.purpose) == (replica, Purpose.OPEN)
    assert fetches.take() == []
    assert fetches.landed(fetch, request)
    assert not fetches.landed(fetch, request)
    assert not fetches.idle
    fetches.finish(fetch)
    assert fetches.idle


def test_only_so_many_reads_are_in_flight(fetches: Fetches[str]) -> None:
    for number in range(MAX_IN_FLIGHT + 2):
        fetches.submit(Replica(str(number), Kind.MAP, "owner"), Purpose.OPEN)
    first, *others = fetches.take()
    assert len(others) == MAX_IN_FLIGHT - 1
    assert fetches.take() == []
    assert isinstance(first.job, Fetch)
    fetches.landed(first.job, first)
    _, request = taken(fetches)
    assert request is not first


def test_an_object_has_one_read_at_most(fetches: Fetches[str], replica: Replica[str]) -> None:
    fetches.submit(replica, Purpose.READ)
    fetches.submit(replica, Purpose.OPEN)
    fetch, _ = taken(fetches)
    assert fetch.purpose is Purpose.OPEN


def test_what_is_not_wanted_any_more_is_not_looked_at(fetches: Fetches[str], replica: Replica[str]) -> None:
    fetches.submit(replica, Purpose.OPEN)
    fetch, request = taken(fetches)
    fetches.withdraw(replica)
    fetches.withdraw(replica)
    assert replica not in fetches
    assert not fetches.landed(fetch, request)


def delays(fetches: Fetches[str], replica: Replica[str], *, patience: float | None) -> list[float]:
    """Fail again and again, and tell how long each repetition was waited for."""
    fetches.submit(replica, Purpose.OPEN)
    now, found = 1000.0, list[float]()
    fetch, request = taken(fetches)
    while len(found) < 10:
        assert fetches.landed(fetch, request)
        if not fetches.repeat(fetch, now, patience=patience):
            break
        due = fetches.next_deadline()
        found.append(0.0 if due is None else due - now)
        if due is not None:
            assert fetches.take() == []
            now = due
            fetches.advance(now)
        _, request = taken(fetches)
    return found


def test_reads_are_repeated_at_once_and_then_ever_more_slowly(fetches: Fetches[str], replica: Replica[str]) -> None:
    assert delays(fetches, replica, patience=None) == [0, 4, 8, 16, 32, 60, 60, 60, 60, 60]


def test_reads_are_given_up_when_patience_is_over(fetches: Fetches[str], replica: Replica[str]) -> None:
    assert delays(fetches, replica, patience=90) == [0, 4, 8, 16, 32]


def test_patience_counts_from_the_first_failure(fetches: Fetches[str], replica: Replica[str]) -> None:
    fetches.submit(replica, Purpose.OPEN)
    fetch, _ = taken(fetches)
    assert fetches.repeat(fetch, 500.0)
    assert fetches.repeat(fetch, 586.0)
    assert not fetches.repeat(fetch, 586.0)


def test_a_lost_connection_loses_reads_of_items_and_repeats_the_others(fetches: Fetches[str]) -> None:
    opening, reading, sleeping, queued = (Replica(name, Kind.MAP, "owner") for name in "abcd")
    fetches.submit(opening, Purpose.OPEN)
    fetches.submit(reading, Purpose.READ)
    fetches.submit(sleeping, Purpose.OPEN)
    requests = fetches.take()
    fetches.submit(queued, Purpose.OPEN)
    slow = requests[2].job
    assert isinstance(slow, Fetch)
    fetches.landed(slow, requests[2])
    fetches.repeat(slow, 1.0)
    fetches.repeat(slow, 2.0)
    fetches.lost()
    assert fetches.next_deadline() is None
    again = [request.job for request in fetches.take()]
    assert [job.replica for job in again if isinstance(job, Fetch)] == [opening, sleeping, queued]
    assert reading not in fetches
    assert slow.attempts == 0
    for request in requests:
        assert isinstance(request.job, Fetch)
        assert not fetches.landed(request.job, request)
