"""What the answers of the registers mean for a row."""

from functools import lru_cache
from typing import Literal

import msgspec
from padan_events.personal import Agreement

from padan_registry_ingest.domain.reasons import BIT

CivilStatus = Literal["active", "deceased", "moved", "blocked"]


class CivilAnswer(msgspec.Struct, frozen=True):
    """The civil registry's answer about one person: flags and a status, never its data."""

    found: bool
    status: CivilStatus | None
    agreement: Agreement


_OF_STATUS = {"deceased": "deceased", "moved": "moved_away", "blocked": "identity_blocked"}


@lru_cache(1_000)
def civil_reasons(answer: CivilAnswer) -> int:
    """The set of reasons an answer gives. A difference of sex is no reason: the NIK's own warning covers it."""
    if not answer.found or answer.agreement.nik is False:
        return BIT["nik_unknown"]
    reasons = BIT[_OF_STATUS[answer.status]] if answer.status in _OF_STATUS else 0
    for field, code in (
        ("name", "name_differs"),
        ("birth_date", "birth_date_differs"),
        ("family_card_number", "family_card_differs"),
    ):
        if getattr(answer.agreement, field) is False:
            reasons |= BIT[code]
    return reasons
