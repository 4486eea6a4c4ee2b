"""Data frames of values: typed columns, the same ones however many rows there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, Final, Literal, TypeAlias, cast

from reactivex.operators._timestamp import Timestamp  # which has no public name

from rxconvo.errors import ArgumentError, MissingExtraError, RxconvoError
from rxconvo.integrations.notebook.screen import is_batch
from rxconvo.integrations.notebook.tables import Column, Dtype, Table, table_of
from rxconvo.model import DiffBatch
from rxconvo.model.diffs import apply
from rxconvo.operators._arguments import check_choice, check_iterable
from rxconvo.streams import Paginator

__all__ = ["Backend", "to_frame"]

Backend: TypeAlias = Literal["pandas", "polars"]
"""The library that a data frame is of."""

_PANDAS: Final[Mapping[Dtype, str]] = {
    "text": "string",
    "integer": "Int64",
    "number": "float64",
    "flag": "boolean",
    "time": "datetime64[us, UTC]",
}


def _date(stamped: Timestamp[Any]) -> datetime:
    """Return an aware date: those of reactivex are UTC, and some of its schedulers do not say so."""
    date = stamped.timestamp
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date


_AT: Final = Column("at", "time", _date)


def to_frame(
    values: Iterable[Any] | Paginator[Any] | DiffBatch[Any],
    *,
    of: type[Any] | None = None,
    backend: Backend = "pandas",
) -> Any:
    """Make a data frame of values: one row each.

    Example:
        from rxconvo import Message
        from rxconvo.integrations.notebook import to_frame

        messages = [Message("IM1", 0, "ada", "pizza?"), Message("IM2", 1, "bob", "sushi!")]
        frame = to_frame(messages)
        print(frame[["index", "author", "body"]].to_string(index=False))
        # ->  index author   body
        # ->      0    ada pizza?
        # ->      1    bob sushi!
        print(len(to_frame([], of=Message)), "messages")  # -> 0 messages

    Args:
        values: Values of one kind: messages, participants, users, conversations, what a desk looks at, or events of one
            stream. They may be a page, a list that was collected from a stream, or a batch of diffs that begins with a
            `Reset`. Those that `ops.timestamp()` has made get a column `at`.
        of: Their class, which also says the columns where there are no values.
        backend: Whose data frame it is to be.

    Returns:
        A `pandas.DataFrame` or a `polars.DataFrame`. Dates are UTC, integers and flags may be absent, the application's
        own data are JSON text. Events have their name in `event`, and the columns of what they are about. Without
        values and without *of* it has no columns.

    Raises:
        ArgumentError: *values* are none that can be put in one table.
        MissingExtraError: pandas is not installed.
        RxconvoError: polars, which no extra brings, is not installed.
    """
    check_choice("backend", backend, ("pandas", "polars"))
    make = _MAKERS[backend]()
    rows = _rows(values)
    stamped = bool(rows) and all(map(_is_stamped, rows))
    plain = [row.value for row in rows] if stamped else rows
    columns = _table(plain, of)
    cells: dict[Column, list[Any]] = {
        column: [None if value is None else column.get(value) for value in plain] for column in columns
    }
    if stamped:
        cells = {_AT: [_AT.get(row) for row in rows], **cells}
    return make(cells)


def _rows(values: Any) -> list[Any]:
    if isinstance(values, Paginator):
        return list(cast("Paginator[object]", values).items)
    if is_batch(values):
        return list(apply((), values))
    check_iterable("values", values, "values, a page of them, or a batch of diffs")
    return list(cast("Iterable[Any]", values))


def _is_stamped(value: object) -> bool:
    return isinstance(value, Timestamp)


def _table(rows: Sequence[Any], of: type[Any] | None) -> Table:
    """Return the columns for values.

    Raises:
        ArgumentError: They are of several kinds, or of one that is not known.
    """
    found_kinds: Iterable[type[Any]] = map(type, rows)
    kinds = list(dict.fromkeys(found_kinds if of is None else (of, *found_kinds)))
    tables = [table_of(kind) for kind in kinds]
    for kind, found in zip(kinds, tables, strict=True):
        if not found:
            raise ArgumentError("values", "messages, participants, users, conversations, samples or events", kind)
    common = next((table for table in (tables[0] if tables else ()) if all(table in found for found in tables)), None)
    if tables and common is None:
        raise ArgumentError("values", "of one kind", sorted(kind.__name__ for kind in kinds))
    return common or ()


def _pandas() -> Callable[[dict[Column, list[Any]]], Any]:
    try:
        pandas: Any = import_module("pandas")
    except ImportError as error:
        raise MissingExtraError("notebook", "a data frame of pandas") from error
    return lambda cells: pandas.DataFrame(
        {column.name: pandas.Series(rows, dtype=_PANDAS[column.dtype]) for column, rows in cells.items()}
    )


def _polars() -> Callable[[dict[Column, list[Any]]], Any]:
    try:
        polars: Any = import_module("polars")
    except ImportError as error:
        raise RxconvoError("a data frame of polars needs polars: python -m pip install polars") from error
    kinds: dict[Dtype, Any] = {
        "text": polars.String,
        "integer": polars.Int64,
        "number": polars.Float64,
        "flag": polars.Boolean,
        "time": polars.Datetime("us", "UTC"),
    }
    return lambda cells: polars.DataFrame(
        {column.name: rows for column, rows in cells.items()},
        schema={column.name: kinds[column.dtype] for column in cells},
    )


_MAKERS: Final = {"pandas": _pandas, "polars": _polars}
