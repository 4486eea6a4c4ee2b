"""Users: the own one, and those that are followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rxconvo.errors import PayloadError, SyncError
from rxconvo.model import User, UserSubscribed, UserUnsubscribed, UserUpdated
from rxconvo.sync import Item, ItemsRead, ItemUpdated, Loaded, ObjectFailed

if TYPE_CHECKING:
    from tests.model.conftest import Bench, Data


@pytest.fixture
def started(bench: Bench) -> Bench:
    bench.start()
    bench.take()
    return bench


class TestOwnUser:
    def test_it_is_known_without_a_word(self, bench: Bench) -> None:
        nobody = bench.store.user
        assert nobody is None
        assert bench.start() == []
        user = bench.store.user
        assert user is not None
        assert (user.identity, user.friendly_name, user.attributes) == ("ada", "ada", {})
        assert (user.is_online, user.is_notifiable) == (True, False)
        assert bench.store.users == (user,)

    @pytest.mark.parametrize(
        "key,item,reasons",
        [
            ("friendlyName", {"value": "Ada"}, ("friendlyName",)),
            ("attributes", {"value": '{"a":1}'}, ("attributes",)),
            ("reachability", {"online": False, "notifiable": False}, ("reachabilityOnline",)),
            ("reachability", {"online": False, "notifiable": True}, ("reachabilityOnline", "reachabilityNotifiable")),
        ],
    )
    def test_each_item_tells_what_differs(
        self, started: Bench, key: str, item: dict[str, object], reasons: tuple[str, ...]
    ) -> None:
        before = started.store.user
        started.put("ada.info", key, item)
        (event,) = started.take()
        assert isinstance(event, UserUpdated)
        assert (event.before, event.after, event.reasons) == (before, started.store.user, reasons)
        assert event.user is event.after

    def test_the_same_again_unknown_keys_and_removals_say_nothing(self, started: Bench) -> None:
        started.put("ada.info", "friendlyName", {"value": "ada"})
        started.put("ada.info", "attributes", {"value": " {} "})
        started.put("ada.info", "reachability", {"online": True, "notifiable": False})
        started.put("ada.info", "shoeSize", {"value": 40})
        started.remove("ada.info", "friendlyName")
        assert started.take() == []

    def test_a_map_without_items_will_do(self, bench: Bench) -> None:
        bench.objects["ada.info"].items.clear()
        bench.start()
        user = bench.store.user
        assert user is not None
        assert (user.friendly_name, user.is_online) == (None, None)

    def test_without_a_map_it_cannot_become_ready(self, bench: Bench) -> None:
        del bench.objects["ada.info"]
        bench.start()
        assert bench.store.user is None
        assert not bench.store.ready
        assert bench.store.error is not None

    def test_its_map_is_opened_again(self, bench: Bench) -> None:
        del bench.objects["ada.info"]
        bench.start()
        bench.serve("map", "ada.info")
        bench.start()
        assert bench.store.error is None
        assert bench.store.ready

    def test_while_its_map_is_opened_again_it_stays_known(self, started: Bench) -> None:
        before = started.store.user
        replica = started.store._users.records["ada"].replica
        assert replica is not None
        started.session.release(replica)  # as the session does with what fails
        assert started.commit(ObjectFailed(replica, SyncError("ada.info", 403, None, "forbidden"))) == []
        started.pump()
        started.put("ada.info", "friendlyName", {"value": "Ada"})
        started.store.configure("ada", channels="ada.channels", user_info="ada.info")
        assert started.store.user is before
        (event,) = started.pump()
        assert isinstance(event, UserUpdated)
        assert event.before is before

    def test_unsubscribed_it_is_followed_at_once_again(self, started: Bench) -> None:
        before = started.store.user
        (event,) = started.store.close_user("ada")
        assert before is not None
        assert event == UserUnsubscribed(before)
        assert started.store.user is before
        assert not started.store.is_subscribed("ada")
        assert started.store.close_user("ada") == []
        assert [type(event) for event in started.pump()] == [UserSubscribed]
        assert started.store.is_subscribed("ada")
        started.take()
        started.put("ada.info", "friendlyName", {"value": "Ada"})
        assert [type(event) for event in started.take()] == [UserUpdated]

    def test_what_has_changed_meanwhile_is_told(self, started: Bench) -> None:
        started.store.close_user("ada")
        started.put("ada.info", "friendlyName", {"value": "Ada"})
        assert [type(event) for event in started.pump()] == [UserUpdated, UserSubscribed]


class TestOthers:
    def test_they_are_announced_when_read(self, started: Bench) -> None:
        started.serve_user("bob", name="Bob")
        started.store.open_user("bob", "bob.info")
        started.store.open_user("bob", "bob.info")
        assert started.store.user_of("bob") is None
        (event,) = started.pump()
        assert isinstance(event, UserSubscribed)
        assert event.user.friendly_name == "Bob"
        assert started.store.user_of("bob") is event.user
        started.take()
        started.put("bob.info", "friendlyName", {"value": "Robert"})
        (updated,) = started.take()
        assert isinstance(updated, UserUpdated)
        assert updated.after.friendly_name == "Robert"

    def test_closing_says_so_and_releases(self, started: Bench) -> None:
        started.serve_user("bob")
        started.store.open_user("bob", "bob.info")
        started.pump()
        (event,) = started.store.close_user("bob")
        assert isinstance(event, UserUnsubscribed)
        assert started.store.close_user("bob") == []
        started.pump()
        assert started.objects["bob.info"].sid not in started.subscribed
        assert [user.identity for user in started.store.users] == ["ada"]

    def test_closed_before_it_was_read_it_is_not_mentioned(self, started: Bench) -> None:
        started.serve_user("bob")
        started.store.open_user("bob", "bob.info")
        assert started.store.close_user("bob") == []
        assert started.pump() == []

    def test_one_that_does_not_exist_is_an_error_until_opened_again(self, started: Bench) -> None:
        started.store.open_user("bob", "bob.info")
        assert started.pump() == []
        error = started.store.user_error("bob")
        assert error is not None
        assert started.store.take_faults() == [error]
        started.serve_user("bob")
        started.store.open_user("bob", "bob.info")
        assert [type(event) for event in started.pump()] == [UserSubscribed]
        assert started.store.user_error("bob") is None
        assert started.store.user_error("cy") is None

    def test_a_removed_map_ends_it(self, started: Bench) -> None:
        started.serve_user("bob")
        started.store.open_user("bob", "bob.info")
        started.pump()
        started.take()
        started.drop("bob.info")
        assert [type(event) for event in started.take()] == [UserUnsubscribed]
        assert started.store.user_of("bob") is None
        assert started.store.close_user("bob") == []
        assert not started.store.follows("bob")
        started.serve_user("bob")
        started.store.open_user("bob", "bob.info")
        assert [type(event) for event in started.pump()] == [UserSubscribed]

    def test_who_was_followed_first_goes_first(self, started: Bench) -> None:
        names = ("bob", "cy", "di", "eve")
        started.store.configure("ada", channels="ada.channels", user_info="ada.info", followed_users=2)
        told: list[str] = []
        for name in names:
            started.serve_user(name)
            started.store.open_user(name, f"{name}.info")
            for event in started.pump():
                assert isinstance(event, UserSubscribed | UserUnsubscribed)
                told.append(f"{type(event).__name__} {event.user.identity}")
        assert told == [
            "UserSubscribed bob",
            "UserSubscribed cy",
            "UserSubscribed di",
            "UserUnsubscribed bob",
            "UserSubscribed eve",
            "UserUnsubscribed cy",
        ]
        assert [user.identity for user in started.store.users] == ["ada", "di", "eve"]
        assert started.objects["bob.info"].sid not in started.subscribed

    def test_one_map_for_two_users_is_refused(self, started: Bench) -> None:
        started.store.open_user("bob", "ada.info")
        assert "two purposes" in str(started.store.user_error("bob"))


def test_an_unreadable_item_is_reported_and_the_map_read_anew_once(started: Bench) -> None:
    started.put("ada.info", "friendlyName", "Ada")
    (fault,) = started.store.take_faults()
    assert isinstance(fault, PayloadError)
    assert started.pump() == []
    assert len(started.store.take_faults()) == 1  # the read shows it again
    started.put("ada.info", "friendlyName", ["Ada"])
    assert started.session.idle
    assert len(started.store.take_faults()) == 1
    started.put("ada.info", "friendlyName", {"value": "Ada"})
    (event,) = started.take()
    assert isinstance(event, UserUpdated)


def test_what_came_along_with_an_unreadable_item_is_left_to_the_read(started: Bench, data: Data) -> None:
    replica = started.store._users.records["ada"].replica
    assert replica is not None
    name = data.raw({"value": "late"})
    late = started.commit(
        ItemUpdated(replica, "friendlyName", data.raw([]), 98),
        ItemUpdated(replica, "friendlyName", name, 99),
        ItemsRead(replica, [Item("friendlyName", name, 99)]),
        Loaded(replica),
        ObjectFailed(replica, SyncError("ada.info", 403, None, "late")),
    )
    assert late == []
    assert len(started.store.take_faults()) == 1
    assert started.store.error is None
    assert started.store.user is not None
    assert started.store.user.friendly_name == "ada"


def test_an_unreadable_item_of_the_first_read_leaves_the_rest(bench: Bench) -> None:
    bench.objects["ada.info"].items["attributes"] = ("none", 1, 1)
    bench.start()
    user = bench.store.user
    assert user is not None
    assert user == User("ada", "ada", "{}", is_online=True, is_notifiable=False, home=user.home)
