"""What is held of a conversation, and for how long."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rxconvo.model import ConversationRecord, Home, Message, MessageList, Participant, Roster

HOME: Home[Any] = Home("CH1")


@pytest.fixture
def record() -> ConversationRecord:
    return ConversationRecord("CH1", HOME, document_name="CH1.channel")


def test_what_is_gone_tells_why_and_what_to_do(record: ConversationRecord) -> None:
    assert "left it, or it was deleted; join() returns" in str(record.closed())
    record.state = replace(record.state, status="joined")
    assert str(record.closed()) == "conversation CH1 is gone: it was deleted"


class TestMessageList:
    def test_the_least_recently_used_goes_first(self) -> None:
        messages = MessageList(2)
        messages.put(Message("IM0", 0))
        messages.put(Message("IM1", 1))
        assert messages.get(0) is not None
        messages.put(Message("IM2", 2))
        assert messages.indices() == [0, 2]
        messages.put(Message("IM0", 0, body="new"))
        messages.put(Message("IM3", 3))
        assert messages.indices() == [0, 3]
        newest = messages.get(0)
        assert newest is not None
        assert newest.body == "new"

    def test_what_goes_is_not_ahead_any_more(self) -> None:
        messages = MessageList(1)
        messages.put(Message("IM0", 0))
        messages.ahead[0] = (5, False)
        messages.put(Message("IM1", 1))
        assert not messages.ahead

    def test_a_message_is_popped_once(self) -> None:
        messages = MessageList(2)
        messages.put(Message("IM0", 0))
        assert messages.pop(0) == Message("IM0", 0)
        assert messages.pop(0) is None
        assert messages.get(0) is None
        assert len(messages) == 0

    def test_clearing_forgets_all(self) -> None:
        messages = MessageList(2)
        messages.put(Message("IM0", 0))
        messages.ahead[0] = (5, False)
        messages.restart()
        assert (len(messages), messages.indices(), dict(messages.ahead)) == (0, [], {})

    @given(
        steps=st.lists(st.tuples(st.sampled_from(["put", "get", "pop"]), st.integers(0, 6)), max_size=60),
        limit=st.integers(0, 4),
    )
    def test_it_holds_what_the_plainest_list_would_hold(self, steps: list[tuple[str, int]], limit: int) -> None:
        messages = MessageList(limit)
        plain: list[int] = []  # the most recently used last
        for step, index in steps:
            known = index in plain
            if known:
                plain.remove(index)
            if step == "put":
                messages.put(Message(f"IM{index}", index))
            elif step == "get":
                assert (messages.get(index) is not None) is known
            else:
                assert (messages.pop(index) is not None) is known
            if step == "put" or (step == "get" and known):
                plain.append(index)
            del plain[: max(0, len(plain) - limit)]
            assert messages.indices() == sorted(plain)
            assert len(messages) == len(plain)


class TestRoster:
    def test_participants_are_found_by_sid_and_identity(self) -> None:
        roster = Roster()
        ada, sms = Participant("MB1", "ada"), Participant("MB2", type="sms")
        roster.put(ada)
        roster.put(sms)
        assert roster.get("MB1") is roster.find("ada") is ada
        assert roster.get("MB2") is sms
        assert roster.find("bob") is None
        assert list(roster.participants) == [ada, sms]
        assert len(roster) == 2

    def test_a_new_version_takes_the_place_of_the_old_one(self) -> None:
        roster = Roster()
        for role in ("RL1", "RL2"):
            roster.put(Participant("MB1", "ada", role_sid=role))
        assert list(roster.participants) == [Participant("MB1", "ada", role_sid="RL2")]
        assert roster.find("ada") == roster.get("MB1")

    def test_a_participant_is_popped_once(self) -> None:
        roster = Roster()
        roster.put(Participant("MB1", "ada"))
        assert roster.pop("MB1") == Participant("MB1", "ada")
        assert roster.pop("MB1") is None
        assert roster.find("ada") is None

    def test_who_came_back_under_another_sid_stays(self) -> None:
        roster = Roster()
        roster.put(Participant("MB1", "ada"))
        roster.put(Participant("MB2", "ada"))
        roster.pop("MB1")
        assert roster.find("ada") == Participant("MB2", "ada")


class TestConversationRecord:
    def test_nothing_is_known_at_first(self, record: ConversationRecord) -> None:
        assert (record.messages_name, record.roster_name, record.participants) == (None, None, ())
        assert (record.message(0), record.participant("MB1"), record.participant_of("ada")) == (None, None, None)
        assert not record.joined
        assert repr(record) == "<ConversationRecord CH1 unknown>"

    @pytest.mark.parametrize("name", ["CH1.messages", "CH1.roster", "ES1", "", None])
    def test_names_are_what_they_were_set_to_be_they_customary_or_not(
        self, record: ConversationRecord, name: str | None
    ) -> None:
        record.messages_name = record.roster_name = name
        assert (record.messages_name, record.roster_name) == (name, name)

    def test_customary_names_are_not_kept(self, record: ConversationRecord) -> None:
        record.messages_name, record.roster_name = "CH1.messages", "CH1.roster"
        assert (record._messages_name, record._roster_name) == (..., ...)

    def test_what_is_held_is_found(self, record: ConversationRecord) -> None:
        record.message_list, record.roster = MessageList(2), Roster()
        message, ada = Message("IM0", 0, home=HOME), Participant("MB1", "ada", home=HOME)
        record.message_list.put(message)
        record.roster.put(ada)
        assert record.message(0) is message
        assert record.participant("MB1") is record.participant_of("ada") is ada
        assert record.participants == (ada,)
