"""What a proposed household needs before it is decided: its ids and hashes, its subjects' keys, its claims."""

from datetime import date
from uuid import UUID

from padan_events.intake import Origin
from padan_events.personal import ReportedHousehold
from padan_runtime.sealing import keyed_hash

from padan_household.claims.repository import Claim
from padan_household.domain import ids
from padan_household.domain.proposing import FIRST_MEMBERSHIP, Proposal


def opened(
    household_id: UUID,
    reported: ReportedHousehold,
    nik_hash_key: bytes,
    *,
    regency: str,
    occurred_on: date,
    origin: Origin | None = None,
) -> Proposal:
    """A reported household with the ids of its members and the keyed hashes of their NIKs."""
    card = reported.family_card_number
    return Proposal(
        household_id=household_id,
        regency=regency,
        occurred_on=occurred_on,
        reported=reported,
        person_ids=tuple(ids.person_id(household_id, index) for index in range(len(reported.members))),
        nik_hashes=tuple(
            None if member.nik is None else keyed_hash(nik_hash_key, member.nik) for member in reported.members
        ),
        family_card_hash=None if card is None else keyed_hash(nik_hash_key, "kk:" + card),
        origin=origin,
    )


def subjects(proposal: Proposal) -> list[tuple[UUID, UUID]]:
    """Household and subject of everything that is sealed for a household: itself and each member."""
    household_id = proposal.household_id
    return [(household_id, subject) for subject in (household_id, *proposal.person_ids)]


def claims_of(proposal: Proposal) -> list[Claim]:
    """What the members of a household lay claim to; one without a NIK to nothing."""
    return [
        Claim(nik_hash, person_id, proposal.household_id, FIRST_MEMBERSHIP)
        for nik_hash, person_id in zip(proposal.nik_hashes, proposal.person_ids, strict=True)
        if nik_hash is not None
    ]
