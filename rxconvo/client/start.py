"""Bringing a client up: the configuration, then the own user and the list of conversations."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rxconvo.client.configuration import Configuration, api_url
from rxconvo.client.resources import read_resource
from rxconvo.errors import ArgumentError, ConnectionError

if TYPE_CHECKING:
    from rxconvo.client.context import Context
    from rxconvo.errors import RxconvoError

__all__ = ["Trouble", "bring_up"]


class Trouble:
    """What went wrong with the connection, for those who wait for it.

    Attributes:
        last: The newest failure, or None.
        fatal: Failed with the first failure that does not mend by itself, or with the end; else pending.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.last: ConnectionError | None = None
        self.fatal: asyncio.Future[None] = loop.create_future()

    def note(self, error: ConnectionError) -> None:
        """Remember a failure."""
        self.last = error
        if isinstance(error.__cause__, ArgumentError):  # no provider of tokens: the next attempt would fail likewise
            self.end(error.__cause__)
        elif error.terminal:
            self.end(error)

    def end(self, error: RxconvoError) -> None:
        """Take that it is over, whether or not something went wrong."""
        if not self.fatal.done():
            self.fatal.set_exception(error)
            self.fatal.exception()  # seen: nobody may be waiting


async def bring_up(context: Context, trouble: Trouble) -> None:
    """Wait until a client is ready.

    Args:
        context: The client's parts; its configuration is set here.
        trouble: What goes wrong meanwhile.

    Raises:
        ArgumentError: What is to give tokens does not.
        ConnectionError: There is no connection within the time, or there will be none.
        ClosedError: The client was shut down meanwhile.
        SyncError: The own user or the list of conversations cannot be opened.
    """
    timeout = context.options.connect_timeout
    work = context.loop.create_task(_bring_up(context), name="rxconvo start")
    try:
        await asyncio.wait((work, trouble.fatal), timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            return await work
        if trouble.fatal.done():
            return await trouble.fatal
    finally:
        work.cancel()
        await asyncio.wait((work,))
    reason = "" if trouble.last is None else f": {trouble.last}"
    raise ConnectionError(f"not ready within {timeout:g} s{reason}") from trouble.last


async def _bring_up(context: Context) -> None:
    body = await context.calls.fetch(api_url(context.region, "Configuration"))
    configuration = context.configuration = read_resource(body, Configuration)
    store, names = context.store, configuration.sync_objects
    store.configure(
        configuration.identity,
        channels=names.my_conversations,
        user_info=names.my_user_info,
        followed_users=configuration.options.user_infos_to_subscribe,
    )
    context.driver.pump()

    def ready() -> bool:
        if store.error is not None:
            raise store.error
        return store.ready

    await context.driver.waits.until("", ready)
