"""The file of a recording: what is written can be read, also by halves, and what is no recording is told to be none."""

from __future__ import annotations

import gzip
import json
import os
import stat
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxconvo.errors import RecordingError
from rxconvo.recordings import files
from rxconvo.recordings.files import Entry, Frame, Header, Note, RecordingReader, RecordingWriter

HEADER = Header(
    format=1,
    started=datetime(2026, 1, 31, 12, tzinfo=UTC),
    identity="ada",
    upstream="memory:",
    version="1",
    scrubbed=True,
    recording="abc",
)
HEAD = (
    b'{"rxconvo_recording":1,"started":"2026-01-31T12:00:00Z","identity":"a","upstream":"","version":"1",'
    b'"scrubbed":true}\n'
)

entries = st.lists(
    st.tuples(st.booleans(), st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
    | st.sampled_from(["lost", "connected", "rang"]),
    max_size=30,
)


def write(path: Path, *lines: bytes) -> Path:
    path.write_bytes(gzip.compress(b"".join(lines)))
    return path


def entry(number: int, made: tuple[bool, bytes] | str) -> Entry:
    return Note(t=number / 8, note=made) if isinstance(made, str) else Frame(number / 8, *made)


@given(made=entries)
def test_what_is_written_is_read(
    made: list[tuple[bool, bytes] | str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("recordings") / "a.rxrec"
    written = [entry(number, one) for number, one in enumerate(made)]
    writer = RecordingWriter(path, HEADER)
    for one in written:
        writer.write(one)
    writer.close()
    writer.close()
    reader = RecordingReader(path)
    assert (reader.header, list(reader), reader.truncated) == (HEADER, written, False)
    assert list(reader) == written  # again
    assert gzip.decompress(path.read_bytes()).count(b"\n") == len(written) + 1


def test_notes_keep_all_they_say(tmp_path: Path) -> None:
    note = Note(t=1.5, note="failed", reason="no", status=503, epoch="e", standing=["ES1"])
    writer = RecordingWriter(tmp_path / "a.rxrec", HEADER)
    writer.write(note)
    writer.close()
    assert list(RecordingReader(tmp_path / "a.rxrec")) == [note]


def test_what_was_flushed_can_be_read_though_the_writer_was_killed(tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path / "a.rxrec", HEADER)
    writer.write(Frame(0.0, sent=False, data=b"one"))
    assert writer.pending
    writer.flush()
    writer.write(Frame(1.0, sent=False, data=b"two"))
    reader = RecordingReader(tmp_path / "a.rxrec")
    assert [frame.data for frame in reader if isinstance(frame, Frame)] == [b"one"]
    assert reader.truncated
    writer.close()


@pytest.mark.parametrize("lost", [1, 5, 9, 20, 100])
def test_a_file_without_its_end_is_read_as_far_as_it_goes(tmp_path: Path, lost: int) -> None:
    whole = [Frame(float(number), sent=True, data=f"frame {number}".encode()) for number in range(100)]
    writer = RecordingWriter(tmp_path / "a.rxrec", HEADER)
    for frame in whole:
        writer.write(frame)
        writer.flush()
    writer.close()
    (tmp_path / "a.rxrec").write_bytes((tmp_path / "a.rxrec").read_bytes()[:-lost])
    reader = RecordingReader(tmp_path / "a.rxrec")
    read = list(reader)
    assert read == whole[: len(read)]
    assert len(read) > 80
    assert reader.truncated


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.rxrec").write_text("mine")
    with pytest.raises(RecordingError, match=r"a\.rxrec: cannot be written: File exists"):
        RecordingWriter(tmp_path / "a.rxrec", HEADER)
    assert (tmp_path / "a.rxrec").read_text() == "mine"


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        RecordingWriter(tmp_path / "a.rxrec", HEADER).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.rxrec").stat().st_mode) == 0o600


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.rxrec").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RecordingError, match="File exists"):
        RecordingWriter(tmp_path / "a.rxrec", HEADER)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    "lines, message",
    [
        ([], "there is no header"),
        ([b"{}\n"], "line 1: this is no header"),
        ([b"[" * 10_000 + b"\n"], "line 1: this is no header"),
        ([HEAD.replace(b":1,", b":2,", 1)], "line 1: a recording of version 2, only 1 can be read"),
        ([HEAD.replace(b"00Z", b"00")], "line 1: the header does not tell when"),
        ([HEAD, b"nonsense\n"], "line 2: this is no entry"),
        ([HEAD, b'{"t":0,"d":"<","frame":"x"}\n', b'{"t":1,"d":"?"}\n'], "line 3: this is no entry"),
        ([HEAD, b'{"t":0,"d":"<"}\n'], "line 2: a frame without bytes"),
        ([HEAD, b'{"t":0,"d":"<","base64":"%%%"}\n'], "line 2: this is no entry"),
        ([HEAD, b'{"t":0,"d":"!"}\n'], "line 2: a note that says nothing"),
        ([HEAD, b'{"t":2,"d":"!","note":"x"}\n', b'{"t":1,"d":"!","note":"x"}\n'], "line 3: time goes from 2.0 s to 1"),
        ([HEAD, b'{"t":-1,"d":"!","note":"x"}\n'], "line 2: time goes"),
        ([HEAD, b'{"t":1e999,"d":"!","note":"x"}\n'], "line 2: "),
        ([HEAD, b'{"t":1e11,"d":"!","note":"x"}\n'], "line 2: time goes from 0.0 s to 1"),  # no date would follow it
        ([HEAD.replace(b"2026", b"9999")], "line 1: the header does not tell when"),
        ([HEAD, b'{"t":0,"d":"<","frame":"\xff"}\n'], "line 2: this is no entry"),
    ],
)
def test_what_is_no_recording_is_told_with_its_line(tmp_path: Path, lines: list[bytes], message: str) -> None:
    with pytest.raises(RecordingError, match=message) as raised:
        list(RecordingReader(write(tmp_path / "a.rxrec", *lines)))
    assert raised.value.path == str(tmp_path / "a.rxrec")


def test_what_cannot_be_read_at_all_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="cannot be read: No such file") as raised:
        RecordingReader(tmp_path / "none.rxrec")
    assert raised.value.line is None
    (tmp_path / "text").write_text("just text")
    with pytest.raises(RecordingError, match="damaged, or no gzip at all"):
        RecordingReader(tmp_path / "text")
    damaged = bytearray(gzip.compress(HEAD * 1000))
    damaged[len(damaged) // 2] ^= 0xFF
    (tmp_path / "damaged").write_bytes(damaged)
    with pytest.raises(RecordingError):
        list(RecordingReader(tmp_path / "damaged"))
    (tmp_path / "more").write_bytes(gzip.compress(HEAD) + b"more")
    with pytest.raises(RecordingError, match="something after the end"):
        list(RecordingReader(tmp_path / "more"))


def test_a_line_without_end_is_not_unpacked_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_LINE", 2**20)
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = packer.compress(HEAD) + b"".join(packer.compress(b"x" * 2**20) for _ in range(64)) + packer.flush()
    assert len(bomb) < 100_000
    (tmp_path / "bomb").write_bytes(bomb)
    with pytest.raises(RecordingError, match="line 2: a line of more than 1048576 bytes"):
        list(RecordingReader(tmp_path / "bomb"))


def test_a_file_of_any_length_ends_somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_TEXT", 2**20)
    path = write(tmp_path / "long", HEAD, b'{"t":0,"d":"!","note":"x"}\n' * 100_000)
    with pytest.raises(RecordingError, match="more than 1048576 bytes"):
        list(RecordingReader(path))


def test_a_line_that_is_too_long_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_LINE", 1000)
    writer = RecordingWriter(tmp_path / "a.rxrec", HEADER)
    with pytest.raises(RecordingError, match="1000 are allowed"):
        writer.write(Frame(0.0, sent=True, data=b"x" * 1000))
    writer.close()


def test_a_disk_that_is_full_is_told(tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path / "a.rxrec", HEADER)
    writer._file.close()
    writer._file = Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115 - closed below
    writer.write(Frame(0.0, sent=True, data=b"x"))
    with pytest.raises(RecordingError, match=r"a\.rxrec: cannot be written: No space left on device"):
        writer.flush()
    writer._file.close()


def test_the_header_is_readable_to_people(tmp_path: Path) -> None:
    RecordingWriter(tmp_path / "a.rxrec", HEADER).close()
    header = json.loads(gzip.decompress((tmp_path / "a.rxrec").read_bytes()).splitlines()[0])
    assert header["rxconvo_recording"] == 1
    assert header["started"] == "2026-01-31T12:00:00Z"
    assert (header["identity"], header["scrubbed"], header["part"]) == ("ada", True, 1)
