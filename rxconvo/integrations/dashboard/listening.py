"""The dashboard on a port of its own."""

from __future__ import annotations

from urllib.parse import quote

from aiohttp import web

from rxconvo.transport.punctual import PunctualServer

__all__ = ["DashboardListener", "listen_dashboard"]


class DashboardListener:
    """A port on which a dashboard is. Made by `listen_dashboard`.

    Args:
        runner: What serves it.
        host: The address it is bound to.
    """

    def __init__(self, runner: web.AppRunner, host: str) -> None:
        self._runner = runner
        self._host = host

    def __repr__(self) -> str:
        return f"<DashboardListener {self.url}>"

    @property
    def port(self) -> int:
        """The port, also where any free one was asked for; 0 once closed."""
        addresses = self._runner.addresses
        return int(addresses[0][1]) if addresses else 0

    @property
    def url(self) -> str:
        """Where the page is: `http://HOST:PORT/`."""
        return f"http://{f'[{self._host}]' if ':' in self._host else self._host}:{self.port}/"

    def link(self, token: str) -> str:
        """Return a link that lets in whoever opens it.

        Args:
            token: An access token. It stands behind `#`, so browsers send it to nobody; the page takes it from there.
        """
        return f"{self.url}#token={quote(token, safe='')}"

    async def close(self) -> None:
        """Stop listening, and end all pages. May be called again."""
        await self._runner.cleanup()


async def listen_dashboard(
    app: web.Application, host: str = "127.0.0.1", port: int = 0, *, header_timeout: float = 10.0
) -> DashboardListener:
    """Serve a dashboard on a port.

    Args:
        app: What `dashboard` makes.
        host: Address to bind.
        port: Port to bind, 0 for any that is free.
        header_timeout: Seconds from a connection to the end of its first HTTP head.

    Returns:
        The open port. It has to be closed.

    Raises:
        OSError: The address cannot be bound.
    """
    runner = _Runner(app, header_timeout=header_timeout)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, reuse_address=True).start()
    except BaseException:
        await runner.cleanup()
        raise
    return DashboardListener(runner, host)


class _Runner(web.AppRunner):
    """Serves an application on connections that have to come to the point."""

    __slots__ = ("_header_timeout",)

    def __init__(self, app: web.Application, *, header_timeout: float) -> None:
        super().__init__(app, shutdown_timeout=1.0)
        self._header_timeout = header_timeout

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return PunctualServer(
            made.request_handler, header_timeout=self._header_timeout, request_factory=made.request_factory
        )
