"""How a client reaches Kafka: address, login, transport. One value, which every aiokafka client is built from.

Plain text without a login is for a broker that lets everyone in (tests). With a user name the login is
SCRAM-SHA-512; with `tls` the connection is encrypted and the brokers prove themselves to `ca_file`, or to the
machine's own authorities where there is none.
"""

import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from aiokafka.conn import create_conn
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.helpers import create_ssl_context
from aiokafka.protocol.metadata import MetadataRequest

MECHANISM: Final = "SCRAM-SHA-512"
LOGIN_FILE: Final = "kafka.password"
"""Name of the file with the password, among a service's secrets."""


class KafkaClient(msgspec.Struct, frozen=True):
    """An address list `host:port,host:port` and how to log in there; `username` None: no login."""

    bootstrap: str
    username: str | None = None
    password: str = ""
    tls: bool = False
    ca_file: Path | None = None

    def __repr__(self) -> str:
        """Without the password: a traceback may quote this."""
        return f"KafkaClient({self.bootstrap!r}, username={self.username!r}, tls={self.tls})"

    __str__ = __repr__

    @property
    def addresses(self) -> Sequence[str]:
        """Each `host:port`."""
        return [address.strip() for address in self.bootstrap.split(",")]

    @property
    def security_protocol(self) -> str:
        """As Kafka names it: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL."""
        transport = "SSL" if self.tls else "PLAINTEXT"
        return transport if self.username is None else f"SASL_{transport}"

    def options(self) -> dict[str, Any]:
        """Keyword arguments of aiokafka's consumer, producer and admin client."""
        return {"bootstrap_servers": self.bootstrap} | self.transport()

    def transport(self) -> dict[str, Any]:
        """`options` without the address. Raises `OSError` where `ca_file` cannot be read."""
        options: dict[str, Any] = {"security_protocol": self.security_protocol}
        if self.tls:
            options["ssl_context"] = create_ssl_context(cafile=None if self.ca_file is None else str(self.ca_file))
        if self.username is not None:
            options |= {
                "sasl_mechanism": MECHANISM,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return options


Kafka = str | KafkaClient
"""What takes part in Kafka accepts: an address list alone means plain text without a login."""


def client_of(kafka: Kafka) -> KafkaClient:
    """The same as a `KafkaClient`."""
    return KafkaClient(kafka) if isinstance(kafka, str) else kafka


class Refusal(msgspec.Struct, frozen=True):
    """Why Kafka cannot be reached, told apart: `code` is stable, `text` says it in words."""

    code: str
    text: str


_AWAY = Refusal("kafka_away", "no Kafka broker answers at this address")
_LOGIN_REFUSED = Refusal("kafka_login_refused", "Kafka refused the login: the user is unknown or the password is wrong")
_MISMATCH = Refusal(
    "kafka_protocol_mismatch",
    "the broker answers, but this listener expects another protocol: compare it with PADAN_KAFKA_USERNAME "
    "(login or none) and PADAN_KAFKA_CA (TLS or none)",
)


async def why_unreachable(kafka: Kafka, *, timeout_s: float = 5.0) -> Refusal | None:
    """Why a client cannot begin to work; None where a broker lets it in.

    aiokafka says "Unable to bootstrap" in every case, so a wrong password looks like a server that is down.
    """
    client, refusal = client_of(kafka), _AWAY
    for address in client.addresses:
        found = await _try(client, address, timeout_s)
        if found is None:
            return None
        refusal = refusal if found is _AWAY else found
    return refusal


async def _try(client: KafkaClient, address: str, timeout_s: float) -> Refusal | None:
    host, _, port = address.rpartition(":")
    try:
        connection = await create_conn(host, int(port), request_timeout_ms=int(timeout_s * 1000), **client.transport())
    except SaslAuthenticationFailed:
        return _LOGIN_REFUSED
    except (IllegalSaslStateError, UnsupportedSaslMechanismError, ssl.SSLError):
        return _MISMATCH
    except (KafkaError, OSError, TimeoutError):
        return _AWAY
    try:
        await connection.send(MetadataRequest([]))
    except (KafkaError, TimeoutError):
        # A listener that wants a login tells its versions to anyone, and hangs up at the first real question.
        return _MISMATCH
    finally:
        connection.close()
    return None
