from __future__ import annotations

import asyncio
import gc
import sys
import warnings
import weakref
from collections.abc import Generator
from typing import Any

import pytest

from rxconvo import ArgumentError, EventEmitter, UnhandledEventError
from rxconvo.emitter import EventName, Listener, MaxListenersExceededWarning, OnceListener, Symbol
from rxconvo.testing import advance, settle


class Ear:
    """A listener that remembers what it hears, in a list that several may share."""

    def __init__(self, name: str, heard: list[Any]) -> None:
        self.name = name
        self.heard = heard

    def __call__(self, *args: Any) -> None:
        self.heard.append((self.name, *args))

    def __repr__(self) -> str:
        return self.name


@pytest.fixture
def heard() -> list[Any]:
    return []


@pytest.fixture
def f(heard: list[Any]) -> Ear:
    return Ear("f", heard)


@pytest.fixture
def g(heard: list[Any]) -> Ear:
    return Ear("g", heard)


@pytest.fixture
def emitter() -> EventEmitter:
    return EventEmitter()


class TestAddingAndEmitting:
    @pytest.mark.parametrize("method", ["on", "add_listener"])
    def test_listeners_are_called_in_order(
        self, emitter: EventEmitter, heard: list[Any], f: Ear, g: Ear, method: str
    ) -> None:
        assert getattr(emitter, method)("a", f) is emitter
        getattr(emitter, method)("a", g)
        assert emitter.emit("a", 1, 2) is True
        assert heard == [("f", 1, 2), ("g", 1, 2)]

    def test_nobody_listens(self, emitter: EventEmitter, heard: list[Any], f: Ear) -> None:
        emitter.on("a", f)
        assert emitter.emit("b") is False
        assert heard == []

    def test_prepended_listeners_come_first(self, emitter: EventEmitter, heard: list[Any], f: Ear, g: Ear) -> None:
        assert emitter.on("a", f).prepend_listener("a", g) is emitter
        emitter.emit("a")
        assert heard == [("g",), ("f",)]

    def test_a_listener_that_is_added_twice_is_called_twice(
        self, emitter: EventEmitter, heard: list[Any], f: Ear
    ) -> None:
        emitter.on("a", f).on("a", f)
        emitter.emit("a")
        assert heard == [("f",), ("f",)]

    def test_once_is_once(self, emitter: EventEmitter, heard: list[Any], f: Ear) -> None:
        assert emitter.once("a", f) is emitter
        assert [emitter.emit("a", 1), emitter.emit("a", 2)] == [True, False]
        assert heard == [("f", 1)]

    def test_once_is_once_even_if_emitted_within(self, emitter: EventEmitter, heard: list[Any], f: Ear) -> None:
        emitter.on("a", lambda *args: args or emitter.emit("a", "within"))
        emitter.once("a", f)
        emitter.emit("a")
        assert heard == [("f", "within")]

    def test_prepend_once(self, emitter: EventEmitter, heard: list[Any], f: Ear, g: Ear) -> None:
        assert emitter.on("a", f).prepend_once_listener("a", g) is emitter
        emitter.emit("a")
        emitter.emit("a")
        assert heard == [("g",), ("f",), ("f",)]

    def test_what_a_listener_raises_ends_the_emission(
        self, emitter: EventEmitter, heard: list[Any], f: Ear, g: Ear
    ) -> None:
        def raising() -> None:
            raise ZeroDivisionError

        emitter.on("a", f).on("a", raising).on("a", g)
        with pytest.raises(ZeroDivisionError):
            emitter.emit("a")
        assert heard == [("f",)]
        assert emitter.listeners("a") == [f, raising, g]

    def test_listeners_removed_meanwhile_are_still_called(
        self, emitter: EventEmitter, heard: list[Any], f: Ear
    ) -> None:
        emitter.on("a", lambda: emitter.remove_all_listeners("a")).on("a", f)
        emitter.emit("a")
        emitter.emit("a")
        assert heard == [("f",)]

    def test_listeners_added_meanwhile_are_not_yet_called(
        self, emitter: EventEmitter, heard: list[Any], f: Ear
    ) -> None:
        emitter.once("a", lambda: emitter.on("a", f))
        emitter.emit("a")
        assert heard == []
        emitter.emit("a")
        assert heard == [("f",)]

    def test_an_event_may_be_emitted_within(self, emitter: EventEmitter, heard: list[Any], f: Ear, g: Ear) -> None:
        emitter.on("a", f).on("a", lambda left: left and emitter.emit("a", left - 1)).on("a", g)
        emitter.emit("a", 1)
        assert heard == [("f", 1), ("f", 0), ("g", 0), ("g", 1)]

    def test_names_are_anything_that_can_be_a_key(self, emitter: EventEmitter, heard: list[Any], f: Ear) -> None:
        symbol = Symbol("a")
        names: list[EventName] = [symbol, "a", 1, (1, 2)]
        for name in names:
            emitter.on(name, f)
            emitter.emit(name, name)
        assert heard == [("f", name) for name in names]
        assert emitter.emit(Symbol("a")) is False
        assert repr(symbol) == "Symbol(a)"

    @pytest.mark.parametrize(
        "method",
        [
            "on",
            "add_listener",
            "once",
            "prepend_listener",
            "prepend_once_listener",
            "off",
            "remove_listener",
            "on_with_replay",
            "add_listener_with_replay",
            "once_with_replay",
        ],
    )
    def test_what_cannot_be_called_is_refused(self, emitter: EventEmitter, method: str) -> None:
        with pytest.raises(ArgumentError, match="listener must be callable"):
            getattr(emitter, method)("a", "no listener")
        assert emitter.event_names() == []


