from __future__ import annotations

import asyncio
import gc
import sys
import weakref
from typing import Any, get_args, get_origin

import pytest

from rxconvo.errors import ClosedError, ObserverError
from rxconvo.model import Discontinuity, Event, Home, Message, MessageAdded, Topic
from rxconvo.streams import HotStream, Hub, StateStream, current_scheduler
from rxconvo.testing import advance, held


def fail(*_: object) -> None:
    raise ZeroDivisionError("on purpose")


def added(sid: str, index: int = 0) -> MessageAdded:
    return MessageAdded(Message(f"IM{index}", index, home=Home(sid)))


class Source:
    """Counts."""

    def __init__(self) -> None:
        self.acquired = 0
        self.released = 0

    def acquire(self) -> asyncio.Future[None]:
        self.acquired += 1
        opening = asyncio.get_running_loop().create_future()
        opening.set_result(None)
        return opening

    def reopen(self) -> asyncio.Future[None]:
        raise AssertionError("it is open")

    def release(self) -> None:
        self.released += 1


class TestPublishing:
    async def test_events_reach_their_conversation_and_the_client_in_order(self, hub: Hub) -> None:
        first: list[object] = []
        second: list[object] = []
        merged: list[object] = []
        hub.conversation("CH1").messages.subscribe(first.append)
        hub.conversation("CH2").messages.subscribe(second.append)
        hub.client.messages.subscribe(merged.append)
        events = [added("CH1", 0), added("CH2", 1), added("CH1", 2), added("CH3", 3)]
        hub.publish(events)
        assert first == [events[0], events[2]]
        assert second == [events[1]]
        assert merged == events

    async def test_nothing_is_made_for_events_that_nobody_observes(self, hub: Hub) -> None:
        hub.publish([added("CH1")])
        assert hub.conversation("CH1").made(Topic.MESSAGES) is None

    async def test_what_is_published_meanwhile_comes_later_to_everybody(self, hub: Hub) -> None:
        events = [added("CH1", 0), added("CH1", 1), added("CH2", 2)]
        own: list[object] = []
        merged: list[object] = []

        def answer(event: object) -> None:
            own.append(event)
            if event is events[0]:
                hub.publish([events[2]])

        hub.conversation("CH1").messages.subscribe(answer)
        hub.client.messages.subscribe(merged.append)
        hub.publish(events[:2])
        assert own == events[:2]
        assert merged == events

    async def test_who_comes_to_another_stream_during_an_event_sees_later_ones_only(self, hub: Hub) -> None:
        events = [added("CH1", 0), added("CH1", 1)]
        merged: list[object] = []

        def on_next(event: object) -> None:
            if event is events[0]:
                hub.client.messages.subscribe(merged.append)

        hub.conversation("CH1").messages.subscribe(on_next)
        hub.publish(events)
        assert merged == events[1:]

    async def test_a_discontinuity_without_a_conversation_is_the_clients(self, hub: Hub) -> None:
        seen: list[object] = []
        hub.conversation("CH1").messages.subscribe(lambda _: seen.append("CH1"))
        hub.client.messages.subscribe(seen.append)
        event = Discontinuity(Topic.MESSAGES, None, "gap")
        hub.publish([event])
        assert seen == [event]

    async def test_one_that_raises_harms_nobody(self, hub: Hub, faults: list[ObserverError]) -> None:
        seen: list[object] = []
        hub.conversation("CH1").messages.subscribe(fail)
        hub.conversation("CH1").messages.subscribe(seen.append)
        hub.client.messages.subscribe(seen.append)
        hub.publish([added("CH1"), added("CH1")])
        assert len(seen) == 4
        assert [fault.stream for fault in faults] == ["messages of CH1"]

    async def test_the_report_may_go_to_a_stream_of_the_hub(self) -> None:
        streams: list[HotStream[ObserverError]] = []

        def report(error: ObserverError) -> None:
            streams[0].push(error)

        hub = Hub(report)
        errors = hub.stream("errors")
        streams.append(errors)
        seen: list[object] = []
        errors.subscribe(lambda error: seen.append(error.stream))
        errors.subscribe(fail)
        hub.client.messages.subscribe(fail)
        hub.client.messages.subscribe(lambda _: seen.append("event"))
        hub.publish([added("CH1")])
        assert seen == ["event", "messages", "errors"]

    def test_every_event_has_its_route(self) -> None:
        async def main() -> set[type]:
            return set(Hub(lambda _: None).client.routes)

        kinds: set[type] = {get_origin(kind) or kind for kind in get_args(Event)}
        assert kinds - {Discontinuity} == asyncio.run(main())


