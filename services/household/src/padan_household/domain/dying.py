"""A member dies, another date comes to light, a death is taken back. Source: docs/domain.md, Death, birth, moving."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from padan_events.dying import DeathCorrected, DeathReversed, MemberDied, ToldBy
from padan_events.effects import HouseholdFact
from padan_events.families import ChangeReason
from padan_events.intake import DeathReported
from padan_events.states import State
from padan_events.tiers import Deactivated, DeactivateReason, Reactivated

from padan_household.domain.asked import Known
from padan_household.domain.claim import Claim
from padan_household.domain.household import Household
from padan_household.domain.refusals import NOT_A_MEMBER, NOT_IN_REGISTER, REGION_FORBIDDEN, Refusal
from padan_household.domain.succeeding import succeed, succeed_the_dead

Facts = Sequence[HouseholdFact] | Refusal


def decides(report: DeathReported, named: Household | None, holder: Household | None) -> Household | None:
    """Which household a report is about: the one that holds the person now (`holder`, None where that is not known),
    which need not be the one the report names any more.

    What is taken back is taken back where the death stands: that can be a household which this death had ended, while
    another has proposed the person anew.
    """
    if holder is None or report.person_id not in holder.members:
        return named
    if report.reversed and holder.members[report.person_id].died_on is None:
        held = None if named is None else named.members.get(report.person_id)
        return named if held is not None and held.died_on is not None else holder
    return holder


def told(report: DeathReported, known: Known | None, today: date, claims: Mapping[bytes, Claim]) -> Facts:
    """What a report of the civil registry leads to. `claims` are those on the NIKs of the household's members.

    Nothing where it says nothing new. Of two dates the one that was told last counts.
    """
    if known is None:
        return Refusal(NOT_IN_REGISTER)
    if not _acts_there(report.region, known):
        return Refusal(REGION_FORBIDDEN)
    if report.person_id not in known.household.members:
        return Refusal(NOT_A_MEMBER)
    if report.reversed:
        return taken_back(known, report.person_id, ToldBy(report.source), today, claims)
    return died(known, report.person_id, report.occurred_on, ToldBy(report.source), today)


def died(known: Known, person_id: UUID, on: date, source: ToldBy, today: date) -> Sequence[HouseholdFact]:
    """A member died on a date; who follows is decided as of `today`."""
    household = known.household
    member = household.members[person_id]
    if member.died_on == on:
        return ()
    of = _of(household) | {"person_id": person_id, "membership_seq": member.membership_seq}
    if member.died_on is not None:
        return (DeathCorrected(**of, occurred_on=on, source=source),)
    death = MemberDied(**of, occurred_on=on, source=source)
    if household.closed:
        return (death,)
    return (death, *_followed(known, person_id, on, today))


def _followed(known: Known, gone: UUID, on: date, today: date) -> Sequence[HouseholdFact]:
    household = known.household
    if set(household.living) <= {gone}:
        return [Deactivated(**_of(household), reason=DeactivateReason.LAST_MEMBER_DIED, occurred_on=on)]
    return succeed(known, on, today, {gone}, ChangeReason.DIED)


def taken_back(
    known: Known, person_id: UUID, source: ToldBy, today: date, claims: Mapping[bytes, Claim]
) -> Sequence[HouseholdFact]:
    """A member lives after all. A household that this death had ended stands again where it stood, if nobody of it has
    come into another one meanwhile."""
    household = known.household
    member = household.members[person_id]
    if member.died_on is None:
        return ()
    facts: list[HouseholdFact] = [
        DeathReversed(
            **_of(household),
            person_id=person_id,
            membership_seq=member.membership_seq,
            occurred_on=member.died_on,
            source=source,
        )
    ]
    free = all(claim.household_id == household.id for claim in claims.values())
    if household.state is State.DEACTIVATED and household.ended_by_death and free:
        to = household.closed_from or State.PROPOSED
        facts.append(Reactivated(**_of(household), to=to, occurred_on=today))
        living = {**household.members, person_id: msgspec.structs.replace(member, died_on=None)}
        facts += succeed_the_dead(
            msgspec.structs.replace(known, household=msgspec.structs.replace(household, members=living)), today
        )
    return facts


def _acts_there(region: str, known: Known) -> bool:
    """Whether who acts for `region` (empty: the nation) acts where the household lives."""
    home = known.household.regency if known.home is None else known.home.village
    return home.startswith(region)


def _of(household: Household) -> dict[str, Any]:
    return {"household_id": household.id, "regency": household.regency}
