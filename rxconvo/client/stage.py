"""Where a client acts: the loop whose clock counts, and the replicated objects as they are kept there."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from rxconvo.model import Owner
from rxconvo.streams import LoopScheduler
from rxconvo.sync import Session

__all__ = ["Stage"]


class Stage(NamedTuple):
    """What a client that plays a recording has in place of the running loop and of plain replicas.

    Attributes:
        loop: Whose clock counts.
        scheduler: What chains on streams run on: of that loop.
        session: Keeps the replicated objects.
    """

    loop: asyncio.AbstractEventLoop
    scheduler: LoopScheduler
    session: type[Session[Owner]]
