"""Whatever the order in which changes, events, answers, cuts and reconnects fall: the client ends where the service is.

A list of numbers decides what happens next on a line between a session and a small service, so that a failing run
shrinks to the shortest list. Events of a connection keep their order, as on a socket; answers may overtake them or lag
behind, which is worse than any decent service does. `Checker` believes nothing but the changes.

That the checker can fail is shown by `test_broken_rules_are_found`: each rule of the layer is broken in turn.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxconvo.sync import (
    Change,
    Discontinued,
    DocumentChanged,
    Established,
    ItemAdded,
    ItemRemoved,
    ItemsRead,
    ItemUpdated,
    Key,
    Kind,
    Loaded,
    ObjectFailed,
    ObjectRemoved,
    Opened,
    Purpose,
    Replica,
    SyncRequest,
    TypingNotified,
)
from rxconvo.sync.fetching import Fetches
from rxconvo.sync.subscriptions import Subscriptions

if TYPE_CHECKING:
    from tests.sync.conftest import Line, Packet, StoredObject

    MakeLine: TypeAlias = Callable[[], Line]

NAMES = {"CH1.channel": Kind.DOCUMENT, "CH1.messages": Kind.LIST, "CH1.roster": Kind.MAP, "US1.info": Kind.MAP}
TURNS = [*NAMES, "CH1.messages"]  # the list changes twice as often: only there it shows that an addition was missed

FIRST_KEYS: dict[Kind, Key | None] = {Kind.DOCUMENT: None, Kind.LIST: 0, Kind.MAP: "k0"}


def parsed(data: msgspec.Raw) -> dict[str, int]:
    result: dict[str, int] = orjson.loads(bytes(data))
    return result


# ---- the checker -----------------------------------------------------------------------------------------------------


@dataclass
class Mirror:
    """What the changes have said of one replica."""

    replica: Replica[str]
    sid: str | None = None
    items: dict[Key, dict[str, int]] = field(default_factory=dict[Key, dict[str, int]])
    ahead: dict[Key, int] = field(default_factory=dict[Key, int])
    value: int | None = None
    newest: int = -1
    added: list[int] = field(default_factory=list[int])
    gone: list[Key] = field(default_factory=list[Key])
    base: tuple[Literal["token", "id"], int] | None = None  # creations after it have to be said
    overlapping: bool = False  # its replay may come after later events
    doubted: bool = False  # it misses an event, and was told so
    loaded: bool = False
    ended: bool = False


class Checker:
    """Follows the changes, and notes what they may not say."""

    def __init__(self, serial: Iterator[int]) -> None:
        self.serial = serial
        self.mirrors: dict[Replica[str], Mirror] = {}
        self.violations: list[str] = []
        self.rules: dict[type, Callable[[Mirror, Any], None]] = {
            Opened: self.opened,
            Established: self.established,
            Loaded: self.loaded,
            DocumentChanged: self.document_changed,
            ItemsRead: self.items_read,
            ItemAdded: self.item_added,
            ItemUpdated: self.item_updated,
            ItemRemoved: self.item_removed,
            Discontinued: self.discontinued,
            ObjectRemoved: self.ended,
            ObjectFailed: self.ended,
        }

    def follow(self, replica: Replica[str]) -> None:
        self.mirrors.setdefault(replica, Mirror(replica))

    def take(self, changes: Iterable[Change[str]]) -> None:
        for change in changes:
            assert not isinstance(change, TypingNotified)
            mirror = self.mirrors[change.replica]
            if mirror.ended:
                self.violations.append(f"{change} after the end")
            self.rules[type(change)](mirror, change)

    def opened(self, mirror: Mirror, change: Opened[str]) -> None:
        if mirror.sid != change.replica.sid:
            mirror.sid = change.replica.sid
            mirror.base = ("id", change.replica.last_event_id)

    def established(self, mirror: Mirror, change: Established[str]) -> None:
        last = change.replica.last_event_id
        mirror.ahead = {key: ahead for key, ahead in mirror.ahead.items() if ahead > last}
        mirror.overlapping = False

    def loaded(self, mirror: Mirror, change: Loaded[str]) -> None:
        if mirror.loaded:
            self.violations.append(f"{mirror.replica} loaded twice")
        mirror.loaded = True

    def document_changed(self, mirror: Mirror, change: DocumentChanged[str]) -> None:
        mirror.value = parsed(change.data)["value"]

    def items_read(self, mirror: Mirror, change: ItemsRead[str]) -> None:
        for item in change.items:
            mirror.items[item.key] = parsed(item.data)
            if item.event_id > change.replica.last_event_id:
                mirror.ahead[item.key] = item.event_id

    def item_added(self, mirror: Mirror, change: ItemAdded[str]) -> None:
        token = parsed(change.data)["token"]
        if token in mirror.added:
            self.violations.append(f"{change.key} of {mirror.replica} was added twice")
        if change.key in mirror.items and change.key not in mirror.ahead:
            self.violations.append(f"{change.key} of {mirror.replica} was added though it was known")
        mirror.added.append(token)
        self.item_updated(mirror, change)

    def item_updated(self, mirror: Mirror, change: ItemAdded[str] | ItemUpdated[str]) -> None:
        self.order(mirror, change.event_id)
        if mirror.ahead.get(change.key, -1) <= change.event_id:
            mirror.ahead.pop(change.key, None)
        mirror.items[change.key] = parsed(change.data)

    def item_removed(self, mirror: Mirror, change: ItemRemoved[str]) -> None:
        self.order(mirror, change.event_id)
        if mirror.replica.kind is Kind.LIST and change.key in mirror.gone:
            self.violations.append(f"{change.key} of {mirror.replica} was removed twice")
        mirror.gone.append(change.key)
        mirror.items.pop(change.key, None)
        mirror.ahead.pop(change.key, None)

    def discontinued(self, mirror: Mirror, change: Discontinued[str]) -> None:
        replica = change.replica
        base: tuple[Literal["token"], int] = ("token", next(self.serial))
        self.mirrors[replica] = Mirror(replica, replica.sid, base=base, overlapping=not replica.established)

    def ended(self, mirror: Mirror, change: ObjectRemoved[str] | ObjectFailed[str]) -> None:
        mirror.ended = True

    def order(self, mirror: Mirror, event_id: int) -> None:
        if event_id <= mirror.newest and not mirror.overlapping:
            self.violations.append(f"{event_id} of {mirror.replica} after {mirror.newest}")
        mirror.newest = max(mirror.newest, event_id)

    def doubt(self, payload: bytes) -> None:
        """Expect no more of an object whose next unreadable event has been reported, and no more than that."""
        for mirror in self.mirrors.values():
            sid = mirror.replica.sid
            if not mirror.replica.dropped and sid is not None and sid.encode() in payload:
                assert mirror.replica.doubted
                mirror.doubted = True

    def compare(self, objects: dict[str, StoredObject]) -> None:
        """Compare with the service, now that nothing is on its way."""
        live = {mirror.replica.name: mirror for mirror in self.mirrors.values() if not mirror.replica.dropped}
        if live.keys() != objects.keys():
            self.violations.append(f"{sorted(live)} are held, {sorted(objects)} are there")
        for name, mirror in live.items():
            found = objects.get(name)
            if found is not None and not mirror.doubted:
                self.compare_one(mirror, found)

    def compare_one(self, mirror: Mirror, found: StoredObject) -> None:
        if not mirror.replica.established:
            self.violations.append(f"{mirror.replica} is not established")
        if found.kind is Kind.DOCUMENT:
            if mirror.value != found.value:
                self.violations.append(f"{mirror.replica} is {mirror.value}, not {found.value}")
            return
        if found.kind is Kind.MAP and not mirror.loaded:
            self.violations.append(f"{mirror.replica} is not loaded")
        expected = {item.key: item.data for item in found.present}
        if mirror.items != expected:
            self.violations.append(f"{mirror.replica} holds {mirror.items}, not {expected}")
        if found.kind is Kind.LIST:
            self.compare_additions(mirror, found)

    def compare_additions(self, mirror: Mirror, found: StoredObject) -> None:
        if mirror.base is None:
            return
        by, base = mirror.base
        for item in found.present:
            new = item.created > base if by == "id" else item.token > base
            if new and item.token not in mirror.added:
                self.violations.append(f"{item} of {mirror.replica} was never added")
            if by == "id" and not new and item.token in mirror.added:
                self.violations.append(f"{item} of {mirror.replica} is older than the subscription")


# ---- both ends, and what happens between them ------------------------------------------------------------------------


class Run:
    """One run of choices."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.service = line.service
        self.session = line.session
        self.checker = Checker(line.service.serial)
        self.past: list[Packet] = []  # delivered on this connection
        self.epoch_changed = False
        line.listen = self.checker.take
        weights: dict[Callable[[int], object], int] = {
            self.change: 4,
            self.send: 3,
            self.handle: 6,
            self.deliver: 6,
            self.answer: 4,
            self.flow: 3,
            self.page: 3,
            self.glance: 2,
            self.elapse: 2,
            self.repeat: 2,
            self.connection: 1,
            self.trouble: 1,
            self.want_again: 3,
            self.forget: 2,
            self.upset: 1,
        }
        self.steps = [step for step, weight in weights.items() for _ in range(weight)]

    def __call__(self, choices: Iterable[int]) -> list[str]:
        for name, kind in NAMES.items():
            self.service.make(name, kind)
            self.want(name)
        self.line.connect()
        self.flow(5)
        for choice in choices:
            how, which = divmod(choice, len(self.steps))
            self.steps[which](how)
        self.come_to_rest()
        self.checker.compare(self.service.objects)
        return self.checker.violations

    def want(self, name: str) -> None:
        options = {"read_items": name.endswith("roster"), "include_items": name.endswith("info")}
        self.checker.follow(self.line.want(name, NAMES[name], **options))

    @property
    def replicas(self) -> list[Replica[str]]:
        return [replica for replica in self.checker.mirrors if not replica.dropped]

    # ---- what the service's users do

    def change(self, choice: int) -> None:
        name, choice = TURNS[choice % len(TURNS)], choice // len(TURNS)
        found = self.service.objects.get(name)
        step = 1 + choice % 2
        if found is None:
            self.service.make(name, NAMES[name])
        elif found.kind is Kind.DOCUMENT:
            self.service.put(name, step=step)
        else:
            self.change_item(found, choice, step)

    def change_item(self, found: StoredObject, choice: int, step: int) -> None:
        fresh = len(found.items)  # indices are never reused
        key = choice % (fresh + 2) if found.kind is Kind.LIST else f"k{choice % 7}"
        item = found.items.get(key)
        if item is None or item.removed:
            self.service.put(found.name, fresh if found.kind is Kind.LIST else key, step=step)
        elif choice % 3 == 0:
            self.service.take_out(found.name, key, step=step)
        else:
            self.service.put(found.name, key, step=step)

    # ---- what moves

    def send(self, _choice: int) -> None:
        self.line.send()

    def handle(self, _choice: int) -> None:
        if self.line.requests:
            self.line.handle()

    def deliver(self, _choice: int) -> None:
        if self.service.events:
            packet = self.line.deliver()
            self.past.append(packet)
            self.check_faults(packet)
            if b"subscription_canceled" in packet.payload:  # nothing of that subscription comes again
                self.past.clear()

    def take_requests(self) -> None:
        """Let all requests reach the service."""
        self.line.send()
        while self.line.requests:
            self.line.handle()

    def answer(self, choice: int) -> None:
        answers = self.service.answers
        if answers:
            which = choice % len(answers)
            refused = answers[which].status >= 300
            answered = self.line.answer(which)
            if answered.purpose is Purpose.PAGE and not refused:
                self.check_page(answered)

    def check_page(self, answered: SyncRequest) -> None:
        """Expect a page, unless its object was forgotten meanwhile."""
        lookup: Any = answered.job
        if not lookup.replica.dropped and lookup.replica.generation == lookup.generation:
            self.session.page_result(answered)

    def flow(self, choice: int) -> None:
        """Let things take their course for a moment."""
        for _ in range(choice % 6):
            for step in (self.send, self.handle, self.deliver, self.answer):
                step(0)

    def elapse(self, _choice: int) -> None:
        while self.service.events:  # no packet takes as long as the deadlines are
            self.deliver(0)
        self.line.elapse()

    def repeat(self, choice: int) -> None:
        """Deliver an event of this connection once more."""
        if self.past:
            packet = self.past[choice % len(self.past)]
            self.line.receive(packet.payload)
            self.check_faults(packet)

    def check_faults(self, packet: Packet) -> None:
        """Expect none but that an object is read anew once only, until a good event comes."""
        if self.line.faults:
            self.line.faults.clear()
            assert b"item_date" in packet.payload
            self.checker.doubt(packet.payload)

    # ---- what the client's users do

    def page(self, choice: int) -> None:
        """Ask for pages."""
        for replica in self.replicas:
            if replica.kind is not Kind.DOCUMENT and replica.established:
                start = None if choice % 2 or replica.kind is Kind.MAP else choice % 5
                order: Literal["asc", "desc"] = "asc" if choice % 3 else "desc"
                self.line.requests.append(self.session.page(replica, start=start, order=order, size=1 + choice % 5))

    def glance(self, choice: int) -> None:
        """Ask for the newest page; its answer overtakes the events that are on their way."""
        self.page(9)
        self.take_requests()
        while choice % 2 and self.service.answers:
            self.answer(0)

    def want_again(self, choice: int) -> None:
        """Want objects that are gone, or release one and want it at once; the service is quick to describe it."""
        self.want_gone()
        name = TURNS[choice % len(TURNS)]
        for replica in self.replicas:
            if replica.name == name and choice % 2:
                self.session.release(replica)
                self.want(name)
                self.take_requests()

    def want_gone(self) -> None:
        held = {replica.name for replica in self.replicas}
        for name in NAMES:
            if name not in held:
                self.want(name)

    def forget(self, choice: int) -> None:
        """Forget the newest messages, as a cache that is full does with some."""
        for replica in self.replicas:
            items = self.checker.mirrors[replica].items
            keys = list(items)[-1 - choice % 3 :]
            if replica.kind is Kind.LIST:
                self.session.forget(replica, keys)
                for key in keys:
                    del items[key]

    # ---- what nobody wants

    def connection(self, choice: int) -> None:
        if not self.line.online:
            self.line.connect(epoch_changed=self.epoch_changed)
            self.epoch_changed = False
        elif choice % 3 == 0:
            self.cut()

    def cut(self) -> None:
        self.line.cut()
        self.past.clear()

    def trouble(self, choice: int) -> None:
        requests, events = self.line.requests, self.service.events
        match choice % 5:
            case 0:
                self.service.interruptions = 1 + choice // 5 % 4
            case 1:
                self.service.refuse = True
            case 2 if requests and requests[0].purpose is not Purpose.PAGE:
                self.session.failed(requests.popleft(), self.line.now)  # got lost, or timed out
            case 3 if events and b"item_data" in events[-1].payload:
                events[-1].payload = events[-1].payload.replace(b'"item_data"', b'"item_date"')
            case 4:
                self.service.ttl = 5 - self.service.ttl
            case _:
                pass

    def upset(self, choice: int) -> None:
        """Do what administrators do: remove an object, or put the service onto another store."""
        name = list(NAMES)[choice // 4 % len(NAMES)]
        if choice % 4 == 0 and name in self.service.objects:
            self.service.remove(name)
        elif choice % 8 == 1 and self.line.online:
            self.cut()
            self.epoch_changed = True
            for name, found in list(self.service.objects.items()):
                self.service.make(name, found.kind).value = found.value
                self.service.put(name, FIRST_KEYS[found.kind])

    # ---- the end

    def come_to_rest(self) -> None:
        self.service.refuse = False
        self.service.interruptions = self.service.ttl = 0
        for name, kind in NAMES.items():
            if name not in self.service.objects:
                self.service.make(name, kind)
        if not self.line.online:
            self.connection(0)
        for _ in range(3):  # objects that were removed are wanted again; everything on its way arrives
            self.settle()
            self.want_gone()
        for replica in self.replicas:
            self.checker.mirrors[replica].ahead.clear()
            if replica.kind is Kind.LIST and replica.established:
                self.read_all(replica)

    def settle(self) -> None:
        for _ in range(2000):
            self.line.send()
            if self.line.requests:
                self.handle(0)
            elif self.service.events:
                self.deliver(0)
            elif self.service.answers:
                self.answer(0)
            elif self.session.idle:
                return
            else:
                self.elapse(0)
        self.checker.violations.append("it never comes to rest")

    def read_all(self, replica: Replica[str]) -> None:
        start: Key | None = None
        for _ in range(1000):
            request = self.session.page(replica, start=start, order="asc", size=10)
            self.line.requests.append(request)
            self.settle()
            page = self.session.page_result(request)
            if not page.has_more:
                return
            start = page.keys[-1]


CHOICES = st.lists(st.integers(0, 43 * 60 - 1), max_size=300)


@given(CHOICES)
def test_any_interleaving_ends_where_the_service_is(make_line: MakeLine, choices: list[int]) -> None:
    assert Run(make_line())(choices) == []


def violations(make_line: MakeLine, seeds: int = 250) -> list[str]:
    """Run seeded choices until one run is not as it should be."""
    for seed in range(seeds):
        chance = random.Random(seed)
        found = Run(make_line())([chance.randrange(43 * 60) for _ in range(chance.randrange(500))])
        if found:
            return found
    return []


def test_seeded_interleavings_end_where_the_service_is(make_line: MakeLine) -> None:
    assert violations(make_line) == []


# ---- broken on purpose -----------------------------------------------------------------------------------------------


def advance_first(self: Replica[str], key: Key, event_id: int, *, ordered: bool) -> bool | None:
    self.last_event_id = max(self.last_event_id, event_id)
    return TAKE_EVENT(self, key, event_id, ordered=ordered)


def never_compare_with_the_object(self: Replica[str], key: Key, event_id: int, *, ordered: bool) -> bool | None:
    self.last_event_id, last = -1, self.last_event_id
    known = TAKE_EVENT(self, key, event_id, ordered=ordered)
    self.last_event_id = max(self.last_event_id, last)
    return known


def never_compare_with_the_item(self: Replica[str], key: Key, event_id: int, *, ordered: bool) -> bool | None:
    known = key in self._known
    return None if TAKE_EVENT(self, key, event_id, ordered=ordered) is None and not known else known


def advance_in_replays(self: Replica[str], key: Key, event_id: int, *, ordered: bool) -> bool | None:
    known = TAKE_EVENT(self, key, event_id, ordered=ordered)
    self.last_event_id = max(self.last_event_id, event_id)
    return known


def hear_earlier_subscriptions(self: Replica[str], key: Key, event_id: int, *, ordered: bool) -> bool | None:
    self.muted = False
    return TAKE_EVENT(self, key, event_id, ordered=ordered)


def remember_no_removals(self: Replica[str], key: Key, event_id: int, *, ordered: bool) -> bool:
    news = TAKE_REMOVAL(self, key, event_id, ordered=ordered)
    self._removed.clear()
    return news


def let_reads_swallow_events(self: Replica[str], key: Key, event_id: int) -> bool:
    news = TAKE_READ(self, key, event_id)
    if self._ahead.pop(key, None) is not None:
        self._known[key] = event_id
    return news


def believe_every_read(self: Replica[str], key: Key, event_id: int) -> bool:
    TAKE_READ(self, key, event_id)
    return True


def forget_in_replays(self: Replica[str], keys: Iterable[Key]) -> None:
    self.established, established = True, self.established
    FORGET(self, keys)
    self.established = established


def keep_how_far_it_was_read(self: Replica[str]) -> None:
    cursor, loaded = self.cursor, self.loaded
    FORGET_ALL(self)
    self.cursor, self.loaded = cursor, loaded


def keep_what_was_forgotten(self: Replica[str], event_id: int) -> None:
    self._evicted.clear()
    CATCH_UP(self, event_id)


def drop_what_was_asked(self: Fetches[str]) -> None:
    FETCHES_LOST(self)
    self._queue.clear()


def do_not_wait_for_the_end(
    self: Subscriptions[str], replica: Replica[str], sid: str, now: float, *, at_once: bool = False
) -> None:
    self._ending.pop(sid, None)
    WANT(self, replica, sid, now, at_once=at_once)


TAKE_EVENT, TAKE_REMOVAL, TAKE_READ = Replica.take_event, Replica.take_removal, Replica.take_read
FORGET, FORGET_ALL, CATCH_UP = Replica.forget, Replica.forget_all, Replica.catch_up
FETCHES_LOST, WANT = Fetches.lost, Subscriptions.want


@pytest.mark.parametrize(
    "owner,name,broken",
    [
        (Replica, "take_event", advance_first),
        (Replica, "take_event", never_compare_with_the_object),
        (Replica, "take_event", never_compare_with_the_item),
        (Replica, "take_event", advance_in_replays),
        (Replica, "take_event", hear_earlier_subscriptions),
        (Replica, "take_removal", remember_no_removals),
        (Replica, "take_read", let_reads_swallow_events),
        (Replica, "take_read", believe_every_read),
        (Replica, "forget", forget_in_replays),
        (Replica, "forget_all", keep_how_far_it_was_read),
        (Replica, "catch_up", keep_what_was_forgotten),
        (Fetches, "lost", drop_what_was_asked),
        (Subscriptions, "want", do_not_wait_for_the_end),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_broken_rules_are_found(
    monkeypatch: pytest.MonkeyPatch, make_line: MakeLine, owner: type, name: str, broken: Callable[..., object]
) -> None:
    monkeypatch.setattr(owner, name, broken)
    assert violations(make_line) != []
