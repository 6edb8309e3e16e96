"""`padan-registry-ingest`: run the service until SIGTERM."""

from padan_runtime import logs, process
from padan_runtime.memory import prepare_for_batches
from padan_runtime.settings import load

from padan_registry_ingest import SERVICE
from padan_registry_ingest.bootstrap import prepare
from padan_registry_ingest.settings import IngestSettings


def main() -> None:
    """Run the service; exit status 0 after SIGTERM, 78 where a setting is wrong."""
    settings = load(IngestSettings)
    logs.configure(SERVICE, settings.log_level)
    service = prepare(settings)
    prepare_for_batches()
    try:
        process.run(service.app, host=settings.http_host, port=settings.http_port, tasks=service.tasks)
    finally:
        service.database.close()


if __name__ == "__main__":
    main()
