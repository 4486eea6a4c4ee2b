"""Playing recordings: places, speeds, what can be asked for, and what is refused because it is not there."""

from __future__ import annotations

import asyncio
import math
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from reactivex import operators as ops

import rxconvo
from rxconvo import operators as chat
from rxconvo.errors import ArgumentError, ClosedError, RecordingError, RejectedError, SyncError
from rxconvo.recordings import player, tape
from rxconvo.testing import World, advance
from tests.recordings.conftest import scene


@pytest.fixture
async def lunch(path: Path) -> Path:
    """Record a minute in which bob says something every ten seconds, and types before."""
    async with scene(path, raw=True) as at:
        his = await at.bob.get_conversation_by_sid(at.talks[0])
        for number in range(6):
            await advance(8)
            await his.send_typing()
            await advance(2)
            await his.send_message(f"message {number}")
        await his.update_friendly_name("dinner")
    return path


async def of(client: rxconvo.Client) -> rxconvo.Conversation:
    """Return the only conversation of a client."""
    (talk,) = (await client.get_subscribed_conversations()).items
    return talk


async def test_it_stands_until_it_is_played_and_can_be_looked_at(lunch: Path) -> None:
    async with rxconvo.Replay(lunch) as replay, replay.client() as client:
        assert (replay.position, replay.over, replay.identity) == (0.0, False, "ada")
        assert 59 < replay.duration < 61
        assert client.identity == "ada"
        talk = await of(client)
        assert talk.friendly_name == "lunch"
        assert [message.body for message in (await talk.get_messages()).items] == ["before", "also before"]
        assert [member.identity for member in await talk.get_participants()] == ["ada", "bob"]
        await replay.play(speed=math.inf, until=25)
        assert (await talk.get_messages(1)).items[0].body == "message 1"
        assert replay.position == 25
        await replay.play(speed=math.inf)
        assert (replay.over, replay.position) == (True, replay.duration)
        assert talk.friendly_name == "dinner"
        await replay.play(speed=math.inf)
        page = await talk.get_messages(3)
        assert [message.body for message in page.items] == ["message 3", "message 4", "message 5"]
        older = await page.prev_page()
        assert [message.body for message in older.items] == ["message 0", "message 1", "message 2"]


@pytest.mark.parametrize("speed, takes", [(1, 60), (60, 1), (0.5, 120), (math.inf, 0)])
async def test_speeds(lunch: Path, speed: float, takes: float) -> None:
    loop = asyncio.get_running_loop()
    async with rxconvo.Replay(lunch) as replay, replay.client() as client:
        heard: list[tuple[float, str | None]] = []
        client.messages.added.subscribe(lambda message: heard.append((loop.time(), message.body)))
        await client.messages.opened
        began = loop.time()
        await replay.play(speed=speed)
    assert loop.time() - began == pytest.approx(takes, abs=takes / 50 + 0.01)
    assert [body for _, body in heard] == [f"message {number}" for number in range(6)]
    assert heard[2][0] - began == pytest.approx(takes / 2, abs=takes / 50 + 0.01)


async def test_what_is_piped_waits_by_the_recordings_clock(lunch: Path) -> None:
    async with rxconvo.Replay(lunch) as replay, replay.client() as client:
        talk = await of(client)
        paused: list[tuple[int, float]] = []
        typing: list[tuple[list[str], int]] = []
        talk.messages.added.pipe(ops.debounce(4.0)).subscribe(
            lambda message: paused.append((message.index, round(replay.position)))
        )
        talk.typing.pipe(chat.typing_indicator()).subscribe(
            lambda who: typing.append((sorted(who), round(replay.position)))
        )
        await talk.typing.opened
        await replay.play(speed=math.inf)
    assert paused[:5] == [(number + 2, 10 * number + 14) for number in range(5)]
    assert (["bob"], 8) in typing
    assert ([], 10) in typing


async def test_nothing_can_be_changed(lunch: Path) -> None:
    async with rxconvo.Replay(lunch) as replay, replay.client() as client:
        talk = await of(client)
        for change in (
            talk.send_message("new"),
            talk.send_typing(),
            talk.leave(),
            client.create_conversation(),
            talk.set_all_messages_read(),
        ):
            with pytest.raises(RejectedError, match="this is a recording: nothing can be changed in it"):
                await change
        with pytest.raises(rxconvo.RequestError, match="recording"):
            await talk.prepare_message().add_media(rxconvo.SendMediaOptions("text/plain", "x", "x")).build_and_send()


