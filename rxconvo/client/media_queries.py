"""What can be asked about media, as cold Observables, for the handles that offer it.

Source: Media; Conversations, content templates.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rxconvo.client.attachments import write_file
from rxconvo.client.configuration import quoted
from rxconvo.client.media_calls import MediaResource, read_bounded
from rxconvo.client.resources import read_resource
from rxconvo.client.transfers import Download
from rxconvo.errors import ArgumentError, ClosedError, PayloadError
from rxconvo.model import Media, TransferProgress
from rxconvo.model.content import read_content
from rxconvo.model.decoding import integer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rxconvo.client.context import Context
    from rxconvo.client.transfers import Emit
    from rxconvo.model import ContentData, Message
    from rxconvo.streams import Cold
    from rxconvo.types import Sid

__all__ = ["content_data", "download", "fresh_media", "read", "temporary_url", "temporary_urls"]

_RICH: Final = "application/x-vnd.com.twilio.rich."
_MAX_CONTENT: Final = 2**20  # bytes of the content of a rich message


class _RichContent(msgspec.Struct, frozen=True):
    data: Any = None


def temporary_url(context: Context, media: Media) -> Cold[str | None]:
    """Ask for an address of a media's content."""
    return context.query("get_content_temporary_url", lambda: _url(context, media.sid))


def temporary_urls(context: Context, sids: Sequence[Sid]) -> Cold[dict[Sid, str]]:
    """Ask for addresses of the contents of several media."""

    async def perform() -> dict[Sid, str]:
        resources = await _resources(context, sids)
        urls = ((resource.sid, resource.links.content_direct_temporary) for resource in resources)
        return {sid: url for sid, url in urls if url is not None}

    return context.query("get_temporary_content_urls", perform)


def fresh_media(context: Context, media: Sequence[Media]) -> Cold[list[Media]]:
    """Ask for several media anew, with addresses of their contents."""

    async def perform() -> list[Media]:
        resources = {resource.sid: resource for resource in await _resources(context, [item.sid for item in media])}
        return [_refreshed(item, resources.get(item.sid)) for item in media]

    return context.query("attach_temporary_urls_for", perform)


def download(context: Context, media: Media, path: Path) -> Download:
    """Write a media's content to a file."""

    async def perform(emit: Emit) -> None:
        if context.closed:
            raise ClosedError("the client was shut down")
        url = await _existing_url(context, media.sid)
        async with context.media.download(url) as response, write_file(path, context.environment.ids()) as file:
            headers = response.headers
            total = None if "content-encoding" in headers else integer(headers.get("content-length"))
            transferred = 0
            emit(TransferProgress(transferred, total))
            async for piece in response.body:
                file.write(piece)
                transferred += len(piece)
                emit(TransferProgress(transferred, total))
                await asyncio.sleep(0)  # also where the next piece is there already, others have their turn

    return Download(perform, context=context.hub.context, name="download")


def read(context: Context, media: Media, max_size: int) -> Cold[bytes]:
    """Read a media's content into memory.

    Raises:
        ArgumentError: It is larger, or that is no size.
    """
    if type(max_size) is not int or max_size < 0:
        raise ArgumentError("max_size", "a whole number of bytes, at least 0", max_size)
    if media.size > max_size:
        raise ArgumentError("max_size", f"at least the media's size, {media.size} bytes", max_size)

    async def perform() -> bytes:
        return await _read(context, await _existing_url(context, media.sid), max_size)

    return context.query("read", perform)


def content_data(context: Context, message: Message) -> Cold[ContentData | None]:
    """Read the content of a rich message."""

    async def perform() -> ContentData | None:
        bodies = message.get_media_by_categories("body") if message.content_sid is not None else ()
        rich = next((media for media in bodies if media.content_type.startswith(_RICH)), None)
        url = None if rich is None else await _url(context, rich.sid)
        if rich is None or url is None:
            return None
        content = read_resource(await _read(context, url, _MAX_CONTENT), _RichContent)
        return read_content(rich.content_type.removeprefix(_RICH).replace(".", "/", 1), content.data)

    return context.query("get_content_data", perform)


async def _url(context: Context, sid: Sid) -> str | None:
    url = f"{context.configuration.media_url(context.media.region)}/{quoted(sid)}"
    return (await context.media.get(url)).links.content_direct_temporary


async def _existing_url(context: Context, sid: Sid) -> str:
    url = await _url(context, sid)
    if url is None:
        raise PayloadError(f"the service gives no address of the content of {sid}")
    return url


async def _resources(context: Context, sids: Sequence[Sid]) -> list[MediaResource]:
    return await context.media.get_several(context.configuration.media_set_url(context.media.region), sids)


async def _read(context: Context, url: str, limit: int) -> bytes:
    async with context.media.download(url) as response:
        return await read_bounded(response, limit)


def _refreshed(media: Media, resource: MediaResource | None) -> Media:
    if resource is None:
        return media
    return Media(
        media.sid,
        resource.category or "media",
        resource.filename,
        resource.content_type,
        resource.size,
        resource.links.content_direct_temporary,
        media.home,
    )
