"""Bytes to packets and back.

    TWILSOCK V3.0 <H> CR LF <header: H bytes of JSON> CR LF <payload: header.payload_size bytes>

One websocket message holds one packet. `decode` reads a whole message, `Reader` one that arrives in pieces; both accept
the same messages, because `decode` leaves everything but the common shape to a `Reader`. Bytes that are no packet raise
`FramingError`, and nothing else does.

Source: Twilsock, framing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import msgspec

from rxconvo.errors import FramingError, LocalProtocolError
from rxconvo.wire.headers import KnownHeader, OtherHeader, header_of
from rxconvo.wire.packets import Packet

__all__ = ["MAX_HEADER", "MAX_MESSAGE", "Reader", "acknowledge", "decode", "encode"]

MAX_HEADER = 16 * 1024
"""Longest header in bytes, both ways."""

MAX_MESSAGE = 16 * 1024 * 1024
"""Longest message in bytes that `decode` and `Reader` accept unless told otherwise."""

_MAX_DIGITS = 6
_PREFIX = b"TWILSOCK V3.0 "
_CRLF = b"\r\n"

# Nearly every header is between 100 and 999 bytes long; its first line is then 19 bytes and read with one look-up.
_COMMON_START = len(_PREFIX) + 5
_LENGTHS = {b"%b%d\r\n" % (_PREFIX, length): length for length in range(100, 1000)}

_METHODS = frozenset(str(header.__struct_config__.tag) for header in get_args(KnownHeader))
_decode_known: Callable[[bytes], KnownHeader] = msgspec.json.Decoder(KnownHeader).decode
_decode_other = msgspec.json.Decoder(OtherHeader).decode
_encode_json = msgspec.json.Encoder().encode

_ACKNOWLEDGEMENT = (
    b'TWILSOCK V3.0 %d\r\n{"id":%b,"method":"reply","payload_type":"application/json",'
    b'"status":{"code":200,"status":"OK"},"payload_size":0}\r\n'
)
_ACKNOWLEDGEMENT_HEADER = len(_ACKNOWLEDGEMENT % (0, b"")) - len(b"TWILSOCK V3.0 0\r\n\r\n")


def encode(packet: Packet) -> bytes:
    """Return *packet* as one websocket message.

    The bytes may be sent on any number of connections, so that a broadcast is encoded once.

    Args:
        packet: The packet.

    Raises:
        LocalProtocolError: It holds what JSON cannot carry, or its header is longer than `MAX_HEADER`.
    """
    try:
        header = _encode_json(header_of(packet))
    except (TypeError, ValueError, RecursionError) as error:
        raise LocalProtocolError(f"a {type(packet).__name__} packet cannot be written: {error}") from error
    if len(header) > MAX_HEADER:
        raise LocalProtocolError(
            f"the header of a {type(packet).__name__} packet is {len(header)} bytes long, {MAX_HEADER} are allowed"
        )
    payload: bytes = getattr(packet, "payload", b"")
    return b"%b%d\r\n%b\r\n%b" % (_PREFIX, len(header), header, payload)


def acknowledge(packet_id: str) -> bytes:
    """Return the message that says that a packet was read: a bare reply of status 200.

    Args:
        packet_id: Id of the packet that was read.

    Source: Twilsock, acknowledgement.
    """
    quoted = _encode_json(packet_id)
    return _ACKNOWLEDGEMENT % (_ACKNOWLEDGEMENT_HEADER + len(quoted), quoted)


def decode(message: bytes, *, max_size: int = MAX_MESSAGE) -> Packet:
    """Return the packet in one websocket message.

    Args:
        message: The whole message.
        max_size: Most bytes that it may have.

    Raises:
        FramingError: It holds no packet; the text says what was wrong.
    """
    length = _LENGTHS.get(message[:_COMMON_START])
    if length is not None and len(message) <= max_size:
        end = _COMMON_START + length
        try:
            header = _decode_known(message[_COMMON_START:end])
        except (ValueError, RecursionError):
            pass  # the reader finds out what is wrong, or that it is only an unknown method
        else:
            start = end + 2
            size = header.payload_size
            payload = message[start : start + size]
            if len(payload) == size and message[end:start] == _CRLF:
                return header.packet(payload)
    reader = Reader(max_size)
    reader.feed(message)
    return reader.end()


class Reader:
    """Reads one message after another from pieces of any size.

    Call `feed` with each piece, `end` where the message ends. What is wrong is told as early as it can be known, so
    that nobody has to wait for, or keep, the rest of a bad message.

    Args:
        max_size: Most bytes that a message may have.
    """

    def __init__(self, max_size: int = MAX_MESSAGE) -> None:
        self._max_size = max_size
        self._start_over()

    def _start_over(self) -> None:
        self._buffer = bytearray()
        self._fed = 0
        self._span: tuple[int, int] | None = None  # of the header
        self._header: KnownHeader | OtherHeader | None = None
        self._payload_at = 0
        self._needed = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next piece of the message.

        Args:
            chunk: Its bytes; may be empty.

        Raises:
            FramingError: These bytes do not begin a packet. The reader is then of no further use.
        """
        self._fed += len(chunk)
        if self._fed > self._max_size:
            raise FramingError(f"a message of {self._fed} bytes or more, {self._max_size} are allowed")
        if self._header is None:
            self._buffer += chunk
            self._read_header()
        else:  # bytes after the payload are ignored
            self._buffer += chunk[: max(0, self._needed - len(self._buffer))]
        if self._header is not None:
            separator = self._buffer[self._payload_at - len(_CRLF) : self._payload_at]
            if not _CRLF.startswith(separator):  # it may be missing where nothing follows
                raise FramingError(f"no line end after the header but {bytes(separator)!r}")

    def end(self) -> Packet:
        """Return the packet, now that its message is complete; the next `feed` begins another.

        Raises:
            FramingError: The message is too short.
        """
        if self._header is None:
            raise FramingError(f"a message of {self._fed} bytes that ends before its header does")
        payload = bytes(self._buffer[self._payload_at : self._needed])
        if len(payload) != self._header.payload_size:
            raise FramingError(f"a payload of {len(payload)} bytes, the header says {self._header.payload_size}")
        packet = self._header.packet(payload)
        self._start_over()
        return packet

    def _read_header(self) -> None:
        if self._span is None:
            self._span = _locate(self._buffer)
        if self._span is None or len(self._buffer) < self._span[1]:
            return
        start, end = self._span
        header = _parse(bytes(self._buffer[start:end]))
        self._payload_at = end + len(_CRLF)
        self._needed = self._payload_at + header.payload_size
        if header.payload_size < 0:
            raise FramingError(f"a payload of {header.payload_size} bytes")
        if header.payload_size and self._needed > self._max_size:
            raise FramingError(
                f"a payload of {header.payload_size} bytes makes the message longer than {self._max_size} bytes"
            )
        self._header = header
        del self._buffer[self._needed :]


