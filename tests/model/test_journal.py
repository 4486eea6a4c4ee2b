"""What the appliers have to say is said once."""

from __future__ import annotations

from rxconvo.errors import PayloadError
from rxconvo.model import Message, MessageAdded
from rxconvo.model.journal import Journal


def test_events_and_faults_are_taken_once_and_apart() -> None:
    journal = Journal()
    events, fault = [MessageAdded(Message(f"IM{index}", index)) for index in range(2)], PayloadError("why")
    journal.events += events
    journal.faults.append(fault)
    assert journal.take_events() == events
    assert journal.take_events() == []
    assert journal.take_faults() == [fault]
    assert journal.take_faults() == []
