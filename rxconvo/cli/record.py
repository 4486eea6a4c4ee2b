"""`rxconvo record`: what goes over a client's connection, kept in a file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rxconvo import ConnectionError, RxconvoError
from rxconvo.cli.running import stopping
from rxconvo.cli.terminal import note
from rxconvo.cli.text import one_line

if TYPE_CHECKING:
    from rxconvo.cli.upstream import Upstream

__all__ = ["record"]

_KEPT: Final = {
    True: "as it is: who it was and what was said; tokens are not kept",
    False: "with pseudonyms in place of names and texts; --raw keeps them",
}


async def record(
    upstream: Upstream,
    path: Path,
    *,
    raw: bool,
    max_bytes: int,
    max_seconds: float | None,
    keep: int,
    announce: Callable[[str], None],
) -> None:
    """Record until SIGINT or SIGTERM, or until the file cannot be written to any more.

    Args:
        upstream: The service, and who one is.
        path: The file, which must not exist.
        raw: Whether people and what they said are kept.
        max_bytes: Bytes of a file after which the next one is begun.
        max_seconds: Seconds likewise, or None.
        keep: Files that are kept at most.
        announce: Gets one line when it has begun, and one at the end.

    Raises:
        RecordingError: The file exists, or cannot be written.
        RxconvoError: There is no connection to be had.
    """
    stopped = asyncio.Event()
    trouble: list[ConnectionError] = []
    async with upstream.connected(watch="all") as client:
        for stream in (client.messages, client.participants, client.typing):
            stream.subscribe()  # what nobody observes is not told, and so would not be recorded
            await stream.opened
        async with client.record(path, raw=raw, max_bytes=max_bytes, max_seconds=max_seconds, keep=keep) as recording:

            def check(error: RxconvoError) -> None:
                if isinstance(error, ConnectionError) and error.terminal:
                    trouble.append(error)
                if trouble or recording.over:
                    stopped.set()

            with client.errors.subscribe(check), stopping(stopped):
                announce(f"recording {one_line(client.user.identity)} at {upstream.url} to {path}, {_KEPT[raw]}")
                note("Ctrl-C ends it")
                await stopped.wait()
        announce(f"{recording.frames:,} frames in {path}; `rxconvo replay {path}` plays them")
        for error in (recording.error, *trouble):
            if error is not None:
                raise error
