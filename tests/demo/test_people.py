"""Made-up names."""

from __future__ import annotations

import pytest

from rxconvo.demo.corpus import Corpus
from rxconvo.demo.people import make_up_people
from rxconvo.errors import ArgumentError


def test_everybody_gets_a_name_of_their_own(corpus: Corpus) -> None:
    people = make_up_people(corpus.people)
    assert people.keys() == corpus.people
    assert len({person.identity for person in people.values()}) == len({p.name for p in people.values()}) == 1196
    assert all(uuid == person.uuid for uuid, person in people.items())


def test_names_depend_on_the_seed_alone() -> None:
    uuids = [f"{n:032x}" for n in range(100)]
    assert make_up_people(uuids) == make_up_people(reversed(uuids))
    assert make_up_people(uuids, seed=1) != make_up_people(uuids, seed=2)


def test_more_people_than_names() -> None:
    with pytest.raises(ArgumentError, match="uuids"):
        make_up_people(str(n) for n in range(10_000))
