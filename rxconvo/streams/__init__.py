"""Reactive streams: events to hot Observables, mutations as cold ones, all on one loop and by its clock."""

from __future__ import annotations

from rxconvo.streams.aiter import Iteration, iterate
from rxconvo.streams.attempts import Followers, MutationAttempt, MutationObserver
from rxconvo.streams.backlog import Backlog, Overflow
from rxconvo.streams.bundles import ClientStreams, ConversationStreams, Sources
from rxconvo.streams.chains import LoopObservable
from rxconvo.streams.cold import Cold
from rxconvo.streams.context import Context, Report
from rxconvo.streams.delivery import Delivery
from rxconvo.streams.endless import Endless
from rxconvo.streams.hot import HotStream
from rxconvo.streams.hub import Hub
from rxconvo.streams.meters import Meter, Meters, StreamReport, meters_of
from rxconvo.streams.paging import Paginator
from rxconvo.streams.scheduler import LoopScheduler, current_scheduler
from rxconvo.streams.source import Source
from rxconvo.streams.state import StateStream
from rxconvo.streams.views import ConversationStream, MessageStream, ParticipantStream, TypingStream, UserStream

__all__ = [
    "Backlog",
    "ClientStreams",
    "Cold",
    "Context",
    "ConversationStream",
    "ConversationStreams",
    "Delivery",
    "Endless",
    "Followers",
    "HotStream",
    "Hub",
    "Iteration",
    "LoopObservable",
    "LoopScheduler",
    "MessageStream",
    "Meter",
    "Meters",
    "MutationAttempt",
    "MutationObserver",
    "Overflow",
    "Paginator",
    "ParticipantStream",
    "Report",
    "Source",
    "Sources",
    "StateStream",
    "StreamReport",
    "TypingStream",
    "UserStream",
    "current_scheduler",
    "iterate",
    "meters_of",
]
