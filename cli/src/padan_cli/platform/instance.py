"""One instance of the platform: its folder, ports, secrets, and the environment of each of its processes."""

import fcntl
import json
import os
import secrets as random
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from padan_events.kafka_client import KafkaClient

from padan_cli.platform import credentials, linux
from padan_cli.platform.errors import PlatformError

USUAL_PORTS = {
    "kafka": 9092,
    "kafka-controller": 9093,
    "postgres": 5432,
    "civil-registry": 8090,
    "barred-register": 8091,
    "bpjs": 8092,
    "household": 8081,
    "registry-ingest": 8082,
    "eligibility": 8083,
    "gateway": 8080,
}
FREE_PORTS = range(20_000, 32_000)
"""Where other ports are looked for: below the kernel's own range, from which any connection may take one."""

DATABASES = {
    "registry-ingest": "registry_ingest",
    "household": "household",
    "eligibility": "eligibility",
    "gateway": "gateway",
}
SIMULATORS = ("civil-registry", "barred-register", "bpjs")
SERVERS = ("postgres", "kafka")


def project_root() -> Path:
    """The checkout that this command was installed from; raises `project_not_found` outside of one."""
    root = Path(__file__).resolve().parents[4]
    if not (root / "deploy/platform/pom.xml").is_file():
        raise PlatformError(
            "project_not_found",
            "Perintah ini harus dipasang dari folder proyek Padan (`make up`).",
            "This command must be installed from a checkout of Padan (`make up`).",
        )
    return root