class TestStreams:
    async def test_they_are_the_same_each_time(self, hub: Hub) -> None:
        streams = hub.conversation("CH1")
        assert hub.conversation("CH1") is streams
        for topic in list(Topic)[:5]:
            assert getattr(streams, topic.value) is getattr(streams, topic.value)
            assert getattr(streams, topic.value) is not getattr(hub.conversation("CH2"), topic.value)
            assert getattr(streams, topic.value).name == f"{topic.value} of CH1"
        for topic in Topic:
            assert getattr(hub.client, topic.value) is getattr(hub.client, topic.value)
            assert getattr(hub.client, topic.value).name == topic.value

    async def test_an_idle_conversation_costs_little(self, hub: Hub) -> None:
        assert sys.getsizeof(hub.conversation("CH1")) <= 112
        assert not [thing for thing in gc.get_referents(hub.conversation("CH1")) if isinstance(thing, HotStream)]

    async def test_sources_are_asked_for_by_topic_and_conversation(self, faults: list[ObserverError]) -> None:
        asked: dict[tuple[Topic, str | None], Source] = {}

        def sources(topic: Topic, sid: str | None) -> Source:
            return asked.setdefault((topic, sid), Source())

        hub = Hub(faults.append, sources=sources, linger=2.0)
        stream = hub.conversation("CH1").messages
        _ = hub.client.typing
        assert set(asked) == {(Topic.MESSAGES, "CH1"), (Topic.TYPING, None)}
        source = asked[Topic.MESSAGES, "CH1"]
        stream.subscribe().dispose()
        await advance(1.9)
        assert (source.acquired, source.released) == (1, 0)
        await advance(0.2)
        assert (source.acquired, source.released) == (1, 1)

    async def test_further_streams_of_the_client(self, hub: Hub) -> None:
        errors = hub.stream("errors")
        state = hub.state("connection_state", "connecting")
        assert type(errors) is HotStream
        assert type(state) is StateStream
        assert (errors.name, state.name, state.value) == ("errors", "connection_state", "connecting")
        seen: list[object] = []
        errors.merge(state).subscribe(seen.append)
        errors.push(1)
        state.push("connected")
        assert seen == ["connecting", 1, "connected"]
        hub.complete_all()

    async def test_the_scheduler_is_the_running_loops(self, hub: Hub) -> None:
        assert hub.context.scheduler is current_scheduler()


