"""Roles from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import rxconvo.server.roles_file
from rxconvo.errors import ArgumentError
from rxconvo.server import Relation, Right, Roles, ServerOptions, load_roles
from rxconvo.server.roles import DEFAULT_RIGHTS

if TYPE_CHECKING:
    from tests.server.conftest import World


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "roles.toml"


def test_an_empty_file_changes_nothing(path: Path) -> None:
    path.write_text("", encoding="utf-8")
    assert load_roles(path) == Roles()


def test_what_it_names_is_all_there_is(path: Path) -> None:
    path.write_text(
        'may_create = false\nmay_edit_any_user = true\n[rights]\nmember = ["look_up", "read"]\nvisitor = []\n',
        encoding="utf-8",
    )
    roles = load_roles(path)
    assert (roles.may_create, roles.may_edit_any_user) == (False, True)
    assert roles.rights == {
        Relation.MEMBER: {Right.LOOK_UP, Right.READ},
        Relation.CREATOR: DEFAULT_RIGHTS[Relation.CREATOR],
        Relation.VISITOR: frozenset(),
    }


def test_the_documentation_names_all_there_is() -> None:
    told = rxconvo.server.roles_file.__doc__ or ""
    assert all(f"`{right.name.lower()}`" in told for right in Right)
    assert all(f"`{relation.value}`" in told for relation in Relation)
    example = "\n".join(line[4:] for line in told.splitlines() if line.startswith("    "))
    assert "[rights]" in example


def test_the_example_of_the_documentation_works(path: Path) -> None:
    told = rxconvo.server.roles_file.__doc__ or ""
    path.write_text("\n".join(line for line in told.splitlines() if line.startswith("    ")), encoding="utf-8")
    assert Right.SEND_MESSAGE in load_roles(path).rights[Relation.MEMBER]


@pytest.mark.parametrize(
    "text, named",
    [
        ("may_create = 1", "may_create must be true or false"),
        ('may_edit_any_user = "no"', "may_edit_any_user"),
        ("may_fly = true", "may_fly must be absent"),
        ("rights = 7", "rights must be a table"),
        ("[rights]\nowner = []", "rights.owner must be absent"),
        ("[rights]\nmember = 7", "rights.member must be an array"),
        ('[rights]\nmember = ["read", "fly"]', "rights.member[1] must be one of look_up"),
        ("[rights]\nmember = [7]", "rights.member[0]"),
        ("rights", "must be TOML"),
    ],
)
def test_what_is_wrong_is_named(path: Path, text: str, named: str) -> None:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ArgumentError) as caught:
        load_roles(path)
    assert named in str(caught.value)


def test_what_cannot_be_read_is_an_error(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_roles(path)
    path.write_bytes(b"\xff")
    with pytest.raises(ArgumentError, match="TOML"):
        load_roles(path)


@pytest.mark.parametrize("options", [ServerOptions(roles=Roles(rights={Relation.CREATOR: frozenset(Right)}))])
async def test_a_service_goes_by_them(world: World) -> None:
    ada, bob = await world.peer("ada"), await world.peer("bob")
    sid = await world.create(ada)
    await world.join(ada, sid)
    await world.join(ada, sid, "bob")
    assert (await ada.request("POST", world.path(sid, "Messages"), {"body": "x"})).status == 201
    assert (await bob.get(world.path(sid))).status == 404
