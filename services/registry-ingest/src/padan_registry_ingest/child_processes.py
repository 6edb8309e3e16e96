"""What every child process is told: where the code lies, where that is not the interpreter's own folders but, as in a
container, PYTHONPATH. Everything else of the environment, the service's settings above all, stays out of its reach."""

import os
from typing import Final

CODE: Final = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
