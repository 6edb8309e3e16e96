"""`make` says what it can do, and what is missing on the machine."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ("bash", "env", "cat", "sha256sum", "cut", "mkdir", "dirname", "cmp", "rm", "cp")


@pytest.fixture
def bare_checkout(tmp_path: Path) -> Path:
    """What `deploy/setup` reads, in a new folder, and a `bin` with no Python in it."""
    for part in ("libs", "services", "simulators", "cli"):
        for project in (ROOT / part).rglob("pyproject.toml"):
            copy = tmp_path / project.relative_to(ROOT)
            copy.parent.mkdir(parents=True)
            shutil.copy(project, copy)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    (tmp_path / "deploy").mkdir()
    shutil.copy(ROOT / "deploy/setup", tmp_path / "deploy/setup")
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / "bin" / tool).symlink_to(found)
    return tmp_path


def setup(checkout: Path) -> "subprocess.CompletedProcess[str]":
    command = [str(checkout / "deploy/setup")]
    environment = {"PATH": str(checkout / "bin")}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_help_lists_every_target_a_newcomer_needs() -> None:
    text = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    for target in ("demo", "test", "test-long", "bench", "lint", "up", "down", "clean"):
        assert f"make {target} " in text


def test_a_missing_python_is_named_in_both_languages(bare_checkout: Path) -> None:
    result = setup(bare_checkout)

    assert result.returncode == 1
    assert "Python 3.11 atau lebih baru tidak ditemukan" in result.stderr
    assert "Python 3.11 or newer is missing" in result.stderr


def test_a_python_that_is_too_old_is_not_taken(bare_checkout: Path) -> None:
    old = bare_checkout / "bin/python3"
    old.write_text("#!/bin/sh\nexit 1\n")  # what `sys.exit(sys.version_info < (3, 11))` answers on 3.10
    old.chmod(0o755)

    assert "Python 3.11 or newer is missing" in setup(bare_checkout).stderr
