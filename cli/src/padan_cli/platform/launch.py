"""How each component is prepared, started and known to be ready."""

import asyncio
import subprocess
import sys
from pathlib import Path

import httpx
import psycopg
from padan_events.kafka_client import LOGIN_FILE

from padan_cli.platform import credentials, databases
from padan_cli.platform.components import COMPONENTS
from padan_cli.platform.distribution import class_archive
from padan_cli.platform.errors import PlatformError
from padan_cli.platform.instance import SERVERS, Instance
from padan_cli.platform.kafka import READY_LINE, Kafka
from padan_cli.platform.postgres import SUPERUSER, Postgres
from padan_cli.platform.prerequisites import require_java


class Launch:
    """Knows the commands of one instance; holds no process."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._client = httpx.AsyncClient(timeout=2.0, trust_env=False)
        java, _ = require_java()
        self._kafka = Kafka(
            instance.folder / "kafka",
            instance.servers,
            java=java,
            archive=class_archive(instance.servers),
            passwords=_kafka_passwords(instance),
        )
        self._postgres = Postgres(instance.folder / "postgres", instance.servers)

    def command(self, name: str) -> list[str]:
        """The command of a component; configuration files are written and storage is made on the way."""
        environment = self._instance.process_environment(name)
        if name == "kafka":
            self._kafka.format(environment)
            self._kafka.configure(self._instance.port("kafka"), self._instance.port("kafka-controller"))
            return self._kafka.command()
        if name == "postgres":
            password = credentials.database_password(self._instance.secrets, SUPERUSER)
            self._postgres.create(password, environment)
            self._postgres.configure(self._instance.port("postgres"))
            return self._postgres.command()
        script = COMPONENTS[name].script
        assert script is not None
        return [str(Path(sys.executable).with_name(script))]

    async def is_ready(self, name: str, log_from: int) -> bool:
        """Whether a started component takes work; `log_from` is where its log stood when it started."""
        if name == "kafka":
            with self._instance.log(name).open("rb") as log:
                log.seek(log_from)
                return READY_LINE in log.read()
        if name == "postgres":
            return await asyncio.to_thread(self._postgres_answers)
        return await self._answers(self._instance.url(name))

    def prepare(self, server: str) -> None:
        """What belongs into a server before any service starts: databases and roles, or topics."""
        if server == "postgres":
            databases.prepare(self._instance.database_url("postgres", SUPERUSER), self._instance.secrets)
        if server == "kafka":
            command = [sys.executable, "-m", "padan_events.create_topics", "--bootstrap", self._instance.kafka]
            if self._instance.secure_kafka:
                password = credentials.of_service(self._instance.secrets, "operator") / LOGIN_FILE
                command += ["--acls", "--username", "operator", "--password-file", str(password)]
            environment = self._instance.process_environment(server)
            result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            if result.returncode != 0:
                reason = result.stderr.strip()[-500:]
                raise PlatformError(
                    "topics_failed", f"Topik Kafka tidak dapat dibuat: {reason}", f"Kafka's topics: {reason}"
                )

    async def _answers(self, url: str) -> bool:
        try:
            return (await self._client.get(f"{url}/readyz")).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def _postgres_answers(self) -> bool:
        try:
            with psycopg.connect(self._instance.database_url("postgres", SUPERUSER), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False


def _kafka_passwords(instance: Instance) -> dict[str, str] | None:
    if not instance.secure_kafka:
        return None
    users = ("broker", *credentials.KAFKA_USERS)
    return {user: credentials.kafka_password(instance.secrets, user) for user in users}


def is_server(name: str) -> bool:
    """Whether this is Kafka or PostgreSQL, which other components need prepared."""
    return name in SERVERS