class TestRemoving:
    @pytest.mark.parametrize("method", ["off", "remove_listener"])
    def test_the_latest_of_several_is_removed(self, emitter: EventEmitter, f: Ear, g: Ear, method: str) -> None:
        emitter.on("a", f).on("a", g).on("a", f)
        assert getattr(emitter, method)("a", f) is emitter
        assert emitter.listeners("a") == [f, g]

    def test_removing_what_is_not_there_does_nothing(self, emitter: EventEmitter, f: Ear, g: Ear) -> None:
        emitter.off("a", f).on("a", f).off("a", g).off("b", f)
        assert emitter.listeners("a") == [f]
        emitter.on("a", f).off("a", g)
        assert emitter.listener_count("a") == 2

    def test_a_listener_of_once_is_removed_by_itself_or_its_wrapper(self, emitter: EventEmitter, f: Ear) -> None:
        emitter.once("a", f).off("a", f)
        assert emitter.event_names() == []
        emitter.once("a", f)
        emitter.off("a", *emitter.raw_listeners("a"))
        assert emitter.event_names() == []

    def test_a_bound_method_is_the_same_each_time(self, emitter: EventEmitter) -> None:
        class Person:
            def greet(self) -> None: ...

        ada, bob = Person(), Person()
        emitter.on("a", ada.greet).off("a", bob.greet)
        assert emitter.listener_count("a", ada.greet) == 1
        emitter.off("a", ada.greet)
        assert emitter.listener_count("a") == 0

    def test_all_of_an_event(self, emitter: EventEmitter, f: Ear, g: Ear) -> None:
        emitter.on("a", f).on("a", g).on("b", f)
        assert emitter.remove_all_listeners("a") is emitter
        assert emitter.event_names() == ["b"]

    def test_all(self, emitter: EventEmitter, f: Ear, g: Ear) -> None:
        emitter.on("a", f).on("a", g).on("b", f)
        assert emitter.remove_all_listeners() is emitter
        assert emitter.event_names() == []
        assert emitter.remove_all_listeners() is emitter


