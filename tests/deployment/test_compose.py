"""docker-compose.yml, checked without Docker: its form, its promises, and every command of it run outside.

The commands run as the containers would run them: from the files their image holds, as an ordinary user, on a root
file system that cannot be written, with the environment that the file gives them. What stands in for Docker's network
is that host names are replaced by addresses.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import contained
import httpx
import pytest
import yaml
from compose_spec import PyCompose
from dockerfile import ROOT, STAGE_TEXT, compose, environment, lay_out, stages
from padan_cli.platform import Platform
from padan_cli.platform.pytest_plugin import MakeDatabase

DOCUMENT = compose()
SERVICES: dict[str, dict[str, Any]] = DOCUMENT["services"]
STAGES = stages(STAGE_TEXT)
OURS = {name for name, service in SERVICES.items() if "build" in service}
SERVERS = {"household", "registry-ingest", "eligibility", "gateway", "civil-registry", "barred-register"}
PATIENCE_S = 120.0


def test_it_has_the_form_that_compose_reads() -> None:
    parsed = PyCompose.from_yaml(yaml.safe_dump(DOCUMENT))
    assert set(parsed.service_names()) == set(SERVICES)
    with pytest.raises(ValueError, match="read_onyl"):
        PyCompose.from_yaml(yaml.safe_dump({"services": {"a": {"image": "a", "read_onyl": True}}}))


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_container_may_do_nothing_it_need_not(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert not {"privileged", "cap_add", "pid", "ipc", "devices"} & set(service)
    # The images of the two servers begin as root unless told otherwise; ours do not.
    assert name in OURS or re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert "user" not in service or name not in OURS
    assert not any("/" in str(volume.get("source")) for volume in service.get("volumes", ()))
    if name in SERVERS | {"kafka", "postgres"}:
        assert service["healthcheck"]["test"][0] == "CMD"
    assert "ports" not in service or (name == "gateway" and service["ports"] == ["127.0.0.1:8080:8080"])


def test_nothing_but_the_gateway_can_be_reached_or_reaches_out() -> None:
    assert DOCUMENT["networks"]["inside"] == {"internal": True}
    outside = {name for name, service in SERVICES.items() if "outside" in service.get("networks", ())}
    assert outside == {"gateway"}


def test_what_is_needed_is_there_and_is_waited_for() -> None:
    for service in SERVICES.values():
        for needed, how in service.get("depends_on", {}).items():
            answers = "healthcheck" in SERVICES[needed]
            assert how["condition"] == ("service_healthy" if answers else "service_completed_successfully")
        for volume in service.get("volumes", ()):
            assert volume["source"] in DOCUMENT["volumes"]
        for config in service.get("configs", ()):
            assert (ROOT / DOCUMENT["configs"][config["source"]]["file"]).is_file()
    for name in sorted(SERVERS - {"civil-registry", "barred-register"}):
        assert {f"{name}-migrations", "topics"} <= set(SERVICES[name]["depends_on"])


def test_a_service_is_given_its_own_secrets_and_not_the_owner() -> None:
    for name in SERVERS - {"civil-registry", "barred-register"}:
        (folder,) = [volume["volume"]["subpath"] for volume in SERVICES[name]["volumes"] if "volume" in volume]
        assert folder == name
        assert not [variable for variable in SERVICES[name]["environment"] if "OWNER" in variable]
    with_all = {name for name, service in SERVICES.items() for v in service.get("volumes", ())
                if v["source"] == "secrets" and "volume" not in v}  # fmt: skip
    assert with_all == {"secrets", "databases", "tools"}
    assert not re.search(r"://[^/\s:]+:[^/\s@]+@", (ROOT / "docker-compose.yml").read_text()), "a password in the open"


def settings(*paths: str) -> dict[str, str]:
    """The settings of one server's files; a later one replaces an earlier one."""
    lines = (line for path in paths for line in (ROOT / path).read_text().splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {key.strip(): value.strip() for key, _, value in pairs}


def differing(here: dict[str, str], there: dict[str, str]) -> set[str]:
    return {key for key in here.keys() | there.keys() if here.get(key) != there.get(key)}


def test_the_servers_are_those_of_the_local_platform() -> None:
    local = settings("deploy/platform/broker.properties", "deploy/platform/broker-secure.properties")
    here = settings("deploy/compose/broker.properties")
    addresses = {"controller.quorum.voters", "listeners", "advertised.listeners", "log.dirs"}
    password = {key for key, value in local.items() if "${broker_password}" in value}
    providers = {"config.providers", "config.providers.file.class"}
    assert differing(here, local) == addresses | password | providers
    taken = "${file:/run/secrets/kafka/passwords.properties:broker}"
    assert {here[key] for key in password} == {local[key].replace("${broker_password}", taken) for key in password}
    sockets = {"listen_addresses", "port", "unix_socket_directories"}
    assert differing(settings("deploy/compose/postgresql.conf"), settings("deploy/platform/postgresql.conf")) == sockets
    pom = (ROOT / "deploy/platform/pom.xml").read_text()
    for server in ("kafka", "postgres"):
        assert f">{SERVICES[server]['image'].partition(':')[2]}" in pom


@contextmanager
def broker(servers: Path, folder: Path, secrets: Path) -> Iterator[str]:
    """Kafka as the file runs it: its storage formatted (twice: a container starts again), then the server."""
    client, controller = free_port(), free_port()
    text = (ROOT / "deploy/compose/broker.properties").read_text()
    for old, new in {
        "0.0.0.0:9092": f"127.0.0.1:{client}", "kafka:9092": f"127.0.0.1:{client}",
        "127.0.0.1:9093": f"127.0.0.1:{controller}",
        "/var/lib/kafka/data": str(folder / "data"), "/run/secrets/kafka": str(secrets / "kafka"),
    }.items():  # fmt: skip
        text = text.replace(old, new)
    (folder / "broker.properties").write_text(text)
    format_, run = SERVICES["kafka"]["command"][0].strip().splitlines()
    jars = os.pathsep.join(map(str, sorted((servers / "kafka").glob("*.jar"))))
    environment = SERVICES["kafka"]["environment"]
    logging = environment["KAFKA_LOG4J_OPTS"].replace("/etc/padan", str(ROOT / "deploy/platform"))
    memory = f"{environment['KAFKA_HEAP_OPTS']} {environment['KAFKA_JVM_PERFORMANCE_OPTS']}"
    for old, new in {
        "/opt/kafka/bin/kafka-storage.sh": f"java {memory} -cp {jars} kafka.tools.StorageTool",
        "/opt/kafka/bin/kafka-server-start.sh": f"java {memory} {logging} -cp {jars} kafka.Kafka",
        "/etc/padan": str(folder), "/run/secrets/kafka": str(secrets / "kafka"), "$$": "$",
    }.items():  # fmt: skip
        format_, run = format_.replace(old, new), run.replace(old, new)
    values = {**os.environ, **environment}
    for _ in range(2):
        formatted = subprocess.run(
            ["/bin/bash", "-ec", format_], env=values, capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )
        assert formatted.returncode == 0, formatted.stderr[-2000:]
    with (folder / "kafka.log").open("wb") as log:
        running = subprocess.Popen(["/bin/bash", "-ec", run], env=values, stdout=log, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while "Kafka Server started" not in (said := (folder / "kafka.log").read_text()):
            assert running.poll() is None, said[-3000:]
            assert time.monotonic() < deadline, said[-3000:]
            time.sleep(0.1)  # another process: nothing to wait on but what it says
        _, *check = SERVICES["kafka"]["healthcheck"]["test"]
        assert subprocess.run([part.replace("9092", str(client)) for part in check], check=False).returncode == 0
        yield f"127.0.0.1:{client}"
    finally:
        running.kill()
        running.wait()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Stack(NamedTuple):
    """The stand-in for Docker: where each container's files, secrets and addresses are."""

    folder: Path
    images: dict[str, Path]
    replaced: dict[str, str]
    ports: dict[str, int]
    running: dict[str, subprocess.Popen[bytes]]

    def arguments(self, name: str, command: list[str] | None = None) -> dict[str, Any]:
        """How a container's process is started: what Popen takes."""
        service = SERVICES[name]
        stage = service["build"]["target"]
        (entry,) = STAGES[stage].all("ENTRYPOINT")
        module = command or [*json.loads(entry)[2:], *service.get("command", ())]
        temporary = self.folder / "temporary" / name
        temporary.mkdir(parents=True, exist_ok=True)
        kept = self.folder / "kept" / name
        kept.mkdir(parents=True, exist_ok=True)
        for folder in (temporary, kept):
            contained.own(folder)
        declared = environment(STAGES, stage) | service.get("environment", {})
        values = {key: value for key, value in declared.items() if key.startswith("PADAN_")}
        mounts = {"/tmp/": f"{temporary}/", "/var/lib/padan": str(kept)}
        for volume in service.get("volumes", ()):
            if volume["source"] == "secrets":
                part = volume.get("volume", {}).get("subpath", ".")
                mounts[volume["target"]] = str(self.folder / "secrets" / part)
        if name in self.ports:
            values |= {"PADAN_HTTP_PORT": str(self.ports[name]), "PADAN_HTTP_HOST": "127.0.0.1"}
        return {
            "args": contained.command(
                [self._here(part, mounts) for part in module], writable=[temporary, kept, self.folder / "secrets"]
            ),
            "env": contained.environment(self.images[stage], temporary)
            | {key: self._here(value, mounts) for key, value in values.items()},
            "cwd": "/",
        }

    def _here(self, value: str, mounts: dict[str, str]) -> str:
        for old, new in (*mounts.items(), *self.replaced.items()):
            value = value.replace(old, new) if value != "postgres" else "127.0.0.1"
        return value

    def once(self, name: str, command: list[str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a container that ends by itself."""
        ended = subprocess.run(
            **self.arguments(name, command), capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        assert ended.returncode == 0, f"{name}: {ended.stdout[-2000:]}{ended.stderr[-2000:]}"
        return ended

    def start(self, name: str) -> None:
        """Start a container that stays."""
        with (self.folder / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(**self.arguments(name), stdout=log, stderr=subprocess.STDOUT)

    def healthy(self, name: str) -> bool:
        """Its own health check, run as Docker would."""
        checked = SERVICES[name]["healthcheck"]["test"][3:]
        arguments = self.arguments(name, list(checked))
        return subprocess.run(**arguments, check=False, timeout=PATIENCE_S).returncode == 0

    def log(self, name: str) -> str:
        """What it said last."""
        return (self.folder / f"{name}.log").read_text()[-3000:]


@pytest.fixture
def stack(platform: Platform, make_database: MakeDatabase, tmp_path: Path) -> Iterator[Stack]:
    secrets = tmp_path / "secrets"
    secrets.mkdir(mode=0o700)
    # The roles' passwords are those the run's server already knows.
    shutil.copy(platform.instance.secrets / "database.key", secrets)
    contained.own(secrets)
    images = {stage: tmp_path / "images" / stage for stage in {SERVICES[name]["build"]["target"] for name in OURS}}
    for stage, image in images.items():
        lay_out(STAGES, stage, image)
    replaced = {"postgres:5432": f"127.0.0.1:{platform.instance.port('postgres')}"}
    for database in ("household", "keyring", "registry_ingest", "eligibility", "gateway"):
        replaced[f"/{database}?"] = f"/{make_database(database).url.rpartition('/')[2]}?"
    ports: dict[str, int] = {}
    for name in SERVERS:
        ports[name] = free_port()
        replaced[f"http://{name}:8080"] = f"http://127.0.0.1:{ports[name]}"
    made = Stack(tmp_path, images, replaced, ports, {})
    yield made
    for process in made.running.values():
        process.kill()
        process.wait()


def test_every_command_of_it_runs_as_an_ordinary_user_on_a_root_that_cannot_be_written(
    stack: Stack, platform: Platform
) -> None:
    stack.once("secrets")
    with broker(platform.instance.servers, stack.folder, stack.folder / "secrets") as kafka:
        stack.replaced["kafka:9092"] = kafka
        run_everything(stack, platform)


def run_everything(stack: Stack, platform: Platform) -> None:
    port = str(platform.instance.port("postgres"))
    stack.once("databases", ["padan_cli.containers", *SERVICES["databases"]["command"], "--port", port])
    assert "rules added" in stack.once("topics").stdout
    for name in ("household", "registry-ingest", "eligibility", "gateway"):
        stack.once(f"{name}-migrations")
    for name in SERVERS:
        stack.start(name)
    waiting, deadline = set(SERVERS), time.monotonic() + PATIENCE_S
    while waiting:
        waiting = {name for name in waiting if not answers(f"http://127.0.0.1:{stack.ports[name]}/readyz")}
        for name in waiting:
            assert stack.running[name].poll() is None, f"{name}: {stack.log(name)}"
            assert time.monotonic() < deadline, f"{name}: {stack.log(name)}"
        time.sleep(0.1)  # readiness of another process has no event to wait for
    assert all(stack.healthy(name) for name in SERVERS)
    token = stack.once(
        "tools", ["padan_cli.containers", "token", "/secrets", "--role", "administrator", "--region", "ID"]
    ).stdout.strip()
    answer = httpx.get(
        f"http://127.0.0.1:{stack.ports['gateway']}/v1/pipeline",
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    for name in SERVERS:
        stack.running[name].send_signal(signal.SIGTERM)
    assert {name: stack.running[name].wait(PATIENCE_S) for name in SERVERS} == dict.fromkeys(SERVERS, 0)
    assert not stack.healthy("household")


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False
