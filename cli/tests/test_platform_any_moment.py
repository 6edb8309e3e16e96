"""A campaign: the very first start, killed at many moments, always leaves something that the next start completes."""

import os
import signal
import subprocess
import sys
import time

import psycopg
import pytest
from padan_cli.platform import Platform, linux
from padan_cli.platform.databases import RUN_TIME_ROLES
from padan_cli.platform.pytest_plugin import own_platform

UP = """
import sys
from pathlib import Path
from padan_cli.platform import Instance, Platform
Platform(Instance(Path(sys.argv[1]))).up(only=["postgres", "kafka"])
"""


@pytest.mark.long
@pytest.mark.parametrize("moment_s", [moment / 4 for moment in range(2, 26)])
def test_a_first_start_killed_at_any_moment_is_completed_by_the_next(moment_s: float, platform: Platform) -> None:
    with own_platform("moment") as own:
        starting = subprocess.Popen([sys.executable, "-c", UP, str(own.instance.folder)])
        time.sleep(moment_s)  # not a wait for anything: the moment is the case
        _kill_everything(own, starting)

        own.up(only=["postgres", "kafka"])

        for database, roles in RUN_TIME_ROLES.items():
            for role in (*roles, f"{database}_owner"):
                psycopg.connect(own.database_url(database, role)).close()
        assert own.pid("kafka") is not None


def _kill_everything(own: Platform, starting: "subprocess.Popen[bytes]") -> None:
    starting.kill()
    starting.wait()
    supervisor = own.supervisor_pid()
    if supervisor is not None:
        os.kill(supervisor, signal.SIGKILL)
    for pid in linux.marked(own.instance.id):
        started = linux.start_time(pid)
        if started is not None:
            linux.send(pid, started, signal.SIGKILL, wait_s=5)
