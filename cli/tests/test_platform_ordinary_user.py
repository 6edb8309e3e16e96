"""The platform needs no special rights, and as root it gives PostgreSQL to a user who has none."""

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from padan_cli.platform import Instance, Platform

PROGRAM = """
import json, sys
from pathlib import Path
from padan_cli.platform import Instance, Platform
platform = Platform(Instance(Path(sys.argv[1])), bound=True)
platform.up(only=["postgres", "kafka"])
users = {name: Path(f"/proc/{platform.pid(name)}").stat().st_uid for name in ("postgres", "kafka")}
platform.kill("postgres")
platform.wait_ready("postgres")
platform.down()
print(json.dumps({"users": users, "left": [platform.pid(name) for name in users]}))
"""


@pytest.fixture
def home(platform: Platform) -> Iterator[Path]:
    """A folder in which only the ordinary user may write; the run's platform has brought the servers by now."""
    folder = Path(tempfile.mkdtemp(prefix="padan-user-"))
    if os.geteuid() == 0:
        os.chown(folder, *_nobody())
    yield folder
    shutil.rmtree(folder)


def _nobody() -> tuple[int, int]:
    entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid


def test_an_ordinary_user_starts_both_servers_as_himself(home: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(home / "instance")]
    user = os.geteuid()
    if user == 0:
        user, group = _nobody()
        # The checkout may lie in a closed home: to read there is all that is added to an ordinary user's rights.
        reading = ["--inh-caps=-all,+dac_read_search", "--ambient-caps=+dac_read_search"]
        command = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", *reading, *command]
    environment = {**os.environ, "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}

    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)

    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == {"users": {"postgres": user, "kafka": user}, "left": [None, None]}


def test_servers_and_data_may_lie_in_a_closed_home(platform: Platform, tmp_path: Path) -> None:
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    shutil.copytree(platform.instance.servers, closed / "dist", symlinks=True)
    own = Platform(Instance(closed / "instance", servers=closed / "dist"), bound=True)
    try:
        own.up(only=["postgres"])
        pid = own.pid("postgres")
        user = Path(f"/proc/{pid}").stat().st_uid
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    finally:
        own.down()

    assert user != 0
    assert int(status["CapEff"], 16) | 0b100 == 0b100  # nothing beyond CAP_DAC_READ_SEARCH
    if os.geteuid() != 0:
        assert user == os.geteuid()
