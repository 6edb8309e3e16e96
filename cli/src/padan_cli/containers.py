"""What docker-compose.yml runs once before the services, and `token` beside them. Development only.

`python -m padan_cli.containers secrets FOLDER` mints the secrets; each container is given the folder below that is
its own. `... databases FOLDER --host postgres` makes databases and roles. `... token FOLDER --role R --region R`
prints a token for the gateway.
"""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

from padan_cli import tokens
from padan_cli.platform import credentials, databases
from padan_cli.platform.postgres import SUPERUSER

RUN_TIME_ROLES = {
    "registry-ingest": ("registry_ingest",),
    "household": ("household", "keyring"),
    "eligibility": ("eligibility",),
    "gateway": ("gateway_writer", "gateway_reader"),
}
"""The database roles of each service; its migrations also log in as their owners."""
BROKER = "broker"
PASSWORDS = "pgpass"
"""Name of a folder's password file, in libpq's form: an address names it by `?passfile=`."""


@dataclass(frozen=True)
class Minted:
    """A folder of secrets, for `tokens.issue`."""

    secrets: Path
    deployment_environment: str = "development"


def mint(folder: Path) -> None:
    """Mint what is missing in `folder`, and below it one folder for each container that is given any.

    `<service>`: keys, and passwords of the run-time roles. `<service>-migrations`: the same with the owners, for
    the one run that migrates. `postgres`: the superuser's password. `kafka`: the broker's own, and its users as
    arguments for the formatting of its storage. `operator`: the login that makes topics and rights.
    """
    credentials.mint(folder)
    for service, roles in RUN_TIME_ROLES.items():
        own = credentials.of_service(folder, service)
        _write_passwords(folder, own, roles)
        owners = tuple(f"{database}_owner" for database, of in databases.RUN_TIME_ROLES.items() if set(of) & set(roles))
        _write_passwords(folder, folder / f"{service}-migrations", (*roles, *owners))
    # The servers run as users of their own, and each is the only container that is given its folder.
    _write_open(folder / "postgres" / "password", credentials.database_password(folder, SUPERUSER))
    users = {user: credentials.kafka_password(folder, user) for user in (BROKER, *credentials.KAFKA_USERS)}
    _write_open(folder / "kafka" / "passwords.properties", f"{BROKER}={users[BROKER]}\n")
    logins = (f"--add-scram SCRAM-SHA-512=[name={user},password={password}]\n" for user, password in users.items())
    _write_open(folder / "kafka" / "users", "".join(logins))


def create_databases(folder: Path, host: str, port: int) -> None:
    """Create databases and roles on the server; safe to repeat."""
    password = credentials.database_password(folder, SUPERUSER)
    databases.prepare(f"postgresql://{SUPERUSER}:{password}@{host}:{port}/postgres", folder)


def _write_open(path: Path, content: str) -> None:
    path.parent.mkdir(mode=0o755, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(content)
    path.chmod(0o444)


def _write_passwords(folder: Path, own: Path, roles: tuple[str, ...]) -> None:
    own.mkdir(mode=0o700, exist_ok=True)
    lines = [f"*:*:*:{role}:{credentials.database_password(folder, role)}\n" for role in roles]
    # libpq passes over a password file that others may read.
    with os.fdopen(os.open(own / PASSWORDS, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines(lines)


def main() -> None:
    """Do one of the three."""
    parser = argparse.ArgumentParser(prog="python -m padan_cli.containers", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("secrets", "databases", "token"):
        commands.add_parser(name).add_argument("folder", type=Path)
    server, person = commands.choices["databases"], commands.choices["token"]
    server.add_argument("--host", required=True)
    server.add_argument("--port", type=int, default=5432)
    person.add_argument("--role", required=True)
    person.add_argument("--region", required=True)
    person.add_argument("--hours", type=float, default=12.0)
    arguments = parser.parse_args()
    match arguments.command:
        case "secrets":
            mint(arguments.folder)
        case "databases":
            create_databases(arguments.folder, arguments.host, arguments.port)
        case _:
            minted = Minted(arguments.folder)
            print(tokens.issue(minted, role=arguments.role, region=arguments.region, hours=arguments.hours))


if __name__ == "__main__":
    main()
