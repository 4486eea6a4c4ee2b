"""Streams in notebooks: live displays, marble diagrams of what happened, and data frames."""

from __future__ import annotations

from rxconvo.integrations.notebook.frames import Backend, to_frame
from rxconvo.integrations.notebook.live import Live, show
from rxconvo.integrations.notebook.marbles import Marbles, marbles
from rxconvo.integrations.notebook.tracks import Mark, Track

__all__ = ["Backend", "Live", "Marbles", "Mark", "Track", "marbles", "show", "to_frame"]
