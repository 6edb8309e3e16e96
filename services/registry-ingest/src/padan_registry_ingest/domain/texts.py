"""Free text that people type: what it may not hold, and how long it may be."""

import unicodedata
from collections.abc import Iterator
from typing import Final

from padan_events.commands import Fault

from padan_registry_ingest.domain.cells import DAMAGED

_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs"})
"""Categories of characters that no name or address has: control, format (they reverse or hide text), surrogate."""
LONGEST_NOTE: Final = 1_000


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
