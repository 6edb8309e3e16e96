"""The Kafka broker of an instance: its configuration, its storage, the command that runs it."""

import os
import shutil
import signal
import socket
import string
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from itertools import count
from pathlib import Path

from padan_cli.platform.errors import PlatformError

READY_LINE = b"Kafka Server started"
"""What the broker logs once it takes requests."""

_MEMORY = ("-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_CLASSES_ONCE_S = 120.0


class Kafka:
    """A broker with its data in `folder`, run from the jars in `servers`; it listens on 127.0.0.1 only.

    With `passwords` (by user, `broker` and `operator` among them) it lets in only who logs in, and allows only what a
    rule allows; without, everyone may do everything.
    """

    def __init__(
        self,
        folder: Path,
        servers: Path,
        *,
        java: Path,
        archive: Path | None = None,
        passwords: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self._passwords = passwords
        self._servers = servers
        self._java = java
        self._archive = archive
        self._data = folder / "data"
        self._templates = Path(__file__).resolve().parents[4] / "deploy/platform"

    def configure(self, port: int, controller_port: int) -> None:
        """Write the broker's properties anew, so that a changed template or port holds from the next start."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "log4j2.properties").write_bytes((self._templates / "log4j2.properties").read_bytes())
        self._write_properties("broker.properties", self._data, port, controller_port)

    def format(self, environment: Mapping[str, str] | None = None) -> None:
        """Format the storage unless it was done; call `configure` first. Raises `kafka_format_failed`."""
        if (self._data / "meta.properties").exists():
            return
        # Beside its place first: a formatting that was killed half-way must not pass for storage.
        draft = self.folder / "data.draft"
        shutil.rmtree(draft, ignore_errors=True)
        self._write_properties("format.properties", draft, 9092, 9093)
        arguments = ["format", "-t", new_cluster_id(), "-c", str(self.folder / "format.properties")]
        for user, password in (self._passwords or {}).items():
            arguments += ["--add-scram", f"SCRAM-SHA-512=[name={user},password={password}]"]
        java, *rest = self._command("kafka.tools.StorageTool", *arguments)
        # In a file, as everyone on this machine sees the arguments of a process.
        told = self.folder / "format.arguments"
        _write_private(told, "\n".join(f'"{argument}"' for argument in rest))
        try:
            command = [java, f"@{told}"]
            result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        finally:
            told.unlink()
        if result.returncode != 0:
            raise PlatformError(
                "kafka_format_failed",
                f"Penyimpanan Kafka tidak dapat disiapkan: {result.stderr.strip()[-500:]}",
                f"Kafka's storage could not be formatted: {result.stderr.strip()[-500:]}",
            )
        if self._data.exists():
            self._data.rmdir()
        draft.rename(self._data)

    def command(self) -> list[str]:
        """The command that runs the broker in the foreground."""
        return self._command("kafka.Kafka", str(self.folder / "broker.properties"))

    def run_once(self, archive: Path) -> None:
        """Start and stop a broker on its own free ports, keeping the classes it loaded in `archive`."""
        self.configure(*_two_free_ports())
        self.format()
        command = self.command()
        command.insert(1, f"-XX:ArchiveClassesAtExit={archive}")
        log = self.folder / "kafka.log"
        with log.open("wb") as output:
            broker = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + _CLASSES_ONCE_S
        while READY_LINE not in log.read_bytes() and broker.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)  # another process: nothing to wait on but what it says
        broker.send_signal(signal.SIGTERM)
        try:
            broker.wait(_CLASSES_ONCE_S)
        except subprocess.TimeoutExpired:
            broker.kill()
            broker.wait()
        if not archive.exists():
            tail = log.read_text(errors="replace")[-500:]
            raise PlatformError(
                "kafka_start_failed", f"Kafka tidak dapat dijalankan: {tail}", f"Kafka could not be run: {tail}"
            )

    def _write_properties(self, name: str, data: Path, port: int, controller_port: int) -> None:
        template = string.Template((self._templates / "broker.properties").read_text())
        text = template.substitute(port=port, controller_port=controller_port, data=data)
        if self._passwords is not None:
            secure = string.Template((self._templates / "broker-secure.properties").read_text())
            text += secure.substitute(broker_password=self._passwords["broker"])
        _write_private(self.folder / name, text)

    def _command(self, main_class: str, *arguments: str) -> list[str]:
        sharing = [f"-XX:SharedArchiveFile={self._archive}", "-Xshare:auto"] if self._archive else []
        logging = f"-Dlog4j2.configurationFile=file:{self.folder / 'log4j2.properties'}"
        # The jars by name: with a wildcard their order, which the archive must find again, is the file system's.
        jars = os.pathsep.join(str(jar) for jar in sorted((self._servers / "kafka").glob("*.jar")))
        return [str(self._java), *_MEMORY, *sharing, logging, "-cp", jars, main_class, *arguments]


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)  # a file that is there keeps its mode, and one from before may be open to all
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def new_cluster_id() -> str:
    """A random id as Kafka's own tool makes it: 22 characters, the first not `-` (it would pass for an option)."""
    ids = (urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=") for _ in count())
    return next(candidate for candidate in ids if not candidate.startswith("-"))


def _two_free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]
