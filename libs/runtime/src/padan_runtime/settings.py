"""Settings of a service, from the environment only. A wrong one ends the process and is named."""

import sys
from pathlib import Path
from typing import Literal, NoReturn, TypeVar

from padan_events.kafka_client import LOGIN_FILE, KafkaClient
from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

EXIT_CONFIGURATION = 78
"""EX_CONFIG of sysexits.h: a supervisor need not try again."""


class DatabaseSettings(BaseSettings):
    """What the command `migrate` is told, and every service: PADAN_DATABASE_URL, PADAN_DATABASE_OWNER_URL.

    Without the owner's address a service does not migrate; it ends where its migrations are not applied.
    """

    model_config = SettingsConfigDict(env_prefix="PADAN_", extra="ignore", frozen=True)

    database_url: str
    database_owner_url: str | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"


class ServiceSettings(DatabaseSettings):
    """What every service is told: PADAN_ENVIRONMENT, PADAN_KAFKA, PADAN_DATABASE_URL and so on.

    With PADAN_KAFKA_USERNAME it logs in to Kafka by the password in the secret file `kafka.password`; PADAN_KAFKA_CA
    is a file with the authority that Kafka's brokers prove themselves to. In production both login and TLS are
    required; there, without PADAN_KAFKA_CA, the machine's own authorities are trusted.
    """

    environment: Literal["development", "production"]
    kafka: str
    kafka_username: str | None = None
    kafka_ca: Path | None = None
    http_host: str = "127.0.0.1"
    http_port: int
    secrets: Path

    @property
    def kafka_client(self) -> KafkaClient:
        """How to reach Kafka; ends the process, naming it, where a part of it is missing."""
        production = self.environment == "production"
        if self.kafka_username is None:
            if production:
                fail("PADAN_KAFKA_USERNAME: must be set in production")
            return KafkaClient(self.kafka, tls=self.kafka_ca is not None, ca_file=self.kafka_ca)
        client = KafkaClient(
            self.kafka,
            username=self.kafka_username,
            password=self.secret(LOGIN_FILE).decode().strip(),
            tls=production or self.kafka_ca is not None,
            ca_file=self.kafka_ca,
        )
        try:
            client.transport()
        except OSError as error:
            fail(f"PADAN_KAFKA_CA: cannot be read: {error.strerror or 'not a certificate'}")
        return client

    def secret(self, name: str) -> bytes:
        """The bytes of a secret file; ends the process, naming it, where it cannot be read."""
        try:
            return (self.secrets / name).read_bytes()
        except OSError as error:
            fail(f"PADAN_SECRETS: cannot read {name}: {error.strerror}")


Settings = TypeVar("Settings", bound=BaseSettings)


def fail(message: str) -> NoReturn:
    """Say what is wrong with the configuration and end with exit status 78."""
    print(f"configuration: {message}", file=sys.stderr)
    raise SystemExit(EXIT_CONFIGURATION)


def load(settings: type[Settings]) -> Settings:
    """Read the settings from the environment; where any is missing or wrong, name each and exit 78.

    Values are not repeated in the message: an address may hold a password.
    """
    try:
        return settings()
    except ValidationError as error:
        prefix = settings.model_config.get("env_prefix", "")
        lines = [f"{prefix}{'_'.join(map(str, e['loc']))}".upper() + f": {e['msg']}" for e in error.errors()]
        fail("\n  ".join(["", *lines]))
