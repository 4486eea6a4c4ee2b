from __future__ import annotations

from typing import get_args

import pytest

from rxconvo.wire import Failed, Happening, Notification, Notified, Replied


@pytest.mark.parametrize("kind", get_args(Happening))
def test_happenings_are_frozen(kind: type[Happening]) -> None:
    assert kind.__struct_config__.frozen


def test_a_notification_is_handed_on_without_a_copy() -> None:
    assert Notified is Notification
    assert Notification in get_args(Happening)


def test_the_outcome_of_a_request_names_the_request() -> None:
    assert Replied.__struct_fields__[0] == Failed.__struct_fields__[0] == "id"
