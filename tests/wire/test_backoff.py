from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxconvo.wire.backoff import read_backoff, write_backoff


@pytest.mark.parametrize(
    "payload, seconds",
    [
        (b'{"backoff_policy": {"reconnect_min_ms": 1000, "reconnect_max_ms": 5000}}', 1.0),
        (b'{"backoff_policy": {"reconnect_min_ms": 0}}', 0.0),
        (b'{"backoff_policy": {"reconnect_min_ms": 12.5, "reconnect_max_ms": "x"}, "more": []}', 0.0125),
        (b'{"backoff_policy": {"reconnect_min_ms": 1e300}}', 86400.0),
        (b'{"backoff_policy": {"reconnect_min_ms": -1}}', None),
        (b'{"backoff_policy": {"reconnect_min_ms": null}}', None),
        (b'{"backoff_policy": {"reconnect_min_ms": "1000"}}', None),
        (b'{"backoff_policy": {"reconnect_min_ms": 1e400}}', None),
        (b'{"backoff_policy": {"reconnect_min_ms": NaN}}', None),
        (b'{"backoff_policy": {"reconnect_min_ms": %b}}' % (b"9" * 5000), None),
        (b'{"backoff_policy": {}}', None),
        (b'{"backoff_policy": 5}', None),
        (b"{}", None),
        (b"[]", None),
        (b"", None),
        (b"\xff", None),
        (b'{"x":' + b"[" * 100_000, None),
    ],
    ids=lambda value: None if not isinstance(value, bytes) else value[:40].decode(errors="replace"),
)
def test_the_delay_is_read_where_it_is_given(payload: bytes, seconds: float | None) -> None:
    assert read_backoff(payload) == seconds


def test_the_payload_is_what_the_reference_shows() -> None:
    assert write_backoff(1.0) == b'{"backoff_policy":{"reconnect_min_ms":1000,"reconnect_max_ms":5000}}'


@given(st.floats(0, 86400))
def test_what_is_written_is_read(seconds: float) -> None:
    read = read_backoff(write_backoff(seconds))
    assert read == pytest.approx(seconds, abs=0.0005)


@given(st.binary(max_size=80))
def test_no_bytes_raise(payload: bytes) -> None:
    assert read_backoff(payload) is None
