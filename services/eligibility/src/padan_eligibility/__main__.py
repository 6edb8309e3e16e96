"""Entry point: `padan-eligibility`, `padan-eligibility migrate | await-migrations`."""

import sys

import faust
from padan_runtime import logs
from padan_runtime.memory import prepare_for_batches
from padan_runtime.schema import ran_command
from padan_runtime.settings import DatabaseSettings, load

from padan_eligibility.bootstrap import build
from padan_eligibility.settings import EligibilitySettings, schemas


def main() -> None:
    """Run one worker until SIGTERM (exit status 0)."""
    if ran_command("eligibility", DatabaseSettings, schemas, sys.argv[1:]):
        return
    settings = load(EligibilitySettings)
    logs.configure("eligibility", settings.log_level)
    try:
        app = build(settings)
    except Exception as error:  # a traceback would quote addresses, and a log line must be JSON
        logs.logger().error("the service cannot start", exc_info=error)
        sys.exit(1)
    prepare_for_batches()
    # Faust would put its own handlers on the root logger and send standard output through it, messages and all.
    worker = faust.Worker(app, override_logging=False, redirect_stdouts=False, quiet=True, loglevel="WARN")
    worker.spinner = None
    worker.execute_from_commandline()


if __name__ == "__main__":
    main()
