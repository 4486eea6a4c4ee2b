from __future__ import annotations

from itertools import count
from typing import Any

import orjson
import pytest

from rxconvo.sync import Kind, Replica, SyncRequest
from rxconvo.sync.requests import Composer
from rxconvo.sync.standing import Signal, Standing
from rxconvo.sync.subscriptions import MAX_POSTS, Batch, Subscriptions

COLLECT = 0.02


class Bench:
    """Subscriptions, and whoever takes their requests to the service. The clock starts at 100."""

    def __init__(self) -> None:
        ids = count()
        composer = Composer(host="host", request_ids=lambda: f"{next(ids):032x}")
        self.subscriptions: Subscriptions[str] = Subscriptions(composer, collect=COLLECT)
        self.now = 100.0
        self.subscriptions.advance(self.now)
        self.replicas: dict[str, Replica[str]] = {}
        self.requests: list[SyncRequest] = []

    def want(self, *sids: str, at_once: bool = False) -> None:
        for sid in sids:
            replica = self.replicas[sid] = Replica(sid, Kind.LIST, "owner")
            replica.sid, replica.last_event_id = sid, 5
            self.subscriptions.want(replica, sid, self.now, at_once=at_once)

    def release(self, sid: str, *, cancel: bool = True) -> None:
        self.subscriptions.release(self.replicas[sid], sid, cancel=cancel)

    def elapse(self, seconds: float | None = None) -> None:
        """Let time pass, by default until something is due."""
        due = self.subscriptions.next_deadline()
        self.now = due if seconds is None and due is not None else self.now + (seconds or 0.0)
        self.subscriptions.advance(self.now)

    def take(self) -> list[dict[str, Any]]:
        """Take requests, and tell what they ask."""
        self.requests = self.subscriptions.take()
        return [orjson.loads(request.body) for request in self.requests]

    def ask(self) -> dict[str, Any]:
        """Wait until something is due, and take the one request that follows."""
        self.elapse()
        (body,) = self.take()
        return body

    def reply(self, which: int = 0, status: int = 202, **terms: Any) -> None:
        self.subscriptions.replied(self.batch(which), status, orjson.dumps(terms), self.now)

    def fail(self, which: int = 0) -> None:
        self.subscriptions.failed(self.batch(which), self.now)

    def batch(self, which: int) -> Batch[str]:
        batch = self.requests[which].job
        assert isinstance(batch, Batch)
        return batch

    def answer(self, correlation: int | None, sid: str, signal: Signal = Signal.COMPLETE) -> Replica[str] | None:
        return self.subscriptions.answered(correlation, sid, signal, self.now)

    def grant(self, *sids: str, **terms: Any) -> None:
        """Want objects, and have them subscribed."""
        self.want(*sids)
        correlation = self.ask()["correlation_id"]
        self.reply(**terms)
        for sid in sids:
            assert self.answer(correlation, sid) is self.replicas[sid]

    def idle(self) -> bool:
        return self.subscriptions.idle

    def muted(self, sid: str) -> bool:
        return self.replicas[sid].muted

    def standings(self) -> dict[str, Standing]:
        return {sid: replica.standing for sid, replica in self.replicas.items()}


@pytest.fixture
def bench() -> Bench:
    return Bench()


def asked(body: dict[str, Any]) -> list[str]:
    return [request["object_sid"] for request in body["requests"]]


# ---- asking ----------------------------------------------------------------------------------------------------------


def test_wishes_are_collected_for_a_moment(bench: Bench) -> None:
    bench.want("ES1")
    bench.elapse(COLLECT / 2)
    assert bench.take() == []
    bench.want("ES2")
    assert bench.subscriptions.next_deadline() == 100.0 + COLLECT
    assert asked(bench.ask()) == ["ES1", "ES2"]
    assert bench.standings() == {"ES1": Standing.ASKED, "ES2": Standing.ASKED}


def test_nothing_is_collected_where_nothing_else_is_to_be_expected(bench: Bench) -> None:
    bench.want("ES1", at_once=True)
    bench.elapse(0.0)
    assert [asked(body) for body in bench.take()] == [["ES1"]]


