"""Operators that chat needs, for `pipe`."""

from __future__ import annotations

from rxconvo.operators.apply_diffs import apply_diffs
from rxconvo.operators.audit import audit
from rxconvo.operators.auto_mark_read import auto_mark_read
from rxconvo.operators.bounded_buffer import bounded_buffer
from rxconvo.operators.catch_up import catch_up
from rxconvo.operators.collect_list import collect_list
from rxconvo.operators.collect_map import collect_map
from rxconvo.operators.conflate import conflate
from rxconvo.operators.debounce import debounce
from rxconvo.operators.dedupe import dedupe
from rxconvo.operators.enrich import enrich
from rxconvo.operators.ewma import ewma
from rxconvo.operators.from_async_iter import from_async_iter
from rxconvo.operators.from_emitter import from_emitter
from rxconvo.operators.head import head
from rxconvo.operators.in_order import in_order
from rxconvo.operators.isolate_errors import isolate_errors
from rxconvo.operators.latest_by import latest_by
from rxconvo.operators.live_filter import live_filter
from rxconvo.operators.live_sort import live_sort
from rxconvo.operators.mentions import mentions
from rxconvo.operators.notify import notify
from rxconvo.operators.occupancy import occupancy
from rxconvo.operators.optimistic import optimistic
from rxconvo.operators.outbox import outbox
from rxconvo.operators.presence import presence
from rxconvo.operators.probe import probe
from rxconvo.operators.rate import rate
from rxconvo.operators.read_receipts import read_receipts
from rxconvo.operators.response_time import response_time
from rxconvo.operators.retry_mutation import retry_mutation
from rxconvo.operators.send_typing import send_typing
from rxconvo.operators.sessionize import sessionize
from rxconvo.operators.sla import sla
from rxconvo.operators.tail import tail
from rxconvo.operators.thread_by import thread_by
from rxconvo.operators.timeline import timeline
from rxconvo.operators.to_async_iter import to_async_iter
from rxconvo.operators.to_diffs import to_diffs
from rxconvo.operators.typing_indicator import typing_indicator
from rxconvo.operators.typing_text import typing_text
from rxconvo.operators.unread_badge import unread_badge
from rxconvo.operators.unread_total import unread_total
from rxconvo.operators.windowed_count import windowed_count

__all__ = [
    "apply_diffs",
    "audit",
    "auto_mark_read",
    "bounded_buffer",
    "catch_up",
    "collect_list",
    "collect_map",
    "conflate",
    "debounce",
    "dedupe",
    "enrich",
    "ewma",
    "from_async_iter",
    "from_emitter",
    "head",
    "in_order",
    "isolate_errors",
    "latest_by",
    "live_filter",
    "live_sort",
    "mentions",
    "notify",
    "occupancy",
    "optimistic",
    "outbox",
    "presence",
    "probe",
    "rate",
    "read_receipts",
    "response_time",
    "retry_mutation",
    "send_typing",
    "sessionize",
    "sla",
    "tail",
    "thread_by",
    "timeline",
    "to_async_iter",
    "to_diffs",
    "typing_indicator",
    "typing_text",
    "unread_badge",
    "unread_total",
    "windowed_count",
]
