"""Two sources that disagree on a member: what the civil registry does not agree with, and what somebody settled."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events.commands.corrections import DisputedField
from padan_events.corrections import ConflictResolved, DetailsCorrected, IdentityLinked, IdentityUnmatched
from padan_events.effects import HouseholdFact
from padan_events.household import IdentityMatched
from padan_events.personal import Match

from padan_household.domain.household import Disputes, Household

_DISPUTED: Final = tuple(field.value for field in DisputedField)
_ACTIVE: Final = "active"


def answered(
    match: Match | None, person_id: UUID, household: Household, settled: frozenset[str]
) -> tuple[HouseholdFact, ...]:
    """What the civil registry said of a member: it agrees, or where it differs and nobody has settled it."""
    if match is None:
        return ()
    agreement = match.agreement
    differing = tuple(field for field in _DISPUTED if getattr(agreement, field) is False)
    told: dict[str, Any] = {
        "household_id": household.id,
        "regency": household.regency,
        "person_id": person_id,
        "civil_status": match.civil_status,
        "agreement": agreement,
        "matched_at": match.matched_at,
        "request_id": match.request_id,
    }
    if not differing and match.civil_status == _ACTIVE:
        return (IdentityMatched(**told),)
    return (IdentityUnmatched(**told, conflicts=tuple(field for field in differing if field not in settled)),)


def _unmatched(household: Household, person_id: UUID, conflicts: Sequence[str]) -> dict[str, Any]:
    disputes = household.disputes
    return {"disputes": msgspec.structs.replace(disputes, open={**disputes.open, person_id: frozenset(conflicts)})}


def _matched(household: Household, data: IdentityMatched, _: str) -> dict[str, Any]:
    return {"matched": household.matched | {data.person_id}, **_unmatched(household, data.person_id, ())}


def _settled(household: Household, data: ConflictResolved, _: str) -> dict[str, Any]:
    disputes, person_id = household.disputes, data.person_id
    return {
        "disputes": Disputes(
            open={**disputes.open, person_id: disputes.open_of(person_id) - {data.field}},
            settled={**disputes.settled, person_id: disputes.settled_of(person_id) | {data.field}},
        )
    }


def _corrected(household: Household, data: DetailsCorrected, _: str) -> dict[str, Any]:
    return {} if data.person_id is None else new(household, data.person_id, frozenset(data.fields))


def new(household: Household, person_id: UUID, fields: frozenset[str]) -> dict[str, Any]:
    """Of what is new nothing was said yet: neither that another source differs, nor that this is settled."""
    disputes = household.disputes
    return {
        "disputes": Disputes(
            open={**disputes.open, person_id: disputes.open_of(person_id) - fields},
            settled={**disputes.settled, person_id: disputes.settled_of(person_id) - fields},
        )
    }


EVOLVE: Final[Mapping[type, Callable[[Household, Any, str], dict[str, Any]]]] = {
    IdentityMatched: _matched,
    IdentityUnmatched: lambda household, data, _: _unmatched(household, data.person_id, data.conflicts),
    IdentityLinked: lambda household, data, _: new(household, data.person_id, frozenset({DisputedField.NIK.value})),
    ConflictResolved: _settled,
    DetailsCorrected: _corrected,
}
"""By type of event, what it changes of the conflicts between sources."""