def test_a_request_holds_as_many_objects_as_the_service_takes(bench: Bench) -> None:
    bench.want(*(f"ES{number}" for number in range(150)))
    bench.elapse()
    assert [len(asked(body)) for body in bench.take()] == [100, 50]
    bench.reply(max_batch_size=2)
    bench.want(*(f"MP{number}" for number in range(5)))
    bench.elapse()
    assert [len(asked(body)) for body in bench.take()] == [2, 2, 1]


@pytest.mark.parametrize("size", [0, -5])
def test_a_batch_holds_one_object_at_least(bench: Bench, size: int) -> None:
    bench.grant("ES0", max_batch_size=size)
    bench.want("ES1", "ES2")
    bench.elapse()
    assert [asked(body) for body in bench.take()] == [["ES1"], ["ES2"]]


def test_only_so_many_requests_are_in_flight(bench: Bench) -> None:
    bench.grant("ES", max_batch_size=1)
    bench.want(*(f"ES{number}" for number in range(MAX_POSTS + 2)))
    bench.elapse()
    assert len(bench.take()) == MAX_POSTS
    first = bench.batch(0)
    assert bench.take() == []
    bench.subscriptions.replied(first, 202, b"{}", bench.now)
    assert [asked(body) for body in bench.take()] == [[f"ES{MAX_POSTS}"]]


def test_each_request_has_a_correlation_id_of_its_own(bench: Bench) -> None:
    bench.want("ES1")
    first = bench.ask()
    bench.want("ES2")
    assert bench.ask()["correlation_id"] > first["correlation_id"] > 0


def test_establishing_comes_before_cancelling(bench: Bench) -> None:
    bench.grant("ES1")
    bench.release("ES1")
    bench.want("ES2")
    bench.elapse()
    assert [(body["action"], asked(body)) for body in bench.take()] == [("establish", ["ES2"]), ("cancel", ["ES1"])]


# ---- being answered --------------------------------------------------------------------------------------------------


def test_a_subscription_stands_when_the_service_says_so(bench: Bench) -> None:
    bench.want("ES1", "ES2")
    correlation = bench.ask()["correlation_id"]
    bench.reply(estimated_delivery_in_ms=10000)
    assert bench.answer(correlation, "ES1") is bench.replicas["ES1"]
    assert bench.standings() == {"ES1": Standing.GRANTED, "ES2": Standing.ASKED}
    assert not bench.idle()
    bench.answer(correlation, "ES2")
    assert bench.idle()
    assert bench.subscriptions.next_deadline() is None


def test_notifications_may_come_before_the_reply(bench: Bench) -> None:
    bench.want("ES1")
    correlation = bench.ask()["correlation_id"]
    assert bench.answer(correlation, "ES1") is bench.replicas["ES1"]
    assert not bench.idle()
    bench.reply(estimated_delivery_in_ms=10000)
    assert bench.idle()
    assert bench.subscriptions.next_deadline() is None


def test_answers_that_nobody_waits_for_mean_nothing(bench: Bench) -> None:
    bench.want("ES1")
    correlation = bench.ask()["correlation_id"]
    for number in (None, 0, correlation + 1):
        assert bench.answer(number, "ES1") is None
    assert bench.answer(correlation, "ES2") is None
    assert bench.standings() == {"ES1": Standing.ASKED}
    bench.answer(correlation, "ES1")
    assert bench.answer(correlation, "ES1") is None


def test_an_interrupted_replay_is_asked_for_again(bench: Bench) -> None:
    bench.want("ES1")
    correlation = bench.ask()["correlation_id"]
    bench.reply()
    assert bench.answer(correlation, "ES1", Signal.INTERRUPT) is bench.replicas["ES1"]
    again = bench.ask()
    assert bench.now == pytest.approx(100.0 + 2 * COLLECT)
    assert (asked(again), again["retried_requests"]) == (["ES1"], 0)
    assert bench.answer(correlation, "ES1") is None
    assert bench.answer(again["correlation_id"], "ES1") is bench.replicas["ES1"]


def test_a_refused_subscription_is_given_up(bench: Bench) -> None:
    bench.want("ES1")
    correlation = bench.ask()["correlation_id"]
    bench.reply()
    assert bench.answer(correlation, "ES1", Signal.END) is bench.replicas["ES1"]
    bench.release("ES1")
    assert bench.standings() == {"ES1": Standing.ABSENT}
    assert bench.idle()


