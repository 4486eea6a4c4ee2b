"""What is forgiven, and what is not, where histories are compared."""

from __future__ import annotations

from typing import Any

from tests.mixed.compare import untrue

Plain = dict[str, Any]


def event(kind: str, *, body: str = "hello", reasons: list[str] | None = None, index: int = 0, **more: object) -> Plain:
    shown = {"index": index, "body": body}
    told = {"kind": kind, "conversation": "CH1", "entity": f"message {index}", "reasons": reasons, "after": shown}
    return told | more


def typing(kind: str, **more: Any) -> Plain:
    return event(kind, **more) | {"entity": "participant MB1", "after": {"sid": "MB1"}}


ADDED = event("messageAdded")
EDITED = event("messageUpdated", body="edited", reasons=["body"])
AGAIN = event("messageUpdated", body="again", reasons=["body"])


def test_what_is_not_held_is_told_by_us_alone() -> None:
    assert list(untrue([], [EDITED | {"unheld": True}, AGAIN])) == []
    assert list(untrue([AGAIN], [EDITED | {"unheld": True}, AGAIN])) == []
    assert list(untrue([EDITED, AGAIN], [EDITED | {"unheld": True}, AGAIN]))
    assert list(untrue([], [EDITED]))


def test_what_was_read_before_may_be_missing_in_the_sdk_only() -> None:
    assert list(untrue([EDITED], [ADDED, EDITED], sdk_read={"CH1"})) == []
    assert list(untrue([EDITED], [ADDED, EDITED], sdk_read={"CH2"}))
    assert list(untrue([ADDED, EDITED], [EDITED], sdk_read={"CH1"}))


def test_what_was_missed_may_be_merged_by_whom_missed_it_only() -> None:
    merged = event("messageAdded", body="edited")
    assert list(untrue([merged], [ADDED, EDITED], sdk_missed=True)) == []
    assert list(untrue([ADDED, EDITED], [merged], ours_missed=True)) == []
    assert list(untrue([merged], [ADDED, EDITED]))
    assert list(untrue([merged], [ADDED, EDITED], ours_missed=True))
    assert list(untrue([ADDED], [ADDED, EDITED], sdk_missed=True))


def test_what_was_missed_excuses_no_wrong_reasons() -> None:
    wrong = event("messageUpdated", body="edited", reasons=["attributes"])
    assert list(untrue([ADDED, EDITED], [ADDED, wrong], sdk_missed=True))


def test_typing_may_end_earlier_with_us() -> None:
    started, ended = typing("typingStarted"), typing("typingEnded", ended="left")
    assert list(untrue([started], [started, ended])) == []
    assert list(untrue([started], [started, typing("typingEnded", ended="message")]))
