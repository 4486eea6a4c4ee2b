"""`rxconvo serve`: the embedded service as a process."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable

from rxconvo.client import ServerOptions, Service
from rxconvo.server import Limits

__all__ = ["serve_until_stopped"]


async def serve_until_stopped(
    host: str, port: int, store: str, *, limits: Limits, announce: Callable[[str], None]
) -> None:
    """Serve until SIGINT or SIGTERM, then close in order.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        store: `sqlite:PATH` or `memory:`.
        limits: How much of everything.
        announce: Gets one line with the address, when clients can connect.

    Raises:
        StoreLockedError: Another process has the store.
        OSError: The port cannot be had.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with Service(store, options=ServerOptions(limits=limits)) as service:
        try:
            listener = await service.listen(host, port)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
            raise OSError(f"cannot listen on {host}:{port}: {reason}") from error
        announce(f"rxconvo serves {store} at {listener.url}")
        await stopped.wait()
