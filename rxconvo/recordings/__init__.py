"""Recordings: what went over a client's connection, kept in a file and played again."""

from __future__ import annotations

from rxconvo.recordings.files import Entry, Frame, Header, Note, RecordingReader, RecordingWriter, check_path
from rxconvo.recordings.peer import Peer
from rxconvo.recordings.player import Player
from rxconvo.recordings.recording import Recorded, Recording
from rxconvo.recordings.scrub import Scrubber
from rxconvo.recordings.session import PlayedSession
from rxconvo.recordings.tap import Tap
from rxconvo.recordings.tape import Tape

__all__ = [
    "Entry",
    "Frame",
    "Header",
    "Note",
    "Peer",
    "PlayedSession",
    "Player",
    "Recorded",
    "Recording",
    "RecordingReader",
    "RecordingWriter",
    "Scrubber",
    "Tap",
    "Tape",
    "check_path",
]