class TestCompleting:
    async def test_all_streams_of_a_conversation_complete_with_it(self, hub: Hub) -> None:
        told: list[str] = []
        for sid in ("CH1", "CH2"):
            for topic in list(Topic)[:5]:
                stream: HotStream[Any] = getattr(hub.conversation(sid), topic.value)
                stream.subscribe(on_completed=lambda name=stream.name: told.append(name))  # type: ignore[misc]
        hub.complete("CH1")
        assert told == [f"{topic.value} of CH1" for topic in list(Topic)[:5]]
        hub.complete("CH1")
        hub.complete("CH3")
        assert len(told) == 5

    async def test_who_comes_late_is_told_also_by_streams_that_were_not_made_before(self, hub: Hub) -> None:
        streams = hub.conversation("CH1")
        seen: list[object] = []
        streams.messages.subscribe(seen.append)
        hub.publish([added("CH1")])
        hub.complete("CH1")
        told: list[str] = []
        streams.messages.subscribe(on_completed=lambda: told.append("messages"))
        streams.typing.subscribe(on_completed=lambda: told.append("typing"))
        streams.messages.added.subscribe(on_completed=lambda: told.append("added"))
        assert told == ["messages", "typing", "added"]
        with pytest.raises(ClosedError):
            await streams.participants.next()
        assert len(seen) == 1

    async def test_a_conversation_may_come_back(self, hub: Hub) -> None:
        before = hub.conversation("CH1")
        hub.complete("CH1")
        after = hub.conversation("CH1")
        assert after is not before
        seen: list[object] = []
        after.messages.subscribe(seen.append)
        hub.publish([added("CH1")])
        assert len(seen) == 1

    async def test_a_handle_may_ask_for_the_streams_of_a_conversation_that_is_over(self, hub: Hub) -> None:
        streams = hub.conversation("CH1", ended=True)
        told: list[str] = []
        streams.messages.subscribe(on_completed=lambda: told.append("|"))
        assert told == ["|"]
        assert hub.conversation("CH1") is not streams

    async def test_completing_comes_after_what_was_published_before(self, hub: Hub) -> None:
        seen: list[object] = []
        last = added("CH1", 1)

        def on_next(event: object) -> None:
            seen.append(event)
            if event is not last:
                hub.publish([last])
                hub.complete("CH1")
                hub.publish([added("CH1", 2)])

        hub.conversation("CH1").messages.subscribe(on_next, on_completed=lambda: seen.append("|"))
        hub.publish([added("CH1", 0)])
        assert seen[1:] == [last, "|"]

    async def test_the_end_of_all(self, faults: list[ObserverError]) -> None:
        made: list[Source] = []

        def sources(topic: Topic, sid: str | None) -> Source:
            made.append(Source())
            return made[-1]

        hub = Hub(faults.append, sources=sources)
        told: list[str] = []
        errors, state = hub.stream("errors"), hub.state("connection_state", "connected")
        streams: list[HotStream[Any]] = [hub.conversation("CH1").messages, hub.client.users, hub.client.messages]
        for stream in [errors, state, *streams]:
            stream.subscribe(on_completed=lambda name=stream.name: told.append(name))  # type: ignore[misc]
        hub.conversation("CH2").typing.subscribe().dispose()  # lingers
        late = hub.client.messages.next()
        hub.complete_all()
        hub.complete_all()
        assert told == ["messages of CH1", "messages", "users", "connection_state", "errors"]
        assert [(source.acquired, source.released) for source in made] == [(1, 1)] * len(made)
        assert not held().timers
        with pytest.raises(ClosedError):
            await late
        for stream in (hub.conversation("CH3").messages, hub.client.typing, hub.client.conversations.added):
            stream.subscribe(on_completed=lambda: told.append("late"))
        assert told[5:] == ["late"] * 3
        hub.publish([added("CH1")])

    async def test_what_is_over_is_forgotten(self, hub: Hub) -> None:
        streams = hub.conversation("CH1")
        with streams.messages.map(str).subscribe():
            hub.complete("CH1")
        hub.publish([added("CH1")])
        assert [thing for thing in gc.get_referrers(streams) if isinstance(thing, dict) and "CH1" in thing] == []


async def test_events_of_the_union_can_be_published(hub: Hub) -> None:
    events: list[Event] = [added("CH1")]
    hub.publish(events)


class TestPassing:
    async def test_it_completes_with_the_others_if_it_is_still_there(self, hub: Hub) -> None:
        seen: list[object] = []
        stream = hub.passing("progress")
        stream.subscribe(seen.append, None, lambda: seen.append("done"))
        stream.push(1)
        hub.complete_all()
        stream.push(2)
        assert seen == [1, "done"]

    async def test_nobody_but_its_maker_holds_it(self, hub: Hub) -> None:
        reference = weakref.ref(hub.passing("progress"))
        gc.collect()
        assert reference() is None

    async def test_after_the_end_it_is_complete(self, hub: Hub) -> None:
        hub.complete_all()
        done: list[bool] = []
        hub.passing("progress").subscribe(lambda _: None, None, lambda: done.append(True))
        assert done