class TestLooking:
    def test_event_names_and_symbols_last(self, emitter: EventEmitter, f: Ear) -> None:
        symbol = Symbol("s")
        emitter.on("b", f).on(symbol, f).on("a", f)
        assert emitter.event_names() == ["b", "a", symbol]
        emitter.off("b", f).on("b", f)
        assert emitter.event_names() == ["a", "b", symbol]

    def test_listeners_are_as_given_and_raw_listeners_as_called(
        self, emitter: EventEmitter, heard: list[Any], f: Ear, g: Ear
    ) -> None:
        assert emitter.listeners("a") == emitter.raw_listeners("a") == []
        emitter.on("a", f).once("a", g)
        assert emitter.listeners("a") == [f, g]
        first, second = emitter.raw_listeners("a")
        assert first is f
        assert isinstance(second, OnceListener)
        assert second.listener is g
        second("raw")
        second("again")
        assert heard == [("g", "raw")]
        assert emitter.listeners("a") == [f]

    def test_lists_are_copies(self, emitter: EventEmitter, f: Ear, g: Ear) -> None:
        emitter.on("a", f).on("a", g)
        emitter.listeners("a").clear()
        emitter.raw_listeners("a").clear()
        emitter.event_names().clear()
        assert emitter.listener_count("a") == 2

    def test_counts(self, emitter: EventEmitter, f: Ear, g: Ear) -> None:
        assert emitter.listener_count("a") == 0
        emitter.on("a", f).once("a", f).on("a", g)
        assert [emitter.listener_count("a"), emitter.listener_count("b")] == [3, 0]
        assert [emitter.listener_count("a", f), emitter.listener_count("a", g), emitter.listener_count("b", f)] == [
            2,
            1,
            0,
        ]


class TestEventsOfItsOwn:
    def test_new_listener_comes_before_with_the_listener_as_given(self, emitter: EventEmitter, f: Ear, g: Ear) -> None:
        told: list[Any] = []
        emitter.on("newListener", lambda event, listener: told.append((event, listener, emitter.listener_count(event))))
        emitter.on("a", f).once("a", g)
        assert told == [("a", f, 0), ("a", g, 1)]

    def test_who_is_added_by_new_listener_comes_first(self, emitter: EventEmitter, f: Ear, g: Ear) -> None:
        emitter.once("newListener", lambda event, _: emitter.on(event, g))
        emitter.on("a", f)
        assert emitter.listeners("a") == [g, f]

    def test_remove_listener_comes_after_with_the_listener_as_given(
        self, emitter: EventEmitter, f: Ear, g: Ear
    ) -> None:
        told: list[Any] = []
        emitter.on(
            "removeListener", lambda event, listener: told.append((event, listener, emitter.listener_count(event)))
        )
        emitter.on("a", f).once("a", g).off("a", g).off("a", f).once("b", f)
        emitter.emit("b")
        assert told == [("a", g, 1), ("a", f, 0), ("b", f, 0)]

    def test_as_in_node_a_listener_of_once_is_told_of_as_its_wrapper_when_it_was_called_among_others(
        self, emitter: EventEmitter, f: Ear, g: Ear
    ) -> None:
        told: list[Listener] = []
        emitter.on("removeListener", lambda _, listener: told.append(listener))
        emitter.on("a", f).once("a", g)
        emitter.emit("a")
        (wrapper,) = told
        assert isinstance(wrapper, OnceListener)
        assert wrapper.listener is g

    def test_they_are_emitted_only_to_somebody(self, f: Ear) -> None:
        emitted: list[EventName] = []

        class Recording(EventEmitter):
            def emit(self, event: EventName, /, *args: Any) -> bool:
                emitted.append(event)
                return super().emit(event, *args)

        emitter = Recording().on("newListener", f).on("removeListener", f)
        emitter.off("newListener", f).off("removeListener", f).on("a", f).off("a", f)
        assert emitted == ["newListener", "removeListener"]

    def test_removing_all_tells_of_each_the_last_first(self, emitter: EventEmitter, f: Ear, g: Ear) -> None:
        told: list[Any] = []

        def tell(event: EventName, listener: Listener) -> None:
            told.append((event, listener))

        emitter.on("removeListener", tell).on("a", f).on("a", g).on("b", f)
        emitter.remove_all_listeners()
        assert told == [("a", g), ("a", f), ("b", f)]
        assert emitter.event_names() == []

    def test_removing_all_goes_on_where_others_have_been_removed_meanwhile(
        self, emitter: EventEmitter, f: Ear, g: Ear
    ) -> None:
        emitter.on("removeListener", lambda event, _: emitter.off(event, g))
        emitter.on("a", f).on("a", g).on("a", f)
        emitter.remove_all_listeners("a")
        assert emitter.event_names() == ["removeListener"]


