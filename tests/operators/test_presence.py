"""Who is there."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxconvo.errors import ArgumentError
from rxconvo.model import User, UserEvent, UserSubscribed, UserUnsubscribed, UserUpdated
from rxconvo.operators import presence
from rxconvo.operators._deadlines import deadlines_of
from tests.operators.playing import play_cases

if TYPE_CHECKING:
    from tests.operators.conftest import Marbles


def event(identity: str, online: bool | None) -> UserUpdated:
    return UserUpdated(User(identity), User(identity, is_online=online), ("reachabilityOnline",))


MARKS: dict[str, Any] = {
    "a": event("ada", online=True),
    "b": event("bob", online=True),
    "A": event("ada", online=False),
    "B": event("bob", online=False),
    "n": event("ada", online=None),
    "u": UserUnsubscribed(User("ada", is_online=True)),
    "s": UserSubscribed(User("ada", is_online=False)),
    "x": {"ada": "online"},
    "y": {"ada": "online", "bob": "online"},
    "z": {"ada": "offline", "bob": "online"},
    "w": {"ada": "away"},
    "o": {"ada": "offline"},
    "t": {"bob": "online"},
    "p": {"ada": "online", "bob": "away"},
    "q": {"ada": "away", "bob": "away"},
    "0": {},
}


@pytest.fixture
def marbles(make_marbles: type[Marbles]) -> Marbles:
    return make_marbles(MARKS)


def test_the_diagrams_of_the_docstring(make_marbles: type[Marbles], diagrams: Callable[..., list[str]]) -> None:
    play_cases(lambda: make_marbles(MARKS), presence(3), diagrams(presence))


@pytest.mark.parametrize(
    "options, users, shown",
    [
        pytest.param({}, "-s---a", "-o---x", id="offline from the beginning shows at once"),
        pytest.param({}, "-a-A-A-----", "-x----o----", id="gone since the first that was heard of it"),
        pytest.param({}, "-aAaAaA-----", "-x-------o--", id="flapping shows nothing"),
        pytest.param({"grace": 0.0}, "-aAaA-", "-xoxo-", id="no grace"),
        pytest.param({}, "-a-u-------", "-x-0-------", id="followed no more"),
        pytest.param({}, "-a-A-u-----", "-x---0-----", id="followed no more while going"),
        pytest.param({}, "-n-a--n----", "---x--0----", id="the service does not tell"),
        pytest.param({"away_after": 4.0}, "-a--a------", "-x------w--", id="nothing is heard"),
        pytest.param({"away_after": 4.0}, "-a------a-----", "-x---w--x---w-", id="heard again"),
        pytest.param({"away_after": 4.0}, "-a-----A-----", "-x---w----o--", id="away, then gone"),
        pytest.param({"away_after": 2.0}, "-a-A-a-----", "-x-----w---", id="gone in the moment of being away"),
        pytest.param({"away_after": 4.0}, "-a-b-a-----", "-x-y---p-q-", id="heard in turns"),
        pytest.param({"away_after": 2.0}, "-aA-----", "-x---o--", id="going, not away"),
        pytest.param({"max_users": 1}, "-a-b-u-b-", "-x---0-t-", id="no more than there is room for"),
        pytest.param({}, "-aA#", "-x-#", id="an error comes at once"),
        pytest.param({}, "-aA|", "-x-|", id="who is going is not gone at the end"),
    ],
)
def test_diagrams(marbles: Marbles, options: dict[str, Any], users: str, shown: str) -> None:
    assert marbles.play(presence(**{"grace": 3.0, **options}), users) == marbles.expect(shown)


def test_to_debounce_all_lets_one_hold_up_the_others(marbles: Marbles) -> None:
    def note(people: dict[str, str], value: UserUpdated) -> dict[str, str]:
        return {**people, value.user.identity: "online" if value.user.is_online else "offline"}

    def naive(users: Observable[UserUpdated]) -> Observable[dict[str, str]]:
        return users.pipe(ops.scan(note, dict[str, str]()), ops.debounce(3.0))

    users = "-a-b-B-b-B-b-B-b----"
    assert marbles.play(naive, users) == marbles.expect("------------------y-")
    assert type(marbles)(MARKS).play(presence(3.0), users) == marbles.expect("-x-y----------------")


def test_all_who_go_at_once_are_one_change() -> None:
    scheduler = TestScheduler()
    source: Subject[UserEvent] = Subject()
    shown: list[Mapping[str, str]] = []
    with source.pipe(presence(3.0, scheduler=scheduler)).subscribe(shown.append):
        for online in (True, False):
            for number in range(10):
                source.on_next(event(str(number), online))
        assert len(shown) == 10
        scheduler.advance_by(3.0)
        assert len(shown) == 11
        assert set(shown[-1].values()) == {"offline"}
        assert set(shown[-2].values()) == {"online"}
        assert len(deadlines_of(scheduler)) == 0


def test_bad_arguments() -> None:
    for grace in (-1.0, math.nan, math.inf):
        with pytest.raises(ArgumentError, match="grace"):
            presence(grace)
    for away_after in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ArgumentError, match="away_after"):
            presence(away_after=away_after)
    with pytest.raises(ArgumentError, match="max_users"):
        presence(max_users=0)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.25, 1.0, 2.5, 3.0, 7.0]), st.sampled_from("ab"), st.sampled_from([True, False, None])
        ),
        max_size=25,
    )
)
def test_it_shows_what_a_plain_model_does_and_never_the_same_twice(
    steps: list[tuple[float, str, bool | None]],
) -> None:
    grace, away_after = 3.0, 5.0
    scheduler = TestScheduler()
    source: Subject[UserEvent] = Subject()
    shown: list[Mapping[str, str]] = [{}]
    model: dict[str, str] = {}
    gone: dict[str, float] = {}
    heard: dict[str, float] = {}
    now = 0.0
    source.pipe(presence(grace, away_after=away_after, scheduler=scheduler)).subscribe(shown.append)
    for pause, who, online in [*steps, (50.0, "c", None)]:
        scheduler.advance_by(pause)
        now += pause
        for identity in [identity for identity, at in gone.items() if at + grace <= now]:
            del gone[identity]
            model[identity] = "offline"
        for identity, at in heard.items():
            if at + away_after <= now:
                model[identity] = "away"
        assert shown[-1] == model
        if online is None:
            model.pop(who, None)
            gone.pop(who, None)
            heard.pop(who, None)
        elif online:
            model[who] = "online"
            gone.pop(who, None)
            heard[who] = now
        else:
            heard.pop(who, None)
            if model.get(who, "offline") == "offline":
                model[who] = "offline"
            else:
                gone.setdefault(who, now)
        source.on_next(event(who, online))
        assert shown[-1] == model
    assert all(one != other for one, other in pairwise(shown))
