"""Roles from a file, for `rxconvo serve --roles roles.toml`.

The file is TOML. All of it is optional; what it does not name is as in `Roles()`:

    may_create = true           # anybody with a token may create conversations
    may_edit_any_user = false   # users may change other users' names and attributes

    [rights]                    # what each relation to a conversation allows: all of it, no more
    member = ["look_up", "read", "leave", "send_message", "type", "set_horizon"]
    creator = ["look_up", "read", "add_participant", "delete_conversation"]
    visitor = []

The relations are those of `Relation`: `member`, `creator`, and `visitor` for anybody as far as a conversation is
public; who is several of them has the rights of each. The rights are the names of `Right` in lower case: `look_up`,
`read`, `join`, `leave`, `add_participant`, `remove_participant`, `edit_participant`, `edit_conversation`,
`delete_conversation`, `send_message`, `edit_own_message`, `edit_any_message`, `remove_own_message`,
`remove_any_message`, `type`, `set_horizon`. Without `look_up` nobody sees a conversation at all, whatever other rights
there are.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rxconvo.errors import ArgumentError
from rxconvo.server.checks import is_array, is_object
from rxconvo.server.roles import DEFAULT_RIGHTS, Relation, Right, Roles

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["load_roles", "read_roles"]

_RELATIONS = {relation.value: relation for relation in Relation}
_RIGHTS = {right.name.lower(): right for right in Right}
_SWITCHES = ("may_create", "may_edit_any_user")


def load_roles(path: Path) -> Roles:
    """Read roles from a file.

    Args:
        path: The file.

    Raises:
        ArgumentError: It is no TOML, or says what there is not; the error names the key.
        OSError: It cannot be read.
    """
    try:
        table = tomllib.loads(path.read_bytes().decode())
    except ValueError as error:
        raise ArgumentError(str(path), f"TOML ({error})") from None
    return read_roles(table)


def read_roles(table: Mapping[str, object]) -> Roles:
    """Read roles from what such a file holds.

    Args:
        table: Its keys.

    Raises:
        ArgumentError: It says what there is not; the error names the key.
    """
    for key in table:
        if key not in (*_SWITCHES, "rights"):
            raise ArgumentError(key, f"absent; the keys are {', '.join(_SWITCHES)} and rights")
    defaults = Roles()
    return Roles(
        rights=_rights(table.get("rights", {})),
        may_create=_switch(table, "may_create", default=defaults.may_create),
        may_edit_any_user=_switch(table, "may_edit_any_user", default=defaults.may_edit_any_user),
    )


def _switch(table: Mapping[str, object], key: str, *, default: bool) -> bool:
    value = table.get(key, default)
    if not isinstance(value, bool):
        raise ArgumentError(key, "true or false", value)
    return value


def _rights(table: object) -> Mapping[Relation, frozenset[Right]]:
    """Read what each relation allows."""
    if not is_object(table):
        raise ArgumentError("rights", "a table", table)
    rights = dict(DEFAULT_RIGHTS)
    for name, allowed in table.items():
        relation = _RELATIONS.get(name)
        if relation is None:
            raise ArgumentError(f"rights.{name}", f"absent; the relations are {', '.join(_RELATIONS)}")
        if not is_array(allowed):
            raise ArgumentError(f"rights.{name}", "an array of rights", allowed)
        rights[relation] = frozenset(_right(f"rights.{name}[{place}]", each) for place, each in enumerate(allowed))
    return rights


def _right(key: str, name: object) -> Right:
    right = _RIGHTS.get(name) if isinstance(name, str) else None
    if right is None:
        raise ArgumentError(key, f"one of {', '.join(_RIGHTS)}", name)
    return right
