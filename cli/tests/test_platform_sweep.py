"""What a killed test run left behind is removed by the next one; what a living run uses is not."""

import subprocess
import sys

from padan_cli.platform import linux
from padan_cli.platform.instance import project_root
from padan_cli.platform.pytest_plugin import own_platform, sweep

LEAVE = """
import os
from padan_cli.platform import Platform
from padan_cli.platform.pytest_plugin import own_platform
with own_platform("left") as own:
    Platform(own.instance).up(only=["civil-registry"])
    print(own.instance.folder, own.instance.id, flush=True)
    os.kill(os.getpid(), 9)
"""


def test_a_killed_runs_folder_and_processes_go_and_a_living_ones_stay() -> None:
    home = project_root() / ".padan"
    left = subprocess.run([sys.executable, "-c", LEAVE], capture_output=True, text=True, check=False)
    folder, instance_id = left.stdout.split()
    assert list(linux.marked(instance_id).values()) == ["civil-registry"]

    with own_platform("living") as living:
        living.up(only=["barred-register"])
        sweep(home)

        assert living.pid("barred-register") is not None
        assert living.instance.folder.exists()
    assert linux.marked(instance_id) == {}
    assert not (home / folder).exists()
    assert not living.instance.folder.exists()
