"""The `padan` command as a person runs it."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import typer
from padan_cli.main import MODULES

PADAN = str(Path(sys.executable).with_name("padan"))


def padan(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([PADAN, *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_help_names_every_command_with_what_it_does() -> None:
    text = padan("--help").stdout

    for command in ("up", "down", "status", "logs", "token", "ingest"):
        assert f" {command} " in text


@pytest.mark.parametrize(("module", "commands"), MODULES.items(), ids=list(MODULES))
def test_a_command_is_found_without_the_others(module: str, commands: tuple[str, ...]) -> None:
    app = typer.Typer()
    import_module(f"padan_cli.{module}").register(app)

    named = [(one.name or one.callback.__name__) for one in app.registered_commands if one.callback is not None]
    assert sorted([*named, *(str(one.name) for one in app.registered_groups)]) == sorted(commands)
    result = padan(commands[-1], "-h")
    assert (result.returncode, result.stderr) == (0, "")
    assert f"padan {commands[-1]}" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [("status",), ("down",), ("logs", "kafka"), ("token", "--role", "auditor", "--region", "ID")],
    ids=lambda arguments: arguments[0],
)
def test_an_instance_that_was_never_started_is_named_without_a_traceback(arguments: tuple[str, ...]) -> None:
    result = padan(*arguments, "--instance", "never-started")

    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("[instance_unknown] Platform lokal 'never-started' belum pernah dijalankan")
    assert "was never started" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_unknown_component_is_refused_before_anything_starts() -> None:
    result = padan("logs", "zookeeper", "--instance", "never-started")

    assert result.returncode == 1
    assert result.stderr.startswith("[component_unknown]")


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (("ingest", "no-such-file.xlsx"), 1, "file_unreadable"),
        (("ingest", ".", "--members", "."), 1, "file_unreadable"),
        (("token",), 2, "usage"),
        (("begin",), 2, "usage"),
        (("ingest", "any.csv", "--kind", "other"), 2, "usage"),
    ],
)
def test_what_was_typed_wrong_is_said_in_both_languages_with_a_code(
    arguments: tuple[str, ...], status: int, code: str
) -> None:
    result = padan(*arguments)

    assert result.returncode == status
    indonesian, english = result.stderr.splitlines()
    assert indonesian.startswith(f"[{code}] ")
    assert english.strip()
    assert "Traceback" not in result.stderr


def test_the_command_alone_shows_its_help() -> None:
    result = padan()

    assert "Usage: padan" in result.stdout + result.stderr
    assert "[usage]" not in result.stderr
