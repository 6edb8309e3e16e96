"""Entry point: `padan-eligibility`."""

import gc

import faust
from padan_runtime import logs
from padan_runtime.settings import load

from padan_eligibility.bootstrap import build
from padan_eligibility.settings import EligibilitySettings


def main() -> None:
    """Run one worker until SIGTERM (exit status 0)."""
    settings = load(EligibilitySettings)
    logs.configure("eligibility", settings.log_level)
    app = build(settings)
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