# ---- silence and failure ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "terms,patience",
    [
        ({"estimated_delivery_in_ms": 2500}, 2.5),
        ({}, 10.0),
        ({"estimated_delivery_in_ms": 0}, 10.0),
        ({"estimated_delivery_in_ms": -1}, 10.0),
        ({"estimated_delivery_in_ms": 1e12}, 120.0),
    ],
)
def test_silence_asks_again(bench: Bench, terms: dict[str, Any], patience: float) -> None:
    bench.want("ES1", "ES2")
    correlation = bench.ask()["correlation_id"]
    bench.elapse(1.0)
    bench.reply(**terms)
    bench.answer(correlation, "ES1")
    assert bench.subscriptions.next_deadline() == bench.now + patience
    bench.elapse()
    assert bench.standings() == {"ES1": Standing.GRANTED, "ES2": Standing.WAITING}
    again = bench.ask()
    assert (asked(again), again["retried_requests"]) == (["ES2"], 1)
    assert bench.answer(correlation, "ES2") is None


@pytest.mark.parametrize("payload", [b"", b"[]", b'{"max_batch_size":1e99}', b"\xff"])
def test_terms_that_cannot_be_read_are_the_customary_ones(bench: Bench, payload: bytes) -> None:
    bench.want("ES1")
    bench.ask()
    bench.subscriptions.replied(bench.batch(0), 202, payload, bench.now)
    assert bench.subscriptions.next_deadline() == bench.now + 10.0


@pytest.mark.parametrize("status", [None, 400, 429, 503])
def test_a_failed_request_is_repeated_ever_more_slowly_without_end(bench: Bench, status: int | None) -> None:
    bench.want("ES1")
    delays: list[float] = []
    for attempt in range(14):
        body = bench.ask()
        assert (asked(body), body["retried_requests"]) == (["ES1"], min(attempt, 1))
        if status is None:
            bench.fail()
        else:
            bench.reply(status=status)
        due = bench.subscriptions.next_deadline()
        assert due is not None
        delays.append(round(due - bench.now, 6))
    assert delays == [min(0.1 * 2**attempt, 120.0) for attempt in range(14)]


def test_a_failure_holds_everything_up(bench: Bench) -> None:
    bench.grant("ES", max_batch_size=1)
    bench.want(*(f"ES{number}" for number in range(MAX_POSTS + 1)))
    bench.elapse()
    bench.take()
    bench.fail()
    assert bench.take() == []
    assert bench.subscriptions.next_deadline() == pytest.approx(bench.now + 0.1)
    bench.elapse()
    assert [asked(body) for body in bench.take()] == [[f"ES{MAX_POSTS}"]]


def test_what_was_answered_at_last_counts_as_new_from_then_on(bench: Bench) -> None:
    bench.want("ES1")
    bench.ask()
    bench.fail()
    correlation = bench.ask()["correlation_id"]
    bench.reply(ttl_in_s=5)
    bench.answer(correlation, "ES1")
    bench.elapse()
    assert bench.ask()["retried_requests"] == 0


def test_a_request_that_succeeds_starts_the_delays_anew(bench: Bench) -> None:
    bench.want("ES1")
    for _ in range(3):
        bench.ask()
        bench.fail()
    correlation = bench.ask()["correlation_id"]
    bench.reply()
    bench.answer(correlation, "ES1")
    bench.want("ES2")
    bench.ask()
    bench.fail()
    assert bench.subscriptions.next_deadline() == pytest.approx(bench.now + 0.1)


def test_a_request_fails_or_succeeds_once(bench: Bench) -> None:
    bench.want("ES1")
    bench.ask()
    bench.reply(ttl_in_s=50)
    bench.fail()
    bench.reply(ttl_in_s=10, max_batch_size=1)
    assert bench.standings() == {"ES1": Standing.ASKED}
    assert bench.subscriptions.next_deadline() == bench.now + 10.0


def test_what_is_answered_in_spite_of_a_failure_is_not_asked_for_again(bench: Bench) -> None:
    bench.want("ES1", "ES2")
    correlation = bench.ask()["correlation_id"]
    bench.answer(correlation, "ES1")
    bench.fail()
    assert asked(bench.ask()) == ["ES2"]


# ---- time to live ----------------------------------------------------------------------------------------------------


