"""Forms, as browsers send them: `multipart/form-data`, of which the one file counts. Read as a stream.

Source: RFC 7578; HTML, multipart form data.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass

from rxconvo.server.media.content_types import parameter_of
from rxconvo.server.refusals import Refusal, bad_request

__all__ = ["FormFile", "read_form"]

_MAX_BOUNDARY = 200
_MAX_HEADERS = 16 * 1024
_MAX_FIELDS = 100
_MAX_BESIDES = 64 * 1024
"""So many bytes may be before the file and after it, in all fields together."""


@dataclass(frozen=True, kw_only=True)
class FormFile:
    """The file of a form.

    Attributes:
        content_type: Its type as declared; None where it is not.
        filename: What it is called.
        body: Its bytes. Read to the end they have shown that the form is whole and has no other file.
    """

    content_type: str | None
    filename: str
    body: AsyncGenerator[bytes]


async def read_form(content_type: str, body: AsyncIterable[bytes]) -> FormFile:
    """Read a form up to the beginning of its file.

    Args:
        content_type: That of the request, which tells what separates the fields.
        body: The form, in pieces of any size.

    Raises:
        Refusal: 400: it is none, or holds no file. So does reading the file's body: it is not whole, or holds another.
    """
    boundary = parameter_of(content_type, "boundary")
    if not boundary or len(boundary) > _MAX_BOUNDARY or not boundary.isascii():
        raise bad_request("Content-Type", f"multipart/form-data with a boundary of 1 to {_MAX_BOUNDARY} characters")
    form = _Form(body, b"\r\n--" + boundary.encode())
    headers = await form.next_file()
    if headers is None:
        raise bad_request("the form", "one with a file")
    return FormFile(content_type=headers.get("content-type"), filename=_filename_of(headers) or "", body=form.file())


class _Form:
    """A form that is being read: what has come of it and is not read yet.

    Args:
        body: The form.
        delimiter: What ends a field.
    """

    def __init__(self, body: AsyncIterable[bytes], delimiter: bytes) -> None:
        self._body = aiter(body)
        self._delimiter = delimiter
        self._pending = bytearray(b"\r\n")  # as if a line came before the first one
        self._fields = 0
        self._besides = 0

    async def next_file(self) -> dict[str, str] | None:
        """Go on to the next field that is a file and return its headers; None at the end of the form."""
        while True:
            done = False
            while not done:
                piece, done = await self._before(self._delimiter)
                self._besides += len(piece)
                if self._besides > _MAX_BESIDES:
                    raise Refusal(413, 20413, f"The form must have at most {_MAX_BESIDES} bytes beside its file")
            headers = await self._headers()
            if headers is None or _filename_of(headers) is not None:
                return headers

    async def file(self) -> AsyncGenerator[bytes]:
        """Read the file that was found, then what is left of the form."""
        done = False
        while not done:
            piece, done = await self._before(self._delimiter)
            yield piece
        headers = await self._headers()
        if headers is not None and (_filename_of(headers) is not None or await self.next_file() is not None):
            raise bad_request("the form", "one with a single file")

    async def _headers(self) -> dict[str, str] | None:
        """Read the headers of a field; None where the form ends instead."""
        while len(self._pending) < 2:
            await self._more()
        if self._pending.startswith(b"--"):
            return None
        self._fields += 1
        if self._fields > _MAX_FIELDS:
            raise bad_request("the form", f"one of at most {_MAX_FIELDS} fields")
        head, done = b"", False
        while not done:
            piece, done = await self._before(b"\r\n\r\n")
            head += piece
            if len(head) > _MAX_HEADERS:
                raise bad_request("the form", f"one whose fields have headers of at most {_MAX_HEADERS} bytes")
        lines = head.decode("utf-8", "replace").split("\r\n")
        return {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    async def _before(self, end: bytes) -> tuple[bytes, bool]:
        """Read some of what is before certain bytes, and tell whether these are next: then they are skipped."""
        found = self._pending.find(end)
        if found >= 0:
            piece = self._take(found)
            del self._pending[: len(end)]
            return piece, True
        ready = len(self._pending) - len(end) + 1
        if ready > 0:
            return self._take(ready), False
        await self._more()
        return b"", False

    def _take(self, size: int) -> bytes:
        taken = bytes(memoryview(self._pending)[:size])
        del self._pending[:size]
        return taken

    async def _more(self) -> None:
        """Wait for the next piece."""
        try:
            self._pending += await anext(self._body)
        except StopAsyncIteration:
            raise bad_request("the form", "whole: it ends too early") from None


def _filename_of(headers: dict[str, str]) -> str | None:
    """Return what a field calls its file; None for one that is no file. Browsers escape three characters."""
    disposition = headers.get("content-disposition", "")
    name = parameter_of(disposition, "filename") if disposition.lower().startswith("form-data") else None
    if name is None:
        return None
    return name.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")
