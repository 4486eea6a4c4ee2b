"""Names for people who have none: made up from their UUIDs, and to be shown as made up."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import msgspec

from rxconvo.errors import ArgumentError
from rxconvo.types import Identity

__all__ = ["Person", "make_up_people"]

_FIRST = """
    Ada Alma Amir Anouk Arlo Asha Bela Bruno Carla Chidi Clara Dana Dario Edda Eli Elif Enzo Esra Farah Finn Flora
    Gael Greta Hana Hugo Ida Idris Ines Iris Ivo Jana Jonas Juno Kaito Kira Lars Lea Lena Leo Lin Lotte Luca Maja
    Malik Mara Mateo Mila Nadia Nico Nora Noor Olga Omar Otto Pia Priya Rafa Remy Rosa Ruben Samir Sina Tariq Tess
    Uma Vera Wanda Yara Yuki Zoe
""".split()  # noqa: SIM905 - a list of as many literals would take two pages

_LAST = """
    Abbot Alder Ash Baker Barlow Birch Bloom Brook Carver Cedar Clay Cooper Dale Drake Elm Fable Field Finch Flint
    Ford Fox Frost Glen Grove Hart Hazel Heath Hill Holt Ivory Juniper Keel Lake Lark Linden Lowe March Marsh Mercer
    Moss North Oakes Pine Quill Rain Reed Ridge Rook Rowan Sage Sorrel Stone Swift Thorn Vale Wade Weaver West
    Wilder Wren
""".split()  # noqa: SIM905 - a list of as many literals would take two pages


class Person(msgspec.Struct, frozen=True):
    """Somebody from the corpus.

    Attributes:
        uuid: Who they are in the corpus.
        identity: Who they are in the service: the name in lower case with a dot.
        name: Made up.
    """

    uuid: str
    identity: Identity
    name: str


def make_up_people(uuids: Iterable[str], *, seed: int = 0) -> dict[str, Person]:
    """Give everybody a name of their own.

    Args:
        uuids: Who needs one; at most some 4,000.
        seed: Another one gives other names.

    Returns:
        Each person by UUID; the same set of UUIDs and the same seed always give the same names.

    Raises:
        ArgumentError: There are more people than names.
    """
    nameless = sorted(set(uuids))
    available = len(_FIRST) * len(_LAST)
    if len(nameless) > available:
        raise ArgumentError("uuids", f"at most {available}", len(nameless))
    people: dict[str, Person] = {}
    for uuid, number in zip(nameless, Random(seed).sample(range(available), len(nameless)), strict=True):
        first, last = _FIRST[number // len(_LAST)], _LAST[number % len(_LAST)]
        people[uuid] = Person(uuid, f"{first}.{last}".lower(), f"{first} {last}")
    return people
