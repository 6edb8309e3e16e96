"""What people type, and how far it may go: free text, and the earliest day that anything is told of."""

import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Final

from padan_events.commands import Fault

from padan_registry_ingest.domain.cells import DAMAGED

_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs"})
"""Categories of characters that no name or address has: control, format (they reverse or hide text), surrogate."""
LONGEST_NOTE: Final = 1_000
EARLIEST: Final = date(1900, 1, 1)
"""Before it nothing happened that is recorded here: a year was mistyped."""


def line(text: str) -> str:
    """Text on one line, without what stands around it."""
    return " ".join(text.split())


def text_faults(text: str | None, longest: int, place: str) -> Iterator[Fault]:
    """What is wrong with a text; None is none."""
    if text is None:
        return
    if DAMAGED in text or any(unicodedata.category(character) in _INVISIBLE for character in text):
        yield Fault("text_damaged", place)
    if len(text) > longest:
        yield Fault("text_too_long", place)
