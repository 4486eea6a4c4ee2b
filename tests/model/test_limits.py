"""Each limit: what is just within passes, what is just beyond is refused by name, and nothing secret is shown."""

from __future__ import annotations

from collections import UserDict, UserList, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from rxconvo.errors import ArgumentError
from rxconvo.model import limits

Check = Callable[[Any], object]

TEXTS: list[tuple[Check, str, int]] = [
    (limits.check_identity, "identity", 256),
    (limits.check_friendly_name, "friendly_name", 256),
    (limits.check_unique_name, "unique_name", 256),
    (limits.check_subject, "subject", 256),
]
"""What is counted in characters."""

ATTRIBUTES: list[tuple[Callable[[Any], str], int]] = [
    (limits.conversation_attributes_text, 16 * 1024),
    (limits.message_attributes_text, 4 * 1024),
    (limits.participant_attributes_text, 4 * 1024),
    (limits.user_attributes_text, 4 * 1024),
]

NO_TEXTS = [7, b"ada", True, ["ada"], {}]


def refusal(check: Check, value: object) -> ArgumentError:
    with pytest.raises(ArgumentError) as caught:
        check(value)
    return caught.value


def nested(depth: int, around: Callable[[object], object]) -> object:
    value: object = around(0)
    for _ in range(depth - 1):
        value = around(value)
    return value


class TestTexts:
    @pytest.mark.parametrize("check,field,limit", TEXTS)
    def test_the_limit_counts_characters_not_bytes(self, check: Check, field: str, limit: int) -> None:
        for letter in ("a", "é", "🙂"):
            assert check(letter * limit) == letter * limit
            error = refusal(check, letter * (limit + 1))
            assert error.field == field
            assert str(limit) in error.expected

    @pytest.mark.parametrize("check,field,limit", TEXTS)
    def test_what_is_no_text_is_refused(self, check: Check, field: str, limit: int) -> None:
        for value in NO_TEXTS:
            error = refusal(check, value)
            assert (error.field, str(limit) in error.expected) == (field, True)

    @pytest.mark.parametrize("check,field,_", TEXTS)
    def test_what_is_no_utf_8_is_refused(self, check: Check, field: str, _: int) -> None:
        error = refusal(check, "\ud800")
        assert error.field == field
        assert "UTF-8" in error.expected

    def test_a_name_that_is_too_long_is_not_repeated(self) -> None:
        assert str(refusal(limits.check_friendly_name, "a" * 300)) == (
            "friendly_name must be a string of at most 256 characters, not 300 characters"
        )

    def test_only_some_may_be_empty(self) -> None:
        assert limits.check_friendly_name("") == limits.check_unique_name("") == ""
        for check in (limits.check_identity, limits.check_subject):
            assert "1 to 256" in refusal(check, "").expected

    def test_a_unique_name_is_no_sid(self) -> None:
        assert "sid of a conversation" in refusal(limits.check_unique_name, "CH" + 32 * "0").expected
        assert limits.check_unique_name("CH" + 31 * "0") == "CH" + 31 * "0"

    def test_only_a_unique_name_may_be_none(self) -> None:
        assert limits.check_unique_name(None) is None
        for check in (limits.check_friendly_name, limits.check_identity, limits.check_subject):
            refusal(check, None)

    @pytest.mark.parametrize("character", ["\0", "\n", "\x1f", "\x7f", "\x9f"])
    def test_an_identity_has_no_control_characters(self, character: str) -> None:
        assert "control" in refusal(limits.check_identity, f"a{character}a").expected
        assert limits.check_identity("a\xa0\u2028 ä") == "a\xa0\u2028 ä"

    def test_the_field_of_an_identity_can_be_named(self) -> None:
        with pytest.raises(ArgumentError) as caught:
            limits.check_identity("", field="author")
        assert caught.value.field == "author"


class TestKey:
    def test_a_key_is_any_text_but_an_empty_one_or_one_longer_than_names(self) -> None:
        assert limits.check_key("sid", "CH1") == "CH1"
        assert len(limits.check_key("sid", "é" * 256)) == 256
        for value in ("", "é" * 257, None, *NO_TEXTS, "\ud800"):
            error = refusal(lambda key: limits.check_key("sid", key), value)
            assert error.field == "sid"

    def test_the_id_of_a_device_may_be_longer(self) -> None:
        assert len(limits.check_registration_id("x" * 4096)) == 4096
        for value in ("", "x" * 4097, None, *NO_TEXTS):
            assert refusal(limits.check_registration_id, value).field == "registration_id"

    def test_what_was_given_may_be_secret_and_is_not_shown(self) -> None:
        assert "hush" not in str(refusal(lambda key: limits.check_key("token", key), [b"hush"]))


class TestBody:
    def test_the_limit_counts_bytes(self) -> None:
        for text in ("a" * 32 * 1024, "é" * 16 * 1024, "🙂" * 8 * 1024, ""):
            assert limits.check_body(text) is text
            error = refusal(limits.check_body, f"{text}{'a' * 32 * 1024}a")
            assert (error.field, error.expected) == ("body", "at most 32768 bytes of UTF-8")
        assert str(refusal(limits.check_body, "é" * 16 * 1024 + "a")).endswith("not 32769 bytes")

    @pytest.mark.parametrize("value", [*NO_TEXTS, None, "\ud800"])
    def test_what_is_no_text_is_refused(self, value: object) -> None:
        assert refusal(limits.check_body, value).field == "body"