class TestErrors:
    def test_an_exception_that_nobody_handles_is_raised(self, emitter: EventEmitter) -> None:
        error = ZeroDivisionError()
        with pytest.raises(ZeroDivisionError) as raised:
            emitter.emit("error", error)
        assert raised.value is error

    @pytest.mark.parametrize("args,context", [(("boom", 2), "boom"), ((), None)])
    def test_anything_else_is_wrapped(self, emitter: EventEmitter, args: tuple[Any, ...], context: object) -> None:
        with pytest.raises(UnhandledEventError, match=repr(context)) as raised:
            emitter.emit("error", *args)
        assert raised.value.context == context

    def test_who_listens_handles(self, emitter: EventEmitter, heard: list[Any], f: Ear) -> None:
        assert emitter.on("error", f).emit("error", "boom")
        assert heard == [("f", "boom")]

    def test_the_monitor_comes_first_and_handles_nothing(
        self, emitter: EventEmitter, heard: list[Any], f: Ear, g: Ear
    ) -> None:
        emitter.on(EventEmitter.error_monitor, g)
        with pytest.raises(UnhandledEventError):
            emitter.emit("error", 1)
        emitter.on("error", f).emit("error", 2)
        assert heard == [("g", 1), ("g", 2), ("f", 2)]


class TestReplay:
    @pytest.mark.parametrize("method", ["on_with_replay", "add_listener_with_replay"])
    def test_the_latest_emission_comes_at_once(
        self, emitter: EventEmitter, heard: list[Any], f: Ear, method: str
    ) -> None:
        emitter.emit("a", 1)
        emitter.emit("a", 2)
        assert getattr(emitter, method)("a", f) is emitter
        assert heard == [("f", 2)]
        emitter.emit("a", 3)
        assert heard == [("f", 2), ("f", 3)]

    def test_there_was_none(self, emitter: EventEmitter, heard: list[Any], f: Ear) -> None:
        emitter.emit("b", 1)
        emitter.on_with_replay("a", f)
        assert heard == []
        assert emitter.emit("a")
        assert heard == [("f",)]

    def test_once_is_either_at_once_or_the_next(self, emitter: EventEmitter, heard: list[Any], f: Ear) -> None:
        assert emitter.once_with_replay("a", f) is emitter
        emitter.emit("a", 1)
        emitter.emit("a", 2)
        assert heard == [("f", 1)]
        assert emitter.once_with_replay("a", f) is emitter
        assert heard == [("f", 1), ("f", 2)]
        assert emitter.listener_count("a") == 0

    async def test_coroutines_are_run_as_well(self, emitter: EventEmitter, heard: list[Any]) -> None:
        async def listener(value: int) -> None:
            heard.append(value)

        emitter.emit("a", 1)
        emitter.on_with_replay("a", listener)
        await settle()
        assert heard == [1]

    def test_what_an_emitter_emits_by_itself_is_not_kept(self, emitter: EventEmitter, f: Ear) -> None:
        emitter.on("newListener", f).on("removeListener", f)

        def listener() -> None: ...

        alive = weakref.ref(listener)
        emitter.on("a", listener).off("a", listener)
        f.heard.clear()
        del listener
        assert alive() is None

    def test_what_is_latest_may_come_from_elsewhere(self, heard: list[Any], f: Ear) -> None:
        class OfState(EventEmitter):
            def _remember(self, event: EventName, args: tuple[Any, ...]) -> None: ...

            def _latest_of(self, event: EventName) -> tuple[Any, ...] | None:
                return ("state",) if event == "a" else None

        emitter = OfState()
        emitter.emit("b", 1)
        emitter.on_with_replay("a", f).on_with_replay("b", f)
        assert heard == [("f", "state")]


