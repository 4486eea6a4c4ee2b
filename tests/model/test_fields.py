"""JSON and dates that are kept as they came."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxconvo.model.fields import attributes_text, parse_date, parse_json, same_instant, same_json
from rxconvo.types import JSON

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
DEEP = "[" * 100_000 + "]" * 100_000
VALUES: st.SearchStrategy[JSON] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text("aé0 "),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=8,
)


class TestJSON:
    @pytest.mark.parametrize("value", [{"a": [1, 2.5, None]}, [], "text", "", 0, False, True, None])
    def test_any_value_is_read(self, value: JSON) -> None:
        assert parse_json(orjson.dumps(value).decode()) == value

    @pytest.mark.parametrize("text", ["", "{", "{'a':1}", "NaN", "1e999", '"\\ud800"', "{} {}", DEEP])
    def test_what_is_malformed_counts_as_empty(self, text: str) -> None:
        assert parse_json(text) == {}

    def test_each_reader_gets_its_own(self) -> None:
        one, other = parse_json('{"a":[]}'), parse_json('{"a":[]}')
        assert one == other
        assert one is not other


class TestAttributesText:
    @pytest.mark.parametrize("text", ["{}", '{"a": 1}', "null", "malformed", ""])
    def test_text_is_kept_as_it_came(self, text: str) -> None:
        assert attributes_text(text) is text

    @pytest.mark.parametrize("value", [{"a": {"b": [1, None]}}, {}, [], [0], 0, 0.0, False, True, 7])
    def test_a_value_in_its_place_is_written_as_text(self, value: JSON) -> None:
        assert parse_json(attributes_text(value)) == value
        assert type(parse_json(attributes_text(value))) is type(value)

    def test_absent_ones_count_as_empty(self) -> None:
        assert attributes_text(None) == "{}"

    def test_so_do_those_that_cannot_be_written_again(self) -> None:
        value: JSON = []
        for _ in range(600):
            value = [value]
        assert attributes_text(value) == "{}"


class TestSameJSON:
    @pytest.mark.parametrize(
        "one,other",
        [
            ('{"a":1,"b":2}', ' { "b" : 2, "a" : 1 } '),
            ('{"a":[1,{"b":null}]}', '{"a": [1, {"b": null}]}'),
            ("1", "1.0"),
            ("malformed", "{}"),
            ("", "{}"),
            ('"\\u0061"', '"a"'),
        ],
    )
    def test_texts_that_mean_the_same(self, one: str, other: str) -> None:
        assert same_json(one, other)
        assert same_json(other, one)

    @pytest.mark.parametrize(
        "one,other",
        [
            ('{"a":1}', '{"a":2}'),
            ('{"a":1}', '{"a":1,"b":null}'),
            ("[1,2]", "[2,1]"),
            ("[1]", "[1,1]"),
            ("true", "1"),
            ('{"a":false}', '{"a":0}'),
            ("null", "{}"),
            ("[]", "{}"),
            ('"1"', "1"),
        ],
    )
    def test_texts_that_do_not(self, one: str, other: str) -> None:
        assert not same_json(one, other)
        assert not same_json(other, one)

    def test_deep_nesting_needs_no_deep_stack(self) -> None:
        deep = "[" * 900 + "1" + "]" * 900
        assert same_json(deep, f" {deep}")
        assert not same_json(deep, deep.replace("1", "2"))
        assert same_json(DEEP, "{}")  # too deep to be read

    @given(one=VALUES, other=VALUES)
    def test_it_is_equality_of_what_is_written(self, one: JSON, other: JSON) -> None:
        def canonical(value: JSON) -> JSON:
            return orjson.dumps(_plain(value), option=orjson.OPT_SORT_KEYS).decode()

        texts = orjson.dumps(one).decode(), orjson.dumps(other).decode()
        assert same_json(*texts) is (canonical(one) == canonical(other))
        assert same_json(texts[0], orjson.dumps(one, option=orjson.OPT_INDENT_2).decode())


def _plain(value: JSON) -> JSON:
    """Write each number in one way."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and value.is_integer() and abs(value) <= 2**63:
        return int(value)
    return value


class TestDates:
    @pytest.mark.parametrize(
        "text",
        [
            "2026-01-31T12:00:00.000Z",
            "2026-01-31T12:00:00Z",
            "2026-01-31T12:00:00",
            "2026-01-31T13:30:00+01:30",
            "2026-01-31T12:00:00.000000+00:00",
            "20260131T120000Z",
        ],
    )
    def test_each_way_of_writing_gives_the_same_aware_date(self, text: str) -> None:
        date = parse_date(text)
        assert date == NOON
        assert date is not None
        assert date.tzinfo is UTC

    def test_a_day_is_its_beginning(self) -> None:
        assert parse_date("2026-01-31") == datetime(2026, 1, 31, tzinfo=UTC)

    @pytest.mark.parametrize("text", [None, "", "soon", "2026-13-01", "0001-01-01T00:00:00+23:59", "1769860800000"])
    def test_what_is_no_date_counts_as_none(self, text: str | None) -> None:
        assert parse_date(text) is None

    @pytest.mark.parametrize(
        "one,other,same",
        [
            (None, None, True),
            ("2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00.000Z", True),
            ("2026-01-31T12:00:00.000Z", "2026-01-31T13:00:00+01:00", True),
            ("2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00Z", True),
            ("soon", None, True),
            ("2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00.001Z", False),
            ("2026-01-31T12:00:00.000Z", "2026-01-31T12:00:01Z", False),
            ("2026-01-31T12:00:00.000Z", None, False),
        ],
    )
    def test_dates_are_compared_as_instants(self, one: str | None, other: str | None, same: bool) -> None:
        assert same_instant(one, other) is same
        assert same_instant(other, one) is same
