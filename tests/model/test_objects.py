"""Wanting objects by names that need not make sense, and opening anew what cannot be read."""

from __future__ import annotations

from itertools import count

import pytest

from rxconvo.errors import PayloadError, SyncError
from rxconvo.model import Owner, Role
from rxconvo.model.journal import Journal
from rxconvo.model.objects import gone, reopened, wanted
from rxconvo.sync import Kind, Replica, Session


@pytest.fixture
def session() -> Session[Owner]:
    ids = count()
    return Session(request_ids=lambda: f"{next(ids):032x}")


@pytest.fixture
def owner() -> Owner:
    return Owner(Role.MESSAGES, {})


class TestWanted:
    def test_an_object_is_wanted_for_its_owner(self, session: Session[Owner], owner: Owner) -> None:
        replica = wanted(session, "CH1.roster", Kind.MAP, owner, read_items=True)
        assert isinstance(replica, Replica)
        assert (replica.name, replica.kind, replica.owner, replica.read_items) == ("CH1.roster", Kind.MAP, owner, True)
        assert wanted(session, "CH1.roster", Kind.MAP, owner) is replica

    def test_without_a_name_there_is_none(self, session: Session[Owner], owner: Owner) -> None:
        error = wanted(session, "", Kind.LIST, owner)
        assert isinstance(error, SyncError)
        assert "has not named the list" in str(error)
        assert session.idle

    def test_one_name_is_not_for_two_owners(self, session: Session[Owner], owner: Owner) -> None:
        replica = wanted(session, "CH1.messages", Kind.LIST, owner)
        error = wanted(session, "CH1.messages", Kind.LIST, Owner(Role.MESSAGES, {}))
        assert isinstance(error, SyncError)
        assert "two purposes" in str(error)
        assert isinstance(replica, Replica)
        assert replica.owner is owner

    def test_one_name_is_not_for_two_kinds(self, session: Session[Owner], owner: Owner) -> None:
        wanted(session, "CH1.messages", Kind.LIST, owner)
        error = wanted(session, "CH1.messages", Kind.MAP, owner)
        assert isinstance(error, SyncError)
        assert (error.name, error.status) == ("CH1.messages", 0)


def test_gone_is_what_is_not_found(owner: Owner) -> None:
    error = gone(Replica("CH1.messages", Kind.LIST, owner))
    assert (error.name, error.status, error.code) == ("CH1.messages", 404, None)
    assert "no such list" in str(error)


class TestReopened:
    def test_it_is_opened_anew_as_it_was_wanted_and_reported(self, session: Session[Owner], owner: Owner) -> None:
        journal, error = Journal(), PayloadError("why")
        first = wanted(session, "US1.info", Kind.MAP, owner, include_items=True)
        assert isinstance(first, Replica)
        second = reopened(first, error, session, journal)
        assert second is not None
        assert second is not first
        assert first.dropped
        assert (second.name, second.kind, second.owner, second.read_items, second.include_items) == (
            *("US1.info", Kind.MAP, owner),
            *(False, True),
        )
        (fault,) = journal.take_faults()
        assert isinstance(fault, PayloadError)
        assert str(fault) == "US1.info: why"
        assert fault.__cause__ is error

    def test_only_once_for_the_same_reason(self, session: Session[Owner], owner: Owner) -> None:
        journal = Journal()
        first = wanted(session, "CH1.messages", Kind.LIST, owner)
        assert isinstance(first, Replica)
        second = reopened(first, PayloadError("why"), session, journal)
        assert second is not None
        assert reopened(second, PayloadError("again"), session, journal) is None
        assert not second.dropped
        assert len(journal.take_faults()) == 2
        owner.doubted = False  # a good one has come since
        assert reopened(second, PayloadError("later"), session, journal) is not None
