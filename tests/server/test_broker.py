"""Who hears of what."""

from __future__ import annotations

from dataclasses import dataclass, field

from rxconvo.server.broker import Broker


@dataclass(eq=False)
class Ear:
    identity: str
    heard: list[bytes] = field(default_factory=list)

    def send(self, message: bytes) -> None:
        self.heard.append(message)


def attached(broker: Broker, *identities: str) -> list[Ear]:
    ears = [Ear(identity) for identity in identities]
    for ear in ears:
        broker.attach(ear)
    return ears


def test_subscribers_hear_and_others_do_not() -> None:
    broker = Broker()
    ada, bob = attached(broker, "ada", "bob")
    broker.subscribe(ada, "ES1")
    broker.publish("ES1", b"x")
    broker.publish("ES2", b"y")
    assert (ada.heard, bob.heard) == ([b"x"], [])
    assert (broker.heard("ES1"), broker.heard("ES2")) == (True, False)


def test_a_reserved_subscription_hears_nothing_yet() -> None:
    broker = Broker()
    (ada,) = attached(broker, "ada")
    broker.subscribe(ada, "ES1")
    broker.reserve(ada, "ES1")
    broker.publish("ES1", b"x")
    assert ada.heard == []
    assert broker.reserved(ada, "ES1")
    broker.subscribe(ada, "ES1")
    broker.publish("ES1", b"y")
    assert ada.heard == [b"y"]


def test_all_connections_of_an_identity_lose_what_is_revoked() -> None:
    broker = Broker()
    desk, phone, bob = attached(broker, "ada", "ada", "bob")
    for ear in (desk, phone, bob):
        broker.subscribe(ear, "ES1")
        broker.reserve(ear, "ES2")
    broker.revoke("ada", ["ES1", "ES2"])
    broker.publish("ES1", b"x")
    assert (desk.heard, phone.heard, bob.heard) == ([], [], [b"x"])
    assert not broker.reserved(desk, "ES2")
    assert broker.subscriptions == 2


def test_nothing_is_left_of_who_is_gone() -> None:
    broker = Broker()
    desk, phone = attached(broker, "ada", "ada")
    for ear in (desk, phone):
        broker.subscribe(ear, "ES1")
    assert broker.of("ada") == [desk, phone]
    for ear in (desk, desk, phone):
        broker.detach(ear)
    broker.publish("ES1", b"x")
    broker.notify(["ada"], b"y")
    broker.subscribe(desk, "ES1")
    broker.reserve(desk, "ES1")
    broker.cancel(desk, "ES1")
    assert desk.heard == phone.heard == []
    assert (broker.connections, broker.subscriptions, broker.heard("ES1")) == (0, 0, False)


def test_an_object_that_is_gone_is_forgotten() -> None:
    broker = Broker()
    (ada,) = attached(broker, "ada")
    broker.subscribe(ada, "ES1")
    broker.forget("ES1")
    broker.forget("ES1")
    assert (broker.count(ada), broker.subscriptions) == (0, 0)


def test_typing_reaches_identities() -> None:
    broker = Broker()
    desk, phone, bob = attached(broker, "ada", "ada", "bob")
    broker.notify(["ada", "nobody"], b"x")
    assert (desk.heard, phone.heard, bob.heard) == ([b"x"], [b"x"], [])
