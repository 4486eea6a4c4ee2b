from __future__ import annotations

import pytest

from rxconvo.client.recent import Recent


def test_the_least_recently_used_goes_first() -> None:
    recent: Recent[int] = Recent(2)
    recent.put(("CH1", "IM1"), 1)
    recent.put(("CH1", "IM2"), 2)
    assert recent.get(("CH1", "IM1")) == 1
    recent.put(("CH2", "IM1"), 3)
    assert ("CH1", "IM2") not in recent
    assert [key in recent for key in (("CH1", "IM1"), ("CH2", "IM1"))] == [True, True]
    recent.put(("CH1", "IM1"), 4)
    assert recent.get(("CH1", "IM1")) == 4
    with pytest.raises(KeyError):
        recent.get(("CH1", "IM2"))