def _locate(data: bytearray) -> tuple[int, int] | None:
    """Return where the header starts and ends, or None while the first line is incomplete."""
    if not _PREFIX.startswith(data[: len(_PREFIX)]):
        raise FramingError(f"not a Twilsock 3.0 packet, it begins with {bytes(data[: len(_PREFIX)])!r}")
    line = bytes(data[: len(_PREFIX) + _MAX_DIGITS + 3])
    rest = line[len(_PREFIX) :]
    digits = rest[: len(rest) - len(rest.lstrip(b"0123456789"))]
    if len(digits) > _MAX_DIGITS or (digits and int(digits) > MAX_HEADER):
        raise FramingError(f"a header of {digits.decode()} bytes, {MAX_HEADER} are allowed")
    after = rest[len(digits) :]
    line_end = b" \r\n" if after.startswith(b" ") else _CRLF  # one blank is tolerated
    if not line_end.startswith(after[: len(line_end)]) or (after and not digits):
        raise FramingError(f"the header's length must be a decimal number and end its line, not {rest!r}")
    if len(after) < len(line_end):
        return None
    start = len(_PREFIX) + len(digits) + len(line_end)
    return start, start + int(digits)


def _parse(header: bytes) -> KnownHeader | OtherHeader:
    """Return the decoded header."""
    try:
        try:
            return _decode_known(header)
        except msgspec.ValidationError:
            other = _decode_other(header)
            if other.method in _METHODS:
                raise
            return other
    except (ValueError, RecursionError) as error:
        raise FramingError(f"unreadable header: {error}") from error
