"""What tests of reading files share: what is read of one, and how it is refused."""

import pytest
from padan_registry_ingest.domain.columns import RECIPIENTS
from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.reading.child import read
from padan_registry_ingest.reading.sheet import Read
from padan_registry_ingest.reading.tables import Limits

LIMITS = Limits(memory_mb=512, time_s=30)


def cells(found: Read, columns: tuple[str, ...] = RECIPIENTS.columns) -> list[tuple[str, ...]]:
    """The rows that were read, as texts."""
    return list(found.frame.select(columns).iter_rows())


def fault(content: bytes, role: str = "auto") -> FileFault:
    """What is said of a file that is refused."""
    with pytest.raises(FileFault) as caught:
        read(content, role)
    return caught.value
