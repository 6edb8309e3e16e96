"""The child process that finds which rows repeat others where they are many: a file can be made of nothing else.

A row that repeats another takes a thousand bytes while that is found out. Reads two Parquet frames from stdin, each
after its length in 8 bytes: `claims` and `reasons` of `against_each_other.duplicates`; writes what that gives. The
arguments are the most memory in MB and the most CPU in seconds.
"""

import resource
import struct
import subprocess
import sys
from typing import Final

import polars as pl

from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.frames import packed, unpacked
from padan_registry_ingest.reading.child import DATA_ERROR
from padan_registry_ingest.reading.tables import ENVIRONMENT, Limits
from padan_registry_ingest.validating.against_each_other import duplicates

_LENGTH: Final = struct.Struct("!Q")
FEW: Final = 20_000
"""So many claims the service resolves by itself, in 20 MB: a process would take longer to start."""


def resolved(claims: pl.DataFrame, reasons: pl.DataFrame, limits: Limits) -> pl.DataFrame:
    """`duplicates(claims, reasons)`, in a process of its own where there is much of it. Raises `FileFault`."""
    concerned = reasons.join(claims.select("row"), on="row", how="semi")
    if claims.height <= FEW:
        return duplicates(claims, concerned)
    command = [sys.executable, "-m", "padan_registry_ingest.validating.resolving"]
    try:
        child = subprocess.run(
            [*command, str(limits.memory_mb), str(limits.time_s)],
            input=b"".join(_LENGTH.pack(len(part)) + part for part in (packed(claims), packed(concerned))),
            capture_output=True,
            timeout=limits.time_s * 2,
            env=ENVIRONMENT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise FileFault("file_too_large") from error
    if child.returncode != 0:
        # Ended by a signal it ran into a limit, as when it says itself that memory is out. Else the fault is ours.
        raise FileFault("file_too_large" if child.returncode < 0 or child.returncode == DATA_ERROR else "file_failed")
    return unpacked(child.stdout)


def _received() -> pl.DataFrame:
    return unpacked(sys.stdin.buffer.read(_LENGTH.unpack(sys.stdin.buffer.read(_LENGTH.size))[0]))


def main() -> None:
    """Find which rows repeat others."""
    memory, seconds = int(sys.argv[1]) << 20, int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        claims, reasons = _received(), _received()
        sys.stdout.buffer.write(packed(duplicates(claims, reasons)))
    except MemoryError:
        sys.exit(DATA_ERROR)


if __name__ == "__main__":
    main()
