"""A service's databases at its start: migrated by the owner, or found migrated by somebody else.

Locally a service is given its owner's address and migrates by itself. In production it is not: a job of its own runs
`padan-<service> migrate` with the owner's address, and the service only looks whether that was done.
"""

import sys
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
import psycopg
from psycopg.conninfo import conninfo_to_dict

from padan_runtime import logs
from padan_runtime.database import MigrationError, NotMigratedError, migrate, require_migrated
from padan_runtime.settings import DatabaseSettings, fail, load

Settings = TypeVar("Settings", bound=DatabaseSettings)

WAIT_S = 600.0
"""How long `await-migrations` waits."""


class Schema(msgspec.Struct, frozen=True):
    """One database of a service, with the packages whose migrations make it. `owner_variable` is the environment
    variable that would hold the owner's address."""

    url: str
    owner_url: str | None
    packages: tuple[str, ...]
    owner_variable: str = "PADAN_DATABASE_OWNER_URL"

    @property
    def role(self) -> str:
        """The run-time role, to which the migrations grant its rights."""
        return str(conninfo_to_dict(self.url)["user"])


def prepare(schemas: Sequence[Schema]) -> None:
    """Migrate where the owner's address is given; elsewhere end the process (78) unless that was done already."""
    for schema in schemas:
        try:
            if schema.owner_url is not None:
                migrate(schema.owner_url, schema.packages, grant_to=schema.role)
            else:
                require_migrated(schema.url, schema.packages)
        except NotMigratedError as error:
            fail(f"the database is not migrated: {error}. Run the command `migrate` with {schema.owner_variable}")
        except MigrationError as error:
            fail(f"the database and this version do not belong together: {error}")


def ran_command(
    service: str, settings: type[Settings], schemas: Callable[[Settings], Sequence[Schema]], arguments: Sequence[str]
) -> bool:
    """Do what the arguments of the process ask for; False where there are none: then the service is to run.

    `migrate` applies what is missing, as the owner; `await-migrations` waits until that was done. Both need nothing
    but the addresses of the databases. Ends the process: 78 where a setting or the command is wrong, 1 where the
    migrations did not come within `WAIT_S`.
    """
    if not arguments:
        return False
    if list(arguments) not in (["migrate"], ["await-migrations"]):
        fail(f"unknown command {' '.join(arguments)!r}: there are `migrate`, `await-migrations`, and none to serve")
    values = load(settings)
    logs.configure(service, values.log_level)
    if arguments[0] == "migrate":
        _migrate(schemas(values))
    else:
        _await(schemas(values))
    logs.logger().info("migrations stand")
    return True


def _migrate(schemas: Sequence[Schema]) -> None:
    for schema in schemas:
        if schema.owner_url is None:
            fail(f"{schema.owner_variable}: missing; only the owner may migrate")
        try:
            migrate(schema.owner_url, schema.packages, grant_to=schema.role)
            require_migrated(schema.url, schema.packages)
        except MigrationError as error:
            fail(f"the database and this version do not belong together: {error}")


def _await(schemas: Sequence[Schema]) -> None:
    deadline, said = time.monotonic() + WAIT_S, ""
    for schema in schemas:
        while (missing := _missing(schema)) is not None:
            if time.monotonic() > deadline:
                logs.logger().error("migrations were waited for in vain", reason=missing)
                sys.exit(1)
            if missing != said:
                logs.logger().info("waiting for migrations", reason=missing)
                said = missing
            time.sleep(1)  # another process migrates, and tells nobody


def _missing(schema: Schema) -> str | None:
    try:
        require_migrated(schema.url, schema.packages)
    except NotMigratedError as error:
        return str(error)
    except psycopg.OperationalError as error:  # the server is on its way up; its message may quote an address
        return type(error).__name__
    except MigrationError as error:
        fail(f"the database and this version do not belong together: {error}")
    return None
