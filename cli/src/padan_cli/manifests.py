"""Kubernetes manifests that are made rather than written: Kafka's topics and users, and an installation's secrets.

`python -m padan_cli.manifests topics` and `... users` print what `deploy/k8s/base/kafka-topics.yaml` and
`kafka-users.yaml` hold (a test compares them). `... secrets FOLDER` prints every Secret the manifests name, minted in
FOLDER (kept by whoever installs: minting again into it changes nothing); `--sign-in FILE` is the JWKS of the
organisation's own sign-in, without it the development issuer's.
"""

import argparse
import base64
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import yaml
from padan_events.access import Grant, grants
from padan_events.shards import SHARDS
from padan_events.topics import TOPICS

from padan_cli.containers import RUN_TIME_ROLES
from padan_cli.platform import credentials, databases

KAFKA: Final = "padan"
"""The name of the Kafka resource."""
REPLICAS: Final = 3
IN_SYNC: Final = 2
_NOT_KEPT: Final = frozenset({"kafka.password", "kafka.properties", "pgpass"})
"""Files of a service's folder that a cluster makes for itself."""

Manifest = dict[str, Any]


def topics() -> list[Manifest]:
    """One KafkaTopic for each topic of the contract."""
    return [
        {
            "apiVersion": "kafka.strimzi.io/v1",
            "kind": "KafkaTopic",
            "metadata": {"name": topic.name, "labels": {"strimzi.io/cluster": KAFKA}},
            "spec": {
                "topicName": topic.name,
                "partitions": SHARDS,
                "replicas": REPLICAS,
                "config": {
                    "cleanup.policy": "delete",
                    "retention.ms": topic.retention_ms,
                    "min.insync.replicas": IN_SYNC,
                    "unclean.leader.election.enable": False,
                },
            },
        }
        for topic in TOPICS.values()
    ]


def users() -> list[Manifest]:
    """One KafkaUser for each user of `padan_events.access`, with exactly the rights of that table."""
    by_user: dict[str, list[Grant]] = {}
    for grant in grants():
        by_user.setdefault(grant.user, []).append(grant)
    return [
        {
            "apiVersion": "kafka.strimzi.io/v1",
            "kind": "KafkaUser",
            "metadata": {"name": user, "labels": {"strimzi.io/cluster": KAFKA}},
            "spec": {
                "authentication": {"type": "scram-sha-512"},
                "authorization": {"type": "simple", "acls": list(_acls(granted))},
            },
        }
        for user, granted in by_user.items()
    ]


def secrets(folder: Path, *, sign_in: bytes | None = None) -> list[Manifest]:
    """Every Secret that the manifests name and no operator makes, minted in `folder`.

    `<service>-secrets` holds the files of PADAN_SECRETS, `database-<role>` a role's name and password. The
    credentials of the backups' store are for whoever has that store.
    """
    credentials.mint(folder)
    made = []
    for service in credentials.SERVICES:
        own = credentials.of_service(folder, service)
        files = {file.name: file.read_bytes() for file in sorted(own.iterdir()) if file.name not in _NOT_KEPT}
        if sign_in is not None and "issuer.jwks.json" in files:
            files["issuer.jwks.json"] = sign_in
        made.append(_secret(f"{service}-secrets", "Opaque", files))
    roles = [role for of_service in RUN_TIME_ROLES.values() for role in of_service]
    for role in (*roles, *(f"{database}_owner" for database in databases.RUN_TIME_ROLES)):
        password = credentials.database_password(folder, role)
        content = {"username": role.encode(), "password": password.encode()}
        made.append(_secret(f"database-{role.replace('_', '-')}", "kubernetes.io/basic-auth", content))
    return made


def printed(manifests: Iterable[Manifest], *, of: str) -> str:
    """As YAML; the first line says by what it was made."""
    text = yaml.safe_dump_all(manifests, sort_keys=False, width=120)
    return f"# Made by `python -m padan_cli.manifests {of}`; do not edit.\n{text}"


def _acls(granted: Iterable[Grant]) -> Iterable[Manifest]:
    operations: dict[tuple[str, str, str], list[str]] = {}
    for grant in granted:
        operations.setdefault((grant.resource, grant.name, grant.pattern), []).append(grant.operation)
    for (kind, name, pattern), allowed in operations.items():
        yield {"resource": {"type": kind, "name": name, "patternType": pattern}, "operations": sorted(allowed)}


def _secret(name: str, kind: str, content: dict[str, bytes]) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": kind,
        "metadata": {"name": name, "labels": {"app.kubernetes.io/part-of": "padan"}},
        "data": {key: base64.b64encode(value).decode() for key, value in content.items()},
    }


def main() -> None:
    """Print one of the three."""
    parser = argparse.ArgumentParser(prog="python -m padan_cli.manifests", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("topics")
    commands.add_parser("users")
    minted = commands.add_parser("secrets")
    minted.add_argument("folder", type=Path)
    minted.add_argument("--sign-in", type=Path)
    arguments = parser.parse_args()
    match arguments.command:
        case "topics":
            manifests = topics()
        case "users":
            manifests = users()
        case _:
            manifests = secrets(arguments.folder, sign_in=arguments.sign_in.read_bytes() if arguments.sign_in else None)
    sys.stdout.write(printed(manifests, of=arguments.command))


if __name__ == "__main__":
    main()
