"""`rxconvo import`: conversations from elsewhere, brought in once."""

from __future__ import annotations

from rxconvo.cli.importing.load import Tally, load
from rxconvo.cli.importing.sources import Line, Source, Talk, read_corpus, read_lines

__all__ = ["Line", "Source", "Talk", "Tally", "load", "read_corpus", "read_lines"]
