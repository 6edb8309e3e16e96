"""The Dockerfile, checked without Docker: what it copies is there, runs as nobody special, and brings nothing else."""

import json
import subprocess
from pathlib import Path

import contained
import pytest
from dockerfile import ROOT, environment, included, lay_out, lineage, stages

TEXT = (ROOT / "Dockerfile").read_text()
STAGES = stages(TEXT)
SERVICES = {"registry-ingest", "household", "eligibility", "gateway", "simulators"}
JOBS = {"topics", "tools", "operations"}
BUILDING = {"packages", "sources", "base", "service", "keeping"}
IGNORED = (ROOT / ".dockerignore").read_text()
PATTERNS = [line for line in IGNORED.splitlines() if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def tracked() -> set[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return set(listed.splitlines())


def copied() -> list[str]:
    lines = (value.split() for stage in STAGES.values() for value in stage.all("COPY"))
    return [source for *sources, _ in lines if not sources[0].startswith("--from=") for source in sources]


def test_there_is_a_stage_for_every_service_and_no_stage_nobody_knows() -> None:
    assert set(STAGES) == SERVICES | JOBS | BUILDING
    assert {path.name for path in (ROOT / "services").iterdir() if (path / "src").is_dir()} < SERVICES


@pytest.mark.parametrize("name", sorted(SERVICES | JOBS))
def test_it_runs_as_a_fixed_ordinary_user_and_says_how_it_is(name: str) -> None:
    # An image has what the stages before it say: of each the last word, and one user only.
    said = {word: [value for stage in lineage(STAGES, name) for value in stage.all(word)]
            for word in ("USER", "ENTRYPOINT", "HEALTHCHECK")}  # fmt: skip
    assert said["USER"] == ["10001:10001"]
    assert said["ENTRYPOINT"][-1].startswith('["python", "-m"')
    check = said["HEALTHCHECK"][-1]
    assert check.endswith('CMD ["python", "-m", "padan_runtime.livez"]') if name in SERVICES else check == "NONE"
    assert STAGES["base"] in lineage(STAGES, name)
    if name in SERVICES:
        assert environment(STAGES, name)["PADAN_HTTP_PORT"] == "8080"


def test_packages_come_pinned_by_hash_and_without_a_compiler() -> None:
    (install,) = [run for run in STAGES["packages"].all("RUN") if "pip install" in run]
    assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(install.split())
    assert "://" not in TEXT
    assert not any(stage.all("ADD") for stage in STAGES.values())
    assert {stage.base for stage in STAGES.values()} - set(STAGES) == {"${PYTHON}"}


def test_what_is_copied_is_in_the_repository_and_let_into_the_build(tracked: set[str]) -> None:
    for source in copied():
        files = {path for path in tracked if path == source or path.startswith(f"{source}/")}
        assert files, source
        assert all(included(PATTERNS, path) for path in files), source


def test_every_package_and_every_migration_reaches_its_image(tracked: set[str]) -> None:
    parts = {path for path in tracked if "/src/padan_" in path}
    assert {path for path in parts if not any(path.startswith(f"{source}/") for source in copied())} == set()


@pytest.mark.parametrize(
    "path",
    [".git/config", ".venv/bin/python", ".padan/local/secrets/nik-hash.key", "services/household/tests/conftest.py",
     "services/household/src/padan_household/__pycache__/x.cpython-311.pyc", "docs/runbook.md", ".env", "secrets.json"],
)  # fmt: skip
def test_nothing_else_is_let_into_the_build(path: str) -> None:
    assert not included(PATTERNS, path)


def test_whoever_runs_the_platform_has_the_padan_command(tmp_path: Path) -> None:
    image, temporary = tmp_path / "image", tmp_path / "temporary"
    temporary.mkdir()
    contained.own(temporary)
    lay_out(STAGES, "operations", image)
    (entry,) = STAGES["operations"].all("ENTRYPOINT")
    ended = subprocess.run(
        contained.command([*json.loads(entry)[2:], "parked", "--help"], writable=[temporary]),
        env=contained.environment(image, temporary), cwd="/", capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (ended.returncode, "Traceback" in ended.stderr) == (0, False), ended.stderr
    for service in ("household", "registry_ingest", "eligibility", "gateway"):
        assert (image / f"padan_{service}/bootstrap.py").is_file()
