"""`padan-registry-ingest`: run the service until SIGTERM; `padan-registry-ingest migrate | await-migrations`."""

import os
import sys
from typing import Final

from padan_runtime import logs, process
from padan_runtime.memory import give_back_large_blocks, prepare_for_batches
from padan_runtime.schema import ran_command
from padan_runtime.settings import DatabaseSettings, load

from padan_registry_ingest import SERVICE
from padan_registry_ingest.settings import IngestSettings, schemas

_GIVE_BACK_AT_ONCE: Final = "dirty_decay_ms:0,muzzy_decay_ms:0"
"""To jemalloc, by which polars allocates: kept for half a second, what one step freed adds to what the next takes."""


def main() -> None:
    """Run the service; exit status 0 after SIGTERM, 78 where a setting is wrong."""
    if ran_command(SERVICE, DatabaseSettings, schemas, sys.argv[1:]):
        return
    # Read when polars is loaded, so it must be said before.
    os.environ.setdefault("_RJEM_MALLOC_CONF", _GIVE_BACK_AT_ONCE)
    from padan_registry_ingest.bootstrap import prepare  # noqa: PLC0415  # it loads polars

    settings = load(IngestSettings)
    logs.configure(SERVICE, settings.log_level)
    service = prepare(settings)
    prepare_for_batches()
    give_back_large_blocks()
    try:
        process.run(service.app, host=settings.http_host, port=settings.http_port, tasks=service.tasks)
    finally:
        service.database.close()


if __name__ == "__main__":
    main()
