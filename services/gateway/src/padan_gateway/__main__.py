"""`padan-gateway`: runs the gateway until SIGTERM."""

from padan_runtime import logs, process
from padan_runtime.memory import prepare_for_batches

from padan_gateway.bootstrap import NAME, bootstrap
from padan_gateway.settings import read_settings


def main() -> None:
    """Read the settings, migrate, and run."""
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
