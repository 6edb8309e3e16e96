"""The service's side of the process that splits a file."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

import msgspec
from padan_runtime.logs import logger

from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.reading.child import DATA_ERROR
from padan_registry_ingest.reading.split import Task, messages
from padan_registry_ingest.reading.tables import ENVIRONMENT

_LONGEST_WORD: Final = 2_000


@contextlib.contextmanager
def splitting(task: Task) -> Iterator[Iterator[bytes]]:
    """The messages of a process that does `task`, one at a time as they are asked for; it ends with this context.

    Asking raises `FileFault` where it has run into its limits (file_too_large) or failed otherwise.
    """
    descriptors = [task.first] if task.second is None else [task.first, task.second]
    child = subprocess.Popen(
        [sys.executable, "-m", "padan_registry_ingest.reading.split", msgspec.json.encode(task).decode()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=descriptors,
        env=ENVIRONMENT | {"POLARS_MAX_THREADS": "2"},
    )
    try:
        yield _messages(child)
    finally:
        child.kill()
        child.wait()
        for pipe in (child.stdout, child.stderr):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


def _messages(child: "subprocess.Popen[bytes]") -> Iterator[bytes]:
    assert child.stdout is not None
    assert child.stderr is not None
    with contextlib.suppress(EOFError):
        yield from messages(child.stdout)
    said = child.stderr.read(_LONGEST_WORD).decode(errors="replace").strip()
    status = child.wait()
    if status == 0:
        return
    logger().error("a file could not be split", status=status, where=said)
    # Ended by a signal it ran into a limit: the allocator gives up, or the kernel ends it. Else the fault is ours.
    raise FileFault("file_too_large" if status < 0 or status == DATA_ERROR else "file_failed")
