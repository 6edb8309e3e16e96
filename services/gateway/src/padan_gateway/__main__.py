"""`padan-gateway`: runs the gateway until SIGTERM."""

import gc

from padan_runtime import logs, process

from padan_gateway.bootstrap import NAME, bootstrap
from padan_gateway.settings import read_settings


def main() -> None:
    """Read the settings, migrate, and run."""
    settings = read_settings()
    logs.configure(NAME, settings.log_level)
    gateway = bootstrap(settings)
    # What stands here stands for good, and a batch makes tens of thousands of objects without a cycle among them.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    try:
        process.run(gateway.app, host=settings.http_host, port=settings.http_port, tasks=gateway.tasks)
    finally:
        gateway.close_pools()


if __name__ == "__main__":
    main()
