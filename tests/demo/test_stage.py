"""People do on time what the timeline says, and everybody leaves in the end, whatever happens."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest

from rxconvo import Client, Conversation, Message, MessageUpdated, Service
from rxconvo.demo.actions import Action, Connect, Disconnect, Edit, Join, Leave, Read, Remove, Send, Typing
from rxconvo.demo.stage import Entrance, Room, Stage

STORY: list[Action] = [
    Connect(0.0, "ada"),
    Join(0.0, "ada", "x"),
    Connect(0.0, "bob"),
    Join(0.0, "bob", "x"),
    Typing(5.0, "ada", "x"),
    Send(10.0, "ada", "x", 0, "hello"),
    Read(12.0, "bob", "x", 0),
    Send(20.0, "bob", "x", 1, "hi"),
    Edit(30.0, "ada", "x", 0, "hello (edited)"),
    Remove(40.0, "bob", "x", 1),
    Send(50.0, "ada", "x", 2, "bye"),
    Leave(60.0, "ada", "x"),
    Disconnect(60.0, "ada"),
    Leave(60.0, "bob", "x"),
    Disconnect(60.0, "bob"),
]


class Watcher:
    """Notes who came when, and what was observed when, on the loop's clock."""

    def __init__(self) -> None:
        self.met: list[str] = []
        self.entered: list[tuple[str, str]] = []
        self.arrivals: list[tuple[float, str, str | None]] = []
        self.edited: list[str | None] = []

    def meet(self, client: Client) -> None:
        self.met.append(client.identity)

    def watch(self, name: str, conversation: Conversation) -> None:
        self.entered.append((name, conversation.identity))
        loop = asyncio.get_running_loop()

        def arrived(message: Message) -> None:
            self.arrivals.append((loop.time(), conversation.identity, message.body))

        def updated(event: MessageUpdated) -> None:
            self.edited.append(event.after.body)

        conversation.messages.added.subscribe(arrived)
        conversation.messages.updated.subscribe(updated)


async def play(
    service: Service,
    actions: Sequence[Action] = STORY,
    *,
    speed: float = 1.0,
    seats: int = 10,
    enter: Entrance | None = None,
    kind: type[Stage] = Stage,
    watcher: Watcher | None = None,
) -> Stage:
    stage = kind(enter or service.client, audience=watcher or Watcher(), seats=seats)
    await stage.play(actions, start=0.0, speed=speed)
    return stage


def slow(service: Service, delays: dict[str, float]) -> Entrance:
    """Let some people take their time to connect."""

    async def enter(identity: str) -> Client:
        await asyncio.sleep(delays.get(identity, 0.0))
        return await service.client(identity)

    return enter


async def test_everything_is_done_and_observed(service: Service) -> None:
    watcher = Watcher()
    stage = await play(service, watcher=watcher)
    kinds = Counter(type(action).__name__ for action in STORY)
    del kinds["Connect"], kinds["Disconnect"]
    assert stage.done == kinds
    verdict = stage.audit.verdict()
    assert verdict.passed
    assert (verdict.sent, verdict.expected, verdict.observed) == (3, 6, 6)
    assert watcher.met == ["ada", "bob"]
    assert watcher.entered == [("x", "ada"), ("x", "bob")]
    assert watcher.edited == ["hello (edited)"] * 2


async def test_everybody_has_left_in_the_end(service: Service) -> None:
    stage = await play(service)
    assert (stage.online, stage.most) == (0, 2)
    assert service.server.connections == 0


@pytest.mark.parametrize("speed", [1.0, 10.0])
async def test_messages_come_when_the_timeline_says_so(service: Service, speed: float) -> None:
    watcher = Watcher()
    stage = await play(service, speed=speed, watcher=watcher)
    assert stage.began is not None
    seen = [(round((at - stage.began) * speed, 6), who, body) for at, who, body in sorted(watcher.arrivals)]
    assert seen == [
        (at, who, body) for at, body in ((10.0, "hello"), (20.0, "hi"), (50.0, "bye")) for who in ("ada", "bob")
    ]
    assert stage.behind == pytest.approx(0.0)


async def test_the_clock_starts_when_all_have_come_who_are_there_from_the_start(service: Service) -> None:
    stage = await play(service, enter=slow(service, {"bob": 7.0}))
    assert stage.began is not None
    assert stage.began >= 7.0
    assert stage.behind == pytest.approx(0.0)


async def test_what_is_late_is_known(service: Service) -> None:
    late: list[Action] = [
        Join(0.0, "ada", "x"),
        Join(10.0, "bob", "x"),
        Send(11.0, "ada", "x", 0, "where is he?"),
        Leave(30.0, "ada", "x"),
        Leave(30.0, "bob", "x"),
    ]
    stage = await play(service, late, speed=2.0, enter=slow(service, {"bob": 4.0}))
    assert 3.5 <= stage.behind < 3.6, "and connecting takes a moment"
    assert stage.audit.verdict().passed