async def test_what_is_not_in_it_is_refused_and_says_so(path: Path) -> None:
    async with World() as world:
        ada, bob = await world.clients("ada", "bob")
        mine, _ = await world.talk(ada, bob)
        async with ada.record(path, raw=True):
            await mine.get_messages_count()
    async with rxconvo.Replay(path) as replay, replay.client() as client:
        client.errors.subscribe(lambda _: None)
        talk = await of(client)
        talk.messages.subscribe(lambda _: None)
        with pytest.raises(SyncError, match="this is not in the recording"):
            await talk.messages.opened
        with pytest.raises(RejectedError, match="this is not in the recording"):
            await client.get_conversation_by_unique_name("dinner")
        await replay.play(speed=math.inf)
        assert await talk.get_messages_count() == 0


async def test_what_was_opened_later_opens_then(path: Path) -> None:
    async with World() as world:
        ada, bob = await world.clients("ada", "bob")
        mine, his = await world.talk(ada, bob)
        async with ada.record(path, raw=True):
            await advance(10)
            mine.messages.subscribe(lambda _: None)
            await mine.messages.opened
            await advance(10)
            await his.send_message("said")
    async with rxconvo.Replay(path) as replay, replay.client() as client:
        heard: list[str | None] = []
        talk = await of(client)
        talk.messages.added.subscribe(lambda message: heard.append(message.body))
        opened = asyncio.ensure_future(talk.messages.opened)
        await replay.play(speed=math.inf, until=9)
        assert not opened.done()
        await replay.play(speed=math.inf, until=11)
        assert opened.done()
        await replay.play(speed=math.inf)
    assert heard == ["said"]


async def test_several_clients_of_one_recording(lunch: Path) -> None:
    async with rxconvo.Replay(lunch) as replay, replay.client() as one:
        await replay.play(speed=math.inf, until=25)
        heard: dict[str, list[str | None]] = {"one": [], "two": []}
        async with replay.client(options=rxconvo.ClientOptions(watch="all")) as two:
            for name, client in (("one", one), ("two", two)):
                client.messages.added.map(lambda message: message.body).subscribe(heard[name].append)
                await client.messages.opened
            await replay.play(speed=math.inf, until=45)
        await replay.play(speed=math.inf)
    assert heard == {"one": [f"message {number}" for number in range(2, 6)], "two": ["message 2", "message 3"]}


