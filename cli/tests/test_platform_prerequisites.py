"""A missing tool is named, with what to do, in both languages."""

from pathlib import Path

import pytest
from padan_cli.platform import Instance, Platform, PlatformError
from padan_cli.platform.prerequisites import require_java, require_maven


def script(folder: Path, name: str, output: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{output}' >&2\n")
    path.chmod(0o755)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_up_says_that_java_is_missing(tools: Path, tmp_path: Path) -> None:
    with pytest.raises(PlatformError) as error:
        Platform(Instance(tmp_path / "one")).up(only=["kafka"])

    assert error.value.code == "java_missing"
    assert "Java 17 tidak ditemukan" in error.value.indonesian
    assert "install openjdk-17-jre" in error.value.english


def test_up_says_that_maven_is_missing_when_the_servers_are_not_there_yet(tools: Path, tmp_path: Path) -> None:
    script(tools, "java", 'openjdk version "17.0.1" 2021-10-19')
    instance = Instance(tmp_path / "one", servers=tmp_path / "servers")

    with pytest.raises(PlatformError) as error:
        Platform(instance).up(only=["kafka"])

    assert error.value.code == "maven_missing"
    assert "apt install maven" in error.value.indonesian


def test_an_old_java_is_refused(tools: Path) -> None:
    script(tools, "java", 'java version "1.8.0_202"')

    with pytest.raises(PlatformError) as error:
        require_java()
    assert error.value.code == "java_too_old"


def test_an_old_maven_is_refused_and_a_new_one_is_taken(tools: Path) -> None:
    script(tools, "mvn", "Apache Maven 3.6.1 (d66c9c0)")
    with pytest.raises(PlatformError) as error:
        require_maven()
    assert error.value.code == "maven_too_old"

    script(tools, "mvn", "Apache Maven 3.9.11 (3e54c93)")
    assert require_maven() == tools / "mvn"
