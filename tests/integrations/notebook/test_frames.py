"""Data frames: the same typed columns however many rows there are."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd  # type: ignore[import-untyped]
import polars as pl
import pytest
import reactivex as rx
from reactivex import operators as ops

import rxconvo
from rxconvo import (
    Append,
    Conversation,
    ConversationState,
    DiffBatch,
    Discontinuity,
    Message,
    MessageAdded,
    MessageRemoved,
    MessageUpdated,
    Paginator,
    Participant,
    Remove,
    Reset,
    ResponseSample,
    Service,
    Session,
    SlaState,
    TypingEnded,
    TypingStarted,
    User,
    UserUpdated,
)
from rxconvo.errors import ArgumentError, MissingExtraError, RxconvoError
from rxconvo.integrations.notebook import Backend, to_frame
from rxconvo.model import Home, Topic

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
BACKENDS = pytest.mark.parametrize("backend", ["pandas", "polars"])


def message(index: int, body: str = "pizza?") -> Message[Any]:
    home: Home[Any] = Home("CH1")
    return Message(
        f"IM{index}",
        index,
        "ada",
        body,
        attributes_json='{"a":1}',
        date_created_iso="2026-01-31T12:00:00.000Z",
        home=home,
    )


def rows(frame: Any) -> list[dict[str, Any]]:
    if isinstance(frame, pl.DataFrame):
        return frame.to_dicts()
    return [
        {name: None if pd.isna(value) else value for name, value in row.items()} for row in frame.to_dict("records")
    ]


def dtypes(frame: Any) -> dict[str, str]:
    if isinstance(frame, pl.DataFrame):
        return {name: str(dtype) for name, dtype in frame.schema.items()}
    return {name: str(dtype) for name, dtype in frame.dtypes.items()}


@BACKENDS
def test_messages(backend: Backend) -> None:
    frame = to_frame([message(0), message(3, "<b>")], backend=backend)
    first, second = rows(frame)
    assert list(first) == [
        *("index", "sid", "author", "body", "subject", "type", "date_created", "date_updated", "last_updated_by"),
        *("participant_sid", "content_sid", "attributes", "media", "conversation_sid"),
    ]
    assert (first["index"], first["body"], first["subject"], first["media"]) == (0, "pizza?", None, 0)
    assert (second["index"], second["body"], second["attributes"]) == (3, "<b>", '{"a":1}')
    assert first["date_created"] == NOON
    assert first["conversation_sid"] == "CH1"


@pytest.mark.parametrize(
    "kind",
    [
        *(Message, Participant, User, Conversation, ConversationState, ResponseSample, Session, SlaState),
        *(MessageAdded, rxconvo.ParticipantLeft, TypingEnded, rxconvo.ConversationLeft, UserUpdated),
        *(rxconvo.Media, rxconvo.StreamReport),
    ],
)
@BACKENDS
def test_no_values_give_the_right_columns(kind: type[Any], backend: Backend) -> None:
    frame = to_frame([], of=kind, backend=backend)
    assert len(frame) == 0
    kinds = set(dtypes(frame).values())
    pandas = {"string", "Int64", "float64", "boolean", "datetime64[us, UTC]"}
    polars = {"String", "Int64", "Float64", "Boolean", "Datetime(time_unit='us', time_zone='UTC')"}
    assert kinds <= (pandas if backend == "pandas" else polars)
    assert len(dtypes(frame)) >= 3


@BACKENDS
def test_columns_do_not_depend_on_the_rows(backend: Backend) -> None:
    empty, full = to_frame([], of=Message, backend=backend), to_frame([message(0)], backend=backend)
    assert dtypes(empty) == dtypes(full)
    if backend == "pandas":
        assert dtypes(empty)["index"] == "Int64"
        assert dtypes(empty)["date_created"] == "datetime64[us, UTC]"
    else:
        assert full.schema["date_created"] == pl.Datetime("us", "UTC")


def test_nothing_at_all_has_no_columns() -> None:
    assert to_frame([]).shape == (0, 0)


@pytest.mark.parametrize(
    "values",
    [
        [message(1)],
        (message(1),),
        (each for each in [message(1)]),
        Paginator([message(1)]),
        DiffBatch((Reset((message(0),)), Append((message(1),)), Remove(0))),
    ],
)
def test_where_values_come_from(values: Any) -> None:
    assert [row["index"] for row in rows(to_frame(values))] == [1]


def test_events() -> None:
    home: Home[Any] = Home("CH1")
    events = [
        MessageAdded(message(0)),
        MessageUpdated(message(0), message(0, "sushi"), ("body", "dateUpdated")),
        MessageRemoved(None, 7, home),
        Discontinuity(Topic.MESSAGES, "CH1", "the history is another one"),
    ]
    frame = rows(to_frame(events))
    assert [row["event"] for row in frame] == ["MessageAdded", "MessageUpdated", "MessageRemoved", "Discontinuity"]
    assert [row["reason"] for row in frame] == [None, "body, dateUpdated", None, "the history is another one"]
    assert [row["index"] for row in frame] == [0, 0, 7, None]
    assert [row["body"] for row in frame] == ["pizza?", "sushi", None, None]
    assert {row["conversation_sid"] for row in frame} == {"CH1"}
    participant: Participant[Any] = Participant("MB1", "ada", home=home)
    typing = rows(to_frame([TypingStarted(participant), TypingEnded(participant, "expired")]))
    assert [(row["event"], row["identity"], row["reason"]) for row in typing] == [
        ("TypingStarted", "ada", None),
        ("TypingEnded", "ada", "expired"),
    ]


@BACKENDS
async def test_values_with_their_times(backend: Backend) -> None:
    stamped = await rx.of(*map(message, range(3))).pipe(ops.timestamp(), ops.to_list())
    frame = to_frame(stamped, backend=backend)
    assert [row["index"] for row in rows(frame)] == [0, 1, 2]
    assert rows(frame)[0]["at"].utcoffset() == timedelta(0)


def test_what_a_desk_looks_at() -> None:
    later = NOON + timedelta(seconds=90)
    (sample,) = rows(to_frame([ResponseSample("CH1", message(0), message(1, "sushi"), NOON, later)]))
    assert sample == {
        "key": "CH1",
        "asked_at": NOON,
        "answered_at": later,
        "seconds": 90.0,
        "question": "pizza?",
        "answer": "sushi",
    }
    (session,) = rows(to_frame([Session("CH1", NOON, later, (), 3, open=True)]))
    assert session == {"key": "CH1", "start": NOON, "end": later, "seconds": 90.0, "count": 3, "open": True}


async def test_handles() -> None:
    async with Service() as service, service.client("ada") as ada:
        lunch = await ada.create_conversation(friendly_name="lunch")
        await lunch.join()
        await lunch.send_message("pizza?")
        (row,) = rows(to_frame((await ada.get_subscribed_conversations()).items))
        assert (row["friendly_name"], row["status"], row["created_by"]) == ("lunch", "joined", "ada")
        assert row == rows(to_frame([lunch.snapshot]))[0]
        assert [row["name"] for row in rows(to_frame(ada.inspect()))] == [report.name for report in ada.inspect()]


@pytest.mark.parametrize(
    "values, options, field",
    [
        (3, {}, "values"),
        ("text", {}, "values"),
        ([3], {}, "values"),
        ([message(0), User("ada")], {}, "values"),
        ([message(0)], {"of": User}, "values"),
        ([], {"of": int}, "values"),
        ([], {"backend": "numpy"}, "backend"),
    ],
)
def test_bad_arguments(values: Any, options: dict[str, Any], field: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        to_frame(values, **options)
    assert raised.value.field == field


@pytest.mark.parametrize(
    "backend, kind, told",
    [("pandas", MissingExtraError, r"rxconvo\[notebook\]"), ("polars", RxconvoError, "pip install polars")],
)
def test_without_the_library(
    backend: Backend, kind: type[Exception], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, backend, None)
    with pytest.raises(kind, match=told) as raised:
        to_frame([message(0)], backend=backend)
    assert "\n" not in str(raised.value)


def test_importing_loads_nothing_optional() -> None:
    program = (
        "import sys, rxconvo.integrations.notebook\n"
        "print({'IPython', 'altair', 'anywidget', 'ipywidgets', 'pandas', 'polars', 'traitlets'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)  # noqa: S603 - ours
    assert ran.stdout == "set()\n"