class TestSeeking:
    """Another place at once."""

    async def test_forwards_is_a_lost_connection_after_which_nothing_is_missed(self, lunch: Path) -> None:
        async with rxconvo.Replay(lunch) as replay, replay.client() as client:
            heard: list[Any] = []
            talk = await of(client)
            for stream in (talk.messages, talk.updated, client.connection_state):
                stream.subscribe(heard.append)
            await talk.messages.opened
            heard.clear()
            await replay.seek(45)
            assert replay.position == 45
            assert heard[:2] == ["connecting", "connected"]
            added = [event.message.body for event in heard if isinstance(event, rxconvo.MessageAdded)]
            assert added == [f"message {number}" for number in range(4)]
            assert not [event for event in heard if isinstance(event, rxconvo.Discontinuity)]
            await replay.play(speed=math.inf)
            added = [event.message.body for event in heard if isinstance(event, rxconvo.MessageAdded)]
            assert added == [f"message {number}" for number in range(6)]

    async def test_backwards_nothing_holds_any_more_and_each_stream_says_so(self, lunch: Path) -> None:
        async with rxconvo.Replay(lunch) as replay, replay.client() as client:
            talk = await of(client)
            heard: list[Any] = []
            talk.messages.subscribe(heard.append)
            lists: list[list[str | None]] = []
            talk.timeline(50).pipe(chat.apply_diffs()).subscribe(
                lambda now: lists.append([message.body for message in now])
            )
            await talk.messages.opened
            await replay.play(speed=math.inf)
            assert lists[-1][-2:] == ["message 4", "message 5"]
            heard.clear()
            await replay.seek(replay.header.started + timedelta(seconds=25))
            assert [type(event) for event in heard] == [rxconvo.Discontinuity]
            assert lists[-1] == ["before", "also before", "message 0", "message 1"]
            assert talk.friendly_name == "lunch"
            await replay.play(speed=math.inf)
            assert lists[-1][-2:] == ["message 4", "message 5"]
            assert [type(event) for event in heard[1:]] == [rxconvo.MessageAdded] * 4

    async def test_while_it_plays(self, lunch: Path) -> None:
        async with rxconvo.Replay(lunch) as replay, replay.client() as client:
            client.errors.subscribe(lambda _: None)
            playing = asyncio.ensure_future(replay.play())
            await advance(30)
            assert replay.position == pytest.approx(30, abs=0.5)
            await advance(4)
            assert replay.position == pytest.approx(34, abs=0.5)
            await replay.seek(5)
            stood = [replay._playing.loop.standing]  # where it does, it creeps on to what is due by itself
            await advance(10)
            assert replay.position == pytest.approx(15, abs=0.5)
            playing.cancel()
            await asyncio.wait({playing})
            stood.append(replay._playing.loop.standing)
            assert stood == [False, True]
            assert replay.position == pytest.approx(15, abs=0.5)

    async def test_others_have_their_turn_meanwhile(self, lunch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(player, "TURN", 1)
        turns: list[float] = []

        async with rxconvo.Replay(lunch) as replay, replay.client() as client:
            heard: list[str | None] = []
            client.messages.added.map(lambda message: message.body).subscribe(heard.append)
            await client.messages.opened
            seeking = asyncio.ensure_future(replay.seek(45))
            await asyncio.sleep(0)
            began = asyncio.get_running_loop().time()
            playing = asyncio.ensure_future(replay.play(until=55))  # from where it is going to be
            while not seeking.done():
                turns.append(replay.position)
                await asyncio.sleep(0)
            assert turns[:10] == [0.0] * 10
            await playing
            assert asyncio.get_running_loop().time() - began == pytest.approx(10, abs=0.5)
            assert heard == [f"message {number}" for number in range(5)]

    async def test_its_ends(self, lunch: Path) -> None:
        async with rxconvo.Replay(lunch) as replay:
            await replay.seek(replay.header.started + timedelta(seconds=replay.duration))
            assert replay.position == pytest.approx(replay.duration)
            assert replay.over
            await replay.seek(replay.duration)
            assert (replay.position, replay.over) == (replay.duration, True)
            await replay.seek(0)
            assert (replay.position, replay.over) == (0, False)

    @pytest.mark.parametrize("beyond", [-5, 99, math.inf, timedelta(hours=1), timedelta(seconds=-1)])
    async def test_beyond_its_ends(self, lunch: Path, beyond: float | timedelta) -> None:
        async with rxconvo.Replay(lunch) as replay:
            moment = replay.header.started + beyond if isinstance(beyond, timedelta) else beyond
            with pytest.raises(ArgumentError, match=r"moment must be within .*, from 0 to 60\.\d+ seconds .*, not"):
                await replay.seek(moment)
            assert replay.position == 0

    async def test_what_belongs_to_it_is_told_but_not_logged(
        self, lunch: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with rxconvo.Replay(lunch) as replay, replay.client() as client:
            await replay.seek(30)
            await replay.seek(0)
            assert caplog.records == []
            told: list[object] = []
            client.errors.subscribe(told.append)
            await replay.seek(30)
            assert [str(error) for error in told] == ["the recording goes on at another place"]


class TestUse:
    """What it is given, and when it is over."""

    @pytest.mark.parametrize("speed", [0, -1, "2", True, math.nan, None])
    async def test_speeds_that_are_none(self, lunch: Path, speed: Any) -> None:
        async with rxconvo.Replay(lunch) as replay:
            with pytest.raises(ArgumentError, match="speed must be a number above 0"):
                await replay.play(speed=speed)

    @pytest.mark.parametrize("place", ["x", True, math.nan])
    async def test_places_that_are_none(self, lunch: Path, place: Any) -> None:
        async with rxconvo.Replay(lunch) as replay:
            with pytest.raises(ArgumentError, match="until must be"):
                await replay.play(until=place)
            with pytest.raises(ArgumentError, match="moment must be"):
                await replay.seek(place)
            with pytest.raises(ArgumentError, match="moment must be"):
                await replay.seek(replay.header.started.replace(tzinfo=None))

    @pytest.mark.parametrize("path", ["", 7, None])
    def test_paths_that_are_none(self, path: Any) -> None:
        with pytest.raises(ArgumentError, match="path must be"):
            rxconvo.Replay(path)

    async def test_it_has_to_be_started(self, lunch: Path) -> None:
        replay = rxconvo.Replay(lunch)
        for use in (replay.play, lambda: replay.seek(0), lambda: replay.client().__aenter__()):
            with pytest.raises(ClosedError):
                await use()
        async with replay:
            pass
        with pytest.raises(ClosedError):
            await replay.play()
        await replay.close()
        async with replay:  # again
            await replay.play(speed=math.inf)

    async def test_a_file_without_a_beginning(self, path: Path) -> None:
        async with World() as world:
            ada = await world.client("ada")
            ada.record(path).dispose()
        with pytest.raises(RecordingError, match="it ends before what was open could be read"):
            async with rxconvo.Replay(path):
                pass

    async def test_a_file_that_would_fill_memory(self, lunch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tape, "MAX_INDEX", 3)
        monkeypatch.setattr(tape, "TURN", 10)
        with pytest.raises(RecordingError, match="more than 3 places would be remembered"):
            async with rxconvo.Replay(lunch):
                pass

    async def test_it_is_played_once_at_a_time_and_no_longer_than_it_is_open(self, lunch: Path) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with rxconvo.Replay(lunch) as replay:
            playing = asyncio.ensure_future(replay.play())
            await advance(5)
            with pytest.raises(RuntimeError, match="is being played already"):
                await replay.play()
        await playing
        assert loop.time() - began == pytest.approx(5, abs=0.1)

    async def test_a_client_outlives_nothing(self, lunch: Path) -> None:
        async with rxconvo.Replay(lunch) as replay:
            client = await replay.client()
            await client.shutdown()
            other = await replay.client()
        with pytest.raises(ClosedError):
            await other.create_conversation()


class TestCollecting:
    """`collect`: what a pipeline makes of all that is left."""

    async def test_where_nothing_is_left(self, lunch: Path) -> None:
        async with rxconvo.Replay(lunch) as replay:
            assert len(await replay.collect(lambda client: client.messages.added)) == 6
            with pytest.raises(RuntimeError, match=r"was played already: `await replay\.seek\(0\)` goes back"):
                await replay.collect(lambda client: client.messages.added)
            await replay.seek(0)
            assert len(await replay.collect(lambda client: client.messages.added)) == 6

    async def test_a_recording_in_which_nothing_happens(self, path: Path) -> None:
        async with scene(path, raw=True):
            pass
        async with rxconvo.Replay(path) as replay:
            assert await replay.collect(lambda client: client.messages.added) == []

    @pytest.mark.parametrize("build", [7, lambda _: 3, lambda client: client])
    async def test_what_makes_no_observable(self, lunch: Path, build: Any) -> None:
        async with rxconvo.Replay(lunch) as replay:
            with pytest.raises(ArgumentError, match="build must be a"):
                await replay.collect(build)
            assert replay.position == 0

    async def test_its_repr_tells_where_it_stands(self, lunch: Path) -> None:
        replay = rxconvo.Replay(lunch)
        assert repr(replay) == f"<Replay {lunch} closed>"
        async with replay:
            await replay.play(speed=math.inf, until=20.123456)
            assert repr(replay) == f"<Replay {lunch} at 20.12 s>"


class TestConnecting:
    """`connect("replay:…")`."""

    async def test_it_plays_by_itself(self, lunch: Path) -> None:
        async with rxconvo.connect(f"replay:{lunch}?speed=10") as client:
            heard: list[str | None] = []
            client.messages.added.map(lambda message: message.body).subscribe(heard.append)
            await advance(0.9)
            assert heard == []
            await advance(3.2)
            assert heard == ["message 0", "message 1", "message 2"]
        async with rxconvo.connect(f"replay:{lunch}") as client:
            client.messages.added.map(lambda message: message.body).subscribe(heard.append)
            await advance(11.5)
            assert heard[3:] == ["message 0"]

    @pytest.mark.parametrize("rest", ["", "?speed=1", "a?speed=0", "a?speed=x", "a?pace=1", "a?speed=nan"])
    def test_addresses_that_are_none(self, rest: str) -> None:
        with pytest.raises(ArgumentError, match=r"^url must be"):
            rxconvo.connect(f"replay:{rest}")

    @pytest.mark.parametrize("field", ["identity", "token"])
    def test_the_recording_says_whose_it_is(self, field: str) -> None:
        with pytest.raises(ArgumentError, match=f"{field} must be left out"):
            rxconvo.connect("replay:a", **{field: "ada"})  # type: ignore[arg-type]

    async def test_a_file_that_is_none(self, tmp_path: Path) -> None:
        with pytest.raises(RecordingError, match="No such file"):
            await rxconvo.connect(f"replay:{tmp_path}/none.rxrec")