def test_subscriptions_are_renewed_when_their_time_to_live_is_over(bench: Bench) -> None:
    bench.grant("ES1", "ES2", ttl_in_s=50, max_batch_size=1)
    start = bench.now
    bench.elapse()
    assert bench.now == start + 50
    assert bench.standings() == {"ES1": Standing.EXPIRED, "ES2": Standing.EXPIRED}
    bench.elapse()
    first, second = bench.take()
    assert (first.get("reason"), second.get("reason")) == ("ttl", None)
    assert [asked(first), asked(second)] == [["ES1"], ["ES2"]]
    assert all(replica.established for replica in bench.replicas.values())
    bench.reply(0, ttl_in_s=20)
    bench.answer(first["correlation_id"], "ES1")
    bench.answer(second["correlation_id"], "ES2")
    assert bench.subscriptions.next_deadline() == bench.now + 20


def test_the_first_reply_starts_the_one_timer(bench: Bench) -> None:
    bench.grant("ES1", ttl_in_s=50)
    start = bench.now
    bench.elapse(10.0)
    bench.grant("ES2", ttl_in_s=5)
    assert bench.subscriptions.next_deadline() == start + 50


@pytest.mark.parametrize("ttl", [None, 0, -1])
def test_subscriptions_may_live_for_ever(bench: Bench, ttl: int | None) -> None:
    bench.grant("ES1", ttl_in_s=ttl)
    assert bench.subscriptions.next_deadline() is None


def test_subscriptions_are_left_alone_for_a_second_at_least(bench: Bench) -> None:
    bench.grant("ES1", ttl_in_s=0.001)
    assert bench.subscriptions.next_deadline() == bench.now + 1.0


def test_what_is_being_asked_for_anyway_is_not_renewed(bench: Bench) -> None:
    bench.grant("ES1", ttl_in_s=5)
    bench.elapse(4.5)
    bench.want("ES2")
    bench.ask()
    bench.elapse()
    assert bench.standings() == {"ES1": Standing.EXPIRED, "ES2": Standing.ASKED}
    assert asked(bench.ask()) == ["ES1"]


# ---- giving up -------------------------------------------------------------------------------------------------------


def test_a_subscription_that_was_asked_for_is_cancelled(bench: Bench) -> None:
    bench.grant("ES1")
    bench.elapse(5.0)
    bench.release("ES1")
    assert bench.subscriptions.next_deadline() == bench.now + COLLECT
    body = bench.ask()
    assert (body["action"], asked(body)) == ("cancel", ["ES1"])
    bench.reply()
    bench.subscriptions.canceled(body["correlation_id"], "ES1", bench.now)
    assert bench.idle()


def test_one_that_was_not_asked_for_or_is_gone_is_not(bench: Bench) -> None:
    bench.want("ES1")
    bench.release("ES1")
    bench.elapse()
    assert bench.take() == []
    bench.grant("ES2")
    bench.release("ES2", cancel=False)
    assert bench.idle()
    assert bench.subscriptions.next_deadline() is None


def test_the_answer_to_what_was_given_up_is_not_waited_for(bench: Bench) -> None:
    bench.want("ES1")
    correlation = bench.ask()["correlation_id"]
    bench.reply()
    bench.release("ES1")
    assert bench.answer(correlation, "ES1") is None
    assert bench.ask()["action"] == "cancel"


def test_a_cancel_that_failed_is_repeated(bench: Bench) -> None:
    bench.grant("ES1")
    bench.release("ES1")
    bench.ask()
    bench.fail()
    body = bench.ask()
    assert (body["action"], asked(body), body["retried_requests"]) == ("cancel", ["ES1"], 1)
    bench.reply()
    bench.subscriptions.canceled(body["correlation_id"], "ES1", bench.now)
    assert bench.idle()


def test_what_was_asked_for_in_vain_and_given_up_is_new_when_it_is_wanted_again(bench: Bench) -> None:
    bench.want("ES1")
    bench.ask()
    bench.fail()
    bench.release("ES1")
    bench.want("ES1")
    bench.elapse(120.0)
    (cancel,) = bench.take()
    bench.reply()
    bench.subscriptions.canceled(cancel["correlation_id"], "ES1", bench.now)
    assert bench.ask()["retried_requests"] == 0


# ---- wanting again what is being cancelled ---------------------------------------------------------------------------


