"""How files are called."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxconvo.server.media.names import disposition_of, tidy_name


@given(st.text(max_size=300))
def test_a_tidy_name_names_a_file_of_its_directory(name: str) -> None:
    tidy = tidy_name(name)
    if tidy is not None:
        assert tidy not in {"", ".", ".."}
        assert not set("/\\\0\r\n\u202e") & set(tidy)
        assert tidy_name(tidy) == tidy


@given(st.text(max_size=300))
def test_a_disposition_is_one_line_and_says_attachment(name: str) -> None:
    disposition = disposition_of(tidy_name(name))
    assert disposition.startswith("attachment")
    assert disposition.isascii()
    assert disposition.isprintable()
    assert disposition.count('"') in {0, 2}


@pytest.mark.parametrize("name", ["a.txt", "a b;c=d.txt", 'q"uote', "naïve 😀.png", "100%.txt", "a'b"])
def test_a_disposition_has_the_name(name: str) -> None:
    extended = disposition_of(name).partition("filename*=UTF-8''")[2]
    assert unquote(extended) == name
    assert not set(extended) & set("\"'();, ")


def test_without_a_name_there_is_none() -> None:
    assert disposition_of(None) == "attachment"


def test_old_browsers_get_something_like_the_name() -> None:
    assert disposition_of('né".txt').startswith('attachment; filename="n__.txt"; ')
