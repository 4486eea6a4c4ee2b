"""Reads the declarations of the official SDK: which public members its public types have."""

from __future__ import annotations

import re
from collections.abc import Iterator

_EXPORT = re.compile(r"^export \{ (?P<names>.*) \};$", re.MULTILINE)
_TYPE = re.compile(
    r"^(?:declare )?(?P<kind>class|interface|type) (?P<name>[\w$]+)(?:<[^>]*>)?"
    r"(?: extends (?P<base>\w+)[^{]*| implements [^{]*)?(?P<rest>.*)$"
)
_MEMBER = re.compile(
    r"^    (?:static )?(?:readonly )?(?P<accessor>get |set )?(?P<name>\w+)(?P<optional>\?)?(?P<shape>\(|<|:| =)",
    re.MULTILINE,
)
_COMMENT = re.compile(r"^    /\*\*.*?\*/\n", re.DOTALL | re.MULTILINE)


def members(declarations: str) -> list[str]:
    """List all public members, each as `Type` or `Type.member`, in the order of their declaration.

    Args:
        declarations: The text of `lib.d.ts`.
    """
    found = _EXPORT.search(declarations)
    assert found is not None
    exported = dict(_exported(found["names"]))
    listed: list[str] = []
    for name, kind, base, body in _types(declarations):
        public = exported.get(name)
        if public is None:
            continue
        listed.append(public)
        listed += (f"{public}.{member}" for member in _members(kind, body))
        if base == "ReplayEventEmitter":
            listed.append(f"{public}.(emitter)")
    # What comes from elsewhere is declared there: only that it is handed on is known here.
    listed += (public for public in exported.values() if public not in listed)
    return list(dict.fromkeys(listed))


def _exported(names: str) -> Iterator[tuple[str, str]]:
    for name in names.split(", "):
        own, _, public = name.partition(" as ")
        yield own, public or own


def _types(declarations: str) -> Iterator[tuple[str, str, str | None, str]]:
    lines = declarations.split("\n")
    for number, line in enumerate(lines):
        found = _TYPE.match(line)
        if found is None:
            continue
        body: list[str] = []
        if line.endswith("{"):
            for inner in lines[number + 1 :]:
                if inner.startswith("}"):
                    break
                body.append(inner)
        yield found["name"], found["kind"], found["base"], "\n".join([*body, ""])


def _members(kind: str, body: str) -> Iterator[str]:
    internal = False
    position = 0
    while position < len(body):
        comment = _COMMENT.match(body, position)
        if comment:
            internal = "@internal" in comment[0]
            position = comment.end()
            continue
        line = body[position : body.index("\n", position) + 1]
        position += len(line)
        found = _MEMBER.match(line)
        if found and found["name"] != "private" and not found["name"].startswith("_") and not internal:
            yield found["name"]
        if line.strip():
            internal = False
