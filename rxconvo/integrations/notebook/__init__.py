"""Streams in notebooks: live displays, marble diagrams of what happened, and data frames."""

from __future__ import annotations

from rxconvo.integrations.notebook.frames import Backend, to_frame
from rxconvo.integrations.notebook.live import Live, show
from rxconvo.integrations.notebook.marbles import Marbles, marbles

__all__ = ["Backend", "Live", "Marbles", "marbles", "show", "to_frame"]
