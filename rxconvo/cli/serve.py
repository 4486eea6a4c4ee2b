"""`rxconvo serve`: the embedded service as a process."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncGenerator, Callable, Collection, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import rxconvo
from rxconvo.cli.running import stopping
from rxconvo.client import ServerOptions, Service
from rxconvo.integrations.dashboard import DashboardListener, dashboard, listen_dashboard
from rxconvo.types import Identity

__all__ = ["serve_until_stopped"]

_HERE: Final = "127.0.0.1"
"""Where a dashboard is."""

_LINK_HOLDS: Final = 12 * 3600.0
"""Seconds for which the dashboard's link lets in."""


async def serve_until_stopped(
    host: str,
    port: int,
    store: str,
    *,
    options: ServerOptions,
    control: bool = False,
    origins: Collection[str] = (),
    dashboard_of: Identity | None = None,
    dashboard_port: int | None = None,
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
        dashboard_of: Whose conversations a dashboard shows, on a port of its own on this machine; None: there is none.
        dashboard_port: That port; 0 takes a free one. By default it is the one after the service's, for pages come back
            to where they were after a restart; where that is taken, it is a free one.
        announce: Gets one line with the address, when clients can connect; one more with the dashboard's link, and
            another where its port is not the usual one.

    Raises:
        ArgumentError: Control is offered, and the host is not one of this machine alone; or an origin or the identity
            is none.
        StoreLockedError: Another process has the store.
        OSError: The port cannot be had.
    """
    await _check_free(host, port, "--port")  # before a store and keys are made for nothing
    page_port = dashboard_port or 0
    if dashboard_of is not None:
        if dashboard_port is None:
            page_port = await _port_after(port)
        await _check_free(_HERE, page_port, "--dashboard-port")
    stopped = asyncio.Event()
    with stopping(stopped):
        async with Service(store, options=options) as service:
            with _naming(host, port, "--port"):
                listener = await service.listen(host, port, origins=origins, control=control)
            announced = f"rxconvo serves {store} at {listener.url}"
            if dashboard_of is None:
                announce(announced)
                await stopped.wait()
                return
            token = service.token(dashboard_of, ttl=_LINK_HOLDS)
            async with _dashboard(listener.url, page_port) as page:
                announce(announced)
                announce(f"dashboard of {dashboard_of}, for {_LINK_HOLDS / 3600:g} hours: {page.link(token)}")
                if port and not page_port and dashboard_port is None:
                    announce(
                        f"its usual port {port + 1} is taken, so it has another, until it is started again;"
                        " --dashboard-port chooses one that stays"
                    )
                await stopped.wait()


async def _port_after(port: int) -> int:
    """Return the port after another one; 0, which is any free one, where there is none or it is taken."""
    if not 0 < port < 65535:
        return 0
    try:
        await _check_free(_HERE, port + 1, "--dashboard-port")
    except OSError:
        return 0
    return port + 1


async def _check_free(host: str, port: int, option: str) -> None:
    """Find out whether a port can be had, and leave it again."""
    with _naming(host, port, option):
        server = await asyncio.get_running_loop().create_server(
            asyncio.Protocol, host, port, reuse_address=True, start_serving=False
        )
    server.close()
    await server.wait_closed()


@asynccontextmanager
async def _dashboard(url: str, port: int) -> AsyncGenerator[DashboardListener]:
    """Show a dashboard of a service, on this machine only."""
    app = dashboard(lambda token: rxconvo.connect(url, token=token, watch="all"))
    with _naming(_HERE, port, "--dashboard-port"):
        page = await listen_dashboard(app, port=port)
    try:
        yield page
    finally:
        await page.close()


@contextmanager
def _naming(host: str, port: int, option: str) -> Generator[None]:
    """Say in an error which address it was that cannot be had, and by which option another can."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        advice = f"; {option} 0 takes a free port" if error.errno == errno.EADDRINUSE else ""
        raise OSError(f"cannot listen on {host}:{port}: {reason}{advice}") from error
