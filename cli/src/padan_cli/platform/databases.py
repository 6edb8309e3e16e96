"""Databases and roles of the services: created when missing, never dropped."""

from pathlib import Path

import psycopg
from psycopg import sql

from padan_cli.platform.credentials import database_password

RUN_TIME_ROLES = {
    "registry_ingest": ("registry_ingest",),
    "household": ("household",),
    "keyring": ("keyring",),
    "eligibility": ("eligibility",),
    "gateway": ("gateway_writer", "gateway_reader"),
}


def prepare(server_url: str, secrets: Path) -> None:
    """Create every service's database, its owner and its run-time roles; safe to repeat.

    `server_url` is the superuser's, `secrets` the folder that the roles' passwords come from.
    """
    with psycopg.connect(server_url, autocommit=True) as connection:
        for database, roles in RUN_TIME_ROLES.items():
            create(connection, secrets, database, roles, owner=f"{database}_owner")


def create(
    connection: psycopg.Connection,
    secrets: Path,
    database: str,
    roles: tuple[str, ...],
    *,
    owner: str,
    template: str = "template1",
) -> None:
    """Create one database with its owner (migrations only) and its run-time roles; safe to repeat.

    A run-time role may connect and use temporary tables; what it may read and write is for the migrations to grant.
    A new one is a copy of `template`.
    """
    for role in (owner, *roles):
        _ensure_role(connection, role, database_password(secrets, role))
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone()
    if found is None:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY {}").format(
                sql.Identifier(database),
                sql.Identifier(owner),
                sql.Identifier(template),
                # Copying files asks for a checkpoint, which a server at work should be spared.
                sql.Identifier("wal_log" if template == "template1" else "file_copy"),
            )
        )
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database)))
    for role in roles:
        connection.execute(
            sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(
                sql.Identifier(database), sql.Identifier(role)
            )
        )


def _ensure_role(connection: psycopg.Connection, role: str, password: str) -> None:
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
    if found is None:
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(password))
        )
