"""A conversation's properties, as its document gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rxconvo.errors import PayloadError, SyncError
from rxconvo.model import ConversationAdded, ConversationUpdated
from rxconvo.sync import DocumentChanged, ObjectFailed, ObjectRemoved

if TYPE_CHECKING:
    from tests.model.conftest import Bench, Data


class TestChanges:
    def test_one_event_tells_all_that_one_change_differs_in(self, talk: Bench) -> None:
        talk.change("CH1.channel", friendlyName="dinner", dateUpdated="2026-01-31T13:00:00.000Z")
        (event,) = talk.take()
        assert isinstance(event, ConversationUpdated)
        assert event.reasons == ("friendlyName", "dateUpdated")
        assert (event.before.friendly_name, event.after.friendly_name) == ("about CH1", "dinner")
        assert event.after is talk.record("CH1").state
        assert event.home is talk.record("CH1").home

    def test_the_same_again_says_nothing(self, talk: Bench) -> None:
        talk.change("CH1.channel")
        assert talk.take() == []

    def test_status_horizon_and_level_are_not_taken_from_it(self, talk: Bench) -> None:
        talk.change("CH1.channel", status="left", lastConsumedMessageIndex=9, notificationLevel="muted")
        assert talk.take() == []
        assert talk.record("CH1").joined

    def test_what_was_missed_comes_with_the_next_connection(self, talk: Bench) -> None:
        talk.disconnect()
        talk.change("CH1.channel", friendlyName="a")
        talk.change("CH1.channel", friendlyName="b")
        talk.connect()
        (event,) = talk.pump()
        assert isinstance(event, ConversationUpdated)
        assert event.after.friendly_name == "b"


class TestFailure:
    def test_unreadable_data_are_reported_and_the_document_read_anew_once(self, talk: Bench) -> None:
        served = talk.objects["CH1.channel"]
        good = served.data
        served.data = [1]
        served.last_event_id += 100
        talk._tell_document(served)
        served.last_event_id += 100
        served.data = {**good, "friendlyName": "mended"}
        assert talk.take() == []
        (fault,) = talk.store.take_faults()
        assert isinstance(fault, PayloadError)
        (event,) = talk.pump()
        assert isinstance(event, ConversationUpdated)
        assert event.after.friendly_name == "mended"

    def test_members_unknown_to_us_may_be_what_cannot_be_read(self, talk: Bench, data: Data) -> None:
        replica = talk.record("CH1").document
        assert replica is not None
        hostile = data.raw(b'{"friendlyName":"a","uniqueName":"b","shoeSize":1e999}')
        assert talk.commit(DocumentChanged(replica, hostile, read=False)) == []
        (fault,) = talk.store.take_faults()
        assert isinstance(fault, PayloadError)
        assert talk.pump() == []
        assert talk.record("CH1").state.friendly_name == "about CH1"

    def test_what_came_along_with_unreadable_data_is_left_to_the_read(self, talk: Bench, data: Data) -> None:
        replica = talk.record("CH1").document
        assert replica is not None
        late = talk.commit(
            DocumentChanged(replica, data.raw([]), read=False),
            DocumentChanged(replica, data.raw({"friendlyName": "late"}), read=False),
            ObjectRemoved(replica),
            ObjectFailed(replica, SyncError("CH1.channel", 403, None, "late")),
        )
        assert late == []
        assert len(talk.store.take_faults()) == 1
        assert talk.record("CH1").document_error is None
        assert talk.record("CH1").state.friendly_name == "about CH1"

    def test_after_good_data_unreadable_ones_are_read_anew_again(self, talk: Bench, data: Data) -> None:
        for _ in range(2):
            before = talk.record("CH1").document
            assert before is not None
            talk.commit(DocumentChanged(before, data.raw([]), read=False))
            talk.pump()
            assert talk.record("CH1").document is not before

    def test_unreadable_again_it_is_given_up(self, bench: Bench) -> None:
        bench.serve_conversation("CH1")
        bench.objects["CH1.channel"].data = [1]
        assert bench.start() == []
        assert bench.store.ready
        record = bench.record("CH1")
        assert isinstance(record.document_error, SyncError)
        assert record.document is None
        assert len(bench.store.take_faults()) == 2

    def test_a_broken_document_ends_the_wait_for_messages_and_roster(self, make_bench: type[Bench]) -> None:
        bench = make_bench(watch="none")
        bench.serve_user()
        bench.serve_conversation("CH1", joined=False)
        bench.start()
        del bench.objects["CH1.channel"]
        record = bench.store.introduce("CH1", document="CH1.channel")
        bench.open("CH1")
        assert bench.store.messages_error(record) is record.document_error
        assert bench.store.roster_error(record) is record.document_error
        bench.serve_conversation("CH1", joined=False)
        (added,) = bench.open("CH1")
        assert isinstance(added, ConversationAdded)
        assert bench.store.messages_open(record)
        assert bench.store.roster_open(record)

    def test_a_subscription_refused_is_reported(self, talk: Bench) -> None:
        error = SyncError("CH1.channel", 403, 54007, "forbidden")
        replica = talk.record("CH1").document
        assert replica is not None
        assert talk.commit(ObjectFailed(replica, error)) == []
        assert talk.store.take_faults() == [error]
        assert talk.record("CH1").document_known

    def test_a_document_that_names_no_messages_says_so(self, bench: Bench) -> None:
        bench.serve_conversation("CH1", joined=False, messages=None, roster=7)
        bench.start()
        record = bench.store.introduce("CH1", document="CH1.channel")
        bench.pump()
        bench.open("CH1")
        assert "has not named the list" in str(bench.store.messages_error(record))
        assert "has not named the map" in str(bench.store.roster_error(record))