class TestNumbers:
    @pytest.mark.parametrize("value", [0, 7, 2**53])
    def test_an_index_is_not_negative_and_exact(self, value: int) -> None:
        assert limits.check_index(value) == value
        assert limits.check_index(value, optional=True) == value

    @pytest.mark.parametrize("value", [-1, 2**53 + 1, 2**70, 1.0, True, "1", [1]])
    def test_all_others_are_refused(self, value: object) -> None:
        error = refusal(limits.check_index, value)
        assert (error.field, error.expected) == ("index", "an integer from 0 to 9007199254740992")
        with pytest.raises(ArgumentError, match=r"anchor must be .* or None"):
            limits.check_index(value, field="anchor", optional=True)

    def test_none_is_one_only_where_it_is_optional(self) -> None:
        assert limits.check_index(None, optional=True) is None
        refusal(limits.check_index, None)

    @pytest.mark.parametrize("value", [1, 30, 100])
    def test_a_page_has_1_to_100_items(self, value: int) -> None:
        assert limits.check_page_size(value) == value

    @pytest.mark.parametrize("value", [0, -1, 101, 1.0, True, "30", None])
    def test_other_sizes_are_refused(self, value: object) -> None:
        error = refusal(limits.check_page_size, value)
        assert (error.field, error.expected) == ("page_size", "an integer from 1 to 100")


@pytest.mark.parametrize(
    "check,field,choices",
    [
        (limits.check_access, "access", ("private", "public")),
        (limits.check_notification_level, "level", ("default", "muted")),
    ],
)
def test_choices_name_all_that_can_be_chosen(check: Check, field: str, choices: tuple[str, str]) -> None:
    for choice in choices:
        assert check(choice) == choice
    others: tuple[object, ...] = ("", "Private", "mute", None, 1, [])
    for value in others:
        error = refusal(check, value)
        assert (error.field, error.expected) == (field, f'"{choices[0]}" or "{choices[1]}"')


@dataclass
class Point:
    x: int = 1


class Odd(Mapping[str, int]):
    """A mapping that is no dict."""

    def __getitem__(self, key: str) -> int:
        return {"a": 1}[key]

    def __iter__(self) -> Iterator[str]:
        return iter(("a",))

    def __len__(self) -> int:
        return 1


class TestAttributes:
    @pytest.mark.parametrize("write,limit", ATTRIBUTES)
    def test_the_limit_counts_bytes_of_the_text(self, write: Callable[[Any], str], limit: int) -> None:
        assert len(write("a" * (limit - 2))) == limit
        assert len(write("é" * (limit // 2 - 1)).encode()) == limit
        for value in ("a" * (limit - 1), "é" * (limit // 2), list(range(limit))):
            error = refusal(write, value)
            assert (error.field, error.expected) == ("attributes", f"at most {limit} bytes of UTF-8")

    @pytest.mark.parametrize(
        "value,same",
        [
            ({"a": [1, 2.5, None, True]}, {"a": [1, 2.5, None, True]}),
            ([], []),
            ("text", "text"),
            (0, 0),
            (None, None),
            ((1, (2,)), [1, [2]]),
            (Odd(), {"a": 1}),
            ({"inner": UserDict({"b": UserList([deque([1])])})}, {"inner": {"b": [[1]]}}),
            (range(3), [0, 1, 2]),
        ],
    )
    def test_any_json_value_and_any_mapping_or_sequence_can_be_written(self, value: object, same: object) -> None:
        assert orjson.loads(limits.message_attributes_text(value)) == same

    def test_what_is_missing_is_named(self) -> None:
        with pytest.raises(ArgumentError) as caught:
            limits.attributes_json({1, 2}, limit=100, field="meta")
        assert caught.value.field == "meta"
        assert "JSON" in caught.value.expected

    @pytest.mark.parametrize(
        "value",
        [
            {1, 2},
            b"bytes",
            {"a": bytearray(b"bytes")},
            memoryview(b"bytes"),
            {1: "a"},
            {"a": object()},
            Point(),
            datetime(2026, 1, 31, tzinfo=UTC),
            "\ud800",
            {"\ud800": 1},
            2**70,
            float("nan"),
            {"a": [float("inf")]},
            {"a": UserList([float("-inf"), None])},
        ],
    )
    def test_what_json_cannot_say_is_refused(self, value: object) -> None:
        for write, _ in ATTRIBUTES:
            assert refusal(write, value).field == "attributes"

    def test_what_holds_itself_is_refused(self) -> None:
        circle: list[object] = []
        circle.append(circle)
        odd: UserDict[str, object] = UserDict()
        odd["self"] = odd
        for value in (circle, odd):
            assert refusal(limits.message_attributes_text, value).field == "attributes"

    @pytest.mark.parametrize("depth", [limits.MAX_DEPTH + 1, 200, 2000, 100_000])
    @pytest.mark.parametrize("around", [lambda inner: [inner], lambda inner: {"in": inner}])
    def test_deep_nesting_is_refused(self, depth: int, around: Callable[[object], object]) -> None:
        assert refusal(limits.conversation_attributes_text, nested(depth, around)).field == "attributes"

    @pytest.mark.parametrize("around", [lambda inner: [inner], lambda inner: {"in": inner}])
    def test_nesting_up_to_the_limit_is_fine(self, around: Callable[[object], object]) -> None:
        limits.message_attributes_text(nested(limits.MAX_DEPTH, around))
        limits.message_attributes_text([[]] * 100)
