"""An example of every event type: what golden files and schemas are held against."""

import msgspec

from event_examples import (
    corrections,
    dying,
    evidence,
    families,
    first,
    needs,
    payments,
    periods,
    places,
    reviews,
    rounds,
    tiers,
)
from event_examples.subjects import HOUSEHOLD, ORIGIN, PERSON, REPORT

EXAMPLES: list[msgspec.Struct] = [
    *first.EXAMPLES,
    *tiers.EXAMPLES,
    *families.EXAMPLES,
    *corrections.EXAMPLES,
    *dying.EXAMPLES,
    *evidence.EXAMPLES,
    *rounds.EXAMPLES,
    *needs.EXAMPLES,
    *places.EXAMPLES,
    *reviews.EXAMPLES,
    *periods.EXAMPLES,
    *payments.EXAMPLES,
]

__all__ = ["EXAMPLES", "HOUSEHOLD", "ORIGIN", "PERSON", "REPORT"]
