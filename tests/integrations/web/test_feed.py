"""Feeds: every viewer ends up with the same, whenever it comes, however slow it is, wherever it goes on."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.subject import BehaviorSubject, Subject

from rxconvo import Append, DiffBatch, Insert, Remove, Reset, Service, Set, TooManyViewersError, Truncate
from rxconvo.errors import ArgumentError, ClosedError
from rxconvo.integrations.web import Feed, Viewer
from rxconvo.model.diffs import apply
from rxconvo.operators import catch_up, timeline
from rxconvo.testing import VirtualLoop, advance, settle
from tests.integrations.web.streams import EventSource, Page, look, take_now

Batch = DiffBatch[Any]


def reset(*values: Any) -> Batch:
    return DiffBatch((Reset(values),))


def append(*values: Any) -> Batch:
    return DiffBatch((Append(values),))


class TestNewcomers:
    async def test_a_list_comes_as_it_is_and_then_as_it_changes(self) -> None:
        source = Subject[Batch]()
        feed = Feed(source)
        early, late = Page(), Page()
        first = await look(feed, early)
        source.on_next(reset(1, 2))
        source.on_next(append(3))
        second = await look(feed, late)
        assert late.lists == {"message": (1, 2, 3)}
        source.on_next(DiffBatch((Remove(0), Set(0, 7), Insert(1, 5), Truncate(2))))
        for page, viewer in ((early, first), (late, second)):
            await look(feed, page, viewer)
            assert page.lists == {"message": (7, 5)}
        feed.close()

    async def test_of_a_list_that_is_not_known_yet_nothing_is_said(self) -> None:
        source = Subject[Batch]()
        feed = Feed(source)
        first = feed.view()
        page = Page()
        viewer = await look(feed, page)
        assert page.lists == {}
        source.on_next(DiffBatch(()))
        await look(feed, page, viewer)
        assert page.lists == {"message": ()}
        first.close()
        feed.close()

    async def test_of_a_state_the_newest_comes(self) -> None:
        source = BehaviorSubject("connecting")
        feed = Feed({"state": source})
        first, second = Page(), Page()
        one = await look(feed, first)
        source.on_next("connected")
        two = await look(feed, second)
        assert second.happened == {"state": ["connected"]}
        await look(feed, first, one)
        assert first.happened == {"state": ["connecting", "connected"]}
        two.close()
        feed.close()

    async def test_of_events_those_to_come(self) -> None:
        source = Subject[str]()
        feed = Feed({"said": source}, first="nothing")
        watching = feed.view()
        source.on_next("before")
        page = Page()
        viewer = await look(feed, page)
        source.on_next("after")
        source.on_next("and after that")
        await look(feed, page, viewer)
        assert page.happened == {"said": ["after", "and after that"]}
        assert page.missed == {}
        watching.close()
        feed.close()

    async def test_the_first_viewer_gets_what_its_subscription_brings(self) -> None:
        feed = Feed({"said": reactivex.of(1, 2, 3)}, first="nothing")
        page = Page()
        await look(feed, page)
        assert page.happened == {"said": [1, 2, 3]}
        assert page.end == "end"

    async def test_events_of_a_client_are_events_and_its_state_is_one(self) -> None:
        async with Service() as service, service.client("ada") as ada:
            lunch = await ada.create_conversation()
            await lunch.join()
            feed = Feed({"messages": lunch.messages, "added": lunch.messages.added, "state": ada.connection_state})
            viewer = feed.view()
            await lunch.messages.opened
            await lunch.send_message("pizza?")
            await lunch.send_message("sushi!")
            page, late = Page(), Page()
            await look(feed, page, viewer)
            assert [event["message"]["body"] for event in page.happened["messages"]] == ["pizza?", "sushi!"]
            assert [message["body"] for message in page.happened["added"]] == ["pizza?", "sushi!"]
            await look(feed, late)
            assert late.happened == {"state": ["connected"]}
            feed.close()

    async def test_the_timeline_of_a_conversation(self) -> None:
        async with Service() as service, service.client("ada") as ada:
            lunch = await ada.create_conversation()
            await lunch.join()
            await lunch.send_message("pizza?")
            feed = Feed(lunch.messages.pipe(catch_up(lunch, limit=5), timeline(2)), encode=lambda message: message.body)
            page = Page()
            viewer = feed.view()
            await settle()
            for body in ("sushi!", "ramen"):
                await lunch.send_message(body)
            await look(feed, page, viewer)
            assert page.lists == {"message": ("sushi!", "ramen")}
            feed.close()


# What may happen to a feed: its streams tell something, and viewers come, look, go, and come back.
_VALUE = st.integers(0, 99)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("list"), st.integers(0, 5), st.integers(0, 9), _VALUE),
        st.tuples(st.just("event")),
        st.tuples(st.just("state"), _VALUE),
        st.tuples(st.just("look"), st.integers(0, 3)),
        st.tuples(st.just("leave"), st.integers(0, 3)),
        st.tuples(st.just("time"), st.sampled_from([0.5, 3.0])),
    ),
    max_size=60,
)


def changed(kind: int, place: int, value: int, values: tuple[Any, ...]) -> Batch:
    """Return a batch that fits a list."""
    inside = place % len(values) if values else 0
    choices: list[Batch] = [append(value), DiffBatch((Insert(inside, value),)), reset(value, *values[:3])]
    if values:
        choices += [
            DiffBatch((Set(inside, value),)),
            DiffBatch((Remove(inside),)),
            DiffBatch((Truncate(inside), Append((value, value)))),
        ]
    return choices[kind % len(choices)]


class TestWhateverHappens:
    @given(_STEPS, st.integers(1, 8))
    def test_every_viewer_ends_up_with_the_same(self, steps: list[tuple[Any, ...]], kept: int) -> None:
        """Slow ones, fast ones, late ones, and those that come back."""

        async def play() -> None:
            lists, state, events = Subject[Batch](), BehaviorSubject(0), Subject[int]()
            values: tuple[Any, ...] = ()
            feed = Feed(
                {
                    "list": reactivex.defer(lambda _: lists.pipe(ops.start_with(reset(*values)))),
                    "state": state,
                    "event": events,
                },
                first={"event": "nothing"},
                kept=kept,
                linger=2.0,
            )
            pages = [Page() for _ in range(4)]
            viewers: list[Viewer | None] = [None] * 4
            told = 0
            for step in steps:
                match step:
                    case ("list", kind, place, value):
                        batch = changed(kind, place, value, values)
                        values = apply(values, batch)
                        lists.on_next(batch)
                    case ("event",):
                        told += 1
                        events.on_next(told)
                    case ("state", value):
                        state.on_next(value)
                    case ("look", number):
                        viewers[number] = await look(feed, pages[number], viewers[number])
                    case ("leave", number):
                        if (viewer := viewers[number]) is not None:
                            viewer.close()
                        viewers[number] = None
                    case _:
                        await asyncio.sleep(step[1])
            for page, viewer in zip(pages, viewers, strict=True):
                last = await look(feed, page, viewer)
                assert page.lists["list"] == values
                assert page.happened["state"][-1] == state.value
                seen = page.happened.get("event", [])
                assert seen == sorted(set(seen))  # in order, none twice
                last.close()
            feed.close()

        _run(play)

    @given(
        st.lists(st.tuples(st.sampled_from([0, 1, 2, *[3] * 5]), st.booleans()), min_size=20, max_size=80),
        st.integers(1, 5),
    )
    def test_each_event_comes_once_or_is_told_to_be_missing(self, steps: list[tuple[int, bool]], kept: int) -> None:
        async def play() -> None:
            events = Subject[int]()
            feed = Feed({"event": events, "other": Subject[int]()}, first="nothing", kept=kept)
            pages = [Page() for _ in range(3)]
            viewers: list[Viewer | None] = [await look(feed, page) for page in pages]
            count = 0
            for number, comes_back in steps:
                if number == 3:
                    events.on_next(count)
                    count += 1
                    continue
                viewer = viewers[number]
                if comes_back and viewer is not None:
                    viewer.close()
                viewers[number] = await look(feed, pages[number], None if comes_back else viewer)
            for page, viewer in zip(pages, viewers, strict=True):
                await look(feed, page, viewer)
                seen = page.happened.get("event", [])
                missed = page.missed.get("event", [])
                assert seen == sorted(set(seen))
                if None in missed:
                    assert len(seen) + sum(number or 0 for number in missed) < count
                else:
                    assert len(seen) + sum(number or 0 for number in missed) == count
            feed.close()

        _run(play)


def _run(play: Callable[[], Any]) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(play())


class TestComingBack:
    async def test_nothing_is_missed_and_nothing_comes_twice(self) -> None:
        source = Subject[int]()
        feed = Feed(source, first="nothing")
        page = Page()
        viewer = await look(feed, page)
        source.on_next(1)
        await look(feed, page, viewer)
        viewer.close()
        source.on_next(2)
        source.on_next(3)
        await look(feed, page)
        assert page.happened == {"message": [1, 2, 3]}
        assert page.missed == {}
        feed.close()

    async def test_after_too_much_it_is_told_how_much(self) -> None:
        source = Subject[int]()
        feed = Feed(source, first="nothing", kept=2)
        page = Page()
        viewer = await look(feed, page)
        viewer.close()
        for number in range(3):
            source.on_next(number)
        viewer = await look(feed, page)
        assert page.missed == {"message": [3]}
        source.on_next(3)
        await look(feed, page, viewer)
        assert page.happened == {"message": [3]}
        feed.close()

    async def test_who_comes_back_and_is_slow_then_is_told_how_much(self) -> None:
        source, other = Subject[int](), Subject[int]()
        feed = Feed({"said": source, "other": other}, first="nothing", kept=3)
        page = Page()
        viewer = await look(feed, page)
        viewer.close()
        source.on_next(1)
        other.on_next(1)
        slow = feed.view(page.last_event_id)
        for number in range(2, 6):
            source.on_next(number)
        await look(feed, page, slow)
        assert page.missed == {"said": [5], "other": [1]}
        feed.close()

    async def test_after_too_long_a_list_comes_anew(self) -> None:
        source = BehaviorSubject(reset(1, 2))
        feed = Feed({"rows": source, "said": Subject[int]()}, first={"said": "nothing"}, linger=1.0)
        page = Page()
        viewer = await look(feed, page)
        before = page.last_event_id
        viewer.close()
        await advance(2.0)
        assert not source.observers
        source.on_next(reset(3))
        await look(feed, page)
        assert page.lists == {"rows": (3,)}
        assert page.missed["said"] == [None]
        assert page.last_event_id is not None
        assert before is not None
        assert page.last_event_id[:16] != before[:16]
        feed.close()

    async def test_a_list_that_begins_without_a_reset_gets_one(self) -> None:
        """What a page still has of it is of another time."""
        source = Subject[Batch]()
        feed = Feed(source, linger=0)
        page = Page()
        viewer = await look(feed, page)
        source.on_next(append(1, 2))
        await look(feed, page, viewer)
        viewer.close()
        await advance(1)
        viewer = await look(feed, page)
        source.on_next(append(3))
        await look(feed, page, viewer)
        assert page.lists == {"message": (3,)}
        feed.close()

    @pytest.mark.parametrize(
        "last_event_id",
        [
            "",
            "-",
            "0",
            "x" * 100_000,
            "{epoch}-",
            "{epoch}-2",
            "{epoch}--1",
            "{epoch}-1e3",
            "{epoch}-+1",
            "{epoch}-\u0661",
            "{epoch}-999999999999999999",
            "{epoch}-9999999999999999999999",
            "{epoch}-1\n",
            "\0{epoch}-1",
            "0000000000000000-1",
        ],
    )
    async def test_an_id_that_is_none_makes_a_newcomer(self, last_event_id: str) -> None:
        feed = Feed(BehaviorSubject(reset(1)))
        page = Page()
        await look(feed, page)
        assert page.last_event_id is not None
        epoch = page.last_event_id.partition("-")[0]
        other = Page(last_event_id=last_event_id.replace("{epoch}", epoch))
        await look(feed, other)
        assert other.lists == {"message": (1,)}
        assert other.last_event_id == page.last_event_id
        feed.close()


class TestSlowViewers:
    async def test_lists_come_anew_states_once_and_events_are_counted(self) -> None:
        rows, state, said = Subject[Batch](), Subject[int](), Subject[int]()
        feed = Feed({"rows": rows, "state": state, "said": said}, first={"said": "nothing"}, kept=10)
        slow = feed.view()
        for number in range(20):
            rows.on_next(append(number))
            state.on_next(number)
            said.on_next(number)
        messages = await take_now(slow)
        assert [message.event for message in messages if message.event] == ["gap", "rows", "state"]
        page = Page()
        page.take_all(messages)
        assert page.lists == {"rows": tuple(range(20))}
        assert page.happened == {"state": [19]}
        assert page.missed == {"said": [20]}
        said.on_next(20)
        await look(feed, page, slow)
        assert page.happened["said"] == [20]
        for number in range(12):
            said.on_next(number)
        await look(feed, page, slow)
        assert page.missed == {"said": [20, 12]}
        feed.close()

    async def test_what_has_not_changed_does_not_come_again(self) -> None:
        still, busy = BehaviorSubject(reset(1)), BehaviorSubject(reset(2))
        feed = Feed({"still": still, "busy": busy}, kept=2)
        viewer = feed.view()
        await take_now(viewer)
        for _ in range(3):
            busy.on_next(append(3))
        messages = await take_now(viewer)
        assert [message.event for message in messages if message.event] == ["busy"]
        feed.close()

    async def test_of_states_that_wait_the_newest_comes(self) -> None:
        source = Subject[int]()
        feed = Feed(source)
        viewer = feed.view()
        for number in range(5):
            source.on_next(number)
        page = Page()
        await look(feed, page, viewer)
        assert page.happened == {"message": [4]}
        feed.close()

    async def test_what_is_kept_is_bounded_in_bytes_too(self) -> None:
        source = Subject[str]()
        feed = Feed(source, first="nothing", kept_bytes=100)
        viewer = feed.view()
        for _ in range(3):
            source.on_next("x" * 60)
        page = Page()
        await look(feed, page, viewer)
        assert page.missed == {"message": [3]}
        source.on_next("x" * 1000)
        await look(feed, page, viewer)
        assert [len(text) for text in page.happened["message"]] == [1000]
        feed.close()

    async def test_a_viewer_takes_only_so_much_at_once(self) -> None:
        source = Subject[str]()
        feed = Feed(source, first="nothing")
        viewer = feed.view()
        await anext(viewer)
        for _ in range(10):
            source.on_next("x" * 20_000)
        assert [len(await anext(viewer)) for _ in range(3)] == [4, 4, 2]
        feed.close()

    async def test_stalled_viewers_cost_next_to_nothing(self) -> None:
        source = Subject[str]()
        feed = Feed(source, first="nothing", kept_bytes=100_000)
        stalled = [feed.view() for _ in range(100)]
        for viewer in stalled:
            await anext(viewer)
        fast = feed.view()

        async def say(times: int) -> None:
            for number in range(times):
                source.on_next(f"{number:01000}")
                await anext(fast)

        await say(200)
        gc.collect()
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        await say(2000)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert after - before < 1_000_000  # 100 of them with queues of their own: 200 MB
        feed.close()


class TestEnds:
    async def test_completion_is_told_and_nothing_comes_after(self) -> None:
        one, two = Subject[int](), Subject[int]()
        feed = Feed({"one": one, "two": two})
        page = Page()
        viewer = await look(feed, page)
        one.on_next(1)
        one.on_completed()
        two.on_next(2)
        await look(feed, page, viewer)
        ends = [page.end]
        two.on_completed()
        await look(feed, page, viewer)
        ends.append(page.end)
        assert ends == [None, "end"]
        assert page.happened == {"one": [1], "two": [2]}
        with pytest.raises(StopAsyncIteration):
            await anext(viewer)
        assert feed.viewers == 0
        assert feed.is_over(page.last_event_id)
        assert not feed.is_over(None)
        assert not feed.is_over("0")

    async def test_an_error_is_told_without_its_text(self, caplog: pytest.LogCaptureFixture) -> None:
        one, two = Subject[int](), Subject[int]()
        feed = Feed({"one": one, "two": two})
        events = feed.events()
        await anext(events)
        one.on_error(ValueError("the password is 1234"))
        said = await anext(events)
        assert b"event: error" in said
        assert b"1234" not in said
        with pytest.raises(StopAsyncIteration):
            await anext(events)
        assert not two.observers
        assert "'one'" in caplog.text
        assert "1234" in caplog.text

    async def test_after_an_error_the_next_viewer_subscribes_anew(self, caplog: pytest.LogCaptureFixture) -> None:
        attempts = iter([reactivex.throw(ValueError()), reactivex.of(7)])
        feed = Feed(reactivex.defer(lambda _: next(attempts)))
        page, other = Page(), Page()
        await look(feed, page)
        over = [feed.is_over(page.last_event_id)]
        await look(feed, other)
        over.append(feed.is_over(other.last_event_id))
        assert (page.end, other.end) == ("error", "end")
        assert over == [False, True]
        assert other.happened == {"message": [7]}

    async def test_what_cannot_be_encoded_is_an_error(self, caplog: pytest.LogCaptureFixture) -> None:
        for value, encode in ((object(), None), (1, lambda _: 1 / 0)):
            feed = Feed(BehaviorSubject[Any](value), encode=encode)
            page = Page()
            await look(feed, page)
            assert page.end == "error"

    async def test_a_stream_that_cannot_be_subscribed_is_an_error(self, caplog: pytest.LogCaptureFixture) -> None:
        class Broken(Observable[int]):
            def subscribe(self, *_: Any, **__: Any) -> Any:
                raise OSError("no")

        later = Subject[int]()
        feed = Feed({"broken": Broken(), "later": later})
        page = Page()
        await look(feed, page)
        assert page.end == "error"
        assert not later.observers

    @pytest.mark.parametrize("values", [[reset(1), 2], [2, reset(1)]])
    async def test_a_topic_is_of_lists_or_of_values(self, values: list[Any], caplog: pytest.LogCaptureFixture) -> None:
        feed = Feed(reactivex.of(*values).pipe(ops.concat(reactivex.never())))
        page = Page()
        await look(feed, page)
        assert page.end == "error"

    async def test_close_ends_viewers_that_wait(self) -> None:
        source = Subject[int]()
        feed = Feed(source)
        viewer = feed.view()
        await anext(viewer)
        waiting = asyncio.ensure_future(anext(viewer))
        await settle()
        feed.close()
        feed.close()
        with pytest.raises(StopAsyncIteration):
            await waiting
        assert not source.observers
        with pytest.raises(ClosedError):
            feed.view()

    async def test_a_viewer_that_is_closed_ends(self) -> None:
        feed = Feed(Subject[int]())
        viewer = feed.view()
        await anext(viewer)
        waiting = asyncio.ensure_future(anext(viewer))
        await settle()
        viewer.close()
        viewer.close()
        with pytest.raises(StopAsyncIteration):
            await waiting
        assert feed.viewers == 0
        feed.close()

    async def test_a_viewer_is_for_one_consumer(self) -> None:
        feed = Feed(Subject[int]())
        viewer = feed.view()
        await anext(viewer)
        waiting = asyncio.ensure_future(anext(viewer))
        await settle()
        with pytest.raises(RuntimeError, match="another consumer"):
            await anext(viewer)
        waiting.cancel()
        await asyncio.wait((waiting,))
        feed.close()


class TestRelease:
    """Beyond this, a task, timer or reference that is left fails any test here."""

    async def test_one_subscription_a_topic_from_the_first_viewer_to_the_last(self) -> None:
        subscribed = 0

        def subscribe(observer: Any, scheduler: Any = None) -> Any:
            nonlocal subscribed
            subscribed += 1
            return source.subscribe(observer)

        source = Subject[int]()
        feed = Feed(reactivex.create(subscribe), linger=5.0)
        assert subscribed == 0
        viewers = [feed.view() for _ in range(3)]
        assert (subscribed, len(source.observers)) == (1, 1)
        for viewer in viewers:
            viewer.close()
        await advance(4.9)
        viewer = feed.view()
        await advance(10)
        assert (subscribed, len(source.observers)) == (1, 1)
        viewer.close()
        await advance(5.0)
        assert len(source.observers) == 0
        feed.view().close()
        assert (subscribed, len(source.observers)) == (2, 1)
        await advance(5.0)

    async def test_a_viewer_that_nobody_holds_is_gone(self) -> None:
        feed = Feed(Subject[int]())
        async for _ in feed.view():
            break
        async for _ in feed.events():
            break
        gc.collect()
        assert feed.viewers == 0
        feed.close()

    async def test_a_consumer_that_is_cancelled_leaves_nothing(self) -> None:
        source = Subject[int]()
        feed = Feed(source, linger=0)

        async def consume() -> None:
            async for _ in feed.events():
                pass

        task = asyncio.ensure_future(consume())
        await settle()
        task.cancel()
        await asyncio.wait((task,))
        viewers = feed.viewers
        await advance(1)
        assert (viewers, len(source.observers)) == (0, 0)

    async def test_a_view_goes_on_after_a_wait_that_was_cancelled(self) -> None:
        source = Subject[int]()
        feed = Feed(source)
        viewer = feed.view()
        await anext(viewer)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(viewer), 5.0)
        source.on_next(7)
        assert [message.data for message in await anext(viewer)] == [b"7"]
        feed.close()

    async def test_who_has_gone_without_a_word_is_let_go(self) -> None:
        gone = False
        feed = Feed(Subject[int](), linger=0)
        viewer = feed.view(gone=lambda: gone)
        await anext(viewer)
        waiting = asyncio.ensure_future(anext(viewer))
        await advance(3)
        assert not waiting.done()
        gone = True
        await advance(1)
        with pytest.raises(StopAsyncIteration):
            await waiting
        assert feed.viewers == 0
        await advance(1)

    async def test_streams_that_complete_leave_nothing(self) -> None:
        feed = Feed(reactivex.empty(), linger=100)
        viewer = feed.view()
        viewer.close()
        await settle()


class TestSharing:
    async def test_each_value_is_encoded_once(self) -> None:
        encoded: list[Any] = []

        def encode(value: Any) -> Any:
            encoded.append(value)
            return value

        source = Subject[Batch]()
        feed = Feed(source, encode=encode)
        viewers = [feed.view() for _ in range(100)]
        source.on_next(reset(1, 2))
        source.on_next(append(3))
        viewers += [feed.view() for _ in range(100)]
        source.on_next(DiffBatch((Set(0, 4),)))
        pages = [Page() for _ in viewers]
        for page, viewer in zip(pages, viewers, strict=True):
            page.take_all(await take_now(viewer))
            assert page.lists == {"message": (4, 2, 3)}
        assert encoded == [1, 2, 3, 4]
        feed.close()

    async def test_all_get_the_same_bytes(self) -> None:
        source = Subject[Batch]()
        feed = Feed(source)
        early = [feed.events() for _ in range(3)]
        for events in early:
            await anext(events)
        source.on_next(reset(1, 2))
        late = [feed.view() for _ in range(3)]
        assert len({id(await anext(events)) for events in early}) == 1
        assert len({id((await anext(viewer))[0].sse) for viewer in late}) == 1
        feed.close()


class TestAlive:
    async def test_there_is_a_sign_of_life(self) -> None:
        feed = Feed(Subject[int](), heartbeat=15.0)
        events = feed.events()
        parser = EventSource()
        loop = asyncio.get_running_loop()
        parser.feed(await anext(events))
        start = loop.time()
        for _ in range(3):
            piece = await anext(events)
            assert piece == b":\n\n"
            parser.feed(piece)
        assert loop.time() - start == 45.0
        assert (parser.comments, parser.events) == (3, [])
        feed.close()

    @pytest.mark.parametrize("heartbeat", [0.1, 1.5, 60.0])
    async def test_as_often_as_is_wanted(self, heartbeat: float) -> None:
        feed = Feed(Subject[int](), heartbeat=heartbeat)
        events = feed.events()
        await anext(events)
        for _ in range(2):
            assert await anext(events) == b":\n\n"
        assert asyncio.get_running_loop().time() == pytest.approx(2 * heartbeat)
        feed.close()


class TestArguments:
    @pytest.mark.parametrize(
        "source, options, field",
        [
            (1, {}, "source"),
            ({}, {}, "source"),
            ({"a": 1}, {}, "a"),
            ({"": Subject()}, {}, "source"),
            ({"a\nb": Subject()}, {}, "source"),
            ({"a" * 65: Subject()}, {}, "source"),
            ({"é": Subject()}, {}, "source"),
            ({"end": Subject()}, {}, "source"),
            ({"error": Subject()}, {}, "source"),
            ({"gap": Subject()}, {}, "source"),
            (Subject(), {"first": "newest"}, "first"),
            (Subject(), {"first": {"message": "newest"}}, "first"),
            (Subject(), {"first": {"other": "latest"}}, "first"),
            (Subject(), {"first": ["latest"]}, "first"),
            (Subject(), {"encode": 1}, "encode"),
            (Subject(), {"linger": -1}, "linger"),
            (Subject(), {"kept": 0}, "kept"),
            (Subject(), {"kept_bytes": 0}, "kept_bytes"),
            (Subject(), {"max_viewers": 0}, "max_viewers"),
            (Subject(), {"heartbeat": 0}, "heartbeat"),
        ],
    )
    def test_they_are_checked(self, source: Any, options: dict[str, Any], field: str) -> None:
        with pytest.raises(ArgumentError) as caught:
            Feed(source, **options)
        assert caught.value.field == field

    async def test_there_are_only_so_many_viewers(self) -> None:
        feed = Feed(Subject[int](), max_viewers=2)
        viewers = [feed.view(), feed.view()]
        with pytest.raises(TooManyViewersError) as caught:
            feed.view()
        assert caught.value.limit == 2
        viewers.pop().close()
        feed.view().close()
        feed.close()

    async def test_feeds_show_what_they_are(self) -> None:
        feed = Feed({"rows": Subject[int](), "state": Subject[int]()})
        viewer = feed.view()
        assert repr(feed) == "<Feed rows, state viewers=1>"
        viewer.close()
        feed.close()
