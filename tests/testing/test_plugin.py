from __future__ import annotations

import pytest

from rxconvo.testing import observers_may_raise

VIRTUAL = {"asyncio_mode": "auto", "rxconvo_time": "virtual"}


def configure(pytester: pytest.Pytester, **settings: str) -> None:
    """Write the configuration of a project that uses the plugin."""
    lines = (
        "asyncio_default_fixture_loop_scope = function",
        *(f"{name} = {value}" for name, value in settings.items()),
    )
    pytester.makeini("\n".join(("[pytest]", *lines)))
    pytester.makeconftest('pytest_plugins = ["rxconvo.testing.plugin"]')


def run(pytester: pytest.Pytester, source: str, **outcomes: int) -> pytest.RunResult:
    """Run one module of tests and check how many of them did what."""
    pytester.makepyfile(f"import asyncio\nimport threading\nimport pytest\nloop = asyncio.get_running_loop\n{source}")
    result = pytester.runpytest_inprocess("-v", "-W", "error")
    result.assert_outcomes(**outcomes)
    return result


def test_it_leaves_tests_alone_unless_asked(pytester: pytest.Pytester) -> None:
    configure(pytester, asyncio_mode="auto")
    run(
        pytester,
        """
async def test_plain():
    assert type(loop()).__module__.startswith("asyncio")
    loop().call_later(30, print)
""",
        passed=1,
    )


def test_the_setting_chooses_virtual_time(pytester: pytest.Pytester) -> None:
    configure(pytester, **VIRTUAL)
    result = run(
        pytester,
        """
@pytest.fixture
async def hour():
    await asyncio.sleep(3600)
    yield
    await asyncio.sleep(3600)

@pytest.mark.parametrize("start", [3600.0])
async def test_hour(hour, start):
    assert loop().time() == start

class TestClass:
    async def test_method(self):
        assert loop().time() == 0.0

def test_synchronous():
    pass
""",
        passed=3,
    )
    names = [line.split()[0].rpartition("::")[2] for line in result.outlines if " PASSED" in line]
    assert names == ["test_hour[3600.0]", "test_method", "test_synchronous"]  # one loop, so it is in no test's name


def test_the_setting_chooses_real_time(pytester: pytest.Pytester) -> None:
    configure(pytester, asyncio_mode="auto", rxconvo_time="real")
    run(
        pytester,
        """
from rxconvo.testing import RealLoop

async def test_real():
    assert type(loop()) is RealLoop
""",
        passed=1,
    )


def test_a_mark_goes_before_the_setting(pytester: pytest.Pytester) -> None:
    configure(pytester, **VIRTUAL)
    run(
        pytester,
        """
from rxconvo.testing import RealLoop, VirtualLoop

async def test_virtual():
    assert type(loop()) is VirtualLoop

@pytest.mark.real_time
async def test_real():
    assert type(loop()) is RealLoop

@pytest.mark.real_time
class TestReal:
    async def test_real(self):
        assert type(loop()) is RealLoop

    @pytest.mark.virtual_time
    async def test_the_nearest_counts(self):
        assert type(loop()) is VirtualLoop
""",
        passed=4,
    )


def test_a_mark_is_enough(pytester: pytest.Pytester) -> None:
    configure(pytester, asyncio_mode="strict")
    run(
        pytester,
        """
@pytest.mark.asyncio
@pytest.mark.virtual_time
async def test_virtual():
    await asyncio.sleep(3600)
    assert loop().time() == 3600.0

@pytest.mark.asyncio
@pytest.mark.virtual_time
async def test_leak():
    loop().call_later(30, print)
""",
        passed=2,
        errors=1,
    )


def test_a_wrong_setting_is_refused(pytester: pytest.Pytester) -> None:
    configure(pytester, rxconvo_time="imaginary")
    result = pytester.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines("*rxconvo_time must be virtual, real or empty, not 'imaginary'*")


@pytest.mark.parametrize(
    "statement,report",
    [
        ("test.lost = asyncio.create_task(asyncio.sleep(30), name='lost')", "*task 'lost': sleep (tasks.py:*"),
        ("test.lost = loop().call_later(30, print)", "*timer in 30.0 s: *print*"),
        ("test.lost = socket.socket()", "*descriptor * of socket:*"),
        ("threading.Thread(target=test.end.wait, name='lost').start()", "*thread 'lost'*"),
        ("loop().call_soon(lambda: 1 / 0)", "*exception handler:*"),
    ],
)
def test_what_a_test_leaves_behind_is_an_error(pytester: pytest.Pytester, statement: str, report: str) -> None:
    configure(pytester, **VIRTUAL)
    result = run(
        pytester,
        f"""
import socket

async def test():
    test.end = threading.Event()
    {statement}

def test_afterwards():
    test.end.set()
    if isinstance(getattr(test, "lost", None), socket.socket):
        test.lost.close()
""",
        passed=2,
        errors=1,
    )
    result.stdout.fnmatch_lines(report)