class TestLimits:
    @pytest.fixture(autouse=True)
    def restored(self) -> Generator[None]:
        before = EventEmitter.default_max_listeners
        yield
        EventEmitter.default_max_listeners = before

    def test_one_too_many_is_warned_of_once(self, emitter: EventEmitter, f: Ear) -> None:
        for _ in range(10):
            emitter.on("a", f)
        with pytest.warns(MaxListenersExceededWarning, match=r"has 11 listeners of 'a', .* \(10\)") as caught:
            emitter.on("a", f)
        warning = caught[0].message
        assert isinstance(warning, MaxListenersExceededWarning)
        assert (warning.emitter, warning.type, warning.count) == (emitter, "a", 11)
        emitter.on("a", f)

    @pytest.mark.parametrize("method", ["on", "once", "prepend_once_listener", "on_with_replay"])
    def test_the_warning_points_at_the_caller(self, emitter: EventEmitter, f: Ear, method: str) -> None:
        emitter.set_max_listeners(1).on("a", f)
        with pytest.warns(MaxListenersExceededWarning) as caught:
            getattr(emitter, method)("a", f)
        assert caught[0].filename == __file__

    def test_each_event_is_warned_of(self, emitter: EventEmitter, f: Ear) -> None:
        emitter.set_max_listeners(1).on("a", f).on("b", f)
        for event in "ab":
            with pytest.warns(MaxListenersExceededWarning):
                emitter.on(event, f)

    def test_it_is_warned_of_again_after_there_was_only_one(self, emitter: EventEmitter, f: Ear) -> None:
        emitter.set_max_listeners(1).on("a", f)
        for _ in range(2):
            with pytest.warns(MaxListenersExceededWarning):
                emitter.on("a", f)
            emitter.off("a", f)

    def test_the_limit_is_a_warning_and_no_more(self, emitter: EventEmitter, f: Ear) -> None:
        emitter.set_max_listeners(1).on("a", f)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MaxListenersExceededWarning)
            emitter.on("a", f)
        assert emitter.listener_count("a") == 2

    def test_zero_is_no_limit(self, emitter: EventEmitter, f: Ear) -> None:
        assert emitter.set_max_listeners(0) is emitter
        for _ in range(50):
            emitter.on("a", f)
        assert emitter.get_max_listeners() == 0

    def test_the_default_is_looked_up_when_it_is_needed(self, emitter: EventEmitter) -> None:
        assert emitter.get_max_listeners() == EventEmitter.default_max_listeners == 10
        EventEmitter.default_max_listeners = 3
        assert emitter.get_max_listeners() == 3
        assert emitter.set_max_listeners(5).get_max_listeners() == 5

    @pytest.mark.parametrize("limit", [-1, float("nan"), "3", None, True])
    def test_what_is_no_limit_is_refused(self, emitter: EventEmitter, limit: Any) -> None:
        with pytest.raises(ArgumentError, match="n must be a number of at least 0"):
            emitter.set_max_listeners(limit)


