"""Typing as observers see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rxconvo.model import MessageAdded, ParticipantLeft, TypingEnded, TypingStarted
from rxconvo.sync import TypingNotified

if TYPE_CHECKING:
    from rxconvo.model import Event
    from tests.model.conftest import Bench, Data


def said(events: list[Event]) -> list[tuple[str, str | None]]:
    """Tell who started (`+`) and why who ended."""
    result: list[tuple[str, str | None]] = []
    for event in events:
        if isinstance(event, TypingStarted):
            result.append(("+", event.identity))
        elif isinstance(event, TypingEnded):
            result.append((event.reason, event.identity))
    return result


def bob_types(bench: Bench) -> bool:
    bob = bench.record("CH1").participant_of("bob")
    assert bob is not None
    return bench.store.is_typing(bob)


def test_it_starts_is_confirmed_and_expires(talk: Bench) -> None:
    (started,) = talk.type("CH1", "bob", timeout=6)
    assert isinstance(started, TypingStarted)
    assert started.participant is talk.record("CH1").participant_of("bob")
    assert started.conversation_sid == "CH1"
    assert bob_types(talk)
    assert talk.store.next_deadline() == talk.now + 6
    talk.now += 4
    assert said(talk.type("CH1", "bob", timeout=6)) == [("+", "bob")]
    assert talk.store.advance(talk.now + 5.9) == []
    assert said(talk.store.advance(talk.now + 6)) == [("expired", "bob")]
    assert not bob_types(talk)
    assert talk.store.next_deadline() is None


def test_a_message_of_the_author_ends_it_after_the_message(talk: Bench, data: Data) -> None:
    talk.type("CH1", "bob")
    talk.take()
    talk.put("CH1.messages", 0, data.message("from ada", author="ada"))
    talk.put("CH1.messages", 1, data.message("from nobody", author="nobody"))
    talk.put("CH1.messages", 2, data.message("system", author=None))  # type: ignore[arg-type]
    assert said(talk.take()) == []
    talk.put("CH1.messages", 3, data.message("from bob"))
    added, ended = talk.take()
    assert isinstance(added, MessageAdded)
    assert isinstance(ended, TypingEnded)
    assert ended.reason == "message"
    assert talk.store.next_deadline() is None


def test_a_message_read_before_its_event_ends_it_with_the_event(talk: Bench, data: Data) -> None:
    talk.type("CH1", "bob")
    talk.stall()
    talk.put("CH1.messages", 0, data.message("from bob"))
    talk.put("CH1.messages", 0, data.message("edited"))
    talk.read_page("CH1")
    talk.take()
    assert [type(event) for event in talk.flow()] == [MessageAdded, TypingEnded]


def test_a_message_where_nobody_looks_ends_nothing(talk: Bench, data: Data) -> None:
    talk.serve_conversation("CH2")
    talk.pump()
    talk.open("CH2", roster=False)
    talk.type("CH1", "bob")
    talk.put("CH2.messages", 0, data.message("from bob"))
    assert said(talk.take()) == [("+", "bob")]
    assert bob_types(talk)


def test_leaving_ends_it(talk: Bench) -> None:
    talk.type("CH1", "bob")
    talk.take()
    talk.remove("CH1.roster", "MBbob")
    left, ended = talk.take()
    assert isinstance(left, ParticipantLeft)
    assert isinstance(ended, TypingEnded)
    assert ended.reason == "left"


def test_a_lost_connection_ends_it(talk: Bench) -> None:
    talk.serve_conversation("CH2")
    talk.pump()  # nobody looks at who is there
    talk.type("CH1", "bob")
    talk.type("CH1", "ada")
    assert said(talk.disconnect()) == [("disconnected", "bob"), ("disconnected", "ada")]
    assert talk.disconnect() == []


def test_it_waits_for_the_roster(bench: Bench, data: Data) -> None:
    bench.serve_conversation("CH1")
    bench.put("CH1.roster", "MBbob", data.participant("bob"))
    bench.start()
    assert bench.type("CH1", "bob") == []  # nobody looks
    bench.store.open_roster(bench.record("CH1"))
    assert bench.type("CH1", "bob", timeout=6) == []
    assert bench.type("CH1", "stranger") == []
    assert bench.type("CH1", "cy", timeout=0.001) == []
    due = bench.now + 6
    assert said(bench.pump()) == [("+", "bob")]
    assert bench.store.next_deadline() == due


def test_what_waited_for_the_roster_ends_with_the_connection(bench: Bench, data: Data) -> None:
    bench.serve_conversation("CH1")
    bench.put("CH1.roster", "MBbob", data.participant("bob"))
    bench.start()
    bench.store.open_roster(bench.record("CH1"))
    bench.type("CH1", "bob")
    bench.disconnect()
    bench.connect()
    assert said(bench.pump()) == []


def test_what_waited_for_the_roster_ends_with_the_message(bench: Bench, data: Data) -> None:
    bench.serve_conversation("CH1")
    bench.put("CH1.roster", "MBbob", data.participant("bob"))
    bench.start()
    bench.open("CH1", roster=False)
    bench.store.open_roster(bench.record("CH1"))
    bench.type("CH1", "bob")
    bench.put("CH1.messages", 0, data.message("from bob"))
    assert said(bench.pump()) == []


def test_what_waits_is_bounded(bench: Bench) -> None:
    bench.serve_conversation("CH1")
    bench.start()
    record = bench.record("CH1")
    bench.store.open_roster(record)
    for number in range(1500):
        bench.type("CH1", f"user{number}")
    assert record.roster is not None
    assert len(record.roster.waiting) == 1000


def test_strangers_and_unknown_conversations_are_ignored(talk: Bench) -> None:
    assert talk.type("CH1", "stranger") == []
    assert talk.type("CH9", "bob") == []
    assert talk.commit(TypingNotified("CH1", "bob", 0)) == []


def test_closing_the_roster_ends_it_without_a_word(talk: Bench) -> None:
    talk.type("CH1", "bob")
    talk.store.close_roster(talk.record("CH1"))
    assert talk.store.next_deadline() is None
    assert talk.store.advance(talk.now + 60) == []


def test_each_conversation_has_its_own(talk: Bench, data: Data) -> None:
    talk.serve_conversation("CH2")
    talk.put("CH2.roster", "MBbob", data.participant("bob"))  # even if the service gave one sid twice
    talk.pump()
    talk.open("CH2")
    talk.type("CH1", "bob", timeout=3)
    talk.type("CH2", "bob", timeout=5)
    talk.remove("ada.channels", "CH2")
    talk.take()
    assert [event.conversation_sid for event in talk.store.advance(talk.now + 9) if isinstance(event, TypingEnded)] == [
        "CH1"
    ]