def test_what_a_fixture_gives_back_is_no_leak(pytester: pytest.Pytester) -> None:
    configure(pytester, **VIRTUAL)
    run(
        pytester,
        """
@pytest.fixture
async def worker():
    task = asyncio.create_task(asyncio.sleep(30))
    yield task
    task.cancel()

async def test_worker(worker):
    assert not worker.done()
""",
        passed=1,
    )


def test_what_a_fixture_keeps_is_a_leak(pytester: pytest.Pytester) -> None:
    configure(pytester, **VIRTUAL)
    run(
        pytester,
        """
@pytest.fixture
async def worker():
    return asyncio.create_task(asyncio.sleep(30))

async def test_worker(worker):
    pass
""",
        passed=1,
        errors=1,
    )


def test_a_failed_test_is_not_blamed_for_leaks(pytester: pytest.Pytester) -> None:
    configure(pytester, **VIRTUAL)
    run(
        pytester,
        """
async def test_failing():
    loop().call_later(30, print)
    assert False
""",
        failed=1,
    )


def test_a_deadlock_fails_the_test_and_only_that(pytester: pytest.Pytester) -> None:
    configure(pytester, **VIRTUAL)
    result = run(
        pytester,
        """
async def test_stuck():
    await asyncio.Event().wait()

async def test_fine():
    await asyncio.sleep(1)
""",
        failed=1,
        passed=1,
    )
    result.stdout.fnmatch_lines("*DeadlockError: at 0.0 s no timer is pending and nothing is ready; waiting:*")


def test_a_loop_of_many_tests_is_not_checked(pytester: pytest.Pytester) -> None:
    configure(pytester, **VIRTUAL)
    run(
        pytester,
        """
pytestmark = pytest.mark.asyncio(loop_scope="module")
tasks = []

async def test_first():
    tasks.append(asyncio.create_task(asyncio.sleep(30)))

async def test_second():
    await tasks[0]
    assert loop().time() == 30.0
""",
        passed=2,
    )


def test_hypothesis_works_on_virtual_time(pytester: pytest.Pytester) -> None:
    configure(pytester, **VIRTUAL)
    run(
        pytester,
        """
from hypothesis import given, settings, strategies

@settings(database=None, max_examples=10)
@given(strategies.floats(0, 1e6))
async def test_sleep(seconds):
    before = loop().time()
    await asyncio.sleep(seconds)
    assert loop().time() == before + seconds
""",
        passed=1,
    )


def test_it_does_nothing_without_pytest_asyncio(pytester: pytest.Pytester) -> None:
    pytester.makeconftest('pytest_plugins = ["rxconvo.testing.plugin"]')
    pytester.makepyfile("def test_synchronous(): pass")
    pytester.runpytest_inprocess("-p", "no:asyncio", "-W", "error").assert_outcomes(passed=1)


KIT = """
import reactivex
import rxconvo
from rxconvo.testing import Marbles, World, observers_may_raise

def fail(event):
    assert event is None, "as it should"

async def hello(client):
    lunch = await (await client.create_conversation()).join()
    lunch.messages.subscribe(fail)
    await lunch.send_message("hello")
"""


@pytest.mark.parametrize(
    "source,report",
    [
        (
            """
async def test_forgotten_flush():
    marbles = Marbles()
    marbles.expect(marbles.hot("-a|")).to_be("--b")
""",
            "*never played, as `flush` was not awaited: hot('-a|'), expect()",
        ),
        (
            """
async def test_nothing_expected():
    marbles = Marbles()
    marbles.expect(marbles.hot("-a|"))
    await marbles.flush()
""",
            "*an `expect` to which nothing was said*",
        ),
        (
            """
async def test_observer_of_a_client():
    async with rxconvo.connect("memory:", identity="ada") as ada:
        await hello(ada)
""",
            "*AssertionError: as it should*",
        ),
        (
            """
async def test_observer_in_a_world():
    async with World() as world:
        await hello(await world.client("ada"))
""",
            "*AssertionError: as it should*",
        ),
        (
            """
async def test_observer_in_the_fixture(rxconvo_world):
    await hello(await rxconvo_world.client("ada"))
""",
            "*AssertionError: as it should*",
        ),
        (
            """
async def test_expectation_of_the_fixture(rxconvo_world):
    rxconvo_world.expect(reactivex.never()).to_be("-a")
""",
            "*expected  -a*",
        ),
        (
            """
class TestClass:
    async def test_act_of_the_fixture(self, rxconvo_world):
        rxconvo_world.act("-a", a=lambda: fail(1))
""",
            "*AssertionError: as it should*",
        ),
        (
            """
def test_loop_of_its_own():
    async def main():
        async with rxconvo.connect("memory:", identity="ada") as ada:
            await hello(ada)

    asyncio.run(main())
""",
            "*AssertionError: as it should*",
        ),
    ],
    ids=["flush", "to_be", "client", "world", "observer", "expectation", "act", "synchronous"],
)
def test_what_would_pass_although_it_fails_is_a_failure(pytester: pytest.Pytester, source: str, report: str) -> None:
    configure(pytester, **VIRTUAL)
    result = run(pytester, KIT + source, failed=1)
    result.stdout.fnmatch_lines(report)


