"""Lists of what is there, by events."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex.subject import Subject

from rxconvo import Service
from rxconvo.errors import ArgumentError
from rxconvo.model import (
    CaughtUp,
    ConversationAdded,
    ConversationRemoved,
    ConversationState,
    ConversationUpdated,
    Discontinuity,
    Home,
    Message,
    MessageAdded,
    MessageRemoved,
    MessageUpdated,
    Participant,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantUpdated,
    Reset,
    Topic,
    TypingStarted,
    User,
    UserSubscribed,
    UserUnsubscribed,
    UserUpdated,
)
from rxconvo.operators import collect_list
from rxconvo.operators._items import own_key_of
from rxconvo.operators._ordered import Ordered
from rxconvo.testing import builders, settle
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles

HOME: Home[Any] = Home("CH1")
GAP = Discontinuity(Topic.MESSAGES, "CH1", "the service was restored")


def message(index: int, body: str = "") -> Message:
    return Message(sid=f"IM{index}", index=index, body=body, home=HOME)


def updated(index: int, body: str) -> MessageUpdated:
    return MessageUpdated(None, message(index, body))


def removed(index: int) -> MessageRemoved:
    return MessageRemoved(None, index, HOME)


def lists(*events: Any, **options: Any) -> list[Any]:
    seen: list[Any] = []
    reactivex.from_(events).pipe(collect_list(**options)).subscribe(seen.append)
    return seen


def bodies(*events: Any, **options: Any) -> list[str]:
    return [" ".join(each.body for each in one) for one in lists(*events, **options)]


VALUES: dict[str, Any] = {
    "a": MessageAdded(message(0, "a")),
    "b": MessageAdded(message(1, "b")),
    "A": updated(0, "A"),
    "r": removed(0),
    "g": GAP,
    "c": CaughtUp(),
    "R": Reset((message(0, "a"),)),
    "0": (),
    "1": (message(0, "a"),),
    "2": (message(0, "a"), message(1, "b")),
    "3": (message(0, "A"), message(1, "b")),
    "4": (message(1, "b"),),
}


class TestDiagrams:
    @pytest.fixture
    def marbles(self, make_marbles: type[Marbles]) -> Marbles:
        return make_marbles(VALUES)

    def test_those_of_the_docstring(self, make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
        play_cases(lambda: make_marbles(VALUES), collect_list(), diagrams(collect_list))

    @pytest.mark.parametrize(
        "messages,expected",
        [
            pytest.param("---|", "---|", id="nothing"),
            pytest.param("-a-#", "-1-#", id="error"),
            pytest.param("-a-a-", "-1---", id="again"),
            pytest.param("-b-a-", "-4-2-", id="the order is theirs"),
            pytest.param("-A-r-", "-----", id="of what is not there"),
            pytest.param("-c-c-a-", "-0---1-", id="known to be empty"),
            pytest.param("-a-c-", "-1---", id="known already"),
            pytest.param("-R-R-", "-1---", id="reset"),
            pytest.param("-g-a-g-g-", "---1-0---", id="discontinuity"),
        ],
    )
    def test_others(self, marbles: Marbles, messages: str, expected: str) -> None:
        assert marbles.play(collect_list(), messages) == marbles.expect(expected)


class TestOptions:
    def test_limit(self) -> None:
        events = [MessageAdded(message(index, str(index))) for index in range(4)]
        assert bodies(*events, limit=2) == ["0", "0 1", "1 2", "2 3"]
        assert bodies(*events, updated(0, "x"), removed(0), removed(3), updated(0, "x"), limit=2)[4:] == ["2"]
        assert bodies(*reversed(events), limit=2) == ["3", "2 3"]

    def test_order(self) -> None:
        events = [MessageAdded(message(index, body)) for index, body in enumerate("bca")]
        assert bodies(*events, updated(0, "d"), updated(0, "d"), order=lambda each: each.body) == [
            "b",
            "b c",
            "a b c",
            "a c d",
        ]

    def test_key(self) -> None:
        events = [MessageAdded(message(0, "a1")), MessageAdded(message(1, "b1")), MessageAdded(message(2, "a2"))]
        more = [removed(0), updated(2, "b2"), removed(1), removed(2)]
        assert bodies(*events, *more, key=lambda each: each.body[0]) == ["a1", "a1 b1", "b1 a2", "b2", ""]

    @pytest.mark.parametrize("limit", [0, -1, 1.5, True, None])
    def test_bad_ones(self, limit: Any) -> None:
        with pytest.raises(ArgumentError, match="limit must be an integer, 1 or more"):
            collect_list(limit=limit)


class TestOtherStreams:
    def test_participants(self) -> None:
        ada, bob = Participant(sid="MB1", identity="ada"), Participant(sid="MB2", identity="bob")
        new = Participant(sid="MB1", identity="ada", role_sid="RL1")
        events = [ParticipantJoined(bob), ParticipantJoined(ada), ParticipantUpdated(ada, new), ParticipantLeft(bob)]
        assert lists(*events) == [(bob,), (bob, ada), (bob, new), (new,)]

    def test_messages_of_several_conversations(self) -> None:
        one, two = message(0, "one"), Message(sid="IM9", index=0, body="two", home=Home("CH2"))
        events = [
            MessageAdded(one),
            MessageAdded(two),
            MessageRemoved(None, 0, Home("CH2")),
            MessageRemoved(one, 0, HOME),
        ]
        assert lists(*events) == [(one,), (one, two), (one,), ()]

    def test_users(self) -> None:
        ada, new = User(identity="ada"), User(identity="ada", friendly_name="Ada")
        assert lists(UserSubscribed(ada), UserUpdated(ada, new, ()), UserUnsubscribed(new)) == [(ada,), (new,), ()]
        assert lists(Reset((new,))) == [(new,)]

    async def test_conversations(self) -> None:
        async with Service() as service, service.client("ada") as ada:
            names: list[list[str | None]] = []
            ada.conversations.pipe(collect_list(order=lambda each: each.friendly_name)).subscribe(
                lambda all_: names.append([each.friendly_name for each in all_])
            )
            two = await ada.create_conversation(friendly_name="two")
            await two.join()
            await (await ada.create_conversation(friendly_name="one")).join()
            await settle()
            assert names[-1] == ["one", "two"]
            await two.update_friendly_name("a")
            await settle()
            assert names[-1] == ["a", "one"]
            await two.leave()
            await settle()
            assert names[-1] == ["one"]

    def test_a_conversation_that_is_gone_already_is_not_there(self) -> None:
        state = ConversationState(sid="CH1")
        events = [ConversationAdded(state, HOME), ConversationUpdated(state, state, (), HOME)]
        assert lists(*events, ConversationRemoved(state, HOME), UserSubscribed(User(identity="ada"))) == [
            (User(identity="ada"),)
        ]

    def test_no_others(self) -> None:
        errors: list[Exception] = []
        reactivex.of(TypingStarted(Participant(sid="MB1"))).pipe(collect_list()).subscribe(on_error=errors.append)  # type: ignore[arg-type]
        assert [type(error) for error in errors] == [ArgumentError]


EVENTS = st.lists(
    st.tuples(st.sampled_from(["add", "update", "remove"]), st.integers(0, 7), st.sampled_from("abc"))
    | st.tuples(st.sampled_from(["gap", "reset"]), st.integers(0, 3), st.just("r")),
    max_size=30,
)


class TestLaws:
    @given(EVENTS, st.integers(1, 6), st.booleans())
    def test_it_is_what_a_plain_model_says(self, events: list[tuple[str, int, str]], limit: int, sort: bool) -> None:
        source: Subject[Any] = Subject()
        seen: list[tuple[Message, ...]] = []
        order = (lambda each: (each.body, each.index)) if sort else None
        source.pipe(collect_list(limit=limit, order=order)).subscribe(seen.append)
        model: list[Message] = []
        for kind, index, body in events:
            one = message(index, body)
            held = [each for each in model if each.index == index]
            match kind:
                case "add":
                    source.on_next(MessageAdded(one))
                    model = [each for each in model if each.index != index] + [one]
                case "update":
                    source.on_next(MessageUpdated(None, one))
                    model = [one if each in held else each for each in model]
                case "remove":
                    source.on_next(removed(index))
                    model = [each for each in model if each not in held]
                case "gap":
                    source.on_next(GAP)
                    model = []
                case _:
                    model = [message(each, body) for each in range(index)]
                    source.on_next(Reset(tuple(model)))
            model = sorted(model, key=order or (lambda each: each.index))[-limit:]
            assert (seen[-1] if seen else ()) == tuple(model)
        assert all(one != other for one, other in pairwise(seen))

    @given(EVENTS)
    def test_it_keeps_nothing_of_what_is_gone(self, events: list[tuple[str, int, str]]) -> None:
        ordered = Ordered(lambda each: each.body, None, 3)
        for kind, index, body in events:
            ordered.tell(MessageAdded(message(index, body)) if kind != "remove" else removed(index))
            assert len(ordered.items) == len(ordered._keys) == len(ordered._owners) == len(ordered._places) <= 3
            assert {key: own_key_of(item) for key, item in ordered.mapping.items()} == {
                key: own for own, key in ordered._keys.items()
            }


@pytest.mark.parametrize(
    "value,hint",
    [
        (builders.message(), "(`messages`, not `messages.added`), not Message"),
        (builders.participant(), "(`participants`, not `participants.joined`), not Participant"),
        (builders.user(), "(`users`, not `users.subscribed`), not User"),
        (1, "conversations or users, not 1"),
    ],
    ids=["message", "participant", "user", "number"],
)
def test_a_view_of_a_stream_is_told_from_the_stream(value: Any, hint: str) -> None:
    errors: list[Exception] = []
    reactivex.of(value).pipe(collect_list()).subscribe(print, errors.append)
    (error,) = errors
    assert isinstance(error, ArgumentError)
    assert hint in str(error)
