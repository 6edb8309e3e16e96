"""`padan-gateway`: runs the gateway until SIGTERM; `padan-gateway migrate | await-migrations`."""

import sys

from padan_runtime import logs, process
from padan_runtime.memory import prepare_for_batches
from padan_runtime.schema import ran_command
from padan_runtime.settings import DatabaseSettings

from padan_gateway.bootstrap import NAME, bootstrap
from padan_gateway.settings import read_settings, schemas


def main() -> None:
    """Run until SIGTERM, or do what the arguments ask for."""
    if ran_command(NAME, DatabaseSettings, schemas, sys.argv[1:]):
        return
    settings = read_settings()
    logs.configure(NAME, settings.log_level)
    gateway = bootstrap(settings)
    prepare_for_batches()
    try:
        process.run(gateway.app, host=settings.http_host, port=settings.http_port, tasks=gateway.tasks)
    finally:
        gateway.close_pools()


if __name__ == "__main__":
    main()