def test_what_fixtures_do_is_an_error(pytester: pytest.Pytester) -> None:
    configure(pytester, **VIRTUAL)
    result = run(
        pytester,
        KIT
        + """
@pytest.fixture
async def marbles():
    return Marbles()

async def test_forgotten_flush(marbles):
    marbles.expect(marbles.hot("-a|")).to_be("--b")

@pytest.fixture
async def late():
    marbles = Marbles()
    yield marbles
    await marbles.flush()

async def test_flush_of_the_fixture(late):
    late.expect(late.hot("-a|")).to_be("-a|")

@pytest.fixture
async def ada():
    async with rxconvo.connect("memory:", identity="ada") as ada:
        yield ada
        await hello(ada)

async def test_observer_in_a_fixture(ada):
    pass
""",
        passed=3,
        errors=2,
    )
    result.stdout.fnmatch_lines("never played, as `flush` was not awaited: hot('-a|'), expect()")
    result.stdout.fnmatch_lines("observers raised, and nobody observed `client.errors`:*")


def test_who_says_that_observers_may_raise_passes(pytester: pytest.Pytester) -> None:
    configure(pytester, **VIRTUAL)
    run(
        pytester,
        KIT
        + """
async def test_said(rxconvo_world):
    with observers_may_raise() as faults:
        await hello(await rxconvo_world.client("ada"))
    assert len(faults) == 1

async def test_observed(rxconvo_world):
    ada = await rxconvo_world.client("ada")
    ada.errors.subscribe(print)
    await hello(ada)

async def test_expectation_that_is_looked_at(rxconvo_world):
    expectation = rxconvo_world.expect(reactivex.never())
    await rxconvo_world.flush()
    assert not expectation.seen
""",
        passed=3,
    )


def test_a_failed_test_is_not_blamed_for_more(pytester: pytest.Pytester) -> None:
    configure(pytester, **VIRTUAL)
    result = run(
        pytester,
        KIT
        + """
async def test_failing(rxconvo_world):
    Marbles().hot("-a")
    await hello(await rxconvo_world.client("ada"))
    assert False, "this it is"
""",
        failed=1,
    )
    result.stdout.fnmatch_lines("*AssertionError: this it is*")
    result.stdout.fnmatch_lines("*besides, observers raised:*")


def test_tests_that_are_left_alone_are_not_checked(pytester: pytest.Pytester) -> None:
    configure(pytester, asyncio_mode="auto")
    with observers_may_raise() as faults:
        run(
            pytester,
            KIT
            + """
async def test_plain():
    async with rxconvo.connect("memory:", identity="ada") as ada:
        await hello(ada)
""",
            passed=1,
        )
    assert len(faults) == 1


def test_a_world_is_there_for_the_asking(pytester: pytest.Pytester) -> None:
    configure(pytester, **VIRTUAL)
    run(
        pytester,
        """
async def test_lunch(rxconvo_world):
    ada, bob = await rxconvo_world.clients("ada", "bob")
    lunch = await rxconvo_world.conversation(ada, bob)
    lunch.messages.subscribe()
    await asyncio.sleep(3600)
    assert await lunch.send_message("hello") == 0
""",
        passed=1,
    )


def test_a_recording_becomes_a_test(pytester: pytest.Pytester) -> None:
    configure(pytester, **VIRTUAL)
    run(
        pytester,
        """
from rxconvo.testing import World

async def test_recorded(request):
    async with World() as world:
        ada, bob = await world.clients("ada", "bob")
        mine, his = await world.talk(ada, bob)
        mine.messages.subscribe(lambda _: None)
        await mine.messages.opened
        async with ada.record(request.path.parent / "incident.rxrec", raw=True):
            await his.send_message("help")

@pytest.mark.rxconvo_recording("incident.rxrec")
async def test_replayed(rxconvo_recording):
    said = await rxconvo_recording.collect(lambda client: client.messages.added.map(lambda message: message.body))
    assert said == ["help"]

@pytest.mark.rxconvo_recording("incident.rxrec")
async def test_it_fails_when_the_outcome_is_another(rxconvo_recording):
    assert await rxconvo_recording.collect(lambda client: client.messages.added) == []

async def test_unnamed(rxconvo_recording):
    pass
""",
        passed=2,
        failed=1,
        errors=1,
    ).stdout.fnmatch_lines(["*which recording? @pytest.mark.rxconvo_recording*names it*"])


def test_a_recording_that_is_not_there_is_told_in_a_line(pytester: pytest.Pytester) -> None:
    configure(pytester, **VIRTUAL)
    told = run(
        pytester,
        """
@pytest.mark.rxconvo_recording("none.rxrec")
async def test_replayed(rxconvo_recording):
    pass
""",
        errors=1,
    ).stdout
    told.fnmatch_lines(["*none.rxrec*No such file*"])
    told.no_fnmatch_line("*checks.py*")  # nor how it came about
