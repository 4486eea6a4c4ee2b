"""What is said of a conversation's coming and going, and to whom: to those who know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from rxconvo.model import (
    ConversationAdded,
    ConversationJoined,
    ConversationLeft,
    ConversationRecord,
    ConversationRemoved,
    ConversationUpdated,
    Event,
)

if TYPE_CHECKING:
    from rxconvo.model.lifecycle import Conversations
    from tests.model.conftest import Bench


@pytest.fixture
def conversations(bench: Bench) -> Conversations:
    return bench.store._conversations


@pytest.fixture
def record(conversations: Conversations) -> ConversationRecord:
    """Return a conversation that ada has joined, and that nobody has heard of."""
    record = conversations.add("CH1", "CH1.channel")
    record.state = replace(record.state, status="joined")
    return record


def said(bench: Bench) -> list[Event]:
    return bench.store._journal.take_events()


class TestAnnouncing:
    def test_one_that_is_joined_is_added_and_joined(
        self, bench: Bench, conversations: Conversations, record: ConversationRecord
    ) -> None:
        conversations.announce(record)
        assert said(bench) == [
            ConversationAdded(record.state, record.home),
            ConversationJoined(record.state, record.home),
        ]
        assert record.announced

    def test_one_that_is_not_is_added(
        self, bench: Bench, conversations: Conversations, record: ConversationRecord
    ) -> None:
        record.state = replace(record.state, status="notParticipating")
        conversations.announce(record)
        assert said(bench) == [ConversationAdded(record.state, record.home)]


class TestChanges:
    def test_they_are_said_where_something_differs(
        self, bench: Bench, conversations: Conversations, record: ConversationRecord
    ) -> None:
        conversations.announce(record)
        said(bench)
        before, after = record.state, replace(record.state, friendly_name="lunch")
        conversations.update(record, after, ("friendlyName",))
        assert said(bench) == [ConversationUpdated(before, after, ("friendlyName",), record.home)]
        conversations.update(record, after, ())
        assert said(bench) == []
        conversations.joined(record)
        conversations.left(record)
        assert said(bench) == [ConversationJoined(after, record.home), ConversationLeft(after, record.home)]

    def test_nothing_is_said_of_what_nobody_has_heard_of(
        self, bench: Bench, conversations: Conversations, record: ConversationRecord
    ) -> None:
        after = replace(record.state, friendly_name="lunch")
        conversations.update(record, after, ("friendlyName",))
        conversations.joined(record)
        conversations.left(record)
        conversations.remove(record, left=True)
        assert said(bench) == []
        assert record.state == replace(after, status="notParticipating")


class TestRemoving:
    @pytest.mark.parametrize(
        "left,kinds", [(True, [ConversationLeft, ConversationRemoved]), (False, [ConversationRemoved])]
    )
    def test_it_is_left_before_it_is_removed(
        self,
        bench: Bench,
        conversations: Conversations,
        record: ConversationRecord,
        left: bool,
        kinds: list[type[Event]],
    ) -> None:
        conversations.announce(record)
        said(bench)
        conversations.remove(record, left=left)
        assert [type(event) for event in said(bench)] == kinds
        assert record.joined is not left
        assert record.removed
        assert conversations.records == {}

    def test_one_that_was_not_joined_is_not_left(
        self, bench: Bench, conversations: Conversations, record: ConversationRecord
    ) -> None:
        record.state = replace(record.state, status="notParticipating")
        conversations.announce(record)
        said(bench)
        conversations.remove(record, left=True)
        assert [type(event) for event in said(bench)] == [ConversationRemoved]

    def test_observers_can_still_ask_for_it_until_they_have_heard_of_it(
        self, bench: Bench, conversations: Conversations, record: ConversationRecord
    ) -> None:
        conversations.announce(record)
        conversations.remove(record, left=True)
        assert bench.store.conversation("CH1") is record
        bench.store.told()
        assert bench.store.conversation("CH1") is None

    def test_it_holds_nothing_up_any_more(self, conversations: Conversations, record: ConversationRecord) -> None:
        conversations.await_document(record)
        conversations.await_document(record)
        assert conversations.unsettled == 1
        conversations.remove(record, left=True)
        assert conversations.unsettled == 0

    def test_one_whose_document_is_known_holds_nothing_up(
        self, conversations: Conversations, record: ConversationRecord
    ) -> None:
        record.document_known = True
        conversations.await_document(record)
        assert conversations.unsettled == 0

    def test_all_its_objects_are_released(self, talk: Bench) -> None:
        record = talk.record("CH1")
        talk.store._conversations.release(record)
        talk.pump()
        assert (record.document, record.message_list, record.roster) == (None, None, None)
        assert talk.subscribed == {talk.objects[name].sid for name in ("ada.channels", "ada.info")}
