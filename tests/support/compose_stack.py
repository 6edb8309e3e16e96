"""What stands in for Docker when the commands of docker-compose.yml are run: files, addresses, processes."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import contained
from dockerfile import ROOT, STAGE_TEXT, compose, environment, stages

SERVICES: dict[str, dict[str, Any]] = compose()["services"]
STAGES = stages(STAGE_TEXT)
PATIENCE_S = 120.0


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
        """Its own health check, run as Docker would: once is enough of as many times as the file says."""
        check = SERVICES[name]["healthcheck"]
        arguments = self.arguments(name, list(check["test"][3:]))
        attempts = (subprocess.run(**arguments, check=False, timeout=PATIENCE_S) for _ in range(check["retries"]))
        return any(attempt.returncode == 0 for attempt in attempts)

    def log(self, name: str) -> str:
        """What it said last."""
        return (self.folder / f"{name}.log").read_text()[-3000:]
