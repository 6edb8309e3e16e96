"""The household service's process: `padan-household`, `padan-household migrate | await-migrations`."""

import sys

from padan_runtime import logs, process
from padan_runtime.memory import prepare_for_batches
from padan_runtime.schema import ran_command
from padan_runtime.settings import load

from padan_household.bootstrap import SERVICE, bootstrap, prepare_databases
from padan_household.settings import HouseholdDatabases, HouseholdSettings, schemas


def main() -> None:
    """Run until SIGTERM, or do what the arguments ask for."""
    if ran_command(SERVICE, HouseholdDatabases, schemas, sys.argv[1:]):
        return
    settings = load(HouseholdSettings)
    logs.configure(SERVICE, settings.log_level)
    prepare_databases(settings)
    household = bootstrap(settings)
    prepare_for_batches()
    try:
        process.run(household.app, host=settings.http_host, port=settings.http_port, tasks=household.tasks)
    finally:
        household.close()


if __name__ == "__main__":
    main()
