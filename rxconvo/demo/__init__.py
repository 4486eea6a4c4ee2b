"""Real chat, replayed: the corpus and what is derived from it."""

from __future__ import annotations

from rxconvo.demo.actions import Action, Connect, Disconnect, Edit, Join, Leave, Read, Remove, Send, Typing
from rxconvo.demo.corpus import Chat, Corpus, Line, load_corpus
from rxconvo.demo.people import Person, make_up_people
from rxconvo.demo.timeline import Timeline

__all__ = [
    "Action",
    "Chat",
    "Connect",
    "Corpus",
    "Disconnect",
    "Edit",
    "Join",
    "Leave",
    "Line",
    "Person",
    "Read",
    "Remove",
    "Send",
    "Timeline",
    "Typing",
    "load_corpus",
    "make_up_people",
]
