"""Entry point: `padan-eligibility`."""

import gc
import sys

import faust
from padan_runtime import logs
from padan_runtime.settings import load

from padan_eligibility.bootstrap import build
from padan_eligibility.settings import EligibilitySettings


def main() -> None:
    """Run one worker until SIGTERM (exit status 0)."""
    settings = load(EligibilitySettings)
    logs.configure("eligibility", settings.log_level)
    try:
        app = build(settings)
    except Exception as error:  # a traceback would quote addresses, and a log line must be JSON
        logs.logger().error("the service cannot start", exc_info=error)
        sys.exit(1)
    # A batch makes some 100,000 objects at once, none of them in cycles: looking for cycles every 700 took a tenth
    # of its time.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    # Faust would put its own handlers on the root logger and send standard output through it, messages and all.
    worker = faust.Worker(app, override_logging=False, redirect_stdouts=False, quiet=True, loglevel="WARN")
    worker.spinner = None
    worker.execute_from_commandline()


if __name__ == "__main__":
    main()
