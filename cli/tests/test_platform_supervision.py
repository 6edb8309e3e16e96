"""One supervisor keeps an instance's processes running. The two simulators stand for any service here: they need
no server and start quickly."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from padan_cli.platform import Platform, PlatformError, linux
from padan_cli.platform.pytest_plugin import own_platform

ONE, OTHER = "civil-registry", "barred-register"


@pytest.fixture
def own() -> Iterator[Platform]:
    with own_platform("supervision") as platform:
        yield platform


def until(holds: Callable[[], bool], within_s: float = 20.0) -> bool:
    deadline = time.monotonic() + within_s
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)  # other processes: nothing to wait on but what is seen of them
    return holds()


def test_up_twice_starts_everything_once(own: Platform) -> None:
    own.up(only=[ONE, OTHER])
    first = own.pid(ONE), own.pid(OTHER), own.supervisor_pid()

    own.up(only=[ONE, OTHER])

    assert (own.pid(ONE), own.pid(OTHER), own.supervisor_pid()) == first
    assert None not in first
    assert len(linux.marked(own.instance.id)) == 2


def test_two_ups_at_the_same_time_share_one_supervisor(own: Platform) -> None:
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda name: Platform(own.instance, bound=True).up(only=[name]), [ONE, OTHER]))

    assert sorted(linux.marked(own.instance.id).values()) == sorted([ONE, OTHER])
    assert own.supervisor_pid() is not None


def test_a_killed_process_is_back_within_a_moment_and_the_restart_is_counted(own: Platform) -> None:
    own.up(only=[ONE])

    killed = own.kill(ONE)
    own.wait_ready(ONE)

    assert own.pid(ONE) not in {None, killed}
    assert own.processes()[ONE]["restarts"] == 1
    assert own.processes()[ONE]["reason"] == ""
    assert httpx.get(f"{own.url(ONE)}/livez", trust_env=False).status_code == httpx.codes.OK


def test_a_stopped_process_stays_stopped_until_it_is_started(own: Platform) -> None:
    own.up(only=[ONE, OTHER])

    own.stop(ONE)

    assert own.pid(ONE) is None
    assert own.processes()[ONE]["state"] == "stopped"
    assert own.pid(OTHER) is not None
    own.start(ONE)
    assert own.pid(ONE) is not None


def test_down_ends_everything_and_a_second_time_changes_nothing(own: Platform) -> None:
    own.up(only=[ONE, OTHER])

    own.down()
    own.down()

    assert linux.marked(own.instance.id) == {}
    assert not own.is_up()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{own.url(ONE)}/livez", trust_env=False)


@pytest.mark.parametrize("pause_s", [0.0, 0.6])
def test_a_down_in_the_middle_of_an_up_leaves_nothing_running(own: Platform, pause_s: float) -> None:
    with ThreadPoolExecutor() as threads:
        own.up(only=[OTHER])
        going_up = threads.submit(Platform(own.instance, bound=True).up, [ONE])
        time.sleep(pause_s)  # not a wait for anything: the moment is the case
        own.down()
        failure = going_up.exception()

    assert failure is None or isinstance(failure, PlatformError)
    if failure is not None or pause_s > 0:
        assert linux.marked(own.instance.id) == {}
        assert not own.is_up()


def test_after_kill_9_of_the_supervisor_up_ends_its_leftovers_and_nothing_else(own: Platform) -> None:
    own.up(only=[ONE, OTHER])
    supervisor, old = own.supervisor_pid(), own.pid(ONE)
    assert supervisor is not None
    foreign = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    try:
        os.kill(supervisor, signal.SIGKILL)
        assert until(lambda: not own.is_up())
        assert own.pid(ONE) == old  # an orphan, still at work

        own.up(only=[ONE])

        assert own.pid(ONE) not in {None, old}
        assert own.pid(OTHER) is None
        assert list(linux.marked(own.instance.id).values()) == [ONE]
        assert foreign.poll() is None
    finally:
        foreign.kill()
        foreign.wait()


def test_down_ends_what_a_killed_supervisor_left(own: Platform) -> None:
    own.up(only=[ONE])
    supervisor = own.supervisor_pid()
    assert supervisor is not None
    os.kill(supervisor, signal.SIGKILL)

    own.down()

    assert linux.marked(own.instance.id) == {}


def test_a_bound_platform_ends_with_the_process_that_started_it(own: Platform) -> None:
    program = (
        "import sys, signal; from pathlib import Path; from padan_cli.platform import Instance, Platform; "
        f"Platform(Instance(Path({str(own.instance.folder)!r})), bound=True).up(only=[{ONE!r}]); "
        "print('up', flush=True); signal.pause()"
    )
    starter = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert starter.stdout is not None
    assert starter.stdout.readline() == b"up\n"
    assert own.pid(ONE) is not None

    starter.kill()
    starter.communicate()

    assert until(lambda: linux.marked(own.instance.id) == {} and not own.is_up())


def test_wrong_settings_are_reported_with_the_end_of_the_log_and_not_tried_again(own: Platform) -> None:
    own.instance.configure(ONE, PADAN_ENVIRONMENT="production")

    with pytest.raises(PlatformError) as error:
        own.up(only=[ONE])

    assert error.value.code == "start_failed"
    assert "PADAN_ENVIRONMENT" in error.value.english
    assert own.processes()[ONE]["state"] == "failed"
    assert own.processes()[ONE]["restarts"] == 0
    own.instance.configure(ONE, PADAN_ENVIRONMENT="")
    own.up(only=[ONE])
    assert own.pid(ONE) is not None


@pytest.mark.long
def test_a_process_that_dies_again_and_again_is_given_up_by_up_but_not_by_the_supervisor(own: Platform) -> None:
    own.instance.configure(ONE, PADAN_HTTP_PORT=str(own.instance.port(OTHER)))
    own.up(only=[OTHER])

    with pytest.raises(PlatformError) as error:
        own.up(only=[ONE])

    assert error.value.code == "start_failed"
    assert own.processes()[ONE]["state"] in {"waiting", "starting"}
    own.instance.configure(ONE, PADAN_HTTP_PORT="")
    own.wait_ready(ONE)


def test_an_unknown_component_is_refused_by_name(own: Platform) -> None:
    with pytest.raises(PlatformError) as error:
        own.up(only=["household", "zookeeper"])
    assert error.value.code == "component_unknown"
    assert "zookeeper" in error.value.indonesian


def test_a_log_that_has_grown_large_is_set_aside_at_the_next_start(own: Platform) -> None:
    own.up(only=[ONE])
    own.stop(ONE)
    log = own.instance.log(ONE)
    log.write_bytes(b"x" * (10 * 1024 * 1024 + 1))

    own.start(ONE)

    assert log.stat().st_size < 1024 * 1024
    assert log.with_suffix(".log.1").stat().st_size == 10 * 1024 * 1024 + 1
