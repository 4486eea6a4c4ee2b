"""Recordings: what went over a client's connection, kept in a file and played again."""

from __future__ import annotations

from rxconvo.recordings.files import Entry, Frame, Header, Note, RecordingReader, RecordingWriter
from rxconvo.recordings.recording import Recorded, Recording
from rxconvo.recordings.scrub import Scrubber
from rxconvo.recordings.tap import Tap

__all__ = [
    "Entry",
    "Frame",
    "Header",
    "Note",
    "Recorded",
    "Recording",
    "RecordingReader",
    "RecordingWriter",
    "Scrubber",
    "Tap",
]
