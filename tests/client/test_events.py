from __future__ import annotations

import pytest

from rxconvo.client.events import TokenAboutToExpire, TokenExpired


@pytest.mark.parametrize("kind", [TokenAboutToExpire, TokenExpired])
def test_events_of_tokens_are_values(kind: type[TokenAboutToExpire | TokenExpired]) -> None:
    assert kind() == kind()
    assert hash(kind()) == hash(kind())
    assert len({TokenAboutToExpire(), TokenExpired()}) == 2