async def test_one_late_conversation_does_not_hold_up_another(service: Service) -> None:
    watcher = Watcher()
    both: list[Action] = [
        Join(0.0, "ada", "x"),
        Join(1.0, "bob", "y"),
        Send(2.0, "bob", "y", 0, "late"),
        Send(2.0, "ada", "x", 0, "on time"),
        Leave(3.0, "ada", "x"),
        Leave(3.0, "bob", "y"),
    ]
    stage = await play(service, both, enter=slow(service, {"bob": 60.0}), watcher=watcher)
    assert stage.began is not None
    assert [(round(at - stage.began), body) for at, _, body in watcher.arrivals] == [(2, "on time"), (61, "late")]


async def test_no_more_are_online_than_there_are_seats(service: Service) -> None:
    online: set[str] = set()
    most: list[int] = []

    async def enter(identity: str) -> Client:
        client = await service.client(identity)
        online.add(identity)
        most.append(len(online))

        async def linger() -> None:
            await asyncio.sleep(5.0)
            online.remove(identity)

        client.on_shutdown(linger)
        return client

    relay: list[Action] = [
        action
        for turn, (one, other) in enumerate((("a", "b"), ("c", "d"), ("a", "c")))
        for action in (
            Join(10.0 * turn, one, f"room {turn}"),
            Join(10.0 * turn, other, f"room {turn}"),
            Send(10.0 * turn + 5, one, f"room {turn}", 0, "hello"),
            Leave(10.0 * turn + 9, one, f"room {turn}"),
            Leave(10.0 * turn + 9, other, f"room {turn}"),
        )
    ]
    stage = await play(service, relay, seats=2, enter=enter)
    assert stage.audit.verdict().passed
    assert stage.done["Send"] == 3
    assert max(most) == stage.most == 2
    assert stage.behind > 0, "the last two had to wait for their seats"


async def test_people_stay_until_their_last_conversation_is_over(service: Service) -> None:
    watcher = Watcher()
    overlapping: list[Action] = [
        Join(0.0, "ada", "x"),
        Join(1.0, "ada", "y"),
        Leave(2.0, "ada", "x"),
        Send(3.0, "ada", "y", 0, "still here"),
        Leave(4.0, "ada", "y"),
        Join(9.0, "ada", "z"),
        Leave(10.0, "ada", "z"),
    ]
    stage = await play(service, overlapping, watcher=watcher)
    assert watcher.met == ["ada", "ada"], "once for x and y, once for z"
    assert stage.audit.verdict().passed


async def test_an_error_ends_it_and_everybody_leaves(service: Service) -> None:
    async def enter(identity: str) -> Client:
        if identity == "bob":
            raise OSError("no line")
        return await service.client(identity)

    with pytest.raises(ExceptionGroup) as caught:
        await play(service, enter=enter)
    assert [str(error) for error in caught.value.exceptions] == ["no line"]
    assert service.server.connections == 0


@pytest.mark.parametrize("after", [0.5, 15.0])
async def test_everybody_leaves_when_it_is_interrupted(service: Service, after: float) -> None:
    delays = {"ada": 1.0, "bob": 1.0}
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(after):
            await play(service, enter=slow(service, delays))
    assert service.server.connections == 0


@pytest.mark.parametrize(
    "seen, fault",
    [
        pytest.param(([0], []), "missing", id="loses one"),
        pytest.param(([0, 0], [1]), "repeated", id="sees one twice"),
        pytest.param(([1], [0]), "disordered", id="sees them the other way round"),
        pytest.param(([0], [1, 7]), "unexpected", id="sees what was never sent"),
    ],
)
async def test_a_client_that_observes_badly_is_found(
    service: Service, seen: tuple[list[int], list[int]], fault: str
) -> None:
    class Faulty(Stage):
        def _observed(self, room: Room, identity: str, message: Message) -> None:
            for index in seen[message.index] if identity == "bob" else [message.index]:
                self.audit.observed(room.name, identity, index)

    two = [*STORY[:4], Send(1.0, "ada", "x", 0, "hello"), Send(2.0, "ada", "x", 1, "bob?"), *STORY[-4:]]
    verdict = (await play(service, two, kind=Faulty)).audit.verdict()
    assert not verdict.passed
    assert {name: getattr(verdict, name) for name in ("missing", "repeated", "disordered", "unexpected")} == {
        "missing": 0,
        "repeated": 0,
        "disordered": 0,
        "unexpected": 0,
    } | {fault: 1}


async def test_a_message_that_cannot_be_sent_ends_it(service: Service) -> None:
    too_long: list[Action] = [Join(0.0, "ada", "x"), Send(1.0, "ada", "x", 0, "x" * 100_000)]
    with pytest.raises(ExceptionGroup):
        await play(service, too_long)
    assert service.server.connections == 0
