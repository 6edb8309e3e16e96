"""What the container of registry-ingest must be able to hold, so that no file makes it end."""

from typing import Final

from padan_registry_ingest.photos.developing import AT_ONCE, MEMORY_MB

_SHEETS_AT_ONCE: Final = 2
_LEFT_MIB: Final = 512
"""Sheets as Parquet in anonymous memory; 1,000,000 recipients with 3,800,000 members leave 129 MiB."""
_UNITS: Final = {"m": 1, "mi": 1, "g": 1024, "gi": 1024}


def mib(amount: str) -> int:
    """An amount of memory as Kubernetes or Compose writes it, in MiB."""
    unit = amount.lstrip("0123456789")
    return int(amount.removesuffix(unit)) * _UNITS[unit.lower()]


def ingest_needs_mib(reader: int, *, service: int, temporary: int) -> int:
    """With `reader` MiB of address space for each process that opens a sheet, what photos take, and `temporary` MiB of
    /tmp in memory."""
    return service + _SHEETS_AT_ONCE * reader + AT_ONCE * MEMORY_MB + _LEFT_MIB + temporary
