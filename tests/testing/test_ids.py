from __future__ import annotations

import re

from rxconvo.testing import seeded_ids


def test_ids_are_32_hexadecimal_digits_and_do_not_repeat() -> None:
    draw = seeded_ids()
    ids = [draw() for _ in range(10_000)]
    assert all(re.fullmatch(r"[0-9a-f]{32}", each) for each in ids)
    assert len(set(ids)) == len(ids)


def test_equal_seeds_give_equal_ids_and_others_do_not() -> None:
    ada, again, bob = seeded_ids("ada"), seeded_ids("ada"), seeded_ids("bob")
    assert [ada() for _ in range(3)] == [again() for _ in range(3)]
    assert ada() != bob()
