"""What can be uploaded, in each of its forms, and files that are there as a whole or not at all."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from rxconvo import SendEmailOptions, SendMediaOptions
from rxconvo.client.attachments import PIECE, check_media, file_path, media_size, open_contents, write_file
from rxconvo.errors import ArgumentError, OutcomeUnknownError
from rxconvo.testing import settle

BIG = bytes(range(256)) * 1024  # four pieces


async def two() -> AsyncIterator[bytes]:
    yield b"one"
    yield b"two"


class BytesPath(os.PathLike[bytes]):
    def __fspath__(self) -> bytes:
        return b"note.txt"


async def contents(media: Any) -> tuple[int | None, list[bytes]]:
    async with open_contents(media) as content:
        return content.length, [piece async for piece in content.pieces]


def names(directory: Path) -> list[str]:
    return [path.name for path in directory.iterdir()]


class TestOptions:
    @pytest.mark.parametrize(
        "content_type",
        [
            "",
            1,
            b"text/plain",
            "text/plain\r\nx: y",
            "té/a",
            "x/" + "x" * 254,
            "plain",
            "/a",
            "a/",
            "a b/c",
            "a/b c",
            "a/b/c",
        ],
    )
    def test_a_wrong_content_type_is_refused(self, content_type: Any) -> None:
        with pytest.raises(ArgumentError, match="content_type"):
            SendMediaOptions(content_type, "x")

    @pytest.mark.parametrize("media", [None, 1, ["x"], {}, BytesPath(), "\ud800", memoryview(b"x")])
    def test_a_wrong_content_is_refused(self, media: Any) -> None:
        with pytest.raises(ArgumentError, match="media"):
            SendMediaOptions("text/plain", media)

    @pytest.mark.parametrize("filename", [1, b"x", "\ud800"])
    def test_a_wrong_filename_is_refused(self, filename: Any) -> None:
        with pytest.raises(ArgumentError, match="filename"):
            SendMediaOptions("text/plain", "x", filename)

    @pytest.mark.parametrize(
        "options,name",
        [
            (SendMediaOptions("a/b", "x"), None),
            (SendMediaOptions("a/b", "x", "note.txt"), "note.txt"),
            (SendMediaOptions("a/b", "x", ""), None),
            (SendMediaOptions("a/b", Path("some/note.txt")), "note.txt"),
            (SendMediaOptions("a/b", Path("some/note.txt"), "other.txt"), "other.txt"),
            (SendMediaOptions("a/b", Path("some/note.txt"), ""), None),
        ],
    )
    def test_the_name_is_that_of_the_path_by_default(self, options: SendMediaOptions, name: str | None) -> None:
        assert options.name == name

    def test_the_content_is_not_shown(self) -> None:
        assert "secret" not in repr(SendMediaOptions("text/plain", "secret"))

    @pytest.mark.parametrize(
        "options,field",
        [
            (SendMediaOptions(None, "x"), "content_type"),
            (SendMediaOptions("a/b", ""), "media"),
            (SendMediaOptions("a/b", b""), "media"),
            (SendMediaOptions("a/b", bytearray()), "media"),
        ],
    )
    def test_a_file_needs_a_content_type_and_a_content(self, options: SendMediaOptions, field: str) -> None:
        with pytest.raises(ArgumentError) as raised:
            options.check_complete()
        assert raised.value.field == field

    def test_what_is_complete_passes(self) -> None:
        for media in ("x", b"x", bytearray(b"x"), Path("x"), two):
            SendMediaOptions("a/b", media).check_complete()
        SendMediaOptions(None, "")  # as the body of an e-mail

    def test_only_options_are_options(self) -> None:
        options = SendMediaOptions("a/b", "x")
        assert check_media("media", options) is options
        for wrong in (None, "x", {"content_type": "a/b", "media": "x"}, SendEmailOptions()):
            with pytest.raises(ArgumentError, match="media must be SendMediaOptions"):
                check_media("media", wrong)


class TestContents:
    @pytest.mark.parametrize(
        "media,length,content",
        [
            (b"abc", 3, b"abc"),
            (bytearray(b"abc"), 3, b"abc"),
            ("ü", 2, "ü".encode()),
            (b"", 0, b""),
            (BIG, len(BIG), BIG),
            (two, None, b"onetwo"),
        ],
    )
    async def test_each_form_gives_its_bytes(self, media: Any, length: int | None, content: bytes) -> None:
        found, pieces = await contents(media)
        assert (found, b"".join(pieces)) == (length, content)
        assert all(0 < len(piece) <= PIECE for piece in pieces)
        assert media_size(media) == length

    async def test_a_file_gives_its_bytes(self, tmp_path: Path) -> None:
        path = tmp_path / "big"
        path.write_bytes(BIG)
        length, pieces = await contents(path)
        assert (length, b"".join(pieces)) == (len(BIG), BIG)
        assert [len(piece) for piece in pieces] == [PIECE] * 4
        assert media_size(path) == len(BIG)

    async def test_what_is_no_file_is_refused(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        for path in (tmp_path, tmp_path / "pipe"):
            with pytest.raises(ArgumentError, match="path of a file"):
                await contents(path)

    async def test_a_file_that_is_not_there_is_an_error(self, tmp_path: Path) -> None:
        assert media_size(tmp_path / "none") is None
        with pytest.raises(FileNotFoundError):
            await contents(tmp_path / "none")

    async def test_a_file_that_shrinks_meanwhile_is_noticed(self, tmp_path: Path) -> None:
        path = tmp_path / "big"
        path.write_bytes(BIG)
        with pytest.raises(OutcomeUnknownError, match="lost some"):
            async with open_contents(path) as content:
                await anext(content.pieces)
                path.write_bytes(b"")
                await anext(content.pieces)

    async def test_a_file_that_grows_meanwhile_is_sent_as_it_was(self, tmp_path: Path) -> None:
        path = tmp_path / "note"
        path.write_bytes(b"abc")
        async with open_contents(path) as content:
            path.write_bytes(b"abcdef")
            assert [piece async for piece in content.pieces] == [b"abc"]

    async def test_a_generator_is_ended_with_the_attempt(self) -> None:
        ended: list[bool] = []

        async def endless() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield b"x"
            finally:
                ended.append(True)

        async with open_contents(endless) as content:
            await anext(content.pieces)
            assert not ended
        assert ended

    async def test_others_have_their_turn_between_two_pieces(self) -> None:
        turns: list[str] = []

        async def other() -> None:
            for _ in range(4):
                turns.append("other")
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        async with open_contents(BIG) as content:
            async for _ in content.pieces:
                turns.append("piece")  # noqa: PERF401 - one by one, among the others' turns
        await task
        assert turns == ["other", "piece"] * 4


class TestFiles:
    @pytest.mark.parametrize("path", ["", None, 1, b"x", BytesPath(), "\0", ".", "/"])
    def test_what_is_no_path_is_refused(self, path: Any) -> None:
        with pytest.raises(ArgumentError, match="path"):
            file_path(path)

    def test_a_path_comes_as_text_or_as_itself(self) -> None:
        assert file_path("a/b") == file_path(Path("a/b")) == Path("a/b")

    async def test_a_file_appears_when_it_is_complete(self, tmp_path: Path) -> None:
        target = tmp_path / "cat.png"
        async with write_file(target, "1234") as file:
            file.write(b"abc")
            assert not target.exists()
            assert names(tmp_path) == [".1234.part"]
        assert target.read_bytes() == b"abc"
        assert names(tmp_path) == [target.name]

    async def test_a_former_file_stays_until_the_new_one_is_complete(self, tmp_path: Path) -> None:
        target = tmp_path / "cat.png"
        target.write_bytes(b"former")
        async with write_file(target, "1") as file:
            file.write(b"abc")
            assert target.read_bytes() == b"former"
        assert target.read_bytes() == b"abc"

    @pytest.mark.parametrize("error", [ValueError("wrong"), OSError("full")])
    async def test_a_failure_leaves_nothing_behind(self, tmp_path: Path, error: Exception) -> None:
        target = tmp_path / "cat.png"
        target.write_bytes(b"former")
        with pytest.raises(type(error)):
            async with write_file(target, "1") as file:
                file.write(b"abc")
                raise error
        assert target.read_bytes() == b"former"
        assert names(tmp_path) == [target.name]

    async def test_a_directory_is_refused_before_anything_is_written(self, tmp_path: Path) -> None:
        target = tmp_path / "cats"
        target.mkdir()
        with pytest.raises(IsADirectoryError, match="cats"):
            async with write_file(target, "1"):
                pytest.fail("it could be written")
        assert names(tmp_path) == [target.name]

    async def test_neither_does_being_cancelled(self, tmp_path: Path) -> None:
        async def write() -> None:
            async with write_file(tmp_path / "cat.png", "1") as file:
                file.write(b"abc")
                await asyncio.Event().wait()

        task = asyncio.create_task(write())
        await settle()
        assert names(tmp_path)
        task.cancel()
        await settle()
        assert not names(tmp_path)
