"""Only what carries the instance's own marker is ever ended."""

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator

import pytest
from padan_cli.platform import linux

Sleeper = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def sleeper() -> Iterator[Sleeper]:
    """Starts processes that wait until they are ended; each is in place when it is returned."""
    started = []

    def start(code: str = "", **markers: str) -> "subprocess.Popen[bytes]":
        program = f"{code}\nprint('in place', flush=True)\nimport signal\nsignal.pause()"
        environment = {**os.environ, **markers}
        process = subprocess.Popen(
            [sys.executable, "-c", f"import signal\n{program}"], env=environment, stdout=subprocess.PIPE
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"in place\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def marks(instance: str, component: str = "household") -> dict[str, str]:
    return {linux.MARKER: instance, linux.COMPONENT_MARKER: component}


def test_ends_its_own_and_leaves_others_alone(sleeper: Sleeper) -> None:
    own, other = uuid.uuid4().hex, uuid.uuid4().hex
    mine, theirs, foreign = sleeper(**marks(own)), sleeper(**marks(other)), sleeper()

    assert linux.end_marked(own, {"household": signal.SIGTERM}, patience_s=5) == [mine.pid]

    assert mine.wait(5) == -signal.SIGTERM
    assert theirs.poll() is None
    assert foreign.poll() is None


def test_ends_only_the_components_it_was_given_a_signal_for(sleeper: Sleeper) -> None:
    own = uuid.uuid4().hex
    gateway, kafka = sleeper(**marks(own, "gateway")), sleeper(**marks(own, "kafka"))

    assert linux.end_marked(own, {"kafka": signal.SIGINT}, patience_s=5) == [kafka.pid]

    assert kafka.wait(5) != 0
    assert gateway.poll() is None


def test_what_does_not_listen_to_the_signal_is_killed(sleeper: Sleeper) -> None:
    own = uuid.uuid4().hex
    deaf = sleeper("signal.signal(signal.SIGTERM, signal.SIG_IGN)", **marks(own))

    linux.end_marked(own, {"household": signal.SIGTERM}, patience_s=0.2)

    assert deaf.wait(5) == -signal.SIGKILL


def test_a_process_id_with_another_start_time_is_somebody_else(sleeper: Sleeper) -> None:
    process = sleeper()
    started = linux.start_time(process.pid)
    assert started is not None

    assert linux.is_alive(process.pid, started)
    assert not linux.is_alive(process.pid, started - 1)
    assert not linux.send(process.pid, started - 1, signal.SIGKILL)
    assert process.poll() is None
    assert linux.send(process.pid, started, signal.SIGKILL, wait_s=5)
    assert process.wait(5) == -signal.SIGKILL


def test_a_zombie_is_not_alive(sleeper: Sleeper) -> None:
    process = sleeper()
    started = linux.start_time(process.pid)
    assert started is not None
    linux.send(process.pid, started, signal.SIGKILL, wait_s=5)

    assert not linux.is_alive(process.pid, started)
    assert process.pid not in linux.marked("")


def test_memory_counts_the_children_too(sleeper: Sleeper) -> None:
    alone = sleeper("held = bytearray(30_000_000)")
    child = "import subprocess, sys; held = bytearray(30_000_000); "
    inner = "import signal; held = bytearray(60_000_000); print(1, flush=True); signal.pause()"
    family = sleeper(
        f"{child}process = subprocess.Popen([sys.executable, '-c', {inner!r}], stdout=subprocess.PIPE)\n"
        "process.stdout.readline()"
    )
    try:
        assert 30e6 < linux.memory_bytes(alone.pid) < 60e6
        assert linux.memory_bytes(family.pid) > 90e6
        assert 30e6 < linux.peak_memory_bytes(family.pid) < 60e6
    finally:
        for pid in linux.descendants(family.pid):
            os.kill(pid, signal.SIGKILL)
