"""An instance's PostgreSQL as a failover or a restore leaves it: the same address, another timeline."""

import psycopg
from padan_cli.platform import Platform
from padan_cli.platform.postgres import SUPERUSER


def restore_on_a_new_timeline(platform: Platform) -> None:
    """Stop the server, recover it to the end of its own write-ahead log, and start it; returns when it answers."""
    with psycopg.connect(platform.database_url("postgres", SUPERUSER), autocommit=True) as server:
        server.execute("ALTER SYSTEM SET restore_command = 'false'")  # there is no archive
    platform.stop("postgres")
    (platform.instance.folder / "postgres/data/recovery.signal").touch()
    platform.start("postgres")
    platform.wait_ready("postgres")
