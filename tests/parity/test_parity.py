"""The table of parity is complete and true to what can be checked; docs/parity.md is what it renders to."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.parity import sdk
from tests.parity.declarations import members
from tests.parity.document import MIXED, PLACE, render
from tests.parity.table import NONE, ROOT, VERDICTS, Row, find, listed, rows, sources_of
from tests.surface.stage import constants, public
from tests.surface.test_members import CALLED_BY, CLASSES, LISTENED_TO

TABLE = rows()
EVERY_MEMBER = "tests/surface/test_members.py::test_every_member_does_what_it_is_for"
"""The test that knows of each public member and each event of its classes that it was used."""

USED = (
    {owner.__name__ for owner in CLASSES}
    | {member for owner in CLASSES for member in public(owner)}
    | {f"{owner.__name__}.{name}" for owner in LISTENED_TO for name in constants(owner)}
) - CALLED_BY.keys()


def spoken_of(row: Row) -> bool:
    """Tell whether the test of a row speaks of what the row is about, itself or in what its module gives it."""
    if row.test == EVERY_MEMBER:
        return row.ours in USED
    path, _, _ = row.test.partition("::")
    word = row.ours.rpartition(".")[2]
    helpers = [path, *(str(one.relative_to(ROOT)) for one in (ROOT / path).parent.glob("scripts.py"))]
    return any(word in (ROOT / one).read_text(encoding="utf-8") for one in helpers)


def test_each_member_of_the_sdk_has_its_row() -> None:
    assert Counter(row.sdk for row in TABLE) == Counter(listed())


@pytest.mark.node
def test_the_list_of_members_is_that_of_the_sdk() -> None:
    if reason := sdk.missing():
        pytest.skip(reason)
    read = sdk.read(sdk.DECLARATIONS.read_text(encoding="utf-8"))
    nodes = ("EventEmitter", "events")  # a later Node may have more
    assert set(listed()) <= set(read)
    assert {name for name in read if name.partition(".")[0] not in nodes} <= set(listed())


def test_no_cell_is_empty_and_each_verdict_is_one() -> None:
    assert [row for row in TABLE if not all(cell.strip() for cell in row) or row.verdict not in VERDICTS] == []


@pytest.mark.parametrize("ours", sorted({row.ours for row in TABLE} - {NONE}))
def test_each_name_of_ours_can_be_found(ours: str) -> None:
    assert find(ours) is not None


def test_a_name_that_is_none_is_not_found() -> None:
    with pytest.raises((AttributeError, ImportError)):
        find("Conversation.swallow_messages")


def test_what_has_no_counterpart_is_so_deliberately_and_all_else_has_a_test() -> None:
    without = [row for row in TABLE if row.ours == NONE]
    assert {row.verdict for row in without} == {"deliberately different"}
    assert [row for row in TABLE if (row.ours == NONE) is not (row.test == NONE)] == []


@pytest.mark.parametrize("test", sorted({row.test for row in TABLE} - {NONE} | {MIXED}))
def test_each_test_exists(test: str) -> None:
    path, _, name = test.partition("::")
    assert name in sources_of(path)


def test_each_test_speaks_of_its_member() -> None:
    assert [row for row in TABLE if row.test != NONE and not spoken_of(row)] == []


def test_the_document_is_what_the_table_renders_to() -> None:
    assert PLACE.read_text(encoding="utf-8") == render(), "python -m tests.parity"


class TestReading:
    """What is read from declarations."""

    DECLARATIONS = """\
import { Gone } from "elsewhere";
interface Services {
    hidden: string;
}
type Kind = "a" | "b";
declare class Thing$0 extends ReplayEventEmitter<Events> {
    private secret;
    /**
     * @internal
     */
    constructor(data: string);
    /**
     * Fired when it changes.
     */
    static readonly changed = "changed";
    get name(): string;
    set name(value: string);
    _update(): void;
    static make(options?: {
        deep: boolean;
    }): Thing;
    list<T>(of: T): T[];
}
type Options = {
    readonly size?: number;
};
export { Thing$0 as Thing, Kind, Options, Gone };
"""

    def test_only_what_is_exported_and_public(self) -> None:
        assert members(self.DECLARATIONS) == [
            "Kind",
            "Thing",
            "Thing.changed",
            "Thing.name",
            "Thing.make",
            "Thing.list",
            "Thing.(emitter)",
            "Options",
            "Options.size",
            "Gone",
        ]
