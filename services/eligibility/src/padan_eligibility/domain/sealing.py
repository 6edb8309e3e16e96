"""The canonical lines of a sealed list and their digests: whoever has the events comes to the same (docs/periods.md).

A line ends with a newline; its fields are separated by `|`; what is not there is `-`. Of the register:
`household_id|regency|state|decile|programme=decision_id,...` (only programmes that the family is entitled to, by
code). Of a stage: `household_id|regency|decile|unmet|determined_on|decision_id|annual_idr|amount_idr`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from padan_events.periods import SealedPart


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A family on a list; of the register or of a stage, and what the other has is None."""

    household_id: UUID
    regency: str
    state: str | None = None
    decile: int | None = None
    programmes: Mapping[str, str] | None = None
    unmet: int | None = None
    determined_on: date | None = None
    decision_id: UUID | None = None
    annual_idr: int | None = None
    amount_idr: int | None = None

    def canonical(self) -> bytes:
        """Its bytes."""
        of: tuple[Any, ...]
        if self.programmes is not None:
            entitled = ",".join(f"{code}={decision}" for code, decision in sorted(self.programmes.items()))
            of = (self.state, self.decile, entitled or None)
        else:
            of = (
                self.decile, self.unmet, self.determined_on, self.decision_id, self.annual_idr, self.amount_idr,
            )  # fmt: skip
        fields = (self.household_id, self.regency, *of)
        return ("|".join("-" if field is None else str(field) for field in fields) + "\n").encode()


class Seal(msgspec.Struct, frozen=True):
    """A list as it is sealed: how many families, the digest, their amount, and each regency by itself."""

    families: int
    digest: str
    amount_idr: int | None
    parts: tuple[SealedPart, ...]


def seal(lines: Iterable[Line], ledgers: Mapping[str, int] | None) -> Seal:
    """Seal a list; `lines` come by household id, `ledgers` are, of a stage, the numbers of its ledgers' last events by
    regency."""
    digests: defaultdict[str, Any] = defaultdict(sha256)
    families, amounts = Counter[str](), Counter[str]()
    whole = sha256()
    for line in lines:
        written = line.canonical()
        whole.update(written)
        digests[line.regency].update(written)
        families[line.regency] += 1
        amounts[line.regency] += line.amount_idr or 0
    of_stage = ledgers is not None
    parts = tuple(
        SealedPart(
            regency=regency,
            families=families[regency],
            digest=digests[regency].hexdigest(),
            amount_idr=amounts[regency] if of_stage else None,
            ledger_seq=None if ledgers is None else ledgers.get(regency),
        )
        for regency in sorted({*families, *(ledgers or ())})
    )
    return Seal(families.total(), whole.hexdigest(), amounts.total() if of_stage else None, parts)
