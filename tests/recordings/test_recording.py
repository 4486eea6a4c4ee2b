"""`client.record`: what it begins with, how its files follow each other, and what is left when it ends."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any

import pytest

import rxconvo
from rxconvo.errors import ArgumentError, ClosedError, ConnectionError, RecordingError
from rxconvo.recordings import Frame, Note, RecordingReader
from rxconvo.testing import World, advance, run, settle
from tests.recordings.conftest import Ear, scene


def notes(path: Path) -> list[str]:
    """Return the notes of a file, but for those of time."""
    return [entry.note for entry in RecordingReader(path) if isinstance(entry, Note) and entry.note != "rang"]


def frames(path: Path) -> int:
    return sum(isinstance(entry, Frame) for entry in RecordingReader(path))


async def bodies(path: Path) -> list[str | None]:
    """Play a recording, and return what was said in it."""
    heard: list[str | None] = []
    async with rxconvo.Replay(path) as replay, replay.client() as client:
        client.messages.added.map(lambda message: message.body).subscribe(heard.append)
        await client.messages.opened
        await replay.play(speed=math.inf)
    return heard


@pytest.mark.parametrize(
    "field, options",
    [
        ("path", {"path": ""}),
        ("path", {"path": 7}),
        ("max_bytes", {"max_bytes": 0}),
        ("max_bytes", {"max_bytes": 1.5}),
        ("max_seconds", {"max_seconds": 0}),
        ("max_seconds", {"max_seconds": True}),
        ("keep", {"keep": 0}),
        ("keep", {"keep": "1"}),
    ],
)
def test_bad_arguments_are_named_before_a_file_is_made(tmp_path: Path, field: str, options: Any) -> None:
    async def record() -> None:
        async with World() as world:
            ada = await world.client("ada")
            with pytest.raises(ArgumentError, match=f"^{field} must be"):
                ada.record(**{"path": tmp_path / "a.rxrec", **options})

    run(record)
    assert not list(tmp_path.iterdir())


async def test_it_begins_with_what_is_open_and_ends_with_its_block(path: Path) -> None:
    async with World() as world:
        ada, bob = await world.clients("ada", "bob")
        _, his = await world.talk(ada, bob)
        recording = ada.record(path)
        over = [recording.over]
        async with recording as entered:
            assert entered is recording
            await his.send_message("said")
        over.append(recording.over)
        assert over == [False, True]
        await his.send_message("not recorded")
        recording.dispose()
        await recording.close()
        assert repr(recording).startswith(f"<Recording {path} part 1, ")
    assert notes(path) == ["ready", "keyframe", "end"]
    header = RecordingReader(path).header
    assert (header.part, header.scrubbed, header.upstream) == (1, True, ":")


async def test_awaited_it_has_begun_and_disposed_of_it_has_ended(path: Path) -> None:
    async with World() as world:
        ada = await world.client("ada")
        recording = await ada.record(path)
        assert "keyframe" in notes(path)
        recording.dispose()
        with pytest.raises(ClosedError):
            ada.record(path.with_name("b.rxrec")).dispose()
            await _disposed(ada, path.with_name("c.rxrec"))


async def _disposed(client: rxconvo.Client, path: Path) -> None:
    recording = client.record(path)
    recording.dispose()
    await recording


def test_a_file_that_exists_stays(path: Path) -> None:
    async def record() -> None:
        async with World() as world:
            ada = await world.client("ada")
            with pytest.raises(RecordingError, match="File exists"):
                ada.record(path)

    path.write_text("mine")
    run(record)
    assert path.read_text() == "mine"


async def test_it_ends_with_the_client(path: Path) -> None:
    async with World() as world:
        ada = await world.client("ada")
        recording = await ada.record(path)
        await ada.shutdown()
        assert recording.over
        with pytest.raises(ClosedError):
            ada.record(path.with_name("b.rxrec"))
    assert notes(path)[-1] == "end"


async def test_nothing_is_left_of_it(path: Path) -> None:
    async with World() as world:
        ada, bob = await world.clients("ada", "bob")
        await world.talk(ada, bob)
        await advance(1)
        async with world.released(), ada.record(path):
            await advance(3)


async def test_what_was_heard_a_second_ago_is_in_the_file(path: Path) -> None:
    async with World() as world:
        ada, bob = await world.clients("ada", "bob")
        _, his = await world.talk(ada, bob)
        async with ada.record(path, raw=True):
            before = frames(path)
            await his.send_message("said")
            await advance(1.1)
            assert frames(path) > before  # and so it is, were the process killed now
            reader = RecordingReader(path)
            list(reader)
            assert reader.truncated


async def test_a_fault_of_the_file_ends_it_and_is_told(path: Path) -> None:
    async with World() as world:
        ada, bob = await world.clients("ada", "bob")
        _, his = await world.talk(ada, bob)
        faults: list[Any] = []
        ada.errors.subscribe(faults.append)
        recording = await ada.record(path)
        recording._writer._file.close()
        recording._writer._file = Path("/dev/full").open("wb", buffering=0)  # noqa: ASYNC230, SIM115 - closed with it
        await his.send_message("said")
        await advance(2)
        assert recording.over
        assert [str(fault) for fault in faults] == [f"{path}: cannot be written: No space left on device"]
        assert recording.error is faults[0]
        await his.send_message("said")
        assert ada.connection_state.value == "connected"


async def test_a_fault_of_ours_ends_the_recording_and_nothing_else(path: Path) -> None:
    async with World() as world:
        ada, bob = await world.clients("ada", "bob")
        _, his = await world.talk(ada, bob)
        faults: list[Any] = []
        states: list[str] = []
        ada.errors.subscribe(faults.append)
        ada.messages.subscribe(lambda _: None)
        await ada.messages.opened
        recording = await ada.record(path, raw=True)
        async with ada.record(path.with_name("b.rxrec"), raw=True):  # told after the one that ends meanwhile
            ada.connection_state.subscribe(states.append)

            def fail(_: bytes) -> bytes:
                raise RecursionError("too deep")

            recording._clean = fail
            await his.send_message("said")
            await settle()
        assert [str(fault) for fault in faults] == [f"{path}: a frame cannot be kept: RecursionError('too deep')"]
        assert (recording.over, states) == (True, ["connected"])
    assert await bodies(path.with_name("b.rxrec")) == ["said"]


async def test_nor_does_one_while_it_begins_and_who_waits_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def read_all() -> list[str]:
        raise RecursionError("too deep")

    async with World() as world:
        ada = await world.client("ada")
        faults: list[Any] = []
        ada.errors.subscribe(faults.append)
        recording = ada.record(path)
        monkeypatch.setattr(recording._client, "read_all", read_all)
        with pytest.raises(RecordingError, match="what is open cannot be read: RecursionError"):
            await recording
        assert faults == [recording.error]
        assert ada.connection_state.value == "connected"


async def test_a_password_in_an_address_is_not_kept(path: Path) -> None:
    async with World() as world:
        ada = await world.client("ada")
        recording = await ada.record(path, raw=True)
        recording.lost(
            asyncio.get_running_loop().time(),
            ConnectionError("no connection to ws://x:secret@y/z?token=secret: no"),
            opened=False,
        )
        await recording.close()
    (reason,) = [entry.reason for entry in RecordingReader(path) if isinstance(entry, Note) and entry.reason]
    assert reason == "no connection to ws://y/z no"


async def test_what_is_beside_frames_is_scrubbed_as_well(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sid = "ES" + "0" * 32

    async def read_all() -> list[str]:
        return [sid, "ada.list"]

    async with World() as world:
        ada = await world.client("ada")
        recording = ada.record(path)
        monkeypatch.setattr(recording._client, "read_all", read_all)
        await recording
        now = asyncio.get_running_loop().time()
        for opened in (True, False):
            recording.lost(now, ConnectionError("ada's own words", http_status_code=503), opened=opened)
        await recording.close()
    kept = [entry for entry in RecordingReader(path) if isinstance(entry, Note)]
    (standing,) = [note.standing for note in kept if note.note == "keyframe"]
    assert standing is not None
    assert standing[0] == sid
    assert "ada" not in standing[1]
    assert [(note.note, note.reason, note.status) for note in kept if note.reason] == [
        ("lost", "the connection was lost", None),
        ("failed", "there is no connection", 503),
    ]


async def test_without_a_connection_it_begins_with_the_next_one(path: Path) -> None:
    async with World() as world:
        ada, bob = await world.clients("ada", "bob")
        _, his = await world.talk(ada, bob)
        ada.messages.subscribe(lambda _: None)
        await ada.messages.opened
        with world.lines["ada"].refused():
            world.lines["ada"].cut()
            await settle()
            recording = ada.record(path, raw=True)
            await advance(60)
            assert "keyframe" not in notes(path)
        await recording
        await his.send_message("after")
        await recording.close()
    assert notes(path)[-2:] == ["keyframe", "end"]
    assert await bodies(path) == ["after"]


async def test_two_at_once(path: Path) -> None:
    async with World() as world:
        ada, bob = await world.clients("ada", "bob")
        _, his = await world.talk(ada, bob)
        ada.messages.subscribe(lambda _: None)
        await ada.messages.opened
        async with ada.record(path, raw=True), ada.record(path.with_name("b.rxrec")) as other:
            await his.send_message("said")
        assert other.frames > 0
    assert await bodies(path) == ["said"]
    assert len(await bodies(path.with_name("b.rxrec"))) == 1


class TestFiles:
    """One file after the other."""

    async def test_each_can_be_played_alone_and_all_of_them_as_one(self, path: Path) -> None:
        async with scene(path, raw=True, max_bytes=6_000) as at:
            his = await at.bob.get_conversation_by_sid(at.talks[0])
            for number in range(20):
                await his.send_message(f"{number} {at.world.chance.random()}")
                await advance(2)
            await his.send_typing()
            await advance(7)
        parts = sorted(path.parent.iterdir())
        assert len(parts) > 3
        assert [part.name for part in parts[:2]] == ["lunch.0001.rxrec", "lunch.0002.rxrec"]
        assert parts[-1] == path
        headers = [RecordingReader(part).header for part in parts]
        assert [header.part for header in headers] == list(range(1, len(parts) + 1))
        assert len({(header.recording, header.started) for header in headers}) == 1
        ear = Ear()
        async with rxconvo.Replay(path) as replay, replay.client() as client:
            await ear.listen(client)
            ear.heard.clear()
            await replay.play(speed=math.inf)
        assert ear.heard == at.ear.heard
        whole = await bodies(path)
        assert len(whole) == 20
        for part in parts[:-1]:
            said = await bodies(part)
            assert said
            assert len(said) < 20
            assert "|".join(map(str, said)) in "|".join(map(str, whole))

    async def test_only_the_newest_are_kept(self, path: Path) -> None:
        async with scene(path, raw=True, max_bytes=3_000, keep=3) as at:
            his = await at.bob.get_conversation_by_sid(at.talks[0])
            for number in range(30):
                await his.send_message(f"{number} {at.world.chance.random()}")
                await advance(2)
        parts = sorted(path.parent.iterdir())
        assert len(parts) == 3
        numbers = [RecordingReader(part).header.part for part in parts]
        assert numbers == list(range(numbers[-1] - 2, numbers[-1] + 1))
        said = await bodies(path)  # the first file is gone: it begins where the oldest one that is left does
        assert 0 < len(said) < 30

    async def test_files_of_others_are_never_written_over(self, path: Path) -> None:
        other = path.with_name("lunch.0007.rxrec")
        other.write_text("mine")
        async with World() as world:
            ada = await world.client("ada")
            with pytest.raises(RecordingError, match=r"lunch\.0007\.rxrec: cannot be written: File exists"):
                ada.record(path)
            assert not path.exists()  # noqa: ASYNC240 - nothing else waits
            other.rename(path.with_name("lunch.0007.other"))
            async with ada.record(path):
                pass

    async def test_nor_are_those_that_come_meanwhile(self, path: Path) -> None:
        async with scene(path, raw=True, max_seconds=5) as at:
            faults: list[Any] = []
            at.ada.errors.subscribe(faults.append)
            path.with_name("lunch.0001.rxrec").write_text("mine")
            his = await at.bob.get_conversation_by_sid(at.talks[0])
            await advance(6)
            await his.send_message("said")
            await advance(1)
            assert [str(fault) for fault in faults] == [
                f"{path.with_name('lunch.0001.rxrec')}: cannot be written: File exists"
            ]
            assert at.ada.connection_state.value == "connected"
        assert path.with_name("lunch.0001.rxrec").read_text() == "mine"
        assert await bodies(path) == ["said"]

    async def test_by_time(self, path: Path) -> None:
        async with scene(path, raw=True, max_seconds=10) as at:
            his = await at.bob.get_conversation_by_sid(at.talks[0])
            for _ in range(4):
                await advance(6)
                await his.send_message("said")
        assert [part.name for part in sorted(path.parent.iterdir())] == [
            "lunch.0001.rxrec",
            "lunch.0002.rxrec",
            "lunch.rxrec",
        ]
        assert await bodies(path) == ["said"] * 4

    async def test_files_of_another_recording_are_not_mixed_in(self, path: Path) -> None:
        async with scene(path, raw=True, max_seconds=5) as at:
            his = await at.bob.get_conversation_by_sid(at.talks[0])
            for _ in range(3):
                await advance(6)
                await his.send_message("said")
        first = path.with_name("lunch.0001.rxrec")
        first.unlink()
        async with scene(first, seed=1, raw=True):
            pass
        assert 0 < len(await bodies(path)) < 3
