"""The corpus, read once."""

from __future__ import annotations

import pytest

from rxconvo.demo.corpus import Corpus, load_corpus


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    return load_corpus()