def cancelled_and_wanted(bench: Bench) -> dict[str, Any]:
    """Give an object up and want it again, and take its cancel."""
    bench.grant("ES1")
    bench.release("ES1")
    bench.want("ES1")
    assert bench.muted("ES1")
    body = bench.ask()
    assert body["action"] == "cancel"
    return body


def test_an_object_wanted_again_waits_for_the_end_of_its_earlier_subscription(bench: Bench) -> None:
    cancel = cancelled_and_wanted(bench)
    bench.reply(estimated_delivery_in_ms=10000)
    bench.subscriptions.canceled(cancel["correlation_id"] + 1, "ES1", bench.now)
    bench.subscriptions.canceled(None, "ES1", bench.now)
    assert bench.muted("ES1")
    bench.subscriptions.canceled(cancel["correlation_id"], "ES1", bench.now)
    assert not bench.muted("ES1")
    body = bench.ask()
    assert (body["action"], asked(body), body["retried_requests"]) == ("establish", ["ES1"], 0)


def test_it_does_not_wait_for_ever(bench: Bench) -> None:
    cancelled_and_wanted(bench)
    bench.reply(estimated_delivery_in_ms=10000)
    assert bench.subscriptions.next_deadline() == bench.now + 1.0
    bench.elapse()
    assert not bench.muted("ES1")
    body = bench.ask()
    assert body["action"] == "establish"
    bench.reply()
    bench.answer(body["correlation_id"], "ES1")
    assert bench.idle()


def test_it_waits_while_the_cancel_fails(bench: Bench) -> None:
    cancelled_and_wanted(bench)
    bench.fail()
    assert bench.ask()["action"] == "cancel"
    assert bench.muted("ES1")


def test_it_may_be_given_up_once_more(bench: Bench) -> None:
    cancel = cancelled_and_wanted(bench)
    bench.reply()
    bench.release("ES1")
    bench.subscriptions.canceled(cancel["correlation_id"], "ES1", bench.now)
    assert bench.idle()


def test_the_time_to_live_does_not_end_the_wait(bench: Bench) -> None:
    bench.grant("ES2", ttl_in_s=5)
    bench.elapse(4.9)
    cancelled_and_wanted(bench)
    bench.elapse()
    bench.elapse()
    assert [asked(body) for body in bench.take()] == [["ES2"]]


# ---- the connection --------------------------------------------------------------------------------------------------


def test_a_lost_connection_takes_all_with_it(bench: Bench) -> None:
    bench.grant("ES1", ttl_in_s=50)
    bench.want("ES2")
    bench.ask()
    bench.release("ES1")
    bench.want("ES1")
    asked_before = bench.requests
    bench.subscriptions.lost()
    assert bench.idle()
    assert bench.subscriptions.next_deadline() is None
    assert set(bench.standings().values()) == {Standing.ABSENT}
    assert not bench.muted("ES1")
    bench.requests = asked_before
    bench.reply(ttl_in_s=5)
    bench.fail()
    assert bench.subscriptions.next_deadline() is None


def test_the_next_connection_collects_and_renews_nothing_that_this_one_was_to(bench: Bench) -> None:
    bench.grant("ES", max_batch_size=1, ttl_in_s=5)
    bench.elapse()
    bench.want(*(f"ES{number}" for number in range(MAX_POSTS)))
    bench.elapse()
    assert len(bench.take()) == MAX_POSTS
    bench.subscriptions.lost()
    bench.want("ES1")
    assert bench.take() == []
    assert "reason" not in bench.ask()
    bench.subscriptions.lost()
    bench.grant("ES2", ttl_in_s=5)
    bench.elapse()
    bench.subscriptions.lost()
    bench.want("ES2")
    assert "reason" not in bench.ask()


def test_the_next_connection_knows_nothing_of_failures_renewals_and_cancels(bench: Bench) -> None:
    bench.grant("ES1", ttl_in_s=5)
    bench.elapse()
    bench.elapse()
    bench.take()
    for _ in range(4):
        bench.fail()
        bench.elapse()
        bench.take()
    bench.subscriptions.lost()
    bench.want("ES1", at_once=True)
    body = bench.ask()
    assert (body["action"], body["retried_requests"], body.get("reason")) == ("establish", 0, None)
    bench.fail()
    assert bench.subscriptions.next_deadline() == pytest.approx(bench.now + 0.1)
