"""Secrets of one instance: minted at its first start, kept in files that only its owner can read."""

import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey
from padan_events.access import USERS
from padan_events.kafka_client import LOGIN_FILE, MECHANISM

SERVICES = ("household", "registry-ingest", "eligibility", "gateway")
_FURTHER = {
    "household": ("nik-hash.key", "key-encryption.key"),
    "registry-ingest": ("nik-hash.key",),
    "gateway": ("nik-hash.key", "issuer.jwks.json"),
}
ISSUER = "padan-development"
KAFKA_USERS = (*USERS, "operator")
"""Who logs in to Kafka, beside the broker itself; the operator may do everything."""
TOOLS_FILE = "kafka.properties"
"""How one of them logs in with Kafka's own command-line tools (`--command-config`)."""


def mint(folder: Path) -> None:
    """Write whatever secret is still missing in `folder`; what exists is never replaced.

    `<service>.key.json` and `issuer.key.json` are private ES256 keys (JWK), `services.jwks.json` and
    `issuer.jwks.json` their public halves (kid = service name, or the issuer's name). `nik-hash.key`,
    `key-encryption.key`, `database.key` and `kafka.key` are 32 random bytes.

    All of it lies in `folder`, which no service is given. Each service has `folder/<service>` with copies of what it
    needs and nothing else; an instance from before there were such folders gets them here. Who logs in to Kafka has
    its `kafka.password` there and nowhere else, and the same for Kafka's own command-line tools.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("nik-hash.key", "key-encryption.key", "database.key", "kafka.key"):
        if not (folder / name).exists():
            _write(folder / name, secrets.token_bytes(32))
    services = [_key(folder / f"{service}.key.json", service) for service in SERVICES]
    _write(folder / "services.jwks.json", _json({"keys": services}))
    _write(folder / "issuer.jwks.json", _json({"keys": [_key(folder / "issuer.key.json", ISSUER)]}))
    for service in SERVICES:
        own = of_service(folder, service)
        own.mkdir(mode=0o700, exist_ok=True)
        for name in (f"{service}.key.json", "services.jwks.json", *_FURTHER.get(service, ())):
            _copy(folder / name, own / name)
    for user in KAFKA_USERS:
        own = folder / user
        own.mkdir(mode=0o700, exist_ok=True)
        password = kafka_password(folder, user)
        for name, content in ((LOGIN_FILE, password), (TOOLS_FILE, _tool_properties(user, password))):
            if not (own / name).exists():
                _write(own / name, content.encode())


def of_service(folder: Path, service: str) -> Path:
    """The folder with the secrets of one service, below an instance's own: its PADAN_SECRETS."""
    return folder / service


def database_password(folder: Path, role: str) -> str:
    """Password of a database role: HMAC-SHA-256 of its name under the instance's `database.key`."""
    return hmac.new((folder / "database.key").read_bytes(), role.encode(), hashlib.sha256).hexdigest()


def kafka_password(folder: Path, user: str) -> str:
    """Password of a Kafka user: HMAC-SHA-256 of its name under the instance's `kafka.key`."""
    return hmac.new((folder / "kafka.key").read_bytes(), user.encode(), hashlib.sha256).hexdigest()


def _tool_properties(user: str, password: str) -> str:
    """For Kafka's own command-line tools: how to log in, and a group that they may look with but leave no place in."""
    login = "org.apache.kafka.common.security.scram.ScramLoginModule required"
    return (
        "security.protocol=SASL_PLAINTEXT\n"
        f"sasl.mechanism={MECHANISM}\n"
        f'sasl.jaas.config={login} username="{user}" password="{password}";\n'
        f"group.id={user}.tools\n"
        "enable.auto.commit=false\n"
    )


def _key(path: Path, kid: str) -> dict[str, Any]:
    """The public half of the key in `path`, which is minted when it does not exist."""
    if path.exists():
        key = ECKey.import_key(json.loads(path.read_bytes()))
    else:
        key = ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": "ES256"})
        _write(path, _json(key.as_dict(private=True)))
    return dict(key.as_dict(private=False))


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, indent=1).encode()


def _copy(source: Path, target: Path) -> None:
    content = source.read_bytes()
    if not target.exists() or target.read_bytes() != content:
        _write(target, content)


def _write(path: Path, content: bytes) -> None:
    # Under another name first: a secret half written when the power fails would be taken for a whole one.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