class Instance:
    """Everything that belongs to one platform, below one folder; two instances never touch each other.

    `folder` is made when it is missing. `servers` is where Kafka and PostgreSQL lie, shared by all instances
    (`.padan/dist` of the project by default). `secure_kafka` is chosen once: a new instance's broker lets in only
    who logs in, and a service writes its own topics only. Raises `PlatformError` when the project is not found.
    """

    def __init__(self, folder: Path, *, servers: Path | None = None, secure_kafka: bool = False) -> None:
        self.folder = folder.resolve()
        self.servers = (servers or project_root() / ".padan/dist").resolve()
        for part in ("kafka", "postgres", "logs", "run", "data"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        self.secrets = self.folder / "secrets"
        self.run = self.folder / "run"
        with self._settings_lock():
            settings = self._read()
            if not settings:
                preferred = USUAL_PORTS if self.folder.name == "local" else {}
                self._write(
                    {
                        "id": random.token_hex(16),
                        "environment": "development",
                        "secure_kafka": secure_kafka,
                        "ports": _choose_ports(preferred, taken=set()),
                        "settings": {},
                    }
                )
            elif settings["ports"].keys() < USUAL_PORTS.keys():  # made before there was such a component
                ports = settings["ports"]
                fresh = _choose_ports({}, taken=set(ports.values()))
                self._write(settings | {"ports": fresh | ports})
            credentials.mint(self.secrets)

    @classmethod
    def named(cls, name: str = "local", *, secure_kafka: bool | None = None) -> "Instance":
        """The instance `.padan/<name>` of the project, made when it is new; then Kafka asks for a login, unless
        `secure_kafka` is False. Raises `instance_name`, and `kafka_chosen` where the instance is there and was made
        with the other choice."""
        if name == "dist" or not name.replace("-", "").replace("_", "").isalnum():
            raise PlatformError(
                "instance_name",
                f"Nama platform lokal keliru: {name!r}. Pakai hanya huruf, angka, '-' dan '_'.",
                f"Not a name for an instance: {name!r} (letters, digits, '-' and '_').",
            )
        instance = cls(project_root() / ".padan" / name, secure_kafka=secure_kafka is not False)
        if secure_kafka not in (None, instance.secure_kafka):
            raise PlatformError(
                "kafka_chosen",
                f"Platform lokal {name!r} sudah dibuat dengan pilihan lain; pilih nama lain dengan --instance.",
                f"The instance {name!r} was made with the other choice; take another name with --instance.",
            )
        return instance

    @classmethod
    def existing(cls, name: str = "local") -> "Instance":
        """As `named`, but raises `instance_unknown` where it was never started: a slip must not make one."""
        if not (project_root() / ".padan" / name / "instance.json").is_file():
            raise PlatformError(
                "instance_unknown",
                f"Platform lokal {name!r} belum pernah dijalankan: `padan up --instance {name}` menjalankannya.",
                f"The instance {name!r} was never started: `padan up --instance {name}` starts it.",
            )
        return cls.named(name)

    @property
    def id(self) -> str:
        """Random id, the marker in the environment of every process of this instance."""
        return str(self._read()["id"])

    @property
    def deployment_environment(self) -> str:
        """`development`, for good: a production platform is not run by this command."""
        return str(self._read()["environment"])

    @property
    def kafka(self) -> str:
        """Bootstrap address, `127.0.0.1:port`."""
        return f"127.0.0.1:{self.port('kafka')}"

    @property
    def secure_kafka(self) -> bool:
        """Whether Kafka asks for a login and keeps to the rules of `padan_events.access`."""
        return bool(self._read().get("secure_kafka", False))

    def kafka_client(self, user: str = "operator") -> KafkaClient:
        """How a client of this machine reaches Kafka; `user` as in `credentials.KAFKA_USERS`."""
        if not self.secure_kafka:
            return KafkaClient(self.kafka)
        return KafkaClient(self.kafka, username=user, password=credentials.kafka_password(self.secrets, user))

    def port(self, component: str) -> int:
        """The port of a component on 127.0.0.1, chosen once and kept."""
        return int(self._read()["ports"][component])

    def url(self, component: str) -> str:
        """HTTP address of a service or simulator."""
        return f"http://127.0.0.1:{self.port(component)}"

    def log(self, component: str) -> Path:
        """Where the standard output and error of a process go."""
        return self.folder / "logs" / f"{component}.log"

    def data(self, component: str) -> Path:
        """The folder in which a service or simulator may keep files; made when it is missing."""
        folder = self.folder / "data" / component
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def database_url(self, database: str, role: str | None = None) -> str:
        """Connection address; `role` is the run-time role when None (for the gateway: its writer)."""
        chosen = role or ("gateway_writer" if database == "gateway" else database)
        password = credentials.database_password(self.secrets, chosen)
        return f"postgresql://{chosen}:{password}@127.0.0.1:{self.port('postgres')}/{database}"

    def configure(self, component: str, **settings: str) -> None:
        """Set further environment variables of a component; they hold from its next start. '' removes one."""
        with self._settings_lock():
            content = self._read()
            own = content["settings"].setdefault(component, {})
            own.update(settings)
            content["settings"][component] = {name: value for name, value in own.items() if value}
            self._write(content)

    def environment(self, component: str) -> dict[str, str]:
        """The PADAN_ variables of a service or simulator."""
        values = {
            "PADAN_ENVIRONMENT": self.deployment_environment,
            "PADAN_HTTP_HOST": "127.0.0.1",
            "PADAN_HTTP_PORT": str(self.port(component)),
            "PADAN_FOLDER": str(self.data(component)),
        }
        if component in DATABASES:
            database = DATABASES[component]
            values |= {
                "PADAN_KAFKA": self.kafka,
                "PADAN_SECRETS": str(credentials.of_service(self.secrets, component)),
                "PADAN_DATABASE_URL": self.database_url(database),
                "PADAN_DATABASE_OWNER_URL": self.database_url(database, f"{database}_owner"),
            }
            if self.secure_kafka:
                values["PADAN_KAFKA_USERNAME"] = component
        match component:
            case "household":
                values["PADAN_KEYRING_URL"] = self.database_url("keyring")
                values["PADAN_KEYRING_OWNER_URL"] = self.database_url("keyring", "keyring_owner")
            case "registry-ingest":
                values |= self._addresses("household", "civil-registry", "barred-register")
            case "eligibility":
                values |= self._addresses("household")
            case "gateway":
                values |= self._addresses("household", "registry-ingest", "eligibility")
                values["PADAN_DATABASE_READER_URL"] = self.database_url("gateway", "gateway_reader")
        further: dict[str, str] = self._read()["settings"].get(component, {})
        return values | further

    def process_environment(self, component: str) -> dict[str, str]:
        """The whole environment of a process: little from outside, the markers, the PADAN_ variables."""
        passed = ("PATH", "HOME", "JAVA_HOME", "TMPDIR")
        base = {name: os.environ[name] for name in passed if name in os.environ}
        base |= {"LANG": "C.UTF-8", "TZ": "UTC", "PYTHONUNBUFFERED": "1"}
        own = {} if component in SERVERS else self.environment(component)
        return base | own | {linux.MARKER: self.id, linux.COMPONENT_MARKER: component}

    def refresh_ports(self) -> Mapping[str, tuple[int, int]]:
        """Give components whose port somebody else holds another one; answers {component: (old, new)}.

        To be called only while nothing of the instance runs.
        """
        with self._settings_lock():
            content = self._read()
            ports: dict[str, int] = content["ports"]
            lost = [name for name, port in ports.items() if not _is_free(port)]
            kept = {name: port for name, port in ports.items() if name not in lost}
            content["ports"] = _choose_ports(kept, taken=set(ports.values()))
            self._write(content)
        return {name: (ports[name], content["ports"][name]) for name in lost}

    def _addresses(self, *components: str) -> dict[str, str]:
        return {f"PADAN_{name.upper().replace('-', '_')}_URL": self.url(name) for name in components}

    @contextmanager
    def _settings_lock(self) -> Iterator[None]:
        with (self.run / "instance.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _read(self) -> dict[str, Any]:
        path = self.folder / "instance.json"
        return dict(json.loads(path.read_bytes())) if path.exists() else {}

    def _write(self, content: dict[str, Any]) -> None:
        draft = self.folder / "instance.json.draft"
        draft.write_text(json.dumps(content, indent=1))
        draft.replace(self.folder / "instance.json")


def _choose_ports(preferred: Mapping[str, int], taken: set[int]) -> dict[str, int]:
    chosen: dict[str, int] = {}
    for component in USUAL_PORTS:
        port = preferred.get(component)
        if port is None or not _is_free(port):
            candidates = (random.choice(FREE_PORTS) for _ in FREE_PORTS)
            port = next(candidate for candidate in candidates if candidate not in taken and _is_free(candidate))
        chosen[component] = port
        taken.add(port)
    return chosen


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a port that only waits for late packets of a closed connection counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
