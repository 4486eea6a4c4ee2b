"""What the mutation that sends a message says, and what is not accepted to go with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rxconvo import ContentTemplateVariable, ConversationLimits, SendMediaOptions
from rxconvo.client.drafts import Draft, Part, check_attachments
from rxconvo.errors import ArgumentError

NOTE = SendMediaOptions("text/plain", "note")
PART = Part("media", NOTE, "text/plain")


@pytest.mark.parametrize(
    "draft,fields",
    [
        (Draft(body="hi", attributes_json="{}"), {"body": "hi", "attributes": "{}"}),
        (
            Draft(body="", subject="s", attributes_json='{"a":1}'),
            {"body": "", "subject": "s", "attributes": '{"a":1}'},
        ),
        (Draft(attributes_json="{}", parts=(PART,)), {"media_sids": ["ME1"], "attributes": "{}"}),
        (
            Draft(attributes_json="{}", parts=(), content_sid="HX1"),
            {"media_sids": ["ME1"], "attributes": "{}", "content_sid": "HX1", "content_variables": "{}"},
        ),
        (
            Draft(
                attributes_json="{}",
                parts=(),
                content_sid="HX1",
                content_variables=(ContentTemplateVariable("1", "a"), ContentTemplateVariable("2", "b")),
            ),
            {
                "media_sids": ["ME1"],
                "attributes": "{}",
                "content_sid": "HX1",
                "content_variables": '{"1":"a","2":"b"}',
            },
        ),
    ],
)
def test_only_what_was_given_is_said(draft: Draft, fields: dict[str, Any]) -> None:
    assert draft.fields(["ME1"]) == fields


LIMITS = ConversationLimits(
    media_attachments_count_limit=2,
    media_attachment_size_limit_in_mb=1,
    media_attachments_total_size_limit_in_mb=1.5,
)
MB = 2**20


def file_of(size: int) -> SendMediaOptions:
    return SendMediaOptions("a/b", bytes(size))


def test_files_within_the_limits_pass() -> None:
    check_attachments([], LIMITS)
    check_attachments([file_of(MB), file_of(MB // 2)], LIMITS)


@pytest.mark.parametrize(
    "files,message",
    [
        ([NOTE, NOTE, NOTE], "at most 2 files"),
        ([file_of(MB + 1)], r"at most 1 MB \(1048576 bytes\) each, not 1048577 bytes$"),
        ([file_of(MB), file_of(MB // 2 + 1)], r"at most 1.5 MB \(1572864 bytes\) together, not 1572865 bytes$"),
    ],
)
def test_files_beyond_them_are_refused(files: list[SendMediaOptions], message: str) -> None:
    with pytest.raises(ArgumentError, match=message) as raised:
        check_attachments(files, LIMITS)
    assert raised.value.field == "media"


def test_the_size_of_a_file_counts_where_it_is_known(tmp_path: Path) -> None:
    big = tmp_path / "big"
    with big.open("wb") as file:
        file.truncate(MB + 1)
    with pytest.raises(ArgumentError, match="at most 1 MB "):
        check_attachments([SendMediaOptions("a/b", big)], LIMITS)
    check_attachments([SendMediaOptions("a/b", tmp_path / "not there yet")], LIMITS)
