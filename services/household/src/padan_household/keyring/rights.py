"""Which service may have which keys. Who is not in the table gets none."""

from enum import StrEnum
from typing import Final

import msgspec


class Reach(StrEnum):
    """Of which subjects of a household a kind of key is handed out."""

    ALL = "all"
    HOUSEHOLD = "household"
    NONE = "none"


class Rights(msgspec.Struct, frozen=True):
    """How far a service reaches with each kind of key."""

    identity: Reach
    sensitive: Reach


RIGHTS: Final = {
    # finds and compares people by NIK
    "registry-ingest": Rights(Reach.ALL, Reach.NONE),
    # judges facts of people it cannot name
    "eligibility": Rights(Reach.NONE, Reach.ALL),
    # shows names; the household's sensitive key opens the explanations of decisions, no person's facts
    "gateway": Rights(Reach.ALL, Reach.HOUSEHOLD),
}
"""Source: the two audiences of sealed blocks (UU 27/2022, data minimization)."""
