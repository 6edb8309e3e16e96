"""What a proposed household needs before it is decided: its ids and hashes, its subjects' keys, its claims."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from padan_events.intake import Origin
from padan_events.personal import ReportedHousehold
from padan_runtime.sealing import keyed_hash
from psycopg import Connection

from padan_household.claims import repository
from padan_household.domain import ids
from padan_household.domain.claim import Claim
from padan_household.domain.household import Household
from padan_household.domain.proposing import FIRST_MEMBERSHIP, Proposal, admit, known_again, of_the_dead
from padan_household.domain.refusals import Refusal


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


def nik_hashes(proposal: Proposal) -> list[bytes]:
    """The NIKs that the members of a household lay claim to; one without a NIK to nothing."""
    return [nik_hash for nik_hash in proposal.nik_hashes if nik_hash is not None]


def claims_of(proposal: Proposal) -> list[Claim]:
    """The claims of an admitted household's members."""
    seqs = proposal.membership_seqs or (FIRST_MEMBERSHIP,) * len(proposal.person_ids)
    return [
        Claim(nik_hash, person_id, proposal.household_id, seq)
        for nik_hash, person_id, seq in zip(proposal.nik_hashes, proposal.person_ids, seqs, strict=True)
        if nik_hash is not None
    ]


def admitted(proposal: Proposal, standing: Mapping[bytes, Claim]) -> Proposal | Refusal:
    """The proposal as it enters the register, with those who were there before as the persons they were; or why not."""
    refusal = of_the_dead(proposal, standing) or admit(
        proposal, {nik: claim.household_id for nik, claim in standing.items() if not claim.released}
    )
    if refusal is not None:
        return refusal
    return known_again(proposal, {nik: (claim.known_person, claim.membership_seq) for nik, claim in standing.items()})


def by_now(
    proposal: Proposal, standing: Mapping[bytes, Claim], households: Mapping[UUID, Household]
) -> dict[bytes, Claim]:
    """The claims on a proposal's NIKs, each with whether its person is dead where that household stands in
    `households`."""
    found = {nik: standing[nik] for nik in nik_hashes(proposal) if nik in standing}
    for nik, claim in found.items():
        home = households.get(claim.household_id)
        member = None if home is None else home.members.get(claim.person_id)
        if member is not None:
            found[nik] = msgspec.structs.replace(claim, died=member.died_on is not None)
    return found


def take(connection: Connection[Any], proposals: Iterable[Proposal]) -> None:
    """Claim the NIKs of admitted households. Raises `ClaimRaceError` where somebody was first."""
    claims = [claim for proposal in proposals for claim in claims_of(proposal)]
    repository.claim(connection, [claim for claim in claims if claim.membership_seq == FIRST_MEMBERSHIP])
    repository.retake(connection, [claim for claim in claims if claim.membership_seq > FIRST_MEMBERSHIP])
