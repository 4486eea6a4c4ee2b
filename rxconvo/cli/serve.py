"""`rxconvo serve`: the embedded service as a process."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Collection

from rxconvo.client import ServerOptions, Service

__all__ = ["serve_until_stopped"]


async def serve_until_stopped(
    host: str,
    port: int,
    store: str,
    *,
    options: ServerOptions,
    control: bool = False,
    origins: Collection[str] = (),
    announce: Callable[[str], None],
) -> None:
    """Serve until SIGINT or SIGTERM, then close in order.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        store: `sqlite:PATH` or `memory:`.
        options: The service's settings.
        control: Whether to offer `POST /control`.
        origins: Origins whose web pages may connect, besides those of the same host.
        announce: Gets one line with the address, when clients can connect.

    Raises:
        ArgumentError: Control is offered, and the host is not one of this machine alone; or an origin is none.
        StoreLockedError: Another process has the store.
        OSError: The port cannot be had.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with Service(store, options=options) as service:
        try:
            listener = await service.listen(host, port, origins=origins, control=control)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
            raise OSError(f"cannot listen on {host}:{port}: {reason}") from error
        announce(f"rxconvo serves {store} at {listener.url}")
        await stopped.wait()