class TestCoroutines:
    async def test_they_run_as_tasks(self, emitter: EventEmitter, heard: list[Any]) -> None:
        async def listener(value: int) -> None:
            await asyncio.sleep(1)
            heard.append(value)

        emitter.on("a", listener)
        assert emitter.emit("a", 1) is True
        await settle()
        assert heard == []
        await advance(1)
        assert heard == [1]

    async def test_their_tasks_are_held(self, emitter: EventEmitter) -> None:
        waiting: list[weakref.ref[asyncio.Future[None]]] = []

        async def listener() -> None:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            waiting.append(weakref.ref(future))
            await future

        emitter.on("a", listener).emit("a")
        await settle()
        gc.collect()
        future = waiting[0]()
        assert future
        future.set_result(None)
        await settle()

    async def test_what_is_returned_is_awaited_if_it_can_be(self, emitter: EventEmitter, heard: list[Any]) -> None:
        class Later:
            def __await__(self) -> Generator[None]:
                heard.append("awaited")
                yield

        emitter.on("a", Later)
        emitter.emit("a")
        await settle()
        assert heard == ["awaited"]

    async def test_what_they_raise_is_reported(self, emitter: EventEmitter) -> None:
        contexts: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: contexts.append(context))
        emitter.on("a", failing).emit("a", "no")
        await settle()
        ((error, message),) = [(str(context["exception"]), context["message"]) for context in contexts]
        assert (error, message) == ("no", "a listener of 'a' raised")

    async def test_reporting_may_be_done_elsewhere(self) -> None:
        reports: list[tuple[str, EventName]] = []

        class Reporting(EventEmitter):
            def _report(self, error: Exception, event: EventName, task: asyncio.Future[Any]) -> None:
                reports.append((str(error), event))

        Reporting().on("a", failing).emit("a", "no")
        await settle()
        assert reports == [("no", "a")]

    async def test_captured_they_become_errors(self, heard: list[Any], f: Ear) -> None:
        emitter = EventEmitter(capture_rejections=True).on("a", failing).on("error", f)
        emitter.emit("a", "no")
        await settle()
        ((_, error),) = heard
        assert isinstance(error, LookupError)

    async def test_what_a_listener_of_error_raises_is_not_captured_again(self) -> None:
        contexts: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: contexts.append(context))
        emitter = EventEmitter(capture_rejections=True).on("a", failing).on("error", failing)
        emitter.emit("a", "no")
        await settle()
        assert [context["message"] for context in contexts] == ["a listener of 'error' raised"]
        emitter.emit("a", "again")
        await settle()
        assert len(contexts) == 2

    async def test_captured_they_go_to_the_handler(self, heard: list[Any]) -> None:
        class Handling(EventEmitter):
            def handle_rejection(self, error: Exception, event: EventName, *args: Any) -> None:
                heard.append((str(error), event, args))

        assert EventEmitter.capture_rejection_symbol == "handle_rejection"
        Handling(capture_rejections=True).on("a", failing).emit("a", "no", 1)
        await settle()
        assert heard == [("no", "a", ("no", 1))]

    async def test_the_class_may_capture_for_all_that_are_made_from_then_on(
        self, monkeypatch: pytest.MonkeyPatch, heard: list[Any], f: Ear
    ) -> None:
        assert EventEmitter.capture_rejections is False
        monkeypatch.setattr(EventEmitter, "capture_rejections", True)
        emitter = EventEmitter().on("a", failing).on("error", f)
        monkeypatch.undo()
        emitter.emit("a", "no")
        await settle()
        assert len(heard) == 1

    async def test_a_future_of_somebody_else_is_left_alone_unless_captured(self, heard: list[Any], f: Ear) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        EventEmitter().on("a", lambda: future).emit("a")
        EventEmitter(capture_rejections=True).on("a", lambda: future).on("error", f).emit("a")
        future.set_exception(ZeroDivisionError())
        await settle()
        assert len(heard) == 1
        assert isinstance(future.exception(), ZeroDivisionError)

    async def test_cancelling_is_no_error(self, emitter: EventEmitter) -> None:
        async def listener() -> None:
            task = asyncio.current_task()
            assert task
            task.cancel()
            await asyncio.sleep(1)

        emitter.on("a", listener).emit("a")
        await settle()

    def test_without_a_loop_that_is_an_error_at_once(self, emitter: EventEmitter) -> None:
        emitter.on("a", failing)
        with pytest.raises(RuntimeError, match="no running event loop"):
            emitter.emit("a", "no")


