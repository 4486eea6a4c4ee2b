"""What a client reports of its streams."""

from __future__ import annotations

import pytest
from reactivex import operators as ops

import rxconvo
from rxconvo.model import Discontinuity, Topic
from rxconvo.operators import bounded_buffer, probe
from rxconvo.streams import StreamReport
from rxconvo.testing import advance, settle


def reports(client: rxconvo.Client) -> dict[str, StreamReport]:
    return {report.name: report for report in client.inspect()}


@pytest.fixture
async def lunch(ada: rxconvo.Client) -> rxconvo.Conversation:
    return await (await ada.create_conversation()).join()


async def test_streams_that_nobody_asked_for_are_not_there(ada: rxconvo.Client, lunch: rxconvo.Conversation) -> None:
    assert not [name for name in reports(ada) if name.endswith(lunch.sid)]


async def test_who_observes_and_how_much_comes(ada: rxconvo.Client, lunch: rxconvo.Conversation) -> None:
    lunch.messages.subscribe()
    subscription = lunch.messages.added.subscribe()
    ada.messages.subscribe()
    await lunch.send_message("not counted yet")
    assert reports(ada)[f"messages of {lunch.sid}"].items == 0
    await lunch.send_message("pizza?")
    await lunch.send_message("sushi!")
    known = reports(ada)
    assert known[f"messages of {lunch.sid}"] == StreamReport(f"messages of {lunch.sid}", 2, 2)
    assert known["messages"] == StreamReport("messages", 1, 2)
    assert known[f"messages.added of {lunch.sid}"] == StreamReport(f"messages.added of {lunch.sid}", 1, None)
    subscription.dispose()
    assert reports(ada)[f"messages of {lunch.sid}"].subscribers == 1


async def test_what_belongs_to_no_conversation_is_counted(ada: rxconvo.Client) -> None:
    ada.errors.subscribe()
    ada.connection_state.subscribe()
    ada.users.subscribe()
    before = reports(ada)
    ada.report(rxconvo.ConnectionError("gone"))
    ada.connection_changed("disconnected")
    await ada.get_user("ada")
    known = reports(ada)
    for name in ("errors", "connection_state"):
        assert (known[name].items or 0) - (before[name].items or 0) == 1


async def test_the_first_report_says_nothing_of_what_was_before(
    ada: rxconvo.Client, lunch: rxconvo.Conversation
) -> None:
    ada.errors.subscribe()
    lunch.messages.subscribe()
    ada.connection_changed("disconnected")
    ada.report(rxconvo.ConnectionError("gone"))
    await lunch.send_message("hello")
    assert {report.items for report in ada.inspect()} == {0}
    await lunch.send_message("hello")
    assert {report.name for report in ada.inspect() if report.items} == {f"messages of {lunch.sid}", "messages"} & {
        report.name for report in ada.inspect()
    }


async def test_there_are_no_streams_but_those_of_the_documentation(ada: rxconvo.Client) -> None:
    public = {
        name for name in dir(ada) if not name.startswith("_") and isinstance(getattr(ada, name), rxconvo.HotStream)
    }
    assert {report.name for report in ada.inspect()} <= public


async def test_gaps_are_counted(ada: rxconvo.Client, lunch: rxconvo.Conversation) -> None:
    lunch.messages.subscribe()
    ada.messages.subscribe()
    ada.inspect()
    ada._hub.publish([Discontinuity(Topic.MESSAGES, lunch.sid, "restored")])
    known = reports(ada)
    assert [known[name].items for name in ("messages", f"messages of {lunch.sid}")] == [1, 1]


async def test_the_rate_is_that_since_the_report_before(ada: rxconvo.Client, lunch: rxconvo.Conversation) -> None:
    name = f"messages of {lunch.sid}"
    lunch.messages.subscribe()
    await lunch.messages.opened
    assert reports(ada)[name].rate is None
    assert reports(ada)[name].rate is None
    for body in "abcd":
        await lunch.send_message(body)
    await advance(8.0)
    assert reports(ada)[name].rate == pytest.approx(0.5, rel=0.01)
    await advance(1.0)
    assert reports(ada)[name].rate == 0.0


async def test_the_last_error_of_an_observer(ada: rxconvo.Client, lunch: rxconvo.Conversation) -> None:
    ada.errors.subscribe()
    lunch.messages.subscribe(lambda _: _fail())
    lunch.messages.pipe(ops.map(lambda _: _fail())).subscribe()
    await lunch.send_message("pizza?")
    report = reports(ada)[f"messages of {lunch.sid}"]
    assert (report.subscribers, report.last_error) == (0, "ZeroDivisionError: on purpose")


async def test_what_observers_of_another_client_raise_is_its_own(ada: rxconvo.Client, bob: rxconvo.Client) -> None:
    for client in (ada, bob):
        client.errors.subscribe()
        client.connection_state.subscribe()
    bob.connection_state.subscribe(lambda _: _fail())
    assert reports(bob)["connection_state"].last_error == "ZeroDivisionError: on purpose"
    assert reports(ada)["connection_state"].last_error is None


async def test_what_is_no_stream_is_told_too(ada: rxconvo.Client, lunch: rxconvo.Conversation) -> None:
    ada.errors.subscribe()
    lunch.send_message("pizza?").subscribe(lambda _: _fail())
    await settle()
    assert reports(ada)["send_message"].last_error == "ZeroDivisionError: on purpose"


def _fail() -> None:
    raise ZeroDivisionError("on purpose")


async def test_probes_and_buffers(ada: rxconvo.Client, lunch: rxconvo.Conversation) -> None:
    slow = lunch.messages.added.pipe(bounded_buffer(1, "drop_oldest", every=60.0, name="slow"))
    subscription = slow.pipe(probe("slow")).subscribe()
    for body in "abcd":
        await lunch.send_message(body)
    report = reports(ada)["slow"]
    assert (report.subscribers, report.items, report.drops, report.last_error) == (1, 1, 2, None)
    assert report.rate == pytest.approx(0.1, rel=0.05)
    assert report.lag is not None
    assert 0 <= report.lag < 1
    subscription.dispose()


async def test_what_is_over_is_reported_no_more(ada: rxconvo.Client, lunch: rxconvo.Conversation) -> None:
    lunch.messages.subscribe()
    name = f"messages of {lunch.sid}"
    assert name in reports(ada)
    await lunch.delete()
    assert name not in reports(ada)


async def test_probes_are_kept_as_long_as_the_client(ada: rxconvo.Client, lunch: rxconvo.Conversation) -> None:
    subscription = lunch.messages.added.pipe(probe("lunch")).subscribe()
    await lunch.send_message("pizza?")
    subscription.dispose()
    report = reports(ada)["lunch"]
    assert (report.subscribers, report.items) == (0, 1)
