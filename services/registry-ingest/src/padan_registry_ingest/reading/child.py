"""The child process that opens one sheet of a file. Reads the file from stdin, writes Parquet to stdout.

A spreadsheet is a zip archive of XML from a stranger: a small file can ask for any amount of memory. So it is opened
here, under limits that end this process and not the service. Arguments: what to look for (`sheet.ROLES`), the most
memory in MB, the most CPU in seconds. Exit status 65 (EX_DATAERR) where the file is at fault; the last line of stderr
is then a `Refusal` as JSON.
"""

import resource
import sys
from typing import Any, Final, NoReturn

import msgspec

from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.reading.container import is_workbook
from padan_registry_ingest.reading.delimited import read_delimited
from padan_registry_ingest.reading.sheet import Read
from padan_registry_ingest.reading.workbook import read_workbook

DATA_ERROR: Final = 65
NOTES: Final = "padan.notes"
"""The key of Parquet's own metadata under which the notes of `Read` stand, as JSON."""


class Refusal(msgspec.Struct, frozen=True):
    """The fault of a file, on its way to the service."""

    code: str
    extra: dict[str, Any] = {}


def refuse(fault: FileFault) -> NoReturn:
    """End with the status of a fault in the data."""
    sys.stderr.write("\n" + msgspec.json.encode(Refusal(fault.code, fault.extra)).decode() + "\n")
    raise SystemExit(DATA_ERROR)


def read(content: bytes, role: str) -> Read:
    """What `role` looks for in a file. Raises `FileFault`."""
    if not content:
        raise FileFault("file_empty")
    if is_workbook(content):
        try:
            return read_workbook(content, role)
        except (Exception, SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:  # a panic of the reader (pyo3): bytes that it did not expect
            raise FileFault("file_damaged") from error
    if role == "members":
        raise FileFault("members_missing")  # text holds one sheet
    return read_delimited(content, role)


def main() -> None:
    """Read one sheet under the limits given as arguments."""
    role, memory_mb, cpu_s = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold personal data in clear
    try:
        found = read(sys.stdin.buffer.read(), role)
        # Uncompressed, a repetitive sheet of a zip bomb would grow in the pipe: Parquet keeps it small.
        notes = {NOTES: msgspec.json.encode(found.notes).decode()}
        found.frame.write_parquet(sys.stdout.buffer, compression="lz4", metadata=notes)
    except FileFault as fault:
        refuse(fault)
    except MemoryError:
        refuse(FileFault("file_too_large"))


if __name__ == "__main__":
    main()