async def failing(reason: str | Exception, *_: object) -> None:
    raise LookupError(str(reason))


class TestExtending:
    """What is there for those who have something to do only while somebody listens."""

    class Watching(EventEmitter):
        def __init__(self) -> None:
            super().__init__()
            self.told: list[str] = []

        def _first_listener_added(self, event: EventName) -> None:
            self.told.append(f"+{event}{self.listener_count(event)}")

        def _last_listener_removed(self, event: EventName) -> None:
            self.told.append(f"-{event}{self.listener_count(event)}")

    @pytest.fixture
    def watching(self) -> Watching:
        return self.Watching()

    @pytest.mark.parametrize("add", ["on", "once", "prepend_listener", "prepend_once_listener", "on_with_replay"])
    def test_the_first_and_the_last_of_an_event(self, watching: Watching, f: Ear, g: Ear, add: str) -> None:
        getattr(watching, add)("a", f)
        getattr(watching, add)("a", g)
        watching.off("a", f)
        assert watching.told == ["+a1"]
        watching.off("a", g)
        assert watching.told == ["+a1", "-a0"]
        watching.off("a", g)
        assert watching.told == ["+a1", "-a0"]

    def test_once(self, watching: Watching) -> None:
        watching.once("a", lambda: watching.told.append("called"))
        watching.emit("a")
        assert watching.told == ["+a1", "-a0", "called"]

    @pytest.mark.parametrize("hooked", [False, True])
    def test_removing_all(self, watching: Watching, f: Ear, g: Ear, hooked: bool) -> None:
        if hooked:
            watching.on("removeListener", g)
        watching.on("a", f).on("a", g).on("b", f)
        watching.told.clear()
        watching.remove_all_listeners("a")
        assert watching.told == ["-a0"]
        watching.on("a", f).remove_all_listeners()
        assert sorted(watching.told[1:]) == ["+a1", "-a0", "-b0", *["-removeListener0"] * hooked]

    def test_what_is_added_while_all_are_removed_is_removed_as_well(self, watching: Watching, f: Ear) -> None:
        watching.on("removeListener", lambda *_: watching.on("late", f))
        watching.on("a", f)
        watching.told.clear()
        watching.remove_all_listeners()
        assert watching.told == ["-a0", "+late1", "-removeListener0", "-late0"]
        assert watching.event_names() == []

    def test_they_come_in_turn_whatever_listeners_of_the_emitter_do(self, watching: Watching, f: Ear) -> None:
        watching.on(
            "removeListener", lambda event, _: watching.on(event, f) if watching.told.count("+a1") < 3 else None
        )
        watching.on("a", f).off("a", f).off("a", f)
        told = [each for each in watching.told if each[1] == "a"]
        assert told == ["+a1", "-a0", "+a1", "-a0", "+a1"]


class TestMemory:
    def test_an_emitter_is_small(self, emitter: EventEmitter) -> None:
        assert not hasattr(emitter, "__dict__")
        assert sys.getsizeof(emitter) <= 96
        assert [each for each in gc.get_referents(emitter) if each not in (None, False, EventEmitter)] == []

    def test_it_goes_without_the_collector_with_all_its_listeners(self, f: Ear, g: Ear) -> None:
        emitter = EventEmitter().on("a", f).once("a", g).once("b", f)
        emitter.emit("b", 1)
        alive = weakref.ref(emitter)
        gc.disable()
        try:
            del emitter
            assert alive() is None
        finally:
            gc.enable()

    def test_a_wrapper_outlives_its_emitter(self, heard: list[Any], f: Ear) -> None:
        (wrapper,) = EventEmitter().once("a", f).raw_listeners("a")
        wrapper(1)
        wrapper(2)
        assert heard == [("f", 1)]
